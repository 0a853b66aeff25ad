/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

static const char *rules_name(int rules) {
  return rules == NODAL_STAGE_CHALLENGE ? "challenge" : "ajcc7";
}

static const char *mammary_name(int mammary) {
  return nodal_mammary_name((NodalMammary)mammary);
}

/* Counts the labels of one patient's nodes. */
static bool count_labels(PyObject *labels, NodalNodeCounts *counts) {
  Strings names;
  if (!py_strings_open(&names, labels, "labels")) {
    return false;
  }
  bool good = true;
  for (size_t i = 0; good && i < names.count; i++) {
    NodalCategory category;
    if (!nodal_category_from_name(names.texts[i], &category)) {
      good = py_raise_argument("labels: '%s' is none of negative, itc, micro, macro", names.texts[i]);
    } else {
      int64_t *count[] = {&counts->negative, &counts->itc, &counts->micro, &counts->macro};
      ++*count[category];
    }
  }
  py_strings_free(&names);
  return good;
}

static PyObject *stage(PyObject *module, PyObject *args, PyObject *kwargs) {
  (void)module;
  PyObject *labels = NULL;
  const char *rules_text = NULL, *mammary_text = NULL;
  if (!py_parse(args, kwargs, "O|$zz", NAMES("labels", "rules", "internal_mammary"), &labels, &rules_text,
                &mammary_text)) {
    return NULL;
  }
  int rules = NODAL_STAGE_CHALLENGE, mammary = NODAL_MAMMARY_NONE;
  NodalNodeCounts counts = {0};
  NodalStage found;
  if (!py_choose("rules", rules_text, rules_name, NODAL_STAGE_AJCC7 + 1, &rules) ||
      !py_choose("internal_mammary", mammary_text, mammary_name, NODAL_MAMMARY_CLINICAL + 1, &mammary) ||
      !count_labels(labels, &counts)) {
    return NULL;
  }
  if (!nodal_stage_of((NodalStageRules)rules, &counts, (NodalMammary)mammary, &found)) {
    Py_RETURN_NONE;
  }
  return py_text_new(nodal_stage_name(found));
}

/* ---- Tables ---- */

static PyObject *nodes_new(const NodalStageTable *table, int patient) {
  PyObject *list = PyList_New(0);
  NodalStageNode node;
  for (int i = 0; list && nodal_stage_table_node(table, patient, i, &node); i++) {
    PyObject *name = py_text_new(node.name);
    PyObject *label = node.known ? py_text_new(nodal_category_name(node.label)) : py_text_new(NULL);
    PyObject *item = name && label ? PyTuple_Pack(2, name, label) : NULL;
    if (!item || PyList_Append(list, item) < 0) {
      Py_CLEAR(list);
    }
    Py_XDECREF(item);
    Py_XDECREF(label);
    Py_XDECREF(name);
  }
  PyObject *tuple = list ? PyList_AsTuple(list) : NULL;
  Py_XDECREF(list);
  return tuple;
}

static PyObject *patient_new(const NodalStageTable *table, int index) {
  NodalStagePatient patient;
  if (!nodal_stage_table_patient(table, index, &patient)) {
    return NULL;
  }
  PyObject *name = py_text_new(patient.name), *given = py_text_new(patient.given), *nodes = nodes_new(table, index);
  PyObject *result = NULL;
  if (name && given && nodes) {
    result = Py_BuildValue("(OzOO)", name, patient.staged ? nodal_stage_name(patient.stage) : NULL, given, nodes);
  }
  Py_XDECREF(name);
  Py_XDECREF(given);
  Py_XDECREF(nodes);
  return result;
}

static const char *problem_at(const void *table, int index) {
  return nodal_stage_table_problem(table, index);
}

/* ([(name, stage, given, ((node, label), ...)), ...], (problem, ...)) */
static PyObject *table_new(const NodalStageTable *table) {
  PyObject *list = PyList_New(0);
  for (int i = 0; list && i < nodal_stage_table_count(table); i++) {
    PyObject *item = patient_new(table, i);
    if (!item || PyList_Append(list, item) < 0) {
      Py_CLEAR(list);
    }
    Py_XDECREF(item);
  }
  PyObject *problems = list ? py_lines_new(problem_at, table) : NULL;
  PyObject *result = problems ? PyTuple_Pack(2, list, problems) : NULL;
  Py_XDECREF(problems);
  Py_XDECREF(list);
  return result;
}

static PyObject *stage_table(PyObject *module, PyObject *args) {
  (void)module;
  PyObject *path = NULL, *output = NULL;
  const char *rules_text = NULL;
  int force = 0;
  NodalStageOptions options = NODAL_STAGE_OPTIONS_INIT;
  if (!PyArg_ParseTuple(args, "O&ziOp", PyUnicode_FSConverter, &path, &rules_text, &options.nodes, &output, &force)) {
    return NULL;
  }
  int rules = NODAL_STAGE_CHALLENGE;
  PyObject *target = NULL, *result = NULL;
  if (py_choose("rules", rules_text, rules_name, NODAL_STAGE_AJCC7 + 1, &rules) &&
      (output == Py_None || PyUnicode_FSConverter(output, &target))) {
    options.rules = (NodalStageRules)rules;
    NodalError *error = NULL;
    NodalStageTable *table = nodal_stage_table_read(PyBytes_AsString(path), &options, &error);
    bool good = table && (!target || nodal_stage_table_write(table, PyBytes_AsString(target), force, &error));
    result = good ? table_new(table) : py_raise_error(error);
    nodal_stage_table_free(table);
  }
  Py_XDECREF(target);
  Py_DECREF(path);
  return result;
}

static PyMethodDef functions[] = {
    {"stage", CALL(stage), METH_VARARGS | METH_KEYWORDS,
     "stage(labels, *, rules='challenge', internal_mammary='none')\n--\n\n"
     "The stage of a patient from the labels of the nodes ('negative', 'itc', 'micro', 'macro'), such as 'pN1mi'; None "
     "where the rules have none. rules: 'challenge', those of CAMELYON17, or 'ajcc7', the 7th edition of the AJCC "
     "manual, which looks at internal mammary nodes: 'none', 'sentinel' or 'clinical'."},
    {"_stage_table", stage_table, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL}};

bool py_stage_add(PyObject *module, ModuleState *state) {
  (void)state;
  return PyModule_AddFunctions(module, functions) == 0;
}
