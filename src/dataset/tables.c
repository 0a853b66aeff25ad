/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "dataset/catalog.h"
#include "dataset/facts.h"

#include <string.h>
#include <strings.h>

enum { MOST_COLUMNS = 9, MOST_CENTERS = 10000 };

static const char unknown[] = "unknown", total[] = "total";

struct NodalCountTable {
  const PrintedTable *printed; /* NULL: the data set is another one */
  const char *columns[MOST_COLUMNS];
  int column_count; /* with the total */
  const char **rows;
  int64_t (*values)[MOST_COLUMNS];
  size_t row_count, row_capacity, value_capacity; /* with the total at last */
  bool by_center, comparable;
  char **centers; /* names of rows that are no constants */
  size_t center_count, center_capacity;
  EvaluationProblems remarks;
};

/* ---- shape ---- */

static const char *const label_columns[] = {"negative", "macro", "micro", "itc", "tumor", unknown, NULL};
static const char *const stage_columns[] = {"pN0", "pN0(i+)", "pN1mi", "pN1", "pN2", unknown, NULL};

static int column_of(const NodalCountTable *table, const char *name) {
  int found = -1, last = 0;
  for (int i = 0; i < table->column_count; i++) {
    found = strcasecmp(table->columns[i], name) == 0 ? i : found;
    last = table->columns[i] == unknown ? i : last;
  }
  return found >= 0 ? found : last;
}

static bool add_row(NodalCountTable *table, const char *name, NodalError **error) {
  if (table->row_count >= MOST_CENTERS) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "more than %d centers", MOST_CENTERS);
  }
  if (!nodal_grow_array(&table->rows, &table->row_capacity, table->row_count + 1, sizeof *table->rows, error) ||
      !nodal_grow_array(&table->values, &table->value_capacity, table->row_count + 1, sizeof *table->values, error)) {
    return false;
  }
  table->rows[table->row_count] = name;
  memset(table->values[table->row_count++], 0, sizeof *table->values);
  return true;
}

/* Rows of centers that are not printed go by name, behind the others. */
static bool find_row(NodalCountTable *table, const char *center, size_t *row, NodalError **error) {
  const char *name = center[0] ? center : unknown;
  for (*row = 0; *row < table->row_count; ++*row) {
    if (strcasecmp(table->rows[*row], name) == 0) {
      return true;
    }
  }
  if (name == unknown) {
    return add_row(table, unknown, error);
  }
  if (!nodal_grow_array(&table->centers, &table->center_capacity, table->center_count + 1, sizeof *table->centers,
                        error)) {
    return false;
  }
  char *copy = nodal_strdup(name, error);
  if (!copy) {
    return false;
  }
  table->centers[table->center_count++] = copy;
  return add_row(table, copy, error);
}

/* ---- counting ---- */

static bool is_counted(const NodalCountTable *table, const CatalogEntry *entry, const char *dataset) {
  bool fits = strcmp(catalog_text(entry, CATALOG_DATASET), dataset) == 0;
  bool test = strcmp(catalog_text(entry, CATALOG_SPLIT), "test") == 0;
  return fits && !(test && table->printed && table->printed->number != 3);
}

static bool skip_removed(NodalCountTable *table, const CatalogEntry *entry, bool *removed, NodalError **error) {
  SlideFacts facts;
  *removed = table->printed && facts_of_slide(catalog_text(entry, CATALOG_SLIDE), &facts) && facts.removed;
  return !*removed || evaluation_problems_add(&table->remarks, error, "%s %s: it is not counted",
                                              catalog_text(entry, CATALOG_SLIDE), facts.note);
}

static bool count_one(NodalCountTable *table, const char *center, const char *name, NodalError **error) {
  size_t row;
  if (!find_row(table, center, &row, error)) {
    return false;
  }
  table->values[row][column_of(table, strcasecmp(name, "normal") == 0 ? "negative" : name[0] ? name : unknown)]++;
  return true;
}

static bool count_slides(NodalCountTable *table, const NodalCatalog *catalog, const char *dataset, NodalError **error) {
  for (size_t i = 0; i < catalog->count; i++) {
    const CatalogEntry *entry = &catalog->entries[i];
    bool removed = false;
    if (!is_counted(table, entry, dataset)) {
      continue;
    }
    if (!skip_removed(table, entry, &removed, error) ||
        (!removed &&
         !count_one(table, catalog_text(entry, CATALOG_CENTER), catalog_text(entry, CATALOG_LABEL), error))) {
      return false;
    }
  }
  return true;
}

static int compare_patients(const void *a, const void *b) {
  const CatalogEntry *const *first = a, *const *second = b;
  int order = strcasecmp(catalog_text(*first, CATALOG_PATIENT), catalog_text(*second, CATALOG_PATIENT));
  return order != 0 ? order : *first < *second ? -1 : *first > *second;
}

