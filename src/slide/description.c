/* SPDX-License-Identifier: Apache-2.0 */
#include "slide/description.h"

#include "base/memory.h"

#include <string.h>

static const char slide_line[] = "nodal slide";
static const char label_line[] = "nodal label";

/* By these a reader knows the file itself, or they were true of the source only. */
static const char *const derived_prefixes[] = {
    "openslide.level",    "openslide.mpp", "openslide.vendor", "openslide.quickhash", "openslide.associated.",
    "openslide.icc-size", "tiff."};

typedef struct Text {
  char *data;
  size_t size, capacity;
} Text;

static bool is_derived(const char *name) {
  for (size_t i = 0; i < sizeof derived_prefixes / sizeof *derived_prefixes; i++) {
    if (strncmp(name, derived_prefixes[i], strlen(derived_prefixes[i])) == 0) {
      return true;
    }
  }
  return false;
}

static bool add_bytes(Text *text, const char *bytes, size_t size, NodalError **error) {
  if (!nodal_grow_array(&text->data, &text->capacity, text->size + size + 1, 1, error)) {
    return false;
  }
  memcpy(text->data + text->size, bytes, size);
  text->size += size;
  text->data[text->size] = '\0';
  return true;
}

static bool starts_foreign_word(const char *at) {
  return strncmp(at, "DICOM", 5) == 0 || strncmp(at, "xml", 3) == 0 || strncmp(at, "XML", 3) == 0;
}

static bool add_escaped(Text *text, const char *from, bool is_name, NodalError **error) {
  static const char digits[] = "0123456789abcdef";
  for (; *from; from++) {
    unsigned char c = (unsigned char)*from;
    char escape[4] = {'\\', 'x', digits[c >> 4], digits[c & 15]};
    bool done;
    if (c == '\n') {
      done = add_bytes(text, "\\n", 2, error);
    } else if (c == '\\') {
      done = add_bytes(text, "\\\\", 2, error);
    } else if (c < 0x20 || c == 0x7f || (is_name && c == '=') || starts_foreign_word(from)) {
      done = add_bytes(text, escape, 4, error);
    } else {
      done = add_bytes(text, from, 1, error);
    }
    if (!done) {
      return false;
    }
  }
  return true;
}

static bool add_property(Text *text, const NodalProperty *property, NodalError **error) {
  return add_bytes(text, "\n", 1, error) && add_escaped(text, property->name, true, error) &&
         add_bytes(text, "=", 1, error) && add_escaped(text, property->value, false, error);
}

char *nodal_description_format(const NodalProperty *properties, size_t count, bool label, NodalError **error) {
  Text text = {0};
  if (!add_bytes(&text, label ? label_line : slide_line, sizeof slide_line - 1, error)) {
    free(text.data);
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    const NodalProperty *property = &properties[i];
    if (!property->name[0] || is_derived(property->name) || strlen(property->name) > NODAL_DESCRIPTION_MAX_VALUE ||
        strlen(property->value) > NODAL_DESCRIPTION_MAX_VALUE) {
      continue;
    }
    size_t before = text.size;
    if (!add_property(&text, property, error)) {
      free(text.data);
      return NULL;
    }
    if (text.size > NODAL_DESCRIPTION_MAX_TOTAL) {
      text.size = before;
      text.data[before] = '\0';
      break;
    }
  }
  return text.data;
}

bool nodal_description_recognize(const char *text, bool *label) {
  if (!text) {
    return false;
  }
  size_t length = strcspn(text, "\r\n");
  bool is_slide = length == sizeof slide_line - 1 && memcmp(text, slide_line, length) == 0;
  bool is_label = length == sizeof label_line - 1 && memcmp(text, label_line, length) == 0;
  if (label) {
    *label = is_label;
  }
  return is_slide || is_label;
}

bool nodal_description_is_own(const NodalTiffDirectory *directory) {
  static const char name[] = "nodal ";
  return (directory->software && strncmp(directory->software, name, sizeof name - 1) == 0) ||
         nodal_description_recognize(directory->description, NULL);
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes add_escaped() in place: the text only gets shorter. */
static void unescape(char *text) {
  char *to = text;
  for (const char *from = text; *from;) {
    if (from[0] == '\\' && from[1] == 'n') {
      *to++ = '\n';
      from += 2;
    } else if (from[0] == '\\' && from[1] == '\\') {
      *to++ = '\\';
      from += 2;
    } else if (from[0] == '\\' && from[1] == 'x' && hex_digit(from[2]) >= 0 && hex_digit(from[3]) >= 0 &&
               (hex_digit(from[2]) | hex_digit(from[3])) != 0) {
      *to++ = (char)(hex_digit(from[2]) * 16 + hex_digit(from[3]));
      from += 4;
    } else {
      *to++ = *from++;
    }
  }
  *to = '\0';
}

bool nodal_description_parse(const char *text, NodalDescriptionProperty property, void *user, NodalError **error) {
  char *copy = nodal_strdup(text, error);
  if (!copy) {
    return false;
  }
  bool going = true;
  char *rest = copy;
  strsep(&rest, "\n");
  for (char *line; going && (line = strsep(&rest, "\n")) != NULL;) {
    line[strcspn(line, "\r")] = '\0';
    char *equals = strchr(line, '=');
    if (!equals || equals == line) {
      continue;
    }
    *equals = '\0';
    unescape(line);
    unescape(equals + 1);
    going = property(user, line, equals + 1, error);
  }
  free(copy);
  return going;
}
