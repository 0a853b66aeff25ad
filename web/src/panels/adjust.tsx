// SPDX-License-Identifier: Apache-2.0
// How the slide itself looks; nothing of it is ever saved to a file.
import { adjustment, PLAIN, type Stain } from '../filters';
import { useSignal } from '../signal';
import { formatNumber } from '../units';

const STAINS: readonly [Stain, string][] = [['none', 'As scanned'], ['hematoxylin', 'Hematoxylin'], ['eosin', 'Eosin'],
  ['dab', 'DAB']];

export function AdjustPanel() {
  const a = useSignal(adjustment);
  const slider = (label: string, key: 'brightness' | 'contrast' | 'gamma', min: number, max: number) => (
    <label class="slider">
      <span class="label">{label}</span>
      <input type="range" min={min} max={max} step={0.02} value={a[key]}
             onInput={(e) => adjustment.set({ ...a, [key]: Number(e.currentTarget.value) })} />
      <output>{formatNumber(a[key], 2)}</output>
    </label>
  );
  return (
    <div class="scroll">
      <section class="card">
        {slider('Brightness', 'brightness', -0.5, 0.5)}
        {slider('Contrast', 'contrast', 0.2, 3)}
        {slider('Gamma', 'gamma', 0.3, 3)}
      </section>
      <section class="card">
        <fieldset>
          <legend>Stain</legend>
          {STAINS.map(([id, name]) => (
            <label key={id} class="check">
              <input type="radio" name="stain" checked={a.stain === id} onChange={() => adjustment.set({ ...a, stain: id })} />{name}
            </label>
          ))}
        </fieldset>
        <p class="hint">A stain alone, by color deconvolution with the vectors of Ruifrok and Johnston (2001).</p>
      </section>
      <div class="bar">
        <button type="button" class="button" disabled={JSON.stringify(a) === JSON.stringify(PLAIN)}
                onClick={() => adjustment.set(PLAIN)}>As scanned</button>
      </div>
    </div>
  );
}
