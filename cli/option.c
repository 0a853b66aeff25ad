/* SPDX-License-Identifier: Apache-2.0 */
#include "option.h"

#include "memory.h"
#include "suggest.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Options a table can have: enough for any command, and what `given` has room for. */
#define MOST_OPTIONS 64

typedef struct Parser {
  const CliOption *options, *arguments;
  int count, next;
  const char *const *words;
  char *values;
  CliProblem *problem;
  const char **plain; /* words that are no options, in order */
  int plain_count;
  bool given[MOST_OPTIONS];
  bool help;
} Parser;

static NODAL_PRINTF(2, 3) bool refuse(CliProblem *problem, const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(problem->text, sizeof problem->text, format, list);
  va_end(list);
  return false;
}

/* A limit the way a person writes it: 1000000000 and 0.001, not 1e+09. */
static const char *number_text(double number, char text[32]) {
  bool whole = floor(number) == number && fabs(number) < 1e16;
  snprintf(text, 32, whole ? "%.0f" : "%.10g", number);
  return text;
}

static bool check_range(const CliOption *option, const char *shown, double number, const char *typed,
                        CliProblem *problem) {
  bool limited = option->minimum < option->maximum;
  if (limited && (number < option->minimum || number > option->maximum)) {
    char low[32], high[32];
    return refuse(problem, "%s: %s is out of range, %s to %s", shown, typed, number_text(option->minimum, low),
                  number_text(option->maximum, high));
  }
  return true;
}

/* Digits with at most a sign before them: strtoll() would also take leading blanks. */
static bool is_whole_number(const char *text) {
  if (*text == '-' || *text == '+') {
    text++;
  }
  return *text && text[strspn(text, "0123456789")] == '\0';
}

static bool parse_whole(const CliOption *option, const char *shown, const char *text, int64_t least, int64_t most,
                        int64_t *number, CliProblem *problem) {
  if (!is_whole_number(text)) {
    return refuse(problem, "%s: '%s' is not a whole number", shown, text);
  }
  errno = 0;
  long long parsed = strtoll(text, NULL, 10);
  if (!check_range(option, shown, (double)parsed, text, problem)) {
    return false;
  }
  if (errno == ERANGE || parsed < least || parsed > most) {
    return refuse(problem, "%s: %s is too large", shown, text);
  }
  if (option->multiple > 0 && parsed % option->multiple != 0) {
    return refuse(problem, "%s: %s is not a multiple of %lld", shown, text, (long long)option->multiple);
  }
  *number = parsed;
  return true;
}

static bool parse_double(const CliOption *option, const char *shown, const char *text, double *number,
                         CliProblem *problem) {
  /* strtod() would also take blanks, "inf", "nan" and hexadecimal numbers. */
  char *end = NULL;
  double parsed = 0;
  bool plain = *text && text[strspn(text, "0123456789.+-eE")] == '\0';
  if (plain) {
    parsed = strtod(text, &end);
  }
  if (!plain || *end || !isfinite(parsed)) {
    return refuse(problem, "%s: '%s' is not a number", shown, text);
  }
  if (!check_range(option, shown, parsed, text, problem)) {
    return false;
  }
  *number = parsed;
  return true;
}

static bool parse_choice(const CliOption *option, const char *shown, const char *text, int *choice,
                         CliProblem *problem) {
  char list[200] = "";
  for (int i = 0; option->choices[i]; i++) {
    if (strcmp(option->choices[i], text) == 0) {
      *choice = i;
      return true;
    }
    size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", option->choices[i]);
  }
  return refuse(problem, "%s: '%s' is not one of %s", shown, text, list);
}

/* Splits "1,2,3" at any of `separators` into exactly `count` whole numbers. */
static bool parse_list(const char *text, const char *separators, int64_t *numbers, int count) {
  for (int i = 0; i < count; i++) {
    size_t length = strcspn(text, separators);
    char part[24];
    if (length >= sizeof part) {
      return false;
    }
    memcpy(part, text, length);
    part[length] = '\0';
    errno = 0;
    if (!is_whole_number(part)) {
      return false;
    }
    numbers[i] = strtoll(part, NULL, 10);
    if (errno == ERANGE || (text[length] == '\0') != (i == count - 1)) {
      return false;
    }
    text += length + 1;
  }
  return true;
}

