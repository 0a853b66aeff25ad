// SPDX-License-Identifier: Apache-2.0
// What comes over everything: keys, palette, conflict, picture, export.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from '../api';
import type { App } from '../app';
import { run } from '../commands';
import { boundsOf } from '../geom';
import { keyName, KEYS, keySections } from '../keys';
import { useSignal } from '../signal';
import { download, snapshot } from '../snapshot';
import { formatNumber } from '../units';

function Dialog({ app, title, wide, fixed, children }: {
  app: App; title: string; wide?: boolean; fixed?: boolean; children: ComponentChildren;
}) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    (box.current?.querySelector<HTMLElement>('[data-first]') ?? box.current)?.focus();
    return () => before?.focus();
  }, []);
  const close = (): void => {
    if (!fixed) {
      app.session.dialog.set(null);
    }
  };
  const keepFocus = (e: KeyboardEvent): void => {
    if (e.key !== 'Tab' || !box.current) {
      return;
    }
    const all = [...box.current.querySelectorAll<HTMLElement>('button:not([disabled]),input,select,a[href]')];
    const edge = e.shiftKey ? all[0] : all[all.length - 1];
    if (all.length && (document.activeElement === edge || document.activeElement === box.current)) {
      e.preventDefault();
      (e.shiftKey ? all[all.length - 1] : all[0]).focus();
    }
  };
  return (
    <div class="shade" onPointerDown={(e) => (e.target === e.currentTarget ? close() : undefined)}>
      <div class={wide ? 'dialog wide' : 'dialog'} role="dialog" aria-modal="true" aria-label={title} tabIndex={-1} ref={box}
           onKeyDown={keepFocus}>
        <h2>{title}</h2>
        {children}
      </div>
    </div>
  );
}

function Keys({ app }: { app: App }) {
  return (
    <Dialog app={app} title="Keys" wide>
      <div class="keys">
        {keySections().map(({ section, rows }) => (
          <section key={section}>
            <h3>{section}</h3>
            <table><tbody>{rows.map((r) => <tr key={r.keys + r.label}><th>{r.keys}</th><td>{r.label}</td></tr>)}</tbody></table>
          </section>
        ))}
      </div>
      <div class="bar end"><button type="button" class="button" onClick={() => app.session.dialog.set(null)}>Close</button></div>
    </Dialog>
  );
}

function Palette({ app }: { app: App }) {
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const words = query.toLowerCase().split(/\s+/).filter((w) => w);
  const found = KEYS.filter((r) => !r.id.startsWith('group-') && r.id !== 'palette' &&
    words.every((w) => `${r.section} ${r.label}`.toLowerCase().includes(w))).slice(0, 12);
  const choose = (id: string): void => {
    app.session.dialog.set(null);
    app.session.view.surface.focus();
    run(app, id);
  };
  const index = Math.min(at, found.length - 1);
  return (
    <Dialog app={app} title="Find a command">
      <input class="field" data-first placeholder="What to do" aria-label="What to do" value={query}
             onInput={(e) => { setQuery(e.currentTarget.value); setAt(0); }}
             onKeyDown={(e) => {
               if (e.key === 'ArrowDown') { e.preventDefault(); setAt(Math.min(index + 1, found.length - 1)); }
               if (e.key === 'ArrowUp') { e.preventDefault(); setAt(Math.max(index - 1, 0)); }
               if (e.key === 'Enter' && found[index]) { e.preventDefault(); choose(found[index].id); }
             }} />
      <ul class="palette" role="listbox" aria-label="Commands">
        {found.map((r, i) => (
          <li key={r.id} role="option" aria-selected={i === index} onClick={() => choose(r.id)} onPointerEnter={() => setAt(i)}>
            <span>{r.section}: {r.label}</span><kbd>{r.keys.map(keyName).join(', ')}</kbd>
          </li>
        ))}
      </ul>
      {!found.length ? <p class="empty">There is no such command.</p> : null}
    </Dialog>
  );
}

function Conflict({ app }: { app: App }) {
  const { saver, session } = app;
  const conflict = saver.conflict;
  if (!conflict) {
    return null;
  }
  const n = conflict.mine.ops.length;
  const done = (act: () => void): void => {
    session.dialog.set(null);
    act();
  };
  return (
    <Dialog app={app} title="The annotation file was changed" fixed>
      <p>
        {conflict.theirs.file ?? 'The file'} was changed by another program or person since it was read here.
        You have {n} {n === 1 ? 'edit' : 'edits'} that {n === 1 ? 'is' : 'are'} not in it. Nothing has been overwritten.
      </p>
      <div class="choices">
        <button type="button" class="button primary" data-first onClick={() => done(() => saver.mergeMine())}>Put my edits into the file as it is now</button>
        <button type="button" class="button" onClick={() => done(() => saver.takeTheirs())}>Drop my edits, show the file</button>
        <button type="button" class="button" onClick={() => download(new Blob([JSON.stringify(conflict.mine.ops, null, 1)], { type: 'application/json' }), 'my-edits.json')}>Keep a copy of my edits as a file</button>
      </div>
    </Dialog>
  );
}

