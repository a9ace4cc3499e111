/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_FEDERATION_MESSAGE_LAYOUT_H
#define HL_FEDERATION_MESSAGE_LAYOUT_H

/* The fields of each kind of message as tables, from which they are read,
 * checked and written; of a segment see segment.h. Only for this folder. */

#include "federation/message/message.h"
#include "protocol/entry/wire.h"

enum part_form {
    PART_ORIGIN,      /* struct bytes, as the next four */
    PART_DOMAIN,      /* an alliance */
    PART_LABEL,       /* a node id */
    PART_BYTES,       /* at most `max` */
    PART_PATH,        /* of nibbles */
    PART_FLAG,        /* bool */
    PART_U32,         /* uint32_t */
    PART_U64,         /* uint64_t, as the next two */
    PART_SIZE,        /* of a journal */
    PART_DIGEST_SIZE, /* at which there is a digest */
    PART_HASH,        /* struct hl_hash */
    PART_PROOF,       /* struct proof */
    PART_MESSAGE,     /* one within, of layout `inner` */
};

enum part_when {
    PART_ALWAYS,
    PART_FLAGGED,    /* if the bool at `on` says so; reading sets it */
    PART_UNDER_NOTE, /* if the struct bytes at `on` is not empty */
};

/* Offsets are in struct sync_message. */
struct part {
    const char *name;
    enum part_form form;
    size_t at;
    size_t max;
    enum part_when when;
    size_t on;
    const struct layout *inner;
};

enum { LAYOUT_PARTS_MAX = 8 };

/* Part i is field i + 1. */
struct layout {
    const char *name;
    struct part parts[LAYOUT_PARTS_MAX];
    size_t count;
    /* What holds between parts; NULL: nothing. fields as wire_collect() gives
     * them. */
    hl_err (*rule)(const struct sync_message *message,
                   const struct wire_field *fields, struct hl_detail *detail);
};

/* Asserts that the kind is one of the table's: not a segment. */
const struct layout *layout_of(enum sync_kind kind);

/* What encode refuses: as decode would. */
HL_MUST_USE hl_err layout_validate(const struct layout *layout,
                                   const struct sync_message *message);

size_t layout_size(const struct layout *layout,
                   const struct sync_message *message);
void layout_add(const struct layout *layout, const struct sync_message *message,
                struct writer *out);

/* From bytes that canonical_check() accepted (asserts), at offset base. Sets
 * the parts in *out; leaves some set on failure. */
HL_MUST_USE hl_err layout_read(const struct layout *layout, struct bytes raw,
                               uint64_t base, struct sync_message *out,
                               struct hl_detail *detail);

#endif
