// SPDX-License-Identifier: Apache-2.0
// What each command of the table of keys does, and the keyboard that calls them.
import type { App } from './app';
import { combineSelected, simplifySelected, splitSelected } from './areas';
import { type CommandId, keyOf, KEYS } from './keys';
import type { PanelId, Theme, ToolId } from './session';

type Command = (app: App) => void;

const POWERS = [1.25, 2.5, 5, 10, 20, 40];

/** Screen pixels a step of the arrow keys pans: a tenth of the view. */
const PAN_SHARE = 0.1;

function setPower(app: App, power: number): void {
  const { view } = app.session;
  const spacing = view.slide?.spacing_um;
  if (!spacing) {
    app.session.say('This slide does not say how large a pixel is, so it has no magnification. Key 7 shows it pixel by pixel.',
                    true);
    return;
  }
  view.go({ scale: (Math.sqrt(spacing[0] * spacing[1]) * power) / 10 });
}

function pan(dx: number, dy: number): Command {
  return ({ session: { view } }) => view.panBy(-dx * view.width * PAN_SHARE, -dy * view.height * PAN_SHARE, false);
}

function creep(dx: number, dy: number): Command {
  return ({ session: { view } }) => view.panBy(-dx, -dy);
}

function nudge(dx: number, dy: number): Command {
  return (app) => {
    const { view } = app.session;
    const at = (x: number, y: number): { x: number; y: number } => view.toSlide(x, y);
    const [a, b] = [at(0, 0), at(dx, dy)];
    app.selectTool.shift(b.x - a.x, b.y - a.y, 'nudge');
  };
}

function rotate(by: number): Command {
  return ({ session: { view } }) => view.go({ rotation: Math.round((view.place(true).rotation + by) / 5) * 5 });
}

function tool(id: ToolId): Command {
  return ({ session }) => {
    if (id !== 'pan' && id !== 'select' && !session.mayChange([])) {
      return;
    }
    session.tool.set(id);
  };
}

function panel(id: PanelId): Command {
  return ({ session }) => session.panel.update((now) => (now === id ? null : id));
}

function size(factor: number): Command {
  return ({ session }) => {
    if (session.tool.get() === 'wand') {
      session.wandTolerance.update((t) => Math.min(Math.max(Math.round(t * factor), 2), 120));
      session.say(`Wand: colours within ${session.wandTolerance.get()} of 255.`);
    } else {
      session.brush.update((r) => Math.min(Math.max(Math.round(r * factor), 2), 300));
      session.say(`Brush: ${2 * session.brush.get()} screen pixels wide.`);
    }
  };
}

function deleteShapes({ session }: App): void {
  const items = session.selected;
  if (items.length && session.mayChange(items)) {
    session.document.edit(items.length === 1 ? 'delete' : `delete ${items.length} shapes`,
                          () => items.forEach((item) => session.document.removeItem(item.id)));
    session.select([]);
  }
}

/** Puts what is selected into a group; with nothing selected, new shapes go there. */
export function assignGroup({ session }: App, group: string | null): void {
  const items = session.selected;
  const name = session.document.group(group)?.name;
  if (!items.length) {
    session.activeGroup.set(group);
    session.say(name ? `New shapes go to ${name}.` : 'New shapes are in no group.');
  } else if (session.mayChange(items)) {
    session.document.edit(name ? `to group ${name}` : 'out of the group',
                          () => items.forEach((item) => session.document.setItem(item.id, { group })));
    session.say(name ? `Now in ${name}.` : 'Now in no group.');
  }
}

function groupByNumber(n: number): Command {
  return (app) => {
    const id = app.session.document.groupIds[n - 1];
    if (id) {
      assignGroup(app, id);
    } else {
      app.session.say(`There are only ${app.session.document.groupIds.length} groups.`);
    }
  };
}

function undo({ session }: App, what: 'undo' | 'redo'): void {
  if (!session.mayChange([])) {
    return;
  }
  const label = session.document[what]();
  const word = what === 'undo' ? 'Undone' : 'Redone';
  session.say(label ? `${word}: ${label}.` : `Nothing to ${what}.`);
  session.select([...session.selection.get()].filter((id) => session.document.item(id)));
}

