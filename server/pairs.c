/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_POINTS = 10000 };

/* "A.B.pair.json" beside slide a; NULL without memory. */
static char *pair_path(const ViewSlide *a, const ViewSlide *b) {
  return view_format("%s.%s.pair.json", a->stem, strrchr(b->stem, '/') + 1);
}

static bool find_both(ViewRequest *request, ViewSlide **a, ViewSlide **b, ViewFault *fault) {
  *a = view_slide_find(request, request->path.id, fault);
  *b = *a ? view_slide_find(request, request->path.other, fault) : NULL;
  return *b != NULL;
}

/* --- What is in a file or a request --- */

static bool is_list_of_numbers(const json_t *list, size_t count) {
  if (!json_is_array(list) || json_array_size(list) != count) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    const json_t *number = json_array_get(list, i);
    if (!json_is_number(number) || !isfinite(json_number_value(number))) {
      return false;
    }
  }
  return true;
}

/* {"affine": six numbers, "points": [four numbers, ...]}. */
static bool is_pair(const json_t *document) {
  const json_t *points = json_object_get(document, "points");
  bool good = is_list_of_numbers(json_object_get(document, "affine"), 6) && json_is_array(points) &&
              json_array_size(points) <= MAX_POINTS;
  for (size_t i = 0; good && i < json_array_size(points); i++) {
    good = is_list_of_numbers(json_array_get(points, i), 4);
  }
  return good;
}

/* As long as nobody has laid them on each other: corners meet, lengths in micrometres agree. */
static json_t *from_spacings(ViewFiles *files, ViewFile *a, ViewFile *b) {
  ViewFault unread; /* then its spacing is unknown */
  ViewFile *const both[] = {a, b};
  for (int i = 0; i < 2; i++) {
    if (view_file_acquire(files, both[i], &unread)) {
      view_file_release(both[i]);
    }
  }
  double across = a->spacing_um[0] > 0 && b->spacing_um[0] > 0 ? a->spacing_um[0] / b->spacing_um[0] : 1;
  double down = a->spacing_um[1] > 0 && b->spacing_um[1] > 0 ? a->spacing_um[1] / b->spacing_um[1] : 1;
  return json_pack("{s:[f,f,f,f,f,f],s:[],s:b}", "affine", across, 0.0, 0.0, 0.0, down, 0.0, "points", "saved", 0);
}

bool view_get_pair(ViewRequest *request, ViewFault *fault) {
  ViewSlide *a, *b;
  if (!find_both(request, &a, &b, fault)) {
    return false;
  }
  char *path = pair_path(a, b);
  if (!path) {
    return view_fail_memory(fault);
  }
  json_error_t problem;
  FILE *stream = fopen(path, "re");
  json_t *document = stream ? json_loadf(stream, JSON_REJECT_DUPLICATES, &problem) : NULL;
  bool good = true;
  if (!stream) {
    document = from_spacings(&request->server->files, &a->file, &b->file);
  } else if (is_pair(document)) {
    json_object_set_new(document, "saved", json_true());
  } else {
    json_decref(document);
    good = view_fail(fault, MHD_HTTP_INTERNAL_SERVER_ERROR, "damaged", "%s: is no pair of slides", path);
  }
  if (stream) {
    fclose(stream);
  }
  free(path);
  return good && view_reply_json(request, document, fault);
}

/* Under another name first, so that the file is whole at any time. */
static bool save(const char *path, const json_t *document, ViewFault *fault) {
  char *temporary = view_format("%s.XXXXXX", path);
  int file = temporary ? mkostemp(temporary, O_CLOEXEC) : -1;
  bool made = file >= 0;
  bool good = made && json_dumpfd(document, file, JSON_INDENT(2)) == 0 && fchmod(file, 0644) == 0 && fsync(file) == 0;
  int number = errno;
  if (made) {
    close(file);
    if (good && rename(temporary, path) != 0) {
      number = errno;
      good = false;
    }
    if (!good) {
      unlink(temporary);
    }
  }
  free(temporary);
  char reason[128];
  return good || view_fail(fault, MHD_HTTP_INTERNAL_SERVER_ERROR, "io", "%s: %s", path,
                           strerror_r(number, reason, sizeof reason));
}

bool view_put_pair(ViewRequest *request, ViewFault *fault) {
  ViewSlide *a, *b;
  if (!find_both(request, &a, &b, fault)) {
    return false;
  }
  if (request->server->options.read_only) {
    return view_fail(fault, MHD_HTTP_LOCKED, "read_only", "the server was started with --read-only");
  }
  json_t *given = json_loadb(request->body.data, request->body.size, JSON_REJECT_DUPLICATES, NULL);
  if (!is_pair(given)) {
    json_decref(given);
    return view_fail(fault, MHD_HTTP_UNPROCESSABLE_CONTENT, "invalid",
                     "a pair has an affine of six numbers and points of four");
  }
  json_t *kept =
      json_pack("{s:O,s:O}", "affine", json_object_get(given, "affine"), "points", json_object_get(given, "points"));
  json_decref(given);
  char *path = pair_path(a, b);
  bool good = kept && path ? save(path, kept, fault) : view_fail_memory(fault);
  free(path);
  if (!good) {
    json_decref(kept);
    return false;
  }
  json_object_set_new(kept, "saved", json_true());
  return view_reply_json(request, kept, fault);
}
