// SPDX-License-Identifier: Apache-2.0
// Saving by itself: a second after the last edit the changed shapes go to the server, which writes the file. Until it
// has answered they are in the journal of the browser. A file that changed beneath is never overwritten.
import { api, ApiError, type WireDocument, type WireItem, type WireOp } from './api';
import { type Group, type Item, itemFromWire, itemToWire } from './document';
import { journal, type JournalEntry } from './journal';
import type { Session } from './session';

const QUIET_MS = 1000;
const RETRY_MS = 4000;
const JOURNAL_MS = 150;

/** What the server has of one entity; compared by identity, since values are never changed in place. */
type Saved<T> = Map<string, T>;

function groupToWire(group: Group, session: Session): object {
  const value = { name: group.name, color: group.color, parent: group.parent };
  const visible = session.hidden.get().has(group.id) ? { visible: false } : {};
  const locked = session.locked.get().has(group.id) ? { locked: true } : {};
  return { ...value, ...visible, ...locked };
}

/** Content of a shape, whatever its id and group are called. */
function fingerprint(value: { name: string; type: string; rings: Iterable<ArrayLike<number>> }): string {
  return `${value.name}\n${value.type}\n${JSON.stringify([...value.rings].map((ring) => Array.from(ring)))}`;
}

/** The part of an etag that stands for the bytes of the file; the rest is who has read it. */
function stamp(etag: string): string {
  return etag.split('-')[0];
}

/** The names of the groups around a group and its own: what stays when ids do not. */
function pathOf(id: string | null, find: (id: string) => { name: string; parent: string | null } | undefined): string {
  const group = id === null ? undefined : find(id);
  return group ? `${pathOf(group.parent, find)}\n${group.name}` : '';
}

function pathsIn(wire: WireDocument): Map<string, string> {
  const groups = new Map(wire.groups.map((group) => [group.id, group]));
  return new Map(wire.groups.map((group) => [pathOf(group.id, (id) => groups.get(id)), group.id]));
}

export class Saver {
  private slide: string | null = null;
  private etag = '';
  private items: Saved<Item> = new Map();
  private groups: Saved<Group> = new Map();
  private order: string[] = [];
  private groupOrder: string[] = [];
  /** What the page calls an entity -> what the server calls it, where they differ. */
  private wireIds = new Map<string, string>();
  private hasFile = false;
  private timer = 0;
  private journalTimer = 0;
  private flight: Promise<void> | null = null;
  /** Edits that wait for a decision, and the file as it is now. */
  conflict: { mine: JournalEntry; theirs: WireDocument } | null = null;

  constructor(private session: Session) {
    session.document.watch(() => this.touched());
    window.addEventListener('beforeunload', (event) => {
      if (this.slide && this.pending().length && session.mayEdit) {
        void this.flush();
        event.preventDefault();
      }
    });
    window.addEventListener('online', () => void this.flush());
  }

  private state(state: Parameters<Session['saveState']['set']>[0]['state'], words: string): void {
    this.session.saveState.set({ state, words });
  }

  /** Reads the annotations of a slide, and takes up edits that a former visit could not save. */
  async open(slide: string): Promise<void> {
    await this.close();
    const wire = await api.annotations(slide);
    this.slide = slide;
    this.adopt(wire);
    let left: JournalEntry | undefined;
    try {
      left = await journal.read(slide);
    } catch {
      // A browser without storage has no journal to read.
    }
    if (left?.ops.length && this.slide === slide && this.session.mayEdit) {
      if (stamp(left.etag) === stamp(wire.etag) && left.items.length === wire.items.length) {
        // The same file; a server that was started anew may call what is in it otherwise, in the same order.
        const ids = new Map(left.items.map((id, i) => [id, wire.items[i].id]));
        const paths = pathsIn(wire);
        left.groups.forEach(([id, path]) => ids.set(id, paths.get(path) ?? id));
        this.session.document.edit('edits of the last visit',
                                   () => this.replay(left.ops, (id) => ids.get(id) ?? id, (id) => ids.get(id) ?? id));
        this.session.say(`${left.ops.length} edits of the last visit were not saved yet: they are taken up.`);
      } else {
        this.ask(left, wire);
      }
    }
  }

  async close(): Promise<void> {
    if (this.slide && this.pending().length) {
      await this.flush();
    }
    clearTimeout(this.timer);
    this.slide = null;
    this.conflict = null;
    this.state('none', '');
    this.session.document.load({ items: [], groups: [] });
  }

  /** The document becomes what the server has. */
  private adopt(wire: WireDocument): void {
    const { session } = this;
    this.etag = '';
    session.document.load(wire);
    this.wireIds.clear();
    this.etag = wire.etag;
    this.hasFile = wire.file !== null;
    session.holds.set(this.hasFile ? wire.holds : { holes: true, parts: true, ellipses: true });
    session.hidden.set(new Set(wire.groups.filter((g) => g.visible === false).map((g) => g.id)));
    session.locked.set(new Set(wire.groups.filter((g) => g.locked).map((g) => g.id)));
    session.select([]);
    session.activeGroup.set(null);
    this.remember();
    if (wire.read_only || session.readOnly.get()) {
      this.state('readonly', wire.message ?? 'Read-only');
    } else {
      this.state('saved', wire.file ?? 'No annotation file yet');
    }
    if (wire.warnings.length) {
      session.say(`${wire.file ?? 'Annotations'}: ${wire.warnings[0]}` +
                  (wire.warnings.length > 1 ? ` (and ${wire.warnings.length - 1} more)` : ''), true);
    }
  }

