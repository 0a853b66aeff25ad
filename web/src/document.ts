// SPDX-License-Identifier: Apache-2.0
// The annotations of one slide: items and nested groups in the order of their file, and every change as a delta that
// can be taken back. Values are never changed in place; whoever holds an Item holds that state of it.
import type { WireDocument, WireGroup, WireItem } from './api';
import type { Ring, Shape } from './geom';
import { Signal } from './signal';

export interface Item {
  readonly id: string;
  readonly name: string;
  readonly type: Shape;
  readonly group: string | null;
  readonly color: string | null;
  readonly rings: readonly Ring[];
  readonly holes: readonly boolean[];
  readonly properties?: unknown;
}

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly color: string | null;
  readonly parent: string | null;
}

export type ItemFields = Partial<Omit<Item, 'id'>>;
export type GroupFields = Partial<Omit<Group, 'id'>>;

/** One reversible change. Outlines are kept as the run of numbers that was exchanged, not as copies of the shape. */
type Change =
  | { kind: 'add' | 'delete'; target: 'item'; id: string; index: number; value: Item }
  | { kind: 'add' | 'delete'; target: 'group'; id: string; index: number; value: Group }
  | { kind: 'fields'; target: 'item'; id: string; before: ItemFields; after: ItemFields }
  | { kind: 'fields'; target: 'group'; id: string; before: GroupFields; after: GroupFields }
  | { kind: 'splice'; target: 'item'; id: string; ring: number; at: number; removed: Ring; inserted: Ring };

interface Step {
  label: string;
  changes: Change[];
  merge: string | null;
  time: number;
}

/** Which entities a change touched, for the layers and for saving. */
export interface Touched {
  items: ReadonlySet<string>;
  groups: ReadonlySet<string>;
}

const MERGE_MS = 1000;

let counter = 0;

/** An id that no other page makes: the clock, chance, and a counter. */
export function newId(): string {
  counter += 1;
  const chance = crypto.getRandomValues(new Uint32Array(1))[0];
  return `n${Date.now().toString(36)}${chance.toString(36)}${counter.toString(36)}`;
}

export function itemFromWire(wire: WireItem): Item {
  const item = {
    id: wire.id, name: wire.name, type: wire.type, group: wire.group ?? null, color: wire.color ?? null,
    rings: wire.rings.map((ring) => Float64Array.from(ring)),
    holes: wire.rings.map((_, i) => wire.holes?.[i] ?? false),
  };
  return wire.properties === undefined ? item : { ...item, properties: wire.properties };
}

export function itemToWire(item: Item): Omit<WireItem, 'id'> {
  const value = {
    name: item.name, type: item.type, group: item.group, color: item.color,
    rings: item.rings.map((ring) => Array.from(ring)), holes: [...item.holes],
  };
  return item.properties === undefined ? value : { ...value, properties: item.properties };
}

export function groupFromWire(wire: WireGroup): Group {
  return { id: wire.id, name: wire.name, color: wire.color ?? null, parent: wire.parent ?? null };
}

/** What differs between two rings: a run of numbers at one place. */
function difference(before: Ring, after: Ring): { at: number; removed: Ring; inserted: Ring } {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return { at: head, removed: before.slice(head, before.length - tail), inserted: after.slice(head, after.length - tail) };
}

function splice(ring: Ring, at: number, remove: number, insert: Ring): Ring {
  const out = new Float64Array(ring.length - remove + insert.length);
  out.set(ring.subarray(0, at));
  out.set(insert, at);
  out.set(ring.subarray(at + remove), at + insert.length);
  return out;
}

export class AnnotationDocument {
  private itemMap = new Map<string, Item>();
  private groupMap = new Map<string, Group>();
  private itemOrder: string[] = [];
  private groupOrder: string[] = [];
  private past: Step[] = [];
  private future: Step[] = [];
  private open: { changes: Change[]; items: Set<string>; groups: Set<string> } | null = null;

  /** Counts up with every change. */
  readonly version = new Signal(0);
  /** Called after each change with what it touched. */
  private watchers = new Set<(touched: Touched) => void>();

