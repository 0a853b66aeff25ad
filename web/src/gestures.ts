// SPDX-License-Identifier: Apache-2.0
// The pointer over a view: tools by the left button, panning by the middle one, by the space bar and where a tool does
// not want it, zoom by the wheel and by two fingers.
import type { Tool, Pointer } from './tools/tool';
import type { View } from './view';

/** Hands tremble: a pointer that stays this near to where it went down has clicked, however long it took. */
const SLOP_PX = 5;

export interface GestureHost {
  tool(): Tool | null;
  scrollPans(): boolean;
  hover(pointer: Pointer | null): void;
}

interface Finger {
  x: number;
  y: number;
}

export class Gestures {
  private fingers = new Map<number, Finger>();
  private mode: 'none' | 'tool' | 'pan' | 'pinch' = 'none';
  private start: Finger = { x: 0, y: 0 };
  private last: Finger = { x: 0, y: 0 };
  private dragged = false;
  private space = false;
  /** The last place of the pointer, for keys. */
  at: Pointer | null = null;

  constructor(private view: View, private host: GestureHost) {
    const s = view.surface;
    s.addEventListener('pointerdown', (e) => this.down(e));
    s.addEventListener('pointermove', (e) => this.move(e));
    s.addEventListener('pointerup', (e) => this.up(e));
    s.addEventListener('pointercancel', (e) => this.up(e));
    s.addEventListener('pointerleave', () => {
      this.at = null;
      this.host.hover(null);
    });
    s.addEventListener('dblclick', (e) => this.host.tool()?.double(this.pointer(e, false)));
    s.addEventListener('wheel', (e) => this.wheel(e), { passive: false });
    s.addEventListener('contextmenu', (e) => {
      e.preventDefault();
      this.host.tool()?.back();
    });
    s.addEventListener('auxclick', (e) => e.preventDefault());
  }

  /** While the space bar is held every tool pans. */
  setSpace(held: boolean): void {
    this.space = held;
    this.updateCursor();
  }

  updateCursor(): void {
    this.view.surface.style.cursor = this.mode === 'pan' ? 'grabbing' : this.space ? 'grab'
      : (this.host.tool()?.cursor ?? 'grab');
  }

  private place(e: MouseEvent): Finger {
    const box = this.view.surface.getBoundingClientRect();
    return { x: e.clientX - box.left, y: e.clientY - box.top };
  }

  private pointer(e: MouseEvent, down: boolean): Pointer {
    const { x, y } = this.place(e);
    return { p: this.view.toSlide(x, y), x, y, shift: e.shiftKey, ctrl: e.ctrlKey || e.metaKey, alt: e.altKey,
             dragged: this.dragged, down };
  }

  private down(e: PointerEvent): void {
    if (!this.view.isOpen) {
      return;
    }
    this.view.surface.focus({ preventScroll: true });
    const at = this.place(e);
    this.fingers.set(e.pointerId, at);
    this.view.surface.setPointerCapture(e.pointerId);
    if (this.fingers.size === 2 && e.pointerType === 'touch') {
      if (this.mode === 'tool') {
        this.host.tool()?.cancel();
      }
      this.mode = 'pinch';
      return;
    }
    if (this.mode !== 'none' || e.button === 2) {
      return;
    }
    this.start = this.last = at;
    this.dragged = false;
    if (e.button === 1) {
      e.preventDefault();
      this.mode = 'pan';
    } else {
      this.mode = 'tool';
      // Clicks of a tool that lets the view pan still reach it when the button goes up.
      if (this.space || !this.host.tool()?.down(this.pointer(e, true))) {
        this.mode = 'pan';
      }
    }
    this.updateCursor();
  }

