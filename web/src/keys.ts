// SPDX-License-Identifier: Apache-2.0
// The one table of what can be done by a key. The help of the page, the palette and the guide are made from it.

export interface KeyRow {
  id: string;
  section: string;
  keys: readonly string[];
  label: string;
}

const row = <const I extends string>(id: I, section: string, keys: readonly string[], label: string): KeyRow & { id: I } =>
  ({ id, section, keys, label });

/** Keys held or combined with the pointer: told here, done where the pointer is handled. */
export const GESTURES: readonly { section: string; keys: string; label: string }[] = [
  { section: 'Look', keys: 'Wheel', label: 'zoom to the pointer' },
  { section: 'Look', keys: 'Middle button, or Space held, and drag', label: 'pan in every tool' },
  { section: 'Draw', keys: 'Button held and drag (polygon, spline)', label: 'points as the hand goes' },
  { section: 'Draw', keys: 'Double click, or click on the first point', label: 'close the shape' },
  { section: 'Draw', keys: 'Right button', label: 'take back the last point' },
  { section: 'Draw', keys: 'Shift and polygon, brush or wand', label: 'add to the selected area' },
  { section: 'Draw', keys: 'Alt and polygon, brush or wand', label: 'cut from the selected areas, holes too' },
  { section: 'Draw', keys: 'Shift and rectangle, ellipse or ruler', label: 'square, circle, steps of 15 degrees' },
  { section: 'Draw', keys: 'Ctrl or Alt and rectangle or ellipse', label: 'from the middle' },
  { section: 'Edit', keys: 'Ctrl+click', label: 'add to the selection, or take from it' },
  { section: 'Edit', keys: 'Shift and drag', label: 'select all shapes in a box' },
  { section: 'Edit', keys: 'Alt and drag', label: 'move what is selected' },
  { section: 'Edit', keys: 'Drag a handle', label: 'move a vertex' },
  { section: 'Edit', keys: 'Double click on an edge', label: 'insert a vertex' },
];

