/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { MAX_SLIDES = 100000, MAX_FOLDERS = 100000, MAX_DEPTH = 8 };

/* What files of slides are called; what is named on the command line may be called anything. */
static const char *const extensions[] = {".tif", ".tiff", ".btf", ".svs", ".ndpi",    ".mrxs",
                                         ".scn", ".bif",  ".vms", ".vmu", ".svslide", NULL};

/* Paths that grow. */
typedef struct Paths {
  char **items;
  size_t count, capacity;
} Paths;

static void free_paths(Paths *paths) {
  for (size_t i = 0; i < paths->count; i++) {
    free(paths->items[i]);
  }
  free(paths->items);
}

/* Takes `path` over; false without memory. */
static bool add_path(Paths *paths, char *path) {
  if (path && paths->count == paths->capacity) {
    size_t capacity = paths->capacity ? paths->capacity * 2 : 64;
    char **items = realloc(paths->items, capacity * sizeof *items);
    if (items) {
      paths->items = items;
      paths->capacity = capacity;
    }
  }
  if (!path || paths->count == paths->capacity) {
    free(path);
    return false;
  }
  paths->items[paths->count++] = path;
  return true;
}

static int compare_paths(const void *a, const void *b) {
  return strverscmp(*(char *const *)a, *(char *const *)b);
}

static size_t stem_of(const char *path) {
  const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
  return dot && (!slash || dot > slash + 1) ? (size_t)(dot - path) : strlen(path);
}

static bool is_slide_name(const char *path) {
  const char *extension = path + stem_of(path);
  for (int i = 0; extensions[i]; i++) {
    if (strcasecmp(extension, extensions[i]) == 0) {
      return true;
    }
  }
  return false;
}

/* "x_mask.tif" beside "x.svs" is an overlay of it and no slide of its own. */
static bool belongs_to_slide(const char *path) {
  size_t stem;
  bool found = false;
  if (!view_is_overlay_name(path, &stem)) {
    return false;
  }
  for (int i = 0; extensions[i] && !found; i++) {
    char *beside = view_format("%.*s%s", (int)stem, path, extensions[i]);
    struct stat status;
    found = beside && stat(beside, &status) == 0;
    free(beside);
  }
  return found;
}

/* --- Folders --- */

typedef struct Search {
  const char *root; /* canonical */
  Paths folders;    /* still to be read */
  Paths *slides;
  size_t strays; /* links that lead out of the root */
  bool failed;   /* no memory */
} Search;

/* What a link leads to counts only if it lies in the root. */
static bool is_inside(const Search *search, const char *path) {
  char *real = realpath(path, NULL);
  size_t length = strlen(search->root);
  bool inside = real && strncmp(real, search->root, length) == 0 && (real[length] == '/' || length == 1);
  free(real);
  return inside;
}

static int depth_of(const Search *search, const char *path) {
  int depth = 0;
  for (path += strlen(search->root); *path; path++) {
    depth += *path == '/';
  }
  return depth;
}

