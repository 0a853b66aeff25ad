/* SPDX-License-Identifier: Apache-2.0 */
/* Reads squares of level 0 beside OpenSlide and the bare JPEG decoder: bench-read SLIDE ROUNDS [CASE [READER]] */
#include "measure.h"
#include "positions.h"
#include "readers.h"

#include <nodal/nodal.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LARGEST_SIZE 512
#define MAX_THREADS 64

typedef struct Job {
  const char *path;
  int rounds;
  const char *only_case, *only_reader; /* NULL: all; for a look with a profiler */
  int64_t width, height;
} Job;

typedef struct ReadCase {
  const char *name;
  int size;
  bool aligned;
  int count;
} ReadCase;

static const ReadCase read_cases[] = {
    {"aligned 512", 512, true, 1000}, {"random 256", 256, false, 400}, {"random 512", 512, false, 200}};

static const BenchReader *const readers[] = {&bench_reader_nodal, &bench_reader_tiles, &bench_reader_openslide};
enum { READER_COUNT = sizeof readers / sizeof *readers };

static bool wanted(const Job *job, const char *case_name) {
  return !job->only_case || strcmp(job->only_case, case_name) == 0;
}

static BenchPosition *positions_of(const Job *job, const ReadCase *item, int count, uint64_t seed) {
  return item->aligned ? bench_positions_aligned(job->width, job->height, item->size, count, seed)
                       : bench_positions_random(job->width, job->height, item->size, count, seed);
}

static void read_all(const BenchReader *reader, void *state, const BenchPosition *positions, int count, int size,
                     uint8_t *pixels) {
  for (int i = 0; i < count; i++) {
    reader->read(state, positions[i].x, positions[i].y, size, pixels);
  }
}

/* ---- the pixels are the same ------------------------------------------------------------------------------------ */

static int largest_difference(const uint8_t *ours, const uint8_t *theirs, bool bgra, int size) {
  int largest = 0;
  for (int i = 0; i < size * size; i++) {
    for (int channel = 0; channel < 3; channel++) {
      int other = bgra ? theirs[i * 4 + 2 - channel] : theirs[i * 3 + channel];
      int difference = abs(ours[i * 3 + channel] - other);
      largest = difference > largest ? difference : largest;
    }
  }
  return largest;
}

/* A race between readers that give different pixels would mean nothing. */
static void check_pixels(const Job *job, const ReadCase *item, uint8_t *pixels) {
  uint8_t *ours = bench_allocate((size_t)LARGEST_SIZE * LARGEST_SIZE * 3);
  BenchPosition *positions = positions_of(job, item, 24, 99);
  void *state = bench_reader_nodal.open(job->path);
  for (int k = 1; k < READER_COUNT; k++) {
    void *other = readers[k]->open(job->path);
    for (int i = 0; i < 24; i++) {
      bench_reader_nodal.read(state, positions[i].x, positions[i].y, item->size, ours);
      readers[k]->read(other, positions[i].x, positions[i].y, item->size, pixels);
      int difference = largest_difference(ours, pixels, readers[k]->bgra, item->size);
      if (difference) {
        bench_fail("%s: nodal and %s differ by up to %d at %lld, %lld", item->name, readers[k]->name, difference,
                   (long long)positions[i].x, (long long)positions[i].y);
      }
    }
    readers[k]->close(other);
  }
  bench_reader_nodal.close(state);
  free(positions);
  free(ours);
}

/* ---- one thread ------------------------------------------------------------------------------------------------- */

