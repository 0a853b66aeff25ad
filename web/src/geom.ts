// SPDX-License-Identifier: Apache-2.0
// Plane geometry on rings of level-0 pixels. A ring is x0, y0, x1, y1, ... in doubles; closed rings do not repeat
// their first point. Rings are never changed in place.

export type Ring = Float64Array;

export interface Point {
  x: number;
  y: number;
}

export interface Box {
  minX: number;
  minY: number;
  maxX: number;
  maxY: number;
}

export type Shape = 'none' | 'point' | 'points' | 'polyline' | 'rectangle' | 'polygon' | 'spline' | 'ellipse';

const AREAS: ReadonlySet<Shape> = new Set<Shape>(['rectangle', 'polygon', 'spline', 'ellipse']);

/** Whether a shape bounds an area: its rings are closed. */
export function hasArea(shape: Shape): boolean {
  return AREAS.has(shape);
}

export function ringOf(points: readonly Point[]): Ring {
  const ring = new Float64Array(points.length * 2);
  points.forEach((p, i) => {
    ring[2 * i] = p.x;
    ring[2 * i + 1] = p.y;
  });
  return ring;
}

export function pointsOf(ring: Ring): Point[] {
  const points: Point[] = [];
  for (let i = 0; i < ring.length; i += 2) {
    points.push({ x: ring[i], y: ring[i + 1] });
  }
  return points;
}

/** Smallest box around all points; null where there are none. */
export function boundsOf(rings: readonly Ring[]): Box | null {
  let box: Box | null = null;
  for (const ring of rings) {
    for (let i = 0; i + 1 < ring.length; i += 2) {
      const x = ring[i];
      const y = ring[i + 1];
      if (!box) {
        box = { minX: x, minY: y, maxX: x, maxY: y };
        continue;
      }
      if (x < box.minX) box.minX = x;
      if (x > box.maxX) box.maxX = x;
      if (y < box.minY) box.minY = y;
      if (y > box.maxY) box.maxY = y;
    }
  }
  return box;
}

/** The box around both. */
export function around(a: Box | null, b: Box): Box {
  return a ? { minX: Math.min(a.minX, b.minX), minY: Math.min(a.minY, b.minY), maxX: Math.max(a.maxX, b.maxX),
               maxY: Math.max(a.maxY, b.maxY) } : b;
}

export function overlaps(a: Box, b: Box): boolean {
  return a.minX <= b.maxX && b.minX <= a.maxX && a.minY <= b.maxY && b.minY <= a.maxY;
}

// --- Splines ---
// The closed centripetal Catmull-Rom curve through the points (Yuksel, Schaefer, Keyser 2011), as libnodal has it.

type Cubic = readonly [number, number, number, number, number, number, number, number];

/** The next point from `index` in steps of `step` that lies elsewhere; `index` itself if all are one. */
function neighbour(ring: Ring, index: number, step: number): number {
  const count = ring.length / 2;
  let at = index;
  do {
    at = (at + step + count) % count;
  } while (at !== index && ring[2 * at] === ring[2 * index] && ring[2 * at + 1] === ring[2 * index + 1]);
  return at;
}

/** Control point beside p, towards next. */
function control(px: number, py: number, x: number, y: number, nx: number, ny: number): [number, number] {
  const a2 = Math.hypot(px - x, py - y);
  const b2 = Math.hypot(x - nx, y - ny);
  const a = Math.sqrt(a2);
  const b = Math.sqrt(b2);
  if (a === 0 || b === 0) {
    return [x, y];
  }
  const scale = 1 / (3 * a * (a + b));
  const own = (2 * a2 + 3 * a * b + b2) * scale;
  return [a2 * scale * nx - b2 * scale * px + own * x, a2 * scale * ny - b2 * scale * py + own * y];
}

