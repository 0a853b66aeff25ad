// SPDX-License-Identifier: Apache-2.0
// What the wand takes: the pixels around a place that look like it, and the line around them.
import type { Ring } from '../geom';

/** Means over 3 x 3 pixels, so that one odd pixel stops nothing. */
function smoothed(data: Uint8ClampedArray, width: number, height: number): Float32Array {
  const out = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        let count = 0;
        for (let dy = -1; dy <= 1; dy++) {
          for (let dx = -1; dx <= 1; dx++) {
            const [u, v] = [x + dx, y + dy];
            if (u >= 0 && v >= 0 && u < width && v < height) {
              sum += data[4 * (v * width + u) + c];
              count++;
            }
          }
        }
        out[3 * (y * width + x) + c] = sum / count;
      }
    }
  }
  return out;
}

/** 1 for the pixels that hang together with (sx, sy) and differ from it by at most `tolerance` in colour. RGBA in. */
export function regionLike(data: Uint8ClampedArray, width: number, height: number, sx: number, sy: number,
                           tolerance: number): Uint8Array {
  const color = smoothed(data, width, height);
  const mask = new Uint8Array(width * height);
  const seed = 3 * (sy * width + sx);
  const like = (i: number): boolean => {
    const [r, g, b] = [color[3 * i] - color[seed], color[3 * i + 1] - color[seed + 1], color[3 * i + 2] - color[seed + 2]];
    return r * r + g * g + b * b <= 3 * tolerance * tolerance;
  };
  const stack = [sy * width + sx];
  mask[stack[0]] = 1;
  while (stack.length) {
    const i = stack.pop() as number;
    const x = i % width;
    for (const [j, inRow] of [[i - 1, x > 0], [i + 1, x < width - 1], [i - width, true], [i + width, true]] as const) {
      if (inRow && j >= 0 && j < mask.length && !mask[j] && like(j)) {
        mask[j] = 1;
        stack.push(j);
      }
    }
  }
  return mask;
}

/** The outer line around the part of a mask that (sx, sy) is in, along the sides of its pixels; null if it is not set. */
export function outlineOfMask(mask: Uint8Array, width: number, height: number, sx: number, sy: number): Ring | null {
  const set = (x: number, y: number): boolean => x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] === 1;
  if (!set(sx, sy)) {
    return null;
  }
  // The part's first pixel in reading order: what is above it and left of it does not belong to the part.
  const part = new Uint8Array(mask.length);
  let first = sy * width + sx;
  const stack = [first];
  part[first] = 1;
  while (stack.length) {
    const i = stack.pop() as number;
    first = Math.min(first, i);
    const [x, y] = [i % width, Math.floor(i / width)];
    for (const [u, v] of [[x - 1, y], [x + 1, y], [x, y - 1], [x, y + 1]]) {
      if (set(u, v) && !part[v * width + u]) {
        part[v * width + u] = 1;
        stack.push(v * width + u);
      }
    }
  }
  const inPart = (x: number, y: number): boolean => x >= 0 && y >= 0 && x < width && y < height && part[y * width + x] === 1;
  // Corners of pixels are walked with the part on the right; where two pixels touch by a corner they stay apart.
  const out: number[] = [];
  const start = [first % width, Math.floor(first / width)];
  let [x, y] = start;
  let [dx, dy] = [1, 0];
  do {
    out.push(x, y);
    let turned = false;
    do {
      x += dx;
      y += dy;
      if (!inPart(x + (dx - dy - 1) / 2, y + (dx + dy - 1) / 2)) {
        [dx, dy] = [-dy, dx];
        turned = true;
      } else if (inPart(x + (dx + dy - 1) / 2, y + (dy - dx - 1) / 2)) {
        [dx, dy] = [dy, -dx];
        turned = true;
      }
    } while (!turned);
  } while (x !== start[0] || y !== start[1]);
  return Float64Array.from(out);
}
