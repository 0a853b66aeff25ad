// SPDX-License-Identifier: Apache-2.0
// The tree of groups and shapes. Only the rows that can be seen exist, so that 10,000 shapes scroll as ten do.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { App } from '../app';
import { assignGroup, run } from '../commands';
import type { Group, Item } from '../document';
import { areaOf, hasArea, lengthOf } from '../geom';
import type { Session } from '../session';
import { useSignal } from '../signal';
import { formatArea, formatLength, formatNumber, type Spacing } from '../units';
import { Icon } from './icons';
import { CommandButton } from './shell';

const ROW = 28;

type Row = { depth: number } & ({ kind: 'group'; group: Group; count: number; open: boolean } | { kind: 'item'; item: Item });

/** All rows in their order: groups with what is in them, then the shapes in no group. */
function rowsOf(session: Session, shut: ReadonlySet<string>, query: string): Row[] {
  const { document } = session;
  const items = new Map<string | null, Item[]>();
  for (const id of document.order) {
    const item = document.item(id) as Item;
    if (query && !item.name.toLowerCase().includes(query)) {
      continue;
    }
    const key = item.group !== null && document.group(item.group) ? item.group : null;
    const list = items.get(key);
    if (list) {
      list.push(item);
    } else {
      items.set(key, [item]);
    }
  }
  const children = new Map<string | null, Group[]>();
  for (const id of document.groupIds) {
    const group = document.group(id) as Group;
    const key = group.parent !== null && document.group(group.parent) ? group.parent : null;
    children.set(key, [...(children.get(key) ?? []), group]);
  }
  const rows: Row[] = [];
  const stack: { group: Group; depth: number }[] = [...(children.get(null) ?? [])].reverse().map((group) => ({ group, depth: 0 }));
  while (stack.length) {
    const { group, depth } = stack.pop() as { group: Group; depth: number };
    const own = items.get(group.id) ?? [];
    const open = !shut.has(group.id);
    rows.push({ kind: 'group', group, depth, count: own.length, open });
    if (open) {
      own.forEach((item) => rows.push({ kind: 'item', item, depth: depth + 1 }));
      [...(children.get(group.id) ?? [])].reverse().forEach((child) => stack.push({ group: child, depth: depth + 1 }));
    }
  }
  (items.get(null) ?? []).forEach((item) => rows.push({ kind: 'item', item, depth: 0 }));
  return rows;
}

function measure(item: Item, spacing: Spacing): string {
  if (hasArea(item.type)) {
    return formatArea(areaOf(item.type, item.rings, item.holes), spacing);
  }
  if (item.type === 'polyline') {
    return formatLength(lengthOf(item.type, item.rings, spacing?.[0] ?? 1, spacing?.[1] ?? 1), spacing);
  }
  return item.type === 'points' ? `${item.rings.reduce((n, ring) => n + ring.length / 2, 0)} points` : '';
}

const ICONS: Partial<Record<Item['type'], string>> = { polyline: 'ruler', none: 'points' };

function Name({ value, editing, done }: { value: string; editing: boolean; done: (name: string | null) => void }) {
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (editing) {
      field.current?.select();
    }
  }, [editing]);
  return editing ? (
    <input ref={field} class="rename" value={value} aria-label="Name"
           onBlur={(e) => done(e.currentTarget.value)}
           onKeyDown={(e) => {
             e.stopPropagation();
             if (e.key === 'Enter') done(e.currentTarget.value);
             if (e.key === 'Escape') done(null);
           }} />
  ) : <span class="name">{value || '(no name)'}</span>;
}

