// SPDX-License-Identifier: Apache-2.0
// The annotations over a view: fills below, outlines above them, names, and on top what is selected and the tool's own
// marks. Redrawn only when the view moves or something changed.
import type { Item } from './document';
import { type Affine, type Box, type Ring, compose, hasArea, thin } from './geom';
import { drawItems } from './layer_canvas';
import { GlRenderer, type Style } from './layer_gl';
import type { Session } from './session';
import { boxOf, outlineOf } from './shapes';
import { isSoftware, sizeCanvas, type Layer, type View } from './view';

/** More selected shapes than this are only drawn in another colour. */
const MOST_SELECTED = 64;
const MOST_NAMES = 400;
const HANDLE_GAP = 6;
/** Without a graphics card the canvas draws up to so many shapes, with rims; more are plain lines by WebGL. */
const FEW = 60;

export type Painter = (context: CanvasRenderingContext2D, map: Affine) => void;

const parsed = new Map<string, readonly [number, number, number]>();

function rgb(color: string): readonly [number, number, number] {
  let value = parsed.get(color);
  if (!value) {
    const n = /^#[0-9a-f]{6}$/i.test(color) ? parseInt(color.slice(1), 16) : 0xf4fa58;
    value = [n >> 16, (n >> 8) & 255, n & 255];
    parsed.set(color, value);
  }
  return value;
}

export class AnnotationLayer implements Layer {
  private fills: HTMLCanvasElement;
  private mass: HTMLCanvasElement;
  private marks: HTMLCanvasElement;
  private gl: GlRenderer | null = null;
  private massDrawn = false;
  /** The tool's own marks; drawn in CSS pixels over everything. */
  painter: Painter | null = null;
  /** A state of a selected item that is being dragged, not yet in the document. */
  draft: Item | null = null;

  /** `onto`: from the document's slide to the view's, where they differ. */
  constructor(readonly view: View, readonly session: Session, private onto: () => Affine | null) {
    this.fills = view.addCanvas('layer');
    this.mass = view.addCanvas('layer');
    this.marks = view.addCanvas('layer');
    try {
      this.gl = new GlRenderer(this.mass, session.document, (item) => this.massStyle(item), () => this.fallBack());
    } catch {
      this.fallBack();
    }
    session.document.watch((touched) => {
      this.gl?.update(touched.items);
      if (touched.groups.size) {
        this.gl?.restyle();
      }
      view.redraw();
    });
    const restyle = (): void => {
      this.gl?.restyle();
      view.redraw();
    };
    for (const signal of [session.hidden, session.showAnnotations, session.selection]) {
      (signal as { subscribe(f: () => void): unknown }).subscribe(restyle);
    }
    for (const signal of [session.showNames, session.showFill, session.crosshair, session.locked]) {
      (signal as { subscribe(f: () => void): unknown }).subscribe(() => view.redraw());
    }
    view.addLayer(this);
  }

  /** Without WebGL2, or when its context goes: a fresh canvas, drawn in two dimensions. */
  private fallBack(): void {
    this.gl = null;
    const canvas = document.createElement('canvas');
    canvas.className = 'layer';
    canvas.setAttribute('aria-hidden', 'true');
    this.mass.replaceWith(canvas);
    this.mass = canvas;
    this.view.redraw();
  }

  private style(item: Item): Style {
    return this.session.isVisible(item) ? [...rgb(this.session.document.colorOf(item)), 255] as const as Style
                                        : [0, 0, 0, 0];
  }

  private get drawsSelection(): boolean {
    return this.session.selection.get().size <= MOST_SELECTED;
  }

  /** Selected shapes are drawn above, so the mass leaves them out; very many are drawn white among the others. */
  private massStyle(item: Item): Style {
    if (this.session.selection.get().has(item.id)) {
      return this.drawsSelection || !this.session.isVisible(item) ? [0, 0, 0, 0] : [255, 255, 255, 255];
    }
    return this.style(item);
  }

  /** The canvases from the lowest to the highest, for a picture of the view. */
  get canvases(): readonly HTMLCanvasElement[] {
    return [this.fills, this.mass, this.marks];
  }

  /** From level-0 pixels of the document's slide to CSS pixels of the view. */
  map(): Affine {
    const onto = this.onto();
    const map = this.view.matrix();
    return onto ? compose(map, onto) : map;
  }

  private visibleBox(map: Affine): Box {
    const det = map[0] * map[4] - map[1] * map[3];
    const xs: number[] = [];
    const ys: number[] = [];
    for (const [sx, sy] of [[-8, -8], [this.view.width + 8, -8], [-8, this.view.height + 8],
                            [this.view.width + 8, this.view.height + 8]]) {
      const [dx, dy] = [sx - map[2], sy - map[5]];
      xs.push((map[4] * dx - map[1] * dy) / det);
      ys.push((map[0] * dy - map[3] * dx) / det);
    }
    return { minX: Math.min(...xs), minY: Math.min(...ys), maxX: Math.max(...xs), maxY: Math.max(...ys) };
  }

  /** What can be seen, where it is so little that the canvas draws it well; null where it is more. */
  private few(visible: Box): Item[] | null {
    const ids = this.session.index.search(visible);
    const items: Item[] = [];
    let points = 0;
    for (const id of ids.length > FEW ? [] : ids) {
      const item = this.session.document.item(id) as Item;
      points += item.rings.reduce((sum, ring) => sum + ring.length / 2, 0);
      if (this.session.isVisible(item)) {
        items.push(item);
      }
    }
    return ids.length > FEW || points > FEW * 20 ? null : items;
  }

