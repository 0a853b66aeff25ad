/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the annotations of an ASAP XML file beside libxml2's own tree, checks and writes them: bench-annotation FILE
 * FOLDER ROUNDS */
#include "measure.h"

#include <nodal/annotation.h>

#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Sum {
  size_t points;
  double x, y;
} Sum;

/* --- nodal --- */

static NodalAnnotationSet *read_nodal(const char *path) {
  NodalError *error = NULL;
  NodalAnnotationSet *set = nodal_annotation_set_read(path, NODAL_ANNOTATION_AUTO, NULL, &error);
  if (!set) {
    bench_fail_with("nodal", error);
  }
  return set;
}

static Sum sum_nodal(const NodalAnnotationSet *set) {
  Sum sum = {0};
  NodalAnnotation annotation;
  for (int i = 0; nodal_annotation_set_get(set, i, &annotation); i++) {
    for (size_t k = 0; k < annotation.rings[0].count; k++) {
      sum.x += annotation.rings[0].points[k].x;
      sum.y += annotation.rings[0].points[k].y;
    }
    sum.points += annotation.rings[0].count;
  }
  return sum;
}

/* --- libxml2: the whole document as a tree, then a walk over it --- */

static double number_of(xmlNode *node, const char *name) {
  xmlChar *text = xmlGetProp(node, (const xmlChar *)name);
  double value = text ? strtod((const char *)text, NULL) : 0;
  xmlFree(text);
  return value;
}

static void walk(xmlNode *node, Sum *sum) {
  for (; node; node = node->next) {
    if (node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, "Coordinate") == 0) {
      sum->x += number_of(node, "X");
      sum->y += number_of(node, "Y");
      sum->points++;
    }
    walk(node->children, sum);
  }
}

static Sum read_tree(const char *path) {
  Sum sum = {0};
  xmlDoc *document = xmlReadFile(path, NULL, XML_PARSE_NONET);
  if (!document) {
    bench_fail("libxml2 cannot read %s", path);
  }
  walk(xmlDocGetRootElement(document), &sum);
  xmlFreeDoc(document);
  return sum;
}

/* --- Cases --- */

static void race_readers(const char *path, int rounds) {
  for (int round = 0; round < rounds; round++) {
    Sum sums[2] = {{0}, {0}};
    for (int turn = 0; turn < 2; turn++) {
      bool peer = (turn + round) % 2 == 1;
      BenchTime start = bench_now(CLOCK_THREAD_CPUTIME_ID);
      NodalAnnotationSet *set = NULL;
      if (peer) {
        sums[1] = read_tree(path);
      } else {
        set = read_nodal(path);
      }
      bench_row("read asap xml", peer ? "libxml2 tree" : "nodal", round, bench_since(CLOCK_THREAD_CPUTIME_ID, start),
                0);
      if (set) {
        sums[0] = sum_nodal(set);
      }
      nodal_annotation_set_free(set);
    }
    if (sums[0].points != sums[1].points || sums[0].x < sums[1].x || sums[0].x > sums[1].x || sums[0].y < sums[1].y ||
        sums[0].y > sums[1].y) {
      bench_fail("nodal and libxml2 have read different points");
    }
  }
}

static void run_alone(const char *path, const char *folder, int rounds) {
  NodalAnnotationSet *set = read_nodal(path);
  NodalAnnotationCheck check = {.width = 0};
  NodalError *error = NULL;
  char out[4000];
  for (int round = 0; round < rounds; round++) {
    size_t problems;
    BenchTime start = bench_now(CLOCK_THREAD_CPUTIME_ID);
    if (!nodal_annotation_set_check(set, &check, NULL, NULL, &problems, &error)) {
      bench_fail_with("nodal", error);
    }
    bench_row("check", "nodal", round, bench_since(CLOCK_THREAD_CPUTIME_ID, start), 0);
    for (int format = NODAL_ANNOTATION_ASAP; format <= NODAL_ANNOTATION_GEOJSON; format++) {
      bool json = format == NODAL_ANNOTATION_GEOJSON;
      snprintf(out, sizeof out, "%s/out.%s", folder, json ? "geojson" : "xml");
      start = bench_now(CLOCK_THREAD_CPUTIME_ID);
      if (!nodal_annotation_set_write(set, out, (NodalAnnotationFormat)format, NULL, true, &error)) {
        bench_fail_with("nodal", error);
      }
      bench_row(json ? "write geojson" : "write asap xml", "nodal", round, bench_since(CLOCK_THREAD_CPUTIME_ID, start),
                0);
      if (json) {
        start = bench_now(CLOCK_THREAD_CPUTIME_ID);
        nodal_annotation_set_free(read_nodal(out));
        bench_row("read geojson", "nodal", round, bench_since(CLOCK_THREAD_CPUTIME_ID, start), 0);
      }
      remove(out);
    }
  }
  Sum sum = sum_nodal(set);
  bench_note("%d annotations of %zu vertices", nodal_annotation_set_count(set), sum.points);
  nodal_annotation_set_free(set);
}

int main(int argc, char **argv) {
  if (argc != 4) {
    bench_fail("usage: bench-annotation FILE FOLDER ROUNDS");
  }
  int rounds = bench_number(argv[3], 1);
  race_readers(argv[1], rounds);
  run_alone(argv[1], argv[2], rounds);
  return 0;
}
