// SPDX-License-Identifier: Apache-2.0
// What the server offers (server/openapi.json), and how it is asked.
import type { Affine, Shape } from './geom';

const BASE = '/api/v1';

export interface SlideEntry {
  id: string;
  name: string;
  /** Null until the server has opened it. */
  width: number | null;
  height: number | null;
  spacing_um: [number, number] | null;
  format: string | null;
  annotations: boolean;
  overlays: number;
  /** The slide it is to be seen beside. */
  pair: string | null;
  status: 'ok' | 'pending' | 'unreadable';
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
  width: number;
  height: number;
  levels: Level[];
  background: [number, number, number] | null;
  associated: { name: string; width: number; height: number }[];
  properties: Record<string, string>;
  etag: string;
}

export interface OverlayValue {
  value: number;
  name: string;
  color: string | null;
}

export interface OverlayInfo {
  id: string;
  name: string;
  status: 'ok' | 'unreadable';
  message?: string;
  kind: 'mask' | 'labels' | 'likelihood';
  dtype: string;
  minimum: number;
  maximum: number;
  width: number;
  height: number;
  levels: Level[];
  downsample_to_slide: number;
  etag: string;
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
  format: string | null;
  read_only: boolean;
  message: string | null;
  holds: Holds;
  groups: WireGroup[];
  items: WireItem[];
  warnings: string[];
}

/** What a format of annotations can hold. */
export interface Holds {
  holes: boolean;
  parts: boolean;
  ellipses: boolean;
}

export interface Imported {
  format: string;
  groups: WireGroup[];
  items: WireItem[];
  warnings: string[];
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
  saved?: boolean;
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
  signIn: (token: string) => request('/session', { method: 'POST', headers: { Authorization: `Bearer ${token}` } }),

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

  overlays: (id: string) => json<OverlayInfo[]>(`${slide(id)}/overlays`),
  overlayTile: async (id: string, o: OverlayInfo, level: number, column: number, row: number, signal: AbortSignal) =>
    (await request(`${slide(id)}/overlays/${encodeURIComponent(o.id)}/tiles/${level}/${column}_${row}.png` +
                   `?v=${encodeURIComponent(o.etag)}`, { signal, cache: 'default' })).blob(),

  annotations: (id: string) => json<WireDocument>(`${slide(id)}/annotations`),
  /** `format`: what a file that is not there yet is written in. */
  patch: (id: string, etag: string, ops: WireOp[], format?: 'asap' | 'geojson') =>
    json<{ etag: string; file: string; format: string }>(`${slide(id)}/annotations`,
      withBody('PATCH', format ? { ops, format } : { ops }, { 'If-Match': etag })),
  exportAnnotations: async (id: string, format: string): Promise<{ blob: Blob; warnings: string[] }> => {
    const response = await request(`${slide(id)}/annotations/export?format=${encodeURIComponent(format)}`);
    const told = response.headers.get('Nodal-Warnings');
    return { blob: await response.blob(), warnings: told ? (JSON.parse(told) as string[]) : [] };
  },
  /** Reads a file of any format of the library; nothing is saved by it. */
  importAnnotations: (id: string, file: Blob) =>
    json<Imported>(`${slide(id)}/annotations/import`, { method: 'POST', body: file,
      headers: { 'Content-Type': 'application/octet-stream' } }),

  pair: (a: string, b: string) => json<Pair>(`/pairs/${encodeURIComponent(a)}/${encodeURIComponent(b)}`),
  savePair: (a: string, b: string, pair: Pair) =>
    request(`/pairs/${encodeURIComponent(a)}/${encodeURIComponent(b)}`, withBody('PUT', pair)),
};
