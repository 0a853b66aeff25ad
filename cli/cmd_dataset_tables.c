/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "json.h"

#include <nodal/dataset.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT_TEXT, FORMAT_CSV, FORMAT_MARKDOWN };
static const char *const format_names[] = {"text", "csv", "markdown", NULL};

typedef struct Values {
  CliCommon common;
  const char *catalog;
  int number; /* 0: all */
  int format;
} Values;

/* One table of one data set. */
typedef struct Table {
  const NodalCountTable *counts;
  int number;
  const char *dataset;
} Table;

static const char *const dataset_names[] = {"CAMELYON16", "CAMELYON17", "phantom", ""};
enum { DATASETS = sizeof dataset_names / sizeof *dataset_names };

static char *title_of(const Table *table) {
  static const char *const what[] = {"slides by center and label", "slides by center and label",
                                     "patients by center and stage"};
  bool phantom = strcmp(table->dataset, "phantom") == 0, seventeen = strcmp(table->dataset, "CAMELYON17") == 0;
  return cli_format("Table %d: %s%s%s", table->number, what[table->number - 3],
                    seventeen           ? ", CAMELYON17, training set"
                    : table->dataset[0] ? ", "
                                        : "",
                    seventeen ? ""
                    : phantom ? "phantom (synthetic)"
                              : table->dataset);
}

static bool differs(const NodalCountTable *counts, int row, int column) {
  int64_t printed = nodal_count_table_printed(counts, row, column);
  return printed >= 0 && printed != nodal_count_table_value(counts, row, column);
}

/* How many cells can be compared with the printed table, and how many are other there. */
static int count_compared(const NodalCountTable *counts, int *differing) {
  int compared = 0;
  *differing = 0;
  for (int row = 0; row < nodal_count_table_rows(counts); row++) {
    for (int column = 0; column < nodal_count_table_columns(counts); column++) {
      compared += nodal_count_table_printed(counts, row, column) >= 0;
      *differing += differs(counts, row, column);
    }
  }
  return compared;
}

/* ---- printing ---- */

static int width_of(const NodalCountTable *counts, int column) {
  char text[32];
  size_t width = strlen(nodal_count_table_column(counts, column));
  for (int row = 0; row < nodal_count_table_rows(counts); row++) {
    int length = snprintf(text, sizeof text, "%lld", (long long)nodal_count_table_value(counts, row, column));
    width = (size_t)length > width ? (size_t)length : width;
  }
  return (int)width;
}

static void print_grid(const NodalCountTable *counts) {
  int columns = nodal_count_table_columns(counts), first = (int)strlen("center");
  const char *name;
  for (int row = 0; (name = nodal_count_table_row(counts, row)) != NULL; row++) {
    first = (int)strlen(name) > first ? (int)strlen(name) : first;
  }
  cli_print_safe(stdout, "%-*s", first, "center");
  for (int column = 0; column < columns; column++) {
    cli_print_safe(stdout, "  %*s", width_of(counts, column), nodal_count_table_column(counts, column));
  }
  printf("\n");
  for (int row = 0; (name = nodal_count_table_row(counts, row)) != NULL; row++) {
    cli_print_safe(stdout, "%-*s", first, name);
    for (int column = 0; column < columns; column++) {
      printf("  %*lld", width_of(counts, column), (long long)nodal_count_table_value(counts, row, column));
    }
    printf("\n");
  }
}

/* A center's name may hold a bar. */
static void print_cell(const char *text) {
  char *escaped = cli_allocate(2 * strlen(text) + 1), *to = escaped;
  for (; *text; text++) {
    if (*text == '|') {
      *to++ = '\\';
    }
    *to++ = *text;
  }
  cli_print_safe(stdout, "| %s ", escaped);
  free(escaped);
}

static void print_markdown(const NodalCountTable *counts) {
  int columns = nodal_count_table_columns(counts);
  const char *name;
  print_cell("center");
  for (int column = 0; column < columns; column++) {
    print_cell(nodal_count_table_column(counts, column));
  }
  printf("|\n|---|");
  for (int column = 0; column < columns; column++) {
    printf("---:|");
  }
  printf("\n");
  for (int row = 0; (name = nodal_count_table_row(counts, row)) != NULL; row++) {
    print_cell(name);
    for (int column = 0; column < columns; column++) {
      printf("| %lld ", (long long)nodal_count_table_value(counts, row, column));
    }
    printf("|\n");
  }
}

