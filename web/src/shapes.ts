// SPDX-License-Identifier: Apache-2.0
// The shapes of a document as they lie on the slide: where they are, what is under a place, their outlines.
import RBush from 'rbush';
import type { AnnotationDocument, Item } from './document';
import { type Box, type Point, type Ring, boundsOf, hasArea, inside, nearestEdge, nearestVertex, outline } from './geom';

interface Entry extends Box {
  id: string;
}

/** Curves are drawn and hit as straight edges within this many level-0 pixels. */
const CURVE_TOLERANCE = 0.2;

const outlines = new WeakMap<Item, readonly Ring[]>();
const boxes = new WeakMap<Item, { box: Box | null }>();

/** Outline of an item in straight edges; made once for each state of the item. */
export function outlineOf(item: Item): readonly Ring[] {
  let rings = outlines.get(item);
  if (!rings) {
    rings = outline(item.type, item.rings, CURVE_TOLERANCE);
    outlines.set(item, rings);
  }
  return rings;
}

export function boxOf(item: Item): Box | null {
  let entry = boxes.get(item);
  if (!entry) {
    entry = { box: boundsOf(outlineOf(item)) };
    boxes.set(item, entry);
  }
  return entry.box;
}

/** Distance in level-0 pixels from a place to what is drawn of an item. */
export function distanceTo(item: Item, p: Point): number {
  if (item.type === 'point' || item.type === 'points' || item.type === 'none') {
    return Math.min(Infinity, ...item.rings.map((ring) => nearestVertex(ring, p.x, p.y).distance));
  }
  const closed = hasArea(item.type);
  return Math.min(Infinity, ...outlineOf(item).map((ring) => nearestEdge(ring, p.x, p.y, closed).distance));
}

export class ShapeIndex {
  private tree = new RBush<Entry>(16);
  private entries = new Map<string, Entry>();

  constructor(readonly document: AnnotationDocument) {
    document.watch((touched) => this.update(touched.items));
    this.update(new Set(document.order));
  }

  private update(ids: ReadonlySet<string>): void {
    const made: Entry[] = [];
    const bulk = ids.size > this.entries.size / 2;
    for (const id of ids) {
      const old = this.entries.get(id);
      if (old) {
        this.entries.delete(id);
        if (!bulk) {
          this.tree.remove(old);
        }
      }
      const item = this.document.item(id);
      const box = item && boxOf(item);
      if (box) {
        const entry = { ...box, id };
        this.entries.set(id, entry);
        made.push(entry);
      }
    }
    if (bulk) {
      this.tree.clear();
      this.tree.load([...this.entries.values()]);
    } else {
      made.forEach((entry) => this.tree.insert(entry));
    }
  }

  search(box: Box): string[] {
    return this.tree.search(box).map((entry) => entry.id);
  }

  /**
   * What a click at p means: the nearest outline within `tolerance`, else the smallest area around p. Only items that
   * `visible` lets through.
   */
  hit(p: Point, tolerance: number, visible: (item: Item) => boolean): Item | null {
    let nearest: Item | null = null;
    let distance = tolerance;
    let around: Item | null = null;
    let size = Infinity;
    const near = { minX: p.x - tolerance, minY: p.y - tolerance, maxX: p.x + tolerance, maxY: p.y + tolerance };
    for (const id of this.search(near)) {
      const item = this.document.item(id);
      if (!item || !visible(item)) {
        continue;
      }
      const d = distanceTo(item, p);
      if (d <= distance) {
        distance = d;
        nearest = item;
      }
      const box = boxOf(item) as Box;
      const extent = (box.maxX - box.minX) * (box.maxY - box.minY);
      if (hasArea(item.type) && extent < size && inside(outlineOf(item), p.x, p.y)) {
        size = extent;
        around = item;
      }
    }
    return nearest ?? around;
  }
}