static bool parse_rect(const char *shown, const char *text, NodalRect *rect, CliProblem *problem) {
  int64_t numbers[4];
  if (!parse_list(text, ",", numbers, 4)) {
    return refuse(problem, "%s: '%s' is not X,Y,W,H in whole numbers", shown, text);
  }
  const int64_t limit = (int64_t)1 << 40; /* far past any slide, and sums of two of them fit */
  for (int i = 0; i < 4; i++) {
    if (numbers[i] > limit || numbers[i] < -limit) {
      return refuse(problem, "%s: %lld is too large", shown, (long long)numbers[i]);
    }
  }
  if (numbers[2] < 1 || numbers[3] < 1) {
    return refuse(problem, "%s: W and H of '%s' are not both at least 1", shown, text);
  }
  *rect = (NodalRect){numbers[0], numbers[1], numbers[2], numbers[3]};
  return true;
}

/* `second` is the word after, for "W H" in two words; NULL: both must be in `text`. */
static bool parse_size(const CliOption *option, const char *shown, const char *text, const char *second, int64_t *size,
                       CliProblem *problem) {
  if (!second) {
    if (!parse_list(text, ",x", size, 2)) {
      return refuse(problem, "%s: '%s' is not two whole numbers W H", shown, text);
    }
  } else if (!parse_list(text, "", &size[0], 1) || !parse_list(second, "", &size[1], 1)) {
    return refuse(problem, "%s: '%s %s' is not two whole numbers W H", shown, text, second);
  }
  for (int i = 0; i < 2; i++) {
    char typed[24];
    snprintf(typed, sizeof typed, "%lld", (long long)size[i]);
    if (!check_range(option, shown, (double)size[i], typed, problem)) {
      return false;
    }
  }
  return true;
}

static void add_string(CliStrings *strings, const char *text) {
  strings->items = cli_reallocate(strings->items, ((size_t)strings->count + 1) * sizeof *strings->items);
  strings->items[strings->count++] = text;
}

/* Stores `text` as the value of `option`; `shown` is what the person typed to name it, for messages. */
static bool store(const CliOption *option, const char *shown, const char *text, const char *second, void *place,
                  CliProblem *problem) {
  int64_t whole;
  switch (option->type) {
  case CLI_FLAG:
  case CLI_HELP:
    *(bool *)place = true;
    return true;
  case CLI_INT:
    if (!parse_whole(option, shown, text, INT_MIN, INT_MAX, &whole, problem)) {
      return false;
    }
    *(int *)place = (int)whole;
    return true;
  case CLI_INT64:
    return parse_whole(option, shown, text, INT64_MIN, INT64_MAX, place, problem);
  case CLI_DOUBLE:
    return parse_double(option, shown, text, place, problem);
  case CLI_STRING:
    if (!*text) {
      return refuse(problem, "%s: is empty", shown);
    }
    *(const char **)place = text;
    return true;
  case CLI_STRINGS:
    if (!*text) {
      return refuse(problem, "%s: is empty", shown);
    }
    add_string(place, text);
    return true;
  case CLI_CHOICE:
    return parse_choice(option, shown, text, place, problem);
  case CLI_SIZE:
    return parse_size(option, shown, text, second, place, problem);
  case CLI_RECT:
    return parse_rect(shown, text, place, problem);
  }
  return false;
}

static bool takes_value(const CliOption *option) {
  return option->type != CLI_FLAG && option->type != CLI_HELP;
}

/* Gives `option` the value that is glued to it, or the word after it. */
static bool parse_value(Parser *parser, const CliOption *option, const char *shown, const char *glued) {
  const char *second = NULL, *text = glued;
  if (takes_value(option) && !text) {
    if (parser->next >= parser->count) {
      return refuse(parser->problem, "%s: needs a value, %s", shown, option->value);
    }
    text = parser->words[parser->next++];
    if (option->type == CLI_SIZE && !strpbrk(text, ",x")) {
      if (parser->next >= parser->count) {
        return refuse(parser->problem, "%s: '%s' is not two whole numbers W H", shown, text);
      }
      second = parser->words[parser->next++];
    }
  }
  parser->given[option - parser->options] = true;
  parser->help = parser->help || option->type == CLI_HELP;
  return store(option, shown, text, second, parser->values + option->offset, parser->problem);
}

static bool refuse_unknown(Parser *parser, const char *name, size_t length) {
  char typed[64];
  snprintf(typed, sizeof typed, "%.*s", length < sizeof typed ? (int)length : (int)sizeof typed - 1, name);
  CliSuggestion suggestion = {.typed = typed};
  for (const CliOption *option = parser->options; option->name; option++) {
    cli_suggest(&suggestion, option->name);
  }
  if (suggestion.best) {
    return refuse(parser->problem, "no option '--%s', did you mean '--%s'?", typed, suggestion.best);
  }
  return refuse(parser->problem, "no option '--%s'", typed);
}