/* A patient has the first center and stage that its slides state. */
static bool count_patient(NodalCountTable *table, const CatalogEntry *const *slides, size_t count, NodalError **error) {
  const char *center = "", *stage = "";
  for (size_t i = 0; i < count; i++) {
    center = center[0] ? center : catalog_text(slides[i], CATALOG_CENTER);
    stage = stage[0] ? stage : catalog_text(slides[i], CATALOG_STAGE);
  }
  return count_one(table, center, stage, error);
}

static bool count_patients(NodalCountTable *table, const NodalCatalog *catalog, const char *dataset,
                           NodalError **error) {
  const CatalogEntry **slides = nodal_alloc_array(catalog->count, sizeof *slides, error);
  size_t count = 0;
  for (size_t i = 0; slides && i < catalog->count; i++) {
    const CatalogEntry *entry = &catalog->entries[i];
    if (is_counted(table, entry, dataset) && catalog_text(entry, CATALOG_PATIENT)[0]) {
      slides[count++] = entry;
    }
  }
  if (count > 1) {
    qsort(slides, count, sizeof *slides, compare_patients);
  }
  bool done = slides != NULL;
  for (size_t begin = 0, end; done && begin < count; begin = end) {
    const char *patient = catalog_text(slides[begin], CATALOG_PATIENT);
    for (end = begin + 1; end < count && strcasecmp(catalog_text(slides[end], CATALOG_PATIENT), patient) == 0;) {
      end++;
    }
    done = count_patient(table, slides + begin, end - begin, error);
  }
  free(slides);
  return done;
}

/* ---- finishing ---- */

/* Centers by name, but those that are printed first and "unknown" last. */
static bool comes_before(const NodalCountTable *table, size_t a, size_t b) {
  const char *first = table->rows[a], *second = table->rows[b];
  return first != unknown && (second == unknown || strcasecmp(first, second) < 0);
}

static void sort_rows(NodalCountTable *table, size_t begin) {
  for (size_t i = begin + 1; i < table->row_count; i++) {
    for (size_t k = i; k > begin && comes_before(table, k, k - 1); k--) {
      const char *name = table->rows[k];
      int64_t values[MOST_COLUMNS];
      memcpy(values, table->values[k], sizeof values);
      table->rows[k] = table->rows[k - 1];
      memcpy(table->values[k], table->values[k - 1], sizeof values);
      table->rows[k - 1] = name;
      memcpy(table->values[k - 1], values, sizeof values);
    }
  }
}

/* Columns that are not in the printed table stand only where there is something in them. */
static void drop_empty_columns(NodalCountTable *table) {
  int always = strcmp(table->columns[0], "negative") == 0 ? (table->printed ? table->printed->columns : 4) : 5,
      kept = 0;
  for (int i = 0; i < table->column_count; i++) {
    int64_t sum = 0;
    for (size_t row = 0; row < table->row_count; row++) {
      sum += table->values[row][i];
    }
    if (sum == 0 && i >= always) {
      continue;
    }
    table->columns[kept] = table->columns[i];
    for (size_t row = 0; row < table->row_count; row++) {
      table->values[row][kept] = table->values[row][i];
    }
    kept++;
  }
  table->column_count = kept;
}

static bool add_totals(NodalCountTable *table, NodalError **error) {
  if (!add_row(table, total, error)) {
    return false;
  }
  size_t last = table->row_count - 1;
  table->columns[table->column_count] = total;
  for (size_t row = 0; row < last; row++) {
    table->values[row][table->column_count] = 0;
    for (int i = 0; i < table->column_count; i++) {
      table->values[row][table->column_count] += table->values[row][i];
      table->values[last][i] += table->values[row][i];
    }
    table->values[last][table->column_count] += table->values[row][table->column_count];
  }
  table->column_count++;
  return true;
}

/* ---- beside what is printed ---- */

/* The sum of a row (-1: of all) and a column (-1: of all) as printed. */
static int64_t printed_sum(const PrintedTable *printed, int row, int column) {
  int64_t sum = 0;
  for (int i = 0; i < printed->rows; i++) {
    for (int k = 0; k < printed->columns; k++) {
      sum += (row < 0 || row == i) && (column < 0 || column == k) ? printed->values[i][k] : 0;
    }
  }
  return sum;
}

