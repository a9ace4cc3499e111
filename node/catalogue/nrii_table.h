/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_NRII_TABLE_H
#define HL_NODE_CATALOGUE_NRII_TABLE_H

/* The national platform's code tables, made at build time (data/SOURCES.md);
 * for instrument_class.c, subject.c and nation.c alone. Classes and subjects
 * ascend by code. */

#include "node/catalogue/instrument_class.h"
#include "node/catalogue/name_key.h"
#include "node/catalogue/nation.h"
#include "node/catalogue/subject.h"

extern const struct instrument_class nrii_classes[];
extern const size_t nrii_classes_count;
extern const struct name_index nrii_classes_names;

extern const struct subject nrii_subjects[];
extern const size_t nrii_subjects_count;
extern const struct name_index nrii_subjects_names;

extern const struct nation nrii_nations[];
extern const size_t nrii_nations_count;
extern const struct name_index nrii_nations_names;

#endif
