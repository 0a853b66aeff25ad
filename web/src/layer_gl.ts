// SPDX-License-Identifier: Apache-2.0
// The mass of shapes by WebGL2. Shapes that lie near each other share a chunk; a chunk has one buffer of edges for each
// level of detail that was looked at, made when it is first seen. Colour and visibility are texels, one a shape, so that
// hiding a group touches no buffer. An edge is a quad with a dark rim, or a line where there are very many.
import type { AnnotationDocument, Item } from './document';
import { type Affine, around, type Box, hasArea, overlaps, thin } from './geom';
import { boxOf, outlineOf } from './shapes';
import { isSoftware } from './view';

/** Bytes red, green, blue, alpha; alpha 0 is not drawn. */
export type Style = readonly [number, number, number, number];

const CHUNK_EDGES = 8192;
/** From so many edges in view on they are drawn as plain lines; always where the processor draws. */
const PLAIN_FROM = 80000;
const TEXELS = 1024;
const HALF_CORE = 1;
const HALF_RIM = 2;
const DOT_RADIUS = 5;

const VERTEX = `#version 300 es
layout(location = 0) in vec4 edge;
layout(location = 1) in float slot;
uniform mat3 map;
uniform vec2 size;
uniform vec2 width; // half width of the edge, radius of a dot
uniform sampler2D styles;
out vec2 across;
flat out float dot_;
flat out vec4 color;
void main() {
  int texel = int(slot);
  color = texelFetch(styles, ivec2(texel % ${TEXELS}, texel / ${TEXELS}), 0);
  if (color.a == 0.0) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); return; }
  vec2 a = (map * vec3(edge.xy, 1.0)).xy;
  vec2 b = (map * vec3(edge.zw, 1.0)).xy;
  int id = gl_VertexID;
  vec2 at;
  dot_ = 0.0;
  across = vec2(0.0);
  if (edge.xy == edge.zw) {
    dot_ = width.y;
    across = vec2((id & 1) == 0 ? -1.0 : 1.0, (id & 2) == 0 ? -1.0 : 1.0) * (width.y + 1.0);
    at = a + across;
  } else {
    vec2 along = b - a;
    float length_ = length(along);
    along = length_ > 0.0 ? along / length_ : vec2(1.0, 0.0);
    float side = (id & 1) == 0 ? -1.0 : 1.0;
    float reach = width.x + 0.75;
    vec2 end = (id & 2) == 0 ? a - along * width.x * 0.5 : b + along * width.x * 0.5;
    at = end + vec2(-along.y, along.x) * side * reach;
    across = vec2(0.0, side * reach);
  }
  gl_Position = vec4(at.x / size.x * 2.0 - 1.0, 1.0 - at.y / size.y * 2.0, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec2 across;
flat in float dot_;
flat in vec4 color;
uniform vec2 width;
uniform float rim;
out vec4 pixel;
void main() {
  float edge = dot_ > 0.0 ? dot_ : width.x;
  float cover = clamp(edge + 0.5 - length(across), 0.0, 1.0);
  vec3 ink = mix(color.rgb, vec3(0.05), rim);
  float alpha = color.a * cover * mix(1.0, 0.6, rim);
  pixel = vec4(ink * alpha, alpha);
}`;

/** For very many edges: lines of one pixel, dots as points. No instances, which software renderers are slow with. */
const PLAIN_VERTEX = `#version 300 es
layout(location = 0) in vec2 place;
layout(location = 1) in float slot;
uniform mat3 map;
uniform vec2 size;
uniform float point;
uniform sampler2D styles;
flat out vec4 color;
void main() {
  int texel = int(slot);
  color = texelFetch(styles, ivec2(texel % ${TEXELS}, texel / ${TEXELS}), 0);
  vec2 at = (map * vec3(place, 1.0)).xy;
  gl_Position = color.a == 0.0 ? vec4(2.0, 2.0, 2.0, 1.0)
                               : vec4(at.x / size.x * 2.0 - 1.0, 1.0 - at.y / size.y * 2.0, 0.0, 1.0);
  gl_PointSize = point;
}`;

const PLAIN_FRAGMENT = `#version 300 es
precision highp float;
flat in vec4 color;
uniform float point;
out vec4 pixel;
void main() {
  if (point > 0.0 && length(gl_PointCoord - 0.5) > 0.5) { discard; }
  pixel = vec4(color.rgb * color.a, color.a);
}`;

