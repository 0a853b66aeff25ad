// SPDX-License-Identifier: Apache-2.0
// Geometry of the page against formulas and brute force.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './module.mjs';

const g = await load('geom');
const b = await load('boolean');
const region = await load('tools/region');

const square = (x, y, s) => Float64Array.of(x, y, x + s, y, x + s, y + s, x, y + s);
const near = (value, expected, tolerance) =>
  assert.ok(Math.abs(value - expected) <= tolerance, `${value} is not ${expected} within ${tolerance}`);

test('areas: shoelace, holes, ellipse, far from the origin', () => {
  assert.equal(g.areaOf('polygon', [square(0, 0, 10)], [false]), 100);
  assert.equal(g.areaOf('polygon', [square(0, 0, 10), square(2, 2, 3)], [false, true]), 91);
  assert.equal(g.areaOf('polygon', [square(1e9, 1e9, 0.5)], [false]), 0.25);
  near(g.areaOf('ellipse', [Float64Array.of(0, 0, 20, 10)], [false]), Math.PI * 50, 1e-9);
  assert.equal(g.areaOf('polyline', [square(0, 0, 10)], [false]), 0);
});

test('spline: goes through its points; area is that of its flattened outline', () => {
  const ring = Float64Array.of(0, 0, 100, 20, 120, 90, 40, 130);
  const flat = g.flattenSpline(ring, 0.001);
  for (let i = 0; i < ring.length; i += 2) {
    assert.ok(g.pointsOf(flat).some((p) => p.x === ring[i] && p.y === ring[i + 1]));
  }
  near(g.areaOf('spline', [ring], [false]), Math.abs(g.signedArea(flat)), 0.5);
  // Four points of a square: the centripetal curve is symmetric, so its centroid is the square's.
  const round = g.pointsOf(g.flattenSpline(square(0, 0, 10), 0.01));
  near(round.reduce((s, p) => s + p.x, 0) / round.length, 5, 1e-9);
});

test('lengths: anisotropic spacing, open and closed, circle', () => {
  assert.equal(g.lengthOf('polyline', [Float64Array.of(0, 0, 3, 4)], 1, 1), 5);
  assert.equal(g.lengthOf('polyline', [Float64Array.of(0, 0, 3, 4)], 2, 0.5), Math.hypot(6, 2));
  assert.equal(g.lengthOf('rectangle', [square(0, 0, 10)], 0.5, 0.25), 15);
  near(g.lengthOf('ellipse', [Float64Array.of(0, 0, 100, 100)], 1, 1), Math.PI * 100, 0.01);
});

test('simplify: no vertex is further from the result than the tolerance', () => {
  const points = [];
  for (let i = 0; i < 500; i++) {
    const a = (2 * Math.PI * i) / 500;
    const r = 100 + 5 * Math.sin(9 * a);
    points.push({ x: r * Math.cos(a), y: r * Math.sin(a) });
  }
  const ring = g.ringOf(points);
  const thin = g.simplify(ring, 0.5, true);
  assert.ok(thin.length < ring.length / 4);
  points.forEach((p) => assert.ok(g.nearestEdge(thin, p.x, p.y, true).distance <= 0.5 + 1e-9));
});

test('inside: even-odd with a hole and an island', () => {
  const rings = [square(0, 0, 30), square(5, 5, 20), square(10, 10, 5)];
  assert.equal(g.inside(rings, 2, 2), true);
  assert.equal(g.inside(rings, 7, 7), false);
  assert.equal(g.inside(rings, 12, 12), true);
  assert.equal(g.inside(rings, 31, 12), false);
});

test('corner of a turned rectangle: stays a rectangle, the opposite corner stays', () => {
  const c = Math.SQRT1_2;
  const ring = Float64Array.of(0, 0, 10 * c, 10 * c, 10 * c - 5 * c, 10 * c + 5 * c, -5 * c, 5 * c);
  const p = g.pointsOf(g.moveCorner(ring, 2, { x: 3, y: 20 }));
  const dot = (a, o, d) => (a.x - o.x) * (d.x - o.x) + (a.y - o.y) * (d.y - o.y);
  assert.deepEqual([p[0], p[2]], [{ x: 0, y: 0 }, { x: 3, y: 20 }]);
  for (let i = 0; i < 4; i++) {
    near(dot(p[(i + 3) % 4], p[i], p[(i + 1) % 4]), 0, 1e-9);
  }
});