export const KEYS = [
  row('zoom-in', 'Look', ['+', '='], 'zoom in'),
  row('zoom-out', 'Look', ['-'], 'zoom out'),
  row('fit', 'Look', ['0'], 'whole slide'),
  row('power-1', 'Look', ['1'], '1.25×'),
  row('power-2', 'Look', ['2'], '2.5×'),
  row('power-3', 'Look', ['3'], '5×'),
  row('power-4', 'Look', ['4'], '10×'),
  row('power-5', 'Look', ['5'], '20×'),
  row('power-6', 'Look', ['6'], '40×'),
  row('power-7', 'Look', ['7'], 'a screen pixel a slide pixel'),
  row('pan-left', 'Look', ['ArrowLeft'], 'pan left'),
  row('pan-right', 'Look', ['ArrowRight'], 'pan right'),
  row('pan-up', 'Look', ['ArrowUp'], 'pan up'),
  row('pan-down', 'Look', ['ArrowDown'], 'pan down'),
  row('creep-left', 'Look', ['Shift+ArrowLeft'], 'pan left by a pixel'),
  row('creep-right', 'Look', ['Shift+ArrowRight'], 'pan right by a pixel'),
  row('creep-up', 'Look', ['Shift+ArrowUp'], 'pan up by a pixel'),
  row('creep-down', 'Look', ['Shift+ArrowDown'], 'pan down by a pixel'),
  row('rotate-left', 'Look', [','], 'rotate left by 5°'),
  row('rotate-right', 'Look', ['.'], 'rotate right by 5°'),
  row('quarter-left', 'Look', ['<'], 'rotate left by 90°'),
  row('quarter-right', 'Look', ['>'], 'rotate right by 90°'),
  row('upright', 'Look', ['/'], 'upright again'),
  row('previous-slide', 'Look', ['Ctrl+ArrowLeft'], 'previous slide'),
  row('next-slide', 'Look', ['Ctrl+ArrowRight'], 'next slide'),
  row('scalebar', 'Look', ['Ctrl+B'], 'scale bar on or off'),
  row('minimap', 'Look', [], 'map of the slide on or off'),
  row('coverage', 'Look', [], 'shade on the map what has been looked at, or not'),
  row('scroll-pans', 'Look', [], 'wheel pans instead of zooming, or zooms again'),

  row('tool-pan', 'Tools', ['x'], 'pan'),
  row('tool-select', 'Tools', ['v'], 'select and edit'),
  row('tool-point', 'Tools', ['d'], 'point'),
  row('tool-points', 'Tools', ['i'], 'point set'),
  row('tool-polygon', 'Tools', ['p'], 'polygon'),
  row('tool-spline', 'Tools', ['s'], 'spline'),
  row('tool-rectangle', 'Tools', ['r'], 'rectangle'),
  row('tool-ellipse', 'Tools', ['o'], 'ellipse'),
  row('tool-ruler', 'Tools', ['m'], 'ruler'),
  row('tool-brush', 'Tools', ['b'], 'brush'),
  row('tool-wand', 'Tools', ['w'], 'wand'),

  row('smaller', 'Draw', ['['], 'smaller brush, less tolerant wand'),
  row('larger', 'Draw', [']'], 'larger brush, more tolerant wand'),
  row('finish', 'Draw', ['Enter'], 'close the shape; with the crosshair: click in the middle'),
  row('finish-crosshair', 'Draw', ['Shift+Enter'], 'close the shape'),
  row('crosshair', 'Draw', ['j'], 'crosshair in the middle, to draw by keys: arrows move the slide under it'),
  row('back', 'Draw', ['Backspace'], 'take back the last point'),
  row('cancel', 'Draw', ['Escape'], 'give up the shape, then the selection'),

  row('undo', 'Edit', ['Ctrl+Z'], 'undo'),
  row('redo', 'Edit', ['Ctrl+Shift+Z', 'Ctrl+Y'], 'redo'),
  row('select-all', 'Edit', ['Ctrl+A'], 'select all shapes that can be seen'),
  row('delete', 'Edit', ['Delete'], 'delete the vertex last touched, else the selected shapes'),
  row('delete-shape', 'Edit', ['Shift+Delete'], 'delete the selected shapes'),
  row('nudge-left', 'Edit', ['Alt+ArrowLeft'], 'move what is selected left by a screen pixel'),
  row('nudge-right', 'Edit', ['Alt+ArrowRight'], 'move it right'),
  row('nudge-up', 'Edit', ['Alt+ArrowUp'], 'move it up'),
  row('nudge-down', 'Edit', ['Alt+ArrowDown'], 'move it down'),
  row('merge', 'Edit', ['Ctrl+M'], 'merge the selected areas'),
  row('subtract', 'Edit', [], 'subtract the other selected areas from the first'),
  row('intersect', 'Edit', [], 'keep what the selected areas share'),
  row('split', 'Edit', [], 'split an area of several parts'),
  row('simplify', 'Edit', [], 'leave out vertices that make no difference at this magnification'),
  row('zoom-selection', 'Edit', ['z'], 'zoom to what is selected'),

  row('show-annotations', 'Annotations', ['a'], 'show or hide all annotations'),
  row('names', 'Annotations', ['n'], 'names on or off'),
  row('fill', 'Annotations', ['f'], 'fill areas or not'),
  row('new-group', 'Annotations', ['g'], 'new group'),
  row('ungroup', 'Annotations', ['Alt+0'], 'take what is selected out of its group'),
  ...Array.from({ length: 9 }, (_, i) => row(`group-${i + 1}` as 'group-1', 'Annotations', [`Alt+${i + 1}`],
                                              `selected shapes, or new ones, to group ${i + 1} of the list`)),
  row('hide-selected', 'Annotations', ['y'], 'hide or show what is selected'),
  row('lock-selected', 'Annotations', ['l'], 'lock or unlock what is selected'),

  row('heatmap', 'Overlays', ['h'], 'likelihood maps on or off'),
  row('mask', 'Overlays', ['k'], 'masks and labels on or off'),
  row('overlay', 'Overlays', ['c'], 'last overlay on or off'),

  row('blink', 'Side by side', ['q'], 'blink: show the other slide, and back'),
  row('landmark', 'Side by side', ['t'], 'landmark: the middles of both views are the same place'),

  row('save', 'File', ['Ctrl+S'], 'save now'),
  row('import', 'File', [], 'import annotations from a file'),
  row('export', 'File', ['Ctrl+E'], 'export annotations'),
  row('snapshot', 'File', ['Ctrl+P'], 'picture of the view, or region as a file'),

  row('panel-slides', 'Panels', ['F2'], 'slides'),
  row('panel-annotations', 'Panels', ['F4'], 'annotations'),
  row('panel-overlays', 'Panels', ['F6'], 'overlays'),
  row('panel-adjust', 'Panels', ['F7'], 'brightness, contrast, stains'),
  row('panel-pair', 'Panels', ['F8'], 'side by side'),
  row('panel-info', 'Panels', ['F9'], 'about the slide'),
  row('theme', 'Panels', [], 'dark, light or high contrast'),
  row('palette', 'Help', ['Ctrl+K'], 'find a command'),
  row('keys', 'Help', ['F1', '?'], 'this list of keys'),
] as const satisfies readonly KeyRow[];

