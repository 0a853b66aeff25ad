// SPDX-License-Identifier: Apache-2.0
// Tools that make a shape from places: point, point set, polygon, spline, ruler, rectangle, ellipse.
import { applyArea, type AreaMode } from '../areas';
import { type Affine, areaOf, flattenEllipse, flattenSpline, lengthOf, type Point, rectangle, type Ring, ringOf, signedArea,
  simplify } from '../geom';
import { formatArea, formatLength } from '../units';
import { label, type Pointer, strokeTwice, Tool } from './tool';

/** As in ASAP: a click so near to the first point closes, a held button adds a point every so many screen pixels. */
const CLOSE_PX = 12;
const HELD_PX = 40;
const FREEHAND_PX = 3;
const DRAFT = '#ffffff';

function trace(context: CanvasRenderingContext2D, ring: Ring, map: Affine, closed: boolean): void {
  context.beginPath();
  for (let i = 0; i + 1 < ring.length; i += 2) {
    const x = map[0] * ring[i] + map[1] * ring[i + 1] + map[2];
    const y = map[3] * ring[i] + map[4] * ring[i + 1] + map[5];
    if (i === 0) {
      context.moveTo(x, y);
    } else {
      context.lineTo(x, y);
    }
  }
  if (closed) {
    context.closePath();
  }
}

function dot(context: CanvasRenderingContext2D, p: Point, map: Affine, radius: number): void {
  context.beginPath();
  context.arc(map[0] * p.x + map[1] * p.y + map[2], map[3] * p.x + map[4] * p.y + map[5], radius, 0, 2 * Math.PI);
  context.fillStyle = '#ffffff';
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = '#101010';
  context.stroke();
}

export class PointTool extends Tool {
  override up(at: Pointer): void {
    if (!at.dragged) {
      this.session.add({ type: 'point', rings: [ringOf([at.p])] });
    }
  }
}

/** Places one after the other; what they become is the subclass's. */
abstract class PlacesTool extends Tool {
  protected points: Point[] = [];
  protected at: Point | null = null;
  /** Number of points when the button went down, while it is held. */
  private held: number | null = null;

  protected abstract commit(): void;
  protected abstract readonly least: number;
  /** Screen pixels between the points of a held button; 0 where holding adds none. */
  protected readonly heldPx: number = 0;

  override down(at: Pointer): boolean {
    if (!this.session.mayChange([])) {
      return true;
    }
    this.held = this.points.length;
    this.at = at.p;
    if (this.closes(at)) {
      return true;
    }
    this.begin(at);
    this.points.push(at.p);
    return true;
  }

  /** Called before the first point is placed. */
  protected begin(_: Pointer): void {}

  protected closes(_: Pointer): boolean {
    return false;
  }

  override move(at: Pointer): void {
    this.at = at.p;
    if (at.down && at.dragged && this.held !== null && this.heldPx > 0 && this.points.length) {
      const last = this.points[this.points.length - 1];
      if (Math.hypot(at.p.x - last.x, at.p.y - last.y) >= this.px(this.heldPx)) {
        this.points.push(at.p);
      }
    }
    this.view.redraw();
  }

  override up(at: Pointer): void {
    const held = this.held;
    this.held = null;
    if (held === null) {
      return;
    }
    if (this.closes(at) && (held > 0 ? this.points.length >= this.least : this.points.length > this.least)) {
      this.commit();
      this.reset();
    }
    this.view.redraw();
  }

  protected get holding(): boolean {
    return this.held !== null;
  }

  override double(): void {
    // The second click of a double click has placed a point on top of the one before.
    const n = this.points.length;
    if (n >= 2) {
      const [a, b] = [this.points[n - 2], this.points[n - 1]];
      if (Math.hypot(a.x - b.x, a.y - b.y) <= this.px(6)) {
        this.points.pop();
      }
    }
    this.finish();
  }

  override finish(): boolean {
    if (!this.points.length) {
      return false;
    }
    if (this.points.length < this.least) {
      this.session.say(`This shape needs ${this.least} points at least.`, true);
      return true;
    }
    this.commit();
    this.reset();
    return true;
  }

