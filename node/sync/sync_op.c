/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/charter/charter.h"
#include "node/projection/replay.h"
#include "node/store/journal_scrub.h"
#include "node/store/key.h"
#include "node/sync/cut.h"
#include "node/sync/words.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/bundle.h"
#include "protocol/entry/entry.h"

struct sync_op {
    enum engine_action_kind kind;
    struct bytes origin, note, bundle; /* copies */
    uint64_t first;                    /* of the segment, so below */
    size_t count;
    struct head after;
    enum engine_note note_kind;
    struct proof end_proof;
    uint64_t size;    /* of the cut */
    struct head head; /* to which it comes back */
};

/* --- Making --------------------------------------------------------------- */

static struct bytes copy(struct bytes bytes)
{
    return bytes.size == 0
               ? (struct bytes){0}
               : bytes_of(hl_copy(bytes.data, bytes.size), bytes.size);
}

static void release(struct bytes bytes)
{
    hl_free((void *)(uintptr_t)bytes.data);
}

struct sync_op *sync_op_of(const struct engine_action *action)
{
    HL_ASSERT(action->kind <= ENGINE_STORE_MEND);
    struct sync_op *op = hl_alloc(1, sizeof(*op));
    op->kind = action->kind;
    op->origin = copy(action->origin);
    op->note = copy(action->note);
    op->note_kind = action->note_kind;
    op->size = action->size;
    op->head = action->head;
    if (action->end_proof != NULL) {
        op->end_proof = *action->end_proof;
    }
    if (action->segment != NULL) {
        op->bundle = copy(action->segment->bundle);
        op->first = action->segment->first;
        op->count = action->segment->count;
    }
    if (action->kind == ENGINE_STORE_SEGMENT) {
        op->after = (struct head){.size = action->frontier->size,
                                  .root = frontier_root(action->frontier)};
    }
    return op;
}

void sync_op_destroy(struct sync_op **op)
{
    if (*op != NULL) {
        release((*op)->origin);
        release((*op)->note);
        release((*op)->bundle);
        hl_free(*op);
        *op = NULL;
    }
}

/* --- Notes ---------------------------------------------------------------- */

static const enum journal_checkpoint_kind note_kinds[ENGINE_NOTE_COUNT] = {
    [ENGINE_NOTE_NEWEST] = JOURNAL_NEWEST,
    [ENGINE_NOTE_WHOLE] = JOURNAL_WHOLE,
    [ENGINE_NOTE_SEALED] = JOURNAL_SEALED,
    [ENGINE_NOTE_KEPT] = JOURNAL_KEPT,
};

static hl_err put_note(const struct sync_op *op, struct store_txn *txn,
                       const struct journal *journal, struct hl_detail *detail)
{
    hl_err err = journal_put_checkpoint(txn, journal, note_kinds[op->note_kind],
                                        op->note, detail);
    if (err == HL_OK && op->note_kind == ENGINE_NOTE_NEWEST) {
        err = journal_put_end_proof(txn, journal, &op->end_proof, detail);
    }
    return err;
}

/* What a journal ends with is in motion while it is cut. */
static hl_err check_no_cut(const struct sync_op *op, struct store_txn *txn,
                           const struct journal *journal,
                           struct hl_detail *detail)
{
    struct cut cut;
    bool open = false;
    hl_err err = cut_find_open(txn, journal->number, &cut, &open, detail);
    if (err == HL_OK && open) {
        err = hl_fail(detail, HL_EBUSY, "a cut of the journal of %.*s goes on",
                      BYTES_ARGS(op->origin));
    }
    return err;
}

static hl_err apply_note(const struct sync_op *op,
                         const struct sync_target *target,
                         struct hl_detail *detail)
{
    struct journal journal;
    bool found = false;
    hl_err err =
        journal_find(target->txn, op->origin, &journal, &found, detail);
    if (err == HL_OK && found) {
        err = check_no_cut(op, target->txn, &journal, detail);
    }
    if (err == HL_OK) {
        err = journal_find_or_create(target->txn, op->origin, &journal, detail);
    }
    if (err == HL_OK && op->note_kind == ENGINE_NOTE_KEPT) {
        err = words_add(target->txn, op->note, detail);
    }
    return err == HL_OK ? put_note(op, target->txn, &journal, detail) : err;
}

/* --- Segments ------------------------------------------------------------- */

/* Appending costs so much less than applying: journals run ahead of their
 * halves, so that what was missed is safe here soon. */
enum { APPENDED_OF_STEP = 16 };

struct hl_wall sync_newest_time(const struct bytes *entries, size_t count,
                                struct hl_wall before)
{
    for (size_t i = count; i > 0; i--) {
        struct entry entry;
        struct canonical_unknown unknown;
        if (entry_decode(entries[i - 1], &entry, &unknown, NULL) == HL_OK &&
            !unknown.present) {
            return entry.recorded_at;
        }
    }
    return before;
}

