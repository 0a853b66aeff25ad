// SPDX-License-Identifier: Apache-2.0
// Select, move and edit: click selects, a handle moves a vertex, a double click on an edge makes one, Alt+drag moves.
import type { Item } from '../document';
import { type Affine, boundsOf, hasArea, insertVertex, moveCorner, nearestEdge, nearestVertex, overlaps, type Point,
  removeVertex, type Ring, translate, withVertex } from '../geom';
import { boxOf } from '../shapes';
import { type Pointer, strokeTwice, Tool } from './tool';

const HIT_PX = 7;
const EDGE_PX = 8;

interface Vertex {
  id: string;
  ring: number;
  index: number;
}

function rest(shape: Item['type']): number {
  return hasArea(shape) ? 3 : shape === 'polyline' ? 2 : 1;
}

export class SelectTool extends Tool {
  override cursor = 'default';
  /** The vertex last touched: Delete removes it. */
  private vertex: Vertex | null = null;
  private drag: 'vertex' | 'shapes' | 'box' | null = null;
  private from: Pointer | null = null;
  private to: Pointer | null = null;

  private vertexAt(p: Point): Vertex | null {
    const [item] = this.session.selected;
    if (this.session.selected.length !== 1 || !this.session.isVisible(item) || this.session.isLocked(item)) {
      return null;
    }
    let best: Vertex | null = null;
    let distance = this.px(HIT_PX);
    item.rings.forEach((ring, i) => {
      const near = nearestVertex(ring, p.x, p.y);
      if (near.distance <= distance) {
        distance = near.distance;
        best = { id: item.id, ring: i, index: near.index };
      }
    });
    return best;
  }

  private hit(p: Point): Item | null {
    return this.session.index.hit(p, this.px(HIT_PX), (item) => this.session.isVisible(item));
  }

  override down(at: Pointer): boolean {
    this.from = this.to = at;
    this.vertex = at.shift || at.ctrl || at.alt ? null : this.vertexAt(at.p);
    if (this.vertex) {
      this.drag = 'vertex';
    } else if (at.alt && this.session.selection.get().size) {
      this.drag = this.session.mayChange(this.session.selected) ? 'shapes' : null;
    } else if (at.shift) {
      this.drag = 'box';
    } else {
      this.drag = null;
      return false;
    }
    return true;
  }

  override move(at: Pointer): void {
    this.to = at;
    if (at.down && at.dragged && this.drag === 'vertex' && this.vertex) {
      this.host.layer.draft = this.withVertexAt(this.vertex, at.p);
      this.view.redraw();
    } else if (at.down && this.drag) {
      this.view.redraw();
    } else if (!at.down) {
      const cursor = this.vertexAt(at.p) ? 'move' : this.hit(at.p) ? 'pointer' : 'default';
      if (this.view.surface.style.cursor !== cursor) {
        this.view.surface.style.cursor = cursor;
      }
    }
  }

  private withVertexAt(vertex: Vertex, p: Point): Item | null {
    const item = this.session.document.item(vertex.id);
    if (!item) {
      return null;
    }
    const rings = [...item.rings];
    rings[vertex.ring] = item.type === 'rectangle' && item.rings[vertex.ring].length === 8
      ? moveCorner(item.rings[vertex.ring], vertex.index, p) : withVertex(item.rings[vertex.ring], vertex.index, p);
    return { ...item, rings };
  }

  override up(at: Pointer): void {
    const drag = this.drag;
    this.drag = null;
    this.host.layer.draft = null;
    const from = this.from;
    if (at.dragged && from) {
      if (drag === 'vertex' && this.vertex) {
        const moved = this.withVertexAt(this.vertex, at.p);
        if (moved) {
          this.session.document.edit('move vertex', () => this.session.document.setItem(moved.id, { rings: moved.rings }));
        }
      } else if (drag === 'shapes') {
        this.shift(at.p.x - from.p.x, at.p.y - from.p.y, null);
      } else if (drag === 'box') {
        this.selectIn(from.p, at.p, at.ctrl);
      }
    } else if (!at.dragged && drag !== 'vertex') {
      this.click(at);
    }
    this.from = this.to = null;
    this.view.redraw();
  }

  private click(at: Pointer): void {
    const item = this.hit(at.p);
    if (at.ctrl || at.shift) {
      if (item) {
        const next = new Set(this.session.selection.get());
        if (!next.delete(item.id)) {
          next.add(item.id);
        }
        this.session.select(next);
      }
    } else {
      this.session.select(item ? [item.id] : []);
    }
  }

  private selectIn(a: Point, b: Point, more: boolean): void {
    const box = boundsOf([Float64Array.of(a.x, a.y, b.x, b.y)]);
    if (box) {
      const ids = this.session.index.search(box).filter((id) => {
        const item = this.session.document.item(id) as Item;
        const own = boxOf(item);
        return this.session.isVisible(item) && own && overlaps(own, box);
      });
      this.session.select(more ? [...this.session.selection.get(), ...ids] : ids);
    }
  }