interface Detail {
  vao: WebGLVertexArrayObject;
  buffer: WebGLBuffer;
  /** Edges and dots: instances of quads, or line by line and after them the dots. */
  edges: number;
  dots: number;
  used: number;
}

interface Program {
  program: WebGLProgram;
  at: (name: string) => WebGLUniformLocation | null;
}

class Chunk {
  readonly ids = new Set<string>();
  /** By level of detail, `p` after it for plain lines. */
  readonly details = new Map<string, Detail>();
  box: Box | null = null;
  edges = 0;
}

function morton(x: number, y: number): number {
  let code = 0;
  for (let bit = 15; bit >= 0; bit--) {
    code = code * 4 + ((x >> bit) & 1) * 2 + ((y >> bit) & 1);
  }
  return code;
}

function edgeCount(item: Item): number {
  return outlineOf(item).reduce((sum, ring) => sum + ring.length / 2, 0);
}

export class GlRenderer {
  private gl: WebGL2RenderingContext;
  private quads: Program;
  private lines: Program;
  private plain = isSoftware();
  private chunks: Chunk[] = [];
  private chunkOf = new Map<string, Chunk>();
  private slots = new Map<string, number>();
  private freeSlots: number[] = [];
  private styles = new Uint8Array(0);
  private stylesChanged = true;
  private texture: WebGLTexture;
  private clock = 0;

  /** Throws where the browser has no WebGL2. `lost` is called when the context goes. */
  constructor(readonly canvas: HTMLCanvasElement, private document: AnnotationDocument,
              private style: (item: Item) => Style, lost: () => void) {
    const gl = canvas.getContext('webgl2', { alpha: true, antialias: false, depth: false, premultipliedAlpha: true,
                                             powerPreference: 'high-performance' });
    if (!gl) {
      throw new Error('no WebGL2');
    }
    this.gl = gl;
    canvas.addEventListener('webglcontextlost', lost);
    this.quads = this.link(VERTEX, FRAGMENT);
    this.lines = this.link(PLAIN_VERTEX, PLAIN_FRAGMENT);
    this.texture = gl.createTexture() as WebGLTexture;
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    this.rebuild();
  }

