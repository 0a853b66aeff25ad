/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_EXPORT_H
#define NODAL_EXPORT_H

/** Marks a function of the public API. */
#define NODAL_API __attribute__((visibility("default")))

/** The result says whether the call worked: it must be looked at. */
#define NODAL_MUST_CHECK __attribute__((warn_unused_result))

/** Lets the compiler check a printf-like format and its arguments. */
#define NODAL_PRINTF(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))

#endif
