// SPDX-License-Identifier: Apache-2.0
// What the file says of itself.
import { api } from '../api';
import type { App } from '../app';
import { useSignal } from '../signal';
import { formatMagnification, formatNumber, magnification } from '../units';

export function InfoPanel({ app }: { app: App }) {
  const slide = useSignal(app.session.slide);
  if (!slide) {
    return <p class="empty">No slide is open.</p>;
  }
  const s = slide.spacing_um;
  const rows: [string, string][] = [
    ['File', slide.name], ['Format', slide.format ?? ''],
    ['Size', `${formatNumber(slide.width)} × ${formatNumber(slide.height)} px`],
    ['', s ? `${formatNumber((slide.width * s[0]) / 1000, 2)} × ${formatNumber((slide.height * s[1]) / 1000, 2)} mm` : ''],
    ['Spacing', s ? `${formatNumber(s[0], 5)} × ${formatNumber(s[1], 5)} µm` : 'not in the file'],
    ['Scanned at', s ? `about ${formatMagnification(magnification(Math.sqrt(s[0] * s[1])))}` : ''],
  ];
  return (
    <div class="scroll">
      <section class="card">
        <dl>{rows.filter(([, value]) => value).map(([name, value], i) => <div key={i}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      </section>
      <section class="card">
        <h3>Levels</h3>
        <table>
          <thead><tr><th>Level</th><th>Size</th><th>Downsample</th></tr></thead>
          <tbody>{slide.levels.map((l, i) => <tr key={i}><td>{i}</td><td>{formatNumber(l.width)} × {formatNumber(l.height)}</td><td>{formatNumber(l.downsample, 4)}</td></tr>)}</tbody>
        </table>
      </section>
      {slide.associated.map((a) => (
        <section key={a.name} class="card">
          <h3>{a.name}</h3>
          <img class="associated" src={api.associatedUrl(slide.id, a.name)} alt={`${a.name} of the slide`} loading="lazy" />
        </section>
      ))}
      {Object.keys(slide.properties).length ? (
        <section class="card">
          <h3>Properties</h3>
          <dl class="long">{Object.entries(slide.properties).map(([k, v]) => <div key={k}><dt>{k}</dt><dd>{v}</dd></div>)}</dl>
        </section>
      ) : null}
    </div>
  );
}
