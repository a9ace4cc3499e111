/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine is told of the store, and what a start finds left to do. */
#include "certs/charter/charter.h"
#include "node/projection/replay.h"
#include "node/store/key.h"
#include "node/sync/cut.h"
#include "protocol/base/alloc.h"
#include "protocol/note/checkpoint.h"

/* --- Journals as the engine knows them ------------------------------------ */

hl_err sync_store_find(struct store_txn *txn, struct bytes origin,
                       struct journal *out, bool *found,
                       struct hl_detail *detail)
{
    struct journal journal;
    struct cut cut;
    bool open = false;
    hl_err err = journal_find(txn, origin, &journal, found, detail);
    if (err != HL_OK || !*found) {
        return err;
    }
    err = cut_find_open(txn, journal.number, &cut, &open, detail);
    if (err == HL_OK && open) {
        struct journal_hashes hashes = {
            .txn = txn, .journal = journal, .detail = detail};
        struct hash_source source = journal_hash_source(&hashes);
        err = prove_frontier(&source, cut.size, &journal.frontier);
    }
    if (err == HL_OK) {
        *out = journal;
    }
    return err;
}

hl_err sync_store_digest(struct store_txn *txn, struct bytes origin,
                         struct sync_digest_at *out, struct hl_detail *detail)
{
    struct journal journal;
    struct cut cut;
    struct sync_digest_at digest = {0};
    bool found = false, open = false;
    hl_err err = journal_find(txn, origin, &journal, &found, detail);
    if (err == HL_OK && found) {
        err = cut_find_open(txn, journal.number, &cut, &open, detail);
    }
    if (err == HL_OK && found && !open) {
        err = projection_digest(txn, journal.number, &digest.size,
                                &digest.rules, &digest.digest, detail);
    }
    if (err == HL_OK) {
        *out = digest;
    }
    return err;
}

hl_err sync_store_count_cut(struct store_txn *txn, struct bytes origin,
                            uint64_t *count, struct hl_detail *detail)
{
    struct journal journal;
    bool found = false;
    hl_err err = journal_find(txn, origin, &journal, &found, detail);
    if (err == HL_OK && found) {
        return cut_count(txn, journal.number, count, detail);
    }
    if (err == HL_OK) {
        *count = 0;
    }
    return err;
}

/* --- Loading -------------------------------------------------------------- */

typedef hl_err (*load_fn)(struct engine *engine, struct bytes raw,
                          struct hl_detail *detail);

static hl_err load_table(struct store_txn *txn, enum store_table table,
                         load_fn load, struct engine *engine,
                         struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    struct store_row row = {0};
    hl_err err = store_cursor_open(txn, table, &cursor, detail);
    if (err == HL_OK) {
        err = store_seek(cursor, (struct bytes){0}, &row, detail);
    }
    while (err == HL_OK && row.key.data != NULL) {
        err = load(engine, row.value, detail);
        if (err == HL_OK) {
            err = store_next(cursor, &row, detail);
        }
    }
    store_cursor_close(&cursor);
    return err;
}

static hl_err note_size(struct bytes raw, uint64_t *size,
                        struct hl_detail *detail)
{
    struct note note = {0};
    struct checkpoint checkpoint;
    hl_err err = note_parse(raw, &note, NULL);
    if (err == HL_OK) {
        err = checkpoint_parse(note.text, &checkpoint, NULL);
    }
    note_fini(&note);
    if (err != HL_OK) {
        return hl_fail(detail, HL_EDAMAGED,
                       "what the store keeps as a checkpoint is none");
    }
    *size = checkpoint.head.size;
    return HL_OK;
}

static const enum journal_checkpoint_kind note_kinds[ENGINE_NOTE_COUNT] = {
    [ENGINE_NOTE_NEWEST] = JOURNAL_NEWEST,
    [ENGINE_NOTE_WHOLE] = JOURNAL_WHOLE,
    [ENGINE_NOTE_SEALED] = JOURNAL_SEALED,
    [ENGINE_NOTE_KEPT] = JOURNAL_KEPT,
};

static hl_err load_notes(struct store_txn *txn, const struct journal *journal,
                         struct engine_journal *out, struct hl_detail *detail)
{
    uint64_t newest = 0;
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < ENGINE_NOTE_COUNT; i++) {
        err = journal_checkpoint(txn, journal, note_kinds[i], &out->notes[i],
                                 detail);
    }
    if (err == HL_OK && out->notes[ENGINE_NOTE_NEWEST].size > 0) {
        err = note_size(out->notes[ENGINE_NOTE_NEWEST], &newest, detail);
    }
    if (err == HL_OK && newest > journal->frontier.size) {
        err = journal_end_proof(txn, journal, &out->end_proof, detail);
    }
    return err;
}

static hl_err load_journal(struct store_txn *txn, struct engine *engine,
                           struct bytes origin, struct hl_detail *detail)
{
    struct journal journal;
    struct engine_journal loaded = {.origin = origin};
    bool found = false;
    hl_err err = sync_store_find(txn, origin, &journal, &found, detail);
    if (err == HL_OK) {
        loaded.frontier = journal.frontier;
        err = load_notes(txn, &journal, &loaded, detail);
    }
    if (err == HL_OK) {
        err = sync_store_digest(txn, origin, &loaded.digest, detail);
    }
    if (err == HL_OK) {
        engine_load_journal(engine, &loaded);
    }
    return err;
}

