/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/trace.h"

#include "base/memory.h"

#include <string.h>

/*
 * Between two rows of pixels lies a row of corners. At a corner where something changes, the four pixels round it fall
 * into arcs of one value, separated by cracks; the outline of each arc's region comes in along the crack at the
 * clockwise end of the arc and goes out along the one at the other end. Those are joined: what has come from above or
 * from the left is there already, what goes right or down is left open for the corners to come. A chain of corners that
 * is open at both ends knows its ends, and each end knows the other; joining two ends of one chain closes a ring.
 */

#define NONE UINT32_MAX

typedef struct Node {
  NodalTracePoint point;
  uint32_t next; /* in the direction of the way; of an idle one: the next idle one */
} Node;

/* An open end of a chain. */
typedef struct End {
  uint32_t node, other; /* `other`: of an idle one, the next idle one */
  uint32_t region;
} End;

typedef struct Region {
  uint32_t parent; /* union-find; of an idle one: the next idle one */
  uint32_t value;
  uint64_t seen; /* the last row of corners below which it goes on */
  NodalTracePoint first;
  NodalTraceRing *rings, *last_ring;
} Region;

/* A crack that runs down through a row of pixels: the ends that hang from it. */
typedef struct Crack {
  uint32_t left, right; /* ends, of the regions on either side; NONE of what is no region */
} Crack;

typedef struct Run {
  int32_t start;
  uint32_t value, region;
} Run;

typedef struct Row {
  Run *runs;
  size_t run_count, run_capacity;
  Crack *cracks;
  size_t crack_count, crack_capacity;
} Row;

struct NodalTrace {
  int32_t width, y; /* y: of the next row */
  uint64_t corners; /* rows of corners looked at */
  Row above, below;
  Node *nodes;
  size_t node_count, node_capacity;
  uint32_t idle_node;
  End *ends;
  size_t end_count, end_capacity;
  uint32_t idle_end;
  Region *regions;
  size_t region_count, region_capacity;
  uint32_t idle_region;
  uint32_t *merged; /* regions joined to others in this row */
  size_t merged_count, merged_capacity;
  NodalTraceRegion *done;
  size_t done_count, done_capacity;
};

/* --- memory --- */

static bool too_many(NodalError **error) {
  return nodal_fail(error, NODAL_ERROR_MEMORY, "the outlines have too many corners");
}

static bool new_node(NodalTrace *trace, NodalTracePoint point, uint32_t *index, NodalError **error) {
  if (trace->idle_node != NONE) {
    *index = trace->idle_node;
    trace->idle_node = trace->nodes[*index].next;
  } else {
    if (trace->node_count >= NONE) {
      return too_many(error);
    }
    if (!nodal_grow_array(&trace->nodes, &trace->node_capacity, trace->node_count + 1, sizeof *trace->nodes, error)) {
      return false;
    }
    *index = (uint32_t)trace->node_count++;
  }
  trace->nodes[*index] = (Node){point, NONE};
  return true;
}

static bool new_end(NodalTrace *trace, End end, uint32_t *index, NodalError **error) {
  if (trace->idle_end != NONE) {
    *index = trace->idle_end;
    trace->idle_end = trace->ends[*index].other;
  } else {
    if (!nodal_grow_array(&trace->ends, &trace->end_capacity, trace->end_count + 1, sizeof *trace->ends, error)) {
      return false;
    }
    *index = (uint32_t)trace->end_count++;
  }
  trace->ends[*index] = end;
  return true;
}

static void drop_end(NodalTrace *trace, uint32_t index) {
  trace->ends[index].other = trace->idle_end;
  trace->idle_end = index;
}

/* --- regions --- */

static uint32_t find_region(NodalTrace *trace, uint32_t region) {
  Region *regions = trace->regions;
  while (regions[region].parent != region) {
    regions[region].parent = regions[regions[region].parent].parent;
    region = regions[region].parent;
  }
  return region;
}

static bool new_region(NodalTrace *trace, uint32_t value, NodalTracePoint first, uint32_t *index, NodalError **error) {
  if (trace->idle_region != NONE) {
    *index = trace->idle_region;
    trace->idle_region = trace->regions[*index].parent;
  } else {
    if (trace->region_count >= NONE) {
      return too_many(error);
    }
    if (!nodal_grow_array(&trace->regions, &trace->region_capacity, trace->region_count + 1, sizeof *trace->regions,
                          error)) {
      return false;
    }
    *index = (uint32_t)trace->region_count++;
  }
  trace->regions[*index] = (Region){.parent = *index, .value = value, .first = first};
  return true;
}