export type CommandId = (typeof KEYS)[number]['id'];

/** How a key is printed. */
export function keyName(key: string): string {
  return key.replace('ArrowLeft', '←').replace('ArrowRight', '→').replace('ArrowUp', '↑').replace('ArrowDown', '↓')
    .replace('Escape', 'Esc').replace(/(^|\+)([a-z])$/, (_, before: string, letter: string) => before + letter.toUpperCase());
}

/** The key of an event as the table writes it. */
export function keyOf(e: KeyboardEvent): string {
  const digit = e.altKey && /^Digit\d$/.test(e.code) ? e.code.slice(5) : null;
  const letter = /^[a-z]$/i.test(e.key);
  const key = digit ?? (letter ? (e.ctrlKey || e.metaKey ? e.key.toUpperCase() : e.key.toLowerCase()) : e.key);
  const shift = e.shiftKey && (letter || key.length > 1);
  return (e.ctrlKey || e.metaKey ? 'Ctrl+' : '') + (e.altKey ? 'Alt+' : '') + (shift ? 'Shift+' : '') + key;
}

/** Sections in order with their rows: commands that have keys, then what the pointer does. */
export function keySections(): { section: string; rows: { keys: string; label: string }[] }[] {
  const sections = new Map<string, { keys: string; label: string }[]>();
  const put = (section: string, keys: string, label: string): void => {
    sections.set(section, [...(sections.get(section) ?? []), { keys, label }]);
  };
  const groups = KEYS.filter((r) => r.id.startsWith('group-'));
  for (const r of KEYS) {
    if (r.id === groups[0].id) {
      put(r.section, 'Alt+1 … Alt+9', 'selected shapes, or new ones, to that group of the list');
    } else if (r.keys.length && !r.id.startsWith('group-')) {
      put(r.section, r.keys.map(keyName).join(', '), r.label);
    }
  }
  GESTURES.forEach((g) => put(g.section, g.keys, g.label));
  return [...sections].map(([section, rows]) => ({ section, rows }));
}

/** The key map as the guide has it. */
export function keyMarkdown(): string {
  return keySections().map(({ section, rows }) =>
    [`### ${section}`, '', '| keys | does |', '|---|---|',
     ...rows.map((r) => `| ${r.keys.replace(/\|/g, '\\|')} | ${r.label} |`), ''].join('\n')).join('\n');
}