/* The segment's, borrowed from the op; by hl_free(). */
static struct bytes *entries_of(const struct sync_op *op)
{
    struct bytes *entries = hl_alloc(op->count, sizeof(*entries));
    struct bundle_walk walk;
    bundle_walk_init(&walk, op->bundle);
    for (size_t i = 0; i < op->count; i++) {
        HL_ASSERT(bundle_walk_next(&walk, &entries[i]));
    }
    return entries;
}

/* Whether the segment goes onto the journal as it is. */
static hl_err check_place(const struct sync_op *op, struct store_txn *txn,
                          struct hl_detail *detail)
{
    struct journal journal = {0};
    bool found = false;
    hl_err err = journal_find(txn, op->origin, &journal, &found, detail);
    if (err == HL_OK && found) {
        err = check_no_cut(op, txn, &journal, detail);
    }
    if (err == HL_OK && journal.frontier.size != op->first) {
        err = hl_fail(detail, HL_EBUSY,
                      "the journal of %.*s ends elsewhere than the segment "
                      "begins",
                      BYTES_ARGS(op->origin));
    }
    return err;
}

static hl_err append(const struct sync_op *op, struct store_txn *txn,
                     struct journal *journal, const struct bytes *entries,
                     struct hl_detail *detail)
{
    struct journal_run run = {
        .entries = entries,
        .count = op->count,
        .recorded_at =
            sync_newest_time(entries, op->count, journal->recorded_at),
    };
    hl_err err = journal_append(txn, journal, &run, detail);
    if (err != HL_OK) {
        return err;
    }
    struct head head = journal_head(journal);
    if (!head_equal(&head, &op->after)) {
        return hl_fail(detail, HL_EDAMAGED,
                       "the store's journal of %.*s goes on to another root "
                       "than was verified",
                       BYTES_ARGS(op->origin));
    }
    return HL_OK;
}

/* A paused half stays as it is; one that lags is brought on later. So is what
 * of a segment the transaction has no room for: how many pages an entry touches
 * depends on how much is there already. */
static hl_err apply_entries(const struct sync_op *op,
                            const struct sync_target *target, uint32_t number,
                            const struct bytes *entries, uint64_t steps_max,
                            struct sync_progress *progress,
                            struct hl_detail *detail)
{
    struct projection_origin origin = {
        .number = number,
        .name = op->origin,
        .own = bytes_equal(op->origin, target->own),
    };
    struct half half;
    hl_err err =
        projection_now(target->projection, target->txn, number, &half, detail);
    if (err != HL_OK || half.paused) {
        return err;
    }
    if (half.size != op->first) {
        progress->behind = true;
        return HL_OK;
    }
    progress->applied = true;
    for (size_t i = 0; i < op->count && err == HL_OK; i++) {
        if (i >= steps_max || store_txn_is_large(target->txn)) {
            progress->behind = true;
            break;
        }
        err = projection_apply(target->projection, target->txn, &origin,
                               op->first + i, entries[i], detail);
        progress->steps++;
    }
    return err;
}

