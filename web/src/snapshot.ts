// SPDX-License-Identifier: Apache-2.0
// Pictures of the view, and files that are handed to the user.
import { adjustment, applyAdjustment } from './filters';
import type { AnnotationLayer } from './layer';
import type { OverlayLayer } from './layer_overlay';
import { scaleBar } from './scalebar';
import type { View } from './view';

export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** The canvas that holds the tiles as they are seen; null before the first of them. */
export function slideCanvas(view: View): HTMLCanvasElement | null {
  const canvas = (view.osd.drawer as unknown as { canvas: HTMLElement } | undefined)?.canvas;
  return canvas instanceof HTMLCanvasElement ? canvas : null;
}

/** Colours of the slide on the screen, without overlays; null where they cannot be read. */
export function slidePixels(view: View, x: number, y: number, width: number, height: number): ImageData | null {
  const from = slideCanvas(view);
  if (!from) {
    return null;
  }
  const ratio = from.width / view.width;
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  context.drawImage(from, x * ratio, y * ratio, width * ratio, height * ratio, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

export interface SnapshotParts {
  overlays: boolean;
  annotations: boolean;
  scaleBar: boolean;
}

/** The view as a PNG, by the pixels of the screen. */
export async function snapshot(view: View, layer: AnnotationLayer, overlays: OverlayLayer,
                               parts: SnapshotParts): Promise<Blob> {
  const from = slideCanvas(view);
  if (!from) {
    throw new Error('there is no slide to take a picture of');
  }
  const ratio = from.width / view.width;
  const canvas = document.createElement('canvas');
  canvas.width = from.width;
  canvas.height = from.height;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.filter = applyAdjustment(adjustment.get());
  context.drawImage(from, 0, 0);
  context.filter = 'none';
  // What WebGL has drawn can only be read before the browser shows it: both in one go.
  view.drawNow();
  if (parts.overlays) {
    context.drawImage(overlays.canvas, 0, 0, canvas.width, canvas.height);
  }
  if (parts.annotations) {
    layer.canvases.forEach((c) => context.drawImage(c, 0, 0, canvas.width, canvas.height));
  }
  if (parts.scaleBar) {
    drawScaleBar(context, view, ratio);
  }
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) {
    throw new Error('the browser could not make a picture of this size');
  }
  return blob;
}

function drawScaleBar(context: CanvasRenderingContext2D, view: View, ratio: number): void {
  const { width, text } = scaleBar(view);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const [x, y] = [16, view.height - 20];
  context.font = '600 13px system-ui, sans-serif';
  context.textBaseline = 'bottom';
  context.lineJoin = 'round';
  context.lineWidth = 3;
  context.strokeStyle = '#ffffff';
  context.strokeText(text, x, y - 4);
  context.strokeRect(x, y, width, 4);
  context.fillStyle = '#101010';
  context.fillText(text, x, y - 4);
  context.fillRect(x, y, width, 4);
  context.setTransform(1, 0, 0, 1, 0, 0);
}
