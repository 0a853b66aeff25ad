// SPDX-License-Identifier: Apache-2.0
// What the server offers (server/openapi.json), and how it is asked.
import type { Affine, Shape } from './geom';

const BASE = '/api/v1';

export interface SlideEntry {
  id: string;
  name: string;
  width: number;
  height: number;
  spacing_um: [number, number] | null;
  format: string;
  annotations: boolean;
  overlays: number;
  status: 'ok' | 'unreadable';
  message?: string;
}

export interface Level {
  width: number;
  height: number;
  downsample: number;
  tile_width: number;
  tile_height: number;
}

export interface Slide extends SlideEntry {
  levels: Level[];
  background: [number, number, number] | null;
  associated: { name: string; width: number; height: number }[];
  properties: Record<string, string>;
  etag: string;
  pair: string | null;
}

export interface OverlayValue {
  value: number;
  name: string;
  color: string | null;
}

export interface OverlayInfo {
  id: string;
  name: string;
  kind: 'mask' | 'labels' | 'likelihood';
  dtype: string;
  minimum: number;
  maximum: number;
  width: number;
  height: number;
  levels: Level[];
  downsample_to_slide: number;
  values?: OverlayValue[];
}

export interface WireGroup {
  id: string;
  name: string;
  color: string | null;
  parent: string | null;
  visible?: boolean;
  locked?: boolean;
}

export interface WireItem {
  id: string;
  name: string;
  type: Shape;
  group: string | null;
  color: string | null;
  rings: number[][];
  holes: boolean[];
  properties?: unknown;
}

export interface WireDocument {
  etag: string;
  file: string | null;
  format: string;
  groups: WireGroup[];
  items: WireItem[];
  warnings?: string[];
}

export interface WireOp {
  op: 'add' | 'set' | 'delete';
  target: 'item' | 'group';
  id: string;
  value?: unknown;
  index?: number;
}

export interface PixelValue {
  rgb: [number, number, number] | null;
  overlays: Record<string, number | null>;
}

export interface Pair {
  affine: Affine;
  points: [number, number, number, number][];
}

/** The server said no, in one line; `status` 0 where it could not be reached. */
export class ApiError extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

async function failure(response: Response): Promise<ApiError> {
  let code = 'error';
  let message = `the server answered ${response.status} ${response.statusText}`.trim();
  try {
    const body = (await response.json()) as { error?: { code?: string; message?: string } };
    code = body.error?.code ?? code;
    message = body.error?.message ?? message;
  } catch {
    // The status line has to do.
  }
  return new ApiError(response.status, code, message);
}

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(BASE + path, { credentials: 'same-origin', cache: 'no-store', ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') {
      throw error;
    }
    throw new ApiError(0, 'offline', 'the server cannot be reached: is nodal view still running?');
  }
  if (!response.ok) {
    throw await failure(response);
  }
  return response;
}

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  return (await request(path, init)).json() as Promise<T>;
}

function withBody(method: string, body: unknown, headers: Record<string, string> = {}): RequestInit {
  return { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } };
}

const slide = (id: string): string => `/slides/${encodeURIComponent(id)}`;

export const api = {
  /** Exchanges the token of the printed address for a cookie that scripts cannot read. */
  signIn: (token: string) =>
    request('/session', { method: 'POST', headers: { Authorization: `Bearer ${token}` } }),

  version: () => json<{ version: string }>('/version'),
  slides: () => json<{ slides: SlideEntry[]; read_only: boolean }>('/slides'),
  slide: (id: string, signal?: AbortSignal) => json<Slide>(slide(id), signal ? { signal } : {}),

  tileUrl: (s: Slide, level: number, column: number, row: number): string =>
    `${BASE}${slide(s.id)}/tiles/${level}/${column}_${row}.jpg?v=${encodeURIComponent(s.etag)}`,
  thumbnailUrl: (id: string, size: number): string => `${BASE}${slide(id)}/thumbnail?size=${size}`,
  associatedUrl: (id: string, name: string): string => `${BASE}${slide(id)}/associated/${encodeURIComponent(name)}`,
  regionUrl: (id: string, query: Record<string, string | number>): string =>
    `${BASE}${slide(id)}/region?${new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)]))}`,

  pixel: (id: string, x: number, y: number, signal: AbortSignal) =>
    json<PixelValue>(`${slide(id)}/pixel?x=${x}&y=${y}`, { signal }),

  overlays: async (id: string): Promise<OverlayInfo[]> => {
    const answer = await json<OverlayInfo[] | { overlays: OverlayInfo[] }>(`${slide(id)}/overlays`);
    return Array.isArray(answer) ? answer : answer.overlays;
  },
  overlayTile: async (id: string, overlay: string, level: number, column: number, row: number, signal: AbortSignal) =>
    (await request(`${slide(id)}/overlays/${encodeURIComponent(overlay)}/tiles/${level}/${column}_${row}.png`,
                   { signal, cache: 'default' })).blob(),

  annotations: (id: string) => json<WireDocument>(`${slide(id)}/annotations`),
  patch: (id: string, etag: string, ops: WireOp[], keepalive = false) =>
    json<{ etag: string; file?: string }>(`${slide(id)}/annotations`, { ...withBody('PATCH', { ops }, { 'If-Match': etag }), keepalive }),
  exportAnnotations: async (id: string, format: string) =>
    (await request(`${slide(id)}/annotations/export?format=${encodeURIComponent(format)}`)).blob(),
  /** Reads a file of any format of the library; nothing is saved by it. */
  importAnnotations: (id: string, file: Blob) =>
    json<WireDocument>(`${slide(id)}/annotations/import`, { method: 'POST', body: file,
      headers: { 'Content-Type': 'application/octet-stream' } }),

  pair: (a: string, b: string) => json<Pair>(`/pairs/${encodeURIComponent(a)}/${encodeURIComponent(b)}`),
  savePair: (a: string, b: string, pair: Pair) =>
    request(`/pairs/${encodeURIComponent(a)}/${encodeURIComponent(b)}`, withBody('PUT', pair)),
};
