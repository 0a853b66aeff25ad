/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SELFTEST_H
#define NODAL_SELFTEST_H

#include <nodal/error.h>
#include <nodal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Called once a check: what was checked, and NULL or what went wrong. */
typedef void (*NodalSelfTestReport)(void *user, const char *check, const char *failure);

/**
 * Opens a small built-in slide once through every codec and reader of this build, in memory, and compares its pixels
 * with what they are known to be. Touches no file. False, with the first failure as the error, if any check failed.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_self_test(NodalSelfTestReport report, void *user, NodalError **error);

#ifdef __cplusplus
}
#endif
#endif
