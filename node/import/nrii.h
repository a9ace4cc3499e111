/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_IMPORT_NRII_H
#define HL_NODE_IMPORT_NRII_H

/* Forms that many know: the national interface's (type 4, equipment) and
 * UNIQUIP 1.0. Pure, any thread. */

#include "node/catalogue/attribute.h"

/* The text of a mapping that the program has, or NULL. */
const char *mapping_known(const char *name);

/* One key of type 4, byte by byte as the interface has it. */
struct nrii_key {
    const char *key;
    const char *attribute; /* of an instrument; NULL: see nrii.c */
    size_t characters;     /* at most so many are taken */
    bool needed;           /* the form refuses it empty */
};

enum { NRII_EQUIPMENT_KEYS = 40 };
extern const struct nrii_key nrii_equipment[NRII_EQUIPMENT_KEYS];
extern const size_t nrii_equipment_count;

#endif