test('affine: fitted to landmarks, inverted, composed', () => {
  const truth = [0.9, -0.2, 30, 0.25, 1.1, -12];
  const pairs = [[0, 0], [1000, 10], [40, 900], [700, 800]].map(([x, y]) => {
    const q = g.apply(truth, { x, y });
    return [x, y, q.x, q.y];
  });
  g.fitAffine(pairs, 1, false).forEach((v, i) => near(v, truth[i], 1e-9));
  const turn = [2 * Math.cos(0.3), -2 * Math.sin(0.3), 5, 2 * Math.sin(0.3), 2 * Math.cos(0.3), -7];
  const two = [[10, 20], [500, 900]].map(([x, y]) => {
    const q = g.apply(turn, { x, y });
    return [x, y, q.x, q.y];
  });
  g.fitAffine(two, 1, false).forEach((v, i) => near(v, turn[i], 1e-9));
  assert.deepEqual(g.fitAffine([[5, 5, 25, 35]], 2, false), [2, 0, 15, 0, 2, 25]);
  g.compose(g.invert(truth), truth).forEach((v, i) => near(v, g.IDENTITY[i], 1e-12));
  assert.equal(g.invert([1, 2, 0, 2, 4, 0]), null);
});

test('union, difference and intersection of squares; untouched vertices keep their doubles', () => {
  const a = Float64Array.of(0.1234567891, 0, 10, 0, 10, 10, 0, 10);
  const area = (r) => g.areaOf('polygon', r.rings, r.holes);
  const union = b.combine('union', [a], [square(5, 5, 10)]);
  near(area(union), 175 - 0.1234567891 * 5, 0.1);
  assert.ok([...union.rings[0]].includes(0.1234567891));
  near(area(b.combine('subtract', [square(0, 0, 10)], [square(5, 5, 10)])), 75, 1e-9);
  near(area(b.combine('intersect', [square(0, 0, 10)], [square(5, 5, 10)])), 25, 1e-9);
  const hole = b.combine('subtract', [square(0, 0, 10)], [square(2, 2, 3)]);
  assert.deepEqual(hole.holes, [false, true]);
  near(area(hole), 91, 1e-9);
  assert.deepEqual(b.combine('subtract', [square(0, 0, 10)], [square(-1, -1, 20)]).rings, []);
});

test('brush: a dab is a disc, a stroke a capsule', () => {
  const dab = b.stroke(Float64Array.of(50, 50), 10);
  near(Math.abs(g.signedArea(dab[0])), Math.PI * 100, 8);
  const stroke = b.stroke(Float64Array.of(0, 0, 40, 0), 10);
  near(Math.abs(g.signedArea(stroke[0])), Math.PI * 100 + 800, 12);
});

test('wand: connected pixels of the colour, and the line around them', () => {
  const [w, h] = [20, 12];
  const data = new Uint8ClampedArray(w * h * 4).fill(255);
  const dark = (x, y) => (x >= 4 && x < 10 && y >= 3 && y < 9) || (x >= 14 && x < 18 && y >= 3 && y < 9);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      if (dark(x, y)) {
        data.fill(0, 4 * (y * w + x), 4 * (y * w + x) + 3);
      }
    }
  }
  const mask = region.regionLike(data, w, h, 6, 6, 120);
  const ring = region.outlineOfMask(mask, w, h, 6, 6);
  let count = 0;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      count += mask[y * w + x];
      assert.equal(g.inside([ring], x + 0.5, y + 0.5), mask[y * w + x] === 1, `${x},${y}`);
      assert.ok(mask[y * w + x] === 0 || x < 12, 'the other block does not hang together with this one');
    }
  }
  assert.equal(Math.abs(g.signedArea(ring)), count);
  assert.equal(region.outlineOfMask(mask, w, h, 0, 0), null);
});
