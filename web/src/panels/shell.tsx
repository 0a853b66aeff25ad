// SPDX-License-Identifier: Apache-2.0
// The frame around the slide: bar above, tools at the left, panels at the right, readings below.
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect } from 'preact/hooks';
import type { App } from '../app';
import { run } from '../commands';
import { areaOf, hasArea, lengthOf } from '../geom';
import { type CommandId, keyName, KEYS } from '../keys';
import type { PanelId, ToolId } from '../session';
import { useSignal } from '../signal';
import { formatArea, formatLength, formatMagnification, formatNumber, magnification } from '../units';
import { AdjustPanel } from './adjust';
import { AnnotationsPanel } from './annotations';
import { Dialogs } from './dialogs';
import { Icon } from './icons';
import { InfoPanel } from './info';
import { OverlaysPanel } from './overlays';
import { PairPanel } from './pair';
import { SlidesPanel } from './slides';

/** What a command is called, with its first key. */
export function titleOf(id: CommandId): string {
  const found = KEYS.find((r) => r.id === id);
  const label = found ? found.label.charAt(0).toUpperCase() + found.label.slice(1) : id;
  return found?.keys.length ? `${label} (${keyName(found.keys[0])})` : label;
}

export function CommandButton({ app, id, icon, pressed, children, disabled }: {
  app: App; id: CommandId; icon?: string; pressed?: boolean; children?: ComponentChildren; disabled?: boolean;
}) {
  return (
    <button type="button" class={icon && !children ? 'icon-button' : 'button'} title={titleOf(id)}
            aria-label={icon && !children ? titleOf(id) : undefined} aria-pressed={pressed} disabled={disabled}
            onClick={() => run(app, id)}>
      {icon ? <Icon name={icon} /> : null}
      {children}
    </button>
  );
}

const POWERS: readonly [CommandId, number][] = [['power-1', 1.25], ['power-2', 2.5], ['power-3', 5], ['power-4', 10],
  ['power-5', 20], ['power-6', 40]];

function Powers({ app }: { app: App }) {
  const { view } = app.session;
  useSignal(view.moved);
  const um = useSignal(app.session.slide) ? view.umPerPixel(true) : null;
  const now = um === null ? null : magnification(um);
  return (
    <div class="powers" role="group" aria-label="Magnification">
      <CommandButton app={app} id="fit" icon="fit" />
      {POWERS.map(([id, power]) => (
        <button key={id} type="button" class="power" title={titleOf(id)} disabled={now === null}
                aria-pressed={now !== null && Math.abs(now / power - 1) < 0.02} onClick={() => run(app, id)}>
          {power}×
        </button>
      ))}
      <button type="button" class="power" title={titleOf('power-7')} onClick={() => run(app, 'power-7')}>1:1</button>
    </div>
  );
}

function Rotation({ app }: { app: App }) {
  const { view } = app.session;
  useSignal(view.moved);
  const degrees = view.isOpen ? Math.round(view.place().rotation) % 360 : 0;
  return degrees === 0 ? null : (
    <button type="button" class="button" title={titleOf('upright')} onClick={() => run(app, 'upright')}>
      <Icon name="rotate" />{degrees}°
    </button>
  );
}

function SaveState({ app }: { app: App }) {
  const { state, words } = useSignal(app.session.saveState);
  if (state === 'none') {
    return null;
  }
  const isButton = state === 'unsaved' || state === 'failed' || state === 'offline' || state === 'conflict';
  const text = <><span class={`dot ${state}`} aria-hidden="true" /><span class="words">{words}</span></>;
  return isButton
    ? <button type="button" class="save" title={titleOf('save')}
              onClick={() => (state === 'conflict' ? app.session.dialog.set('conflict') : run(app, 'save'))}>{text}</button>
    : <span class="save" role="status" title={words}>{text}</span>;
}

