/* SPDX-License-Identifier: Apache-2.0 */
#include "staging/table.h"

#include "base/printer.h"

static void end_row(NodalPrinter *printer, const NodalStageTable *table, const char *center) {
  if (table->has_center) {
    nodal_print(printer, ",");
    nodal_print_field(printer, center, "");
  }
  nodal_print(printer, table->crlf ? "\r\n" : "\n");
}

static void print_patient(NodalPrinter *printer, const NodalStageTable *table, const StageEntry *entry) {
  /* As the patient's own row writes it, or its first node's. */
  const StageRow *last = entry->rows[entry->row_count - 1], *patient = last->node ? entry->rows[0] : last;
  nodal_print_field(printer, patient->patient, ".zip");
  nodal_print(printer, ",");
  nodal_print(printer, nodal_stage_name(entry->patient.stage));
  end_row(printer, table, patient->center);
  for (int i = 0; i < entry->patient.node_count; i++) {
    const StageRow *row = entry->rows[i];
    NodalCategory label = NODAL_CATEGORY_NEGATIVE;
    nodal_category_from_name(row->text, &label);
    nodal_print_field(printer, row->node, "");
    nodal_print(printer, ",");
    nodal_print(printer, nodal_category_name(label));
    end_row(printer, table, row->center);
  }
}

static bool print_table(const NodalStageTable *table, NodalOutput *output, NodalError **error) {
  NodalPrinter printer;
  nodal_printer_init(&printer, output);
  nodal_print(&printer, "patient,stage");
  end_row(&printer, table, "center");
  for (size_t i = 0; i < table->entry_count; i++) {
    if (table->entries[i].patient.staged) {
      print_patient(&printer, table, &table->entries[i]);
    }
  }
  return nodal_printer_finish(&printer, error);
}

bool nodal_stage_table_write(const NodalStageTable *table, const char *path, bool force, NodalError **error) {
  NodalOutput *output = nodal_output_open(path, force, error);
  bool written = output && print_table(table, output, error) && nodal_output_commit(output, error);
  nodal_output_free(output);
  return written;
}
