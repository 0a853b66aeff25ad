// SPDX-License-Identifier: Apache-2.0
// Everything put together: which slide is open, which tool holds the pointer, the address that leads back here.
import { api, ApiError, type PixelValue, type Slide } from './api';
import { groupFromWire, itemFromWire, newId } from './document';
import { adjustment, applyAdjustment } from './filters';
import { Gestures } from './gestures';
import { AnnotationLayer } from './layer';
import { OverlayLayer } from './layer_overlay';
import { Minimap } from './minimap';
import { PairView } from './pair';
import { Saver } from './save';
import { ScaleBar } from './scalebar';
import { Session, type ToolId } from './session';
import { boxOf } from './shapes';
import { Signal } from './signal';
import { download, slidePixels } from './snapshot';
import { EllipseTool, PointsTool, PointTool, PolygonTool, RectangleTool, RulerTool, SplineTool } from './tools/draw';
import { BrushTool, WandTool } from './tools/paint';
import { PanTool, SelectTool } from './tools/select';
import type { Pointer, Tool } from './tools/tool';
import { type Box, around, type Point } from './geom';

export interface Readout {
  p: Point;
  pixel: PixelValue | null;
}

/** What the part of the address after # says. */
function readAddress(): Map<string, string> {
  return new Map(new URLSearchParams(location.hash.slice(1)));
}

export class App {
  readonly session = new Session();
  readonly stage = document.createElement('div');
  readonly overlays: OverlayLayer;
  readonly layer: AnnotationLayer;
  readonly gestures: Gestures;
  readonly minimap: Minimap;
  readonly saver: Saver;
  readonly pair: PairView;
  readonly readout = new Signal<Readout | null>(null);
  private tools: Record<ToolId, Tool>;
  private pixelTimer = 0;
  private pixelRequest: AbortController | null = null;
  private addressTimer = 0;
  private opening = 0;
  private visible: Record<string, boolean> = {};

  constructor() {
    const { session, stage } = this;
    const view = session.view;
    stage.className = 'views';
    stage.append(view.root);
    this.overlays = new OverlayLayer(view, session);
    this.layer = new AnnotationLayer(view, session, () => null);
    const host = { session, view, layer: this.layer };
    this.tools = {
      pan: new PanTool(host), select: new SelectTool(host), point: new PointTool(host), points: new PointsTool(host),
      polygon: new PolygonTool(host), spline: new SplineTool(host), rectangle: new RectangleTool(host),
      ellipse: new EllipseTool(host), ruler: new RulerTool(host), brush: new BrushTool(host),
      wand: new WandTool(host, (x, y, w, h) => slidePixels(view, x, y, w, h)),
    };
    this.gestures = new Gestures(view, {
      tool: () => this.tool, scrollPans: () => session.scrollPans.get(), hover: (at) => this.hover(at),
    });
    this.minimap = new Minimap(view, session);
    new ScaleBar(view, session);
    this.saver = new Saver(session);
    this.pair = new PairView(session, stage);
    this.layer.painter = (context, map) => {
      this.tool.paint(context, map);
      this.pair.paintLandmarks(context, view, 1);
    };
    let before = session.tool.get();
    session.tool.subscribe((tool) => {
      this.tools[before].cancel();
      before = tool;
      this.gestures.updateCursor();
      view.redraw();
    });
    session.brush.subscribe(() => view.redraw());
    view.moved.subscribe(() => {
      if (session.crosshair.get()) {
        this.gestures.followMiddle();
      }
      clearTimeout(this.addressTimer);
      this.addressTimer = window.setTimeout(() => this.writeAddress(), 250);
    });
    session.selection.subscribe(() => this.writeAddress());
    const adjust = (): void => {
      for (const v of [view, this.pair.second]) {
        if (v) {
          v.stage.style.filter = applyAdjustment(adjustment.get());
        }
      }
    };
    adjustment.subscribe(adjust);
    this.pair.state.subscribe(adjust);
    session.theme.subscribe((theme) => {
      document.documentElement.dataset.theme = theme;
    });
    document.documentElement.dataset.theme = session.theme.get();
    this.gestures.updateCursor();
    adjust();
  }

