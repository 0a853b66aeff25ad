// SPDX-License-Identifier: Apache-2.0
// What a tool is, and the frame of reference it works in.
import type { Affine, Point } from '../geom';
import type { AnnotationLayer } from '../layer';
import type { Session } from '../session';
import type { View } from '../view';

/** A pointer, or the crosshair of the keyboard, at a place. */
export interface Pointer {
  /** Level-0 pixels. */
  p: Point;
  /** CSS pixels of the view. */
  x: number;
  y: number;
  shift: boolean;
  ctrl: boolean;
  alt: boolean;
  /** Since it went down it has left the circle within which hands tremble. */
  dragged: boolean;
  down: boolean;
}

export interface ToolHost {
  session: Session;
  view: View;
  layer: AnnotationLayer;
}

export abstract class Tool {
  cursor = 'crosshair';

  constructor(protected host: ToolHost) {}

  protected get session(): Session {
    return this.host.session;
  }

  protected get view(): View {
    return this.host.view;
  }

  /** Screen pixels as level-0 pixels. */
  protected px(screen: number): number {
    return screen / this.view.place().scale;
  }

  /** True where the tool takes the pointer; otherwise the view pans with it. */
  down(_: Pointer): boolean {
    return true;
  }
  move(_: Pointer): void {}
  up(_: Pointer): void {}
  double(_: Pointer): void {}
  /** Enter. */
  finish(_mods: { shift: boolean; alt: boolean }): boolean {
    return false;
  }
  /** Backspace, Delete or the right button while drawing; true where there was something to take back. */
  back(): boolean {
    return false;
  }
  /** Escape, another tool, another slide. */
  cancel(): boolean {
    return false;
  }
  paint(_context: CanvasRenderingContext2D, _map: Affine): void {}
}

/** White line with a dark rim, in CSS pixels. */
export function strokeTwice(context: CanvasRenderingContext2D, color: string, width = 2): void {
  context.lineJoin = 'round';
  context.lineWidth = width + 2;
  context.strokeStyle = 'rgba(12,12,12,0.6)';
  context.stroke();
  context.lineWidth = width;
  context.strokeStyle = color;
  context.stroke();
}

/** Words beside a place. */
export function label(context: CanvasRenderingContext2D, text: string, x: number, y: number): void {
  context.font = '600 12px system-ui, sans-serif';
  context.textBaseline = 'middle';
  const width = context.measureText(text).width + 12;
  const right = context.canvas.clientWidth;
  const left = x + 14 + width > right ? x - 14 - width : x + 14;
  context.fillStyle = 'rgba(20,20,20,0.85)';
  context.beginPath();
  context.roundRect(left, y - 11, width, 22, 4);
  context.fill();
  context.fillStyle = '#ffffff';
  context.fillText(text, left + 6, y + 0.5);
}