function nextTheme({ session }: App): void {
  const themes: Theme[] = ['dark', 'light', 'contrast', 'system'];
  session.theme.update((now) => themes[(themes.indexOf(now) + 1) % themes.length]);
  const names = { dark: 'dark', light: 'light', contrast: 'high contrast', system: 'as the system' };
  session.say(`Colours: ${names[session.theme.get()]}.`);
}

/** Asks for a file of annotations. */
function chooseImport(app: App): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    if (file) {
      void app.importFile(file);
    }
  });
  input.click();
}

function toggle(signal: 'showAnnotations' | 'showNames' | 'showFill' | 'showScaleBar' | 'showMinimap' | 'showCoverage' |
                        'scrollPans'): Command {
  return ({ session }) => session[signal].update((on) => !on);
}

function forSelection(act: 'toggleHidden' | 'toggleLocked'): Command {
  return ({ session }) => {
    const ids = [...session.selection.get()];
    if (!ids.length) {
      session.say('Select a shape first.', true);
    }
    ids.forEach((id) => session[act](id));
  };
}

const RUN: Record<CommandId, Command> = {
  'zoom-in': ({ session }) => session.view.zoomBy(1.5),
  'zoom-out': ({ session }) => session.view.zoomBy(1 / 1.5),
  'fit': ({ session }) => session.view.fit(),
  'power-1': (app) => setPower(app, POWERS[0]),
  'power-2': (app) => setPower(app, POWERS[1]),
  'power-3': (app) => setPower(app, POWERS[2]),
  'power-4': (app) => setPower(app, POWERS[3]),
  'power-5': (app) => setPower(app, POWERS[4]),
  'power-6': (app) => setPower(app, POWERS[5]),
  'power-7': ({ session }) => session.view.go({ scale: 1 }),
  'pan-left': pan(-1, 0),
  'pan-right': pan(1, 0),
  'pan-up': pan(0, -1),
  'pan-down': pan(0, 1),
  'creep-left': creep(-1, 0),
  'creep-right': creep(1, 0),
  'creep-up': creep(0, -1),
  'creep-down': creep(0, 1),
  'rotate-left': rotate(-5),
  'rotate-right': rotate(5),
  'quarter-left': rotate(-90),
  'quarter-right': rotate(90),
  'upright': ({ session }) => session.view.go({ rotation: 0 }),
  'previous-slide': (app) => app.step(-1),
  'next-slide': (app) => app.step(1),
  'scalebar': toggle('showScaleBar'),
  'minimap': toggle('showMinimap'),
  'coverage': toggle('showCoverage'),
  'scroll-pans': toggle('scrollPans'),
  'tool-pan': tool('pan'),
  'tool-select': tool('select'),
  'tool-point': tool('point'),
  'tool-points': tool('points'),
  'tool-polygon': tool('polygon'),
  'tool-spline': tool('spline'),
  'tool-rectangle': tool('rectangle'),
  'tool-ellipse': tool('ellipse'),
  'tool-ruler': tool('ruler'),
  'tool-brush': tool('brush'),
  'tool-wand': tool('wand'),
  'smaller': size(1 / 1.25),
  'larger': size(1.25),
  'finish': (app) => {
    if (app.session.crosshair.get()) {
      app.gestures.clickMiddle({ shift: false, alt: false });
    } else {
      app.tool.finish({ shift: false, alt: false });
    }
  },
  'finish-crosshair': (app) => app.tool.finish({ shift: false, alt: false }),
  'crosshair': ({ session }) => {
    session.crosshair.update((on) => !on);
    session.say(session.crosshair.get() ? 'Crosshair: arrows move the slide under it, Enter clicks, Shift+Enter closes.'
                                        : 'Crosshair off.');
  },
  'back': (app) => app.tool.back(),
  'cancel': (app) => {
    if (!app.tool.cancel() && app.session.selection.get().size) {
      app.session.select([]);
    }
  },
  'undo': (app) => undo(app, 'undo'),
  'redo': (app) => undo(app, 'redo'),
  'select-all': ({ session }) =>
    session.select([...session.document.items.values()].filter((i) => session.isVisible(i)).map((i) => i.id)),
  'delete': (app) => {
    if (!app.tool.back()) {
      deleteShapes(app);
    }
  },
  'delete-shape': deleteShapes,
  'nudge-left': nudge(-1, 0),
  'nudge-right': nudge(1, 0),
  'nudge-up': nudge(0, -1),
  'nudge-down': nudge(0, 1),
  'merge': ({ session }) => combineSelected(session, 'union'),
  'subtract': ({ session }) => combineSelected(session, 'subtract'),
  'intersect': ({ session }) => combineSelected(session, 'intersect'),
  'split': ({ session }) => splitSelected(session),
  'simplify': ({ session }) => simplifySelected(session),
  'zoom-selection': (app) => app.zoomTo(app.session.selection.get()),
  'show-annotations': toggle('showAnnotations'),
  'names': toggle('showNames'),
  'fill': toggle('showFill'),
  'new-group': (app) => {
    if (app.session.newGroup()) {
      app.session.panel.set('annotations');
    }
  },
  'ungroup': (app) => assignGroup(app, null),
  'group-1': groupByNumber(1),
  'hide-selected': forSelection('toggleHidden'),
  'lock-selected': forSelection('toggleLocked'),
  'heatmap': (app) => app.toggleOverlays((kind) => kind === 'likelihood'),
  'mask': (app) => app.toggleOverlays((kind) => kind !== 'likelihood'),
  'overlay': (app) => app.toggleOverlays((_, index, count) => index === count - 1),
  'blink': ({ pair, session }) => {
    if (!pair.state.get()) {
      session.say('Blinking needs a second slide: open one in the panel “Side by side”.', true);
    } else if (pair.mode.get() !== 'blink') {
      pair.flipped.set(true);
      pair.mode.set('blink');
    } else {
      pair.flipped.update((on) => !on);
    }
  },
  'landmark': (app) => void app.pair.addLandmark(),
  'save': (app) => void app.saver.flush(),
  'import': chooseImport,
  'export': ({ session }) => session.dialog.set('export'),
  'snapshot': ({ session }) => session.dialog.set('snapshot'),
  'panel-slides': panel('slides'),
  'panel-annotations': panel('annotations'),
  'panel-overlays': panel('overlays'),
  'panel-adjust': panel('adjust'),
  'panel-pair': panel('pair'),
  'panel-info': panel('info'),
  'theme': nextTheme,
  'palette': ({ session }) => session.dialog.set('palette'),
  'keys': ({ session }) => session.dialog.set('keys'),
};