  override back(): boolean {
    if (!this.points.length) {
      return false;
    }
    this.points.pop();
    this.view.redraw();
    return true;
  }

  override cancel(): boolean {
    const had = this.points.length > 0;
    this.reset();
    return had;
  }

  protected reset(): void {
    this.points = [];
    this.held = null;
    this.view.redraw();
  }

  protected get draft(): Ring {
    const loose = this.at && !this.holding && this.points.length ? [this.at] : [];
    return ringOf([...this.points, ...loose]);
  }
}

export class PointsTool extends PlacesTool {
  protected readonly least = 1;

  protected commit(): void {
    this.session.add({ type: 'points', rings: [ringOf(this.points)] });
  }

  override paint(context: CanvasRenderingContext2D, map: Affine): void {
    this.points.forEach((p) => dot(context, p, map, 5));
    if (this.points.length && this.at) {
      const x = map[0] * this.at.x + map[1] * this.at.y + map[2];
      const y = map[3] * this.at.x + map[4] * this.at.y + map[5];
      label(context, `${this.points.length} points`, x, y);
    }
  }
}

export class PolygonTool extends PlacesTool {
  protected readonly least = 3;
  protected override readonly heldPx: number = FREEHAND_PX;
  private mode: AreaMode = 'new';

  protected override begin(at: Pointer): void {
    if (!this.points.length) {
      this.mode = at.alt ? 'cut' : at.shift ? 'add' : 'new';
    }
  }

  protected override closes(at: Pointer): boolean {
    const first = this.points[0];
    return this.points.length >= this.least && Math.hypot(first.x - at.p.x, first.y - at.p.y) <= this.px(CLOSE_PX);
  }

  protected shape(points: readonly Point[]): Ring {
    return ringOf(points);
  }

  protected commit(): void {
    // Freehand leaves more points than the hand meant: those that change nothing to be seen go.
    const raw = ringOf(this.points);
    const ring = this.points.length > 24 ? simplify(raw, this.px(0.6), true) : raw;
    if (this.mode === 'new') {
      this.session.add({ type: 'polygon', rings: [ring] });
    } else {
      applyArea(this.session, this.mode, [ring]);
    }
  }

  override paint(context: CanvasRenderingContext2D, map: Affine): void {
    if (!this.points.length) {
      return;
    }
    const ring = this.shape([...this.points, ...(this.at && !this.holding ? [this.at] : [])]);
    trace(context, ring, map, false);
    strokeTwice(context, this.mode === 'cut' ? '#ff8a80' : DRAFT);
    if (this.points.length < 40) {
      this.points.forEach((p) => dot(context, p, map, 3));
    }
    if (this.points.length >= this.least) {
      dot(context, this.points[0], map, 6);
    }
    if (this.at) {
      const words = { new: '', add: ' added', cut: ' cut' }[this.mode];
      label(context, formatArea(Math.abs(signedArea(ring)), this.view.slide?.spacing_um ?? null) + words,
            map[0] * this.at.x + map[1] * this.at.y + map[2], map[3] * this.at.x + map[4] * this.at.y + map[5]);
    }
  }
}

export class SplineTool extends PolygonTool {
  protected override readonly heldPx = HELD_PX;

  protected override shape(points: readonly Point[]): Ring {
    return flattenSpline(ringOf(points), Math.max(this.px(0.3), 0.05));
  }

  protected override begin(): void {}

  protected override commit(): void {
    this.session.add({ type: 'spline', rings: [ringOf(this.points)] });
  }
}

/** Two places, by a drag or by two clicks. */
abstract class SpanTool extends Tool {
  protected from: Pointer | null = null;
  protected to: Pointer | null = null;
  private fresh = false;

  protected abstract commit(from: Pointer, to: Pointer): void;

  override down(at: Pointer): boolean {
    if (this.session.mayChange([])) {
      this.fresh = this.from === null;
      this.from ??= at;
      this.to = at;
    }
    return true;
  }

  override move(at: Pointer): void {
    if (this.from) {
      this.to = at;
      this.view.redraw();
    }
  }

