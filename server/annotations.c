/* SPDX-License-Identifier: Apache-2.0 */
#include "document.h"
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

struct ViewNotes {
  pthread_mutex_t lock;
  ViewDocument *document; /* NULL: not read yet */
  char *path;             /* NULL: there is no file */
  NodalAnnotationFormat format;
  char stamp[VIEW_STAMP_SIZE]; /* of the file as it was read or written; "" without one */
  char reading[9];             /* tells one reading from another: ids hold as long as it does */
  json_t *warnings;
  bool made_here; /* the file was not there before: there is no original to keep */
};

ViewNotes *view_notes_new(void) {
  ViewNotes *notes = calloc(1, sizeof *notes);
  if (notes) {
    pthread_mutex_init(&notes->lock, NULL);
  }
  return notes;
}

static void forget(ViewNotes *notes) {
  view_document_free(notes->document);
  json_decref(notes->warnings);
  free(notes->path);
  notes->document = NULL;
  notes->warnings = NULL;
  notes->path = NULL;
  notes->stamp[0] = '\0';
  notes->format = NODAL_ANNOTATION_AUTO;
}

void view_notes_free(ViewNotes *notes) {
  if (notes) {
    forget(notes);
    pthread_mutex_destroy(&notes->lock);
    free(notes);
  }
}

/* --- Where they are --- */

static const struct {
  NodalAnnotationFormat format;
  const char *extension;
} kept_as[] = {{NODAL_ANNOTATION_ASAP, ".xml"}, {NODAL_ANNOTATION_GEOJSON, ".geojson"}};

/* Beside the slide, or in the folder of --annotations. NULL without memory. */
static char *path_with(const ViewServer *server, const ViewSlide *slide, const char *extension) {
  const char *folder = server->options.annotations;
  return folder ? view_format("%s%s%s", folder, strrchr(slide->stem, '/'), extension)
                : view_format("%s%s", slide->stem, extension);
}

/* The first that is there, and its stamp; "" for none. False without memory. */
static bool find_file(const ViewServer *server, const ViewSlide *slide, char **path, char stamp[VIEW_STAMP_SIZE]) {
  *path = NULL;
  stamp[0] = '\0';
  for (size_t i = 0; i < sizeof kept_as / sizeof *kept_as; i++) {
    struct stat status;
    char *candidate = path_with(server, slide, kept_as[i].extension);
    if (!candidate) {
      return false;
    }
    if (stat(candidate, &status) == 0) {
      view_stamp(&status, stamp);
      *path = candidate;
      return true;
    }
    free(candidate);
  }
  return true;
}

/* Lists are asked for often, and files may be far away. */
bool view_notes_exist(const ViewServer *server, ViewSlide *slide) {
  int known = atomic_load(&slide->annotated);
  if (known < 0) {
    char *path, stamp[VIEW_STAMP_SIZE];
    known = find_file(server, slide, &path, stamp) && path;
    free(path);
    atomic_store(&slide->annotated, known);
  }
  return known;
}

/* Nanometres of the middle of the image from the middle of the glass; NaN where the slide does not say. */
static double offset_of(const NodalSlide *slide, const char *name) {
  double value;
  return view_parse_number(nodal_slide_property(slide, name), &value) ? value : NAN;
}

/* What the formats need to know of the slide. */
static bool get_frame(ViewServer *server, ViewSlide *slide, NodalAnnotationFrame *frame, ViewFault *fault) {
  NodalSlide *open = view_file_acquire(&server->files, &slide->file, fault);
  if (!open) {
    return false;
  }
  *frame = (NodalAnnotationFrame){.width = slide->file.width,
                                  .height = slide->file.height,
                                  .spacing_x_um = slide->file.spacing_um[0],
                                  .spacing_y_um = slide->file.spacing_um[1],
                                  .offset_x_nm = offset_of(open, "hamamatsu.XOffsetFromSlideCentre"),
                                  .offset_y_nm = offset_of(open, "hamamatsu.YOffsetFromSlideCentre")};
  view_file_release(&slide->file);
  return true;
}

/* --- Reading --- */

static json_t *json_warnings(const NodalAnnotationSet *set) {
  json_t *list = json_array();
  const char *warning;
  for (int i = 0; (warning = nodal_annotation_set_warning(set, i)); i++) {
    json_array_append_new(list, view_json_text(warning));
  }
  return list;
}

