/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"
#include "json.h"

#include <nodal/labels.h>

typedef struct Values {
  CliCommon common;
  int what;
  const char *a, *b;
  bool csv;
} Values;

static const char *const what_names[] = {"labels", NULL};

typedef struct Work {
  const CliContext *context;
  const Values *values;
  NodalLabels *a, *b;
  NodalLabelComparison *comparison;
} Work;

static const NodalLabelKind kinds[] = {NODAL_LABEL_SLIDE, NODAL_LABEL_PATIENT};
static const char *const kind_names[] = {"slide", "patient"};

static int classes_of(NodalLabelKind kind) {
  return kind == NODAL_LABEL_SLIDE ? NODAL_LABEL_SLIDE_CLASSES : NODAL_LABEL_PATIENT_CLASSES;
}

/* ---- telling ---- */

static void tell_agreement(const Work *work, NodalLabelKind kind) {
  const CliContext *context = work->context;
  NodalLabelAgreement agreement = nodal_label_comparison_agreement(work->comparison, kind);
  if (agreement.common + agreement.a_only + agreement.b_only == 0) {
    return;
  }
  cli_tell(context, "%ss: %zu in both, %zu of them %s", kind_names[kind], agreement.common, agreement.differing,
           agreement.differing == 1 ? "differs" : "differ");
  if (agreement.less_exact > 0) {
    cli_tell(context, ", %zu without a size in one", agreement.less_exact);
  }
  cli_tell(context, "; %zu in A alone, %zu in B alone; kappa %.6f\n", agreement.a_only, agreement.b_only,
           agreement.kappa);
  int classes = classes_of(kind);
  cli_tell(context, "%-9s", "A \\ B");
  for (int j = 0; j < classes; j++) {
    cli_tell(context, "%9s", nodal_label_name(kind, j));
  }
  cli_tell(context, "\n");
  for (int i = 0; i < classes; i++) {
    cli_tell(context, "%-9s", nodal_label_name(kind, i));
    for (int j = 0; j < classes; j++) {
      cli_tell(context, "%9lld", (long long)agreement.confusion[i * classes + j]);
    }
    cli_tell(context, "\n");
  }
}

static const char *name_or(NodalLabelKind kind, int class_index, const char *otherwise) {
  const char *name = nodal_label_name(kind, class_index);
  return name ? name : otherwise;
}

static void tell(const Work *work) {
  const CliContext *context = work->context;
  cli_tell(context, "A: %s\n", work->values->a);
  cli_tell(context, "B: %s\n", work->values->b);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    tell_agreement(work, kinds[i]);
  }
  NodalLabelDifference difference;
  for (size_t i = 0; nodal_label_comparison_difference(work->comparison, i, &difference); i++) {
    cli_tell(context, "%s %s: %s in A, %s in B\n", kind_names[difference.kind], difference.name,
             name_or(difference.kind, difference.a, "nothing"), name_or(difference.kind, difference.b, "nothing"));
  }
}

static void print_line(FILE *stream, int64_t line) {
  if (line > 0) {
    fprintf(stream, "%lld", (long long)line);
  }
}

static void print_csv(FILE *stream, const void *user) {
  const Work *work = user;
  fputs("kind,name,a,b,a_line,b_line\n", stream);
  NodalLabelDifference difference;
  for (size_t i = 0; nodal_label_comparison_difference(work->comparison, i, &difference); i++) {
    fprintf(stream, "%s,", kind_names[difference.kind]);
    cli_print_field(stream, difference.name);
    fprintf(stream, ",%s,%s,", name_or(difference.kind, difference.a, ""), name_or(difference.kind, difference.b, ""));
    print_line(stream, difference.a_line);
    fputc(',', stream);
    print_line(stream, difference.b_line);
    fputc('\n', stream);
  }
}

static json_t *describe_agreement(const Work *work, NodalLabelKind kind) {
  NodalLabelAgreement agreement = nodal_label_comparison_agreement(work->comparison, kind);
  json_t *entry = json_object(), *labels = json_array(), *confusion = json_array();
  int classes = classes_of(kind);
  for (int i = 0; i < classes; i++) {
    json_t *row = json_array();
    for (int j = 0; j < classes; j++) {
      cli_json_append(row, json_integer(agreement.confusion[i * classes + j]));
    }
    cli_json_append(confusion, row);
    cli_json_append(labels, cli_json_text(nodal_label_name(kind, i)));
  }
  cli_json_set(entry, "common", json_integer((json_int_t)agreement.common));
  cli_json_set(entry, "differing", json_integer((json_int_t)agreement.differing));
  cli_json_set(entry, "less_exact", json_integer((json_int_t)agreement.less_exact));
  cli_json_set(entry, "a_only", json_integer((json_int_t)agreement.a_only));
  cli_json_set(entry, "b_only", json_integer((json_int_t)agreement.b_only));
  cli_json_set(entry, "labels", labels);
  cli_json_set(entry, "confusion", confusion);
  cli_json_set(entry, "kappa", cli_json_number(agreement.kappa));
  return entry;
}

static json_t *line_or_null(int64_t line) {
  return line > 0 ? json_integer(line) : json_null();
}