/** The Bezier piece from point `index` to the next; null where both are the same place. */
export function splinePiece(ring: Ring, index: number): Cubic | null {
  const count = ring.length / 2;
  const end = (index + 1) % count;
  const [fx, fy, tx, ty] = [ring[2 * index], ring[2 * index + 1], ring[2 * end], ring[2 * end + 1]];
  if (fx === tx && fy === ty) {
    return null;
  }
  const before = neighbour(ring, index, -1);
  const after = neighbour(ring, end, 1);
  const [ax, ay] = control(ring[2 * before], ring[2 * before + 1], fx, fy, tx, ty);
  const [bx, by] = control(ring[2 * after], ring[2 * after + 1], tx, ty, fx, fy);
  return [fx, fy, ax, ay, bx, by, tx, ty];
}

function cubicSteps(c: Cubic, tolerance: number): number {
  const bend = 6 * Math.max(Math.hypot(c[0] - 2 * c[2] + c[4], c[1] - 2 * c[3] + c[5]),
                            Math.hypot(c[2] - 2 * c[4] + c[6], c[3] - 2 * c[5] + c[7]));
  return Math.min(Math.max(Math.ceil(Math.sqrt(bend / (8 * tolerance))), 1), 65536);
}

/** Straight edges within `tolerance` of the closed curve. */
export function flattenSpline(ring: Ring, tolerance: number): Ring {
  const count = ring.length / 2;
  if (count < 3) {
    return ring;
  }
  const out: number[] = [];
  for (let i = 0; i < count; i++) {
    const c = splinePiece(ring, i);
    if (!c) {
      out.push(ring[2 * i], ring[2 * i + 1]);
      continue;
    }
    const steps = cubicSteps(c, tolerance);
    for (let k = 0; k < steps; k++) {
      const t = k / steps;
      const s = 1 - t;
      const w = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
      out.push(w[0] * c[0] + w[1] * c[2] + w[2] * c[4] + w[3] * c[6],
               w[0] * c[1] + w[1] * c[3] + w[2] * c[5] + w[3] * c[7]);
    }
  }
  return Float64Array.from(out);
}

/** Straight edges within `tolerance` of the ellipse in the box of two opposite corners. */
export function flattenEllipse(ring: Ring, tolerance: number): Ring {
  if (ring.length < 4) {
    return ring;
  }
  const cx = (ring[0] + ring[2]) / 2;
  const cy = (ring[1] + ring[3]) / 2;
  const a = Math.abs(ring[0] - ring[2]) / 2;
  const b = Math.abs(ring[1] - ring[3]) / 2;
  const radius = Math.max(a, b);
  const wanted = radius > tolerance ? Math.ceil(Math.PI / Math.acos(1 - tolerance / radius)) : 8;
  const count = 4 * Math.ceil(Math.min(Math.max(wanted, 8), 1 << 14) / 4);
  const out = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    const angle = (2 * Math.PI * i) / count;
    out[2 * i] = cx + a * Math.cos(angle);
    out[2 * i + 1] = cy + b * Math.sin(angle);
  }
  return out;
}

/** The rings as they are drawn: curves as straight edges within `tolerance` level-0 pixels. */
export function outline(shape: Shape, rings: readonly Ring[], tolerance: number): readonly Ring[] {
  if (shape === 'spline') {
    return rings.map((ring) => flattenSpline(ring, tolerance));
  }
  if (shape === 'ellipse') {
    return rings.map((ring) => flattenEllipse(ring, tolerance));
  }
  return rings;
}

// --- Measures ---

/** Area of a closed ring by the shoelace formula, from its first point so that small areas far out keep their digits. */
export function signedArea(ring: Ring): number {
  let twice = 0;
  for (let i = 4; i + 1 < ring.length; i += 2) {
    twice += (ring[i - 2] - ring[0]) * (ring[i + 1] - ring[1]) - (ring[i - 1] - ring[1]) * (ring[i] - ring[0]);
  }
  return twice / 2;
}

function splineArea(ring: Ring): number {
  let sum = 0;
  for (let i = 0; ring.length >= 6 && i < ring.length / 2; i++) {
    const c = splinePiece(ring, i);
    if (c) {
      const [x0, y0, x1, y1, x2, y2, x3, y3] = c.map((v, k) => v - ring[k % 2]);
      sum += 6 * (x0 * y1 - y0 * x1) + 3 * (x0 * y2 - y0 * x2) + (x0 * y3 - y0 * x3) + 3 * (x1 * y2 - y1 * x2) +
             3 * (x1 * y3 - y1 * x3) + 6 * (x2 * y3 - y2 * x3);
    }
  }
  return Math.abs(sum) / 20;
}

