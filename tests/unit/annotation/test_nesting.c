/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/nesting.h"
#include "support.h"

#include <string.h>

enum { WORK = 1000000 };

typedef struct Square {
  NodalPoint points[4];
} Square;

static NodalRing square(Square *memory, double x, double y, double side) {
  *memory = (Square){{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}}};
  return (NodalRing){memory->points, 4, false};
}

static void nests_of_squares(void **state) {
  (void)state;
  Square memory[5];
  NodalRing d = square(&memory[0], 30, 30, 40), a = square(&memory[1], 0, 0, 100), e = square(&memory[2], 200, 0, 10),
            c = square(&memory[3], 20, 20, 60), b = square(&memory[4], 10, 10, 80);
  NodalRing rings[] = {d, a, e, c, b}, wanted[] = {a, b, e, c, d};
  bool holes[] = {false, true, false, false, true};
  int64_t work = WORK;
  assert_true(nodal_nest_rings(rings, 5, &work, NULL));
  assert_in_range(work, 0, WORK - 1);
  for (size_t i = 0; i < 5; i++) {
    assert_ptr_equal(rings[i].points, wanted[i].points);
    assert_int_equal(rings[i].hole, holes[i]);
  }
  assert_true(nodal_nest_rings(NULL, 0, &work, NULL));
}

/* Rings that share corners and edges: what lies between decides. */
static void rings_that_touch(void **state) {
  (void)state;
  NodalPoint around[] = {{0, 0}, {10, 0}, {10, 10}, {0, 10}}, inside[] = {{0, 0}, {5, 2}, {2, 5}};
  NodalRing rings[] = {{inside, 3, false}, {around, 4, false}};
  int64_t work = WORK;
  assert_true(nodal_nest_rings(rings, 2, &work, NULL));
  assert_ptr_equal(rings[0].points, around);
  assert_true(rings[1].hole);

  NodalPoint angle[] = {{0, 0}, {10, 0}, {10, 5}, {5, 5}, {5, 10}, {0, 10}}, notch[] = {{10, 5}, {5, 5}, {5, 10}};
  NodalRing others[] = {{angle, 6, false}, {notch, 3, false}};
  assert_true(nodal_nest_rings(others, 2, &work, NULL));
  assert_ptr_equal(others[1].points, notch);
  assert_false(others[1].hole);

  /* A ring that is there twice fills nothing; one without points lies nowhere. */
  NodalRing twice[] = {{around, 4, false}, {NULL, 0, false}, {around, 4, false}};
  assert_true(nodal_nest_rings(twice, 3, &work, NULL));
  assert_true(twice[1].hole);
  assert_int_equal(twice[2].count, 0);
  assert_false(twice[2].hole);
}

/* A small generator, so that a failure can be seen again. */
static unsigned draw(uint64_t *seed, unsigned below) {
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(*seed >> 33) % below;
}

/* The reference: a place is filled if it lies in an odd number of the rings. */
static bool fills_even_odd(const NodalRing *rings, size_t count, NodalPoint at) {
  size_t around = 0;
  for (size_t i = 0; i < count; i++) {
    const NodalPoint *p = rings[i].points;
    around += at.x > p[0].x && at.x < p[2].x && at.y > p[0].y && at.y < p[2].y;
  }
  return around % 2 == 1;
}

static bool fills_as_polygon(const NodalRing *rings, size_t count, NodalPoint at) {
  bool filled = false, part = false;
  for (size_t i = 0; i < count; i++) {
    bool inside = nodal_ring_contains(&rings[i], at);
    part = rings[i].hole ? part && !inside : inside;
    if (i + 1 == count || !rings[i + 1].hole) {
      filled = filled || part;
    }
  }
  return filled;
}

/* Squares in squares, side by side and in any order, fill the same before and after. */
static void fills_the_same(void **state) {
  (void)state;
  enum { COLUMNS = 5, DEEP = 7 };
  uint64_t seed = 7;
  for (int round = 0; round < 200; round++) {
    Square memory[COLUMNS * DEEP];
    NodalRing rings[COLUMNS * DEEP], before[COLUMNS * DEEP];
    size_t count = 0;
    for (int column = 0; column < COLUMNS; column++) {
      double x = 100 * column, y = 0, side = 96;
      for (unsigned deep = draw(&seed, DEEP); deep > 0; deep--) {
        rings[count] = square(&memory[count], x, y, side);
        count++;
        double shift = draw(&seed, 5);
        x += shift;
        y += shift;
        side -= shift + 1 + draw(&seed, 5);
      }
    }
    for (size_t i = count; i > 1; i--) {
      size_t other = draw(&seed, (unsigned)i);
      NodalRing kept = rings[i - 1];
      rings[i - 1] = rings[other];
      rings[other] = kept;
    }
    memcpy(before, rings, sizeof before);
    int64_t work = WORK;
    assert_true(nodal_nest_rings(rings, count, &work, NULL));
    for (int i = 0; i < 200; i++) {
      NodalPoint at = {draw(&seed, 500) + 0.5, draw(&seed, 100) + 0.5};
      assert_int_equal(fills_as_polygon(rings, count, at), fills_even_odd(before, count, at));
    }
  }
}

/* No ring is lost where they cross, so that one lies in a hole without lying in what the hole is cut out of. */
static void rings_that_cross_stay(void **state) {
  (void)state;
  NodalPoint horseshoe[] = {{0, 0}, {30, 0}, {30, 30}, {20, 30}, {20, 10}, {10, 10}, {10, 30}, {0, 30}},
             across[] = {{5, 5}, {25, 5}, {25, 25}, {5, 25}}, between[] = {{12, 15}, {18, 15}, {18, 20}, {12, 20}};
  NodalRing rings[] = {{between, 4, false}, {across, 4, false}, {horseshoe, 8, false}};
  int64_t work = WORK;
  assert_true(nodal_nest_rings(rings, 3, &work, NULL));
  assert_ptr_equal(rings[0].points, between);
  assert_ptr_equal(rings[1].points, horseshoe);
  assert_ptr_equal(rings[2].points, across);
  assert_false(rings[0].hole);
  assert_false(rings[1].hole);
  assert_true(rings[2].hole);
}

static void work_is_bounded(void **state) {
  (void)state;
  Square memory[2];
  NodalRing rings[] = {square(&memory[0], 0, 0, 9), square(&memory[1], 1, 1, 2)};
  int64_t work = 3;
  NodalError *error = NULL;
  assert_false(nodal_nest_rings(rings, 2, &work, &error));
  assert_string_equal(nodal_error_message(error), "a polygon of 2 rings is too intricate");
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_MEMORY);
  nodal_error_free(error);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nests_of_squares),      cmocka_unit_test(rings_that_touch), cmocka_unit_test(fills_the_same),
      cmocka_unit_test(rings_that_cross_stay), cmocka_unit_test(work_is_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
