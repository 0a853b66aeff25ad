/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_INTERRUPT_H
#define NODAL_CLI_INTERRUPT_H

/**
 * From now on the first SIGINT, SIGTERM or SIGHUP only sets a flag, and a second one kills at once. One that the
 * program was started with as ignored (nohup) stays ignored. A full disk or a reader that went away becomes an error
 * of the write (SIGXFSZ, SIGPIPE ignored).
 */
void cli_interrupt_install(void);

/** The signal that asked the program to end, or 0. Any thread. */
int cli_interrupted(void);

#endif