  private link(vertex: string, fragment: string): Program {
    const gl = this.gl;
    const program = gl.createProgram() as WebGLProgram;
    for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
      const shader = gl.createShader(type) as WebGLShader;
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) {
        throw new Error(gl.getShaderInfoLog(shader) ?? 'shader');
      }
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
      throw new Error(gl.getProgramInfoLog(program) ?? 'program');
    }
    const places = new Map<string, WebGLUniformLocation | null>();
    const at = (name: string): WebGLUniformLocation | null => {
      if (!places.has(name)) {
        places.set(name, gl.getUniformLocation(program, name));
      }
      return places.get(name) ?? null;
    };
    return { program, at };
  }

  // --- Chunks ---

  private rebuild(): void {
    this.chunks.forEach((chunk) => this.drop(chunk));
    this.chunks = [];
    this.chunkOf.clear();
    const placed: { id: string; code: number }[] = [];
    let frame: Box | null = null;
    for (const id of this.document.order) {
      const box = boxOf(this.document.item(id) as Item);
      if (box) {
        frame = around(frame, box);
      }
    }
    if (frame) {
      const sx = 65535 / Math.max(frame.maxX - frame.minX, 1);
      const sy = 65535 / Math.max(frame.maxY - frame.minY, 1);
      for (const id of this.document.order) {
        const box = boxOf(this.document.item(id) as Item);
        if (box) {
          placed.push({ id, code: morton(((box.minX + box.maxX) / 2 - frame.minX) * sx,
                                         ((box.minY + box.maxY) / 2 - frame.minY) * sy) });
        }
      }
    }
    placed.sort((a, b) => a.code - b.code);
    placed.forEach(({ id }) => this.place(id));
    this.restyle();
  }

  private place(id: string): void {
    const item = this.document.item(id) as Item;
    const count = edgeCount(item);
    let chunk = this.chunks[this.chunks.length - 1];
    if (!chunk || chunk.edges + count > CHUNK_EDGES) {
      chunk = new Chunk();
      this.chunks.push(chunk);
    }
    chunk.ids.add(id);
    chunk.edges += count;
    chunk.box = around(chunk.box, boxOf(item) as Box);
    this.chunkOf.set(id, chunk);
    this.drop(chunk);
  }

  private drop(chunk: Chunk): void {
    for (const detail of chunk.details.values()) {
      this.gl.deleteBuffer(detail.buffer);
      this.gl.deleteVertexArray(detail.vao);
    }
    chunk.details.clear();
  }

  /** Takes over what changed in the document. */
  update(ids: ReadonlySet<string>): void {
    if (ids.size > 64 && ids.size > this.chunkOf.size / 4) {
      this.rebuild();
      return;
    }
    const hit = new Set<Chunk>();
    for (const id of ids) {
      const chunk = this.chunkOf.get(id);
      if (chunk) {
        chunk.ids.delete(id);
        this.chunkOf.delete(id);
        hit.add(chunk);
      }
    }
    for (const chunk of hit) {
      this.drop(chunk);
      chunk.edges = 0;
      chunk.box = null;
      for (const id of chunk.ids) {
        const item = this.document.item(id) as Item;
        chunk.edges += edgeCount(item);
        chunk.box = around(chunk.box, boxOf(item) as Box);
      }
    }
    this.chunks = this.chunks.filter((chunk) => chunk.ids.size);
    for (const id of ids) {
      const item = this.document.item(id);
      if (item && boxOf(item)) {
        this.place(id);
      }
    }
    this.restyle(ids);
  }

  // --- Styles ---

  /** Reads the styles of these, or of all, anew. */
  restyle(ids?: ReadonlySet<string>): void {
    for (const id of ids ?? this.document.order) {
      const item = this.document.item(id);
      let slot = this.slots.get(id);
      if (!item) {
        if (slot !== undefined) {
          this.slots.delete(id);
          this.freeSlots.push(slot);
        }
        continue;
      }
      if (slot === undefined) {
        slot = this.freeSlots.pop() ?? this.slots.size;
        this.slots.set(id, slot);
        if (slot * 4 >= this.styles.length) {
          const rows = Math.max(1, Math.ceil((slot + 1) / TEXELS) * 2);
          const larger = new Uint8Array(rows * TEXELS * 4);
          larger.set(this.styles);
          this.styles = larger;
        }
      }
      this.styles.set(this.style(item), slot * 4);
    }
    this.stylesChanged = true;
  }

  private uploadStyles(): void {
    if (this.stylesChanged && this.styles.length) {
      const gl = this.gl;
      gl.bindTexture(gl.TEXTURE_2D, this.texture);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, TEXELS, this.styles.length / 4 / TEXELS, 0, gl.RGBA, gl.UNSIGNED_BYTE,
                    this.styles);
      this.stylesChanged = false;
    }
  }

  // --- Drawing ---

  /** Edges of a chunk, thinned to what can be told apart at 2^level level-0 pixels a screen pixel. */
  private build(chunk: Chunk, level: number, plain: boolean, key: string): Detail {
    const box = chunk.box as Box;
    const edges: number[] = [];
    const dots: number[] = [];
    const put = (to: number[], ax: number, ay: number, bx: number, by: number, slot: number): void => {
      if (!plain) {
        to.push(ax, ay, bx, by, slot);
      } else if (to === dots) {
        to.push(ax, ay, slot);
      } else {
        to.push(ax, ay, slot, bx, by, slot);
      }
    };
    for (const id of chunk.ids) {
      const item = this.document.item(id) as Item;
      const slot = this.slots.get(id) as number;
      if (item.type === 'point' || item.type === 'points' || item.type === 'none') {
        for (const ring of item.rings) {
          for (let i = 0; i + 1 < ring.length; i += 2) {
            const [x, y] = [ring[i] - box.minX, ring[i + 1] - box.minY];
            put(dots, x, y, x, y, slot);
          }
        }
        continue;
      }
      const closed = hasArea(item.type);
      for (const whole of outlineOf(item)) {
        const ring = level > 0 ? thin(whole, 0.6 * 2 ** level) : whole;
        const n = ring.length;
        for (let i = 0; i + 1 < n; i += 2) {
          const j = i + 2 < n ? i + 2 : 0;
          if ((j !== 0 || closed) && (ring[i] !== ring[j] || ring[i + 1] !== ring[j + 1])) {
            put(edges, ring[i] - box.minX, ring[i + 1] - box.minY, ring[j] - box.minX, ring[j + 1] - box.minY, slot);
          }
        }
      }
    }
    const data = new Float32Array(edges.length + dots.length);
    data.set(edges);
    data.set(dots, edges.length);
    const detail = { ...this.upload(data, plain), edges: edges.length / (plain ? 6 : 5), dots: dots.length / (plain ? 3 : 5),
                     used: this.clock };
    chunk.details.set(key, detail);
    this.forget(chunk);
    return detail;
  }

  private upload(data: Float32Array, plain: boolean): { vao: WebGLVertexArrayObject; buffer: WebGLBuffer } {
    const gl = this.gl;
    const vao = gl.createVertexArray() as WebGLVertexArrayObject;
    const buffer = gl.createBuffer() as WebGLBuffer;
    const places = plain ? 2 : 4;
    const stride = 4 * (places + 1);
    gl.bindVertexArray(vao);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, places, gl.FLOAT, false, stride, 0);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribPointer(1, 1, gl.FLOAT, false, stride, 4 * places);
    if (!plain) {
      gl.vertexAttribDivisor(0, 1);
      gl.vertexAttribDivisor(1, 1);
    }
    return { vao, buffer };
  }

  /** Lets go of what has not been looked at for a while. */
  private forget(chunk: Chunk): void {
    for (const [key, d] of chunk.details) {
      if (chunk.details.size > 3 && d.used < this.clock - 120) {
        this.gl.deleteBuffer(d.buffer);
        this.gl.deleteVertexArray(d.vao);
        chunk.details.delete(key);
      }
    }
  }

  /** Draws what lies in `visible`. `map` goes from level-0 pixels to CSS pixels, `ratio` on to device pixels. */
  draw(map: Affine, visible: Box, width: number, height: number, ratio: number): void {
    const gl = this.gl;
    this.clock += 1;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const scale = Math.hypot(map[0], map[3]);
    const level = Math.max(0, Math.floor(Math.log2(1 / scale)));
    let shown = this.collect(visible, level);
    const total = shown.reduce((sum, s) => sum + s.detail.edges + s.detail.dots, 0);
    const plain = total > (isSoftware() ? 0 : PLAIN_FROM);
    if (plain !== this.plain && total) {
      this.plain = plain;
      shown = this.collect(visible, level);
    }
    if (!total) {
      return;
    }
    this.uploadStyles();
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    const { program, at } = this.plain ? this.lines : this.quads;
    gl.useProgram(program);
    gl.uniform1i(at('styles'), 0);
    gl.uniform2f(at('size'), width * ratio, height * ratio);
    for (const pass of this.plain ? (['lines', 'dots'] as const) : (['rim', 'core'] as const)) {
      if (this.plain) {
        gl.uniform1f(at('point'), pass === 'dots' ? 2 * DOT_RADIUS * ratio : 0);
      } else {
        gl.uniform2f(at('width'), (pass === 'rim' ? HALF_RIM : HALF_CORE) * ratio,
                     (DOT_RADIUS + (pass === 'rim' ? 1 : 0)) * ratio);
        gl.uniform1f(at('rim'), pass === 'rim' ? 1 : 0);
      }
      for (const { chunk, detail } of shown) {
        const { minX, minY } = chunk.box as Box;
        const tx = map[0] * minX + map[1] * minY + map[2];
        const ty = map[3] * minX + map[4] * minY + map[5];
        gl.uniformMatrix3fv(at('map'), false, [map[0] * ratio, map[3] * ratio, 0, map[1] * ratio, map[4] * ratio, 0,
                                               tx * ratio, ty * ratio, 1]);
        gl.bindVertexArray(detail.vao);
        if (!this.plain) {
          gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, detail.edges + detail.dots);
        } else if (pass === 'lines') {
          gl.drawArrays(gl.LINES, 0, 2 * detail.edges);
        } else if (detail.dots) {
          gl.drawArrays(gl.POINTS, 2 * detail.edges, detail.dots);
        }
      }
    }
    gl.bindVertexArray(null);
  }

  private collect(visible: Box, level: number): { chunk: Chunk; detail: Detail }[] {
    const key = this.plain ? `${level}p` : `${level}`;
    const shown: { chunk: Chunk; detail: Detail }[] = [];
    for (const chunk of this.chunks) {
      if (chunk.box && overlaps(chunk.box, visible)) {
        const detail = chunk.details.get(key) ?? this.build(chunk, level, this.plain, key);
        detail.used = this.clock;
        shown.push({ chunk, detail });
      }
    }
    return shown;
  }
}