static bool compare(NodalCountTable *table, NodalError **error) {
  const PrintedTable *printed = table->printed;
  if (!printed) {
    return true;
  }
  int last = (int)table->row_count - 1;
  int64_t there = table->values[last][table->column_count - 1], expected = printed_sum(printed, -1, -1);
  const char *things = printed->number == 5 ? "patients" : "slides";
  if (there != expected) {
    return evaluation_problems_add(&table->remarks, error, "%lld of %lld %s: not compared with the printed table",
                                   (long long)there, (long long)expected, things);
  }
  table->comparable = true;
  table->by_center = last == printed->rows;
  if (!table->by_center &&
      !evaluation_problems_add(&table->remarks, error,
                               "the centers of some %s are not known: only the sums are compared", things)) {
    return false;
  }
  return printed->number != 3 || table->values[last][0] != 239 ||
         evaluation_problems_add(
             &table->remarks, error,
             "the released data have 239 negative slides and 160 with tumor, the printed table 240 and "
             "159: normal_086 is tumor_111 now");
}

static const PrintedTable *printed_for(int number, const char *dataset) {
  const PrintedTable *printed = facts_printed_table(number);
  return printed && strcmp(printed->dataset, dataset) == 0 ? printed : NULL;
}

static bool fill(NodalCountTable *table, const NodalCatalog *catalog, int number, const char *dataset,
                 NodalError **error) {
  const char *const *columns = number == 5 ? stage_columns : label_columns;
  while (columns[table->column_count]) {
    table->columns[table->column_count] = columns[table->column_count];
    table->column_count++;
  }
  bool done = true;
  int fixed = table->printed ? table->printed->rows : 0;
  for (int i = 0; done && i < fixed; i++) {
    done = add_row(table, table->printed->row_names[i], error);
  }
  done = done &&
         (number == 5 ? count_patients(table, catalog, dataset, error) : count_slides(table, catalog, dataset, error));
  if (!done) {
    return false;
  }
  sort_rows(table, (size_t)fixed);
  drop_empty_columns(table);
  if (!add_totals(table, error)) {
    return false;
  }
  if (table->values[table->row_count - 1][table->column_count - 1] == 0) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "table %d: the catalog holds no %s of %s", number,
                      number == 5 ? "patient" : "slide", dataset[0] ? dataset : "any other data set");
  }
  return compare(table, error);
}

NodalCountTable *nodal_count_table_new(const NodalCatalog *catalog, int number, const char *dataset,
                                       NodalError **error) {
  bool sixteen = strcmp(dataset, facts_camelyon16) == 0;
  if (number < 3 || number > 5 || sixteen != (number == 3)) {
    nodal_fail(error, NODAL_ERROR_ARGUMENT,
               "there is no table %d of %s, but table 3 of CAMELYON16, and 4 and 5 of others", number,
               dataset[0] ? dataset : "other data sets");
    return NULL;
  }
  NodalCountTable *table = nodal_alloc_array(1, sizeof *table, error);
  if (!table) {
    return NULL;
  }
  table->printed = printed_for(number, dataset);
  if (!fill(table, catalog, number, dataset, error)) {
    nodal_count_table_free(table);
    return NULL;
  }
  return table;
}

void nodal_count_table_free(NodalCountTable *table) {
  if (!table) {
    return;
  }
  for (size_t i = 0; i < table->center_count; i++) {
    free(table->centers[i]);
  }
  free(table->centers);
  free(table->rows);
  free(table->values);
  evaluation_problems_clear(&table->remarks);
  free(table);
}

int nodal_count_table_rows(const NodalCountTable *table) {
  return (int)table->row_count;
}

int nodal_count_table_columns(const NodalCountTable *table) {
  return table->column_count;
}

const char *nodal_count_table_row(const NodalCountTable *table, int row) {
  return row >= 0 && (size_t)row < table->row_count ? table->rows[row] : NULL;
}

const char *nodal_count_table_column(const NodalCountTable *table, int column) {
  return column >= 0 && column < table->column_count ? table->columns[column] : NULL;
}

static bool is_inside(const NodalCountTable *table, int row, int column) {
  return row >= 0 && (size_t)row < table->row_count && column >= 0 && column < table->column_count;
}

int64_t nodal_count_table_value(const NodalCountTable *table, int row, int column) {
  return is_inside(table, row, column) ? table->values[row][column] : 0;
}

int64_t nodal_count_table_printed(const NodalCountTable *table, int row, int column) {
  if (!is_inside(table, row, column) || !table->comparable) {
    return -1;
  }
  bool sums = (size_t)row + 1 == table->row_count, all = column + 1 == table->column_count;
  bool known = (sums || table->by_center) && (all || column < table->printed->columns);
  return known ? printed_sum(table->printed, sums ? -1 : row, all ? -1 : column) : -1;
}

const char *nodal_count_table_remark(const NodalCountTable *table, int index) {
  return index >= 0 ? evaluation_problems_line(&table->remarks, (size_t)index) : NULL;
}
