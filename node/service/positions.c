/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/service/services_internal.h"
#include "node/sync/sync_store.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"
#include "protocol/entry/wire.h"

/* Numbers of WatchToken.positions, and of Position's fields. */
enum {
    TOKEN_POSITIONS = 1,
    POSITION_ORIGIN = 1,
    POSITION_SIZE = 2,
    POSITION_CUTS = 3,
};

void positions_fini(struct positions *positions)
{
    hl_free(positions->items);
    *positions = (struct positions){0};
}

/* Where the origin stands, or belongs. */
static size_t find(const struct positions *positions, struct bytes origin,
                   bool *found)
{
    size_t low = 0, high = positions->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(
            bytes_of_text(positions->items[middle].origin), origin);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *found = false;
    return low;
}

struct position positions_get(const struct positions *positions,
                              struct bytes origin)
{
    bool found = false;
    size_t at = find(positions, origin, &found);
    return found ? positions->items[at] : (struct position){0};
}

void positions_set(struct positions *positions, struct bytes origin,
                   uint64_t size, uint64_t cuts)
{
    bool found = false;
    size_t at = find(positions, origin, &found);
    if (!found) {
        if (positions->count == positions->capacity) {
            positions->capacity = positions->capacity * 2 + 8;
            positions->items = hl_realloc(positions->items, positions->capacity,
                                          sizeof(positions->items[0]));
        }
        memmove(&positions->items[at + 1], &positions->items[at],
                (positions->count - at) * sizeof(positions->items[0]));
        positions->count++;
        struct position *item = &positions->items[at];
        HL_ASSERT(origin.size < sizeof(item->origin));
        memcpy(item->origin, origin.data, origin.size);
        item->origin[origin.size] = '\0';
    }
    positions->items[at].size = size;
    positions->items[at].cuts = cuts;
}

void positions_write(const struct positions *positions, struct writer *out)
{
    for (size_t i = 0; i < positions->count; i++) {
        const struct position *item = &positions->items[i];
        struct bytes origin = bytes_of_text(item->origin);
        wire_add_message(out, TOKEN_POSITIONS,
                         wire_bytes_size(origin.size) +
                             wire_uint_size(item->size) +
                             wire_uint_size(item->cuts));
        wire_add_bytes(out, POSITION_ORIGIN, origin);
        wire_add_uint(out, POSITION_SIZE, item->size);
        wire_add_uint(out, POSITION_CUTS, item->cuts);
    }
}

static hl_err read_position(struct bytes raw, struct positions *out,
                            struct hl_detail *detail)
{
    struct wire_field fields[POSITION_CUTS + 1];
    wire_collect(raw, 0, fields, POSITION_CUTS + 1);
    struct bytes origin = fields[POSITION_ORIGIN].bytes;
    hl_err err = origin_validate(origin, "token", 0, detail);
    if (err != HL_OK) {
        return err;
    }
    bool found = false;
    if (find(out, origin, &found) != out->count || found) {
        return hl_fail(detail, HL_EMALFORMED,
                       "token: its origins are not in order");
    }
    positions_set(out, origin, fields[POSITION_SIZE].value,
                  fields[POSITION_CUTS].value);
    return HL_OK;
}

hl_err positions_read(struct bytes token, struct positions *out,
                      struct hl_detail *detail)
{
    if (token.size > TOKEN_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "token: over %d bytes",
                       TOKEN_MAX_BYTES);
    }
    struct canonical_unknown unknown;
    hl_err err = canonical_check(token, &heluo__v1__watch_token__descriptor,
                                 &unknown, detail);
    if (err == HL_OK && unknown.present) {
        err = hl_fail(detail, HL_EMALFORMED, "not a token of this service");
    }
    if (err != HL_OK) {
        return err;
    }
    struct positions read = {0};
    struct wire wire;
    struct wire_field field;
    wire_init(&wire, token, 0);
    while (err == HL_OK && wire_next(&wire, &field)) {
        err = read.count == POSITIONS_MAX
                  ? hl_fail(detail, HL_ELIMIT, "token: too many journals")
                  : read_position(field.bytes, &read, detail);
    }
    if (err != HL_OK) {
        positions_fini(&read);
        return err;
    }
    *out = read;
    return HL_OK;
}

hl_err positions_now(struct store_txn *txn, struct positions *positions,
                     struct hl_detail *detail)
{
    struct bytes after = {0};
    for (;;) {
        struct journal journal;
        struct bytes name;
        hl_err err = journal_next_origin(txn, after, &name, &journal, detail);
        if (err != HL_OK || name.data == NULL) {
            return err;
        }
        /* What is applied: a journal that pauses has more, which is not seen
         * yet. */
        struct half half;
        struct sync_cuts cuts;
        err = projection_half(txn, journal.number, &half, detail);
        if (err == HL_OK) {
            err = sync_store_cuts(txn, journal.number, UINT64_MAX, 0, &cuts,
                                  detail);
        }
        if (err != HL_OK) {
            return err;
        }
        positions_set(positions, name, half.size, cuts.count);
        after = name;
    }
}