hl_err sync_store_each_charter(struct store_txn *txn,
                               void (*each)(void *context, struct bytes raw),
                               void *context, struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    struct store_row row;
    hl_err err = store_cursor_open(txn, STORE_CHARTERS, &cursor, detail);
    if (err == HL_OK) {
        err = store_seek(cursor, (struct bytes){0}, &row, detail);
    }
    while (err == HL_OK && row.key.data != NULL) {
        each(context, row.value);
        err = store_next(cursor, &row, detail);
    }
    store_cursor_close(&cursor);
    return err;
}

hl_err sync_store_load(struct store_txn *txn, struct engine *engine,
                       struct hl_detail *detail)
{
    struct writer name = {0};
    hl_err err =
        load_table(txn, STORE_CHARTERS, engine_load_charter, engine, detail);
    if (err == HL_OK) {
        err = load_table(txn, STORE_EVIDENCE, engine_load_evidence, engine,
                         detail);
    }
    while (err == HL_OK) {
        struct bytes next;
        struct journal journal;
        err = journal_next_origin(txn, writer_view(&name), &next, &journal,
                                  detail);
        if (err != HL_OK || next.data == NULL) {
            break;
        }
        writer_clear(&name);
        writer_bytes(&name, next);
        err = load_journal(txn, engine, writer_view(&name), detail);
    }
    writer_fini(&name);
    return err;
}

/* --- What is left to do --------------------------------------------------- */

static hl_err is_behind(struct store_txn *txn, const struct journal *journal,
                        bool *behind, struct hl_detail *detail)
{
    struct cut cut;
    struct half half = {0};
    bool open = false;
    hl_err err = cut_find_open(txn, journal->number, &cut, &open, detail);
    if (err == HL_OK) {
        err = projection_half(txn, journal->number, &half, detail);
    }
    if (err == HL_OK) {
        *behind = open || (!half.paused && half.size < journal->frontier.size);
    }
    return err;
}

hl_err sync_store_next_behind(struct store_txn *txn, struct bytes after,
                              struct writer *name, struct hl_detail *detail)
{
    struct writer at = {0};
    bool behind = false;
    writer_bytes(&at, after);
    hl_err err = HL_OK;
    while (err == HL_OK && !behind) {
        struct bytes next;
        struct journal journal;
        err =
            journal_next_origin(txn, writer_view(&at), &next, &journal, detail);
        if (err != HL_OK || next.data == NULL) {
            break;
        }
        writer_clear(&at);
        writer_bytes(&at, next);
        err = is_behind(txn, &journal, &behind, detail);
    }
    if (behind) {
        writer_bytes(name, writer_view(&at));
    }
    writer_fini(&at);
    return err;
}

enum { REPLAY_ENTRIES = 32 }; /* 2 MiB where each is of the largest */

static hl_err replay(const struct sync_target *target,
                     const struct journal *journal, struct bytes origin,
                     uint64_t steps_max, struct sync_progress *progress,
                     struct hl_detail *detail)
{
    struct projection_origin by = {
        .number = journal->number,
        .name = origin,
        .own = bytes_equal(origin, target->own),
    };
    uint64_t done = 0;
    while (done < steps_max) {
        uint64_t count = steps_max - done, applied = 0;
        if (count > REPLAY_ENTRIES) {
            count = REPLAY_ENTRIES;
        }
        hl_err err = projection_replay(target->projection, target->txn, &by,
                                       journal, count, &applied, detail);
        done += applied;
        progress->steps += applied;
        if (err != HL_OK) {
            return err;
        }
        if (applied < count) {
            progress->done = true;
            return HL_OK;
        }
        if (store_txn_is_large(target->txn)) {
            break;
        }
    }
    return HL_OK;
}

hl_err sync_store_bring_on(const struct sync_target *target,
                           struct bytes origin, uint64_t steps_max,
                           struct sync_progress *progress,
                           struct hl_detail *detail)
{
    struct journal journal;
    struct cut cut = {0};
    bool found = false, open = false;
    uint64_t before = progress->steps;
    progress->behind = true;
    progress->done = false;
    hl_err err = journal_find(target->txn, origin, &journal, &found, detail);
    if (err == HL_OK && found) {
        err = cut_find_open(target->txn, journal.number, &cut, &open, detail);
    }
    if (err == HL_OK && open) {
        err = cut_step(&cut, target, origin, steps_max, progress, detail);
    }
    uint64_t used = progress->steps - before;
    if (err == HL_OK && open && !cut.open) {
        err = journal_find(target->txn, origin, &journal, &found, detail);
    }
    if (err == HL_OK && found && !cut.open && used < steps_max) {
        err = replay(target, &journal, origin, steps_max - used, progress,
                     detail);
    }
    progress->done = progress->done || !found;
    progress->behind = !progress->done;
    progress->applied = progress->steps > before;
    return err;
}

hl_err sync_store_has_charter(struct store_txn *txn, struct bytes raw,
                              bool *has, struct hl_detail *detail)
{
    struct charter charter;
    struct bytes stored = {0};
    *has = false;
    if (charter_parse(raw, &charter, NULL) != HL_OK) {
        return HL_OK; /* the engine says what is wrong with it */
    }
    struct store_key key = key_charter(charter.version, &charter.hash);
    charter_fini(&charter);
    hl_err err =
        store_get(txn, STORE_CHARTERS, key_view(&key), &stored, detail);
    *has = err == HL_OK && stored.data != NULL;
    return err;
}
