/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a slide file of any format that is read from memory. */
#include "fuzz.h"
#include "slide_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_walk_slide(data, size);
  return 0;
}