static void look_at(Search *search, const char *folder, const char *name) {
  char *path = view_format("%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);
  struct stat status;
  bool kept = false;
  if (!path) {
    search->failed = true;
  } else if (lstat(path, &status) != 0) {
    kept = false;
  } else if (S_ISDIR(status.st_mode)) {
    kept = depth_of(search, path) <= MAX_DEPTH && search->folders.count < MAX_FOLDERS;
    search->failed |= kept && !add_path(&search->folders, path);
  } else if (is_slide_name(path) && search->slides->count < MAX_SLIDES && !belongs_to_slide(path)) {
    bool stray = S_ISLNK(status.st_mode) && !is_inside(search, path);
    search->strays += stray;
    kept = S_ISREG(status.st_mode) || (S_ISLNK(status.st_mode) && !stray);
    search->failed |= kept && !add_path(search->slides, path);
  }
  if (!kept) {
    free(path);
  }
}

static void read_folder(Search *search, const char *folder) {
  DIR *directory = opendir(folder);
  const struct dirent *entry;
  while (directory && (entry = readdir(directory)) && !search->failed) {
    if (entry->d_name[0] != '.') {
      look_at(search, folder, entry->d_name);
    }
  }
  if (directory) {
    closedir(directory);
  }
}

/* Appends the slides in and below the folder, sorted. */
static bool search_folder(const char *root, Paths *slides, size_t *strays) {
  Search search = {.root = root, .slides = slides};
  size_t before = slides->count;
  char *copy = view_format("%s", root);
  search.failed = !add_path(&search.folders, copy);
  while (search.folders.count > 0 && !search.failed) {
    char *folder = search.folders.items[--search.folders.count];
    read_folder(&search, folder);
    free(folder);
  }
  free_paths(&search.folders);
  *strays = search.strays;
  if (slides->count > before) {
    qsort(slides->items + before, slides->count - before, sizeof(char *), compare_paths);
  }
  return !search.failed;
}

/* --- The list --- */

static bool warn(ViewSlides *slides, char *text) {
  Paths warnings = {slides->warnings, slides->warning_count, slides->warning_count};
  bool good = add_path(&warnings, text);
  slides->warnings = warnings.items;
  slides->warning_count = warnings.count;
  return good;
}

/* Where the file is, with its own name: a link is not followed, so that what lies beside it is found. */
static char *place_of(const char *path) {
  const char *slash = strrchr(path, '/');
  char *folder = slash ? view_format("%.*s", (int)(slash > path ? slash - path : 1), path) : view_format(".");
  char *real = folder ? realpath(folder, NULL) : NULL;
  char *place = real ? view_format("%s/%s", strcmp(real, "/") == 0 ? "" : real, slash ? slash + 1 : path) : NULL;
  free(folder);
  free(real);
  return place;
}

static bool collect_folder(ViewSlides *slides, const char *path, Paths *paths) {
  size_t before = paths->count, strays = 0;
  char *real = realpath(path, NULL);
  bool good = real && search_folder(real, paths, &strays);
  free(real);
  if (good && paths->count == before) {
    good = warn(slides, view_format("%s: there are no slides in this folder", path));
  }
  if (good && strays > 0) {
    good = warn(slides, view_format("%s: %zu link%s to slides elsewhere passed over; name them, or their folder", path,
                                    strays, strays == 1 ? "" : "s"));
  }
  return good;
}

static bool collect(const ViewServer *server, ViewSlides *slides, Paths *paths, ViewProblem *problem) {
  const ViewOptions *options = &server->options;
  for (int i = 0; i < options->path_count; i++) {
    const char *path = options->paths[i];
    struct stat status;
    if (stat(path, &status) != 0) {
      snprintf(problem->text, sizeof problem->text, "%s: there is no such file or folder", path);
      return false;
    }
    bool good = S_ISDIR(status.st_mode) ? collect_folder(slides, path, paths) : add_path(paths, place_of(path));
    if (!good) {
      snprintf(problem->text, sizeof problem->text, "not enough memory");
      return false;
    }
  }
  return true;
}

/* The place of the id in the table, which is free where there is no such slide. */
static size_t find_slot(const ViewSlides *slides, const char *id) {
  size_t slot = view_hash(id, strlen(id)) & (slides->table_size - 1);
  while (slides->table[slot] > 0 && strcmp(slides->items[slides->table[slot] - 1].id, id) != 0) {
    slot = (slot + 1) & (slides->table_size - 1);
  }
  return slot;
}

ViewSlide *view_slide_find(ViewRequest *request, const char *id, ViewFault *fault) {
  ViewSlides *slides = &request->server->slides;
  size_t index = slides->table[find_slot(slides, id)];
  if (index == 0) {
    view_fail(fault, MHD_HTTP_NOT_FOUND, "not_found", "there is no slide %s", id);
  }
  return index > 0 ? &slides->items[index - 1] : NULL;
}

/* Enters a slide under the hash of its path; one that is there already is passed over. */
static bool add_slide(ViewServer *server, const char *path) {
  ViewSlides *slides = &server->slides;
  ViewSlide *slide = &slides->items[slides->count];
  uint64_t hash = view_hash(path, strlen(path));
  char id[sizeof slide->id];
  size_t slot;
  for (;; hash++) {
    snprintf(id, sizeof id, "%016llx", (unsigned long long)hash);
    slot = find_slot(slides, id);
    if (slides->table[slot] == 0) {
      break;
    }
    if (strcmp(slides->items[slides->table[slot] - 1].file.path, path) == 0) {
      return true;
    }
  }
  char *copy = view_format("%s", path);
  *slide =
      (ViewSlide){.stem = view_format("%.*s", (int)stem_of(path), path), .notes = view_notes_new(), .annotated = -1};
  if (!copy || !slide->stem || !slide->notes) {
    free(copy);
    free(slide->stem);
    view_notes_free(slide->notes);
    return false;
  }
  memcpy(slide->id, id, sizeof id);
  view_file_init(&slide->file, copy);
  slide->name = strrchr(copy, '/') + 1;
  slides->table[slot] = ++slides->count;
  return true;
}

static bool build(ViewServer *server, const Paths *paths) {
  ViewSlides *slides = &server->slides;
  slides->table_size = 64;
  while (slides->table_size < paths->count * 2) {
    slides->table_size *= 2;
  }
  slides->items = calloc(paths->count, sizeof(ViewSlide));
  slides->table = calloc(slides->table_size, sizeof *slides->table);
  bool good = slides->items && slides->table;
  for (size_t i = 0; good && i < paths->count; i++) {
    good = add_slide(server, paths->items[i]);
  }
  return good;
}

/* What is named first and second goes side by side; folders and more slides may follow. */
static bool pair_first_two(ViewServer *server, ViewProblem *problem) {
  const ViewOptions *options = &server->options;
  ViewSlides *slides = &server->slides;
  struct stat status;
  int files = 0;
  while (files < 2 && files < options->path_count && stat(options->paths[files], &status) == 0 &&
         !S_ISDIR(status.st_mode)) {
    files++;
  }
  /* A slide that is named twice is there once: then the second of the list is another, or none. */
  char *second = files == 2 ? place_of(options->paths[1]) : NULL;
  bool good = second && slides->count >= 2 && strcmp(slides->items[1].file.path, second) == 0;
  free(second);
  if (!good) {
    problem->usage = true;
    snprintf(problem->text, sizeof problem->text, "--pair: the first two arguments have to be two slides");
    return false;
  }
  slides->items[0].pair = &slides->items[1];
  slides->items[1].pair = &slides->items[0];
  return true;
}

bool view_slides_find(ViewServer *server, ViewProblem *problem) {
  Paths paths = {0};
  bool good = collect(server, &server->slides, &paths, problem);
  if (good && paths.count == 0) {
    snprintf(problem->text, sizeof problem->text, "there are no slides to look at");
    good = false;
  } else if (good && !build(server, &paths)) {
    snprintf(problem->text, sizeof problem->text, "not enough memory");
    good = false;
  }
  free_paths(&paths);
  return good && (!server->options.pair || pair_first_two(server, problem));
}

void view_slides_free(ViewServer *server) {
  ViewSlides *slides = &server->slides;
  for (size_t i = 0; i < slides->count; i++) {
    view_overlays_free(&slides->items[i]);
    view_notes_free(slides->items[i].notes);
    view_file_free(&slides->items[i].file);
    free(slides->items[i].stem);
  }
  for (size_t i = 0; i < slides->warning_count; i++) {
    free(slides->warnings[i]);
  }
  free(slides->items);
  free(slides->table);
  free(slides->warnings);
}