static void drop_region(NodalTrace *trace, uint32_t index) {
  trace->regions[index].parent = trace->idle_region;
  trace->idle_region = index;
}

static bool is_before(NodalTracePoint a, NodalTracePoint b) {
  return a.y != b.y ? a.y < b.y : a.x < b.x;
}

static void add_rings(Region *region, NodalTraceRing *first, NodalTraceRing *last) {
  if (!first) {
    return;
  }
  if (region->rings) {
    region->last_ring->next = first;
  } else {
    region->rings = first;
  }
  region->last_ring = last;
}

static bool join_regions(NodalTrace *trace, uint32_t a, uint32_t b, NodalError **error) {
  a = find_region(trace, a);
  b = find_region(trace, b);
  if (a == b) {
    return true;
  }
  if (!nodal_grow_array(&trace->merged, &trace->merged_capacity, trace->merged_count + 1, sizeof *trace->merged,
                        error)) {
    return false;
  }
  Region *into = &trace->regions[a], *from = &trace->regions[b];
  if (is_before(from->first, into->first)) {
    into->first = from->first;
  }
  add_rings(into, from->rings, from->last_ring);
  from->rings = NULL;
  from->parent = a;
  trace->merged[trace->merged_count++] = b;
  return true;
}

/* Gives the runs of the row below their regions: those of the runs above that they touch. */
static bool connect_runs(NodalTrace *trace, NodalError **error) {
  const Row *above = &trace->above;
  Row *below = &trace->below;
  size_t from = 0;
  for (size_t i = 0; i < below->run_count; i++) {
    Run *run = &below->runs[i];
    int32_t end = i + 1 < below->run_count ? below->runs[i + 1].start : trace->width;
    run->region = NONE;
    while (from + 1 < above->run_count && above->runs[from + 1].start <= run->start) {
      from++;
    }
    for (size_t k = from; run->value > 0 && k < above->run_count && above->runs[k].start < end; k++) {
      if (above->runs[k].value != run->value) {
        continue;
      }
      if (run->region == NONE) {
        run->region = above->runs[k].region;
      } else if (!join_regions(trace, run->region, above->runs[k].region, error)) {
        return false;
      }
    }
    if (run->value > 0 && run->region == NONE &&
        !new_region(trace, run->value, (NodalTracePoint){run->start, trace->y}, &run->region, error)) {
      return false;
    }
  }
  return true;
}

/* --- chains --- */

/* Copies a closed chain out of the pool into its region. `first` is its head, and its last node leads nowhere. */
static bool close_ring(NodalTrace *trace, uint32_t first, uint32_t region, NodalError **error) {
  size_t count = 0, bytes;
  for (uint32_t node = first; node != NONE; node = trace->nodes[node].next) {
    count++;
  }
  if (!nodal_mul_size(count, sizeof(NodalTracePoint), &bytes) ||
      !nodal_add_size(bytes, sizeof(NodalTraceRing), &bytes)) {
    return too_many(error);
  }
  NodalTraceRing *ring = nodal_alloc(bytes, error);
  if (!ring) {
    return false;
  }
  ring->count = count;
  size_t i = 0;
  int64_t area = 0;
  uint32_t last = first;
  for (uint32_t node = first; node != NONE; node = trace->nodes[node].next) {
    ring->points[i++] = trace->nodes[node].point;
    last = node;
  }
  for (i = 0; i < count; i++) {
    NodalTracePoint a = ring->points[i], b = ring->points[i + 1 < count ? i + 1 : 0];
    area += (int64_t)a.x * (b.y - a.y); /* above 0 where the way goes down on the right */
  }
  trace->nodes[last].next = trace->idle_node;
  trace->idle_node = first;
  ring->hole = area < 0;
  ring->next = NULL;
  add_rings(&trace->regions[find_region(trace, region)], ring, ring);
  return true;
}

/* A corner's cracks, clockwise from the one that runs up; pixel i lies between crack i - 1 and crack i. */
enum { UP, RIGHT, DOWN, LEFT };