export function AnnotationsPanel({ app }: { app: App }) {
  const { session } = app;
  const { document } = session;
  useSignal(document.version);
  const selection = useSignal(session.selection);
  const hidden = useSignal(session.hidden);
  const locked = useSignal(session.locked);
  const active = useSignal(session.activeGroup);
  const slide = useSignal(session.slide);
  useSignal(session.saveState);
  const [shut, setShut] = useState<ReadonlySet<string>>(new Set());
  const [query, setQuery] = useState('');
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(400);
  const [cursor, setCursor] = useState<string | null>(null);
  const [editing, setEditing] = useState<string | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const rows = rowsOf(session, shut, query.trim().toLowerCase());
  const spacing = slide?.spacing_um ?? null;
  const mayEdit = session.mayEdit;

  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => setHeight(list.current?.clientHeight ?? 400));
    if (list.current) {
      observer.observe(list.current);
    }
    return () => observer.disconnect();
  }, []);

  const idOf = (row: Row): string => (row.kind === 'group' ? row.group.id : row.item.id);
  const show = (index: number): void => {
    const box = list.current;
    if (box && index >= 0) {
      if (index * ROW < box.scrollTop) box.scrollTop = index * ROW;
      if ((index + 1) * ROW > box.scrollTop + box.clientHeight) box.scrollTop = (index + 1) * ROW - box.clientHeight;
    }
  };
  // What is chosen on the slide comes into view in the list.
  const [first] = selection;
  useLayoutEffect(() => {
    if (selection.size === 1) {
      show(rows.findIndex((row) => idOf(row) === first));
    }
  }, [first]);

  const toggleShut = (id: string): void => {
    const next = new Set(shut);
    if (!next.delete(id)) next.add(id);
    setShut(next);
  };
  const rename = (row: Row, name: string | null): void => {
    setEditing(null);
    list.current?.focus();
    if (name === null) {
      return;
    }
    if (row.kind === 'group') {
      if (session.mayChange([])) document.edit('rename group', () => document.setGroup(row.group.id, { name }));
    } else if (session.mayChange([row.item])) {
      document.edit('rename', () => document.setItem(row.item.id, { name }));
    }
  };
  const choose = (row: Row, e: { ctrlKey: boolean; metaKey: boolean; shiftKey: boolean }): void => {
    setCursor(idOf(row));
    if (row.kind === 'group') {
      session.activeGroup.set(active === row.group.id ? null : row.group.id);
      return;
    }
    if (e.ctrlKey || e.metaKey) {
      const next = new Set(selection);
      if (!next.delete(row.item.id)) next.add(row.item.id);
      session.select(next);
    } else if (e.shiftKey && cursor) {
      const [a, b] = [rows.findIndex((r) => idOf(r) === cursor), rows.indexOf(row)].sort((p, q) => p - q);
      session.select(rows.slice(Math.max(a, 0), b + 1).filter((r) => r.kind === 'item').map(idOf));
    } else {
      session.select([row.item.id]);
    }
  };
  const jump = (row: Row): void => {
    if (row.kind === 'item') {
      session.select([row.item.id]);
      app.zoomTo([row.item.id]);
    } else {
      app.zoomTo([...document.items.values()]
        .filter((item) => document.ancestors(item.group).some((g) => g.id === row.group.id)).map((item) => item.id));
    }
  };
  const keys = (e: KeyboardEvent): void => {
    const at = rows.findIndex((row) => idOf(row) === cursor);
    const row = rows[at];
    const move = (to: number): void => {
      const next = rows[Math.min(Math.max(to, 0), rows.length - 1)];
      if (next) {
        setCursor(idOf(next));
        if (next.kind === 'item') session.select([next.item.id]);
        show(rows.indexOf(next));
      }
    };
    const actions: Record<string, () => void> = {
      ArrowDown: () => move(at + 1), ArrowUp: () => move(at < 0 ? 0 : at - 1), Home: () => move(0), End: () => move(rows.length - 1),
      Enter: () => row && jump(row), ' ': () => row && session.toggleHidden(idOf(row)),
      ArrowRight: () => row?.kind === 'group' && !row.open && toggleShut(row.group.id),
      ArrowLeft: () => row?.kind === 'group' && row.open && toggleShut(row.group.id),
      F2: () => row && mayEdit && setEditing(idOf(row)),
    };
    const act = e.ctrlKey || e.altKey ? undefined : actions[e.key];
    if (act && editing === null) {
      e.preventDefault();
      e.stopPropagation();
      act();
    }
  };
  const drop = (row: Row | null, e: DragEvent): void => {
    e.preventDefault();
    e.stopPropagation();
    const dragged = e.dataTransfer?.getData('application/x-nodal') ?? '';
    const group = row === null ? null : row.kind === 'group' ? row.group.id : row.item.group;
    if (document.group(dragged)) {
      if (session.mayChange([])) document.edit('move group', () => document.setGroup(dragged, { parent: group }));
    } else if (document.item(dragged)) {
      session.select(selection.has(dragged) ? selection : [dragged]);
      assignGroup(app, group);
    }
  };
  const setColor = (row: Row, color: string): void => {
    if (row.kind === 'group') {
      if (session.mayChange([])) {
        document.edit('colour of group', () => document.setGroup(row.group.id, { color }), `color ${row.group.id}`);
      }
    } else if (session.mayChange([row.item])) {
      document.edit('colour', () => document.setItem(row.item.id, { color }), `color ${row.item.id}`);
    }
  };

  const from = Math.max(Math.floor(top / ROW) - 6, 0);
  const shown = rows.slice(from, from + Math.ceil(height / ROW) + 12);
  return (
    <>
      <div class="bar">
        {mayEdit ? <CommandButton app={app} id="new-group" icon="plus">Group</CommandButton> : null}
        {mayEdit ? <CommandButton app={app} id="import">Import</CommandButton> : null}
        <CommandButton app={app} id="export" disabled={!document.items.size}>Export</CommandButton>
        <div class="spacer" />
        <CommandButton app={app} id="show-annotations" icon={useSignal(session.showAnnotations) ? 'eye' : 'eyeoff'}
                       pressed={session.showAnnotations.get()} />
      </div>
      <div class="bar">
        <label class="check"><input type="checkbox" checked={useSignal(session.showFill)} onChange={() => run(app, 'fill')} />Fill</label>
        <label class="check"><input type="checkbox" checked={useSignal(session.showNames)} onChange={() => run(app, 'names')} />Names</label>
        <div class="spacer" />
        <span class="detail">{formatNumber(document.items.size)} {document.items.size === 1 ? 'shape' : 'shapes'}</span>
      </div>
      {document.items.size > 8 ? (
        <input type="search" class="field" placeholder="Find a shape" aria-label="Find a shape" value={query}
               onInput={(e) => setQuery(e.currentTarget.value)} />
      ) : null}
      <div class="tree" role="tree" aria-label="Annotations" aria-multiselectable="true" tabIndex={0} ref={list}
           aria-activedescendant={cursor ? `row-${cursor}` : undefined}
           onScroll={(e) => setTop(e.currentTarget.scrollTop)} onKeyDown={keys}
           onDragOver={(e) => e.preventDefault()} onDrop={(e) => drop(null, e)}>
        <div style={{ height: `${rows.length * ROW}px` }} class="rows">
          {shown.map((row, i) => {
            const id = idOf(row);
            const isHidden = hidden.has(id);
            const isLocked = locked.has(id);
            const color = row.kind === 'group' ? row.group.color ?? '#808080' : document.colorOf(row.item);
            return (
              <div key={id} id={`row-${id}`} role="treeitem" class={`row ${row.kind}${isHidden ? ' dim' : ''}`}
                   style={{ top: `${(from + i) * ROW}px`, paddingLeft: `${6 + row.depth * 14}px` }}
                   aria-level={row.depth + 1} aria-selected={selection.has(id) || active === id}
                   aria-expanded={row.kind === 'group' ? row.open : undefined} data-cursor={cursor === id}
                   draggable={mayEdit && editing !== id}
                   onDragStart={(e) => e.dataTransfer?.setData('application/x-nodal', id)}
                   onDragOver={(e) => e.preventDefault()} onDrop={(e) => drop(row, e)}
                   onClick={(e) => choose(row, e)}
                   onDblClick={() => (mayEdit ? setEditing(id) : jump(row))}>
                {row.kind === 'group' ? (
                  <button type="button" class="mini" tabIndex={-1} aria-label={row.open ? 'Close' : 'Open'}
                          onClick={(e) => { e.stopPropagation(); toggleShut(id); }}>
                    <Icon name={row.open ? 'shut' : 'open'} />
                  </button>
                ) : <span class="kind"><Icon name={ICONS[row.item.type] ?? row.item.type} /></span>}
                <input type="color" class="color" tabIndex={-1} value={color} aria-label="Colour" disabled={!mayEdit}
                       onClick={(e) => e.stopPropagation()} onInput={(e) => setColor(row, e.currentTarget.value)} />
                <Name value={row.kind === 'group' ? row.group.name : row.item.name} editing={editing === id}
                      done={(name) => rename(row, name)} />
                <span class="detail">{row.kind === 'group' ? formatNumber(row.count) : measure(row.item, spacing)}</span>
                <button type="button" class={`mini${isLocked ? '' : ' faint'}`} tabIndex={-1} aria-pressed={isLocked}
                        aria-label={isLocked ? 'Unlock' : 'Lock'} title={isLocked ? 'Unlock' : 'Lock'}
                        onClick={(e) => { e.stopPropagation(); session.toggleLocked(id); }}>
                  <Icon name={isLocked ? 'lock' : 'unlock'} />
                </button>
                <button type="button" class={`mini${isHidden ? '' : ' faint'}`} tabIndex={-1} aria-pressed={isHidden}
                        aria-label={isHidden ? 'Show' : 'Hide'} title={isHidden ? 'Show' : 'Hide'}
                        onClick={(e) => { e.stopPropagation(); session.toggleHidden(id); }}>
                  <Icon name={isHidden ? 'eyeoff' : 'eye'} />
                </button>
                {row.kind === 'group' ? (mayEdit ? (
                  <button type="button" class="mini faint" tabIndex={-1} aria-label="Delete the group, keep its shapes"
                          title="Delete the group, keep its shapes"
                          onClick={(e) => { e.stopPropagation(); document.edit('delete group', () => document.removeGroup(id)); }}>
                    <Icon name="trash" />
                  </button>
                ) : null) : (
                  <button type="button" class="mini faint" tabIndex={-1} aria-label="Go to it" title="Go to it"
                          onClick={(e) => { e.stopPropagation(); jump(row); }}>
                    <Icon name="target" />
                  </button>
                )}
              </div>
            );
          })}
        </div>
        {!rows.length ? <p class="empty">{query ? 'No shape has such a name.' : 'Nothing is annotated yet. Choose a tool at the left and draw.'}</p> : null}
      </div>
      {selection.size > 1 && mayEdit ? (
        <div class="bar foot">
          <CommandButton app={app} id="merge">Merge</CommandButton>
          <CommandButton app={app} id="subtract">Subtract</CommandButton>
          <CommandButton app={app} id="intersect">Intersect</CommandButton>
        </div>
      ) : null}
      {mayEdit && document.groups.size ? (
        <p class="hint">New shapes go to {document.group(active)?.name ?? 'no group'}; click a group to change that.</p>
      ) : null}
    </>
  );
}