static bool start_reading(ViewNotes *notes, ViewFault *fault) {
  uint32_t number;
  if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) {
    return view_fail(fault, MHD_HTTP_INTERNAL_SERVER_ERROR, "failed", "the system has no random numbers");
  }
  snprintf(notes->reading, sizeof notes->reading, "%08x", (unsigned)number);
  return true;
}

/* Reads the file into `notes`, which are empty. */
static bool read_file(ViewServer *server, ViewSlide *slide, ViewNotes *notes, ViewFault *fault) {
  NodalAnnotationFrame frame;
  NodalError *error = NULL;
  if (!get_frame(server, slide, &frame, fault)) {
    return false;
  }
  NodalAnnotationSet *set = nodal_annotation_set_read(notes->path, NODAL_ANNOTATION_AUTO, &frame, &error);
  if (!set) {
    return view_fail_error(fault, error);
  }
  notes->format = nodal_annotation_set_format(set);
  notes->document = view_document_from_set(set, fault);
  notes->warnings = json_warnings(set);
  nodal_annotation_set_free(set);
  return notes->document != NULL;
}

/* Brings `notes` up to what is on disk; they are locked. */
static bool refresh(ViewServer *server, ViewSlide *slide, ViewFault *fault) {
  ViewNotes *notes = slide->notes;
  char *path, stamp[VIEW_STAMP_SIZE];
  if (!find_file(server, slide, &path, stamp)) {
    return view_fail_memory(fault);
  }
  atomic_store(&slide->annotated, path != NULL);
  bool same = notes->document && strcmp(stamp, notes->stamp) == 0;
  if (same) {
    free(path);
    return true;
  }
  forget(notes);
  notes->path = path;
  notes->made_here = false;
  bool good = start_reading(notes, fault);
  if (good && path) {
    good = read_file(server, slide, notes, fault);
  } else if (good) {
    notes->document = view_document_new();
    notes->warnings = json_array();
    good = (notes->document && notes->warnings) || view_fail_memory(fault);
  }
  memcpy(notes->stamp, stamp, sizeof notes->stamp);
  if (!good) {
    forget(notes);
  }
  return good;
}

/* --- Answers --- */

static void print_etag(const ViewNotes *notes, char etag[40]) {
  snprintf(etag, 40, "%s-%s", notes->stamp[0] ? notes->stamp : "none", notes->reading);
}

static const char *name_of(const char *path) {
  return path ? strrchr(path, '/') + 1 : NULL;
}

/* What the file, or the one that would be made, can hold. */
static ViewHolds holds_of(NodalAnnotationFormat format) {
  bool all = format == NODAL_ANNOTATION_GEOJSON;
  return (ViewHolds){.holes = all, .parts = all, .ellipses = all, .twins = all};
}

/* Why the annotations of a slide are not to be changed; false where they may be. */
static bool is_read_only(const ViewServer *server, const ViewNotes *notes, ViewFault *fault) {
  if (server->options.read_only) {
    view_fail(fault, MHD_HTTP_LOCKED, "read_only", "the server was started with --read-only");
    return true;
  }
  bool edited = !notes->path || notes->format == NODAL_ANNOTATION_ASAP || notes->format == NODAL_ANNOTATION_GEOJSON;
  if (!edited) {
    view_fail(fault, MHD_HTTP_LOCKED, "read_only",
              "%s: is of format %s, which is looked at alone; nodal annotation convert makes it ASAP XML or GeoJSON",
              name_of(notes->path), nodal_annotation_format_name(notes->format));
  }
  return !edited;
}

/* All but the document. */
static json_t *json_state(const ViewServer *server, const ViewNotes *notes) {
  ViewFault fault = {0};
  char etag[40];
  print_etag(notes, etag);
  bool locked = is_read_only(server, notes, &fault);
  ViewHolds holds = holds_of(notes->format);
  const char *format = notes->path ? nodal_annotation_format_name(notes->format) : NULL;
  return json_pack("{s:s,s:o,s:o,s:b,s:o,s:{s:b,s:b,s:b},s:O}", "etag", etag, "file",
                   view_json_text(name_of(notes->path)), "format", view_json_text(format), "read_only", locked,
                   "message", view_json_text(locked ? fault.message : NULL), "holds", "holes", holds.holes, "parts",
                   holds.parts, "ellipses", holds.ellipses, "warnings", notes->warnings);
}