  /** Moves what is selected by level-0 pixels. */
  shift(dx: number, dy: number, merge: string | null): void {
    const items = this.session.selected;
    if (items.length && this.session.mayChange(items)) {
      this.session.document.edit('move', () => items.forEach((item) =>
        this.session.document.setItem(item.id, { rings: item.rings.map((ring) => translate(ring, dx, dy)) })), merge);
    }
  }

  override double(at: Pointer): void {
    const [item] = this.session.selected;
    if (this.session.selected.length !== 1 || item.type === 'rectangle' || item.type === 'ellipse' ||
        !this.session.mayChange([item])) {
      return;
    }
    let best = this.px(EDGE_PX);
    let place: { ring: number; index: number } | null = null;
    const isLine = hasArea(item.type) || item.type === 'polyline';
    item.rings.forEach((ring, i) => {
      const near = isLine ? nearestEdge(ring, at.p.x, at.p.y, hasArea(item.type)) : null;
      if (near && near.distance <= best) {
        best = near.distance;
        place = { ring: i, index: near.index };
      }
    });
    if (place) {
      const { ring, index } = place as { ring: number; index: number };
      const rings: Ring[] = [...item.rings];
      rings[ring] = insertVertex(rings[ring], index + 1, at.p);
      this.session.document.edit('insert vertex', () => this.session.document.setItem(item.id, { rings }));
      this.vertex = { id: item.id, ring, index: index + 1 };
    }
  }

  override back(): boolean {
    const v = this.vertex;
    const item = v && this.session.document.item(v.id);
    if (!v || !item || !this.session.selection.get().has(v.id) || item.type === 'rectangle' || item.type === 'ellipse') {
      return false;
    }
    if (!this.session.mayChange([item])) {
      return true;
    }
    const ring = item.rings[v.ring];
    if (!ring || ring.length / 2 <= rest(item.type)) {
      this.session.say(`A ${item.type} of fewer points is none: Shift+Delete removes it.`, true);
      return true;
    }
    const rings = [...item.rings];
    rings[v.ring] = removeVertex(ring, v.index);
    this.session.document.edit('delete vertex', () => this.session.document.setItem(item.id, { rings }));
    this.vertex = v.index < rings[v.ring].length / 2 ? v : { ...v, index: 0 };
    return true;
  }

  override cancel(): boolean {
    const had = this.drag !== null || this.session.selection.get().size > 0;
    if (this.drag) {
      this.drag = null;
      this.host.layer.draft = null;
    } else {
      this.session.select([]);
    }
    this.vertex = null;
    this.view.redraw();
    return had;
  }

  override paint(context: CanvasRenderingContext2D, map: Affine): void {
    const { from, to } = this;
    if (from && to && this.drag === 'box' && to.dragged) {
      context.beginPath();
      context.rect(from.x, from.y, to.x - from.x, to.y - from.y);
      context.fillStyle = 'rgba(255,255,255,0.08)';
      context.fill();
      strokeTwice(context, '#ffffff', 1);
    } else if (from && to && this.drag === 'shapes' && to.dragged) {
      const [dx, dy] = [to.p.x - from.p.x, to.p.y - from.p.y];
      for (const item of this.session.selected.slice(0, 200)) {
        const box = boxOf(item);
        if (box) {
          const at = (x: number, y: number): [number, number] =>
            [map[0] * (x + dx) + map[1] * (y + dy) + map[2], map[3] * (x + dx) + map[4] * (y + dy) + map[5]];
          context.beginPath();
          context.moveTo(...at(box.minX, box.minY));
          context.lineTo(...at(box.maxX, box.minY));
          context.lineTo(...at(box.maxX, box.maxY));
          context.lineTo(...at(box.minX, box.maxY));
          context.closePath();
          strokeTwice(context, '#ffffff', 1);
        }
      }
    }
    const v = this.vertex;
    const item = v && (this.host.layer.draft?.id === v.id ? this.host.layer.draft : this.session.document.item(v.id));
    if (v && item && this.session.selection.get().has(v.id) && item.rings[v.ring]) {
      const ring = item.rings[v.ring];
      const [x, y] = [ring[2 * v.index], ring[2 * v.index + 1]];
      context.beginPath();
      context.arc(map[0] * x + map[1] * y + map[2], map[3] * x + map[4] * y + map[5], 6, 0, 2 * Math.PI);
      strokeTwice(context, '#ffffff', 2);
    }
  }
}

export class PanTool extends Tool {
  override cursor = 'grab';

  override down(): boolean {
    return false;
  }
}