  private remember(): void {
    const { document } = this.session;
    this.items = new Map(document.items);
    this.groups = new Map(document.groups);
    this.order = [...document.order];
    this.groupOrder = [...document.groupIds];
  }

  private wireId(id: string): string {
    return this.wireIds.get(id) ?? id;
  }

  /** The shortest run of operations from what the server has to what the page has. */
  pending(): WireOp[] {
    const { document } = this.session;
    const ops: WireOp[] = [];
    const groupValue = (group: Group): object => {
      const value = groupToWire(group, this.session) as { parent: string | null };
      return { ...value, parent: value.parent === null ? null : this.wireId(value.parent) };
    };
    const itemValue = (item: Item): object =>
      ({ ...itemToWire(item), group: item.group === null ? null : this.wireId(item.group) });
    // Parents before their children: the order in which they can be made.
    const depth = (id: string): number => document.ancestors(id).length;
    const groups = [...document.groupIds].sort((a, b) => depth(a) - depth(b));
    for (const id of groups) {
      const group = document.group(id) as Group;
      const had = this.groups.get(id);
      if (had !== group) {
        ops.push({ op: had ? 'set' : 'add', target: 'group', id: this.wireId(id), value: groupValue(group) });
      }
    }
    for (const id of this.order) {
      if (!document.item(id)) {
        ops.push({ op: 'delete', target: 'item', id: this.wireId(id) });
      }
    }
    document.order.forEach((id, index) => {
      const item = document.item(id) as Item;
      const had = this.items.get(id);
      if (!had) {
        ops.push({ op: 'add', target: 'item', id: this.wireId(id), value: itemValue(item), index });
      } else if (had !== item) {
        ops.push({ op: 'set', target: 'item', id: this.wireId(id), value: itemValue(item) });
      }
    });
    for (const id of [...this.groupOrder].reverse()) {
      if (!document.group(id)) {
        ops.push({ op: 'delete', target: 'group', id: this.wireId(id) });
      }
    }
    return ops;
  }

