/* SPDX-License-Identifier: Apache-2.0 */
#include "plot.h"

#include <dlfcn.h>
#include <math.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY "libplplot.so.17"

/* Pixels: what stands round the axes, and how long they are; the x axis of a square plot is as long as the other. */
enum { LEFT = 72, RIGHT = 56, BOTTOM = 60, TOP = 14, Y_AXIS = 380, X_AXIS = 540, HEIGHT = BOTTOM + Y_AXIS + TOP };

enum { PAPER, INK, GRID, CURVE, BAND, MARK, GUIDE };

/* ---- PLplot ---- */

/*
 * What is used of PLplot, of its ABI 17 with PLFLT double, as Debian has it. It is stated here because its development
 * package brings compilers and two kits of windows along, 170 MB for a header. The first column is the return type.
 */
/* clang-format off */
#define RENAMED(X)                                                                                                     \
  X(void, adv, (int32_t page))                                                                                         \
  X(void, box, (const char *x, double x_tick, int32_t x_minor, const char *y, double y_tick, int32_t y_minor))         \
  X(void, col0, (int32_t color))                                                                                       \
  X(void, end, (void))                                                                                                 \
  X(void, fill, (int32_t count, const double *x, const double *y))                                                     \
  X(void, init, (void))                                                                                                \
  X(void, line, (int32_t count, const double *x, const double *y))                                                     \
  X(void, mtex, (const char *side, double away, double along, double justify, const char *text))                       \
  X(void, ptex, (double x, double y, double dx, double dy, double justify, const char *text))                          \
  X(void, schr, (double size, double scale))                                                                           \
  X(void, scol0a, (int32_t color, int32_t red, int32_t green, int32_t blue, double alpha))                             \
  X(void, sdev, (const char *device))                                                                                  \
  X(void, sfont, (int32_t family, int32_t style, int32_t weight))                                                      \
  X(void, slabelfunc, (void (*label)(int32_t axis, double value, char *text, int32_t size, void *user), void *user))   \
  X(void, smaj, (double size, double scale))                                                                           \
  X(void, spage, (double x_dpi, double y_dpi, int32_t width, int32_t height, int32_t x, int32_t y))                    \
  X(void, styl, (int32_t count, const int32_t *marks, const int32_t *spaces))                                          \
  X(void, vpor, (double x0, double x1, double y0, double y1))                                                          \
  X(void, wind, (double x0, double x1, double y0, double y1))                                                          \
  X(void, width, (double width))
#define PLAIN(X)                                                                                                       \
  X(void, gDevs, (const char ***menu, const char ***names, int *count))                                                \
  X(void, sexit, (int (*handler)(const char *message)))                                                                \
  X(void, sfile, (FILE *stream))
/* clang-format on */

enum { X_AXIS_NUMBER = 1, SANS = 0, UPRIGHT = 0, MEDIUM = 0 };

/* plplot.line is plline(), which the library exports as c_plline; the plain ones have no c_. */
typedef struct Plplot {
#define MEMBER(type, name, parameters) type(*name) parameters;
  RENAMED(MEMBER)
  PLAIN(MEMBER)
#undef MEMBER
} Plplot;

static bool find(void *handle, const char *name, void *function) {
  void *symbol = dlsym(handle, name);
  memcpy(function, &symbol, sizeof symbol);
  return symbol != NULL;
}

/* Whether it can draw SVG: of a device that it does not have, PLplot would ask the terminal. */
static bool has_svg(const Plplot *plplot) {
  enum { MOST = 200 };
  const char *menu[MOST + 1], *names[MOST + 1], **menu_list = menu, **name_list = names;
  int count = MOST;
  plplot->gDevs(&menu_list, &name_list, &count);
  for (int i = 0; i < count; i++) {
    if (strcmp(names[i], "svg") == 0) {
      return true;
    }
  }
  return false;
}

static bool load(const CliContext *context, Plplot *plplot) {
  void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    cli_error(context, "a report needs PLplot: %s", dlerror());
    return false;
  }
  bool found = true;
