/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_FILE_H
#define NODAL_CLI_FILE_H

#include "message.h"

/** Whether there is anything of that name. */
bool cli_exists(const char *path);
bool cli_is_folder(const char *path);

/** Whether both paths lead to one file that exists. */
bool cli_same_file(const char *a, const char *b);

/** Whether the path ends in one of `extensions` (".tif", NULL at the end), in any case. */
bool cli_has_extension(const char *path, const char *const *extensions);

/** "FOLDER/STEM.tif" for "anywhere/STEM.svs"; to be freed. */
char *cli_output_in_folder(const char *folder, const char *input);

/** The same with an extension (".xml") of the caller's. */
char *cli_output_named(const char *folder, const char *input, const char *extension);

/** Whether two of `count` outputs have the same name, which would lose one of them; then which two. */
bool cli_find_collision(char *const *outputs, int count, int *first, int *second);

/** Makes the folder and those above it. False, and the error told, if one cannot be made. */
bool cli_make_folders(const CliContext *context, const char *path);

/** Refuses, with the error told, an output that exists and may not be replaced, or that is one of the inputs. */
bool cli_check_output(const CliContext *context, const char *output, const char *input);

/** A small text file that appears under its name when it is complete. */
typedef struct CliTextFile {
  FILE *stream;
  char *path, *temporary;
} CliTextFile;

/** False, and the error told, where it cannot be made. */
bool cli_text_open(const CliContext *context, CliTextFile *file, const char *path);

/** Ends the writing, so that a full disk shows. False, and the error told, where it failed. */
bool cli_text_finish(const CliContext *context, CliTextFile *file);

/** Finishes if need be, and gives the file its name. False, and the error told, where it cannot; then nothing is left
 * of it. */
bool cli_text_commit(const CliContext *context, CliTextFile *file);

/** Removes what was not committed. */
void cli_text_close(CliTextFile *file);

/** A number in as few digits as give the same number again. */
void cli_print_number(FILE *stream, double number);

/** A field of a CSV table, in quotes where it needs them. */
void cli_print_field(FILE *stream, const char *text);

#endif