  private touched(): void {
    if (!this.slide || !this.etag || !this.session.mayEdit || this.conflict) {
      return;
    }
    this.state('unsaved', 'Edited');
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.flush(), QUIET_MS);
    this.journalTimer ||= window.setTimeout(() => {
      this.journalTimer = 0;
      void this.writeJournal(this.pending());
    }, JOURNAL_MS);
  }

  private entry(ops: WireOp[]): JournalEntry {
    const before: Record<string, unknown> = {};
    for (const [id, item] of this.items) {
      if (item !== this.session.document.item(id)) {
        before[this.wireId(id)] = { id: this.wireId(id), ...itemToWire(item) };
      }
    }
    return { slide: this.slide as string, etag: this.etag, ops, before, time: Date.now(),
             items: this.order.map((id) => this.wireId(id)),
             groups: this.groupOrder.map((id) => [this.wireId(id), pathOf(id, (g) => this.groups.get(g))]) };
  }

  private async writeJournal(ops: WireOp[]): Promise<void> {
    if (this.slide) {
      try {
        await (ops.length ? journal.write(this.entry(ops)) : journal.clear(this.slide));
      } catch {
        // Storage is full or refused: the edits are in the page and on their way to the server.
      }
    }
  }

  /** Saves now; resolves when the server has everything or said why not. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    if (this.flight) {
      await this.flight;
    }
    if (!this.slide || this.conflict || !this.session.mayEdit) {
      return;
    }
    this.flight = this.send().finally(() => {
      this.flight = null;
    });
    await this.flight;
  }

  private async send(): Promise<void> {
    const slide = this.slide as string;
    const ops = this.pending();
    if (!ops.length) {
      await this.writeJournal(ops);
      if (this.session.saveState.get().state !== 'saved') {
        this.state('saved', 'Saved');
      }
      return;
    }
    await this.writeJournal(ops);
    this.state('saving', 'Saving…');
    const { document } = this.session;
    const sent = { items: new Map(document.items), groups: new Map(document.groups), order: [...document.order],
                   groupOrder: [...document.groupIds] };
    try {
      const answer = await api.patch(slide, this.etag, ops, this.hasFile ? undefined : this.newFormat());
      if (this.slide !== slide) {
        return;
      }
      this.etag = answer.etag;
      Object.assign(this, sent);
      if (!this.hasFile) {
        this.hasFile = true;
        this.session.holds.set((await api.annotations(slide)).holds);
      }
      const more = this.pending();
      await this.writeJournal(more);
      if (more.length) {
        this.touched();
      } else {
        this.state('saved', `Saved to ${answer.file}`);
      }
    } catch (error) {
      await this.failed(error as Error, ops);
    }
  }

  /** A file that is not there yet becomes ASAP XML, unless that cannot hold what was drawn. */
  private newFormat(): 'asap' | 'geojson' {
    const beyond = [...this.session.document.items.values()].some((item) =>
      item.type === 'ellipse' || item.holes.some((hole) => hole) || (item.type === 'polygon' && item.rings.length > 1));
    return beyond ? 'geojson' : 'asap';
  }

  private async failed(error: Error, ops: WireOp[]): Promise<void> {
    const status = error instanceof ApiError ? error.status : 0;
    const code = error instanceof ApiError ? error.code : '';
    if (status === 0) {
      this.state('offline', 'Server not reached; edits are kept in this browser');
      this.timer = window.setTimeout(() => void this.flush(), RETRY_MS);
    } else if (status === 409 && code === 'renumbered') {
      await this.renumber();
      this.timer = window.setTimeout(() => void this.flush(), 0);
    } else if (status === 409) {
      try {
        this.ask(this.entry(ops), await api.annotations(this.slide as string));
      } catch (again) {
        await this.failed(again as Error, ops);
      }
    } else if (status === 423) {
      this.state('readonly', error.message);
      this.session.say(error.message, true);
    } else {
      this.state('failed', `Not saved: ${error.message}`);
      this.session.say(`Not saved: ${error.message}`, true);
    }
  }

  /** The server was started anew and calls the same entities by other names, in the same order. */
  private async renumber(): Promise<void> {
    const wire = await api.annotations(this.slide as string);
    const paths = pathsIn(wire);
    for (const id of this.groupOrder) {
      const now = paths.get(pathOf(id, (g) => this.groups.get(g)));
      if (now) {
        this.wireIds.set(id, now);
      }
    }
    if (wire.items.length === this.order.length) {
      this.order.forEach((id, i) => this.wireIds.set(id, wire.items[i].id));
    }
    this.etag = wire.etag;
  }

  // --- Conflicts ---

  private ask(mine: JournalEntry, theirs: WireDocument): void {
    this.conflict = { mine, theirs };
    this.state('conflict', 'The file was changed by someone else');
    this.session.dialog.set('conflict');
  }

  /** Performs operations on the document; what cannot be placed is counted, not guessed. */
  private replay(ops: readonly WireOp[], find: (id: string) => string | null, findGroup: (id: string) => string): number {
    const { document } = this.session;
    const groupId = (id: string | null): string | null =>
      (id !== null && document.group(findGroup(id)) ? findGroup(id) : null);
    let lost = 0;
    for (const op of ops) {
      if (op.target === 'group') {
        const value = op.value as { name: string; color: string | null; parent: string | null } | undefined;
        const at = findGroup(op.id);
        if (op.op === 'delete') {
          document.removeGroup(at);
        } else if (value && document.group(at)) {
          document.setGroup(at, { name: value.name, color: value.color, parent: groupId(value.parent) });
        } else if (value) {
          document.addGroup({ id: op.id, name: value.name, color: value.color, parent: groupId(value.parent) });
        }
        continue;
      }
      const value = op.value as Omit<WireItem, 'id'> | undefined;
      const at = op.op === 'add' ? null : find(op.id);
      if (op.op === 'delete') {
        if (at) {
          document.removeItem(at);
        } else {
          lost++;
        }
      } else if (value) {
        const item = itemFromWire({ ...value, id: op.id });
        const group = groupId(item.group);
        if (at && document.item(at)) {
          const { id: _, ...fields } = item;
          document.setItem(at, { ...fields, group });
        } else if (!document.item(op.id)) {
          document.addItem({ ...item, group }, Math.min(op.index ?? document.order.length, document.order.length));
        }
      }
    }
    return lost;
  }

  /** Their file with my edits on top: shapes are found by content, a shape both changed is kept twice. */
  mergeMine(): void {
    const { mine, theirs } = this.conflict as NonNullable<Saver['conflict']>;
    this.conflict = null;
    this.adopt(theirs);
    const { document } = this.session;
    const byContent = new Map([...document.items.values()].map((item) => [fingerprint(item), item.id]));
    const find = (id: string): string | null => {
      const before = mine.before[id] as WireItem | undefined;
      return before ? byContent.get(fingerprint(before)) ?? null : null;
    };
    const paths = pathsIn(theirs);
    const before = new Map(mine.groups);
    const findGroup = (id: string): string => paths.get(before.get(id) ?? '') ?? id;
    let lost = 0;
    document.edit('my edits', () => {
      lost = this.replay(mine.ops, find, findGroup);
    });
    this.touched();
    this.session.say(lost ? `Your edits are in; ${lost} shapes you had deleted were changed meanwhile and stay.`
                          : 'Your edits are in the file as it is now.');
  }

  /** The file as it is; my edits go. */
  takeTheirs(): void {
    const { theirs } = this.conflict as NonNullable<Saver['conflict']>;
    this.conflict = null;
    this.adopt(theirs);
    void this.writeJournal([]);
    this.session.say('The file as it is now is shown.');
  }
}
