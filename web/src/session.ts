// SPDX-License-Identifier: Apache-2.0
// What the page is about right now: the slides, the one shown, its annotations, what is selected, hidden and locked,
// and the settings that stay from visit to visit. Panels read it, commands and tools change it.
import type { OverlayInfo, Slide, SlideEntry } from './api';
import { AnnotationDocument, type Item, newId } from './document';
import { ShapeIndex } from './shapes';
import { Signal, stored } from './signal';
import { View } from './view';

export type ToolId = 'pan' | 'select' | 'point' | 'points' | 'polygon' | 'spline' | 'rectangle' | 'ellipse' | 'ruler' |
  'brush' | 'wand';

export type Theme = 'system' | 'dark' | 'light' | 'contrast';

export type PanelId = 'slides' | 'annotations' | 'overlays' | 'adjust' | 'pair' | 'info';

export type SaveState = 'none' | 'saved' | 'unsaved' | 'saving' | 'offline' | 'readonly' | 'conflict' | 'failed';

/** Colours that are told apart with any colour vision (Okabe and Ito 2008), for groups as they are made. */
export const PALETTE = ['#e69f00', '#56b4e9', '#009e73', '#f0e442', '#0072b2', '#d55e00', '#cc79a7', '#ffffff'];

export class Session {
  readonly view = new View('Slide');
  readonly document = new AnnotationDocument();
  readonly index = new ShapeIndex(this.document);

  readonly slides = new Signal<SlideEntry[]>([]);
  readonly readOnly = new Signal(false);
  readonly slide = new Signal<Slide | null>(null);
  /** Why there is no slide to see, in words; null where there is one. */
  readonly stageMessage = new Signal<string | null>('Asking the server for its slides…');
  readonly overlays = new Signal<OverlayInfo[]>([]);

  readonly tool = new Signal<ToolId>('select');
  readonly selection = new Signal<ReadonlySet<string>>(new Set());
  readonly activeGroup = new Signal<string | null>(null);
  readonly hidden = new Signal<ReadonlySet<string>>(new Set());
  readonly locked = new Signal<ReadonlySet<string>>(new Set());

  readonly showAnnotations = new Signal(true);
  readonly showNames = stored('names', false);
  readonly showFill = stored('fill', false);
  readonly showScaleBar = stored('scalebar', true);
  readonly showMinimap = stored('minimap', true);
  readonly showCoverage = stored('coverage', true);
  readonly theme = stored<Theme>('theme', 'dark');
  readonly panel = stored<PanelId | null>('panel', 'slides');
  /** Radius of the brush in screen pixels. */
  readonly brush = stored('brush', 24);
  readonly wandTolerance = stored('wand', 24);
  readonly scrollPans = stored('scrollpans', false);
  readonly crosshair = new Signal(false);

  readonly saveState = new Signal<{ state: SaveState; words: string }>({ state: 'none', words: '' });
  /** What the file of the annotations can hold; all of it while there is no file. */
  readonly holds = new Signal({ holes: true, parts: true, ellipses: true });
  /** A line for everyone, read out by screen readers; goes by itself. */
  readonly notice = new Signal<{ text: string; bad: boolean } | null>(null);
  readonly dialog = new Signal<'keys' | 'palette' | 'conflict' | 'snapshot' | 'export' | null>(null);

  say(text: string, bad = false): void {
    this.notice.set({ text, bad });
  }

  // --- Hidden and locked ---

  private chainHas(set: ReadonlySet<string>, item: Item): boolean {
    return set.size > 0 && (set.has(item.id) || this.document.ancestors(item.group).some((group) => set.has(group.id)));
  }

  isVisible(item: Item): boolean {
    return this.showAnnotations.get() && !this.chainHas(this.hidden.get(), item);
  }

  isLocked(item: Item): boolean {
    return this.readOnly.get() || this.saveState.get().state === 'readonly' || this.chainHas(this.locked.get(), item);
  }

  get mayEdit(): boolean {
    return !this.readOnly.get() && this.saveState.get().state !== 'readonly' && this.slide.get() !== null;
  }

  /** Whether these may be changed; says why where not. */
  mayChange(items: readonly Item[]): boolean {
    if (!this.mayEdit) {
      this.say('The annotations are read-only: nothing can be changed.', true);
      return false;
    }
    const locked = items.find((item) => this.isLocked(item));
    if (locked) {
      this.say(`“${locked.name || locked.type}” is locked: unlock it in the list to change it.`, true);
      return false;
    }
    return true;
  }

  private toggleIn(signal: Signal<ReadonlySet<string>>, id: string): void {
    const next = new Set(signal.get());
    if (!next.delete(id)) {
      next.add(id);
    }
    signal.set(next);
  }

  toggleHidden(id: string): void {
    this.toggleIn(this.hidden, id);
  }

  toggleLocked(id: string): void {
    this.toggleIn(this.locked, id);
  }

  // --- Selection ---

  get selected(): Item[] {
    return [...this.selection.get()].map((id) => this.document.item(id)).filter((item): item is Item => !!item);
  }

  select(ids: Iterable<string>): void {
    this.selection.set(new Set(ids));
  }

  // --- New annotations ---

  /** Adds a shape to the group new shapes go to, selects it and returns it. */
  add(fields: Pick<Item, 'type' | 'rings'> & { holes?: readonly boolean[] }): Item | null {
    if (!this.mayChange([])) {
      return null;
    }
    const group = this.activeGroup.get();
    const type = fields.type;
    const item: Item = {
      id: newId(), name: this.freeName(), type, group: group && this.document.group(group) ? group : null,
      color: '#f4fa58', rings: fields.rings, holes: fields.holes ?? fields.rings.map(() => false),
    };
    this.document.edit(`draw ${type}`, () => this.document.addItem(item));
    this.select([item.id]);
    return item;
  }

  /** "Annotation N", as ASAP names them: the first number that is not taken. */
  freeName(): string {
    const taken = new Set([...this.document.items.values()].map((item) => item.name));
    let n = this.document.items.size;
    while (taken.has(`Annotation ${n}`)) {
      n++;
    }
    return `Annotation ${n}`;
  }

  newGroup(parent: string | null = null): string | null {
    if (!this.mayChange([])) {
      return null;
    }
    const names = new Set([...this.document.groups.values()].map((group) => group.name));
    let n = 1;
    while (names.has(`Group ${n}`)) {
      n++;
    }
    const id = newId();
    const color = PALETTE[this.document.groups.size % PALETTE.length];
    this.document.edit('new group', () => this.document.addGroup({ id, name: `Group ${n}`, color, parent }));
    this.activeGroup.set(id);
    return id;
  }
}
