// SPDX-License-Identifier: Apache-2.0
// Areas that are added, cut and combined, within what the file of the annotations can hold.
import { type Area, combine, type Operation } from './boolean';
import { type Item, newId } from './document';
import { areaOf, hasArea, type Ring, signedArea, simplify } from './geom';
import type { Session } from './session';
import { outlineOf } from './shapes';

export type AreaMode = 'new' | 'add' | 'cut';

interface Part {
  rings: Ring[];
  holes: boolean[];
}

/** Outer rings with the holes that follow them, the largest first. */
function partsOf(area: Area): Part[] {
  const parts: Part[] = [];
  area.rings.forEach((ring, i) => {
    if (area.holes[i] && parts.length) {
      parts[parts.length - 1].rings.push(ring);
      parts[parts.length - 1].holes.push(true);
    } else {
      parts.push({ rings: [ring], holes: [false] });
    }
  });
  const size = (part: Part): number => Math.abs(signedArea(part.rings[0]));
  return parts.sort((a, b) => size(b) - size(a));
}

/** The area in as many shapes as the file needs for it; null, with words, where it cannot hold it. */
function fitToFile(session: Session, area: Area, fillHoles: boolean): Part[] | null {
  const holds = session.holds.get();
  let parts = partsOf(area);
  if (!holds.holes && area.holes.some((hole) => hole)) {
    if (!fillHoles) {
      session.say('This annotation file is ASAP XML, which cannot hold holes: cut from the edge, or export as GeoJSON.', true);
      return null;
    }
    parts = parts.map((part) => ({ rings: [part.rings[0]], holes: [false] }));
    session.say('ASAP XML cannot hold holes: the hole was filled.');
  }
  if (holds.parts && parts.length > 1) {
    return [{ rings: parts.flatMap((part) => part.rings), holes: parts.flatMap((part) => part.holes) }];
  }
  return parts;
}

/** Replaces `item` by that area: the first part keeps its place and name, further parts become shapes beside it. */
function replace(session: Session, item: Item, parts: readonly Part[]): void {
  const document = session.document;
  if (!parts.length) {
    document.removeItem(item.id);
    return;
  }
  document.setItem(item.id, { type: 'polygon', rings: parts[0].rings, holes: parts[0].holes });
  parts.slice(1).forEach((part, i) => document.addItem({
    ...item, id: newId(), type: 'polygon', name: `${item.name} ${i + 2}`, rings: part.rings, holes: part.holes,
  }));
}

/** The one selected area that can be added to or cut from. */
export function selectedArea(session: Session): Item | null {
  const areas = session.selected.filter((item) => hasArea(item.type));
  return areas.length === 1 ? areas[0] : null;
}

/** Adds a drawn area as a shape of its own, to the selected one, or cuts it from all that are selected. */
export function applyArea(session: Session, mode: AreaMode, rings: readonly Ring[]): void {
  const targets = mode === 'new' ? [] : session.selected.filter((item) => hasArea(item.type));
  if (mode !== 'new' && !targets.length) {
    session.say(mode === 'cut' ? 'Select the area to cut from first.' : 'Select the area to add to first.', true);
    return;
  }
  if (!session.mayChange(targets)) {
    return;
  }
  if (mode === 'new') {
    const parts = fitToFile(session, combine('union', rings, []), true);
    session.document.edit('draw area', () =>
      parts?.forEach((part) => session.add({ type: 'polygon', rings: part.rings, holes: part.holes })));
    return;
  }
  const operation: Operation = mode === 'add' ? 'union' : 'subtract';
  const made: [Item, Part[]][] = [];
  for (const target of mode === 'add' ? targets.slice(0, 1) : targets) {
    const parts = fitToFile(session, combine(operation, outlineOf(target), rings), mode === 'add');
    if (!parts) {
      return;
    }
    made.push([target, parts]);
  }
  session.document.edit(mode === 'add' ? 'add to area' : 'cut from area',
                        () => made.forEach(([target, parts]) => replace(session, target, parts)));
  dropGone(session);
}

function dropGone(session: Session): void {
  session.select([...session.selection.get()].filter((id) => session.document.item(id)));
}

/** Makes one shape of the selected areas: all of them, what they share, or the first without the others. */
export function combineSelected(session: Session, operation: Operation): void {
  const areas = session.selected.filter((item) => hasArea(item.type));
  if (areas.length < 2) {
    session.say('Select two areas or more first (Ctrl+click adds to the selection).', true);
    return;
  }
  if (!session.mayChange(areas)) {
    return;
  }
  let area: Area = { rings: [...outlineOf(areas[0])], holes: [] };
  for (const other of areas.slice(1)) {
    area = combine(operation, area.rings, outlineOf(other));
  }
  const parts = fitToFile(session, area, false);
  if (!parts) {
    return;
  }
  if (!parts.length) {
    session.say('Nothing would be left: the areas were kept as they are.', true);
    return;
  }
  const names = { union: 'merge', subtract: 'subtract', intersect: 'intersect' };
  session.document.edit(names[operation], () => {
    replace(session, areas[0], parts);
    areas.slice(1).forEach((item) => session.document.removeItem(item.id));
  });
  dropGone(session);
}

/** Makes shapes of their own of the parts of the selected areas. */
export function splitSelected(session: Session): void {
  const areas = session.selected.filter((item) => item.type === 'polygon' && item.rings.length > 1);
  const many = areas.filter((item) => item.holes.filter((hole) => !hole).length > 1);
  if (!many.length) {
    session.say('None of the selected areas has more than one part.', true);
    return;
  }
  if (session.mayChange(many)) {
    session.document.edit('split', () => many.forEach((item) =>
      replace(session, item, partsOf({ rings: [...item.rings], holes: [...item.holes] }))));
  }
}

/** Leaves out vertices that lie within half a screen pixel, at the scale of the view, of the line without them. */
export function simplifySelected(session: Session): void {
  const items = session.selected.filter((item) => item.type === 'polygon' || item.type === 'polyline');
  if (!items.length) {
    session.say('Select a polygon first.', true);
    return;
  }
  if (!session.mayChange(items)) {
    return;
  }
  const tolerance = 0.5 / session.view.place().scale;
  const count = (): number =>
    session.selected.reduce((sum, item) => sum + item.rings.reduce((n, ring) => n + ring.length / 2, 0), 0);
  const before = count();
  session.document.edit('simplify', () => items.forEach((item) =>
    session.document.setItem(item.id,
                             { rings: item.rings.map((ring) => simplify(ring, tolerance, hasArea(item.type))) })));
  session.say(`${before - count()} of ${before} vertices left out.`);
}

/** Area in square level-0 pixels of all areas in a run of items. */
export function totalArea(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + areaOf(item.type, item.rings, item.holes), 0);
}
