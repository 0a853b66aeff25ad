// SPDX-License-Identifier: Apache-2.0
// One window onto one slide: OpenSeadragon draws the tiles, everything else is laid over it with the same map from
// level-0 pixels to the screen. Gestures are our own, so that tools and looking never fight over the pointer.
import OpenSeadragon from 'openseadragon';
import type { Slide } from './api';
import type { Affine, Box, Point } from './geom';
import { Signal } from './signal';
import { tileSource } from './tilesource';

/** Where a view looks: the level-0 pixel in its middle, screen pixels per level-0 pixel, degrees clockwise. */
export interface Place {
  x: number;
  y: number;
  scale: number;
  rotation: number;
}

export interface Layer {
  draw(): void;
}

export type LoadState = 'empty' | 'loading' | 'ready' | 'failed';

/** Whether WebGL is computed by the processor here: then the plain canvas draws tiles faster. */
function rendersInSoftware(): boolean {
  const gl = document.createElement('canvas').getContext('webgl2');
  if (!gl) {
    return true;
  }
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer);
}

let software: boolean | null = null;

/** As rendersInSoftware(), asked once. */
export function isSoftware(): boolean {
  software ??= rendersInSoftware();
  return software;
}

function element(className: string, tag = 'div'): HTMLElement {
  const e = document.createElement(tag);
  e.className = className;
  return e;
}

export class View {
  readonly root = element('view');
  /** Receives all pointer and key events of the view. */
  readonly surface = element('surface');
  readonly osd: OpenSeadragon.Viewer;
  readonly stage = element('stage');
  slide: Slide | null = null;
  /** Counts up whenever the view looks elsewhere. */
  readonly moved = new Signal(0);
  readonly loading = new Signal<LoadState>('empty');
  readonly failedTiles = new Signal(0);
  private layers: Layer[] = [];
  private last = '';
  private frame = 0;
  private still = matchMedia('(prefers-reduced-motion: reduce)');

  constructor(name: string) {
    this.surface.tabIndex = 0;
    this.surface.setAttribute('role', 'application');
    this.surface.setAttribute('aria-label', name);
    this.root.append(this.stage, this.surface);
    this.osd = OpenSeadragon({
      element: this.stage,
      drawer: isSoftware() ? ['canvas'] : ['webgl', 'canvas'],
      showNavigationControl: false,
      showNavigator: false,
      mouseNavEnabled: false,
      keyboardNavEnabled: false,
      tabIndex: '' as unknown as number,
      animationTime: this.still.matches ? 0 : 0.25,
      springStiffness: 8,
      blendTime: 0,
      immediateRender: false,
      visibilityRatio: 0.15,
      minZoomImageRatio: 0.4,
      maxZoomPixelRatio: 32,
      smoothTileEdgesMinZoom: Infinity,
      maxImageCacheCount: 600,
      imageLoaderLimit: 8,
      timeout: 60000,
      tileRetryMax: 1,
      tileRetryDelay: 1500,
      autoResize: true,
      // A window that grows shows more of the slide; it does not magnify it.
      preserveImageSizeOnResize: true,
      silenceMultiImageWarnings: true,
    });
    this.osd.addHandler('update-viewport', () => this.follow());
    this.osd.addHandler('after-resize', () => this.redraw());
    this.osd.addHandler('tile-load-failed', () => this.failedTiles.update((n) => n + 1));
    new ResizeObserver(() => this.redraw()).observe(this.root);
  }

  addLayer(layer: Layer): void {
    this.layers.push(layer);
  }

  /** A canvas below the surface and above what was added before. */
  addCanvas(className: string): HTMLCanvasElement {
    const canvas = element(className, 'canvas') as HTMLCanvasElement;
    canvas.setAttribute('aria-hidden', 'true');
    this.root.insertBefore(canvas, this.surface);
    return canvas;
  }

  /** Shows a slide; resolves once its place can be set. */
  open(slide: Slide): Promise<void> {
    this.slide = slide;
    this.failedTiles.set(0);
    this.loading.set('loading');
    return new Promise((resolve, reject) => {
      this.osd.addOnceHandler('open', () => {
        const image = this.osd.world.getItemAt(0);
        image.addHandler('fully-loaded-change', (event) =>
          this.loading.set((event as { fullyLoaded: boolean }).fullyLoaded ? 'ready' : 'loading'));
        // OpenSeadragon still believes the size it had when it was made, before it stood in the page.
        this.osd.viewport.resize(new OpenSeadragon.Point(this.width, this.height), false);
        this.last = '';
        this.redraw();
        resolve();
      });
      this.osd.addOnceHandler('open-failed', (event) => {
        this.loading.set('failed');
        reject(new Error((event as { message?: string }).message ?? 'the slide could not be shown'));
      });
      this.osd.open({ tileSource: tileSource(slide) });
    });
  }

  close(): void {
    this.slide = null;
    this.osd.close();
    this.loading.set('empty');
    this.redraw();
  }

  get width(): number {
    return this.root.clientWidth;
  }

  get height(): number {
    return this.root.clientHeight;
  }

  get isOpen(): boolean {
    return this.slide !== null && this.osd.world.getItemCount() > 0;
  }

  private follow(): void {
    const p = this.isOpen ? this.place() : null;
    const now = p ? `${p.x} ${p.y} ${p.scale} ${p.rotation} ${this.width} ${this.height}` : '';
    if (now !== this.last) {
      this.last = now;
      cancelAnimationFrame(this.frame);
      this.frame = 0;
      this.layers.forEach((layer) => layer.draw());
      this.moved.update((n) => n + 1);
    }
  }

