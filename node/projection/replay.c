/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/replay.h"

#include "node/projection/effect_cross.h"
#include "node/projection/effect_ledger.h"
#include "node/projection/frame.h"
#include "node/projection/joint_home.h"
#include "node/projection/row.h"
#include "protocol/entry/bundle.h"

/* --- Replaying ------------------------------------------------------------ */

hl_err projection_now(struct projection *projection, struct store_txn *txn,
                      uint32_t number, struct half *out,
                      struct hl_detail *detail)
{
    const struct open_half *half = frame_find(projection, number);
    if (half == NULL) {
        return projection_half(txn, number, out, detail);
    }
    *out = half->state.half;
    return HL_OK;
}

/* Copies entries from `first` on, each with its length: what a walk lends is
 * the store's, and the next put ends it. */
static hl_err copy_entries(struct store_txn *txn, const struct journal *journal,
                           uint64_t first, uint64_t max, struct writer *out,
                           struct hl_detail *detail)
{
    struct journal_walk *walk = NULL;
    hl_err err = journal_walk_open(txn, journal, first, &walk, detail);
    for (uint64_t i = 0; err == HL_OK && i < max; i++) {
        struct bytes entry;
        err = journal_walk_next(walk, &entry, detail);
        if (err != HL_OK || entry.data == NULL) {
            break;
        }
        err = bundle_append(entry, out);
    }
    journal_walk_close(&walk);
    return err;
}

/* Applies copied entries until the half wants no more. */
static hl_err apply_entries(struct projection *projection,
                            struct store_txn *txn,
                            const struct projection_origin *origin,
                            const struct open_half *half, struct bytes entries,
                            uint64_t *done, struct hl_detail *detail)
{
    struct bundle_walk walk;
    bundle_walk_init(&walk, entries);
    struct bytes entry;
    while (!half->state.half.paused && bundle_walk_next(&walk, &entry)) {
        uint64_t before = half->state.half.size;
        hl_err err =
            projection_apply(projection, txn, origin, before, entry, detail);
        if (err != HL_OK) {
            return err;
        }
        *done += half->state.half.size - before;
    }
    return HL_OK;
}

enum { REPLAY_ENTRIES = 256 };

hl_err projection_replay(struct projection *projection, struct store_txn *txn,
                         const struct projection_origin *origin,
                         const struct journal *journal, uint64_t max,
                         uint64_t *done, struct hl_detail *detail)
{
    uint64_t applied = 0;
    *done = 0;
    if (journal->frontier.size == 0) {
        return HL_OK;
    }
    struct open_half *half = NULL;
    struct writer entries = {0};
    hl_err err = frame_open(projection, txn, origin, &half, detail);
    while (err == HL_OK && applied < max && !half->state.half.paused &&
           half->state.half.size < journal->frontier.size) {
        uint64_t count = max - applied;
        writer_clear(&entries);
        err = copy_entries(txn, journal, half->state.half.size,
                           count < REPLAY_ENTRIES ? count : REPLAY_ENTRIES,
                           &entries, detail);
        if (err == HL_OK && entries.size == 0) {
            err = hl_fail(detail, HL_EDAMAGED,
                          "the journal of %.*s ends before its size",
                          BYTES_ARGS(origin->name));
        }
        if (err == HL_OK) {
            err = apply_entries(projection, txn, origin, half,
                                writer_view(&entries), &applied, detail);
        }
    }
    writer_fini(&entries);
    *done = applied;
    return err;
}

/* --- Forgetting ----------------------------------------------------------- */

/* One dropping under way. */
struct forget {
    struct projection *projection;
    const struct tables *tables;
    const struct projection_origin *origin;
    uint64_t max, done;
    struct hl_detail *detail;
};

/* Takes a row out of its table and out of the joint index; what follows from
 * the rows of that name is computed anew at the settling. */
static hl_err drop_row(struct forget *forget, const struct store_key *key)
{
    struct bytes name = row_name(key_view(key));
    hl_err err = joint_remove(forget->tables, forget->origin->number, name,
                              forget->detail);
    if (err == HL_OK) {
        err = home_drop_row(forget->projection, forget->origin->number, name,
                            forget->detail);
    }
    if (err == HL_OK) {
        err = ledger_drop_row(forget->projection, forget->origin->number, name,
                              forget->detail);
    }
    if (err == HL_OK) {
        err = cross_drop_row(forget->projection, forget->origin->number, name,
                             forget->detail);
    }
    if (err == HL_OK) {
        err = tables_delete(forget->tables, STORE_ROWS, key, forget->detail);
    }
    frame_joint_changed(forget->projection, name);
    return err;
}

/* *left: the bound came before the end. */
static hl_err drop_rows(struct forget *forget, bool *left)
{
    struct store_key prefix = {0};
    key_u32(&prefix, forget->origin->number);
    for (*left = true; forget->done < forget->max; forget->done++) {
        struct store_key key = {0};
        bool found = false;
        hl_err err =
            tables_first_key(forget->tables, STORE_ROWS, key_view(&prefix),
                             &key, &found, forget->detail);
        if (err == HL_OK && !found) {
            *left = false;
            return HL_OK;
        }
        if (err == HL_OK) {
            err = drop_row(forget, &key);
        }
        if (err != HL_OK) {
            return err;
        }
    }
    return HL_OK;
}

static hl_err drop_part(struct forget *forget, enum store_table base,
                        const struct store_key *prefix, bool *left)
{
    return tables_empty(forget->tables, base, key_view(prefix),
                        forget->max - forget->done, &forget->done, left,
                        forget->detail);
}

/* What is not in STORE_ROWS, the half's own state last: until that is gone the
 * half has a size. Findings go after the rows, whose leaving may still put
 * some. */
static hl_err drop_rest(struct forget *forget, bool *left)
{
    uint32_t number = forget->origin->number;
    struct store_key all = {0};
    struct store_key half = {0};
    key_u32(&half, number);
    const struct {
        enum store_table base;
        struct store_key prefix;
        bool own;
    } parts[] = {
        {STORE_COMMANDS, all, true},
        {STORE_FINDINGS, half, false},
        {STORE_DIGESTS, digest_key(number, DIGEST_NODE), false},
        {STORE_DIGESTS, digest_key(number, DIGEST_RECORDED), false},
        {STORE_DIGESTS, digest_key(number, DIGEST_HALF), false},
    };
    *left = false;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !*left; i++) {
        if (parts[i].own && !forget->origin->own) {
            continue;
        }
        hl_err err = drop_part(forget, parts[i].base, &parts[i].prefix, left);
        if (err != HL_OK) {
            return err;
        }
    }
    return HL_OK;
}

hl_err projection_forget(struct projection *projection, struct store_txn *txn,
                         const struct projection_origin *origin, uint64_t max,
                         uint64_t *done, bool *left, struct hl_detail *detail)
{
    hl_err err = frame_forget(projection, txn, origin->number, detail);
    if (err != HL_OK) {
        return err;
    }
    struct forget forget = {
        .projection = projection,
        .tables = &projection->tables,
        .origin = origin,
        .max = max,
        .detail = detail,
    };
    err = drop_rows(&forget, left);
    if (err == HL_OK && !*left) {
        err = drop_rest(&forget, left);
    }
    /* What others say of its entries is open again. */
    if (err == HL_OK && !*left) {
        err = joint_cited(&projection->tables, origin->name, 0, UINT64_MAX,
                          &projection->joint, detail);
    }
    *done = forget.done;
    return err;
}