/* What meets at a corner. Pixels clockwise from top left. */
typedef struct Corner {
  NodalTracePoint point;
  uint32_t value[4], region[4];
  uint32_t in[4];  /* ends whose way leads along that crack to the corner: there for UP and LEFT, made for the others */
  uint32_t out[4]; /* ends from which a way leads away from it */
} Corner;

/* Joins the tail of one chain to the head of another, or of itself. */
static bool join_ends(NodalTrace *trace, uint32_t tail, uint32_t head, NodalError **error) {
  End *from = &trace->ends[tail], *to = &trace->ends[head];
  bool closed = from->other == head;
  uint32_t first = to->node, region = from->region;
  if (closed) {
    drop_end(trace, tail);
    drop_end(trace, head);
    return close_ring(trace, first, region, error);
  }
  trace->nodes[from->node].next = to->node;
  trace->ends[from->other].other = to->other;
  trace->ends[to->other].other = from->other;
  drop_end(trace, tail);
  drop_end(trace, head);
  return true;
}

static bool append(NodalTrace *trace, uint32_t tail, NodalTracePoint point, NodalError **error) {
  uint32_t node = NONE;
  if (!new_node(trace, point, &node, error)) {
    return false;
  }
  trace->nodes[trace->ends[tail].node].next = node;
  trace->ends[tail].node = node;
  return true;
}

static bool prepend(NodalTrace *trace, uint32_t head, NodalTracePoint point, NodalError **error) {
  uint32_t node = NONE;
  if (!new_node(trace, point, &node, error)) {
    return false;
  }
  trace->nodes[node].next = trace->ends[head].node;
  trace->ends[head].node = node;
  return true;
}

static bool begin_chain(NodalTrace *trace, NodalTracePoint point, uint32_t region, uint32_t *head, uint32_t *tail,
                        NodalError **error) {
  uint32_t node = NONE;
  if (!new_node(trace, point, &node, error) ||
      !new_end(trace, (End){.node = node, .other = NONE, .region = region}, head, error) ||
      !new_end(trace, (End){.node = node, .other = *head, .region = region}, tail, error)) {
    return false;
  }
  trace->ends[*head].other = *tail;
  return true;
}

/* One arc: `pixels` of them from `pixel` on, clockwise. The way comes in at its far end and goes out at its near one.
 */
static bool pass_arc(NodalTrace *trace, Corner *corner, int pixel, int pixels, NodalError **error) {
  int near = (pixel + 3) & 3, far = (pixel + pixels - 1) & 3;
  bool turns = pixels != 2, comes = far == UP || far == LEFT, goes_on = near == UP || near == LEFT;
  if (comes && goes_on) {
    return (!turns || append(trace, corner->in[far], corner->point, error)) &&
           join_ends(trace, corner->in[far], corner->out[near], error);
  }
  if (comes) {
    corner->out[near] = corner->in[far];
    return !turns || append(trace, corner->in[far], corner->point, error);
  }
  if (goes_on) {
    corner->in[far] = corner->out[near];
    return !turns || prepend(trace, corner->out[near], corner->point, error);
  }
  return begin_chain(trace, corner->point, corner->region[pixel], &corner->in[far], &corner->out[near], error);
}

static bool pass_corner(NodalTrace *trace, Corner *corner, NodalError **error) {
  for (int pixel = 0; pixel < 4; pixel++) {
    uint32_t value = corner->value[pixel];
    if (value == corner->value[(pixel + 3) & 3]) {
      continue; /* not the first of its arc */
    }
    int pixels = 1;
    while (corner->value[(pixel + pixels) & 3] == value) {
      pixels++;
    }
    if (value > 0 && !pass_arc(trace, corner, pixel, pixels, error)) {
      return false;
    }
  }
  return true;
}

/* --- a row of corners --- */

/* Goes along a row of pixels from corner to corner. */
typedef struct Cursor {
  const Row *row;
  size_t run, crack;
  uint32_t value, region; /* left of the place */
} Cursor;

static int32_t next_change(const Cursor *cursor, int32_t width) {
  if (cursor->run < cursor->row->run_count) {
    return cursor->row->runs[cursor->run].start;
  }
  return cursor->value > 0 ? width : INT32_MAX;
}

