/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BENCH_MEASURE_H
#define NODAL_BENCH_MEASURE_H

/* Clocks, the rows that bench/run.py reads, and giving up. */

#include <nodal/error.h>

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/** Seconds; differences of two of them are what is reported. */
typedef struct BenchTime {
  double cpu, wall;
} BenchTime;

/** `cpu_clock`: CLOCK_THREAD_CPUTIME_ID for work of one thread, CLOCK_PROCESS_CPUTIME_ID for all threads together. */
BenchTime bench_now(clockid_t cpu_clock);
BenchTime bench_since(clockid_t cpu_clock, BenchTime start);

/** One row on standard output: case, reader, round, CPU seconds, wall seconds, megapixels worked on; tabs between. */
void bench_row(const char *case_name, const char *reader, int round, BenchTime elapsed, double megapixels);

/** A remark for the reader of the table: a row that begins with '#'. */
void bench_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** One line to standard error, exit 1. */
_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** bench_fail() with the error's message. */
_Noreturn void bench_fail_with(const char *what, const NodalError *error);

/** Memory whose pages are there already, so that no round pays for them. */
void *bench_allocate(size_t size);

/** A whole number from `text`, at least `minimum`. */
int bench_number(const char *text, int minimum);

#endif