/* `head` without its closing brace, then the document. Takes `head` over. */
static bool reply_document(ViewRequest *request, json_t *head, const ViewDocument *document, ViewFault *fault) {
  char *start = head ? json_dumps(head, JSON_COMPACT) : NULL;
  json_decref(head);
  if (!start) {
    return view_fail_memory(fault);
  }
  ViewText text = {0};
  view_text_add(&text, start, strlen(start) - 1);
  free(start);
  view_document_print(document, &text);
  view_text_string(&text, "}");
  return view_reply_text(request, &text, "application/json", fault);
}

bool view_get_annotations(ViewRequest *request, ViewFault *fault) {
  ViewSlide *slide = view_slide_find(request, request->path.id, fault);
  if (!slide) {
    return false;
  }
  ViewNotes *notes = slide->notes;
  pthread_mutex_lock(&notes->lock);
  bool good = refresh(request->server, slide, fault) &&
              reply_document(request, json_state(request->server, notes), notes->document, fault);
  pthread_mutex_unlock(&notes->lock);
  return good;
}

/* --- Saving --- */

/* Keeps the file as it was before nodal changed it: once. */
static bool keep_original(const ViewNotes *notes, ViewFault *fault) {
  if (notes->made_here || !notes->path) {
    return true;
  }
  char *original = view_format("%s.orig", notes->path), reason[128];
  if (!original) {
    return view_fail_memory(fault);
  }
  /* The new file takes the name over, not the bytes: a second name keeps them. */
  bool good = link(notes->path, original) == 0 || errno == EEXIST;
  if (!good && (errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK)) {
    ViewText bytes = {0};
    char buffer[65536];
    int from = open(notes->path, O_RDONLY | O_CLOEXEC);
    ssize_t got = 0;
    while (from >= 0 && (got = read(from, buffer, sizeof buffer)) > 0) {
      view_text_add(&bytes, buffer, (size_t)got);
    }
    int to =
        from >= 0 && got == 0 && !bytes.failed ? open(original, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644) : -1;
    good = to >= 0 && write(to, bytes.data, bytes.size) == (ssize_t)bytes.size && fsync(to) == 0;
    if (to >= 0) {
      close(to);
    }
    if (to >= 0 && !good) {
      unlink(original);
    }
    if (from >= 0) {
      close(from);
    }
    free(bytes.data);
  }
  if (!good) {
    view_fail(fault, MHD_HTTP_INTERNAL_SERVER_ERROR, "io", "%s: cannot be kept as %s: %s", name_of(notes->path),
              name_of(original), strerror_r(errno, reason, sizeof reason));
  }
  free(original);
  return good;
}

/* The format for a file that is to be made. */
static bool choose_format(const json_t *body, NodalAnnotationFormat *format, ViewFault *fault) {
  const json_t *wanted = json_object_get(body, "format");
  *format = NODAL_ANNOTATION_ASAP;
  if (!wanted || json_is_null(wanted)) {
    return true;
  }
  for (size_t i = 0; i < sizeof kept_as / sizeof *kept_as; i++) {
    const char *name = json_string_value(wanted);
    if (name && strcmp(name, nodal_annotation_format_name(kept_as[i].format)) == 0) {
      *format = kept_as[i].format;
      return true;
    }
  }
  return view_fail(fault, MHD_HTTP_UNPROCESSABLE_CONTENT, "invalid", "format is asap or geojson");
}

/* Writes `document` and makes it that of the notes. */
static bool save(ViewServer *server, ViewSlide *slide, ViewDocument *document, NodalAnnotationFormat format,
                 ViewFault *fault) {
  ViewNotes *notes = slide->notes;
  char *path = notes->path ? view_format("%s", notes->path)
                           : path_with(server, slide, format == NODAL_ANNOTATION_ASAP ? ".xml" : ".geojson");
  NodalAnnotationSet *set = path ? view_document_to_set(document, fault) : NULL;
  bool good = path ? set != NULL : view_fail_memory(fault);
  NodalError *error = NULL;
  struct stat status;
  if (good && keep_original(notes, fault)) {
    /* A file that came to be since is not replaced. */
    good = nodal_annotation_set_write(set, path, format, NULL, notes->path != NULL, &error) ||
           view_fail_error(fault, error);
  } else {
    good = false;
  }
  nodal_annotation_set_free(set);
  if (!good) {
    free(path);
    return false;
  }
  notes->made_here |= !notes->path;
  atomic_store(&slide->annotated, 1);
  free(notes->path);
  notes->path = path;
  notes->format = format;
  if (stat(path, &status) == 0) {
    view_stamp(&status, notes->stamp);
  }
  view_document_free(notes->document);
  notes->document = document;
  return true;
}