  get tool(): Tool {
    return this.tools[this.session.tool.get()];
  }

  get selectTool(): SelectTool {
    return this.tools.select as SelectTool;
  }

  // --- Start ---

  async start(): Promise<void> {
    const { session } = this;
    const address = readAddress();
    const token = address.get('t');
    try {
      if (token) {
        await api.signIn(token);
        // The token is in the cookie now; it need not stay where it is seen and copied.
        address.delete('t');
        history.replaceState(null, '', `${location.pathname}#${new URLSearchParams([...address])}`);
      }
      await this.readSlides();
    } catch (error) {
      session.stageMessage.set(this.explain(error as Error));
      return;
    }
    const slides = session.slides.get();
    if (!slides.length) {
      session.stageMessage.set('No slides here. Start nodal view with a slide or a folder of slides.');
      return;
    }
    const wanted = address.get('s');
    const first = slides.find((s) => s.id === wanted) ?? slides.find((s) => s.status !== 'unreadable') ?? slides[0];
    await this.open(first.id, first.id === wanted ? address : undefined);
    window.addEventListener('hashchange', () => void this.followAddress());
  }

  private explain(error: Error): string {
    if (error instanceof ApiError && error.status === 401) {
      return 'This page needs the key that nodal view printed: open the whole address, with what follows #t=.';
    }
    return error.message;
  }

  async readSlides(): Promise<void> {
    const answer = await api.slides();
    this.session.slides.set(answer.slides);
    this.session.readOnly.set(answer.read_only);
    if (answer.slides.some((s) => s.status === 'pending')) {
      setTimeout(() => void this.readSlides().catch(() => undefined), 700);
    }
  }

  // --- Slides ---

  async open(id: string, address?: Map<string, string>): Promise<void> {
    const { session } = this;
    const turn = ++this.opening;
    this.tool.cancel();
    try {
      await this.saver.close();
      this.pair.close();
      this.overlays.open(null, []);
      session.view.close();
      session.slide.set(null);
      session.stageMessage.set('Opening…');
      const slide = await api.slide(id);
      if (turn !== this.opening) {
        return;
      }
      session.slides.update((all) => all.map((s) => (s.id === id ? { ...s, status: slide.status,
        width: slide.width, height: slide.height, spacing_um: slide.spacing_um, format: slide.format } : s)));
      if (slide.status !== 'ok') {
        session.stageMessage.set(`${slide.name} cannot be opened: ${slide.message ?? 'the reason is not known'}`);
        return;
      }
      session.slide.set(slide);
      document.title = `${slide.name} - nodal`;
      await session.view.open(slide);
      if (turn !== this.opening) {
        return;
      }
      session.stageMessage.set(null);
      this.minimap.open(slide);
      if (address?.has('x')) {
        this.goTo(address, slide);
      } else {
        session.view.fit(undefined, true);
      }
      await Promise.all([this.loadAnnotations(id), this.loadOverlays(slide)]);
      if (turn !== this.opening) {
        return;
      }
      if (address) {
        this.restoreLayers(address);
      }
      const beside = address?.get('p') ?? slide.pair;
      if (beside && session.slides.get().some((s) => s.id === beside)) {
        await this.pair.open(beside);
      }
      this.writeAddress();
    } catch (error) {
      if (turn === this.opening) {
        session.stageMessage.set(this.explain(error as Error));
      }
    }
  }

  private async loadAnnotations(id: string): Promise<void> {
    try {
      await this.saver.open(id);
    } catch (error) {
      this.session.saveState.set({ state: 'failed', words: `Annotations: ${(error as Error).message}` });
      this.session.say(`Annotations: ${(error as Error).message}`, true);
    }
  }

  private async loadOverlays(slide: Slide): Promise<void> {
    try {
      const overlays = await api.overlays(slide.id);
      this.overlays.open(slide, overlays);
      const bad = overlays.find((o) => o.status !== 'ok');
      if (bad) {
        this.session.say(`${bad.name}: ${bad.message ?? 'cannot be shown'}`, true);
      }
    } catch (error) {
      this.session.say(`Overlays: ${(error as Error).message}`, true);
    }
  }

