/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "interrupt.h"
#include "json.h"

#ifdef NODAL_VIEWER
#include "server/view.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

typedef struct Values {
  CliCommon common;
  CliStrings slides, overlays;
  const char *annotations, *listen;
  int port;
  bool pair, read_only, show_labels, allow_remote, no_open;
} Values;

#ifdef NODAL_VIEWER

/* Signals come only while the program waits for them, so that none is missed. */
static void wait_for_signal(void) {
  sigset_t before;
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &ending, &before);
  while (!cli_interrupted()) {
    ppoll(NULL, 0, NULL, &before);
  }
  /* A second signal ends the program at once. */
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Whether somebody sits in front of a desktop of this machine. */
static bool has_desktop(void) {
#ifdef __APPLE__
  return !getenv("SSH_CONNECTION");
#else
  const char *screen = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
  return ((screen && *screen) || (wayland && *wayland)) && !getenv("SSH_CONNECTION");
#endif
}

/* Starts the browser as nobody's child, so that nothing waits for it, nor ends with it. */
static void open_browser(const char *address) {
#ifdef __APPLE__
  const char *opener = "open";
#else
  const char *opener = "xdg-open";
#endif
  pid_t child = fork();
  if (child == 0) {
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fork() == 0 && setsid() >= 0 && nothing >= 0 && dup2(nothing, 0) >= 0 && dup2(nothing, 1) >= 0 &&
        dup2(nothing, 2) >= 0) {
      execlp(opener, opener, address, (char *)NULL);
    }
    _exit(0);
  }
  if (child > 0) {
    waitpid(child, NULL, 0);
  }
}

/* One line, so that who started the program may read it while the server runs. */
static void print_json(const ViewServer *server) {
  json_t *document = json_pack("{s:s,s:i}", "address", view_address(server), "slides", view_slide_count(server));
  json_dumpf(document, stdout, JSON_COMPACT);
  putchar('\n');
  json_decref(document);
}

static void tell(const CliContext *context, const Values *values, const ViewServer *server) {
  int count = view_slide_count(server);
  const char *warning;
  for (int i = 0; (warning = view_warning(server, i)); i++) {
    cli_warning(context, "%s", warning);
  }
  if (view_page_missing()) {
    cli_warning(context, "%s", view_page_missing());
  }
  if (context->common->json) {
    print_json(server);
  } else {
    cli_tell(context, "%d slide%s%s\n", count, count == 1 ? "" : "s", values->read_only ? ", nothing is changed" : "");
    printf("%s\n", view_address(server));
    cli_tell(context, "Ctrl-C ends it.\n");
  }
  fflush(stdout);
}

static int run(const CliContext *context, const void *memory) {
  static const char *const here[] = {"."};
  const Values *values = memory;
  if (values->annotations && !cli_is_folder(values->annotations)) {
    cli_error(context, "--annotations %s: is no folder", values->annotations);
    return CLI_FAILED;
  }
  ViewOptions options = {.paths = values->slides.count > 0 ? values->slides.items : here,
                         .path_count = values->slides.count > 0 ? values->slides.count : 1,
                         .annotations = values->annotations,
                         .overlays = values->overlays.items,
                         .overlay_count = values->overlays.count,
                         .pair = values->pair,
                         .read_only = values->read_only,
                         .show_labels = values->show_labels,
                         .listen = values->listen,
                         .allow_remote = values->allow_remote,
                         .port = values->port};
  ViewProblem problem;
  ViewServer *server = view_start(&options, &problem);
  if (!server) {
    if (problem.usage) {
      return cli_usage(context, "%s", problem.text);
    }
    cli_error(context, "%s", problem.text);
    return CLI_FAILED;
  }
  tell(context, values, server);
  if (!values->no_open && !context->common->json && !view_page_missing() && has_desktop()) {
    open_browser(view_ticket(server));
  }
  wait_for_signal();
  view_stop(server);
  return CLI_DONE;
}

#else

static int run(const CliContext *context, const void *memory) {
  (void)memory;
  cli_error(context, "this build has no viewer: it was made without libmicrohttpd");
  return CLI_FAILED;
}

#endif

static const CliOption arguments[] = {{.name = "SLIDE|DIR",
                                       .type = CLI_STRINGS,
                                       .offset = offsetof(Values, slides),
                                       .help = "Slides, and folders that are searched for slides. Without one: the "
                                               "folder one is in."},
                                      {.name = NULL}};

static const CliOption options[] = {
    {.name = "annotations",
     .letter = 'a',
     .type = CLI_STRING,
     .value = "DIR",
     .offset = offsetof(Values, annotations),
     .help = "Annotation files are in this folder, not beside the slides: STEM.xml or STEM.geojson."},
    {.name = "overlay",
     .type = CLI_STRINGS,
     .value = "FILE",
     .offset = offsetof(Values, overlays),
     .help =
         "A mask or likelihood map to lay over the slide whose name its name begins with, or over the only one. May "
         "be repeated. STEM_mask.tif and STEM_likelihood_map.tif beside a slide are found without it."},
    {.name = "pair",
     .offset = offsetof(Values, pair),
     .help = "The first two slides are to be seen side by side, linked: --pair HE.tif IHC.tif."},
    {.name = "read-only", .offset = offsetof(Values, read_only), .help = "Nothing is changed or saved."},
    {.name = "show-labels",
     .offset = offsetof(Values, show_labels),
     .help = "Show label and macro images too, which may hold the names of patients."},
    {.name = "port",
     .letter = 'p',
     .type = CLI_INT,
     .value = "N",
     .offset = offsetof(Values, port),
     .minimum = 1,
     .maximum = 65535,
     .help = "The port to listen on, instead of one that is free."},
    {.name = "listen",
     .type = CLI_STRING,
     .value = "ADDRESS",
     .offset = offsetof(Values, listen),
     .help = "The numeric address to listen on, instead of 127.0.0.1."},
    {.name = "allow-remote",
     .offset = offsetof(Values, allow_remote),
     .help = "Let --listen be an address that other machines reach. What is sent is not encrypted."},
    {.name = "no-open", .offset = offsetof(Values, no_open), .help = "Do not open a browser."},
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal view slide.tif", "One slide, with what lies beside it."},
    {"nodal view training/ --annotations lesion_annotations/", "All slides below a folder, and their contours."},
    {"nodal view slide.tif --overlay slide_tumor.tif", "A result laid over the slide."},
    {"nodal view --pair he.tif ihc.tif", "Two slides, linked."},
    {NULL, NULL}};

const CliCommand cli_view = {
    .name = "view",
    .group = "Look at slides",
    .summary = "look at slides and annotate them in the browser",
    .description =
        "Serves the slides to a page in the browser of this machine and prints its address, which holds a secret: "
        "whoever has it sees the slides. A browser is opened where there is a desktop. Through ssh: ssh -L "
        "8080:127.0.0.1:PORT HOST with --port PORT, and the address with 8080 for the port. Ctrl-C ends it.\n\n"
        "STEM.xml (ASAP) or STEM.geojson beside a slide is read, and saved a second after each edit in its own "
        "format; the file as it was first is kept as FILE.orig. A slide without one gets STEM.xml.\n\n"
        "--json prints an object with the keys address and slides (how many), and goes on serving.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};
