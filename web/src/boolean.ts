// SPDX-License-Identifier: Apache-2.0
// Union, difference and the like of areas, by Clipper2. It computes in integers: coordinates are rounded to 1/256
// level-0 pixel where edges are cut, and vertices that were there before keep their exact doubles.
import { Clipper, ClipType, EndType, FillRule, JoinType, type Paths64, PolyTree64 } from 'clipper2-ts';
import type { Ring } from './geom';

export type Operation = 'union' | 'subtract' | 'intersect';

export interface Area {
  rings: Ring[];
  holes: boolean[];
}

const SCALE = 256;

const TYPES = { union: ClipType.Union, subtract: ClipType.Difference, intersect: ClipType.Intersection } as const;

function key(x: number, y: number): number {
  // Different places of far larger slides may share a key: toRing() compares before it believes.
  return x * 134217728 + y;
}

function toPaths(rings: readonly Ring[], exact: Map<number, [number, number]>): Paths64 {
  return rings.map((ring) => {
    const path = [];
    for (let i = 0; i + 1 < ring.length; i += 2) {
      const x = Math.round(ring[i] * SCALE);
      const y = Math.round(ring[i + 1] * SCALE);
      exact.set(key(x, y), [ring[i], ring[i + 1]]);
      path.push({ x, y });
    }
    return path;
  });
}

function toRing(path: readonly { x: number; y: number }[], exact: Map<number, [number, number]>): Ring {
  const ring = new Float64Array(path.length * 2);
  path.forEach((p, i) => {
    const known = exact.get(key(p.x, p.y));
    const same = known && Math.round(known[0] * SCALE) === p.x && Math.round(known[1] * SCALE) === p.y;
    ring[2 * i] = same ? known[0] : p.x / SCALE;
    ring[2 * i + 1] = same ? known[1] : p.y / SCALE;
  });
  return ring;
}

/** Outer rings, each followed by its holes; islands within holes are outer rings of their own. */
export function combine(operation: Operation, a: readonly Ring[], b: readonly Ring[]): Area {
  const exact = new Map<number, [number, number]>();
  const tree = new PolyTree64();
  Clipper.booleanOpWithPolyTree(TYPES[operation], toPaths(a, exact), toPaths(b, exact), tree, FillRule.EvenOdd);
  const area: Area = { rings: [], holes: [] };
  const queue = [...Array(tree.count).keys()].map((i) => tree.child(i));
  while (queue.length) {
    const outer = queue.shift() as (typeof queue)[number];
    if (outer.poly) {
      area.rings.push(toRing(outer.poly, exact));
      area.holes.push(false);
    }
    for (let i = 0; i < outer.count; i++) {
      const hole = outer.child(i);
      if (hole.poly) {
        area.rings.push(toRing(hole.poly, exact));
        area.holes.push(true);
      }
      for (let k = 0; k < hole.count; k++) {
        queue.push(hole.child(k));
      }
    }
  }
  return area;
}

/** What a round brush of that radius covers along a line. */
export function stroke(line: Ring, radius: number): Ring[] {
  const exact = new Map<number, [number, number]>();
  const paths = toPaths([line.length === 2 ? Float64Array.of(line[0], line[1], line[0], line[1]) : line], exact);
  return Clipper.inflatePaths(paths, radius * SCALE, JoinType.Round, EndType.Round, 2, radius * SCALE * 0.005)
    .map((path) => toRing(path, new Map()));
}
