// SPDX-License-Identifier: Apache-2.0
// Shapes by the two-dimensional canvas: their fills, and all of them where there is no WebGL2.
import type { Item } from './document';
import { type Affine, hasArea, thin } from './geom';
import type { Style } from './layer_gl';
import { outlineOf } from './shapes';

const DOT_RADIUS = 5;
/** More shapes than this are drawn thin and without rims. */
const MANY = 300;

interface Cached {
  level: number;
  path: Path2D;
}

const paths = new WeakMap<Item, Cached>();

/** The outline as a path in level-0 pixels, thinned for that scale. */
function pathOf(item: Item, scale: number): Path2D {
  const level = Math.max(0, Math.floor(Math.log2(1 / scale)));
  const old = paths.get(item);
  if (old?.level === level) {
    return old.path;
  }
  const path = new Path2D();
  const closed = hasArea(item.type);
  for (const whole of outlineOf(item)) {
    const ring = level > 0 ? thin(whole, 0.6 * 2 ** level) : whole;
    for (let i = 0; i + 1 < ring.length; i += 2) {
      if (i === 0) {
        path.moveTo(ring[0], ring[1]);
      } else {
        path.lineTo(ring[i], ring[i + 1]);
      }
    }
    if (closed) {
      path.closePath();
    }
  }
  paths.set(item, { level, path });
  return path;
}

export interface CanvasPass {
  lines: boolean;
  /** How strongly areas are filled, 0 not at all. */
  cover: number;
  /** CSS pixels of the line; its rim is 2 wider. */
  width: number;
}

/** Draws items in their order. `map` goes from level-0 pixels to CSS pixels, `ratio` on to device pixels. */
export function drawItems(context: CanvasRenderingContext2D, items: readonly Item[], style: (item: Item) => Style,
                          map: Affine, ratio: number, pass: CanvasPass): void {
  const scale = Math.hypot(map[0], map[3]);
  const many = items.length > MANY;
  context.save();
  context.lineJoin = many ? 'bevel' : 'round';
  for (const item of items) {
    const [r, g, b, a] = style(item);
    if (a === 0) {
      continue;
    }
    const ink = `rgba(${r},${g},${b},${a / 255})`;
    if (item.type === 'point' || item.type === 'points' || item.type === 'none') {
      if (pass.lines) {
        drawDots(context, item, map, ratio, ink);
      }
      continue;
    }
    context.setTransform(map[0] * ratio, map[3] * ratio, map[1] * ratio, map[4] * ratio, map[2] * ratio, map[5] * ratio);
    const path = pathOf(item, scale);
    if (pass.cover > 0 && hasArea(item.type)) {
      context.fillStyle = `rgba(${r},${g},${b},${(a / 255) * pass.cover})`;
      context.fill(path, 'evenodd');
    }
    if (pass.lines) {
      if (!many) {
        context.lineWidth = (pass.width + 2) / scale;
        context.strokeStyle = 'rgba(12,12,12,0.6)';
        context.stroke(path);
      }
      context.lineWidth = (many ? 1 : pass.width) / scale;
      context.strokeStyle = ink;
      context.stroke(path);
    }
  }
  context.restore();
}

function drawDots(context: CanvasRenderingContext2D, item: Item, map: Affine, ratio: number, ink: string): void {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = ink;
  context.strokeStyle = 'rgba(12,12,12,0.6)';
  context.lineWidth = 1;
  for (const ring of item.rings) {
    for (let i = 0; i + 1 < ring.length; i += 2) {
      context.beginPath();
      context.arc(map[0] * ring[i] + map[1] * ring[i + 1] + map[2], map[3] * ring[i] + map[4] * ring[i + 1] + map[5],
                  DOT_RADIUS, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  }
}
