/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/rounding.h"

#include "base/memory.h"

/*
 * The fractional parts with one row and one column more, which make the sum of every row and column whole. As long as
 * a cell is a true fraction, so is another one in its row and another one in its column; going from one to the other
 * ends in a cycle, along which as much is added to every second cell as is taken from the others. The sums stay, and a
 * cell at least becomes whole.
 */
typedef struct Table {
  int64_t *parts; /* 0 to whole, both whole numbers */
  int64_t whole;
  size_t rows, columns; /* with those added */
  size_t *path;         /* rows, and columns after them, in turn */
  size_t *place;        /* in the path, from 1; 0: not there */
  size_t length;
} Table;

static int64_t *cell_at(const Table *table, size_t row, size_t column) {
  return &table->parts[row * table->columns + column];
}

static bool is_fraction(const Table *table, size_t row, size_t column) {
  int64_t part = *cell_at(table, row, column);
  return part > 0 && part < table->whole;
}

/* The cell between two neighbours of the path. */
static int64_t *cell_between(const Table *table, size_t one, size_t other) {
  size_t row = one < table->rows ? one : other, column = one < table->rows ? other : one;
  return cell_at(table, row, column - table->rows);
}

/* Where a fraction leads from this row or column, not back to `from`. */
static size_t next_on_path(const Table *table, size_t here, size_t from) {
  bool is_row = here < table->rows;
  size_t first = is_row ? table->rows : 0, count = is_row ? table->columns : table->rows;
  for (size_t i = 0; i < count; i++) {
    size_t row = is_row ? here : i, column = is_row ? i : here - table->rows;
    if (first + i != from && is_fraction(table, row, column)) {
      return first + i;
    }
  }
  return here; /* cannot be: sums are whole */
}

/* Follows fractions from a row on until the path meets itself. Returns where in the path the cycle begins. */
static size_t find_cycle(Table *table, size_t row) {
  size_t here = row, from = SIZE_MAX;
  table->length = 0;
  while (table->place[here] == 0) {
    table->path[table->length++] = here;
    table->place[here] = table->length;
    size_t next = next_on_path(table, here, from);
    from = here;
    here = next;
  }
  size_t begin = table->place[here] - 1;
  for (size_t i = 0; i < table->length; i++) {
    table->place[table->path[i]] = 0;
  }
  return begin;
}

static void round_cycle(Table *table, size_t begin, NodalRandom *random) {
  const size_t *cycle = table->path + begin;
  size_t length = table->length - begin;
  /* How far the cells at even places can rise, with the others falling, and the other way round. */
  int64_t up = table->whole, down = table->whole;
  for (size_t i = 0; i < length; i++) {
    int64_t part = *cell_between(table, cycle[i], cycle[(i + 1) % length]), rest = table->whole - part;
    up = nodal_min64(up, i % 2 == 0 ? rest : part);
    down = nodal_min64(down, i % 2 == 0 ? part : rest);
  }
  /* So that nothing is gained or lost in the mean. */
  int64_t step = (int64_t)nodal_random_below(random, (uint32_t)(up + down)) < down ? up : -down;
  for (size_t i = 0; i < length; i++) {
    *cell_between(table, cycle[i], cycle[(i + 1) % length]) += i % 2 == 0 ? step : -step;
  }
}

static void fill(Table *table, const int64_t *parts) {
  size_t last_row = table->rows - 1, last_column = table->columns - 1;
  for (size_t row = 0; row < last_row; row++) {
    for (size_t column = 0; column < last_column; column++) {
      int64_t part = parts[row * last_column + column] % table->whole;
      *cell_at(table, row, column) = part;
      *cell_at(table, row, last_column) += table->whole - part;
      *cell_at(table, last_row, column) += table->whole - part;
      *cell_at(table, last_row, last_column) += part;
    }
  }
  for (size_t row = 0; row < table->rows; row++) {
    *cell_at(table, row, last_column) %= table->whole;
  }
  for (size_t column = 0; column < last_column; column++) {
    *cell_at(table, last_row, column) %= table->whole;
  }
}

static void round_all(Table *table, NodalRandom *random) {
  for (size_t row = 0; row < table->rows; row++) {
    for (size_t column = 0; column < table->columns; column++) {
      while (is_fraction(table, row, column)) {
        round_cycle(table, find_cycle(table, row), random);
      }
    }
  }
}

bool dataset_round_table(const int64_t *parts, size_t rows, size_t columns, int64_t whole, NodalRandom *random,
                         int64_t *rounded, NodalError **error) {
  if (rows > ROUNDING_MAX_CELLS || columns > ROUNDING_MAX_CELLS || rows * columns > ROUNDING_MAX_CELLS) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "a table of %zu by %zu is too large", rows, columns);
  }
  Table table = {.whole = whole, .rows = rows + 1, .columns = columns + 1};
  table.parts = nodal_alloc_array(table.rows * table.columns, sizeof *table.parts, error);
  table.path = table.parts ? nodal_alloc_array(table.rows + table.columns, sizeof *table.path, error) : NULL;
  table.place = table.path ? nodal_alloc_array(table.rows + table.columns, sizeof *table.place, error) : NULL;
  bool done = table.place != NULL;
  if (done) {
    fill(&table, parts);
    round_all(&table, random);
    for (size_t i = 0; i < rows * columns; i++) {
      rounded[i] = parts[i] / whole + (*cell_at(&table, i / columns, i % columns) == whole);
    }
  }
  free(table.parts);
  free(table.path);
  free(table.place);
  return done;
}