  /** Draws the layers before the next frame. */
  redraw(): void {
    if (!this.frame) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.layers.forEach((layer) => layer.draw());
      });
    }
  }

  /** Draws the layers at once, for a picture. */
  drawNow(): void {
    this.layers.forEach((layer) => layer.draw());
  }

  // --- Places ---

  place(goal = false): Place {
    const v = this.osd.viewport;
    const width = (this.slide as Slide).width;
    const center = v.getCenter(!goal);
    return {
      x: center.x * width, y: center.y * width,
      scale: (v.getZoom(!goal) * v.getContainerSize().x) / width,
      rotation: ((v.getRotation(!goal) % 360) + 360) % 360,
    };
  }

  go(place: Partial<Place>, immediately = false): void {
    if (!this.isOpen) {
      return;
    }
    const v = this.osd.viewport;
    const width = (this.slide as Slide).width;
    if (place.rotation !== undefined) {
      v.setRotation(place.rotation, immediately);
    }
    if (place.scale !== undefined) {
      const zoom = (place.scale * width) / v.getContainerSize().x;
      v.zoomTo(Math.min(Math.max(zoom, v.getMinZoom()), v.getMaxZoom()), undefined, immediately);
    }
    if (place.x !== undefined && place.y !== undefined) {
      v.panTo(new OpenSeadragon.Point(place.x / width, place.y / width), immediately);
    }
    this.osd.forceRedraw();
  }

  /** The map from level-0 pixels to CSS pixels of the view. */
  matrix(): Affine {
    const p = this.place();
    const angle = (p.rotation * Math.PI) / 180;
    const [a, d] = [p.scale * Math.cos(angle), p.scale * Math.sin(angle)];
    return [a, -d, this.width / 2 - a * p.x + d * p.y, d, a, this.height / 2 - d * p.x - a * p.y];
  }

  toScreen(p: Point): Point {
    const m = this.matrix();
    return { x: m[0] * p.x + m[1] * p.y + m[2], y: m[3] * p.x + m[4] * p.y + m[5] };
  }

  toSlide(x: number, y: number): Point {
    const p = this.place();
    const angle = (-p.rotation * Math.PI) / 180;
    const dx = (x - this.width / 2) / p.scale;
    const dy = (y - this.height / 2) / p.scale;
    return { x: p.x + dx * Math.cos(angle) - dy * Math.sin(angle), y: p.y + dx * Math.sin(angle) + dy * Math.cos(angle) };
  }

  /** What of the slide can be seen, as a box in level-0 pixels. */
  visible(): Box {
    const corners = [this.toSlide(0, 0), this.toSlide(this.width, 0), this.toSlide(0, this.height),
                     this.toSlide(this.width, this.height)];
    const xs = corners.map((c) => c.x);
    const ys = corners.map((c) => c.y);
    return { minX: Math.min(...xs), minY: Math.min(...ys), maxX: Math.max(...xs), maxY: Math.max(...ys) };
  }

  // --- Moving ---

  panBy(dx: number, dy: number, immediately = true): void {
    if (this.isOpen) {
      const v = this.osd.viewport;
      v.panBy(v.deltaPointsFromPixels(new OpenSeadragon.Point(-dx, -dy), true), immediately);
    }
  }

  /** Keeps a part of the slide in view after a drag. */
  settle(): void {
    if (this.isOpen) {
      this.osd.viewport.applyConstraints();
    }
  }

  /** Zooms so that what is at (x, y) of the view stays there. */
  zoomBy(factor: number, x = this.width / 2, y = this.height / 2, immediately = false): void {
    if (!this.isOpen) {
      return;
    }
    const v = this.osd.viewport;
    const zoom = Math.min(Math.max(v.getZoom() * factor, v.getMinZoom()), v.getMaxZoom());
    v.zoomTo(zoom, v.pointFromPixel(new OpenSeadragon.Point(x, y), true), immediately);
  }

  /** All of the slide, or of a box in level-0 pixels with a margin around it. */
  fit(box?: Box, immediately = false): void {
    if (!this.isOpen) {
      return;
    }
    const slide = this.slide as Slide;
    const b = box ?? { minX: 0, minY: 0, maxX: slide.width, maxY: slide.height };
    const angle = (this.place(true).rotation * Math.PI) / 180;
    const [c, s] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
    const w = Math.max(b.maxX - b.minX, 1);
    const h = Math.max(b.maxY - b.minY, 1);
    const margin = box ? 1.35 : 1.04;
    const fitted = Math.min(this.width / ((w * c + h * s) * margin), this.height / ((w * s + h * c) * margin));
    const scale = box ? Math.min(fitted, 4) : fitted;
    this.go({ x: (b.minX + b.maxX) / 2, y: (b.minY + b.maxY) / 2, scale }, immediately);
  }

  /** Micrometres a screen pixel; null without spacing. */
  umPerPixel(goal = false): number | null {
    const spacing = this.slide?.spacing_um;
    return spacing && this.isOpen ? Math.sqrt(spacing[0] * spacing[1]) / this.place(goal).scale : null;
  }
}

/** Gives a canvas the size of its view in device pixels and clears it; the factor from CSS pixels. */
export function sizeCanvas(canvas: HTMLCanvasElement, view: View): number {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(view.width * ratio);
  const height = Math.round(view.height * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  return ratio;
}