  override up(at: Pointer): void {
    const from = this.from;
    if (from && (at.dragged || !this.fresh)) {
      this.to = at;
      this.from = null;
      if (Math.hypot(at.x - from.x, at.y - from.y) > 0 || at.p.x !== from.p.x || at.p.y !== from.p.y) {
        this.commit(from, at);
      }
    }
    this.view.redraw();
  }

  override back(): boolean {
    return this.cancel();
  }

  override cancel(): boolean {
    const had = this.from !== null;
    this.from = this.to = null;
    this.view.redraw();
    return had;
  }
}

/** The two corners of a box: Shift makes it square, Ctrl or Alt takes the first place as its middle (as ASAP does). */
function corners(from: Pointer, to: Pointer): [Point, Point] {
  let [dx, dy] = [to.p.x - from.p.x, to.p.y - from.p.y];
  if (to.shift) {
    const side = Math.max(Math.abs(dx), Math.abs(dy));
    dx = Math.sign(dx || 1) * side;
    dy = Math.sign(dy || 1) * side;
  }
  const a = to.ctrl || to.alt ? { x: from.p.x - dx, y: from.p.y - dy } : from.p;
  return [a, { x: from.p.x + dx, y: from.p.y + dy }];
}

export class RectangleTool extends SpanTool {
  protected commit(from: Pointer, to: Pointer): void {
    const ring = rectangle(...corners(from, to));
    if (signedArea(ring) !== 0) {
      this.session.add({ type: 'rectangle', rings: [ring] });
    }
  }

  override paint(context: CanvasRenderingContext2D, map: Affine): void {
    if (this.from && this.to) {
      const ring = rectangle(...corners(this.from, this.to));
      trace(context, ring, map, true);
      strokeTwice(context, DRAFT);
      label(context, formatArea(Math.abs(signedArea(ring)), this.view.slide?.spacing_um ?? null), this.to.x, this.to.y);
    }
  }
}

export class EllipseTool extends SpanTool {
  protected commit(from: Pointer, to: Pointer): void {
    const box = ringOf(corners(from, to));
    if (box[0] === box[2] || box[1] === box[3]) {
      return;
    }
    if (this.session.holds.get().ellipses) {
      this.session.add({ type: 'ellipse', rings: [box] });
    } else {
      this.session.add({ type: 'polygon', rings: [flattenEllipse(box, Math.max(this.px(0.3), 0.1))] });
      this.session.say('ASAP XML cannot hold ellipses: it is kept as a polygon.');
    }
  }

  override paint(context: CanvasRenderingContext2D, map: Affine): void {
    if (this.from && this.to) {
      const box = ringOf(corners(this.from, this.to));
      trace(context, flattenEllipse(box, this.px(0.3)), map, true);
      strokeTwice(context, DRAFT);
      label(context, formatArea(areaOf('ellipse', [box], []), this.view.slide?.spacing_um ?? null), this.to.x, this.to.y);
    }
  }
}

export class RulerTool extends SpanTool {
  protected commit(from: Pointer, to: Pointer): void {
    this.session.add({ type: 'polyline', rings: [ringOf([from.p, this.end(from, to)])] });
  }

  /** Shift keeps to steps of 15 degrees. */
  private end(from: Pointer, to: Pointer): Point {
    if (!to.shift) {
      return to.p;
    }
    const step = Math.PI / 12;
    const angle = Math.round(Math.atan2(to.p.y - from.p.y, to.p.x - from.p.x) / step) * step;
    const length = Math.hypot(to.p.x - from.p.x, to.p.y - from.p.y);
    return { x: from.p.x + length * Math.cos(angle), y: from.p.y + length * Math.sin(angle) };
  }

  override paint(context: CanvasRenderingContext2D, map: Affine): void {
    if (this.from && this.to) {
      const ring = ringOf([this.from.p, this.end(this.from, this.to)]);
      trace(context, ring, map, false);
      strokeTwice(context, DRAFT);
      const spacing = this.view.slide?.spacing_um ?? null;
      label(context, formatLength(lengthOf('polyline', [ring], spacing?.[0] ?? 1, spacing?.[1] ?? 1), spacing), this.to.x,
            this.to.y);
    }
  }
}
