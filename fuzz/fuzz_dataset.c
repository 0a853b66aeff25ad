/* SPDX-License-Identifier: Apache-2.0 */
/* Input: one byte that says what it is, then a catalog or a list of checksums. */
#include "dataset/checksums.h"
#include "fuzz.h"

#include <nodal/dataset.h>

static void require_line(const char *text) {
  FUZZ_REQUIRE(text[0] != '\0' && !strpbrk(text, "\r\n\x1b"));
}

/* What findings promise; of a catalog whose files are not looked for. */
static void check_findings(const NodalCatalog *catalog) {
  NodalFindings *findings = nodal_catalog_check(catalog, NULL, NULL);
  FUZZ_REQUIRE(findings != NULL);
  NodalFinding finding;
  for (int i = 0; nodal_findings_get(findings, i, &finding); i++) {
    require_line(finding.message);
  }
  nodal_findings_free(findings);
}

static void check_tables(const NodalCatalog *catalog) {
  static const char *const datasets[] = {"CAMELYON16", "CAMELYON17", "phantom", ""};
  for (int i = 0; i < 4; i++) {
    for (int number = 3; number <= 5; number++) {
      NodalError *error = NULL;
      NodalCountTable *table = nodal_count_table_new(catalog, number, datasets[i], &error);
      fuzz_check_outcome(table != NULL, error, "");
      if (table) {
        int row = nodal_count_table_rows(table) - 1, column = nodal_count_table_columns(table) - 1;
        int64_t sum = nodal_count_table_value(table, row, column);
        FUZZ_REQUIRE(sum > 0 && sum <= nodal_catalog_count(catalog));
      }
      nodal_count_table_free(table);
    }
  }
}

static void check_catalog(const NodalCatalog *catalog) {
  NodalCatalogRow row;
  bool files = false;
  for (int i = 0; nodal_catalog_row(catalog, i, &row); i++) {
    FUZZ_REQUIRE(row.slide[0] != '\0' && nodal_catalog_find(catalog, row.slide) == i);
    FUZZ_REQUIRE(row.bytes >= 0 && row.width_px >= 0 && row.height_px >= 0 && row.spacing_um >= 0);
    files |= row.path[0] || row.annotation[0] || row.mask[0];
  }
  check_tables(catalog);
  if (!files) {
    check_findings(catalog);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) {
    return 0;
  }
  NodalError *error = NULL;
  NodalSource *source = nodal_source_new_memory(data + 1, size - 1, "fuzz", NULL);
  if (data[0] & 1) {
    ChecksumList list = {0};
    bool done = checksums_read(&list, source, &error);
    fuzz_check_outcome(done, error, "fuzz: ");
    for (size_t i = 0; i < list.count; i++) {
      FUZZ_REQUIRE(list.items[i].path[0] != '\0');
      FUZZ_REQUIRE(strlen(list.items[i].text) == nodal_digest_length(list.items[i].digest));
    }
    checksums_clear(&list);
  } else {
    NodalCatalog *catalog = nodal_catalog_read_source(source, &error);
    fuzz_check_outcome(catalog != NULL, error, "fuzz: ");
    if (catalog) {
      check_catalog(catalog);
    }
    nodal_catalog_free(catalog);
  }
  nodal_source_unref(source);
  return 0;
}
