/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "node/sync/sync_store.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/bundle.h"
#include "protocol/tree/span.h"

/* Tags and lengths of a message and of the segment within, with room. */
enum { FRAME_BYTES = 128 };

/* What a message spends on other things than entries, at most: proofs have a
 * hash or two for each doubling of the tree. */
static uint64_t overhead(const struct engine_action *action)
{
    uint64_t proof = 0;
    for (uint64_t size = action->size; size > 0; size /= 2) {
        proof += HL_HASH_BYTES;
    }
    proof += HL_HASH_BYTES;
    return FRAME_BYTES + action->origin.size + action->note.size +
           (action->with_start ? 2 * proof + HL_HASH_BYTES : proof);
}

static uint64_t room(const struct engine_action *action)
{
    uint64_t spent = overhead(action);
    uint64_t left = action->bytes_max > spent ? action->bytes_max - spent : 0;
    return left < HL_SEGMENT_MAX_BYTES ? left : HL_SEGMENT_MAX_BYTES;
}

/* Appends entries from `from` on while there is room, one in any case. */
static hl_err read_entries(struct store_txn *txn, const struct journal *journal,
                           const struct engine_action *action,
                           struct writer *bundle, uint32_t *count,
                           struct hl_detail *detail)
{
    struct journal_walk *walk = NULL;
    uint64_t max = action->size - action->from;
    uint64_t bytes_max = room(action);
    uint32_t taken = 0;
    if (max > HL_SEGMENT_ENTRIES_MAX) {
        max = HL_SEGMENT_ENTRIES_MAX;
    }
    hl_err err = journal_walk_open(txn, journal, action->from, &walk, detail);
    while (err == HL_OK && taken < max) {
        struct bytes entry;
        err = journal_walk_next(walk, &entry, detail);
        if (err != HL_OK || entry.data == NULL ||
            (taken > 0 &&
             bundle->size + BUNDLE_LENGTH_BYTES + entry.size > bytes_max)) {
            break;
        }
        err = bundle_append(entry, bundle);
        taken++;
    }
    journal_walk_close(&walk);
    *count = taken;
    return err;
}

static hl_err prove(struct store_txn *txn, const struct journal *journal,
                    const struct engine_action *action, struct segment *out,
                    struct hl_detail *detail)
{
    struct journal_hashes hashes = {
        .txn = txn, .journal = *journal, .detail = detail};
    struct hash_source source = journal_hash_source(&hashes);
    hl_err err = span_prove_end(&source, out->first + out->count, action->size,
                                &out->end_proof);
    if (err == HL_OK && action->with_start) {
        out->has_start = true;
        err =
            span_prove_start(&source, action->from, action->size, &out->start);
    }
    return err;
}

hl_err sync_store_segment(struct store_txn *txn,
                          const struct engine_action *action,
                          struct writer *buffer, struct segment *out,
                          uint64_t *next, struct hl_detail *detail)
{
    struct journal journal;
    bool found = false;
    HL_ASSERT(action->from < action->size);
    hl_err err = sync_store_find(txn, action->origin, &journal, &found, detail);
    if (err == HL_OK && (!found || journal.frontier.size < action->size)) {
        err = hl_fail(detail, HL_ENOTFOUND,
                      "the journal of %.*s does not reach %" PRIu64 " any more",
                      BYTES_ARGS(action->origin), action->size);
    }
    struct segment segment = {
        .origin = action->origin,
        .first = action->from,
        .checkpoint = action->note,
    };
    writer_clear(buffer);
    if (err == HL_OK) {
        err =
            read_entries(txn, &journal, action, buffer, &segment.count, detail);
    }
    if (err == HL_OK) {
        segment.bundle = writer_view(buffer);
        err = prove(txn, &journal, action, &segment, detail);
    }
    if (err == HL_OK) {
        *out = segment;
        *next = segment.first + segment.count;
    }
    return err;
}
