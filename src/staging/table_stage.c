/* SPDX-License-Identifier: Apache-2.0 */
#include "staging/table.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static int compare_lines(int64_t a, int64_t b) {
  return a < b ? -1 : a > b;
}

/* Nodes before rows that say a stage. */
static int by_kind(const StageRow *a, const StageRow *b) {
  return (a->node == NULL) - (b->node == NULL);
}

static int by_patient(const void *first, const void *second) {
  const StageRow *a = *(StageRow *const *)first, *b = *(StageRow *const *)second;
  int difference = strcasecmp(a->patient, b->patient);
  difference = difference ? difference : by_kind(a, b);
  return difference ? difference : compare_lines(a->line, b->line);
}

/* Equal nodes side by side. */
static int by_node(const void *first, const void *second) {
  const StageRow *a = *(StageRow *const *)first, *b = *(StageRow *const *)second;
  int difference = by_kind(a, b);
  if (difference == 0 && a->node) {
    difference = a->number != b->number ? (a->number > b->number) - (a->number < b->number)
                 : a->number < 0        ? strcasecmp(a->node, b->node)
                                        : 0;
  }
  return difference ? difference : compare_lines(a->line, b->line);
}

static int by_first_line(const void *first, const void *second) {
  const StageEntry *a = first, *b = second;
  return compare_lines(a->first_line, b->first_line);
}

static int by_line(const void *first, const void *second) {
  const StageProblem *a = first, *b = second;
  int lines = compare_lines(a->line, b->line);
  return lines ? lines : strcmp(a->text, b->text);
}

static bool same_node(const StageRow *a, const StageRow *b) {
  if ((a->node == NULL) != (b->node == NULL)) {
    return false;
  }
  return !a->node || (a->number == b->number && (a->number >= 0 || strcasecmp(a->node, b->node) == 0));
}

/* Every row that says again what another one says; leaves the rows by line. */
static bool find_doubles(NodalStageTable *table, StageEntry *entry, NodalError **error) {
  qsort(entry->rows, entry->row_count, sizeof *entry->rows, by_node);
  bool stored = true;
  for (size_t i = 1, first = 0; i < entry->row_count && stored; i++) {
    const StageRow *row = entry->rows[i];
    if (!same_node(row, entry->rows[first])) {
      first = i;
      continue;
    }
    entry->troubled = true;
    const char *what = row->node ? row->node : "the patient";
    stored = stage_table_add_problem(table, row->line, error, "%s: %s is there already, in line %lld", row->patient,
                                     what, (long long)entry->rows[first]->line);
  }
  qsort(entry->rows, entry->row_count, sizeof *entry->rows, by_patient);
  return stored;
}

static bool count_nodes(NodalStageTable *table, StageEntry *entry, NodalError **error) {
  NodalNodeCounts *nodes = &entry->patient.nodes;
  int64_t *const counters[] = {&nodes->negative, &nodes->itc, &nodes->micro, &nodes->macro};
  for (size_t i = 0; i < entry->row_count; i++) {
    const StageRow *row = entry->rows[i];
    NodalCategory label;
    if (!row->node) {
      entry->patient.given = row->text[0] ? row->text : NULL;
      entry->patient.given_line = row->line;
      continue;
    }
    entry->patient.node_count++;
    if (nodal_category_from_name(row->text, &label)) {
      ++*counters[label];
      continue;
    }
    entry->troubled = true;
    if (!stage_table_add_problem(table, row->line, error,
                                 "%s: the label of %s is '%s', not negative, itc, micro or macro", row->patient,
                                 row->node, row->text)) {
      return false;
    }
  }
  return true;
}

static bool check_count(NodalStageTable *table, StageEntry *entry, NodalError **error) {
  int wanted = table->options.nodes, count = entry->patient.node_count;
  if (wanted == 0 ? count > 0 : count == wanted) {
    return true;
  }
  /* With a node too many because it is there twice, that has been said already. */
  bool said = entry->troubled && count > wanted && wanted > 0;
  entry->troubled = true;
  if (said) {
    return true;
  }
  if (count == 0) {
    return stage_table_add_problem(table, entry->first_line, error, "%s: no node", entry->patient.name);
  }
  char numbers[200] = "";
  for (size_t i = 0, used = 0; i < entry->row_count && used < sizeof numbers; i++) {
    const StageRow *row = entry->rows[i];
    if (row->number >= 0) {
      used += (size_t)snprintf(numbers + used, sizeof numbers - used, "%s%d", used ? ", " : ": ", row->number);
    }
  }
  return stage_table_add_problem(table, entry->first_line, error, "%s: %d %s instead of %d%s", entry->patient.name,
                                 count, count == 1 ? "node" : "nodes", wanted, numbers);
}