static void run_read_case(const Job *job, const ReadCase *item, uint8_t *pixels) {
  if (!wanted(job, item->name)) {
    return;
  }
  if (!job->only_reader) {
    check_pixels(job, item, pixels);
  }
  double megapixels = (double)item->size * item->size * item->count * 1e-6;
  for (int round = 0; round < job->rounds; round++) {
    BenchPosition *positions = positions_of(job, item, item->count, (uint64_t)round);
    for (int turn = 0; turn < READER_COUNT; turn++) {
      const BenchReader *reader = readers[(turn + round) % READER_COUNT];
      if (job->only_reader && strcmp(job->only_reader, reader->name) != 0) {
        continue;
      }
      void *state = reader->open(job->path);
      BenchTime start = bench_now(CLOCK_THREAD_CPUTIME_ID);
      read_all(reader, state, positions, item->count, item->size, pixels);
      bench_row(item->name, reader->name, round, bench_since(CLOCK_THREAD_CPUTIME_ID, start), megapixels);
      reader->close(state);
    }
    free(positions);
  }
}

/* What a cached tile costs beside a fresh one: all of them fit into the cache. */
static void run_cached_case(const Job *job, uint8_t *pixels) {
  enum { COUNT = 32, SIZE = 512, REPEATS = 20 };
  const char *name = "aligned 512, cached";
  if (!wanted(job, name)) {
    return;
  }
  double megapixels = (double)SIZE * SIZE * COUNT * 1e-6;
  for (int round = 0; round < job->rounds; round++) {
    BenchPosition *positions = bench_positions_aligned(job->width, job->height, SIZE, COUNT, (uint64_t)round);
    void *state = bench_reader_nodal.open(job->path);
    BenchTime start = bench_now(CLOCK_THREAD_CPUTIME_ID);
    read_all(&bench_reader_nodal, state, positions, COUNT, SIZE, pixels);
    bench_row(name, "first read", round, bench_since(CLOCK_THREAD_CPUTIME_ID, start), megapixels);
    start = bench_now(CLOCK_THREAD_CPUTIME_ID);
    for (int repeat = 0; repeat < REPEATS; repeat++) {
      read_all(&bench_reader_nodal, state, positions, COUNT, SIZE, pixels);
    }
    BenchTime elapsed = bench_since(CLOCK_THREAD_CPUTIME_ID, start);
    bench_row(name, "nodal", round, (BenchTime){elapsed.cpu / REPEATS, elapsed.wall / REPEATS}, megapixels);
    bench_reader_nodal.close(state);
    free(positions);
  }
}

/* ---- all cores -------------------------------------------------------------------------------------------------- */

typedef struct Runner {
  const BenchReader *reader;
  void *state;
  const BenchPosition *positions;
  int count, size;
  uint8_t *pixels;
  pthread_barrier_t *start;
  double cpu;
} Runner;

static void *run_one(void *user) {
  Runner *runner = user;
  pthread_barrier_wait(runner->start);
  BenchTime start = bench_now(CLOCK_THREAD_CPUTIME_ID);
  read_all(runner->reader, runner->state, runner->positions, runner->count, runner->size, runner->pixels);
  runner->cpu = bench_since(CLOCK_THREAD_CPUTIME_ID, start).cpu;
  return NULL;
}

/* Each thread reads `count` squares of its own; wall from the common start to the last end, CPU the mean a thread. */
static BenchTime run_threads(const Job *job, const BenchReader *reader, const ReadCase *item,
                             const BenchPosition *positions, int threads) {
  Runner runners[MAX_THREADS];
  pthread_t handles[MAX_THREADS];
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, NULL, (unsigned)threads + 1);
  void *shared = reader->shared ? reader->open(job->path) : NULL;
  for (int i = 0; i < threads; i++) {
    runners[i] = (Runner){.reader = reader,
                          .state = shared ? shared : reader->open(job->path),
                          .positions = positions + (ptrdiff_t)i * item->count,
                          .count = item->count,
                          .size = item->size,
                          .pixels = bench_allocate((size_t)LARGEST_SIZE * LARGEST_SIZE * 4),
                          .start = &barrier};
    if (pthread_create(&handles[i], NULL, run_one, &runners[i]) != 0) {
      bench_fail("no thread");
    }
  }
  pthread_barrier_wait(&barrier);
  BenchTime start = bench_now(CLOCK_THREAD_CPUTIME_ID);
  double cpu = 0;
  for (int i = 0; i < threads; i++) {
    pthread_join(handles[i], NULL);
  }
  double wall = bench_since(CLOCK_THREAD_CPUTIME_ID, start).wall;
  for (int i = 0; i < threads; i++) {
    cpu += runners[i].cpu;
    free(runners[i].pixels);
    if (!shared) {
      reader->close(runners[i].state);
    }
  }
  if (shared) {
    reader->close(shared);
  }
  pthread_barrier_destroy(&barrier);
  return (BenchTime){.cpu = cpu / threads, .wall = wall};
}

