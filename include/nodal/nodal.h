/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_NODAL_H
#define NODAL_NODAL_H

#include <nodal/annotation.h>
#include <nodal/audit.h>
#include <nodal/cache.h>
#include <nodal/convert.h>
#include <nodal/dataset.h>
#include <nodal/error.h>
#include <nodal/evaluation.h>
#include <nodal/froc.h>
#include <nodal/labels.h>
#include <nodal/lesion.h>
#include <nodal/mask.h>
#include <nodal/patients.h>
#include <nodal/phantom.h>
#include <nodal/phantom_dataset.h>
#include <nodal/phantom_reader.h>
#include <nodal/raster.h>
#include <nodal/selftest.h>
#include <nodal/slide.h>
#include <nodal/source.h>
#include <nodal/split.h>
#include <nodal/stage.h>
#include <nodal/types.h>
#include <nodal/version.h>
#include <nodal/writer.h>

#endif
