/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double seconds_of(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

BenchTime bench_now(clockid_t cpu_clock) {
  return (BenchTime){.cpu = seconds_of(cpu_clock), .wall = seconds_of(CLOCK_MONOTONIC)};
}

BenchTime bench_since(clockid_t cpu_clock, BenchTime start) {
  BenchTime now = bench_now(cpu_clock);
  return (BenchTime){.cpu = now.cpu - start.cpu, .wall = now.wall - start.wall};
}

void bench_row(const char *case_name, const char *reader, int round, BenchTime elapsed, double megapixels) {
  printf("%s\t%s\t%d\t%.9f\t%.9f\t%.6f\n", case_name, reader, round, elapsed.cpu, elapsed.wall, megapixels);
  fflush(stdout);
}

void bench_note(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("# ", stdout);
  vprintf(format, arguments);
  putchar('\n');
  fflush(stdout);
  va_end(arguments);
}

void bench_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("bench: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

void bench_fail_with(const char *what, const NodalError *error) {
  bench_fail("%s: %s", what, error ? nodal_error_message(error) : "no error was given");
}

void *bench_allocate(size_t size) {
  void *memory = malloc(size ? size : 1);
  if (!memory) {
    bench_fail("no memory for %zu bytes", size);
  }
  memset(memory, 0, size);
  return memory;
}

int bench_number(const char *text, int minimum) {
  char *end;
  long value = strtol(text, &end, 10);
  if (*end || end == text || value < minimum || value > 1000000) {
    bench_fail("'%s' is not a whole number from %d to 1000000", text, minimum);
  }
  return (int)value;
}