  /** Replaces everything by what the server has; nothing of before can be undone. */
  load(wire: Pick<WireDocument, 'items' | 'groups'>): void {
    const touched = { items: new Set(this.itemOrder), groups: new Set(this.groupOrder) };
    this.itemMap = new Map(wire.items.map((w) => [w.id, itemFromWire(w)]));
    this.groupMap = new Map(wire.groups.map((w) => [w.id, groupFromWire(w)]));
    this.itemOrder = wire.items.map((w) => w.id);
    this.groupOrder = wire.groups.map((w) => w.id);
    this.itemOrder.forEach((id) => touched.items.add(id));
    this.groupOrder.forEach((id) => touched.groups.add(id));
    this.past = [];
    this.future = [];
    this.tell(touched);
  }

  watch(watcher: (touched: Touched) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  private tell(touched: Touched): void {
    this.watchers.forEach((watcher) => watcher(touched));
    this.version.update((n) => n + 1);
  }

  get items(): ReadonlyMap<string, Item> {
    return this.itemMap;
  }

  get groups(): ReadonlyMap<string, Group> {
    return this.groupMap;
  }

  get order(): readonly string[] {
    return this.itemOrder;
  }

  get groupIds(): readonly string[] {
    return this.groupOrder;
  }

  item(id: string): Item | undefined {
    return this.itemMap.get(id);
  }

  group(id: string | null): Group | undefined {
    return id === null ? undefined : this.groupMap.get(id);
  }

  /** The group and those that hold it, innermost first. A loop in a damaged file ends where it closes. */
  ancestors(id: string | null): Group[] {
    const chain: Group[] = [];
    const seen = new Set<string>();
    for (let group = this.group(id); group && !seen.has(group.id); group = this.group(group.parent)) {
      seen.add(group.id);
      chain.push(group);
    }
    return chain;
  }

  /** The colour an item is drawn in: that of the outermost group that has one (as in ASAP), else its own. */
  colorOf(item: Item): string {
    const chain = this.ancestors(item.group);
    for (let i = chain.length - 1; i >= 0; i--) {
      const color = chain[i].color;
      if (color) {
        return color;
      }
    }
    return item.color ?? '#f4fa58';
  }

  /**
   * One step that can be undone: all that `change` does. A step that follows one with the same `merge` within a second
   * becomes part of it. Nothing changed, nothing to undo.
   */
  edit(label: string, change: () => void, merge: string | null = null): void {
    if (this.open) {
      change();
      return;
    }
    this.open = { changes: [], items: new Set(), groups: new Set() };
    try {
      change();
    } finally {
      const { changes, items, groups } = this.open;
      this.open = null;
      if (changes.length) {
        const last = this.past[this.past.length - 1];
        const now = Date.now();
        if (merge !== null && last?.merge === merge && now - last.time < MERGE_MS && !this.future.length) {
          last.changes.push(...changes);
          last.time = now;
        } else {
          this.past.push({ label, changes, merge, time: now });
        }
        this.future = [];
        this.tell({ items, groups });
      }
    }
  }

  private record(change: Change): void {
    if (!this.open) {
      throw new Error('a change outside edit()');
    }
    this.open.changes.push(change);
    this.perform(change, false, this.open);
  }

  addItem(value: Item, index = this.itemOrder.length): void {
    this.record({ kind: 'add', target: 'item', id: value.id, index, value });
  }

  addGroup(value: Group, index = this.groupOrder.length): void {
    this.record({ kind: 'add', target: 'group', id: value.id, index, value });
  }

  removeItem(id: string): void {
    const value = this.itemMap.get(id);
    if (value) {
      this.record({ kind: 'delete', target: 'item', id, index: this.itemOrder.indexOf(id), value });
    }
  }

  /** Removes a group; what was in it moves to the group around it. */
  removeGroup(id: string): void {
    const value = this.groupMap.get(id);
    if (!value) {
      return;
    }
    for (const item of [...this.itemMap.values()]) {
      if (item.group === id) {
        this.setItem(item.id, { group: value.parent });
      }
    }
    for (const group of [...this.groupMap.values()]) {
      if (group.parent === id) {
        this.setGroup(group.id, { parent: value.parent });
      }
    }
    this.record({ kind: 'delete', target: 'group', id, index: this.groupOrder.indexOf(id), value });
  }

  setItem(id: string, fields: ItemFields): void {
    const item = this.itemMap.get(id);
    if (!item) {
      return;
    }
    const after: Record<string, unknown> = {};
    const before: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(fields)) {
      const old = (item as unknown as Record<string, unknown>)[key];
      if (key !== 'rings' && key !== 'holes' && old !== value) {
        before[key] = old;
        after[key] = value;
      }
    }
    const rings = fields.rings;
    const holes = fields.holes ?? item.holes;
    if (rings && rings.length === item.rings.length && holes.every((hole, i) => hole === item.holes[i])) {
      rings.forEach((ring, i) => {
        const delta = ring === item.rings[i] ? null : difference(item.rings[i], ring);
        if (delta && (delta.removed.length || delta.inserted.length)) {
          this.record({ kind: 'splice', target: 'item', id, ring: i, ...delta });
        }
      });
    } else if (rings) {
      Object.assign(before, { rings: item.rings, holes: item.holes });
      Object.assign(after, { rings, holes });
    }
    if (Object.keys(after).length) {
      this.record({ kind: 'fields', target: 'item', id, before, after });
    }
  }

