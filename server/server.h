/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SERVER_SERVER_H
#define NODAL_SERVER_SERVER_H

#include "files.h"
#include "mhd.h"
#include "parts.h"
#include "route.h"
#include "store.h"
#include "view.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct ViewRequest ViewRequest;

/** Requests that wait for a thread that may take its time. */
typedef struct ViewQueue {
  pthread_mutex_t lock;
  pthread_cond_t filled;
  ViewRequest *first, *last;
  pthread_t *threads;
  int thread_count;
  bool stops;
} ViewQueue;

typedef struct ViewOverlay ViewOverlay;
typedef struct ViewNotes ViewNotes;

/** One slide of the list, which is made at the start and never changes. */
typedef struct ViewSlide {
  char id[17];
  const char *name; /**< inside file.path */
  char *stem;       /**< the path without its extension */
  ViewFile file;
  ViewOverlay *overlays; /**< overlay_count of them */
  int overlay_count;
  ViewNotes *notes;     /**< its annotations */
  atomic_int annotated; /**< whether there is a file of them, as it was last seen: 0, 1, or -1: not looked at yet */
  const struct ViewSlide *pair;
} ViewSlide;

/** Slides by their ids. */
typedef struct ViewSlides {
  ViewSlide *items; /**< places are for good */
  size_t count;
  size_t *table; /**< by the hash of the id, open addressing: one more than the index */
  size_t table_size;
  char **warnings;
  size_t warning_count;
} ViewSlides;

struct ViewServer {
  ViewOptions options;
  ViewMhd mhd;
  struct MHD_Daemon *daemon;
  int socket;
  char host[64]; /**< of the address, as it stands in a URL */
  int port;
  char token[VIEW_SECRET_SIZE + 1], session[VIEW_SECRET_SIZE + 1], once[VIEW_SECRET_SIZE + 1], cookie[24];
  char *address, *ticket;
  ViewSlides slides;
  ViewFiles files;
  ViewStore *store;
  ViewQueue queue; /**< tiles and all that is quick */
  ViewQueue slow;  /**< regions, one at a time: they take memory */
  pthread_t scanner;
  bool scans;
  atomic_bool stops, once_used;
  atomic_int active; /**< requests that are not answered yet */
};

/** A request, from its headers to the end of its answer. */
struct ViewRequest {
  ViewServer *server;
  struct MHD_Connection *connection;
  ViewPath path;
  ViewText body;
  ViewRequest *next;
  unsigned status;
  struct MHD_Response *response; /**< the answer, once there is one; of the request's own */
  ViewEntry *entry;              /**< or one of the store */
  bool queued;
};

/* --- Answers: reply.c --- */

/** Bytes as a response, which takes them over, also on failure. `release` frees `data`. NULL without memory. */
struct MHD_Response *view_response_new(const ViewServer *server, void *data, size_t size, void (*release)(void *),
                                       const char *type);

bool view_response_header(const ViewServer *server, struct MHD_Response *response, const char *name, const char *value);

/** Answers with bytes that are taken over; `release` frees them. */
bool view_reply_bytes(ViewRequest *request, void *data, size_t size, void (*release)(void *), const char *type,
                      ViewFault *fault);
/** Answers with text that is taken over. */
bool view_reply_text(ViewRequest *request, ViewText *text, const char *type, ViewFault *fault);
/** Answers with a document that is taken over; NULL is a lack of memory. */
bool view_reply_json(ViewRequest *request, json_t *document, ViewFault *fault);
/** Answers with what went wrong. False without memory. */
bool view_reply_fault(ViewRequest *request, const ViewFault *fault);

/** What is kept in the store of a file. */
typedef enum ViewKind { VIEW_KEEP_TILE, VIEW_KEEP_BACKGROUND, VIEW_KEEP_THUMBNAIL, VIEW_KEEP_ASSOCIATED } ViewKind;

/** The key of what is asked for. With `v` in the query a browser may keep the answer for good. */
ViewKey view_key(const ViewRequest *request, ViewFile *file, ViewKind kind, int level, int64_t column, int64_t row);
/** Answers from the store; false if it is not there. */
bool view_reply_kept(ViewRequest *request, const ViewKey *key);
/** Answers with an image that is taken over, `release` frees it, and keeps it. */
bool view_reply_keep(ViewRequest *request, const ViewKey *key, void *data, size_t size, void (*release)(void *),
                     const char *type, ViewFault *fault);

