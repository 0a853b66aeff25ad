/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_TESTS_ANNOTATION_SUPPORT_H
#define NODAL_TESTS_ANNOTATION_SUPPORT_H

#include "annotation/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/** Reads text as a file called "t"; the test fails if it cannot be read. */
NodalAnnotationSet *read_text(const char *text, NodalAnnotationFormat format, const NodalAnnotationFrame *frame);

/** Reads text that must be refused with exactly this message. */
void expect_refused(const char *text, NodalAnnotationFormat format, const NodalAnnotationFrame *frame,
                    const char *message);

/** The same two for JSON in which each ' stands for a quote; the format is found by the content. */
NodalAnnotationSet *read_json(const char *text, const NodalAnnotationFrame *frame);
void expect_json_refused(const char *text, const NodalAnnotationFrame *frame, const char *message);

/** Reads such JSON without its slide. */
NodalAnnotationSet *read_json_unplaced(const char *text);

/** That a set without places is neither written nor checked against a slide. */
void expect_no_places(NodalAnnotationSet *set);

/** What a set is written as; to be freed. */
char *write_text(NodalAnnotationSet *set, NodalAnnotationFormat format, const NodalAnnotationFrame *frame);

/** All warnings of a set, a line each; compares and names the first difference. */
void expect_warnings(const NodalAnnotationSet *set, const char *lines);

/**
 * All of a set as text: a line a group ("group NAME in PARENT #RRGGBB key=value"), a line an annotation ("SHAPE 'NAME'
 * in GROUP #RRGGBB: (x y) (x y) | (x y)", a hole after "-"). To be freed.
 */
char *describe(const NodalAnnotationSet *set);
void expect_set(const NodalAnnotationSet *set, const char *description);

/** Adds an annotation of one ring of `count` x, y pairs. */
void add_ring(NodalAnnotationSet *set, const char *name, NodalShape shape, int group, size_t count,
              const double *coordinates);

/** Adds a group. */
void add_group(NodalAnnotationSet *set, const char *name, int parent, NodalRgb color);

#endif
