/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <nodal/lesion.h>
#include <strings.h>

static const char *const names[] = {"negative", "itc", "micro", "macro"};

/* Limits of table 1; a length or a number that equals one lies below it. */
static const double micro_nm = 0.2e6, macro_nm = 2.0e6;
enum { MOST_ITC_CELLS = 200 };

const char *nodal_category_name(NodalCategory category) {
  return names[category];
}

bool nodal_category_from_name(const char *name, NodalCategory *category) {
  for (int i = NODAL_CATEGORY_NEGATIVE; i <= NODAL_CATEGORY_MACRO; i++) {
    if (strcasecmp(name, names[i]) == 0) {
      *category = (NodalCategory)i;
      return true;
    }
  }
  return false;
}

NodalCategory nodal_lesion_category(double longest_mm, int64_t cells) {
  double longest_nm = round(longest_mm * 1e6);
  if (longest_nm > macro_nm) {
    return NODAL_CATEGORY_MACRO;
  }
  return longest_nm > micro_nm || cells > MOST_ITC_CELLS ? NODAL_CATEGORY_MICRO : NODAL_CATEGORY_ITC;
}