  step(by: number): void {
    const slides = this.session.slides.get();
    const at = slides.findIndex((s) => s.id === this.session.slide.get()?.id);
    const next = slides[at + by];
    if (next) {
      void this.open(next.id);
    } else {
      this.session.say(by > 0 ? 'This is the last slide.' : 'This is the first slide.');
    }
  }

  // --- The address ---

  private goTo(address: Map<string, string>, slide: Slide): void {
    const number = (key: string): number | undefined => {
      const value = Number(address.get(key));
      return address.has(key) && Number.isFinite(value) ? value : undefined;
    };
    const um = number('mpp');
    const [x, y, rotation] = [number('x'), number('y'), number('rot')];
    const unit = slide.spacing_um ? Math.sqrt(slide.spacing_um[0] * slide.spacing_um[1]) : 1;
    this.session.view.go({ rotation: rotation ?? 0, ...(um && um > 0 ? { scale: unit / um } : {}),
                           ...(x !== undefined && y !== undefined ? { x, y } : {}) }, true);
  }

  /** Layers by letters: a annotations, n names, f fill, and o with the places of the overlays that are shown. */
  private restoreLayers(address: Map<string, string>): void {
    const { session } = this;
    const layers = address.get('l');
    if (layers !== undefined) {
      session.showAnnotations.set(layers.includes('a'));
      session.showNames.set(layers.includes('n'));
      session.showFill.set(layers.includes('f'));
      const shown = new Set((layers.split('o')[1] ?? '').split('.').map(Number));
      session.overlays.get().forEach((o, i) => {
        if (this.overlays.styles.get()[o.id]) {
          this.overlays.set(o.id, { visible: shown.has(i + 1) });
        }
      });
    }
    const item = address.get('a');
    if (item && session.document.item(item)) {
      session.select([item]);
    }
  }

  private async followAddress(): Promise<void> {
    const address = readAddress();
    const slide = this.session.slide.get();
    const id = address.get('s');
    if (id && id !== slide?.id && this.session.slides.get().some((s) => s.id === id)) {
      await this.open(id, address);
    } else if (slide && id === slide.id) {
      this.goTo(address, slide);
      this.restoreLayers(address);
    }
  }

  /** The address that leads back to what is seen now. */
  address(): string {
    const { session } = this;
    const slide = session.slide.get();
    if (!slide || !session.view.isOpen) {
      return location.hash;
    }
    const p = session.view.place(true);
    const unit = slide.spacing_um ? Math.sqrt(slide.spacing_um[0] * slide.spacing_um[1]) : 1;
    const styles = this.overlays.styles.get();
    const shown = session.overlays.get().map((o, i) => (styles[o.id]?.visible ? i + 1 : 0)).filter((n) => n);
    const layers = (session.showAnnotations.get() ? 'a' : '') + (session.showNames.get() ? 'n' : '') +
      (session.showFill.get() ? 'f' : '') + (shown.length ? `o${shown.join('.')}` : '');
    const query = new URLSearchParams({
      s: slide.id, x: p.x.toFixed(1), y: p.y.toFixed(1), mpp: Number((unit / p.scale).toPrecision(6)).toString(),
      ...(p.rotation ? { rot: String(Math.round(p.rotation * 100) / 100) } : {}), l: layers,
    });
    const [selected] = session.selection.get();
    if (session.selection.get().size === 1 && !selected.startsWith('n')) {
      query.set('a', selected);
    }
    const second = this.pair.state.get();
    if (second) {
      query.set('p', second.slide.id);
    }
    return `#${query}`;
  }

  private writeAddress(): void {
    if (this.session.slide.get() && this.session.view.isOpen) {
      history.replaceState(null, '', location.pathname + this.address());
    }
  }

  // --- Under the pointer ---

  private hover(at: Pointer | null): void {
    const slide = this.session.slide.get();
    clearTimeout(this.pixelTimer);
    this.pixelRequest?.abort();
    if (!at || !slide) {
      this.readout.set(null);
      return;
    }
    const inside = at.p.x >= 0 && at.p.y >= 0 && at.p.x < slide.width && at.p.y < slide.height;
    this.readout.set({ p: at.p, pixel: null });
    if (inside) {
      this.pixelTimer = window.setTimeout(() => void this.readPixel(slide.id, at.p), 120);
    }
  }