export function run(app: App, id: string): void {
  const group = /^group-(\d)$/.exec(id);
  (group ? groupByNumber(Number(group[1])) : RUN[id as CommandId])(app);
}

const BY_KEY = new Map<string, string>(KEYS.flatMap((r) => r.keys.map((key) => [key, r.id] as const)));

/** Keys that a field for text or a list needs for itself. */
function belongsToField(e: KeyboardEvent): boolean {
  const target = e.target as HTMLElement;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) {
    return true;
  }
  if (target instanceof HTMLInputElement) {
    return target.type === 'range' ? /^Arrow|^Home|^End|^Page/.test(e.key) : target.type !== 'checkbox' || e.key === ' ';
  }
  const isControl = target instanceof HTMLButtonElement || target.closest('[role=tree],[role=listbox]') !== null;
  return isControl && (e.key === 'Enter' || e.key === ' ' || /^Arrow|^Home|^End/.test(e.key)) && !e.ctrlKey && !e.altKey;
}

export function listenToKeys(app: App): void {
  window.addEventListener('keydown', (e) => {
    if (app.session.dialog.get()) {
      if (e.key === 'Escape' && app.session.dialog.get() !== 'conflict') {
        app.session.dialog.set(null);
        app.session.view.surface.focus();
      }
      return;
    }
    const fromField = belongsToField(e);
    if (fromField && !(e.ctrlKey && /^[skzy]$/i.test(e.key) && !(e.target instanceof HTMLInputElement))) {
      if (e.key === 'Escape') {
        app.session.view.surface.focus();
      }
      return;
    }
    if (e.key === ' ' && e.target === app.session.view.surface) {
      e.preventDefault();
      app.gestures.setSpace(true);
      return;
    }
    const id = BY_KEY.get(keyOf(e));
    if (id) {
      e.preventDefault();
      run(app, id);
    }
  });
  window.addEventListener('keyup', (e) => {
    if (e.key === ' ') {
      app.gestures.setSpace(false);
    }
  });
  window.addEventListener('blur', () => app.gestures.setSpace(false));
}