/* What of it is printed otherwise, and why. */
static void print_remarks(const NodalCountTable *counts, const char *before) {
  int differing, compared = count_compared(counts, &differing);
  if (compared > 0 && differing == 0) {
    printf("%sas printed\n", before);
  }
  for (int row = 0; row < nodal_count_table_rows(counts); row++) {
    for (int column = 0; column < nodal_count_table_columns(counts); column++) {
      if (differs(counts, row, column)) {
        cli_print_safe(stdout, "%s%s, %s: %lld, printed %lld\n", before, nodal_count_table_row(counts, row),
                       nodal_count_table_column(counts, column),
                       (long long)nodal_count_table_value(counts, row, column),
                       (long long)nodal_count_table_printed(counts, row, column));
      }
    }
  }
  const char *remark;
  for (int i = 0; (remark = nodal_count_table_remark(counts, i)) != NULL; i++) {
    cli_print_safe(stdout, "%s%s\n", before, remark);
  }
}

static void print_table(const Table *table, int format, bool first) {
  char *title = title_of(table);
  const char *mark = format == FORMAT_MARKDOWN ? "**" : "";
  printf("%s", first ? "" : "\n");
  cli_print_safe(stdout, "%s%s%s\n", mark, title, mark);
  if (format == FORMAT_MARKDOWN) {
    printf("\n");
    print_markdown(table->counts);
    printf("\n");
  } else {
    print_grid(table->counts);
  }
  print_remarks(table->counts, format == FORMAT_MARKDOWN ? "- " : "");
  free(title);
}

static void print_rows(const Table *table, bool first) {
  if (first) {
    printf("table,dataset,center,column,count,printed\n");
  }
  const NodalCountTable *counts = table->counts;
  for (int row = 0; row < nodal_count_table_rows(counts); row++) {
    for (int column = 0; column < nodal_count_table_columns(counts); column++) {
      int64_t printed = nodal_count_table_printed(counts, row, column);
      printf("%d,%s,", table->number, table->dataset);
      cli_print_field(stdout, nodal_count_table_row(counts, row));
      printf(",%s,%lld,", nodal_count_table_column(counts, column),
             (long long)nodal_count_table_value(counts, row, column));
      if (printed >= 0) {
        printf("%lld", (long long)printed);
      }
      printf("\n");
    }
  }
}

static json_t *describe(const Table *table) {
  const NodalCountTable *counts = table->counts;
  json_t *entry = json_object(), *columns = json_array(), *rows = json_array(), *remarks = json_array();
  for (int column = 0; column < nodal_count_table_columns(counts); column++) {
    cli_json_append(columns, cli_json_text(nodal_count_table_column(counts, column)));
  }
  for (int row = 0; row < nodal_count_table_rows(counts); row++) {
    json_t *line = json_object(), *values = json_array(), *printed = json_array();
    for (int column = 0; column < nodal_count_table_columns(counts); column++) {
      int64_t number = nodal_count_table_printed(counts, row, column);
      cli_json_append(values, json_integer(nodal_count_table_value(counts, row, column)));
      cli_json_append(printed, number >= 0 ? json_integer(number) : json_null());
    }
    cli_json_set(line, "center", cli_json_text(nodal_count_table_row(counts, row)));
    cli_json_set(line, "counts", values);
    cli_json_set(line, "printed", printed);
    cli_json_append(rows, line);
  }
  const char *remark;
  for (int i = 0; (remark = nodal_count_table_remark(counts, i)) != NULL; i++) {
    cli_json_append(remarks, cli_json_text(remark));
  }
  cli_json_set(entry, "table", json_integer(table->number));
  cli_json_set(entry, "dataset", cli_json_text(table->dataset));
  cli_json_set(entry, "columns", columns);
  cli_json_set(entry, "rows", rows);
  cli_json_set(entry, "remarks", remarks);
  return entry;
}

/* ---- the command ---- */

