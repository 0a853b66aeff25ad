/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SLIDE_REGISTRY_H
#define NODAL_SLIDE_REGISTRY_H

#include "slide/driver.h"

/** The drivers in the order in which they are asked; NULL past the last. */
const NodalDriver *nodal_registry_driver(int index);

#endif