  private move(e: PointerEvent): void {
    const now = this.place(e);
    const before = this.fingers.get(e.pointerId);
    if (before) {
      this.fingers.set(e.pointerId, now);
    }
    if (this.mode === 'pinch' && before) {
      this.pinch(e.pointerId, before, now);
      return;
    }
    if (before && Math.hypot(now.x - this.start.x, now.y - this.start.y) >= SLOP_PX) {
      this.dragged = true;
    }
    if (this.mode === 'pan') {
      if (this.dragged) {
        this.view.panBy(now.x - this.last.x, now.y - this.last.y);
        this.last = now;
      }
    } else {
      // A fast hand: all places since the last event, not just the newest.
      const events = this.mode === 'tool' && e.getCoalescedEvents ? e.getCoalescedEvents() : [];
      for (const event of events.length ? events : [e]) {
        this.host.tool()?.move(this.pointer(event, this.mode === 'tool'));
      }
    }
    this.at = this.pointer(e, this.mode === 'tool');
    this.host.hover(this.at);
  }

  private up(e: PointerEvent): void {
    const button = e.button;
    this.fingers.delete(e.pointerId);
    const mode = this.mode;
    if (mode === 'pinch') {
      if (this.fingers.size === 0) {
        this.mode = 'none';
        this.view.settle();
      }
      return;
    }
    if (mode === 'none' || (button !== 0 && button !== 1 && e.type !== 'pointercancel')) {
      return;
    }
    this.mode = 'none';
    if (mode === 'pan') {
      if (this.dragged) {
        this.view.settle();
      } else if (button === 0 && !this.space && e.type !== 'pointercancel') {
        this.host.tool()?.up(this.pointer(e, false));
      }
    } else if (e.type === 'pointercancel') {
      this.host.tool()?.cancel();
    } else {
      this.host.tool()?.up(this.pointer(e, false));
    }
    this.updateCursor();
  }

  private pinch(id: number, before: Finger, now: Finger): void {
    const other = [...this.fingers.entries()].find(([key]) => key !== id)?.[1];
    if (other) {
      const was = Math.hypot(before.x - other.x, before.y - other.y);
      const is = Math.hypot(now.x - other.x, now.y - other.y);
      this.view.panBy((now.x - before.x) / 2, (now.y - before.y) / 2);
      if (was > 0 && is > 0) {
        this.view.zoomBy(is / was, (now.x + other.x) / 2, (now.y + other.y) / 2, true);
      }
    }
  }

  private wheel(e: WheelEvent): void {
    if (!this.view.isOpen) {
      return;
    }
    e.preventDefault();
    const unit = e.deltaMode === 1 ? 33 : e.deltaMode === 2 ? 400 : 1;
    const { x, y } = this.place(e);
    if (this.host.scrollPans() && !e.ctrlKey) {
      this.view.panBy(-e.deltaX * unit, -e.deltaY * unit);
      this.view.settle();
      return;
    }
    // By how far, not by how often: wheels with steps and pads without feel the same. Pinches on pads come with Ctrl.
    const delta = Math.max(-300, Math.min(300, e.deltaY * unit));
    this.view.zoomBy(Math.exp(-delta * (e.ctrlKey ? 0.01 : 0.0024)), x, y);
  }

  /** The keyboard's click at the crosshair in the middle of the view. */
  clickMiddle(mods: { shift: boolean; alt: boolean }): void {
    const tool = this.host.tool();
    const [x, y] = [this.view.width / 2, this.view.height / 2];
    const at: Pointer = { p: this.view.toSlide(x, y), x, y, shift: mods.shift, ctrl: false, alt: mods.alt, dragged: false,
                          down: true };
    tool?.move({ ...at, down: false });
    tool?.down(at);
    tool?.up({ ...at, down: false });
  }

  /** The view moved under the crosshair: for the tool the pointer has moved. */
  followMiddle(): void {
    const [x, y] = [this.view.width / 2, this.view.height / 2];
    this.host.tool()?.move({ p: this.view.toSlide(x, y), x, y, shift: false, ctrl: false, alt: false, dragged: false,
                             down: false });
  }
}