/** Area inside, holes not counted, square level-0 pixels. */
export function areaOf(shape: Shape, rings: readonly Ring[], holes: readonly boolean[]): number {
  if (!hasArea(shape)) {
    return 0;
  }
  if (shape === 'ellipse') {
    const r = rings[0];
    return r && r.length >= 4 ? (Math.PI * Math.abs(r[0] - r[2]) * Math.abs(r[1] - r[3])) / 4 : 0;
  }
  let area = 0;
  rings.forEach((ring, i) => {
    const part = shape === 'spline' ? splineArea(ring) : Math.abs(signedArea(ring));
    area += holes[i] ? -part : part;
  });
  return Math.max(area, 0);
}

/** Length of the line or outline, in micrometres where sx, sy are micrometres a pixel, in pixels where they are 1. */
export function lengthOf(shape: Shape, rings: readonly Ring[], sx: number, sy: number): number {
  if (shape === 'point' || shape === 'points' || shape === 'none') {
    return 0;
  }
  const box = boundsOf(rings);
  const size = box ? Math.max(box.maxX - box.minX, box.maxY - box.minY) : 0;
  const closed = hasArea(shape);
  let length = 0;
  for (const ring of outline(shape, rings, Math.max(size * 1e-5, 1e-6))) {
    const n = ring.length;
    for (let i = 2; i < n; i += 2) {
      length += Math.hypot((ring[i] - ring[i - 2]) * sx, (ring[i + 1] - ring[i - 1]) * sy);
    }
    if (closed && n > 2) {
      length += Math.hypot((ring[0] - ring[n - 2]) * sx, (ring[1] - ring[n - 1]) * sy);
    }
  }
  return length;
}

// --- Where a place is ---

/** Square of the distance from (x, y) to the edge from a to b. */
function edgeDistance2(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax;
  const dy = by - ay;
  const length2 = dx * dx + dy * dy;
  const t = length2 > 0 ? Math.min(Math.max(((x - ax) * dx + (y - ay) * dy) / length2, 0), 1) : 0;
  const ex = ax + t * dx - x;
  const ey = ay + t * dy - y;
  return ex * ex + ey * ey;
}

/** Distance to a ring and the edge it is nearest at: `index` is the edge's first vertex. */
export function nearestEdge(ring: Ring, x: number, y: number, closed: boolean): { distance: number; index: number } {
  const count = ring.length / 2;
  if (count === 1) {
    return { distance: Math.hypot(x - ring[0], y - ring[1]), index: 0 };
  }
  let best = Infinity;
  let index = 0;
  for (let i = 0; i < (closed ? count : count - 1); i++) {
    const j = (i + 1) % count;
    const d = edgeDistance2(x, y, ring[2 * i], ring[2 * i + 1], ring[2 * j], ring[2 * j + 1]);
    if (d < best) {
      best = d;
      index = i;
    }
  }
  return { distance: Math.sqrt(best), index };
}

/** The vertex nearest to a place. */
export function nearestVertex(ring: Ring, x: number, y: number): { distance: number; index: number } {
  let best = Infinity;
  let index = 0;
  for (let i = 0; i + 1 < ring.length; i += 2) {
    const d = (ring[i] - x) ** 2 + (ring[i + 1] - y) ** 2;
    if (d < best) {
      best = d;
      index = i / 2;
    }
  }
  return { distance: Math.sqrt(best), index };
}

/** Even-odd test over all rings, so that holes and further outlines need no order. */
export function inside(rings: readonly Ring[], x: number, y: number): boolean {
  let odd = false;
  for (const ring of rings) {
    const n = ring.length;
    for (let i = 0, j = n - 2; i < n; j = i, i += 2) {
      const yi = ring[i + 1];
      const yj = ring[j + 1];
      if (yi > y !== yj > y && x < ((ring[j] - ring[i]) * (y - yi)) / (yj - yi) + ring[i]) {
        odd = !odd;
      }
    }
  }
  return odd;
}

// --- Changes ---