static void give(const CliContext *context, const Values *values, const Table *table, bool first, json_t *document) {
  if (context->common->json) {
    cli_json_append(document, describe(table));
  } else if (values->format == FORMAT_CSV) {
    print_rows(table, first);
  } else {
    print_table(table, values->format, first);
  }
}

/* Tables that there is nothing for are left out. Returns how many were given, -1 after an error. */
static int give_all(const CliContext *context, const Values *values, const NodalCatalog *catalog, json_t *document) {
  int given = 0;
  for (int number = 3; number <= 5; number++) {
    for (int i = 0; i < DATASETS && (values->number == 0 || values->number == number); i++) {
      NodalError *error = NULL;
      Table table = {.number = number, .dataset = dataset_names[i]};
      NodalCountTable *counts = nodal_count_table_new(catalog, number, dataset_names[i], &error);
      if (counts) {
        table.counts = counts;
        give(context, values, &table, given == 0, document);
        given++;
      } else if (nodal_error_code(error) != NODAL_ERROR_ARGUMENT) {
        cli_fail(context, error);
        return -1;
      }
      nodal_error_free(error);
      nodal_count_table_free(counts);
    }
  }
  return given;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  if (values->number == 1 || values->number == 2) {
    return cli_usage(context, "--table must be 3, 4 or 5");
  }
  NodalError *error = NULL;
  NodalCatalog *catalog = nodal_catalog_read(values->catalog, &error);
  if (!catalog) {
    return cli_fail(context, error);
  }
  json_t *document = json_array();
  int given = give_all(context, values, catalog, document);
  nodal_catalog_free(catalog);
  if (given == 0) {
    cli_error(context, "%s: holds nothing to be counted%s", values->catalog,
              values->number == 3   ? ": table 3 is of CAMELYON16"
              : values->number == 5 ? ": table 5 is of patients"
                                    : "");
  }
  if (given > 0 && context->common->json) {
    cli_json_print(document);
  } else {
    json_decref(document);
  }
  return given > 0 ? CLI_DONE : CLI_FAILED;
}

static const CliOption arguments[] = {{.name = "CATALOG",
                                       .required = true,
                                       .type = CLI_STRING,
                                       .value = "FILE",
                                       .offset = offsetof(Values, catalog),
                                       .help = "The catalog, as nodal dataset scan writes it."},
                                      {.name = NULL}};

static const CliOption options[] = {{.name = "table",
                                     .type = CLI_INT,
                                     .value = "N",
                                     .offset = offsetof(Values, number),
                                     .minimum = 0,
                                     .maximum = 5,
                                     .initial = "0",
                                     .help = "Only table 3, 4 or 5; 0: those that the catalog has something for."},
                                    {.name = "format",
                                     .type = CLI_CHOICE,
                                     .value = "FORMAT",
                                     .choices = format_names,
                                     .offset = offsetof(Values, format),
                                     .initial = "text",
                                     .help = "How they are printed; csv is one row a cell."},
                                    CLI_OPTION_JSON,
                                    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal dataset tables catalog.csv", "Tables 3, 4 and 5 of the paper, and where the data differ from them."},
    {"nodal dataset tables catalog.csv --table 4 --format markdown", "Table 4 for a document."},
    {NULL, NULL}};

const CliCommand cli_dataset_tables = {
    .name = "dataset tables",
    .group = "Data sets",
    .summary = "count a catalog as the paper's tables do",
    .description =
        "Tables 3, 4 and 5 of Litjens et al., \"1399 H&E-stained sentinel lymph node sections of breast cancer "
        "patients: the CAMELYON dataset\" (GigaScience 2018): slides of CAMELYON16 by center and label, slides of the "
        "training set of CAMELYON17 by center and label, its patients by center and stage. Tables 4 and 5 are also "
        "made of synthetic and other data sets.\n\n"
        "Where all slides are there, each number is compared with the one that is printed; those that differ are "
        "named. Table 3 cannot come out as printed: normal_086, counted there as negative, shows tumor and is called "
        "tumor_111 now. A catalog needs no slides for this: nodal dataset scan on a folder that holds a table of "
        "labels alone makes one.\n\n"
        "--format csv has the columns table, dataset, center, column, count and printed. --json prints an array of "
        "objects with the keys table, dataset, columns, rows (center, counts, printed) and remarks.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
