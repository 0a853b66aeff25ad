// SPDX-License-Identifier: Apache-2.0
// The whole slide in a corner: where the view is, and how closely each place has been looked at so far.
import { api, type Slide } from './api';
import type { Session } from './session';
import type { Layer, View } from './view';

const LONGEST = 200;
/** Coverage is kept in cells of this many pixels of the map. */
const CELL = 2;
/** Shades of what was seen, from 5x on, from 10x on and from 20x on; without spacing by screen pixels a pixel. */
const STEPS = [5, 10, 20];

export class Minimap implements Layer {
  readonly element = document.createElement('div');
  private canvas = document.createElement('canvas');
  private picture: HTMLImageElement | null = null;
  private width = 0;
  private height = 0;
  private columns = 0;
  private seen = new Uint8Array(0);

  constructor(private view: View, private session: Session) {
    this.element.className = 'minimap';
    this.element.setAttribute('role', 'img');
    this.element.setAttribute('aria-label', 'Map of the slide');
    this.element.append(this.canvas);
    view.root.append(this.element);
    const go = (e: PointerEvent): void => {
      const box = this.canvas.getBoundingClientRect();
      const slide = this.view.slide;
      if (slide) {
        this.view.go({ x: ((e.clientX - box.left) / box.width) * slide.width,
                       y: ((e.clientY - box.top) / box.height) * slide.height });
      }
    };
    this.canvas.addEventListener('pointerdown', (e) => {
      this.canvas.setPointerCapture(e.pointerId);
      go(e);
    });
    this.canvas.addEventListener('pointermove', (e) => {
      if (e.buttons & 1) {
        go(e);
      }
    });
    for (const signal of [session.showMinimap, session.showCoverage]) {
      signal.subscribe(() => view.redraw());
    }
    view.addLayer(this);
  }

  open(slide: Slide): void {
    const scale = LONGEST / Math.max(slide.width, slide.height);
    this.width = Math.max(Math.round(slide.width * scale), 12);
    this.height = Math.max(Math.round(slide.height * scale), 12);
    this.columns = Math.ceil(this.width / CELL);
    this.seen = new Uint8Array(this.columns * Math.ceil(this.height / CELL));
    const picture = new Image();
    picture.addEventListener('load', () => this.view.redraw());
    picture.src = api.thumbnailUrl(slide.id, 512);
    this.picture = picture;
  }

  /** Share of the slide seen at 10x or more; cells of background count as any other. */
  get coverage(): number {
    return this.seen.length ? this.seen.reduce((n, v) => n + (v >= 2 ? 1 : 0), 0) / this.seen.length : 0;
  }

  private note(slide: Slide): void {
    const um = this.view.umPerPixel();
    const power = um === null ? this.view.place().scale * 40 : 10 / um;
    const step = STEPS.filter((limit) => power >= limit * 0.9).length;
    if (!step) {
      return;
    }
    const cell = { x: (slide.width / this.width) * CELL, y: (slide.height / this.height) * CELL };
    const box = this.view.visible();
    const rows = this.seen.length / this.columns;
    const to = (v: number, n: number): number => Math.min(Math.max(v, 0), n - 1);
    for (let r = to(Math.floor(box.minY / cell.y), rows); r <= to(Math.floor(box.maxY / cell.y), rows); r++) {
      for (let c = to(Math.floor(box.minX / cell.x), this.columns); c <= to(Math.floor(box.maxX / cell.x), this.columns); c++) {
        const s = this.view.toScreen({ x: (c + 0.5) * cell.x, y: (r + 0.5) * cell.y });
        const i = r * this.columns + c;
        if (s.x >= -8 && s.y >= -8 && s.x <= this.view.width + 8 && s.y <= this.view.height + 8 && this.seen[i] < step) {
          this.seen[i] = step;
        }
      }
    }
  }

  draw(): void {
    const slide = this.view.slide;
    const shown = this.session.showMinimap.get() && this.view.isOpen && slide !== null;
    this.element.hidden = !shown;
    if (!shown) {
      return;
    }
    this.note(slide);
    const ratio = window.devicePixelRatio || 1;
    if (this.canvas.width !== this.width * ratio || this.canvas.height !== this.height * ratio) {
      this.canvas.width = this.width * ratio;
      this.canvas.height = this.height * ratio;
      this.canvas.style.width = `${this.width}px`;
      this.canvas.style.height = `${this.height}px`;
    }
    const context = this.canvas.getContext('2d') as CanvasRenderingContext2D;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = '#f2f2f2';
    context.fillRect(0, 0, this.width, this.height);
    if (this.picture?.complete && this.picture.naturalWidth) {
      context.drawImage(this.picture, 0, 0, this.width, this.height);
    }
    if (this.session.showCoverage.get()) {
      for (let i = 0; i < this.seen.length; i++) {
        if (this.seen[i]) {
          context.fillStyle = `rgba(0,114,178,${0.12 + 0.1 * this.seen[i]})`;
          context.fillRect((i % this.columns) * CELL, Math.floor(i / this.columns) * CELL, CELL, CELL);
        }
      }
    }
    const corners = [[0, 0], [this.view.width, 0], [this.view.width, this.view.height], [0, this.view.height]]
      .map(([x, y]) => this.view.toSlide(x, y))
      .map((p) => [(p.x / slide.width) * this.width, (p.y / slide.height) * this.height]);
    const middle = [(corners[0][0] + corners[2][0]) / 2, (corners[0][1] + corners[2][1]) / 2];
    const small = Math.hypot(corners[1][0] - corners[0][0], corners[1][1] - corners[0][1]) < 6;
    for (const [ink, width] of [['rgba(255,255,255,0.9)', 3.5], ['#c62828', 1.5]] as const) {
      context.strokeStyle = ink;
      context.lineWidth = width;
      context.beginPath();
      corners.forEach(([x, y], i) => (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
      context.closePath();
      if (small) {
        context.moveTo(middle[0] - 8, middle[1]);
        context.lineTo(middle[0] + 8, middle[1]);
        context.moveTo(middle[0], middle[1] - 8);
        context.lineTo(middle[0], middle[1] + 8);
      }
      context.stroke();
    }
  }
}
