/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_IMPORT_MAPPING_INTERNAL_H
#define HL_NODE_IMPORT_MAPPING_INTERNAL_H

/* A mapping as mapping.c reads it and mapping_bind.c lays it on a file. */

#include "node/import/mapping.h"

struct line {
    char *column; /* "": a constant, or a setting */
    uint64_t number;
    struct target target;
};

struct mapping {
    const struct record_kind *kind;
    enum table_format format;
    char *encoding, *sheet;
    char delimiter;
    uint64_t heading;
    struct line *lines;
    size_t count;
    bool known_form; /* whose files may lack columns */
};

bool mapping_same_target(const struct target *a, const struct target *b);

#endif