static void describe(const Work *work, json_t *document) {
  json_t *differences = json_array();
  NodalLabelDifference difference;
  for (size_t i = 0; nodal_label_comparison_difference(work->comparison, i, &difference); i++) {
    json_t *entry = json_object();
    cli_json_set(entry, "kind", cli_json_text(kind_names[difference.kind]));
    cli_json_set(entry, "name", cli_json_text(difference.name));
    cli_json_set(entry, "a", cli_json_text(nodal_label_name(difference.kind, difference.a)));
    cli_json_set(entry, "b", cli_json_text(nodal_label_name(difference.kind, difference.b)));
    cli_json_set(entry, "a_line", line_or_null(difference.a_line));
    cli_json_set(entry, "b_line", line_or_null(difference.b_line));
    cli_json_append(differences, entry);
  }
  cli_json_set(document, "slides", describe_agreement(work, NODAL_LABEL_SLIDE));
  cli_json_set(document, "patients", describe_agreement(work, NODAL_LABEL_PATIENT));
  cli_json_set(document, "differences", differences);
}

/* ---- the command ---- */

static void tell_problems(const Work *work, const NodalLabels *labels, json_t *problems) {
  const char *problem;
  for (size_t i = 0; (problem = nodal_labels_problem(labels, i)) != NULL; i++) {
    cli_error(work->context, "%s", problem);
    cli_json_append(problems, cli_json_text(problem));
  }
}

/* Compares, or tells why not. `document` is filled in. */
static int compare(Work *work, json_t *document) {
  json_t *problems = json_array();
  tell_problems(work, work->a, problems);
  tell_problems(work, work->b, problems);
  bool valid = json_array_size(problems) == 0;
  cli_json_set(document, "problems", problems);
  if (!valid) {
    return CLI_PROBLEMS;
  }
  NodalError *error = NULL;
  work->comparison = nodal_labels_compare(work->a, work->b, &error);
  if (!work->comparison) {
    return cli_fail(work->context, error);
  }
  NodalLabelDifference difference;
  bool differ = nodal_label_comparison_difference(work->comparison, 0, &difference);
  describe(work, document);
  int status = work->values->csv ? cli_csv_print(work->context, print_csv, work) : CLI_DONE;
  if (!work->values->csv || work->context->common->output) {
    tell(work);
  }
  return status == CLI_DONE && differ ? CLI_PROBLEMS : status;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  int status = cli_csv_check(context, values->csv, "table", NULL);
  if (status != CLI_DONE) {
    return status;
  }
  Work work = {.context = context, .values = values};
  NodalError *error = NULL;
  work.a = nodal_labels_read(values->a, &error);
  work.b = work.a ? nodal_labels_read(values->b, &error) : NULL;
  json_t *document = json_object();
  status = work.b ? compare(&work, document) : cli_fail(context, error);
  if (context->common->json && (status == CLI_DONE || status == CLI_PROBLEMS)) {
    cli_json_print(document);
  } else {
    json_decref(document);
  }
  nodal_label_comparison_free(work.comparison);
  nodal_labels_free(work.a);
  nodal_labels_free(work.b);
  return status;
}

static const CliOption arguments[] = {
    {.name = "labels",
     .required = true,
     .hides = true,
     .type = CLI_CHOICE,
     .choices = what_names,
     .offset = offsetof(Values, what),
     .help = "The word itself: labels are compared."},
    {.name = "A", .required = true, .type = CLI_STRING, .offset = offsetof(Values, a), .help = "One table of labels."},
    {.name = "B",
     .required = true,
     .type = CLI_STRING,
     .offset = offsetof(Values, b),
     .help = "The other one; a catalog will do."},
    {.name = NULL}};

static const CliOption options[] = {CLI_OPTIONS_CSV("The differences as CSV: kind, name, a, b, a_line, b_line."),
                                    CLI_OPTION_JSON, CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal dataset compare labels stage_labels.csv stages.csv",
     "Whether two copies hold the same reference standard."},
    {"nodal dataset compare labels a.csv b.csv --csv -o differences.csv", "The differences as a table."},
    {NULL, NULL}};

const CliCommand cli_dataset_compare = {
    .name = "dataset compare",
    .group = "Data sets",
    .summary = "tell how two reference standards differ",
    .description =
        "Tells every slide whose label differs, every patient whose stage differs and what only one table has, the "
        "counts of each class by A against B, and the quadratic weighted kappa between the two (classes in the order "
        "negative, itc, micro, macro and pN0, pN0(i+), pN1mi, pN1, pN2). Exit status 3 where they differ.\n\n"
        "Tables are those of CAMELYON17 (patient,stage), of CAMELYON16 (Test_001,Tumor,IDC,Macro), or have a header "
        "that names slide or image and label, type or class, as a catalog does. Names are compared without folder, "
        "extension and letter case. \"normal\" is negative. A slide that one table calls tumor, without a size, and "
        "the other itc, micro or macro does not count as differing.\n\n"
        "A name that is there twice and a label that means nothing are told with their lines; then nothing is "
        "compared, and the exit status is 3.\n\n"
        "--json prints an object with the keys problems, slides and patients (common, differing, less_exact, a_only, "
        "b_only, labels, confusion (rows: A), kappa) and differences (kind, name, a, b, a_line, b_line; null where "
        "the table has it not). With problems it is the only one.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