#define FIND(type, name, parameters) found = found && find(handle, "c_pl" #name, &plplot->name);
  RENAMED(FIND)
#undef FIND
#define FIND(type, name, parameters) found = found && find(handle, "pl" #name, &plplot->name);
  PLAIN(FIND)
#undef FIND
  if (!found || !has_svg(plplot)) {
    cli_error(context, "a report needs PLplot with its driver for SVG, which this machine lacks");
    return false;
  }
  return true;
}

/* ---- lines ---- */

void cli_plot_add(CliPlotLine *line, double x, double y) {
  size_t n = line->count;
  bool level = n > 1 && line->y[n - 1] == y && line->y[n - 2] == y;
  bool upright = n > 1 && line->x[n - 1] == x && line->x[n - 2] == x;
  if (level || upright) {
    line->x[n - 1] = x;
    line->y[n - 1] = y;
    return;
  }
  if (n == line->capacity) {
    line->capacity = n > 0 ? 2 * n : 64;
    line->x = cli_reallocate(line->x, line->capacity * sizeof *line->x);
    line->y = cli_reallocate(line->y, line->capacity * sizeof *line->y);
  }
  line->x[n] = x;
  line->y[n] = y;
  line->count++;
}

void cli_plot_clear(CliPlotLine *line) {
  free(line->x);
  free(line->y);
  *line = (CliPlotLine){0};
}

/* ---- drawing ---- */

static void label_tick(int32_t axis, double value, char *label, int32_t size, void *user) {
  const CliPlot *plot = user;
  if (axis == X_AXIS_NUMBER && plot->x_labels) {
    snprintf(label, (size_t)size, "%s", plot->x_labels[lround((value - plot->x_low) / plot->x_step)]);
  } else {
    snprintf(label, (size_t)size, "%.1f", fabs(value));
  }
}

static void set_color(const Plplot *plplot, int32_t index, const char *color, double opacity) {
  unsigned red, green, blue;
  if (sscanf(color, "#%2x%2x%2x", &red, &green, &blue) == 3) {
    plplot->scol0a(index, (int32_t)red, (int32_t)green, (int32_t)blue, opacity);
  }
}

static void set_colors(const Plplot *plplot) {
  set_color(plplot, PAPER, CLI_PLOT_PAPER, 1);
  set_color(plplot, INK, CLI_PLOT_INK, 1);
  set_color(plplot, GRID, CLI_PLOT_GRID, 1);
  set_color(plplot, CURVE, CLI_PLOT_CURVE, 1);
  set_color(plplot, BAND, CLI_PLOT_CURVE, 0.2);
  set_color(plplot, MARK, CLI_PLOT_MARK, 1);
  set_color(plplot, GUIDE, CLI_PLOT_GUIDE, 1);
}

static void draw_line(const Plplot *plplot, const CliPlotLine *line, int32_t color, double width, bool dashed) {
  const int32_t dash = 2000, gap = 1500; /* micrometres */
  if (line->count < 2) {
    return;
  }
  plplot->col0(color);
  plplot->width(width);
  plplot->styl(dashed, &dash, &gap);
  plplot->line((int32_t)line->count, line->x, line->y);
  plplot->styl(0, &dash, &gap);
}

static int axis_length(const CliPlot *plot) {
  return plot->square ? Y_AXIS : X_AXIS;
}

static int drawing_width(const CliPlot *plot) {
  return LEFT + axis_length(plot) + RIGHT;
}

/* In a window of pixels, so that rings are round and whole on the edges too. */
static void draw_mark(const Plplot *plplot, const CliPlot *plot, const CliPlotMark *mark) {
  enum { CORNERS = 24 };
  const double radius = 5, lower = 13, beside = 8;
  double center_x = LEFT + axis_length(plot) * (mark->x - plot->x_low) / (plot->x_high - plot->x_low);
  double center_y = BOTTOM + Y_AXIS * mark->y;
  double x[CORNERS + 1], y[CORNERS + 1];
  for (int i = 0; i <= CORNERS; i++) {
    double angle = 2 * M_PI * i / CORNERS;
    x[i] = center_x + radius * cos(angle);
    y[i] = center_y + radius * sin(angle);
  }
  plplot->col0(PAPER);
  plplot->fill(CORNERS, x, y);
  plplot->col0(MARK);
  plplot->width(2);
  plplot->line(CORNERS + 1, x, y);
  /* The text is not to stand on the axis. */
  bool above = center_y - BOTTOM < 2 * lower;
  plplot->col0(INK);
  plplot->ptex(center_x + beside, center_y + (above ? lower : -lower), 1, 0, 0, mark->text);
}