/** Ramer-Douglas-Peucker without recursion: no point of the ring is further than `tolerance` from the result. */
export function simplify(ring: Ring, tolerance: number, closed: boolean): Ring {
  const count = ring.length / 2;
  if (count < (closed ? 4 : 3)) {
    return ring;
  }
  const keep = new Uint8Array(count + 1);
  const at = (i: number): number => 2 * (i % count);
  const last = closed ? count : count - 1;
  let far = last;
  if (closed) {
    // A ring has no ends: it is cut at its first point and the one furthest from it.
    let best = -1;
    for (let i = 1; i < count; i++) {
      const d = (ring[2 * i] - ring[0]) ** 2 + (ring[2 * i + 1] - ring[1]) ** 2;
      if (d > best) {
        best = d;
        far = i;
      }
    }
  }
  keep[0] = keep[far] = keep[last] = 1;
  const stack: number[] = far === last ? [0, last] : [0, far, far, last];
  const limit = tolerance * tolerance;
  while (stack.length) {
    const to = stack.pop() as number;
    const from = stack.pop() as number;
    let worst = limit;
    let index = -1;
    for (let i = from + 1; i < to; i++) {
      const d = edgeDistance2(ring[at(i)], ring[at(i) + 1], ring[at(from)], ring[at(from) + 1], ring[at(to)],
                              ring[at(to) + 1]);
      if (d > worst) {
        worst = d;
        index = i;
      }
    }
    if (index >= 0) {
      keep[index] = 1;
      stack.push(from, index, index, to);
    }
  }
  const out: number[] = [];
  for (let i = 0; i < count; i++) {
    if (keep[i]) {
      out.push(ring[2 * i], ring[2 * i + 1]);
    }
  }
  return out.length >= (closed ? 6 : 4) ? Float64Array.from(out) : ring;
}

/** Drops points that lie within `distance` of the last one kept: fast, for drawing. At least two points stay. */
export function thin(ring: Ring, distance: number): Ring {
  const n = ring.length;
  if (n <= 4) {
    return ring;
  }
  const limit = distance * distance;
  const out = new Float64Array(n);
  let length = 2;
  out[0] = ring[0];
  out[1] = ring[1];
  for (let i = 2; i < n; i += 2) {
    const dx = ring[i] - out[length - 2];
    const dy = ring[i + 1] - out[length - 1];
    if (dx * dx + dy * dy >= limit) {
      out[length++] = ring[i];
      out[length++] = ring[i + 1];
    }
  }
  if (length === 2) {
    const half = (n >> 2) * 2;
    out[2] = ring[half];
    out[3] = ring[half + 1];
    length = 4;
  }
  return out.subarray(0, length);
}

export function translate(ring: Ring, dx: number, dy: number): Ring {
  const out = new Float64Array(ring.length);
  for (let i = 0; i + 1 < ring.length; i += 2) {
    out[i] = ring[i] + dx;
    out[i + 1] = ring[i + 1] + dy;
  }
  return out;
}

export function withVertex(ring: Ring, index: number, p: Point): Ring {
  const out = ring.slice();
  out[2 * index] = p.x;
  out[2 * index + 1] = p.y;
  return out;
}

export function insertVertex(ring: Ring, index: number, p: Point): Ring {
  const out = new Float64Array(ring.length + 2);
  out.set(ring.subarray(0, 2 * index));
  out[2 * index] = p.x;
  out[2 * index + 1] = p.y;
  out.set(ring.subarray(2 * index), 2 * index + 2);
  return out;
}

export function removeVertex(ring: Ring, index: number): Ring {
  const out = new Float64Array(ring.length - 2);
  out.set(ring.subarray(0, 2 * index));
  out.set(ring.subarray(2 * index + 2), 2 * index);
  return out;
}

/** The four corners of a box, clockwise on the screen from the upper left. */
export function rectangle(a: Point, b: Point): Ring {
  const [x0, x1] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  const [y0, y1] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  return Float64Array.of(x0, y0, x1, y0, x1, y1, x0, y1);
}