/** A parameter of the query; NULL if it is not there. */
const char *view_query(const ViewRequest *request, const char *name);
/** The same as a number; a fault names it. */
bool view_query_number(const ViewRequest *request, const char *name, double *value, ViewFault *fault);

/* --- Guards: guard.c --- */

/** Whether the request may be looked at at all: Host, Origin, Sec-Fetch-Site. */
bool view_guard_origin(const ViewServer *server, struct MHD_Connection *connection, const char *method, bool for_page,
                       ViewFault *fault);
/** Whether it comes with the token, or with the cookie; `for_session`: with the token, or the one for one use. */
bool view_guard_token(ViewServer *server, struct MHD_Connection *connection, bool for_session, ViewFault *fault);

/* --- Threads: queue.c --- */

bool view_queue_start(ViewQueue *queue, int threads);
/** Takes the request over until it is answered: its connection sleeps meanwhile. */
void view_queue_push(ViewQueue *queue, ViewRequest *request);
/** Ends the threads; what waits is refused. */
void view_queue_stop(ViewQueue *queue);

/* --- What is answered: each fills the answer or the fault. --- */

typedef bool ViewHandler(ViewRequest *request, ViewFault *fault);

/** Answers by the handler of the route; false without memory to say why it could not. */
bool view_answer(ViewRequest *request);

/** A tile that costs no decoding: true where it was answered, else it is to be queued. */
bool view_tile_at_once(ViewRequest *request);

ViewHandler view_get_slides, view_get_slide, view_get_tile, view_get_thumbnail, view_get_associated, view_get_pixel,
    view_get_region, view_get_overlays, view_get_overlay_tile, view_get_annotations, view_patch_annotations,
    view_export_annotations, view_import_annotations, view_get_pair, view_put_pair;

/** Answers a file of the page; false where there is none of that name. */
bool view_page_find(ViewRequest *request, const char *url, ViewFault *fault);
/** The description of the interface. Static. */
const char *view_openapi(size_t *size);

/* --- Slides: slides.c, find.c --- */

/** Whether the slide can be shown; it is open. */
bool view_check_picture(const ViewSlide *slide, ViewFault *fault);

/** {"width", "height", "downsample", "tile_width", "tile_height"} of each level. */
json_t *view_json_levels(const NodalSlide *slide);

/** Finds all slides and overlays of the options. */
bool view_slides_find(ViewServer *server, ViewProblem *problem);
void view_slides_free(ViewServer *server);
/** By the id in the request. */
ViewSlide *view_slide_find(ViewRequest *request, const char *id, ViewFault *fault);

/** Opens the slide of the request; view_file_release() is due. */
NodalSlide *view_slide_open(ViewRequest *request, ViewSlide **found, ViewFault *fault);

/* --- Pictures: tiles.c, regions.c --- */

/** Answers with pixels as JPEG or PNG, and keeps it under `key`. */
bool view_reply_pixels(ViewRequest *request, const ViewKey *key, const char *name, const uint8_t *pixels, int64_t width,
                       int64_t height, int channels, ViewFault *fault);
/** Answers with an associated image of the slide, which is open. */
bool view_reply_associated(ViewRequest *request, const ViewKey *key, NodalSlide *slide, const char *name, int64_t width,
                           int64_t height, ViewFault *fault);
/** Whether the level of the request has such a tile, of a size that can be shown. */
bool view_check_tile(const ViewRequest *request, const NodalSlide *slide, NodalLevel *level, ViewFault *fault);

/* --- Overlays: overlays.c --- */

/** Gives the slides the overlays that lie beside them and those of the options. */
bool view_overlays_find(ViewServer *server, ViewProblem *problem);
void view_overlays_free(ViewSlide *slide);
/** Whether this path is an overlay of another slide among them by its name. */
bool view_is_overlay_name(const char *path, size_t *stem_length);
/** The value of each overlay at a level-0 pixel of the slide, by id. */
json_t *view_overlay_values(ViewRequest *request, ViewSlide *slide, double x, double y);

/* --- Annotations: annotations.c --- */

ViewNotes *view_notes_new(void);
void view_notes_free(ViewNotes *notes);
/** Whether there is a file, or was when it was last looked for. */
bool view_notes_exist(const ViewServer *server, ViewSlide *slide);

#endif
