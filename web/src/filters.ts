// SPDX-License-Identifier: Apache-2.0
// Brightness, contrast, gamma and single stains of the slide, as one SVG filter over the tiles: nothing is loaded or
// computed again while a slider moves, and overlays and annotations keep their colours.
import { stored } from './signal';

export type Stain = 'none' | 'hematoxylin' | 'eosin' | 'dab';

export interface Adjustment {
  /** -1 to 1, added. */
  brightness: number;
  /** 0 to 3, around middle gray. */
  contrast: number;
  /** 0.3 to 3. */
  gamma: number;
  stain: Stain;
}

export const PLAIN: Adjustment = { brightness: 0, contrast: 1, gamma: 1, stain: 'none' };

export const adjustment = stored<Adjustment>('adjust', PLAIN);

type Vector = readonly [number, number, number];

/** Optical density of the stains by red, green and blue (Ruifrok and Johnston 2001). */
const STAINS: Record<'hematoxylin' | 'eosin' | 'dab', Vector> = {
  hematoxylin: [0.65, 0.704, 0.286],
  eosin: [0.072, 0.99, 0.105],
  dab: [0.268, 0.57, 0.776],
};

/** Densities are kept in 0..1 between the steps of the filter: 1 stands for this many. */
const MOST_DENSITY = 2.4;
const ENTRIES = 256;

function unit(v: Vector): Vector {
  const n = Math.hypot(...v);
  return [v[0] / n, v[1] / n, v[2] / n];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** The row that gives how much there is of a stain, from densities; the other stain and what is left are unmixed. */
export function unmixing(stain: Exclude<Stain, 'none'>): { row: Vector; stain: Vector } {
  const own = unit(STAINS[stain]);
  const other = unit(STAINS[stain === 'hematoxylin' ? 'eosin' : 'hematoxylin']);
  const rest = unit(cross(own, other));
  // The row of the inverse that belongs to `own`: at right angles to the two others.
  const normal = cross(other, rest);
  const scale = own[0] * normal[0] + own[1] * normal[1] + own[2] * normal[2];
  return { row: [normal[0] / scale, normal[1] / scale, normal[2] / scale], stain: own };
}

const SVG = 'http://www.w3.org/2000/svg';

function node(name: string, attributes: Record<string, string>): SVGElement {
  const e = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => e.setAttribute(key, value));
  return e;
}

function transfer(curve: (t: number) => number): SVGElement {
  const values = Array.from({ length: ENTRIES }, (_, i) => Math.min(Math.max(curve(i / (ENTRIES - 1)), 0), 1).toFixed(5));
  const e = node('feComponentTransfer', {});
  for (const channel of ['R', 'G', 'B']) {
    e.append(node(`feFunc${channel}`, { type: 'table', tableValues: values.join(' ') }));
  }
  return e;
}

function matrix(rows: readonly Vector[]): SVGElement {
  const values = [...rows.map((row) => `${row.join(' ')} 0 0`), '0 0 0 1 0'].join(' ');
  return node('feColorMatrix', { type: 'matrix', values });
}

function isPlain(a: Adjustment): boolean {
  return a.brightness === 0 && a.contrast === 1 && a.gamma === 1 && a.stain === 'none';
}

let defs: SVGElement | null = null;

/** Makes the filter for the adjustment of now and returns what CSS calls it; 'none' where nothing is adjusted. */
export function applyAdjustment(a: Adjustment): string {
  if (isPlain(a)) {
    return 'none';
  }
  if (!defs) {
    const svg = node('svg', { width: '0', height: '0', 'aria-hidden': 'true', class: 'filters' });
    defs = node('filter', { id: 'nodal-adjust', 'color-interpolation-filters': 'sRGB', x: '0', y: '0', width: '100%',
                            height: '100%' });
    svg.append(defs);
    document.body.append(svg);
  }
  const steps: SVGElement[] = [];
  if (a.stain !== 'none') {
    const { row, stain } = unmixing(a.stain);
    steps.push(transfer((t) => -Math.log10(Math.max(t, 10 ** -MOST_DENSITY)) / MOST_DENSITY));
    steps.push(matrix([row, row, row]));
    steps.push(matrix([[stain[0], 0, 0], [0, stain[1], 0], [0, 0, stain[2]]]));
    steps.push(transfer((t) => 10 ** (-MOST_DENSITY * t)));
  }
  steps.push(transfer((t) => Math.min(Math.max((t - 0.5) * a.contrast + 0.5 + a.brightness, 0), 1) ** (1 / a.gamma)));
  defs.replaceChildren(...steps);
  return 'url(#nodal-adjust)';
}
