/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a table of comma-separated values. */
#include "base/csv.h"
#include "base/utf8.h"
#include "fuzz.h"

static bool take(void *user, const NodalCsvRow *row, NodalError **error) {
  (void)error;
  long *line = user;
  FUZZ_REQUIRE(row->line > *line && row->count > 0);
  *line = row->line;
  for (size_t i = 0; i < row->count; i++) {
    FUZZ_REQUIRE(nodal_is_utf8(row->fields[i], strlen(row->fields[i])));
  }
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  long line = 0;
  NodalError *error = NULL;
  NodalSource *source = nodal_source_new_memory(data, size, "fuzz", NULL);
  bool read = nodal_csv_read(source, take, &line, &error);
  fuzz_check_outcome(read, error, "fuzz: ");
  nodal_source_unref(source);
  return 0;
}
