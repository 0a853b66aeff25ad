// SPDX-License-Identifier: Apache-2.0
// A second slide beside the first, seen at the same place through an affine map that landmarks fit: H&E beside IHC.
import { api, ApiError, type Pair, type Slide } from './api';
import { type Affine, apply, fitAffine, IDENTITY, invert, type Point } from './geom';
import { Gestures } from './gestures';
import { AnnotationLayer } from './layer';
import type { Session } from './session';
import { ScaleBar } from './scalebar';
import { Signal, stored } from './signal';
import { PanTool } from './tools/select';
import { View } from './view';

export type PairMode = 'side' | 'swipe' | 'blink';

export interface PairState {
  slide: Slide;
  affine: Affine;
  points: [number, number, number, number][];
}

export class PairView {
  readonly state = new Signal<PairState | null>(null);
  readonly mode = stored<PairMode>('pairmode', 'side');
  readonly linked = new Signal(true);
  readonly rigid = stored('rigid', false);
  /** Where the swipe divides the view, 0 to 1. */
  readonly divide = new Signal(0.5);
  /** Whether blinking shows the second slide now. */
  readonly flipped = new Signal(false);
  private view: View | null = null;
  private leader: View;
  private following = false;
  private divider = document.createElement('div');

  constructor(private session: Session, private container: HTMLElement) {
    this.leader = session.view;
    session.view.moved.subscribe(() => this.follow(session.view));
    this.listen(session.view);
    this.divider.className = 'divider';
    this.divider.setAttribute('role', 'separator');
    this.divider.setAttribute('aria-label', 'Divide between the two slides');
    this.divider.addEventListener('pointerdown', (e) => this.divider.setPointerCapture(e.pointerId));
    this.divider.addEventListener('pointermove', (e) => {
      if (e.buttons & 1) {
        const box = this.container.getBoundingClientRect();
        this.divide.set(Math.min(Math.max((e.clientX - box.left) / box.width, 0.02), 0.98));
      }
    });
    for (const signal of [this.mode, this.divide, this.flipped, this.state]) {
      (signal as { subscribe(f: () => void): unknown }).subscribe(() => this.arrange());
    }
  }

  private listen(view: View): void {
    for (const type of ['pointerdown', 'wheel', 'focus']) {
      view.surface.addEventListener(type, () => {
        this.leader = view;
      }, { passive: true, capture: true });
    }
  }

  private make(): View {
    const view = new View('Second slide');
    const gestures = new Gestures(view, { tool: () => pan, scrollPans: () => this.session.scrollPans.get(),
                                          hover: () => undefined });
    const layer = new AnnotationLayer(view, this.session, () => this.state.get()?.affine ?? IDENTITY);
    const pan = new PanTool({ session: this.session, view, layer });
    layer.painter = (context) => this.paintLandmarks(context, view, 2);
    new ScaleBar(view, this.session);
    view.moved.subscribe(() => this.follow(view));
    this.listen(view);
    gestures.updateCursor();
    return view;
  }