/* The bare decoder shows what the machine itself gives to several threads. */
static void run_scaling_case(const Job *job, const ReadCase *item, const BenchReader *reader) {
  char name[80], all[40];
  snprintf(name, sizeof name, "all cores, %s%s", item->name, reader == &bench_reader_nodal ? "" : ", bare decoder");
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  int threads = cores > MAX_THREADS ? MAX_THREADS : cores < 1 ? 1 : (int)cores;
  if (!wanted(job, name) || threads == 1) {
    return;
  }
  snprintf(all, sizeof all, "1 thread of %d", threads);
  double megapixels = (double)item->size * item->size * item->count * 1e-6;
  for (int round = 0; round < job->rounds; round++) {
    BenchPosition *positions = positions_of(job, item, item->count * threads, (uint64_t)round + 1000);
    for (int turn = 0; turn < 2; turn++) {
      bool alone = (turn + round) % 2 == 0;
      BenchTime time = run_threads(job, reader, item, positions, alone ? 1 : threads);
      /* Per square, so that equal numbers mean perfect scaling. */
      bench_row(name, alone ? all : reader->name, round, time, megapixels);
    }
    free(positions);
  }
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static void run_open_case(const Job *job) {
  static const BenchReader *const openers[] = {&bench_reader_nodal, &bench_reader_openslide};
  if (!wanted(job, "open and close")) {
    return;
  }
  for (int round = 0; round < job->rounds; round++) {
    for (int turn = 0; turn < 2; turn++) {
      const BenchReader *reader = openers[(turn + round) % 2];
      BenchTime start = bench_now(CLOCK_THREAD_CPUTIME_ID);
      reader->close(reader->open(job->path));
      bench_row("open and close", reader->name, round, bench_since(CLOCK_THREAD_CPUTIME_ID, start), 0);
    }
  }
}

/* Brings the file into the system's page cache: disks are not what is measured. */
static void warm_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    bench_fail("%s cannot be opened", path);
  }
  size_t room = (size_t)1 << 20;
  void *buffer = bench_allocate(room);
  while (fread(buffer, 1, room, file) == room) {
  }
  free(buffer);
  fclose(file);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    bench_fail("usage: bench-read SLIDE ROUNDS [CASE [READER]]");
  }
  Job job = {.path = argv[1],
             .rounds = bench_number(argv[2], 1),
             .only_case = argc > 3 ? argv[3] : NULL,
             .only_reader = argc > 4 ? argv[4] : NULL};
  warm_file(job.path);
  NodalSlide *slide = bench_reader_nodal.open(job.path);
  NodalLevel level;
  if (!nodal_slide_level(slide, 0, &level)) {
    bench_fail("%s: no level 0", job.path);
  }
  nodal_slide_free(slide);
  job.width = level.width;
  job.height = level.height;

  uint8_t *pixels = bench_allocate((size_t)LARGEST_SIZE * LARGEST_SIZE * 4);
  run_open_case(&job);
  for (size_t i = 0; i < sizeof read_cases / sizeof *read_cases; i++) {
    run_read_case(&job, &read_cases[i], pixels);
  }
  run_cached_case(&job, pixels);
  run_scaling_case(&job, &read_cases[0], &bench_reader_nodal);
  run_scaling_case(&job, &read_cases[0], &bench_reader_tiles);
  run_scaling_case(&job, &read_cases[2], &bench_reader_nodal);
  free(pixels);
  return 0;
}
