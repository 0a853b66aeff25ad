/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/stage_mix.h"

#include "base/memory.h"

#include <string.h>

enum { NEGATIVE = 1, ITC = 2, MICRO = 4, MACRO = 8, ANY = 15 };
enum { PN0, PN0_I, PN1MI, PN1, PN2 };

static const unsigned char places_of[MIX_STAGES][MIX_SETS] = {
    [PN0] = {[NEGATIVE] = 5},
    [PN0_I] = {[ITC] = 1, [NEGATIVE | ITC] = 4},
    [PN1MI] = {[MICRO] = 1, [NEGATIVE | ITC | MICRO] = 4},
    [PN1] = {[MACRO] = 1, [ANY] = 2, [NEGATIVE | ITC] = 2},
    [PN2] = {[MACRO] = 1, [MICRO | MACRO] = 3, [ANY] = 1},
};

int mix_places(int stage, unsigned set) {
  return places_of[stage][set];
}

/* The sum over the subsets of a set. */
static int64_t within(const int64_t numbers[MIX_SETS], unsigned set) {
  int64_t sum = 0;
  for (unsigned part = set; part > 0; part = (part - 1) & set) {
    sum += numbers[part];
  }
  return sum;
}

static int64_t supply_of(const int64_t supply[MIX_LABELS], unsigned set) {
  int64_t sum = 0;
  for (int label = 0; label < MIX_LABELS; label++) {
    sum += (set >> label & 1) ? supply[label] : 0;
  }
  return sum;
}

bool mix_can_fill(const int64_t places[MIX_SETS], const int64_t supply[MIX_LABELS]) {
  for (unsigned set = 1; set < MIX_SETS; set++) {
    if (within(places, set) > supply_of(supply, set)) {
      return false;
    }
  }
  return true;
}

/* ---- The nearest mixture ---- */

typedef struct Search {
  int64_t patients;
  const int64_t *wanted;
  int64_t need[MIX_STAGES][MIX_SETS]; /* places of a patient that take no label outside the set */
  int64_t supply[MIX_SETS];           /* slides of the set's labels */
  int64_t now[MIX_STAGES], best[MIX_STAGES];
  int64_t best_distance, best_squares; /* -1: nothing is found */
} Search;

static void start(Search *search, const int64_t supply[MIX_LABELS]) {
  for (unsigned set = 1; set < MIX_SETS; set++) {
    search->supply[set] = supply_of(supply, set);
    for (int stage = 0; stage < MIX_STAGES; stage++) {
      for (unsigned part = set; part > 0; part = (part - 1) & set) {
        search->need[stage][set] += mix_places(stage, part);
      }
    }
  }
  search->patients = search->supply[ANY] / 5;
  search->best_distance = -1;
}

static int64_t distance(const Search *search, int stage, int64_t number) {
  return llabs(number - search->wanted[stage]);
}

static void consider(Search *search, int64_t with_itc, int64_t rest) {
  search->now[PN0_I] = with_itc;
  search->now[PN0] = rest - with_itc;
  int64_t sum = 0, squares = 0;
  for (int stage = 0; stage < MIX_STAGES; stage++) {
    int64_t by = distance(search, stage, search->now[stage]);
    sum += by;
    squares += by * by;
  }
  if (search->best_distance < 0 || sum < search->best_distance ||
      (sum == search->best_distance && squares < search->best_squares)) {
    search->best_distance = sum;
    search->best_squares = squares;
    memcpy(search->best, search->now, sizeof search->best);
  }
}

/* a / b rounded down, b > 0. */
static int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

/* With pN1mi, pN1 and pN2 fixed, the slides leave a range for pN0(i+), and the best number in it is the one nearest to
 * where it and pN0 are as far from what is wanted. */
static void complete(Search *search) {
  int64_t rest = search->patients - search->now[PN1MI] - search->now[PN1] - search->now[PN2];
  int64_t low = 0, high = rest;
  for (unsigned set = 1; set < MIX_SETS; set++) {
    int64_t left = search->supply[set] - rest * search->need[PN0][set];
    for (int stage = PN1MI; stage <= PN2; stage++) {
      left -= search->now[stage] * search->need[stage][set];
    }
    int64_t each = search->need[PN0_I][set] - search->need[PN0][set]; /* each * number <= left */
    if (each > 0) {
      high = nodal_min64(high, floor_div(left, each));
    } else if (each < 0) {
      low = nodal_max64(low, -floor_div(left, -each));
    } else if (left < 0) {
      return;
    }
  }
  if (low > high) {
    return;
  }
  int64_t middle = floor_div(search->wanted[PN0_I] + rest - search->wanted[PN0], 2);
  for (int64_t number = middle; number <= middle + 1; number++) {
    consider(search, nodal_min64(nodal_max64(number, low), high), rest);
  }
}

/* The `step`-th number beside `wanted`: 0, +1, -1, +2, -2, ... */
static int64_t beside(int64_t wanted, int64_t step) {
  return wanted + (step % 2 ? (step + 1) / 2 : -step / 2);
}

/* Whether what is fixed so far is too far away already: the others must make good the sum of its differences. */
static bool too_far(const Search *search, int lowest) {
  int64_t sum = 0, signed_sum = 0;
  for (int stage = lowest; stage < MIX_STAGES; stage++) {
    sum += distance(search, stage, search->now[stage]);
    signed_sum += search->now[stage] - search->wanted[stage];
  }
  return search->best_distance >= 0 && sum + llabs(signed_sum) > search->best_distance;
}

static bool can_fill(const Search *search, int lowest) {
  for (unsigned set = 1; set < MIX_SETS; set++) {
    int64_t needed = 0;
    for (int stage = lowest; stage < MIX_STAGES; stage++) {
      needed += search->now[stage] * search->need[stage][set];
    }
    if (needed > search->supply[set]) {
      return false;
    }
  }
  return true;
}

/* Whether what is fixed, from this stage up, can be a part of something better than the best so far. */
static bool fits(const Search *search, int lowest) {
  int64_t sum = 0;
  for (int stage = lowest; stage < MIX_STAGES; stage++) {
    if (search->now[stage] < 0) {
      return false;
    }
    sum += search->now[stage];
  }
  return sum <= search->patients && !too_far(search, lowest) && can_fill(search, lowest);
}

/* Whether a number so many steps beside the wanted one can be better: the other stages differ by as much together. */
static bool is_near(const Search *search, int64_t step) {
  return step <= 2 * search->patients && (search->best_distance < 0 || (step + 1) / 2 * 2 <= search->best_distance);
}

void mix_nearest(const int64_t supply[MIX_LABELS], const int64_t wanted[MIX_STAGES], int64_t reached[MIX_STAGES]) {
  Search search = {.wanted = wanted};
  start(&search, supply);
  for (int64_t i = 0; is_near(&search, i); i++) {
    search.now[PN2] = beside(wanted[PN2], i);
    for (int64_t k = 0; fits(&search, PN2) && is_near(&search, k); k++) {
      search.now[PN1] = beside(wanted[PN1], k);
      for (int64_t m = 0; fits(&search, PN1) && is_near(&search, m); m++) {
        search.now[PN1MI] = beside(wanted[PN1MI], m);
        if (fits(&search, PN1MI)) {
          complete(&search);
        }
      }
    }
  }
  memcpy(reached, search.best, sizeof search.best);
}
