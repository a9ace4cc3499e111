/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_ROW_H
#define HL_NODE_PROJECTION_ROW_H

/* A record's row in a half: its key, its bytes, its hash, which is what enters
 * the digest (protocol/README.md). Inside this folder. */

#include "node/projection/projection.h"
#include "node/projection/tables.h"

/* Longest key of a record; what is longer is the key of none. */
enum { ROW_KEY_MAX_BYTES = 400 };

/* (number, record type, key); the key is cut at its bound, which leaves it
 * between the same two keys. */
struct store_key row_key(uint32_t number, const struct record_type *type,
                         struct bytes key);

/* A record's name within its half: (record type, key). */
struct bytes row_name(struct bytes row_key);

void row_encode(const struct row *row, struct writer *out);

/* Borrows value.
 *
 * HL_EDAMAGED */
HL_MUST_USE hl_err row_decode(struct bytes value, uint32_t number,
                              struct row *out, struct hl_detail *detail);

/* *found is false, and *out all zero, where there is none. */
HL_MUST_USE hl_err row_get(const struct tables *tables,
                           const struct store_key *key, uint32_t number,
                           struct row *out, bool *found,
                           struct hl_detail *detail);

#endif