static hl_err apply_segment(const struct sync_op *op,
                            const struct sync_target *target,
                            uint64_t steps_max, struct sync_progress *progress,
                            struct hl_detail *detail)
{
    struct journal journal;
    hl_err err = check_place(op, target->txn, detail);
    if (err == HL_OK) {
        err = journal_find_or_create(target->txn, op->origin, &journal, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    struct bytes *entries = entries_of(op);
    err = append(op, target->txn, &journal, entries, detail);
    if (err == HL_OK) {
        err = put_note(op, target->txn, &journal, detail);
    }
    if (err == HL_OK) {
        err = apply_entries(op, target, journal.number, entries, steps_max,
                            progress, detail);
    }
    hl_free(entries);
    progress->steps += op->count / APPENDED_OF_STEP + 1;
    return err;
}

/* --- Cuts ----------------------------------------------------------------- */

/* The checkpoint of just that size, where there is one, is the newest from the
 * beginning of the cut on. */
static hl_err put_cut_note(const struct sync_op *op, struct store_txn *txn,
                           const struct journal *journal,
                           struct hl_detail *detail)
{
    return op->note.size == 0
               ? HL_OK
               : journal_put_checkpoint(txn, journal, JOURNAL_NEWEST, op->note,
                                        detail);
}

/* One that goes on is finished first, whoever began it. */
static hl_err apply_cut(const struct sync_op *op,
                        const struct sync_target *target, uint64_t steps_max,
                        struct sync_progress *progress,
                        struct hl_detail *detail)
{
    struct journal journal;
    struct cut cut = {0};
    bool found = false, open = false;
    hl_err err =
        journal_find(target->txn, op->origin, &journal, &found, detail);
    if (err != HL_OK || !found) {
        return err;
    }
    err = cut_find_open(target->txn, journal.number, &cut, &open, detail);
    bool begins = !open && journal.frontier.size > op->size;
    if (err == HL_OK && begins) {
        err = cut_begin(target->txn, &journal, op->size, &cut, detail);
    }
    if (err == HL_OK && begins) {
        err = put_cut_note(op, target->txn, &journal, detail);
    }
    if (err == HL_OK && cut.open) {
        err = cut_step(&cut, target, op->origin, steps_max, progress, detail);
        progress->behind = true;
        progress->applied = true;
    }
    if (err != HL_OK) {
        return err;
    }
    progress->done = !cut.open && (!open || cut.size <= op->size);
    if (progress->done && !open && !begins) {
        err = journal_cut_checkpoints(target->txn, &journal, op->size, detail);
        return err == HL_OK ? put_cut_note(op, target->txn, &journal, detail)
                            : err;
    }
    return HL_OK;
}

/* Where the evidence area has not what leads to the head, nothing is done: the
 * engine looks. */
static hl_err apply_uncut(const struct sync_op *op,
                          const struct sync_target *target,
                          struct sync_progress *progress,
                          struct hl_detail *detail)
{
    struct journal journal;
    bool found = false, done = false;
    hl_err err =
        journal_find(target->txn, op->origin, &journal, &found, detail);
    if (err == HL_OK && found) {
        err = check_no_cut(op, target->txn, &journal, detail);
    }
    if (err != HL_OK || !found) {
        return err;
    }
    if (journal.frontier.size < op->head.size) {
        err = uncut(target->txn, &journal, &op->head, &done, detail);
    }
    if (err == HL_OK && done) {
        progress->behind = true;
        err = put_cut_note(op, target->txn, &journal, detail);
    }
    return err;
}

/* --- Mending ---------------------------------------------------------------
 */

/* Half and head stay as they are: these entries had their effects. */
static hl_err apply_mend(const struct sync_op *op, struct store_txn *txn,
                         struct sync_progress *progress,
                         struct hl_detail *detail)
{
    struct journal journal;
    bool found = false;
    hl_err err = journal_find(txn, op->origin, &journal, &found, detail);
    if (err == HL_OK && !found) {
        err = hl_fail(detail, HL_ENOTFOUND, "no journal of %.*s",
                      BYTES_ARGS(op->origin));
    }
    if (err == HL_OK) {
        err = check_no_cut(op, txn, &journal, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    struct bytes *entries = entries_of(op);
    err = journal_mend_entries(txn, &journal, op->first, entries, op->count,
                               &progress->next, detail);
    hl_free(entries);
    progress->steps += op->count / APPENDED_OF_STEP + 1;
    return err;
}

/* --- Charters and evidence ------------------------------------------------ */

static hl_err apply_charter(const struct sync_op *op, struct store_txn *txn,
                            struct hl_detail *detail)
{
    struct charter charter;
    hl_err err = charter_parse(op->note, &charter, detail);
    if (err != HL_OK) {
        return err;
    }
    struct store_key key = key_charter(charter.version, &charter.hash);
    charter_fini(&charter);
    return store_put(txn, STORE_CHARTERS, key_view(&key), op->note, detail);
}

static hl_err apply_evidence(const struct sync_op *op, struct store_txn *txn,
                             struct hl_detail *detail)
{
    struct hl_hash hash = hash_bytes(op->note);
    struct store_key key = key_evidence(&hash);
    return store_put(txn, STORE_EVIDENCE, key_view(&key), op->note, detail);
}

hl_err sync_op_apply(const struct sync_op *op, const struct sync_target *target,
                     uint64_t steps_max, struct sync_progress *progress,
                     struct hl_detail *detail)
{
    progress->done = true;
    progress->applied = progress->behind = false;
    switch (op->kind) {
    case ENGINE_STORE_SEGMENT:
        return apply_segment(op, target, steps_max, progress, detail);
    case ENGINE_STORE_NOTE:
        progress->steps++;
        return apply_note(op, target, detail);
    case ENGINE_STORE_CUT:
        return apply_cut(op, target, steps_max, progress, detail);
    case ENGINE_STORE_UNCUT:
        progress->steps++;
        return apply_uncut(op, target, progress, detail);
    case ENGINE_STORE_CHARTER:
        progress->steps++;
        return apply_charter(op, target->txn, detail);
    case ENGINE_STORE_EVIDENCE:
        progress->steps++;
        return apply_evidence(op, target->txn, detail);
    default:
        HL_ASSERT(op->kind == ENGINE_STORE_MEND);
        return apply_mend(op, target->txn, progress, detail);
    }
}
