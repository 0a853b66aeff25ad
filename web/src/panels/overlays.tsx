// SPDX-License-Identifier: Apache-2.0
// Results over the slide: what they mean, how strongly they show, from which value to which.
import { useState } from 'preact/hooks';
import type { OverlayInfo } from '../api';
import type { App } from '../app';
import { defaultStyle, type OverlayStyle } from '../layer_overlay';
import { type Lut, lookUp, presets, type Stop } from '../lut';
import { useSignal } from '../signal';
import { formatNumber } from '../units';
import { Icon } from './icons';

function Slider({ label, value, min, max, step, words, onChange }: {
  label: string; value: number; min: number; max: number; step: number; words: string; onChange: (value: number) => void;
}) {
  return (
    <label class="slider">
      <span class="label">{label}</span>
      <input type="range" min={min} max={max} step={step} value={value}
             onInput={(e) => onChange(Number(e.currentTarget.value))} />
      <output>{words}</output>
    </label>
  );
}

/** The colours from the lowest to the highest value. */
function Legend({ info, style }: { info: OverlayInfo; style: OverlayStyle }) {
  if (!style.lut.mixed) {
    const values = (info.values ?? []).filter((v) => lookUp(style.lut, v.value)[3] > 0);
    return (
      <ul class="classes">
        {values.map((v) => {
          const [r, g, b] = lookUp(style.lut, v.value);
          return <li key={v.value}><span class="swatch" style={{ background: `rgb(${r},${g},${b})` }} />{v.value} {v.name !== String(v.value) ? v.name : ''}</li>;
        })}
      </ul>
    );
  }
  const stops = Array.from({ length: 33 }, (_, i) => {
    const value = info.minimum + ((info.maximum - info.minimum) * i) / 32;
    const [r, g, b, a] = value >= style.low && value <= style.high ? lookUp(style.lut, value) : [0, 0, 0, 0];
    return `rgba(${Math.round(r)},${Math.round(g)},${Math.round(b)},${(a / 255).toFixed(3)}) ${(i / 32) * 100}%`;
  });
  return (
    <div class="legend">
      <div class="ramp"><div style={{ background: `linear-gradient(to right, ${stops.join(', ')})` }} /></div>
      <div class="ends"><span>{formatNumber(info.minimum, 3)}</span><span>{formatNumber((info.minimum + info.maximum) / 2, 3)}</span><span>{formatNumber(info.maximum, 3)}</span></div>
    </div>
  );
}

function StopRow({ stop, step, change, remove }: {
  stop: Stop; step: number; change: (stop: Stop) => void; remove: (() => void) | null;
}) {
  return (
    <div class="stop">
      <input type="number" value={stop.value} step={step} aria-label="Value"
             onChange={(e) => change({ ...stop, value: Number(e.currentTarget.value) })} />
      <input type="color" class="color" value={stop.color} aria-label="Colour"
             onInput={(e) => change({ ...stop, color: e.currentTarget.value })} />
      <input type="range" min={0} max={1} step={0.05} value={stop.alpha} aria-label="Cover" title="Cover"
             onInput={(e) => change({ ...stop, alpha: Number(e.currentTarget.value) })} />
      {remove ? <button type="button" class="mini" aria-label="Remove" title="Remove" onClick={remove}><Icon name="trash" /></button> : <span />}
    </div>
  );
}

function Editor({ info, lut, set }: { info: OverlayInfo; lut: Lut; set: (lut: Lut) => void }) {
  const replace = (stops: Stop[]): void =>
    set({ ...lut, name: lut.name.endsWith(' (changed)') ? lut.name : `${lut.name} (changed)`,
          stops: [...stops].sort((a, b) => a.value - b.value) });
  // Of labels only those that occur are worth a row.
  const known = new Set((info.values ?? []).map((v) => v.value));
  const rows = lut.stops.map((stop, i) => ({ stop, i })).filter(({ stop }) => lut.mixed || known.has(stop.value) || stop.value === 0);
  const step = (info.maximum - info.minimum) / 100 || 1;
  return (
    <div class="editor">
      {rows.map(({ stop, i }) => (
        <StopRow key={i} stop={stop} step={lut.mixed ? step : 1}
                 change={(next) => replace(lut.stops.map((s, k) => (k === i ? next : s)))}
                 remove={lut.mixed && lut.stops.length > 2 ? () => replace(lut.stops.filter((_, k) => k !== i)) : null} />
      ))}
      {lut.mixed ? (
        <button type="button" class="button" onClick={() => {
          const value = (info.minimum + info.maximum) / 2;
          const [r, g, b] = lookUp(lut, value);
          const color = `#${[r, g, b].map((v) => Math.round(v).toString(16).padStart(2, '0')).join('')}`;
          replace([...lut.stops, { value, color, alpha: 1 }]);
        }}><Icon name="plus" />Stop</button>
      ) : null}
    </div>
  );
}

