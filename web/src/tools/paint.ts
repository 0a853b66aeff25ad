// SPDX-License-Identifier: Apache-2.0
// Areas painted: the brush by its width, the wand by the colour of what is under it.
import { applyArea, type AreaMode, selectedArea } from '../areas';
import { combine, stroke } from '../boolean';
import { type Affine, type Point, type Ring, inside, nearestEdge, ringOf, simplify } from '../geom';
import { outlineOf } from '../shapes';
import { outlineOfMask, regionLike } from './region';
import { type Pointer, strokeTwice, Tool } from './tool';

function drawArea(context: CanvasRenderingContext2D, rings: readonly Ring[], map: Affine, cut: boolean): void {
  context.beginPath();
  for (const ring of rings) {
    for (let i = 0; i + 1 < ring.length; i += 2) {
      const x = map[0] * ring[i] + map[1] * ring[i + 1] + map[2];
      const y = map[3] * ring[i] + map[4] * ring[i + 1] + map[5];
      if (i === 0) {
        context.moveTo(x, y);
      } else {
        context.lineTo(x, y);
      }
    }
    context.closePath();
  }
  context.fillStyle = cut ? 'rgba(255,100,90,0.3)' : 'rgba(255,255,255,0.25)';
  context.fill('evenodd');
  strokeTwice(context, cut ? '#ff8a80' : '#ffffff', 1.5);
}

/** Collects an area while the button is held; Shift adds to the selected area, Alt cuts from it. */
abstract class PaintTool extends Tool {
  protected painted: Ring[] = [];
  protected mode: AreaMode = 'new';
  protected active = false;
  protected at: Pointer | null = null;

  /** The area that this place adds. */
  protected abstract touch(at: Pointer, last: Pointer | null): readonly Ring[];
  protected abstract reach(): number;

  /** An area that is begun on the selected one goes on with it. */
  private modeAt(at: Pointer): AreaMode {
    if (at.alt) {
      return 'cut';
    }
    const area = selectedArea(this.session);
    if (at.shift) {
      return 'add';
    }
    if (area && !this.session.isLocked(area)) {
      const rings = outlineOf(area);
      const near = (): boolean => rings.some((ring) => nearestEdge(ring, at.p.x, at.p.y, true).distance <= this.reach());
      return inside(rings, at.p.x, at.p.y) || near() ? 'add' : 'new';
    }
    return 'new';
  }

  override down(at: Pointer): boolean {
    if (!this.session.mayChange([])) {
      return true;
    }
    this.mode = this.modeAt(at);
    this.active = true;
    this.painted = [...this.touch(at, null)];
    this.at = at;
    this.view.redraw();
    return true;
  }

  override move(at: Pointer): void {
    if (this.active && at.down) {
      const more = this.touch(at, this.at);
      if (more.length) {
        this.painted = combine('union', this.painted, more).rings;
      }
    }
    this.at = at;
    this.view.redraw();
  }

  override up(at: Pointer): void {
    this.at = at;
    if (this.active) {
      this.active = false;
      const painted = this.painted;
      this.painted = [];
      if (painted.length) {
        applyArea(this.session, this.mode, painted.map((ring) => simplify(ring, this.px(0.4), true)));
      }
    }
    this.view.redraw();
  }

  override cancel(): boolean {
    const had = this.active;
    this.active = false;
    this.painted = [];
    this.view.redraw();
    return had;
  }

  override paint(context: CanvasRenderingContext2D, map: Affine): void {
    if (this.painted.length) {
      drawArea(context, this.painted, map, this.mode === 'cut');
    }
  }
}

export class BrushTool extends PaintTool {
  override cursor = 'none';

  protected reach(): number {
    return this.px(this.session.brush.get());
  }

  protected touch(at: Pointer, last: Pointer | null): readonly Ring[] {
    const points: Point[] = last ? [last.p, at.p] : [at.p];
    return stroke(ringOf(points), this.reach());
  }

  override paint(context: CanvasRenderingContext2D, map: Affine): void {
    super.paint(context, map);
    if (this.at) {
      const { p, alt } = this.at;
      context.beginPath();
      context.arc(map[0] * p.x + map[1] * p.y + map[2], map[3] * p.x + map[4] * p.y + map[5], this.session.brush.get(), 0,
                  2 * Math.PI);
      strokeTwice(context, alt ? '#ff8a80' : '#ffffff', 1.5);
    }
  }
}

/** Half the side of the square of screen pixels that the wand looks at. */
const WAND_REACH = 160;

export class WandTool extends PaintTool {
  /** What is on the screen below the annotations, as pixels around a place; null where it cannot be read. */
  constructor(host: ConstructorParameters<typeof Tool>[0],
              private pixels: (x: number, y: number, width: number, height: number) => ImageData | null) {
    super(host);
  }

  protected reach(): number {
    return this.px(4);
  }

  protected touch(at: Pointer): readonly Ring[] {
    const x0 = Math.round(Math.min(Math.max(at.x - WAND_REACH, 0), this.view.width - 1));
    const y0 = Math.round(Math.min(Math.max(at.y - WAND_REACH, 0), this.view.height - 1));
    const width = Math.min(2 * WAND_REACH, Math.floor(this.view.width) - x0);
    const height = Math.min(2 * WAND_REACH, Math.floor(this.view.height) - y0);
    const image = width > 2 && height > 2 ? this.pixels(x0, y0, width, height) : null;
    if (!image) {
      return [];
    }
    const [sx, sy] = [Math.floor(at.x) - x0, Math.floor(at.y) - y0];
    if (sx < 0 || sy < 0 || sx >= width || sy >= height) {
      return [];
    }
    const mask = regionLike(image.data, width, height, sx, sy, this.session.wandTolerance.get());
    const ring = outlineOfMask(mask, width, height, sx, sy);
    if (!ring) {
      return [];
    }
    const smooth = simplify(ring, 0.7, true);
    const out = new Float64Array(smooth.length);
    for (let i = 0; i < smooth.length; i += 2) {
      const p = this.view.toSlide(smooth[i] + x0, smooth[i + 1] + y0);
      out[i] = p.x;
      out[i + 1] = p.y;
    }
    return [out];
  }
}