function Snapshot({ app }: { app: App }) {
  const { session } = app;
  const slide = session.slide.get();
  const [parts, setParts] = useState({ overlays: true, annotations: true, scaleBar: true });
  const [spacing, setSpacing] = useState('');
  const [format, setFormat] = useState<'png' | 'tif'>('png');
  if (!slide) {
    return null;
  }
  const chosen = session.selected;
  const view = session.view.visible();
  const whole = boundsOf(chosen.flatMap((item) => [...item.rings])) ?? view;
  const x = Math.max(Math.floor(whole.minX), 0);
  const y = Math.max(Math.floor(whole.minY), 0);
  const width = Math.min(Math.ceil(whole.maxX), slide.width) - x;
  const height = Math.min(Math.ceil(whole.maxY), slide.height) - y;
  const um = Number(spacing);
  const factor = slide.spacing_um && um > 0 ? slide.spacing_um[0] / um : 1;
  const [w, h] = [Math.round(width * factor), Math.round(height * factor)];
  const tooLarge = w * h > 50e6;
  const name = slide.name.replace(/\.[^.]+$/, '');
  const check = (key: keyof typeof parts, label: string) => (
    <label class="check"><input type="checkbox" checked={parts[key]} onChange={() => setParts({ ...parts, [key]: !parts[key] })} />{label}</label>
  );
  return (
    <Dialog app={app} title="Picture">
      <section>
        <h3>The view, as on the screen</h3>
        <div class="bar tight">{check('overlays', 'Overlays')}{check('annotations', 'Annotations')}{check('scaleBar', 'Scale bar')}</div>
        <button type="button" class="button primary" data-first onClick={() => {
          snapshot(session.view, app.layer, app.overlays, parts)
            .then((blob) => download(blob, `${name}.png`)).catch((e: Error) => session.say(e.message, true));
          session.dialog.set(null);
        }}>Save PNG</button>
      </section>
      <section>
        <h3>A region of the slide, by its own pixels</h3>
        <p class="detail">{chosen.length ? 'Around what is selected' : 'What the view shows'}: {formatNumber(Math.max(w, 0))} × {formatNumber(Math.max(h, 0))} px{tooLarge ? ', more than the 50 million pixels of one picture' : ''}</p>
        <div class="bar tight">
          {slide.spacing_um ? (
            <label class="inline">Spacing <input type="number" class="field short" min={0} step={0.05} value={spacing}
              placeholder={String(Number(slide.spacing_um[0].toPrecision(4)))} onInput={(e) => setSpacing(e.currentTarget.value)} /> µm</label>
          ) : null}
          <label class="check"><input type="radio" name="format" checked={format === 'png'} onChange={() => setFormat('png')} />PNG</label>
          <label class="check"><input type="radio" name="format" checked={format === 'tif'} onChange={() => setFormat('tif')} />TIFF</label>
        </div>
        <button type="button" class="button" disabled={tooLarge || width <= 0 || height <= 0} onClick={() => {
          const query = { x, y, width, height, format, ...(slide.spacing_um && um > 0 ? { spacing_um: um } : {}) };
          session.dialog.set(null);
          session.say('Making the picture…');
          fetch(api.regionUrl(slide.id, query)).then(async (r) => {
            if (!r.ok) {
              throw new Error(((await r.json()) as { error?: { message?: string } }).error?.message ?? 'it was refused');
            }
            download(await r.blob(), `${name}_${x}_${y}.${format}`);
            session.say('Saved.');
          }).catch((e: Error) => session.say(`No picture: ${e.message}`, true));
        }}>Save region</button>
      </section>
      <div class="bar end"><button type="button" class="button" onClick={() => session.dialog.set(null)}>Close</button></div>
    </Dialog>
  );
}

const FORMATS: readonly [string, string, string][] = [['asap', 'xml', 'ASAP XML'], ['geojson', 'geojson', 'GeoJSON (QuPath)'],
  ['imagescope', 'xml', 'ImageScope XML'], ['ndpa', 'ndpa', 'NDPA (Hamamatsu)'], ['csv', 'csv', 'CSV']];

function Export({ app }: { app: App }) {
  return (
    <Dialog app={app} title="Export annotations">
      <div class="choices">
        {FORMATS.map(([id, extension, label], i) => (
          <button key={id} type="button" class="button" data-first={i === 0 ? '' : undefined} onClick={() => {
            app.session.dialog.set(null);
            void app.exportAs(id, extension);
          }}>{label}</button>
        ))}
      </div>
      <div class="bar end"><button type="button" class="button" onClick={() => app.session.dialog.set(null)}>Close</button></div>
    </Dialog>
  );
}

export function Dialogs({ app }: { app: App }) {
  const dialog = useSignal(app.session.dialog);
  switch (dialog) {
    case 'keys': return <Keys app={app} />;
    case 'palette': return <Palette app={app} />;
    case 'conflict': return <Conflict app={app} />;
    case 'snapshot': return <Snapshot app={app} />;
    case 'export': return <Export app={app} />;
    default: return null;
  }
}
