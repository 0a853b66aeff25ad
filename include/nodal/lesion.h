/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_LESION_H
#define NODAL_LESION_H

#include <nodal/export.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a deposit of tumor cells, or the largest one of a slide, is called. Ordered. */
typedef enum NodalCategory {
  NODAL_CATEGORY_NEGATIVE, /**< no tumor cells */
  NODAL_CATEGORY_ITC,      /**< isolated tumor cells: at most 0.2 mm and at most 200 cells */
  NODAL_CATEGORY_MICRO,    /**< micro-metastasis: more than 0.2 mm or more than 200 cells, at most 2.0 mm */
  NODAL_CATEGORY_MACRO     /**< macro-metastasis: more than 2.0 mm */
} NodalCategory;

/** "negative", "itc", "micro" or "macro": the words of the CAMELYON17 tables. Static. */
NODAL_API const char *nodal_category_name(NodalCategory category);

/** The category of that name, in any letter case; false where there is none. */
NODAL_API bool nodal_category_from_name(const char *name, NodalCategory *category);

/**
 * The category of one contiguous deposit by its longest diameter, and by the number of its cells in one section where
 * they were counted (-1: not counted). Litjens et al., GigaScience 2018, table 1, after the AJCC Cancer Staging Manual,
 * 7th edition: longer than 2.0 mm macro, longer than 0.2 mm micro, else ITC; more than 200 cells make an ITC a micro.
 * Exactly 2.0 mm is micro and exactly 0.2 mm ITC, as the texts have it. Exactly 200 cells, which no text decides, stay
 * ITC. The length is rounded to 1 nm first, so that the last bits of a sum decide nothing. Never negative.
 */
NODAL_API NodalCategory nodal_lesion_category(double longest_mm, int64_t cells);

#ifdef __cplusplus
}
#endif
#endif