  private async readPixel(id: string, p: Point): Promise<void> {
    this.pixelRequest = new AbortController();
    try {
      const pixel = await api.pixel(id, p.x, p.y, this.pixelRequest.signal);
      if (this.readout.get()?.p === p) {
        this.readout.set({ p, pixel });
      }
    } catch {
      // A value that does not come leaves the place without one.
    }
  }

  // --- Annotations ---

  zoomTo(ids: Iterable<string>): void {
    let box: Box | null = null;
    for (const id of ids) {
      const item = this.session.document.item(id);
      const own = item && boxOf(item);
      box = own ? around(box, own) : box;
    }
    if (box) {
      this.session.view.fit(box);
    }
  }

  /** Adds what a file holds as edits, so that they can be undone. */
  async importFile(file: File): Promise<void> {
    const { session } = this;
    const slide = session.slide.get();
    if (!slide || !session.mayChange([])) {
      return;
    }
    try {
      const read = await api.importAnnotations(slide.id, file);
      const ids = new Map<string | null, string | null>([[null, null]]);
      [...read.groups, ...read.items].forEach((entity) => ids.set(entity.id, newId()));
      const existing = new Map([...session.document.groups.values()].filter((g) => !g.parent).map((g) => [g.name, g.id]));
      session.document.edit(`import ${file.name}`, () => {
        for (const wire of read.groups) {
          const same = wire.parent === null ? existing.get(wire.name) : undefined;
          if (same) {
            ids.set(wire.id, same);
          } else {
            session.document.addGroup({ ...groupFromWire(wire), id: ids.get(wire.id) as string,
                                        parent: ids.get(wire.parent ?? null) ?? null });
          }
        }
        for (const wire of read.items) {
          session.document.addItem({ ...itemFromWire(wire), id: ids.get(wire.id) as string,
                                     group: ids.get(wire.group ?? null) ?? null });
        }
      });
      session.select(read.items.map((wire) => ids.get(wire.id) as string));
      session.say(`${read.items.length} annotations read from ${file.name}.` +
                  (read.warnings.length ? ` ${read.warnings[0]}` : ''), read.warnings.length > 0);
    } catch (error) {
      session.say(`${file.name}: ${(error as Error).message}`, true);
    }
  }

  async exportAs(format: string, extension: string): Promise<void> {
    const slide = this.session.slide.get();
    if (!slide) {
      return;
    }
    try {
      await this.saver.flush();
      const { blob, warnings } = await api.exportAnnotations(slide.id, format);
      download(blob, `${slide.name.replace(/\.[^.]+$/, '')}.${extension}`);
      if (warnings.length) {
        this.session.say(`${warnings[0]}${warnings.length > 1 ? ` (and ${warnings.length - 1} more)` : ''}`, true);
      }
    } catch (error) {
      this.session.say(`Not exported: ${(error as Error).message}`, true);
    }
  }

  // --- Overlays ---

  /** Shows or hides the overlays that `which` names; what was hidden comes back as it was. */
  toggleOverlays(which: (kind: string, index: number, count: number) => boolean): void {
    const all = this.session.overlays.get().filter((o) => this.overlays.styles.get()[o.id]);
    const chosen = all.filter((o, i) => which(o.kind, i, all.length));
    if (!chosen.length) {
      this.session.say('There is no such overlay on this slide.');
      return;
    }
    const styles = this.overlays.styles.get();
    const show = !chosen.some((o) => styles[o.id].visible);
    chosen.forEach((o) => {
      if (!show) {
        this.visible[o.id] = styles[o.id].visible;
      }
      this.overlays.set(o.id, { visible: show && (this.visible[o.id] ?? true) });
    });
    if (show && !chosen.some((o) => this.overlays.styles.get()[o.id].visible)) {
      chosen.forEach((o) => this.overlays.set(o.id, { visible: true }));
    }
    this.writeAddress();
  }
}