static void draw_marks(const Plplot *plplot, const CliPlot *plot) {
  plplot->vpor(0, 1, 0, 1);
  plplot->wind(0, drawing_width(plot), 0, HEIGHT);
  for (size_t i = 0; i < plot->mark_count; i++) {
    draw_mark(plplot, plot, &plot->marks[i]);
  }
}

static void draw_axes(const Plplot *plplot, const CliPlot *plot) {
  plplot->width(1);
  plplot->col0(GRID);
  plplot->box("g", plot->x_step, 1, "g", 0.2, 1);
  plplot->col0(INK);
  plplot->box("bnstio", plot->x_step, 1, "bnstivo", 0.2, 1);
  plplot->mtex("b", 3.5, 0.5, 0.5, plot->x_title);
  plplot->mtex("l", 4.2, 0.5, 0.5, plot->y_title);
}

static void draw(const Plplot *plplot, const CliPlot *plot, FILE *stream) {
  plplot->sfile(stream);
  plplot->sdev("svg");
  double width = drawing_width(plot), height = HEIGHT;
  plplot->spage(0, 0, drawing_width(plot), HEIGHT, 0, 0);
  set_colors(plplot);
  plplot->init();
  plplot->sfont(SANS, UPRIGHT, MEDIUM);
  plplot->slabelfunc(label_tick, (void *)(uintptr_t)plot);
  plplot->adv(0);
  plplot->schr(0, 1.05);
  plplot->smaj(0, 0.5);
  plplot->vpor(LEFT / width, 1 - RIGHT / width, BOTTOM / height, 1 - TOP / height);
  plplot->wind(plot->x_low, plot->x_high, 0, 1);
  draw_axes(plplot, plot);
  if (plot->band.count > 2) {
    plplot->col0(BAND);
    plplot->fill((int32_t)plot->band.count, plot->band.x, plot->band.y);
  }
  draw_line(plplot, &plot->guide, GUIDE, 1.2, true);
  draw_line(plplot, &plot->held, CURVE, 2.2, true);
  draw_line(plplot, &plot->curve, CURVE, 2.6, false);
  draw_marks(plplot, plot);
  plplot->end();
}

/* PLplot ends the process where it fails, but for this way out, to which it hands nothing but a message. */
static jmp_buf way_out;
static char failure[200];

static int leave(const char *message) {
  snprintf(failure, sizeof failure, "%s", message);
  longjmp(way_out, 1);
}

/* Closes the stream. */
static bool try_to_draw(const Plplot *plplot, const CliPlot *plot, FILE *stream) {
  plplot->sexit(leave);
  if (setjmp(way_out) != 0) {
    fclose(stream);
    return false;
  }
  draw(plplot, plot, stream);
  return true;
}

bool cli_plot_print(const CliContext *context, const CliPlot *plot, FILE *stream) {
  Plplot plplot;
  if (!load(context, &plplot)) {
    return false;
  }
  char *text = NULL;
  size_t size = 0;
  FILE *memory = open_memstream(&text, &size);
  bool drawn = memory && try_to_draw(&plplot, plot, memory);
  if (!drawn) {
    cli_error(context, "a plot cannot be drawn: %s", memory ? failure : "out of memory");
  } else {
    /* What PLplot makes is a document of its own, of which the page has no use for the head. */
    const char *start = strstr(text, "<svg"), *body = start ? strchr(start, '>') : NULL;
    int width = drawing_width(plot);
    fprintf(stream, "<svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\"%s", width,
            HEIGHT, width, HEIGHT, plot->title, body ? body : ">");
  }
  free(text);
  return drawn;
}
