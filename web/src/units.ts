// SPDX-License-Identifier: Apache-2.0
// Lengths and areas in words: micrometres where the slide says how large a pixel is, pixels where it does not.

export type Spacing = readonly [number, number] | null;

function digits(value: number, places: number): string {
  return value.toLocaleString(undefined, { minimumFractionDigits: 0, maximumFractionDigits: places });
}

function significant(value: number): string {
  const size = Math.abs(value);
  return digits(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** A length already in micrometres, or in pixels where there is no spacing. */
export function formatLength(length: number, spacing: Spacing): string {
  if (!spacing) {
    return `${significant(length)} px`;
  }
  return length >= 1000 ? `${significant(length / 1000)} mm` : `${significant(length)} µm`;
}

/** An area in square level-0 pixels. */
export function formatArea(pixels: number, spacing: Spacing): string {
  if (!spacing) {
    return `${significant(pixels)} px²`;
  }
  const um2 = pixels * spacing[0] * spacing[1];
  return um2 >= 1e5 ? `${significant(um2 / 1e6)} mm²` : `${significant(um2)} µm²`;
}

export function formatNumber(value: number, places = 0): string {
  return digits(value, places);
}

/** Objective magnification of a spacing by the convention that 0.25 um a pixel is 40x. */
export function magnification(umPerPixel: number): number {
  return 10 / umPerPixel;
}

export function formatMagnification(value: number): string {
  return `${value >= 10 ? digits(value, 1) : digits(value, 2)}×`;
}

/** The longest round length that a bar of at most `limit` has: 1, 2 or 5 times a power of ten. */
export function roundLength(limit: number): number {
  const power = 10 ** Math.floor(Math.log10(limit));
  const factor = [5, 2, 1].find((f) => f * power <= limit) ?? 1;
  return factor * power;
}