  /** Shows a slide beside the one that is shown. */
  async open(id: string): Promise<void> {
    const a = this.session.slide.get();
    if (!a) {
      return;
    }
    const slide = await api.slide(id);
    if (slide.status !== 'ok') {
      throw new Error(`${slide.name}: ${slide.message ?? 'cannot be opened'}`);
    }
    let pair: Pair;
    try {
      pair = await api.pair(a.id, id);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) {
        throw error;
      }
      pair = { affine: fitAffine([], this.ratio(a, slide), false), points: [] };
    }
    this.view ??= this.make();
    this.container.append(this.view.root);
    this.state.set({ slide, affine: pair.affine, points: pair.points });
    await this.view.open(slide);
    this.leader = this.session.view;
    this.follow(this.leader);
  }

  close(): void {
    this.view?.close();
    this.view?.root.remove();
    this.state.set(null);
    this.linked.set(true);
  }

  /** Pixels of b a pixel of a, from the spacings. */
  private ratio(a: Slide, b: Slide): number {
    return a.spacing_um && b.spacing_um ? a.spacing_um[0] / b.spacing_um[0] : 1;
  }

  private arrange(): void {
    const open = this.state.get() !== null;
    const mode = this.mode.get();
    this.container.dataset.pair = open ? mode : 'none';
    const root = this.view?.root;
    if (root) {
      root.style.clipPath = open && mode === 'swipe' ? `inset(0 0 0 ${this.divide.get() * 100}%)` : '';
      root.style.visibility = open && mode === 'blink' && !this.flipped.get() ? 'hidden' : '';
    }
    if (open && mode === 'swipe') {
      this.divider.style.left = `${this.divide.get() * 100}%`;
      this.container.append(this.divider);
    } else {
      this.divider.remove();
    }
    this.session.view.redraw();
    this.view?.redraw();
  }

  private follow(moved: View): void {
    const state = this.state.get();
    const other = this.view;
    if (!state || !other?.isOpen || !this.session.view.isOpen || this.following || !this.linked.get() ||
        moved !== this.leader) {
      return;
    }
    const forth = moved === this.session.view;
    const map = forth ? state.affine : invert(state.affine);
    if (!map) {
      return;
    }
    this.following = true;
    const from = moved.place();
    const scale = Math.sqrt(Math.abs(map[0] * map[4] - map[1] * map[3]));
    const turn = (Math.atan2(map[3] - map[1], map[0] + map[4]) * 180) / Math.PI;
    (forth ? other : this.session.view).go({ ...apply(map, from), scale: from.scale / scale, rotation: from.rotation - turn },
                                           true);
    this.following = false;
  }

  /** Where a place of the first slide lies on the second. */
  toSecond(p: Point): Point | null {
    const state = this.state.get();
    return state ? apply(state.affine, p) : null;
  }

  // --- Landmarks ---

  /** The middles of both views are the same place of the tissue. */
  async addLandmark(): Promise<void> {
    const state = this.state.get();
    if (!state || !this.view?.isOpen) {
      this.session.say('Landmarks need a second slide: open one in the panel “Side by side”.', true);
      return;
    }
    if (this.linked.get()) {
      this.session.say('Unlink the views first, then put the same structure in the middle of both.', true);
      return;
    }
    const [a, b] = [this.session.view.place(), this.view.place()];
    await this.fit([...state.points, [a.x, a.y, b.x, b.y]]);
  }

  async removeLandmark(index: number): Promise<void> {
    const state = this.state.get();
    if (state) {
      await this.fit(state.points.filter((_, i) => i !== index));
    }
  }

  async refit(): Promise<void> {
    const state = this.state.get();
    if (state?.points.length) {
      await this.fit(state.points);
    }
  }

  private async fit(points: [number, number, number, number][]): Promise<void> {
    const state = this.state.get() as PairState;
    const a = this.session.slide.get() as Slide;
    const affine = fitAffine(points, this.ratio(a, state.slide), this.rigid.get());
    if (!invert(affine)) {
      this.session.say('These landmarks lie on one line or on one place: no map was made of them.', true);
      return;
    }
    this.state.set({ ...state, points, affine });
    if (this.session.readOnly.get()) {
      return;
    }
    try {
      await api.savePair(a.id, state.slide.id, { affine, points });
      this.session.say(`Alignment by ${points.length} landmarks saved.`);
    } catch (error) {
      this.session.say(`The alignment was not saved: ${(error as Error).message}`, true);
    }
  }

  /** How far each landmark is from where the map puts it, in micrometres of b, or pixels without spacing. */
  residuals(): number[] {
    const state = this.state.get();
    const unit = state?.slide.spacing_um?.[0] ?? 1;
    return (state?.points ?? []).map(([ax, ay, bx, by]) => {
      const p = apply((state as PairState).affine, { x: ax, y: ay });
      return Math.hypot(p.x - bx, p.y - by) * unit;
    });
  }

  /** Numbered marks of the landmarks on the first (1) or second (2) view; while aligning, the middle too. */
  paintLandmarks(context: CanvasRenderingContext2D, view: View, which: 1 | 2): void {
    const state = this.state.get();
    if (!state || this.linked.get()) {
      return;
    }
    context.font = '600 12px system-ui, sans-serif';
    context.textBaseline = 'middle';
    const mark = (x: number, y: number, text: string): void => {
      for (const [ink, width] of [['rgba(12,12,12,0.8)', 4], ['#ffd54f', 2]] as const) {
        context.strokeStyle = ink;
        context.lineWidth = width;
        context.beginPath();
        context.moveTo(x - 9, y);
        context.lineTo(x + 9, y);
        context.moveTo(x, y - 9);
        context.lineTo(x, y + 9);
        context.stroke();
      }
      if (text) {
        context.strokeStyle = 'rgba(12,12,12,0.8)';
        context.lineWidth = 3;
        context.strokeText(text, x + 10, y - 10);
        context.fillStyle = '#ffd54f';
        context.fillText(text, x + 10, y - 10);
      }
    };
    state.points.forEach((p, i) => {
      const s = view.toScreen(which === 1 ? { x: p[0], y: p[1] } : { x: p[2], y: p[3] });
      mark(s.x, s.y, String(i + 1));
    });
    context.strokeStyle = '#ffd54f';
    context.lineWidth = 2;
    context.beginPath();
    context.arc(view.width / 2, view.height / 2, 12, 0, 2 * Math.PI);
    context.stroke();
    mark(view.width / 2, view.height / 2, '');
  }

  get second(): View | null {
    return this.state.get() ? this.view : null;
  }

  redraw(): void {
    this.session.view.redraw();
    this.view?.redraw();
  }
}
