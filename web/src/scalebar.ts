// SPDX-License-Identifier: Apache-2.0
// A round length at the foot of the view.
import type { Session } from './session';
import { formatLength, roundLength } from './units';
import type { Layer, View } from './view';

const WIDEST_PX = 180;

/** The bar for a view: screen pixels and words. In pixels of the slide where it has no spacing. */
export function scaleBar(view: View): { width: number; text: string } {
  const um = view.umPerPixel();
  const unit = um ?? 1 / view.place().scale;
  const length = roundLength(WIDEST_PX * unit);
  return { width: length / unit, text: formatLength(length, um === null ? null : [1, 1]) };
}

export class ScaleBar implements Layer {
  readonly element = document.createElement('div');
  private bar = document.createElement('div');
  private text = document.createElement('span');

  constructor(private view: View, private session: Session) {
    this.element.className = 'scalebar';
    this.bar.className = 'bar';
    this.element.append(this.text, this.bar);
    view.root.append(this.element);
    session.showScaleBar.subscribe(() => view.redraw());
    view.addLayer(this);
  }

  draw(): void {
    const shown = this.session.showScaleBar.get() && this.view.isOpen;
    this.element.hidden = !shown;
    if (shown) {
      const { width, text } = scaleBar(this.view);
      this.bar.style.width = `${width}px`;
      this.text.textContent = text;
    }
  }
}