/* Whether the page knows the annotations as they are. */
static bool check_etag(ViewRequest *request, ViewSlide *slide, ViewFault *fault) {
  ViewNotes *notes = slide->notes;
  const char *given = request->server->mhd.lookup_connection_value(request->connection, MHD_HEADER_KIND, "If-Match");
  char etag[40], before[40];
  print_etag(notes, before);
  bool was_read = notes->document != NULL;
  if (!refresh(request->server, slide, fault)) {
    return false;
  }
  print_etag(notes, etag);
  if (!given) {
    return view_fail(fault, MHD_HTTP_PRECONDITION_REQUIRED, "invalid", "changes need the header If-Match");
  }
  size_t length = strlen(given);
  bool quoted = length >= 2 && given[0] == '"' && given[length - 1] == '"';
  given += quoted;
  length -= quoted ? 2 : 0;
  if (length == strlen(etag) && memcmp(given, etag, length) == 0) {
    return true;
  }
  size_t stamp = strcspn(etag, "-") + 1;
  if (length == strlen(etag) && memcmp(given, etag, stamp) == 0) {
    return view_fail(fault, MHD_HTTP_CONFLICT, "renumbered",
                     "the server was started anew and has given new ids; read the annotations again");
  }
  return view_fail(fault, MHD_HTTP_CONFLICT, "conflict", "%s was changed by another program%s",
                   notes->path ? name_of(notes->path) : "the annotation file",
                   was_read && strcmp(before, etag) == 0 ? ", or from another window" : "");
}

static bool patch(ViewRequest *request, ViewSlide *slide, const json_t *body, ViewFault *fault) {
  ViewServer *server = request->server;
  ViewNotes *notes = slide->notes;
  NodalAnnotationFormat format;
  if (!check_etag(request, slide, fault) || is_read_only(server, notes, fault) ||
      !choose_format(body, &format, fault)) {
    return false;
  }
  format = notes->path ? notes->format : format;
  const json_t *operations = json_object_get(body, "ops");
  if (json_is_array(operations) && json_array_size(operations) == 0) {
    return true;
  }
  ViewDocument *changed = view_document_copy(notes->document);
  if (!changed) {
    return view_fail_memory(fault);
  }
  if (!view_document_apply(changed, operations, holds_of(format), fault) ||
      !save(server, slide, changed, format, fault)) {
    view_document_free(changed);
    return false;
  }
  return true;
}

bool view_patch_annotations(ViewRequest *request, ViewFault *fault) {
  ViewSlide *slide = view_slide_find(request, request->path.id, fault);
  if (!slide) {
    return false;
  }
  json_error_t problem;
  json_t *body = json_loadb(request->body.data, request->body.size, JSON_REJECT_DUPLICATES, &problem);
  if (!json_is_object(body)) {
    json_decref(body);
    return view_fail(fault, MHD_HTTP_UNPROCESSABLE_CONTENT, "invalid", "the body is no JSON object%s%s",
                     body ? "" : ": ", body ? "" : problem.text);
  }
  ViewNotes *notes = slide->notes;
  pthread_mutex_lock(&notes->lock);
  bool good = patch(request, slide, body, fault);
  if (good) {
    char etag[40];
    print_etag(notes, etag);
    const char *format = notes->path ? nodal_annotation_format_name(notes->format) : NULL;
    good = view_reply_json(request,
                           json_pack("{s:s,s:o,s:o}", "etag", etag, "file", view_json_text(name_of(notes->path)),
                                     "format", view_json_text(format)),
                           fault);
  }
  pthread_mutex_unlock(&notes->lock);
  json_decref(body);
  return good;
}

/* --- To and from other formats --- */

