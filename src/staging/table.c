/* SPDX-License-Identifier: Apache-2.0 */
#include "staging/table.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>

void stage_row_clear(StageRow *row) {
  free(row->patient);
  free(row->node);
  free(row->text);
  free(row->center);
  free(row->mammary);
}

bool stage_table_add_problem(NodalStageTable *table, int64_t line, NodalError **error, const char *format, ...) {
  char text[800];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  if (!nodal_grow_array(&table->problems, &table->problem_capacity, table->problem_count + 1, sizeof *table->problems,
                        error)) {
    return false;
  }
  char *whole = nodal_strdup_printf(error, "%s: line %lld: %s", table->name, (long long)line, text);
  if (!whole) {
    return false;
  }
  table->problems[table->problem_count++] = (StageProblem){line, whole};
  return true;
}

NodalStageTable *nodal_stage_table_read_source(NodalSource *source, const NodalStageOptions *options,
                                               NodalError **error) {
  if (options->nodes < 0) {
    nodal_fail(error, NODAL_ERROR_ARGUMENT, "a patient cannot have %d nodes", options->nodes);
    return NULL;
  }
  NodalStageTable *table = nodal_alloc_array(1, sizeof *table, error);
  if (!table) {
    return NULL;
  }
  table->options = *options;
  table->name = nodal_strdup(nodal_source_name(source), error);
  if (!table->name || !stage_table_read_rows(table, source, error) || !stage_table_stage(table, error)) {
    nodal_stage_table_free(table);
    return NULL;
  }
  return table;
}

NodalStageTable *nodal_stage_table_read(const char *path, const NodalStageOptions *options, NodalError **error) {
  NodalSource *source = nodal_source_open(path, error);
  if (!source) {
    return NULL;
  }
  NodalStageTable *table = nodal_stage_table_read_source(source, options, error);
  nodal_source_unref(source);
  return table;
}

void nodal_stage_table_free(NodalStageTable *table) {
  if (!table) {
    return;
  }
  for (size_t i = 0; i < table->row_count; i++) {
    stage_row_clear(&table->rows[i]);
  }
  for (size_t i = 0; i < table->problem_count; i++) {
    free(table->problems[i].text);
  }
  free(table->rows);
  free(table->order);
  free(table->entries);
  free(table->problems);
  free(table->name);
  free(table);
}

int nodal_stage_table_count(const NodalStageTable *table) {
  return (int)table->entry_count;
}

bool nodal_stage_table_patient(const NodalStageTable *table, int index, NodalStagePatient *patient) {
  if (index < 0 || (size_t)index >= table->entry_count) {
    return false;
  }
  *patient = table->entries[index].patient;
  return true;
}

bool nodal_stage_table_node(const NodalStageTable *table, int patient, int index, NodalStageNode *node) {
  if (patient < 0 || (size_t)patient >= table->entry_count || index < 0) {
    return false;
  }
  const StageEntry *entry = &table->entries[patient];
  if (index >= entry->patient.node_count) {
    return false;
  }
  const StageRow *row = entry->rows[index];
  *node = (NodalStageNode){.name = row->node, .text = row->text, .line = row->line};
  node->known = nodal_category_from_name(row->text, &node->label);
  return true;
}

const char *nodal_stage_table_problem(const NodalStageTable *table, int index) {
  return index >= 0 && (size_t)index < table->problem_count ? table->problems[index].text : NULL;
}
