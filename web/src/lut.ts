// SPDX-License-Identifier: Apache-2.0
// Look-up tables: from the value of an overlay to colour and cover. The presets are ASAP's in kind: labels that are
// transparent at 0 and of one colour each, and a traffic light from nothing over green and yellow to red.
export interface Stop {
  /** The overlay's own value. */
  value: number;
  color: string;
  /** 0 nothing to 1 full. */
  alpha: number;
}

export interface Lut {
  name: string;
  /** Colours between the stops are mixed; without it each value up to the next stop has the stop's own. */
  mixed: boolean;
  stops: Stop[];
}

const LABELS = ['#e69f00', '#56b4e9', '#009e73', '#f0e442', '#0072b2', '#d55e00', '#cc79a7', '#b2df8a', '#fb9a99',
  '#cab2d6', '#a6761d', '#66c2a5'];

/** The colour of a label; 0 is background and has none. */
export function labelColor(value: number): string {
  return LABELS[(Math.max(value, 1) - 1) % LABELS.length];
}

export function labelLut(values: readonly { value: number; color: string | null }[]): Lut {
  const given = new Map(values.map((v) => [v.value, v.color]));
  const stops: Stop[] = [{ value: 0, color: '#000000', alpha: 0 }];
  for (let value = 1; value < 256; value++) {
    stops.push({ value, color: given.get(value) ?? labelColor(value), alpha: 1 });
  }
  return { name: 'Label', mixed: false, stops };
}

/** Presets for values from `low` to `high`. */
export function presets(low: number, high: number): Lut[] {
  const at = (t: number): number => low + t * (high - low);
  const scale = (name: string, colors: readonly string[], firstAlpha: number): Lut => ({
    name, mixed: true,
    stops: colors.map((color, i) => ({ value: at(i / (colors.length - 1)), color, alpha: i === 0 ? firstAlpha : 1 })),
  });
  return [
    { name: 'Traffic light', mixed: true, stops: [
      { value: at(0), color: '#00ff00', alpha: 0 }, { value: at(10 / 255), color: '#00ff00', alpha: 1 },
      { value: at(127 / 255), color: '#ffff00', alpha: 1 }, { value: at(1), color: '#ff0000', alpha: 1 }] },
    // Viridis and inferno by a few of their points: even steps to the eye, readable with any colour vision.
    scale('Viridis', ['#440154', '#414487', '#2a788e', '#22a884', '#7ad151', '#fde725'], 0.15),
    scale('Inferno', ['#000004', '#420a68', '#932667', '#dd513a', '#fca50a', '#fcffa4'], 0.15),
    scale('Normal', ['#000000', '#ffffff'], 1),
  ];
}

export function parseColor(color: string): [number, number, number] {
  const n = parseInt(color.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
}

/** Red, green, blue and alpha, 0 to 255, of a value. Beyond the ends the last stop counts. Stops are in order. */
export function lookUp(lut: Lut, value: number): [number, number, number, number] {
  const { stops } = lut;
  let i = stops.length - 1;
  while (i > 0 && stops[i].value > value) {
    i--;
  }
  const a = stops[i];
  const b = stops[Math.min(i + 1, stops.length - 1)];
  const t = lut.mixed && b.value > a.value ? Math.min(Math.max((value - a.value) / (b.value - a.value), 0), 1) : 0;
  const [p, q] = [parseColor(a.color), parseColor(b.color)];
  return [p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1]), p[2] + t * (q[2] - p[2]),
          255 * (a.alpha + t * (b.alpha - a.alpha))];
}

/** The table for the 256 grays of a tile, gray 0 standing for `minimum` and 255 for `maximum`. */
export function table(lut: Lut, minimum: number, maximum: number, from: number, to: number): Uint8ClampedArray {
  const out = new Uint8ClampedArray(1024);
  for (let gray = 0; gray < 256; gray++) {
    const value = minimum + ((maximum - minimum) * gray) / 255;
    if (value >= from && value <= to) {
      out.set(lookUp(lut, value), 4 * gray);
    }
  }
  return out;
}
