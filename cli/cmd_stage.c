/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "json.h"

#include <nodal/stage.h>
#include <string.h>
#include <strings.h>

typedef struct Values {
  CliCommon common;
  const char *labels;
  int rules;
  int nodes; /* -1: as the rules expect */
  bool check;
} Values;

static const char *const rule_names[] = {"challenge", "ajcc7", NULL};
static const NodalStageRules rule_values[] = {NODAL_STAGE_CHALLENGE, NODAL_STAGE_AJCC7};
static const int expected_nodes[] = {5, 0};

/* What came of the table as a whole. */
typedef struct Outcome {
  int staged, problems;
  int given, differing; /* patients whose stage the table states, and those where it is another one */
  int counts[NODAL_STAGE_PN3B + 1];
} Outcome;

/* A stage without its letter says less than the one with it (pN1 and pN1a), and nothing else. */
static bool differs(const NodalStagePatient *patient) {
  if (!patient->staged || !patient->given || strcasecmp(patient->given, nodal_stage_name(patient->stage)) == 0) {
    return false;
  }
  NodalStage given;
  const char *name = nodal_stage_name(patient->stage);
  size_t length = strlen(name) - 1;
  return !(nodal_stage_from_name(patient->given, &given) && strlen(patient->given) == length &&
           strncasecmp(patient->given, name, length) == 0 && strchr("abc", name[length]));
}

/* A warning is in the document already: the stage and the given one. */
static void tell_difference(const CliContext *context, const Values *values, const NodalStagePatient *patient) {
  void (*tell)(const CliContext *, const char *, ...) = values->check ? cli_error : cli_warning;
  if (!values->check && context->common->json) {
    return;
  }
  tell(context, "%s: line %lld: %s is %s, not %s: %lld macro, %lld micro, %lld itc, %lld negative", values->labels,
       (long long)patient->given_line, patient->name, nodal_stage_name(patient->stage), patient->given,
       (long long)patient->nodes.macro, (long long)patient->nodes.micro, (long long)patient->nodes.itc,
       (long long)patient->nodes.negative);
}

static Outcome sum_up(const CliContext *context, const Values *values, const NodalStageTable *table) {
  Outcome outcome = {0};
  const char *problem;
  while ((problem = nodal_stage_table_problem(table, outcome.problems)) != NULL) {
    cli_error(context, "%s", problem);
    outcome.problems++;
  }
  NodalStagePatient patient;
  for (int i = 0; nodal_stage_table_patient(table, i, &patient); i++) {
    outcome.given += patient.given != NULL;
    if (patient.staged) {
      outcome.staged++;
      outcome.counts[patient.stage]++;
    }
    if (differs(&patient)) {
      outcome.differing++;
      tell_difference(context, values, &patient);
    }
  }
  return outcome;
}

static void print_account(const CliContext *context, const Values *values, const NodalStageTable *table,
                          const Outcome *outcome) {
  int patients = nodal_stage_table_count(table);
  cli_tell(context, "%s: %d of %d %s staged", values->labels, outcome->staged, patients,
           patients == 1 ? "patient" : "patients");
  const char *before = ": ";
  for (int stage = NODAL_STAGE_PN0; stage <= NODAL_STAGE_PN3B; stage++) {
    if (outcome->counts[stage] > 0) {
      cli_tell(context, "%s%d %s", before, outcome->counts[stage], nodal_stage_name((NodalStage)stage));
      before = ", ";
    }
  }
  cli_tell(context, "\n");
  if (outcome->given > 0) {
    cli_tell(context, "%d %s given, %d %s\n", outcome->given, outcome->given == 1 ? "stage was" : "stages were",
             outcome->differing, outcome->differing == 1 ? "differs" : "differ");
  }
}

static json_t *describe_nodes(const NodalStageTable *table, int patient) {
  json_t *nodes = json_array();
  NodalStageNode node;
  for (int i = 0; nodal_stage_table_node(table, patient, i, &node); i++) {
    json_t *entry = json_object();
    cli_json_set(entry, "node", cli_json_text(node.name));
    cli_json_set(entry, "label", cli_json_text(node.known ? nodal_category_name(node.label) : NULL));
    cli_json_set(entry, "line", json_integer(node.line));
    cli_json_append(nodes, entry);
  }
  return nodes;
}

