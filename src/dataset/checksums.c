/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/checksums.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { MOST_BYTES = 64 << 20, MOST_NAME = 4096 };

bool checksums_is_list(const char *name) {
  static const char *const names[] = {"checksums.txt", "checksum.txt", "md5sums",
                                      "sha256sums",    "md5sums.txt",  "sha256sums.txt"};
  static const char *const extensions[] = {".md5", ".sha256"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcasecmp(name, names[i]) == 0) {
      return true;
    }
  }
  size_t length = strlen(name);
  for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
    size_t size = strlen(extensions[i]);
    if (length > size && strcasecmp(name + length - size, extensions[i]) == 0) {
      return true;
    }
  }
  return false;
}

/* The name of an escaped line, in place; false where the escape is none. */
static bool unescape(char *name) {
  char *to = name;
  for (const char *from = name; *from; from++) {
    if (*from != '\\') {
      *to++ = *from;
      continue;
    }
    from++;
    if (*from != '\\' && *from != 'n') {
      return false;
    }
    *to++ = *from == 'n' ? '\n' : '\\';
  }
  *to = '\0';
  return true;
}

/* Takes a line of `length` bytes without its end; false without an error where it is none. */
static bool parse_line(const char *line, size_t length, ChecksumItem *item, NodalError **error) {
  bool escaped = length > 0 && line[0] == '\\';
  line += escaped;
  length -= escaped;
  size_t digits = 0;
  while (digits < length && isxdigit((unsigned char)line[digits])) {
    digits++;
  }
  if (digits != nodal_digest_length(NODAL_DIGEST_MD5) && digits != nodal_digest_length(NODAL_DIGEST_SHA256)) {
    return false;
  }
  item->digest = digits == nodal_digest_length(NODAL_DIGEST_MD5) ? NODAL_DIGEST_MD5 : NODAL_DIGEST_SHA256;
  for (size_t i = 0; i < digits; i++) {
    item->text[i] = (char)tolower((unsigned char)line[i]);
  }
  item->text[digits] = '\0';
  const char *name = line + digits + 2;
  if (length < digits + 3 || line[digits] != ' ' || (line[digits + 1] != ' ' && line[digits + 1] != '*') ||
      length - digits - 2 > MOST_NAME || !nodal_is_utf8(name, length - digits - 2)) {
    return false;
  }
  item->path = nodal_strdup_printf(error, "%.*s", (int)(length - digits - 2), name);
  return item->path && (!escaped || unescape(item->path));
}

static bool parse(ChecksumList *list, const char *text, size_t size, const char *name, NodalError **error) {
  bool marked = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0;
  long number = 1;
  for (const char *line = text + (marked ? 3 : 0), *end = text + size; line < end; number++) {
    const char *feed = memchr(line, '\n', (size_t)(end - line));
    size_t length = (size_t)((feed ? feed : end) - line);
    size_t shown = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
    if (shown > 0) {
      ChecksumItem item = {0};
      NodalError *failure = NULL;
      bool fine = parse_line(line, shown, &item, &failure) &&
                  nodal_grow_array(&list->items, &list->capacity, list->count + 1, sizeof *list->items, &failure);
      if (!fine) {
        free(item.path);
        return failure ? nodal_error_pass(error, failure)
                       : nodal_fail(error, NODAL_ERROR_FORMAT, "%s: line %ld: is no line of md5sum or sha256sum", name,
                                    number);
      }
      list->items[list->count++] = item;
    }
    line += length + (feed != NULL);
  }
  return true;
}

bool checksums_read(ChecksumList *list, NodalSource *source, NodalError **error) {
  const char *name = nodal_source_name(source);
  uint64_t size = nodal_source_size(source);
  if (size > MOST_BYTES) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "%s: a list of checksums of more than %d bytes", name, MOST_BYTES);
  }
  char *text = nodal_alloc((size_t)size, error);
  bool done =
      text && nodal_source_read(source, text, (size_t)size, 0, error) && parse(list, text, (size_t)size, name, error);
  free(text);
  return done;
}

void checksums_clear(ChecksumList *list) {
  for (size_t i = 0; i < list->count; i++) {
    free(list->items[i].path);
  }
  free(list->items);
  *list = (ChecksumList){0};
}
