// SPDX-License-Identifier: Apache-2.0
// Results over the slide: tiles of gray values, coloured here, so that table, threshold and opacity change at once
// without asking the server again.
import { api, ApiError, type OverlayInfo, type Slide } from './api';
import { labelLut, type Lut, presets, table } from './lut';
import type { Session } from './session';
import { Signal } from './signal';
import { sizeCanvas, type Layer, type View } from './view';

export interface OverlayStyle {
  visible: boolean;
  opacity: number;
  /** Only values from `low` to `high` are shown. */
  low: number;
  high: number;
  smooth: boolean;
  lut: Lut;
}

interface Tile {
  state: 'loading' | 'ready' | 'failed';
  gray: Uint8Array | null;
  width: number;
  height: number;
  picture: HTMLCanvasElement | null;
  /** The table the picture was made with. */
  made: Uint8ClampedArray | null;
  used: number;
  abort: AbortController;
}

const MOST_TILES = 400;
const MOST_LOADING = 6;

export function defaultStyle(info: OverlayInfo): OverlayStyle {
  const labels = info.kind !== 'likelihood';
  const lut = labels ? labelLut(info.values ?? []) : presets(info.minimum, info.maximum)[0];
  return { visible: true, opacity: 0.5, low: info.minimum, high: info.maximum, smooth: !labels, lut };
}

/** Gray values of a PNG, as they are in the file. */
async function decode(blob: Blob): Promise<{ gray: Uint8Array; width: number; height: number }> {
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  const canvas = document.createElement('canvas');
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const gray = new Uint8Array(canvas.width * canvas.height);
  for (let i = 0; i < gray.length; i++) {
    gray[i] = data[4 * i];
  }
  return { gray, width: canvas.width, height: canvas.height };
}

export class OverlayLayer implements Layer {
  readonly canvas: HTMLCanvasElement;
  /** By the id of the overlay. */
  readonly styles = new Signal<Record<string, OverlayStyle>>({});
  /** Why tiles of an overlay are missing; null where none are. */
  readonly trouble = new Signal<string | null>(null);
  private slide: Slide | null = null;
  private tiles = new Map<string, Tile>();
  private tables = new Map<string, { style: OverlayStyle; table: Uint8ClampedArray }>();
  private clock = 0;
  private loading = 0;

  constructor(private view: View, private session: Session) {
    this.canvas = view.addCanvas('layer');
    this.styles.subscribe(() => view.redraw());
    session.overlays.subscribe(() => view.redraw());
    view.addLayer(this);
  }

  open(slide: Slide | null, overlays: readonly OverlayInfo[]): void {
    this.tiles.forEach((tile) => tile.abort.abort());
    this.tiles.clear();
    this.tables.clear();
    this.slide = slide;
    this.trouble.set(null);
    const shown = overlays.filter((o) => o.status === 'ok');
    this.styles.set(Object.fromEntries(shown.map((o) => [o.id, defaultStyle(o)])));
    this.session.overlays.set([...overlays]);
  }

  set(id: string, change: Partial<OverlayStyle>): void {
    this.styles.update((all) => ({ ...all, [id]: { ...all[id], ...change } }));
  }

  private tableOf(info: OverlayInfo, style: OverlayStyle): Uint8ClampedArray {
    const old = this.tables.get(info.id);
    if (old?.style.lut === style.lut && old.style.low === style.low && old.style.high === style.high) {
      return old.table;
    }
    const made = table(style.lut, info.minimum, info.maximum, style.low, style.high);
    this.tables.set(info.id, { style, table: made });
    return made;
  }

  private tile(info: OverlayInfo, level: number, column: number, row: number, load: boolean): Tile | null {
    const key = `${info.id}/${level}/${column}_${row}`;
    const old = this.tiles.get(key);
    if (old) {
      old.used = this.clock;
      return old;
    }
    if (!load || this.loading >= MOST_LOADING || !this.slide) {
      return null;
    }
    const tile: Tile = { state: 'loading', gray: null, width: 0, height: 0, picture: null, made: null, used: this.clock,
                         abort: new AbortController() };
    this.tiles.set(key, tile);
    this.loading += 1;
    void this.fetch(tile, info, level, column, row).finally(() => {
      this.loading -= 1;
      this.view.redraw();
    });
    return tile;
  }

  private async fetch(tile: Tile, info: OverlayInfo, level: number, column: number, row: number): Promise<void> {
    try {
      const blob = await api.overlayTile((this.slide as Slide).id, info, level, column, row, tile.abort.signal);
      Object.assign(tile, await decode(blob), { state: 'ready' });
    } catch (error) {
      tile.state = 'failed';
      if (error instanceof ApiError) {
        this.trouble.set(`${info.name}: ${error.message}`);
      }
    }
  }

