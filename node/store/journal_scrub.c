/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/journal_scrub.h"

#include "node/store/journal_checkpoint.h"
#include "node/store/journal_entries.h"

static void tell(const struct journal_scrub *scrub, enum journal_damage what,
                 unsigned level, uint64_t first, uint64_t end)
{
    struct journal_damaged damaged = {
        .what = what, .level = level, .first = first, .end = end};
    scrub->tell(scrub->context, &damaged);
}

static void on_row(void *context, unsigned level, uint64_t place)
{
    tell(context, JOURNAL_DAMAGE_TILE, level, place * ROW_WIDTH,
         (place + 1) * ROW_WIDTH);
}

static void begin(struct journal_scrub *scrub, const struct journal *journal)
{
    scrub->begun = true;
    scrub->blind = false;
    frontier_init(&scrub->frontier);
    scrub->sink = (struct rows_sink){.number = journal->number,
                                     .compares = true,
                                     .differs = on_row,
                                     .context = scrub};
}

/* --- Entries. ------------------------------------------------------------- */

static hl_err take_leaf(struct journal_scrub *scrub, const struct hl_hash *leaf,
                        struct hl_detail *detail)
{
    if (scrub->blind) {
        scrub->frontier.size++;
        return HL_OK;
    }
    return rows_append(&scrub->sink, &scrub->frontier, leaf, detail);
}

/* Entries that are not there have their hashes in the tree, as a rule. */
static hl_err pass_gap(struct journal_scrub *scrub, struct store_txn *txn,
                       const struct journal *journal, uint64_t end,
                       struct hl_detail *detail)
{
    hl_err err = HL_OK;
    while (err == HL_OK && scrub->frontier.size < end) {
        struct hl_hash leaf = {0};
        err = scrub->blind
                  ? HL_OK
                  : rows_node(txn, journal->number, journal->frontier.size, 0,
                              scrub->frontier.size, &leaf, detail);
        if (err == HL_EDAMAGED) {
            uint64_t row = scrub->frontier.size / ROW_WIDTH;
            on_row(scrub, 0, row);
            scrub->blind = true;
            err = HL_OK;
        }
        if (err == HL_OK) {
            err = take_leaf(scrub, &leaf, detail);
        }
    }
    return err;
}

/* The walk ended at an entry: what is missing there? */
static hl_err meet_gap(struct journal_scrub *scrub, struct store_txn *txn,
                       const struct journal *journal, struct hl_detail *detail)
{
    struct journal_gap gap;
    bool found = false;
    uint64_t at = scrub->frontier.size;
    hl_err err =
        journal_find_gap(txn, journal, at, at + 1, &gap, &found, detail);
    if (err == HL_EDAMAGED || (err == HL_OK && (!found || gap.first > at))) {
        /* They lie there, and the library does not find them. */
        gap = (struct journal_gap){.first = at, .end = journal->frontier.size};
        err = HL_OK;
    }
    if (err == HL_OK) {
        tell(scrub, JOURNAL_DAMAGE_ENTRIES, 0, at, gap.end);
        err = pass_gap(scrub, txn, journal, gap.end, detail);
    }
    return err;
}

static hl_err walk(struct journal_scrub *scrub, struct store_txn *txn,
                   const struct journal *journal, uint64_t end,
                   struct hl_detail *detail)
{
    struct entries_walk entries;
    hl_err err = entries_search_init(&entries, txn, journal->number,
                                     scrub->frontier.size,
                                     journal->frontier.size, detail);
    bool open = err == HL_OK;
    while (err == HL_OK && scrub->frontier.size < end) {
        struct bytes entry = {0};
        err = entries_walk_next(&entries, &entry, detail);
        if (err == HL_OK) {
            struct hl_hash leaf = merkle_leaf(entry);
            err = take_leaf(scrub, &leaf, detail);
        }
    }
    if (open) {
        entries_walk_fini(&entries);
    }
    return err == HL_EDAMAGED ? meet_gap(scrub, txn, journal, detail) : err;
}

/* --- The end. ------------------------------------------------------------- */

/* A checkpoint beyond what is held says nothing that could be compared yet. */
static hl_err check_note(struct journal_scrub *scrub, struct store_txn *txn,
                         const struct journal *journal,
                         enum journal_checkpoint_kind kind,
                         struct hl_detail *detail)
{
    struct head head = {0};
    struct hl_hash root;
    bool there = false;
    hl_err err = checkpoints_head(txn, journal, kind, &head, &there, detail);
    if (err == HL_EDAMAGED) {
        tell(scrub, JOURNAL_DAMAGE_CHECKPOINT, (unsigned)kind, 0, 0);
        return HL_OK;
    }
    if (err != HL_OK || !there || head.size > journal->frontier.size) {
        return err;
    }
    struct journal_hashes hashes = {
        .txn = txn, .journal = *journal, .detail = detail};
    struct hash_source source = journal_hash_source(&hashes);
    err = prove_root(&source, head.size, &root);
    if (err == HL_EDAMAGED) {
        return HL_OK; /* told of the hashes */
    }
    if (err == HL_OK && !hash_equal(&root, &head.root)) {
        tell(scrub, JOURNAL_DAMAGE_CHECKPOINT, (unsigned)kind, head.size, 0);
    }
    return err;
}

static hl_err finish(struct journal_scrub *scrub, struct store_txn *txn,
                     const struct journal *journal, struct hl_detail *detail)
{
    hl_err err = scrub->blind ? HL_OK : rows_finish(&scrub->sink, detail);
    struct hl_hash kept = frontier_root(&journal->frontier);
    if (err == HL_OK && !scrub->blind) {
        struct hl_hash root = frontier_root(&scrub->frontier);
        if (!hash_equal(&root, &kept)) {
            tell(scrub, JOURNAL_DAMAGE_ROOT, 0, 0, journal->frontier.size);
        }
    }
    for (int kind = 0; err == HL_OK && kind < JOURNAL_CHECKPOINT_KINDS;
         kind++) {
        err = check_note(scrub, txn, journal,
                         (enum journal_checkpoint_kind)kind, detail);
    }
    return err;
}

hl_err journal_scrub_step(struct journal_scrub *scrub, struct store_txn *txn,
                          const struct journal *journal, uint64_t entries_max,
                          bool *done, struct hl_detail *detail)
{
    uint64_t size = journal->frontier.size;
    *done = false;
    if (!scrub->begun || scrub->frontier.size > size) {
        begin(scrub, journal);
    }
    scrub->sink.txn = txn;
    scrub->sink.context = scrub;
    uint64_t left = size - scrub->frontier.size;
    uint64_t end =
        scrub->frontier.size + (left < entries_max ? left : entries_max);
    hl_err err = walk(scrub, txn, journal, end, detail);
    if (err == HL_OK && scrub->frontier.size == size) {
        *done = true;
        err = finish(scrub, txn, journal, detail);
    }
    return err;
}