function TopBar({ app }: { app: App }) {
  const { session } = app;
  const slide = useSignal(session.slide);
  const slides = useSignal(session.slides);
  useSignal(session.document.version);
  const mayEdit = session.mayEdit;
  return (
    <header class="top">
      <div class="title">
        {slides.length > 1 ? <CommandButton app={app} id="previous-slide" icon="previous" /> : null}
        <span class="name" title={slide?.name}>{slide?.name ?? 'nodal'}</span>
        {slides.length > 1 ? <CommandButton app={app} id="next-slide" icon="next" /> : null}
      </div>
      <Powers app={app} />
      <Rotation app={app} />
      <div class="spacer" />
      <SaveState app={app} />
      {mayEdit ? (
        <>
          <CommandButton app={app} id="undo" icon="undo" disabled={session.document.undoLabel === null} />
          <CommandButton app={app} id="redo" icon="redo" disabled={session.document.redoLabel === null} />
        </>
      ) : null}
      <CommandButton app={app} id="snapshot" icon="camera" disabled={!slide} />
      <CommandButton app={app} id="palette" icon="search" />
      <CommandButton app={app} id="theme" icon="theme" />
      <CommandButton app={app} id="keys" icon="help" />
    </header>
  );
}

const TOOLS: readonly (ToolId | null)[] = ['select', 'pan', null, 'point', 'points', 'polygon', 'spline', 'rectangle',
  'ellipse', 'ruler', null, 'brush', 'wand'];

function ToolRail({ app }: { app: App }) {
  const { session } = app;
  const tool = useSignal(session.tool);
  const slide = useSignal(session.slide);
  useSignal(session.saveState);
  useSignal(session.readOnly);
  return (
    <div class="rail" role="toolbar" aria-label="Tools" aria-orientation="vertical">
      {TOOLS.map((id, i) => (id === null ? <div key={i} class="gap" /> : (
        <CommandButton key={id} app={app} id={`tool-${id}`} icon={id} pressed={tool === id}
                       disabled={!slide || (id !== 'select' && id !== 'pan' && !session.mayEdit)} />
      )))}
    </div>
  );
}

const PANELS: readonly [PanelId, string][] = [['slides', 'Slides'], ['annotations', 'Annotations'],
  ['overlays', 'Overlays'], ['adjust', 'Adjust'], ['pair', 'Side by side'], ['info', 'About the slide']];

function SidePanel({ app }: { app: App }) {
  const open = useSignal(app.session.panel);
  const name = PANELS.find(([id]) => id === open)?.[1];
  return (
    <>
      {open ? (
        <aside class="panel" aria-label={name}>
          <h2>{name}</h2>
          {open === 'slides' ? <SlidesPanel app={app} /> : null}
          {open === 'annotations' ? <AnnotationsPanel app={app} /> : null}
          {open === 'overlays' ? <OverlaysPanel app={app} /> : null}
          {open === 'adjust' ? <AdjustPanel /> : null}
          {open === 'pair' ? <PairPanel app={app} /> : null}
          {open === 'info' ? <InfoPanel app={app} /> : null}
        </aside>
      ) : null}
      <nav class="rail right" aria-label="Panels">
        {PANELS.map(([id]) => (
          <CommandButton key={id} app={app} id={`panel-${id}`} icon={id} pressed={open === id} />
        ))}
      </nav>
    </>
  );
}

function Place({ app }: { app: App }) {
  const readout = useSignal(app.readout);
  const slide = useSignal(app.session.slide);
  const overlays = useSignal(app.session.overlays);
  if (!readout || !slide) {
    return null;
  }
  const { p, pixel } = readout;
  const s = slide.spacing_um;
  const inside = p.x >= 0 && p.y >= 0 && p.x < slide.width && p.y < slide.height;
  return (
    <>
      <span class="reading" title="Level-0 pixels">{formatNumber(Math.floor(p.x))}, {formatNumber(Math.floor(p.y))} px</span>
      {s ? <span class="reading">{formatNumber(p.x * s[0], 1)}, {formatNumber(p.y * s[1], 1)} µm</span> : null}
      {!inside ? <span class="reading">outside of the slide</span> : null}
      {pixel?.rgb ? (
        <span class="reading">
          <Swatch rgb={pixel.rgb} />RGB {pixel.rgb.join(' ')}
        </span>
      ) : null}
      {pixel ? overlays.map((o) => (pixel.overlays[o.id] === undefined ? null : (
        <span key={o.id} class="reading">{o.name}: {valueWords(o.values, pixel.overlays[o.id])}</span>
      ))) : null}
    </>
  );
}

