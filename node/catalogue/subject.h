/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_SUBJECT_H
#define HL_NODE_CATALOGUE_SUBJECT_H

/* Subjects by GB/T 13745, level 1. Pure, any thread. */

#include "protocol/base/bytes.h"

struct subject {
    const char *code; /* three digits */
    const char *name_zh;
};

/* NULL: the list does not have it. Codes are exact; names are found whatever
 * their width and blanks (name_key). */
const struct subject *subject_find(struct bytes code);
const struct subject *subject_find_name(struct bytes name);

#endif