  private picture(tile: Tile, colors: Uint8ClampedArray): HTMLCanvasElement | null {
    if (tile.state !== 'ready' || !tile.gray) {
      return null;
    }
    if (tile.made !== colors) {
      const canvas = tile.picture ?? document.createElement('canvas');
      canvas.width = tile.width;
      canvas.height = tile.height;
      const context = canvas.getContext('2d') as CanvasRenderingContext2D;
      const image = context.createImageData(tile.width, tile.height);
      const out = new Uint32Array(image.data.buffer);
      const four = new Uint32Array(colors.buffer);
      for (let i = 0; i < out.length; i++) {
        out[i] = four[tile.gray[i]];
      }
      context.putImageData(image, 0, 0);
      tile.picture = canvas;
      tile.made = colors;
    }
    return tile.picture;
  }

  private trim(): void {
    if (this.tiles.size > MOST_TILES) {
      const old = [...this.tiles.entries()].filter(([, tile]) => tile.used < this.clock && tile.state !== 'loading')
        .sort((a, b) => a[1].used - b[1].used);
      old.slice(0, this.tiles.size - MOST_TILES).forEach(([key]) => this.tiles.delete(key));
    }
  }

  draw(): void {
    const ratio = sizeCanvas(this.canvas, this.view);
    const context = this.canvas.getContext('2d') as CanvasRenderingContext2D;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.clock += 1;
    const styles = this.styles.get();
    for (const info of this.session.overlays.get()) {
      const style = styles[info.id];
      if (this.view.isOpen && style?.visible) {
        this.drawOverlay(context, info, style, ratio);
      }
    }
    this.trim();
  }

  private drawOverlay(context: CanvasRenderingContext2D, info: OverlayInfo, style: OverlayStyle, ratio: number): void {
    const map = this.view.matrix();
    const scale = Math.hypot(map[0], map[3]) * ratio;
    const colors = this.tableOf(info, style);
    // The level whose pixels are just finer than the screen's; drawn over what coarser ones have meanwhile.
    let wanted = 0;
    info.levels.forEach((level, i) => {
      if (level.downsample * info.downsample_to_slide * scale <= 1.01) {
        wanted = i;
      }
    });
    const visible = this.view.visible();
    context.globalAlpha = style.opacity;
    context.imageSmoothingEnabled = style.smooth;
    context.imageSmoothingQuality = 'low';
    const slide = this.slide as Slide;
    const region = { minX: Math.max(visible.minX, 0), minY: Math.max(visible.minY, 0),
                     maxX: Math.min(visible.maxX, slide.width), maxY: Math.min(visible.maxY, slide.height) };
    const level = info.levels[wanted];
    const unit = level.downsample * info.downsample_to_slide;
    const [tw, th] = [level.tile_width * unit, level.tile_height * unit];
    const columns = Math.ceil(level.width / level.tile_width);
    const rows = Math.ceil(level.height / level.tile_height);
    const range = (low: number, high: number, size: number, n: number): [number, number] =>
      [Math.max(0, Math.floor(low / size)), Math.min(n - 1, Math.floor(high / size))];
    const [c0, c1] = range(region.minX, region.maxX, tw, columns);
    const [r0, r1] = range(region.minY, region.maxY, th, rows);
    for (let row = r0; row <= r1; row++) {
      for (let column = c0; column <= c1; column++) {
        const box = [column * tw, row * th, Math.min((column + 1) * tw, info.width * info.downsample_to_slide),
                     Math.min((row + 1) * th, info.height * info.downsample_to_slide)] as const;
        this.drawBest(context, info, colors, wanted, column, row, box, map, ratio);
      }
    }
    context.globalAlpha = 1;
  }

  /** One place of the grid, from its own tile or the part of a coarser one that covers it. */
  private drawBest(context: CanvasRenderingContext2D, info: OverlayInfo, colors: Uint8ClampedArray, wanted: number,
                   column: number, row: number, box: readonly [number, number, number, number],
                   map: readonly number[], ratio: number): void {
    for (let i = wanted; i < info.levels.length; i++) {
      const level = info.levels[i];
      const unit = level.downsample * info.downsample_to_slide;
      const c = i === wanted ? column : Math.floor((box[0] + 0.5) / (level.tile_width * unit));
      const r = i === wanted ? row : Math.floor((box[1] + 0.5) / (level.tile_height * unit));
      const tile = this.tile(info, i, c, r, i === wanted);
      const picture = tile && this.picture(tile, colors);
      if (picture) {
        const [x0, y0] = [box[0] / unit - c * level.tile_width, box[1] / unit - r * level.tile_height];
        const w = Math.min((box[2] - box[0]) / unit, picture.width - x0);
        const h = Math.min((box[3] - box[1]) / unit, picture.height - y0);
        if (w > 0 && h > 0) {
          context.setTransform(map[0] * ratio, map[3] * ratio, map[1] * ratio, map[4] * ratio, map[2] * ratio,
                               map[5] * ratio);
          context.drawImage(picture, x0, y0, w, h, box[0], box[1], w * unit, h * unit);
        }
        return;
      }
    }
  }
}
