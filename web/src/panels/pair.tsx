// SPDX-License-Identifier: Apache-2.0
// A second slide beside, over or in turn with the first, and the landmarks that lay one on the other.
import type { App } from '../app';
import type { PairMode } from '../pair';
import { useSignal } from '../signal';
import { formatLength } from '../units';
import { Icon } from './icons';
import { CommandButton } from './shell';

const MODES: readonly [PairMode, string][] = [['side', 'Beside'], ['swipe', 'Swipe'], ['blink', 'Blink']];

export function PairPanel({ app }: { app: App }) {
  const { pair, session } = app;
  const slides = useSignal(session.slides);
  const slide = useSignal(session.slide);
  const state = useSignal(pair.state);
  const mode = useSignal(pair.mode);
  const linked = useSignal(pair.linked);
  const rigid = useSignal(pair.rigid);
  useSignal(pair.flipped);
  const others = slides.filter((s) => s.id !== slide?.id && s.status !== 'unreadable');
  const residuals = pair.residuals();
  if (!slide || !others.length) {
    return <p class="empty">To see two slides side by side, start nodal view with both of them, or with their folder.</p>;
  }
  return (
    <div class="scroll">
      <section class="card">
        <label class="stack">
          <span class="label">Second slide</span>
          <select class="field" value={state?.slide.id ?? ''} onChange={(e) => {
            const id = e.currentTarget.value;
            if (id) {
              pair.open(id).catch((error: Error) => session.say(error.message, true));
            } else {
              pair.close();
            }
          }}>
            <option value="">none</option>
            {others.map((s) => <option key={s.id} value={s.id}>{s.name}</option>)}
          </select>
        </label>
        {state ? (
          <div class="segments" role="group" aria-label="How they are shown">
            {MODES.map(([id, name]) => (
              <button key={id} type="button" class="button" aria-pressed={mode === id}
                      onClick={() => { pair.flipped.set(id === 'blink'); pair.mode.set(id); }}>{name}</button>
            ))}
          </div>
        ) : null}
        {state && mode === 'blink' ? <CommandButton app={app} id="blink">{pair.flipped.get() ? 'Show the first' : 'Show the second'}</CommandButton> : null}
        {state ? (
          <label class="check"><input type="checkbox" checked={linked} onChange={() => { pair.linked.set(!linked); pair.redraw(); }} />Linked: both look at the same place</label>
        ) : null}
      </section>
      {state ? (
        <section class="card">
          <h3>Landmarks</h3>
          <p class="hint">Unlink, put the same structure in the middle of both views, add a landmark. One shifts, two also turn and scale, three fit an affine map.</p>
          <div class="bar tight">
            <CommandButton app={app} id="landmark" icon="plus" disabled={linked || mode !== 'side'}>Landmark</CommandButton>
            <label class="check"><input type="checkbox" checked={rigid} onChange={() => { pair.rigid.set(!rigid); void pair.refit(); }} />Turn and scale only</label>
          </div>
          <ol class="landmarks">
            {state.points.map((p, i) => (
              <li key={i}>
                <button type="button" class="link" onClick={() => session.view.go({ x: p[0], y: p[1] })}>{i + 1}</button>
                <span class="detail">off by {formatLength(residuals[i], state.slide.spacing_um)}</span>
                <button type="button" class="mini" aria-label="Remove" title="Remove" onClick={() => void pair.removeLandmark(i)}><Icon name="trash" /></button>
              </li>
            ))}
          </ol>
        </section>
      ) : null}
    </div>
  );
}