/* Moves the pixel right of `x` to `*value` and `*region`; what was there becomes the one to the left. */
static void step(Cursor *cursor, int32_t x, int32_t width, uint32_t *value, uint32_t *region) {
  if (cursor->run < cursor->row->run_count && cursor->row->runs[cursor->run].start == x) {
    cursor->value = cursor->row->runs[cursor->run].value;
    cursor->region = cursor->row->runs[cursor->run].region;
    cursor->run++;
  } else if (x == width) {
    cursor->value = 0;
    cursor->region = NONE;
  }
  *value = cursor->value;
  *region = cursor->region;
}

static bool add_crack(Row *row, Crack crack, NodalError **error) {
  if (!nodal_grow_array(&row->cracks, &row->crack_capacity, row->crack_count + 1, sizeof *row->cracks, error)) {
    return false;
  }
  row->cracks[row->crack_count++] = crack;
  return true;
}

static bool pass_corners(NodalTrace *trace, NodalError **error) {
  enum { TOP_LEFT, TOP_RIGHT, BOTTOM_RIGHT, BOTTOM_LEFT };
  Cursor above = {.row = &trace->above, .region = NONE}, below = {.row = &trace->below, .region = NONE};
  Corner corner = {0};
  trace->below.crack_count = 0;
  for (;;) {
    int32_t x = next_change(&above, trace->width), other = next_change(&below, trace->width);
    x = other < x ? other : x;
    if (x == INT32_MAX) {
      return true;
    }
    corner.point = (NodalTracePoint){x, trace->y};
    corner.value[TOP_LEFT] = above.value;
    corner.region[TOP_LEFT] = above.region;
    corner.value[BOTTOM_LEFT] = below.value;
    corner.region[BOTTOM_LEFT] = below.region;
    step(&above, x, trace->width, &corner.value[TOP_RIGHT], &corner.region[TOP_RIGHT]);
    step(&below, x, trace->width, &corner.value[BOTTOM_RIGHT], &corner.region[BOTTOM_RIGHT]);
    if (corner.value[TOP_LEFT] != corner.value[TOP_RIGHT]) {
      const Crack *crack = &trace->above.cracks[above.crack++];
      corner.in[UP] = crack->left;
      corner.out[UP] = crack->right;
    }
    if (!pass_corner(trace, &corner, error)) {
      return false;
    }
    if (corner.value[BOTTOM_LEFT] != corner.value[BOTTOM_RIGHT] &&
        !add_crack(&trace->below,
                   (Crack){.left = corner.value[BOTTOM_LEFT] > 0 ? corner.out[DOWN] : NONE,
                           .right = corner.value[BOTTOM_RIGHT] > 0 ? corner.in[DOWN] : NONE},
                   error)) {
      return false;
    }
    /* What goes on to the right is what the next corner finds to its left. */
    corner.in[LEFT] = corner.out[RIGHT];
    corner.out[LEFT] = corner.in[RIGHT];
  }
}

/* --- finished regions --- */

/* Takes the outline to the front of its list of rings. */
static NodalTraceRing *outer_first(NodalTraceRing *rings) {
  NodalTraceRing **at = &rings;
  while (*at && (*at)->hole) {
    at = &(*at)->next;
  }
  NodalTraceRing *outer = *at;
  if (outer && outer != rings) {
    *at = outer->next;
    outer->next = rings;
    rings = outer;
  }
  return rings;
}

/* Hands out the regions of the row above that do not go on below. */
static bool finish_regions(NodalTrace *trace, NodalError **error) {
  uint64_t now = ++trace->corners;
  for (size_t i = 0; i < trace->below.run_count; i++) {
    Run *run = &trace->below.runs[i];
    if (run->value > 0) {
      run->region = find_region(trace, run->region);
      trace->regions[run->region].seen = now;
    }
  }
  for (size_t i = 0; i < trace->above.run_count; i++) {
    const Run *run = &trace->above.runs[i];
    if (run->value == 0) {
      continue;
    }
    uint32_t index = find_region(trace, run->region);
    Region *region = &trace->regions[index];
    if (region->seen == now) {
      continue;
    }
    region->seen = now;
    if (!nodal_grow_array(&trace->done, &trace->done_capacity, trace->done_count + 1, sizeof *trace->done, error) ||
        !nodal_grow_array(&trace->merged, &trace->merged_capacity, trace->merged_count + 1, sizeof *trace->merged,
                          error)) {
      return false;
    }
    trace->done[trace->done_count++] = (NodalTraceRegion){region->value, region->first, outer_first(region->rings)};
    region->rings = NULL;
    trace->merged[trace->merged_count++] = index;
  }
  return true;
}

