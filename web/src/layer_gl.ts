// SPDX-License-Identifier: Apache-2.0
// The mass of shapes by WebGL2. Shapes that lie near each other share a chunk; a chunk has one buffer of edges for each
// level of detail that was looked at, made when it is first seen. Colour and visibility are texels, one a shape, so that
// hiding a group touches no buffer. An edge is a quad with a dark rim, or a line where there are very many.
import type { AnnotationDocument, Item } from './document';
import { type Affine, around, type Box, hasArea, overlaps, thin } from './geom';
import { boxOf, outlineOf } from './shapes';

/** Bytes red, green, blue, alpha; alpha 0 is not drawn. */
export type Style = readonly [number, number, number, number];

const CHUNK_EDGES = 8192;
/** From so many edges in view on they are drawn as plain lines. */
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
uniform vec3 width; // half width of the edge, radius of a dot, 1 for quads
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
  } else if (width.z > 0.5) {
    vec2 along = b - a;
    float length_ = length(along);
    along = length_ > 0.0 ? along / length_ : vec2(1.0, 0.0);
    float side = (id & 1) == 0 ? -1.0 : 1.0;
    float reach = width.x + 0.75;
    vec2 end = (id & 2) == 0 ? a - along * width.x * 0.5 : b + along * width.x * 0.5;
    at = end + vec2(-along.y, along.x) * side * reach;
    across = vec2(0.0, side * reach);
  } else {
    at = (id & 1) == 0 ? a : b;
  }
  gl_Position = vec4(at.x / size.x * 2.0 - 1.0, 1.0 - at.y / size.y * 2.0, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec2 across;
flat in float dot_;
flat in vec4 color;
uniform vec3 width;
uniform float rim;
out vec4 pixel;
void main() {
  float edge = dot_ > 0.0 ? dot_ : width.x;
  float cover = width.z > 0.5 || dot_ > 0.0 ? clamp(edge + 0.5 - length(across), 0.0, 1.0) : 1.0;
  vec3 ink = mix(color.rgb, vec3(0.05), rim);
  float alpha = color.a * cover * mix(1.0, 0.6, rim);
  pixel = vec4(ink * alpha, alpha);
}`;

interface Detail {
  vao: WebGLVertexArrayObject;
  buffer: WebGLBuffer;
  count: number;
  used: number;
}

class Chunk {
  readonly ids = new Set<string>();
  readonly details = new Map<number, Detail>();
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
  private program: WebGLProgram;
  private places: Record<string, WebGLUniformLocation | null> = {};
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
    this.program = this.link();
    for (const name of ['map', 'size', 'width', 'rim', 'styles']) {
      this.places[name] = gl.getUniformLocation(this.program, name);
    }
    this.texture = gl.createTexture() as WebGLTexture;
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    this.rebuild();
  }

  private link(): WebGLProgram {
    const gl = this.gl;
    const program = gl.createProgram() as WebGLProgram;
    for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
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
    return program;
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
  private build(chunk: Chunk, level: number): Detail {
    const gl = this.gl;
    const box = chunk.box as Box;
    const data: number[] = [];
    for (const id of chunk.ids) {
      const item = this.document.item(id) as Item;
      const slot = this.slots.get(id) as number;
      if (item.type === 'point' || item.type === 'points' || item.type === 'none') {
        for (const ring of item.rings) {
          for (let i = 0; i + 1 < ring.length; i += 2) {
            const [x, y] = [ring[i] - box.minX, ring[i + 1] - box.minY];
            data.push(x, y, x, y, slot);
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
            data.push(ring[i] - box.minX, ring[i + 1] - box.minY, ring[j] - box.minX, ring[j + 1] - box.minY, slot);
          }
        }
      }
    }
    const vao = gl.createVertexArray() as WebGLVertexArrayObject;
    const buffer = gl.createBuffer() as WebGLBuffer;
    gl.bindVertexArray(vao);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, Float32Array.from(data), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 4, gl.FLOAT, false, 20, 0);
    gl.vertexAttribDivisor(0, 1);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribPointer(1, 1, gl.FLOAT, false, 20, 16);
    gl.vertexAttribDivisor(1, 1);
    const detail = { vao, buffer, count: data.length / 5, used: this.clock };
    chunk.details.set(level, detail);
    for (const [other, d] of chunk.details) {
      if (chunk.details.size > 3 && d.used < this.clock - 120) {
        gl.deleteBuffer(d.buffer);
        gl.deleteVertexArray(d.vao);
        chunk.details.delete(other);
      }
    }
    return detail;
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
    const shown: { chunk: Chunk; detail: Detail }[] = [];
    let total = 0;
    for (const chunk of this.chunks) {
      if (chunk.box && overlaps(chunk.box, visible)) {
        const detail = chunk.details.get(level) ?? this.build(chunk, level);
        detail.used = this.clock;
        total += detail.count;
        shown.push({ chunk, detail });
      }
    }
    if (!total) {
      return;
    }
    this.uploadStyles();
    gl.useProgram(this.program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.uniform1i(this.places.styles as WebGLUniformLocation, 0);
    gl.uniform2f(this.places.size as WebGLUniformLocation, width * ratio, height * ratio);
    const plain = total > PLAIN_FROM;
    for (const pass of plain ? ['core'] : ['rim', 'core']) {
      const half = (pass === 'rim' ? HALF_RIM : HALF_CORE) * ratio;
      const dot = (DOT_RADIUS + (pass === 'rim' ? 1 : 0)) * ratio;
      gl.uniform3f(this.places.width as WebGLUniformLocation, half, dot, plain ? 0 : 1);
      gl.uniform1f(this.places.rim as WebGLUniformLocation, pass === 'rim' ? 1 : 0);
      for (const { chunk, detail } of shown) {
        const { minX, minY } = chunk.box as Box;
        const tx = map[0] * minX + map[1] * minY + map[2];
        const ty = map[3] * minX + map[4] * minY + map[5];
        gl.uniformMatrix3fv(this.places.map as WebGLUniformLocation, false,
                            [map[0] * ratio, map[3] * ratio, 0, map[1] * ratio, map[4] * ratio, 0, tx * ratio,
                             ty * ratio, 1]);
        gl.bindVertexArray(detail.vao);
        if (plain) {
          gl.drawArraysInstanced(gl.LINES, 0, 2, detail.count);
        } else {
          gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, detail.count);
        }
      }
    }
    gl.bindVertexArray(null);
  }
}