static bool parse_long(Parser *parser, const char *word) {
  const char *name = word + 2;
  size_t length = strcspn(name, "=");
  for (const CliOption *option = parser->options; option->name; option++) {
    if (strlen(option->name) != length || strncmp(option->name, name, length) != 0) {
      continue;
    }
    char shown[64];
    snprintf(shown, sizeof shown, "--%s", option->name);
    const char *glued = name[length] == '=' ? name + length + 1 : NULL;
    if (glued && !takes_value(option)) {
      return refuse(parser->problem, "%s: takes no value", shown);
    }
    return parse_value(parser, option, shown, glued);
  }
  return refuse_unknown(parser, name, length);
}

static bool parse_letters(Parser *parser, const char *word) {
  for (const char *letter = word + 1; *letter && !parser->help; letter++) {
    const CliOption *option = parser->options;
    while (option->name && (!option->letter || option->letter != *letter)) {
      option++;
    }
    if (!option->name) {
      if (letter == word + 1) {
        return refuse(parser->problem, "no option '%s'", word);
      }
      return refuse(parser->problem, "no option '-%c' in '%s'", *letter, word);
    }
    char shown[3] = {'-', *letter, '\0'};
    bool valued = takes_value(option);
    if (!parse_value(parser, option, shown, valued && letter[1] ? letter + 1 : NULL)) {
      return false;
    }
    if (valued) {
      return true;
    }
  }
  return true;
}

/* "-100" and "-.5" are coordinates: no option has a digit for its letter. */
static bool is_negative_number(const char *word) {
  return word[0] == '-' && (isdigit((unsigned char)word[1]) || (word[1] == '.' && isdigit((unsigned char)word[2])));
}

static bool parse_words(Parser *parser) {
  bool options_end = false;
  while (parser->next < parser->count && !parser->help) {
    const char *word = parser->words[parser->next++];
    bool parsed = true;
    if (options_end || word[0] != '-' || !word[1] || is_negative_number(word)) {
      parser->plain[parser->plain_count++] = word;
    } else if (strcmp(word, "--") == 0) {
      options_end = true;
    } else {
      parsed = word[1] == '-' ? parse_long(parser, word) : parse_letters(parser, word);
    }
    if (!parsed) {
      return false;
    }
  }
  return true;
}

/* Arguments that come after `argument` and must be there: what it has to leave over. */
static int needed_after(const CliOption *argument) {
  int needed = 0;
  for (argument++; argument->name; argument++) {
    needed += argument->required;
  }
  return needed;
}

static bool assign_arguments(Parser *parser) {
  int next = 0;
  for (const CliOption *argument = parser->arguments; argument->name; argument++) {
    int left = parser->plain_count - next;
    int take = argument->type == CLI_STRINGS ? left - needed_after(argument) : left > 0;
    if (take < 1 && argument->required) {
      return refuse(parser->problem, "%s is missing", argument->name);
    }
    for (int i = 0; i < take; i++) {
      void *place = parser->values + argument->offset;
      if (!store(argument, argument->name, parser->plain[next++], NULL, place, parser->problem)) {
        return false;
      }
    }
  }
  if (next < parser->plain_count) {
    return refuse(parser->problem, "'%s' is one argument too many", parser->plain[next]);
  }
  return true;
}

static bool check_required(Parser *parser) {
  for (const CliOption *option = parser->options; option->name; option++) {
    if (option->required && !parser->given[option - parser->options]) {
      return refuse(parser->problem, "--%s is missing", option->name);
    }
  }
  return true;
}

static bool apply_defaults(Parser *parser) {
  for (const CliOption *option = parser->options; option->name; option++) {
    void *place = parser->values + option->offset;
    if (option->initial && !store(option, option->name, option->initial, NULL, place, parser->problem)) {
      return false;
    }
  }
  return true;
}

bool cli_parse(const CliOption *options, const CliOption *arguments, int count, const char *const *words, void *values,
               CliProblem *problem) {
  Parser parser = {.options = options, .arguments = arguments, .count = count, .words = words, .values = values};
  parser.problem = problem;
  parser.plain = cli_allocate(((size_t)count + 1) * sizeof *parser.plain);
  bool parsed = apply_defaults(&parser) && parse_words(&parser);
  if (parsed && !parser.help) {
    parsed = assign_arguments(&parser) && check_required(&parser);
  }
  free(parser.plain);
  return parsed;
}

static void free_strings(const CliOption *rows, char *values) {
  for (; rows->name; rows++) {
    if (rows->type == CLI_STRINGS) {
      CliStrings *strings = (CliStrings *)(void *)(values + rows->offset);
      free(strings->items);
      *strings = (CliStrings){0};
    }
  }
}

void cli_free_values(const CliOption *options, const CliOption *arguments, void *values) {
  free_strings(options, values);
  free_strings(arguments, values);
}