/* Open ends forget the regions that were joined to others, so that those can be used again. */
static void recycle_regions(NodalTrace *trace) {
  if (trace->merged_count == 0) {
    return;
  }
  for (size_t i = 0; i < trace->below.crack_count; i++) {
    const Crack *crack = &trace->below.cracks[i];
    const uint32_t ends[2] = {crack->left, crack->right};
    for (int side = 0; side < 2; side++) {
      if (ends[side] != NONE) {
        End *end = &trace->ends[ends[side]];
        end->region = find_region(trace, end->region);
      }
    }
  }
  for (size_t i = 0; i < trace->merged_count; i++) {
    drop_region(trace, trace->merged[i]);
  }
  trace->merged_count = 0;
}

static bool equals_above(const NodalTrace *trace, const NodalTraceRun *runs, size_t count) {
  bool equal = count == trace->above.run_count;
  for (size_t i = 0; equal && i < count; i++) {
    equal = trace->above.runs[i].start == runs[i].start && trace->above.runs[i].value == runs[i].value;
  }
  return equal;
}

bool nodal_trace_row(NodalTrace *trace, const NodalTraceRun *runs, size_t count, NodalError **error) {
  /* Two equal rows have nothing but straight cracks between them. */
  if (equals_above(trace, runs, count)) {
    trace->y++;
    return true;
  }
  Row *below = &trace->below;
  if (!nodal_grow_array(&below->runs, &below->run_capacity, count, sizeof *below->runs, error)) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    below->runs[i] = (Run){runs[i].start, runs[i].value, NONE};
  }
  below->run_count = count;
  if (!connect_runs(trace, error) || !pass_corners(trace, error) || !finish_regions(trace, error)) {
    return false;
  }
  recycle_regions(trace);
  Row row = trace->above;
  trace->above = trace->below;
  trace->below = row;
  trace->y++;
  return true;
}

static int compare_regions(const void *a, const void *b) {
  return is_before(((const NodalTraceRegion *)a)->first, ((const NodalTraceRegion *)b)->first) ? -1 : 1;
}

bool nodal_trace_finish(NodalTrace *trace, NodalError **error) {
  const NodalTraceRun nothing = {0, 0};
  if (!nodal_trace_row(trace, &nothing, 1, error)) {
    return false;
  }
  if (trace->done_count > 0) {
    qsort(trace->done, trace->done_count, sizeof *trace->done, compare_regions);
  }
  return true;
}

NodalTraceRegion *nodal_trace_regions(NodalTrace *trace, size_t *count) {
  *count = trace->done_count;
  return trace->done;
}

NodalTrace *nodal_trace_new(int32_t width, NodalError **error) {
  NodalTrace *trace = nodal_alloc_array(1, sizeof *trace, error);
  if (!trace) {
    return NULL;
  }
  trace->width = width;
  trace->idle_node = trace->idle_end = trace->idle_region = NONE;
  /* Above the first row there is nothing. */
  if (!nodal_grow_array(&trace->above.runs, &trace->above.run_capacity, 1, sizeof *trace->above.runs, error)) {
    nodal_trace_free(trace);
    return NULL;
  }
  trace->above.runs[0] = (Run){0, 0, NONE};
  trace->above.run_count = 1;
  return trace;
}

static void free_rings(NodalTraceRing *ring) {
  while (ring) {
    NodalTraceRing *next = ring->next;
    free(ring);
    ring = next;
  }
}

void nodal_trace_free(NodalTrace *trace) {
  if (!trace) {
    return;
  }
  for (size_t i = 0; i < trace->region_count; i++) {
    free_rings(trace->regions[i].rings);
  }
  for (size_t i = 0; i < trace->done_count; i++) {
    free_rings(trace->done[i].rings);
  }
  free(trace->above.runs);
  free(trace->above.cracks);
  free(trace->below.runs);
  free(trace->below.cracks);
  free(trace->nodes);
  free(trace->ends);
  free(trace->regions);
  free(trace->merged);
  free(trace->done);
  free(trace);
}