/** A rectangle whose corner `index` moves to p; the opposite corner stays, and its sides keep their directions. */
export function moveCorner(ring: Ring, index: number, p: Point): Ring {
  const at = (k: number): Point => ({ x: ring[2 * (k % 4)], y: ring[2 * (k % 4) + 1] });
  const fixed = at(index + 2);
  const along = at(index + 3);
  const ux = along.x - fixed.x;
  const uy = along.y - fixed.y;
  const length = Math.hypot(ux, uy);
  const [ex, ey] = length > 0 ? [ux / length, uy / length] : [1, 0];
  const dx = p.x - fixed.x;
  const dy = p.y - fixed.y;
  const s = dx * ex + dy * ey;
  const out = ring.slice();
  const put = (k: number, x: number, y: number): void => {
    out[2 * (k % 4)] = x;
    out[2 * (k % 4) + 1] = y;
  };
  put(index, p.x, p.y);
  put(index + 3, fixed.x + s * ex, fixed.y + s * ey);
  put(index + 1, fixed.x + dx - s * ex, fixed.y + dy - s * ey);
  return out;
}

// --- Affine maps ---

/** x' = a x + b y + c, y' = d x + e y + f, as [a, b, c, d, e, f]. */
export type Affine = readonly [number, number, number, number, number, number];

export const IDENTITY: Affine = [1, 0, 0, 0, 1, 0];

export function apply(m: Affine, p: Point): Point {
  return { x: m[0] * p.x + m[1] * p.y + m[2], y: m[3] * p.x + m[4] * p.y + m[5] };
}

/** The map that undoes m; null where m flattens the plane. */
export function invert(m: Affine): Affine | null {
  const det = m[0] * m[4] - m[1] * m[3];
  if (!(Math.abs(det) > 1e-12)) {
    return null;
  }
  const [a, b, d, e] = [m[4] / det, -m[1] / det, -m[3] / det, m[0] / det];
  return [a, b, -(a * m[2] + b * m[5]), d, e, -(d * m[2] + e * m[5])];
}

/** m after n. */
export function compose(m: Affine, n: Affine): Affine {
  return [
    m[0] * n[0] + m[1] * n[3], m[0] * n[1] + m[1] * n[4], m[0] * n[2] + m[1] * n[5] + m[2],
    m[3] * n[0] + m[4] * n[3], m[3] * n[1] + m[4] * n[4], m[3] * n[2] + m[4] * n[5] + m[5],
  ];
}

/**
 * The map from a to b of pairs [ax, ay, bx, by] with the least squares of what remains: with one pair a shift, with two
 * or where `rigid` a turn, shift and scale (Umeyama 1991 in the plane), with three that span the plane an affine map.
 */
export function fitAffine(pairs: readonly (readonly number[])[], scale: number, rigid: boolean): Affine {
  const n = pairs.length;
  if (n === 0) {
    return [scale, 0, 0, 0, scale, 0];
  }
  const mean = [0, 1, 2, 3].map((k) => pairs.reduce((sum, p) => sum + p[k], 0) / n);
  let [xx, xy, yy, ux, uy, vx, vy] = [0, 0, 0, 0, 0, 0, 0];
  for (const p of pairs) {
    const x = p[0] - mean[0];
    const y = p[1] - mean[1];
    const u = p[2] - mean[2];
    const v = p[3] - mean[3];
    xx += x * x;
    xy += x * y;
    yy += y * y;
    ux += u * x;
    uy += u * y;
    vx += v * x;
    vy += v * y;
  }
  let [a, b, d, e] = [scale, 0, 0, scale];
  const det = xx * yy - xy * xy;
  if (!rigid && n >= 3 && det > 1e-6 * (xx + yy) ** 2) {
    a = (ux * yy - uy * xy) / det;
    b = (uy * xx - ux * xy) / det;
    d = (vx * yy - vy * xy) / det;
    e = (vy * xx - vx * xy) / det;
  } else if (n >= 2 && xx + yy > 0) {
    a = e = (ux + vy) / (xx + yy);
    d = (vx - uy) / (xx + yy);
    b = -d;
  }
  return [a, b, mean[2] - a * mean[0] - b * mean[1], d, e, mean[3] - d * mean[0] - e * mean[1]];
}