  draw(): void {
    const { view, session } = this;
    const ratio = sizeCanvas(this.fills, view);
    sizeCanvas(this.mass, view);
    sizeCanvas(this.marks, view);
    const fills = this.fills.getContext('2d') as CanvasRenderingContext2D;
    const marks = this.marks.getContext('2d') as CanvasRenderingContext2D;
    fills.setTransform(1, 0, 0, 1, 0, 0);
    fills.clearRect(0, 0, this.fills.width, this.fills.height);
    marks.setTransform(1, 0, 0, 1, 0, 0);
    marks.clearRect(0, 0, this.marks.width, this.marks.height);
    const plain = this.gl ? null : (this.mass.getContext('2d') as CanvasRenderingContext2D);
    plain?.clearRect(0, 0, this.mass.width, this.mass.height);
    if (!view.isOpen) {
      this.gl?.draw([1, 0, 0, 0, 1, 0], { minX: 1, minY: 1, maxX: 0, maxY: 0 }, 1, 1, 1);
      return;
    }
    const map = this.map();
    const visible = this.visibleBox(map);
    const inView = (): Item[] => session.index.search(visible)
      .map((id) => session.document.item(id) as Item).filter((item) => session.isVisible(item));
    if (session.showFill.get() && session.showAnnotations.get()) {
      drawItems(fills, inView(), (item) => this.style(item), map, ratio, { cover: 0.28, lines: false, width: 2 });
    }
    const few = this.gl && isSoftware() ? this.few(visible) : null;
    if (this.gl && few === null) {
      this.gl.draw(map, visible, view.width, view.height, ratio);
      this.massDrawn = true;
    } else if (few !== null) {
      if (this.massDrawn) {
        this.gl?.draw(map, { minX: 1, minY: 1, maxX: 0, maxY: 0 }, view.width, view.height, ratio);
        this.massDrawn = false;
      }
      drawItems(fills, few, (item) => this.massStyle(item), map, ratio, { cover: 0, lines: true, width: 2 });
    } else if (plain) {
      drawItems(plain, inView(), (item) => this.massStyle(item), map, ratio, { cover: 0, lines: true, width: 2 });
    }
    const selected = this.drawsSelection ? session.selected.filter((item) => session.isVisible(item)) : [];
    const now = selected.map((item) => (this.draft?.id === item.id ? this.draft : item));
    drawItems(marks, now, (item) => this.style(item), map, ratio, { cover: 0.1, lines: true, width: 3 });
    marks.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (session.showNames.get() && session.showAnnotations.get()) {
      this.drawNames(marks, inView(), map);
    }
    if (now.length === 1 && session.tool.get() === 'select') {
      this.drawHandles(marks, now[0], map);
    }
    this.painter?.(marks, map);
    if (session.crosshair.get()) {
      this.drawCrosshair(marks);
    }
  }

  private drawNames(context: CanvasRenderingContext2D, items: readonly Item[], map: Affine): void {
    context.font = '12px system-ui, sans-serif';
    context.textBaseline = 'bottom';
    context.lineJoin = 'round';
    for (const item of items.slice(0, MOST_NAMES)) {
      const box = boxOf(item);
      const group = this.session.document.group(item.group);
      const text = group ? `${item.name} · ${group.name}` : item.name;
      if (!box || !text || (box.maxX - box.minX) * Math.hypot(map[0], map[3]) < 24 && hasArea(item.type)) {
        continue;
      }
      const ring = outlineOf(item)[0];
      let top = 0;
      for (let i = 2; i + 1 < ring.length; i += 2) {
        const y = (k: number): number => map[3] * ring[k] + map[4] * ring[k + 1];
        if (y(i) < y(top)) top = i;
      }
      const x = map[0] * ring[top] + map[1] * ring[top + 1] + map[2] + 6;
      const y = map[3] * ring[top] + map[4] * ring[top + 1] + map[5] - 4;
      context.lineWidth = 3;
      context.strokeStyle = 'rgba(12,12,12,0.75)';
      context.strokeText(text, x, y);
      context.fillStyle = this.session.document.colorOf(item);
      context.fillText(text, x, y);
    }
  }

  /** Handles of the vertices in view, none nearer to the last one than can be told apart. */
  private drawHandles(context: CanvasRenderingContext2D, item: Item, map: Affine): void {
    if (this.session.isLocked(item)) {
      return;
    }
    const scale = Math.hypot(map[0], map[3]);
    context.fillStyle = '#ffffff';
    context.strokeStyle = '#101010';
    context.lineWidth = 1;
    const gap = HANDLE_GAP / scale;
    item.rings.forEach((whole: Ring) => {
      const ring = whole.length > 64 ? thin(whole, gap) : whole;
      for (let i = 0; i + 1 < ring.length; i += 2) {
        const x = map[0] * ring[i] + map[1] * ring[i + 1] + map[2];
        const y = map[3] * ring[i] + map[4] * ring[i + 1] + map[5];
        if (x > -4 && y > -4 && x < this.view.width + 4 && y < this.view.height + 4) {
          context.fillRect(x - 3, y - 3, 6, 6);
          context.strokeRect(x - 3.5, y - 3.5, 7, 7);
        }
      }
    });
  }

  private drawCrosshair(context: CanvasRenderingContext2D): void {
    const x = Math.round(this.view.width / 2) + 0.5;
    const y = Math.round(this.view.height / 2) + 0.5;
    for (const [ink, width] of [['rgba(12,12,12,0.7)', 3], ['#ffffff', 1]] as const) {
      context.strokeStyle = ink;
      context.lineWidth = width;
      context.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(x + dx * 5, y + dy * 5);
        context.lineTo(x + dx * 18, y + dy * 18);
      }
      context.stroke();
    }
  }
}