function Overlay({ app, info, style }: { app: App; info: OverlayInfo; style: OverlayStyle }) {
  const [editing, setEditing] = useState(false);
  const set = (change: Partial<OverlayStyle>): void => app.overlays.set(info.id, change);
  const likelihood = info.kind === 'likelihood';
  const choices = likelihood ? presets(info.minimum, info.maximum) : [defaultStyle(info).lut];
  const changed = !choices.some((lut) => lut.name === style.lut.name);
  const range = info.maximum - info.minimum;
  const places = range <= 2 ? 3 : range <= 50 ? 1 : 0;
  return (
    <section class="card">
      <label class="check strong">
        <input type="checkbox" checked={style.visible} onChange={() => set({ visible: !style.visible })} />
        <span class="name" title={info.name}>{info.name}</span>
      </label>
      <p class="detail">{likelihood ? 'likelihood map' : info.kind === 'mask' ? 'mask' : 'labels'} · {info.dtype} · {formatNumber(info.width)} × {formatNumber(info.height)}</p>
      {style.visible ? (
        <>
          <Slider label="Opacity" value={style.opacity} min={0} max={1} step={0.02} words={`${Math.round(style.opacity * 100)} %`}
                  onChange={(opacity) => set({ opacity })} />
          {likelihood ? (
            <>
              <Slider label="From" value={style.low} min={info.minimum} max={info.maximum} step={range / 200}
                      words={formatNumber(style.low, places)} onChange={(low) => set({ low, high: Math.max(style.high, low) })} />
              <Slider label="To" value={style.high} min={info.minimum} max={info.maximum} step={range / 200}
                      words={formatNumber(style.high, places)} onChange={(high) => set({ high, low: Math.min(style.low, high) })} />
            </>
          ) : null}
          <div class="bar tight">
            <select class="field" aria-label="Colours" value={style.lut.name}
                    onChange={(e) => set({ lut: choices.find((lut) => lut.name === e.currentTarget.value) ?? style.lut })}>
              {changed ? <option value={style.lut.name}>{style.lut.name}</option> : null}
              {choices.map((lut) => <option key={lut.name} value={lut.name}>{lut.name}</option>)}
            </select>
            <button type="button" class="button" aria-pressed={editing} onClick={() => setEditing(!editing)}>Edit</button>
            <label class="check"><input type="checkbox" checked={style.smooth} onChange={() => set({ smooth: !style.smooth })} />Smooth</label>
          </div>
          {editing ? <Editor info={info} lut={style.lut} set={(lut) => set({ lut })} /> : null}
          <Legend info={info} style={style} />
        </>
      ) : null}
    </section>
  );
}

export function OverlaysPanel({ app }: { app: App }) {
  const overlays = useSignal(app.session.overlays);
  const styles = useSignal(app.overlays.styles);
  return (
    <div class="scroll">
      {overlays.map((o) => (styles[o.id] ? <Overlay key={o.id} app={app} info={o} style={styles[o.id]} /> : (
        <section key={o.id} class="card"><p class="name">{o.name}</p><p class="detail warn">{o.message ?? 'cannot be shown'}</p></section>
      )))}
      {!overlays.length ? (
        <p class="empty">This slide has no overlays. Files named after it, with _likelihood_map.tif or _mask.tif at the end, are shown by themselves; others by nodal view --overlay.</p>
      ) : null}
    </div>
  );
}