static bool export_format(ViewRequest *request, NodalAnnotationFormat *format, const char **extension,
                          ViewFault *fault) {
  static const char *const extensions[] = {"", ".xml", ".geojson", ".xml", ".ndpa", ".csv"};
  const char *wanted = view_query(request, "format");
  for (int i = NODAL_ANNOTATION_ASAP; wanted && i <= NODAL_ANNOTATION_CSV; i++) {
    *format = (NodalAnnotationFormat)i;
    *extension = extensions[i];
    if (strcmp(wanted, nodal_annotation_format_name(*format)) == 0 && nodal_annotation_format_is_written(*format)) {
      return true;
    }
  }
  return view_fail(fault, MHD_HTTP_BAD_REQUEST, "invalid", "format is asap, geojson, imagescope, ndpa or csv");
}

/* Headers of a file to be kept: its name, and what was lost. */
static bool add_export_headers(ViewRequest *request, const ViewSlide *slide, const char *extension,
                               const NodalAnnotationSet *set, ViewFault *fault) {
  enum { MOST = 4000 };
  const ViewServer *server = request->server;
  char *value = view_format("attachment; filename=\"%s%s\"", strrchr(slide->stem, '/') + 1, extension);
  for (char *at = value ? strchr(value, '"') + 1 : NULL; at && at[1]; at++) {
    *at = (unsigned char)*at < 0x20 || (unsigned char)*at > 0x7E || *at == '"' || *at == '\\' ? '_' : *at;
  }
  json_t *list = json_warnings(set);
  char *warnings = list ? json_dumps(list, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
  const char *shown = warnings && strlen(warnings) > MOST ? "[\"much was left out\"]" : warnings;
  bool good = value && shown && view_response_header(server, request->response, "Content-Disposition", value) &&
              view_response_header(server, request->response, "Nodal-Warnings", shown);
  json_decref(list);
  free(warnings);
  free(value);
  return good || view_fail_memory(fault);
}

bool view_export_annotations(ViewRequest *request, ViewFault *fault) {
  NodalAnnotationFormat format;
  NodalAnnotationFrame frame;
  const char *extension = "";
  ViewSlide *slide = view_slide_find(request, request->path.id, fault);
  if (!slide || !export_format(request, &format, &extension, fault) ||
      !get_frame(request->server, slide, &frame, fault)) {
    return false;
  }
  pthread_mutex_lock(&slide->notes->lock);
  NodalAnnotationSet *set =
      refresh(request->server, slide, fault) ? view_document_to_set(slide->notes->document, fault) : NULL;
  pthread_mutex_unlock(&slide->notes->lock);
  if (!set) {
    return false;
  }
  NodalError *error = NULL;
  void *data = NULL;
  size_t size = 0;
  bool good = nodal_annotation_set_encode(set, format, &frame, &data, &size, &error)
                  ? view_reply_bytes(request, data, size, nodal_free, "application/octet-stream", fault) &&
                        add_export_headers(request, slide, extension, set, fault)
                  : view_fail_error(fault, error);
  nodal_annotation_set_free(set);
  return good;
}

bool view_import_annotations(ViewRequest *request, ViewFault *fault) {
  NodalAnnotationFrame frame;
  ViewSlide *slide = view_slide_find(request, request->path.id, fault);
  if (!slide || !get_frame(request->server, slide, &frame, fault)) {
    return false;
  }
  NodalError *error = NULL;
  NodalSource *source =
      nodal_source_new_memory(request->body.data ? request->body.data : "", request->body.size, "the file", &error);
  NodalAnnotationSet *set =
      source ? nodal_annotation_set_read_source(source, NODAL_ANNOTATION_AUTO, &frame, &error) : NULL;
  nodal_source_unref(source);
  if (!set) {
    view_fail_error(fault, error);
    fault->status = fault->status == 500 ? MHD_HTTP_UNPROCESSABLE_CONTENT : fault->status;
    return false;
  }
  ViewDocument *document = view_document_from_set(set, fault);
  json_t *head = json_pack("{s:s,s:o}", "format", nodal_annotation_format_name(nodal_annotation_set_format(set)),
                           "warnings", json_warnings(set));
  nodal_annotation_set_free(set);
  if (!document) {
    json_decref(head);
    return false;
  }
  bool good = reply_document(request, head, document, fault);
  view_document_free(document);
  return good;
}