  setGroup(id: string, fields: GroupFields): void {
    const group = this.groupMap.get(id);
    if (!group || (fields.parent && this.ancestors(fields.parent).some((g) => g.id === id))) {
      return;
    }
    const after: Record<string, unknown> = {};
    const before: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(fields)) {
      const old = (group as unknown as Record<string, unknown>)[key];
      if (old !== value) {
        before[key] = old;
        after[key] = value;
      }
    }
    if (Object.keys(after).length) {
      this.record({ kind: 'fields', target: 'group', id, before, after });
    }
  }

  private perform(change: Change, backwards: boolean, touched: { items: Set<string>; groups: Set<string> }): void {
    (change.target === 'item' ? touched.items : touched.groups).add(change.id);
    switch (change.kind) {
      case 'add':
      case 'delete': {
        const adds = (change.kind === 'add') !== backwards;
        const order = change.target === 'item' ? this.itemOrder : this.groupOrder;
        const map = (change.target === 'item' ? this.itemMap : this.groupMap) as Map<string, Item | Group>;
        if (adds) {
          map.set(change.id, change.value);
          order.splice(change.index, 0, change.id);
        } else {
          map.delete(change.id);
          order.splice(order.indexOf(change.id), 1);
        }
        return;
      }
      case 'fields': {
        const map = (change.target === 'item' ? this.itemMap : this.groupMap) as Map<string, Item | Group>;
        const value = map.get(change.id) as Item | Group;
        map.set(change.id, { ...value, ...(backwards ? change.before : change.after) });
        return;
      }
      case 'splice': {
        const item = this.itemMap.get(change.id) as Item;
        const [remove, insert] = backwards ? [change.inserted, change.removed] : [change.removed, change.inserted];
        const rings = [...item.rings];
        rings[change.ring] = splice(rings[change.ring], change.at, remove.length, insert);
        this.itemMap.set(change.id, { ...item, rings });
      }
    }
  }

  private replay(step: Step, backwards: boolean): void {
    const touched = { items: new Set<string>(), groups: new Set<string>() };
    const changes = backwards ? [...step.changes].reverse() : step.changes;
    changes.forEach((change) => this.perform(change, backwards, touched));
    step.merge = null;
    this.tell(touched);
  }

  /** Takes the last step back; its label, or null where there is none. */
  undo(): string | null {
    const step = this.past.pop();
    if (!step) {
      return null;
    }
    this.future.push(step);
    this.replay(step, true);
    return step.label;
  }

  redo(): string | null {
    const step = this.future.pop();
    if (!step) {
      return null;
    }
    this.past.push(step);
    this.replay(step, false);
    return step.label;
  }

  get undoLabel(): string | null {
    return this.past[this.past.length - 1]?.label ?? null;
  }

  get redoLabel(): string | null {
    return this.future[this.future.length - 1]?.label ?? null;
  }
}
