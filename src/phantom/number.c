/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/number.h"

double phantom_sin(double turns) {
  double part = turns - (double)phantom_floor(turns + 0.5); /* -0.5 .. 0.5 */
  if (part > 0.25) {
    part = 0.5 - part;
  } else if (part < -0.25) {
    part = -0.5 - part;
  }
  double x = part * 6.283185307179586;
  double square = x * x;
  double sum = -1.0 / 39916800;
  sum = sum * square + 1.0 / 362880;
  sum = sum * square - 1.0 / 5040;
  sum = sum * square + 1.0 / 120;
  sum = sum * square - 1.0 / 6;
  return x + x * square * sum;
}

double phantom_cos(double turns) {
  return phantom_sin(turns + 0.25);
}

double phantom_exp_minus(double value) {
  double x = value / 1024;
  double result = 1 - x * (1 - x / 2 * (1 - x / 3 * (1 - x / 4)));
  for (int i = 0; i < 10; i++) {
    result *= result;
  }
  return result;
}

double phantom_log(double value) {
  double sum = 0;
  while (value < 0.7) {
    value *= 2;
    sum -= 0.6931471805599453;
  }
  double ratio = (value - 1) / (value + 1);
  double square = ratio * ratio;
  double series = 1 + square * (1.0 / 3 + square * (1.0 / 5 + square * (1.0 / 7 + square * (1.0 / 9))));
  return sum + 2 * ratio * series;
}

/* Sixteen directions, every 22.5 degrees. */
static const float gradients[16][2] = {{1, 0},  {0.9239F, 0.3827F},   {0.7071F, 0.7071F},   {0.3827F, 0.9239F},
                                       {0, 1},  {-0.3827F, 0.9239F},  {-0.7071F, 0.7071F},  {-0.9239F, 0.3827F},
                                       {-1, 0}, {-0.9239F, -0.3827F}, {-0.7071F, -0.7071F}, {-0.3827F, -0.9239F},
                                       {0, -1}, {0.3827F, -0.9239F},  {0.7071F, -0.7071F},  {0.9239F, -0.3827F}};

/* One cell of the lattice: the gradients at its four corners. */
typedef struct NoiseCell {
  int64_t column;
  const float *corner[4];
} NoiseCell;

static void load_cell(const PhantomNoise *noise, int64_t column, int64_t row, NoiseCell *cell) {
  cell->column = column;
  for (int i = 0; i < 4; i++) {
    cell->corner[i] = gradients[phantom_hash(noise->seed, column + (i & 1), row + (i >> 1)) & 15];
  }
}

static float cell_value(const NoiseCell *cell, float x, float y) {
  float fade_x = x * x * (3 - 2 * x);
  float fade_y = y * y * (3 - 2 * y);
  float top_left = cell->corner[0][0] * x + cell->corner[0][1] * y;
  float top_right = cell->corner[1][0] * (x - 1) + cell->corner[1][1] * y;
  float low_left = cell->corner[2][0] * x + cell->corner[2][1] * (y - 1);
  float low_right = cell->corner[3][0] * (x - 1) + cell->corner[3][1] * (y - 1);
  float top = top_left + (top_right - top_left) * fade_x;
  float low = low_left + (low_right - low_left) * fade_x;
  return 1.5F * (top + (low - top) * fade_y);
}

void phantom_noise_row(const PhantomNoise *noise, const double *x_um, int count, double y_um, float *values) {
  double v = y_um * noise->frequency;
  int64_t row = phantom_floor(v);
  float y = (float)(v - (double)row);
  NoiseCell cell = {.column = INT64_MIN};
  for (int i = 0; i < count; i++) {
    double u = x_um[i] * noise->frequency;
    int64_t column = phantom_floor(u);
    if (column != cell.column) {
      load_cell(noise, column, row, &cell);
    }
    values[i] = cell_value(&cell, (float)(u - (double)column), y);
  }
}

float phantom_noise(const PhantomNoise *noise, double x_um, double y_um) {
  float value;
  phantom_noise_row(noise, &x_um, 1, y_um, &value);
  return value;
}