function valueWords(values: readonly { value: number; name: string }[] | undefined, value: number | null): string {
  if (value === null) {
    return 'none';
  }
  const name = values?.find((v) => v.value === value)?.name;
  return name && name !== String(value) ? `${value} (${name})` : formatNumber(value, 4);
}

function Swatch({ rgb }: { rgb: readonly [number, number, number] }) {
  return <span class="swatch" style={{ background: `rgb(${rgb.join(',')})` }} aria-hidden="true" />;
}

function Selected({ app }: { app: App }) {
  const { session } = app;
  useSignal(session.selection);
  useSignal(session.document.version);
  const spacing = useSignal(session.slide)?.spacing_um ?? null;
  const items = session.selected;
  if (!items.length) {
    return null;
  }
  const area = items.reduce((sum, i) => sum + areaOf(i.type, i.rings, i.holes), 0);
  const length = items.reduce((sum, i) => sum + lengthOf(i.type, i.rings, spacing?.[0] ?? 1, spacing?.[1] ?? 1), 0);
  const points = items.reduce((sum, i) => sum + i.rings.reduce((n, r) => n + r.length / 2, 0), 0);
  const isArea = items.some((i) => hasArea(i.type));
  return (
    <span class="reading strong">
      {items.length === 1 ? items[0].name || items[0].type : `${items.length} shapes`}
      {isArea ? ` · ${formatArea(area, spacing)}` : ''}
      {length > 0 ? ` · ${formatLength(length, spacing)}${isArea ? ' around' : ''}` : ''}
      {` · ${formatNumber(points)} ${points === 1 ? 'point' : 'points'}`}
    </span>
  );
}

function StatusBar({ app }: { app: App }) {
  const { session } = app;
  const { view } = session;
  const slide = useSignal(session.slide);
  const loading = useSignal(view.loading);
  const failed = useSignal(view.failedTiles);
  const trouble = useSignal(app.overlays.trouble);
  useSignal(view.moved);
  const um = slide ? view.umPerPixel() : null;
  return (
    <footer class="status">
      <Selected app={app} />
      <Place app={app} />
      <div class="spacer" />
      {failed ? <span class="reading warn">{failed === 1 ? 'A tile' : `${failed} tiles`} of this slide cannot be read</span> : null}
      {trouble ? <span class="reading warn">{trouble}</span> : null}
      {slide && loading === 'loading' ? <span class="reading">Loading…</span> : null}
      {slide && !slide.spacing_um ? <span class="reading warn">No spacing in this file: lengths are in pixels</span> : null}
      {session.readOnly.get() ? <span class="reading">Read-only</span> : null}
      {um !== null ? (
        <>
          <span class="reading">{formatNumber(um, um < 1 ? 3 : 2)} µm/px</span>
          <span class="reading strong">{formatMagnification(magnification(um))}</span>
        </>
      ) : slide && view.isOpen ? <span class="reading strong">{formatNumber(view.place().scale * 100, 1)} %</span> : null}
    </footer>
  );
}

/** The line that tells what happened; goes by itself, and stays longer where it is bad news. */
function Notice({ app }: { app: App }) {
  const notice = useSignal(app.session.notice);
  useEffect(() => {
    if (notice) {
      const timer = setTimeout(() => {
        if (app.session.notice.get() === notice) {
          app.session.notice.set(null);
        }
      }, notice.bad ? 8000 : 3500);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [notice]);
  return (
    <div class="notice-place" aria-live="polite">
      {notice ? <div class={notice.bad ? 'notice bad' : 'notice'}>{notice.text}</div> : null}
    </div>
  );
}

function Stage({ app }: { app: App }) {
  const message = useSignal(app.session.stageMessage);
  const attach = useCallback((node: HTMLElement | null) => node?.append(app.stage), []);
  return (
    <main class="center" ref={attach}>
      {message ? <div class="stage-message" role="status">{message}</div> : null}
      <Notice app={app} />
    </main>
  );
}

export function Shell({ app }: { app: App }) {
  return (
    <>
      <TopBar app={app} />
      <div class="middle">
        <ToolRail app={app} />
        <Stage app={app} />
        <SidePanel app={app} />
      </div>
      <StatusBar app={app} />
      <Dialogs app={app} />
    </>
  );
}