static void print_json(const Values *values, const NodalStageTable *table) {
  json_t *document = json_object(), *patients = json_array(), *problems = json_array();
  NodalStagePatient patient;
  for (int i = 0; nodal_stage_table_patient(table, i, &patient); i++) {
    json_t *entry = json_object();
    cli_json_set(entry, "patient", cli_json_text(patient.name));
    cli_json_set(entry, "stage", cli_json_text(patient.staged ? nodal_stage_name(patient.stage) : NULL));
    cli_json_set(entry, "given", cli_json_text(patient.given));
    cli_json_set(entry, "negative", json_integer(patient.nodes.negative));
    cli_json_set(entry, "itc", json_integer(patient.nodes.itc));
    cli_json_set(entry, "micro", json_integer(patient.nodes.micro));
    cli_json_set(entry, "macro", json_integer(patient.nodes.macro));
    cli_json_set(entry, "internal_mammary", cli_json_text(nodal_mammary_name(patient.mammary)));
    cli_json_set(entry, "nodes", describe_nodes(table, i));
    cli_json_append(patients, entry);
  }
  const char *problem;
  for (int i = 0; (problem = nodal_stage_table_problem(table, i)) != NULL; i++) {
    cli_json_append(problems, cli_json_text(problem));
  }
  cli_json_set(document, "rules", cli_json_text(rule_names[values->rules]));
  cli_json_set(document, "patients", patients);
  cli_json_set(document, "problems", problems);
  cli_json_print(document);
}

static int stage(const CliContext *context, const Values *values, const NodalStageTable *table) {
  Outcome outcome = sum_up(context, values, table);
  NodalError *error = NULL;
  const char *output = values->common.output;
  if (output && !nodal_stage_table_write(table, output, values->common.force, &error)) {
    return cli_fail(context, error);
  }
  if (values->check && outcome.given == 0) {
    cli_error(context, "%s: --check: no stage is given", values->labels);
    outcome.problems++;
  }
  if (context->common->json) {
    print_json(values, table);
  }
  print_account(context, values, table, &outcome);
  return outcome.problems > 0 || (values->check && outcome.differing > 0) ? CLI_PROBLEMS : CLI_DONE;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  if (!values->common.output && !values->check && !values->common.json) {
    return cli_usage(context, "needs --output, --check or --json");
  }
  if (values->common.output && !cli_check_output(context, values->common.output, values->labels)) {
    return CLI_FAILED;
  }
  NodalStageOptions options = NODAL_STAGE_OPTIONS_INIT;
  options.rules = rule_values[values->rules];
  options.nodes = values->nodes < 0 ? expected_nodes[values->rules] : values->nodes;
  NodalError *error = NULL;
  NodalStageTable *table = nodal_stage_table_read(values->labels, &options, &error);
  if (!table) {
    return cli_fail(context, error);
  }
  int status = stage(context, values, table);
  nodal_stage_table_free(table);
  return status;
}

static const CliOption arguments[] = {{.name = "LABELS",
                                       .required = true,
                                       .type = CLI_STRING,
                                       .offset = offsetof(Values, labels),
                                       .help = "A CSV table of node labels."},
                                      {.name = NULL}};

static const CliOption options[] = {
    {.name = "output",
     .letter = 'o',
     .type = CLI_STRING,
     .value = "FILE",
     .offset = offsetof(CliCommon, output),
     .help = "The table of stages to write, in the format of CAMELYON17."},
    CLI_OPTION_FORCE,
    {.name = "rules",
     .type = CLI_CHOICE,
     .value = "RULES",
     .choices = rule_names,
     .offset = offsetof(Values, rules),
     .initial = "challenge",
     .help = "challenge: pN0, pN0(i+), pN1mi, pN1, pN2; ajcc7: also pN1a, b, c, pN2a, b and pN3, and internal mammary "
             "nodes by a column internal_mammary (none, sentinel, clinical)."},
    {.name = "nodes",
     .type = CLI_INT,
     .value = "N",
     .offset = offsetof(Values, nodes),
     .minimum = -1,
     .maximum = 1000,
     .initial = "-1",
     .help = "How many nodes a patient must have; 0: any number; -1: 5 by the rules of the challenge, else any."},
    {.name = "check",
     .offset = offsetof(Values, check),
     .help = "Compare the stages that the table gives with the rule; exit status 3 if one differs."},
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal stage labels.csv -o stages.csv", "From the labels of five nodes a patient to pN stages."},
    {"nodal stage stage_labels.csv --check", "Whether the stages of a table follow from its nodes."},
    {"nodal stage labels.csv -o stages.csv --rules ajcc7 --nodes 0", "All rules, any number of nodes."},
    {NULL, NULL}};

const CliCommand cli_stage = {
    .name = "stage",
    .group = "Lesions and stages",
    .summary = "give patients their pN stage by the labels of their nodes",
    .description =
        "Reads a table with the header patient,stage (as CAMELYON17 has it: rows \"patient_004_node_1.tif,macro\"), "
        "slide,label, or patient,slide,label. Labels are negative, itc, micro and macro. Nodes with isolated tumor "
        "cells alone never count as positive; four and more micro-metastases without a macro-metastasis are pN1mi, as "
        "the text of the rule has it.\n\n"
        "A patient with a node missing, a node there twice or an unknown label is named with its line and gets no "
        "stage; the others are done, and the exit status is 3.\n\n"
        "--json prints an object with the keys rules, patients (an array of objects with the keys patient, stage, "
        "given, negative, itc, micro, macro, internal_mammary and nodes: node, label, line) and problems.\n\n"
        "For research. A stage computed from a table is no diagnosis.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
