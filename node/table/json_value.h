/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_JSON_VALUE_H
#define HL_NODE_TABLE_JSON_VALUE_H

/* Objects of JSON as rows. Inside node/table/ only. One thread. */

#include <jansson.h>

#include "node/table/row.h"

/* A member twice has no meaning that all agree on; U+0000 is marked like other
 * bytes that no text has. */
enum {
    JSON_VALUE_FLAGS = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY
};

/* Members' names, in the order in which they first appear. */
struct json_names;

struct json_names *json_names_create(void);
void json_names_destroy(struct json_names *names); /* NULL is fine */

/* HL_ELIMIT  too many names. */
HL_MUST_USE hl_err json_names_add(struct json_names *names,
                                  const json_t *object, uint64_t line,
                                  struct hl_detail *detail);

/* The names as cells. */
void json_names_put(const struct json_names *names, struct row *row);

/* The members as cells, in the names' order; fails the row where one has no
 * text. A name that is not known is passed over: there is none. */
void json_object_put(const struct json_names *names, const json_t *object,
                     struct row *row);

#endif