/* What the patient's rows say about internal mammary nodes: one of the three words, at least once, never two. */
static bool find_mammary(NodalStageTable *table, StageEntry *entry, NodalError **error) {
  const StageRow *said = NULL;
  for (size_t i = 0; i < entry->row_count; i++) {
    const StageRow *row = entry->rows[i];
    if (row->mammary[0] == '\0') {
      continue;
    }
    int value = NODAL_MAMMARY_NONE;
    while (value <= NODAL_MAMMARY_CLINICAL && strcasecmp(row->mammary, nodal_mammary_name((NodalMammary)value)) != 0) {
      value++;
    }
    if (value > NODAL_MAMMARY_CLINICAL) {
      entry->troubled = true;
      return stage_table_add_problem(table, row->line, error,
                                     "%s: internal_mammary is '%s', not none, sentinel or clinical", row->patient,
                                     row->mammary);
    }
    if (said && entry->patient.mammary != (NodalMammary)value) {
      entry->troubled = true;
      return stage_table_add_problem(table, row->line, error, "%s: internal_mammary is '%s', but '%s' in line %lld",
                                     row->patient, row->mammary, said->mammary, (long long)said->line);
    }
    entry->patient.mammary = (NodalMammary)value;
    said = said ? said : row;
  }
  if (!said) {
    entry->troubled = true;
    return stage_table_add_problem(table, entry->first_line, error, "%s: internal_mammary is not given",
                                   entry->patient.name);
  }
  return true;
}

static bool stage_entry(NodalStageTable *table, StageEntry *entry, NodalError **error) {
  NodalStagePatient *patient = &entry->patient;
  patient->name = entry->rows[0]->patient;
  if (!find_doubles(table, entry, error) || !count_nodes(table, entry, error) || !check_count(table, entry, error)) {
    return false;
  }
  bool ajcc = table->options.rules == NODAL_STAGE_AJCC7;
  if (ajcc && table->has_mammary && !find_mammary(table, entry, error)) {
    return false;
  }
  if (entry->troubled) {
    return true;
  }
  patient->staged = nodal_stage_of(table->options.rules, &patient->nodes, patient->mammary, &patient->stage);
  return patient->staged ||
         stage_table_add_problem(table, entry->first_line, error,
                                 "%s: %lld positive nodes, and the rules of CAMELYON17 end at 9", patient->name,
                                 (long long)(patient->nodes.micro + patient->nodes.macro));
}

bool stage_table_stage(NodalStageTable *table, NodalError **error) {
  table->order = nodal_alloc_array(table->row_count, sizeof(StageRow *), error);
  table->entries = table->order ? nodal_alloc_array(table->row_count, sizeof *table->entries, error) : NULL;
  if (!table->entries) {
    return false;
  }
  for (size_t i = 0; i < table->row_count; i++) {
    table->order[i] = &table->rows[i];
  }
  qsort(table->order, table->row_count, sizeof *table->order, by_patient);
  for (size_t i = 0; i < table->row_count; i++) {
    StageRow **row = &table->order[i];
    StageEntry *entry = &table->entries[table->entry_count];
    if (i > 0 && strcasecmp(row[-1]->patient, row[0]->patient) == 0) {
      entry--;
    } else {
      entry->rows = row;
      entry->first_line = row[0]->line;
      table->entry_count++;
    }
    entry->row_count++;
    entry->first_line = nodal_min64(entry->first_line, row[0]->line);
  }
  qsort(table->entries, table->entry_count, sizeof *table->entries, by_first_line);
  for (size_t i = 0; i < table->entry_count; i++) {
    if (!stage_entry(table, &table->entries[i], error)) {
      return false;
    }
  }
  if (table->problem_count > 0) {
    qsort(table->problems, table->problem_count, sizeof *table->problems, by_line);
  }
  return true;
}
