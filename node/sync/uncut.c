/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/key.h"
#include "node/sync/cut.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/bundle.h"

/* What cuts moved to the evidence area, and a quorum had sealed or a charter
 * has named, comes back, if those entries lead to the very head. It may lie in
 * pieces: of a journal cut from 300 to 200, and from there to 180, the newer
 * cut has the first piece, and the older one what followed. */

enum {
    PIECES_MAX = 64,
    ENTRIES_AT_ONCE = 64, /* 4 MiB where each is of the largest */
    /* Entries: so many, and so many times as many as are looked for. */
    LOOKED_AT_MIN = 10000,
    LOOKED_AT_TIMES = 20,
};

struct piece {
    uint32_t cut;
    uint64_t end; /* index after its last entry */
};

/* From the journal's end on, each piece of an older cut than the one before. */
struct way {
    struct piece pieces[PIECES_MAX];
    size_t count;
};

static hl_err read_entry(struct store_txn *txn, uint32_t number,
                         const struct way *way, uint64_t index,
                         struct bytes *entry, struct hl_detail *detail)
{
    size_t i = 0;
    while (way->pieces[i].end <= index) {
        i++;
        HL_ASSERT(i < way->count);
    }
    struct store_key key = key_cut_entry(number, way->pieces[i].cut, index);
    return store_get(txn, STORE_CUT_ENTRIES, key_view(&key), entry, detail);
}

/* The next entries of the way, copied: their bytes end with the next put. */
static hl_err copy_some(struct store_txn *txn, const struct journal *journal,
                        const struct way *way, uint64_t size,
                        struct writer *bundle, size_t *count,
                        struct hl_detail *detail)
{
    uint64_t from = journal->frontier.size;
    hl_err err = HL_OK;
    writer_clear(bundle);
    *count = 0;
    while (err == HL_OK && *count < ENTRIES_AT_ONCE && from + *count < size) {
        struct bytes entry = {0};
        err = read_entry(txn, journal->number, way, from + *count, &entry,
                         detail);
        if (err == HL_OK) {
            err = bundle_append(entry, bundle);
            *count += 1;
        }
    }
    return err;
}

static hl_err append_some(struct store_txn *txn, struct journal *journal,
                          struct bytes bundle, size_t count,
                          struct hl_detail *detail)
{
    struct bytes entries[ENTRIES_AT_ONCE];
    struct bundle_walk walk;
    bundle_walk_init(&walk, bundle);
    for (size_t i = 0; i < count; i++) {
        HL_ASSERT(bundle_walk_next(&walk, &entries[i]));
    }
    struct journal_run run = {
        .entries = entries,
        .count = count,
        .recorded_at = sync_newest_time(entries, count, journal->recorded_at),
    };
    return journal_append(txn, journal, &run, detail);
}

static hl_err take_way(struct store_txn *txn, struct journal *journal,
                       const struct way *way, uint64_t size,
                       struct hl_detail *detail)
{
    struct writer bundle = {0};
    hl_err err = HL_OK;
    while (err == HL_OK && journal->frontier.size < size) {
        size_t count = 0;
        err = copy_some(txn, journal, way, size, &bundle, &count, detail);
        if (err == HL_OK) {
            err =
                append_some(txn, journal, writer_view(&bundle), count, detail);
        }
    }
    writer_fini(&bundle);
    return err;
}

/* --- Looking for it. ----------------------------------------------------- */

struct search {
    struct store_txn *txn;
    const struct journal *journal;
    const struct head *head;
    const struct cut *cuts; /* the oldest first */
    struct way way;
    uint64_t left; /* entries that may still be looked at */
    bool found;
};

/* On from there to the end of the piece. False: an entry is not there, or it
 * took too much. */
static bool follow(struct search *of, const struct piece *piece,
                   struct frontier *after, hl_err *err,
                   struct hl_detail *detail)
{
    while (after->size < piece->end && of->left > 0) {
        struct bytes entry = {0};
        struct store_key key =
            key_cut_entry(of->journal->number, piece->cut, after->size);
        *err = store_get(of->txn, STORE_CUT_ENTRIES, key_view(&key), &entry,
                         detail);
        if (*err != HL_OK || entry.data == NULL) {
            return false;
        }
        struct hl_hash leaf = merkle_leaf(entry);
        frontier_append(after, &leaf);
        of->left--;
    }
    return after->size == piece->end;
}

/* By cuts older than that number, the newest of them first: what was cut from
 * another history lies among them. Not deeper than PIECES_MAX. */
static hl_err search(struct search *of, size_t older,
                     const struct frontier *from, struct hl_detail *detail)
{
    struct way *way = &of->way;
    hl_err err = HL_OK;
    if (from->size == of->head->size) {
        struct hl_hash root = frontier_root(from);
        of->found = hash_equal(&root, &of->head->root);
        return HL_OK;
    }
    for (size_t i = older; err == HL_OK && i > 0 && !of->found &&
                           of->left > 0 && way->count < PIECES_MAX;
         i--) {
        const struct cut *cut = &of->cuts[i - 1];
        if (cut->size > from->size || cut->before <= from->size) {
            continue; /* it has nothing from there */
        }
        struct frontier after = *from;
        struct piece *piece = &way->pieces[way->count++];
        *piece = (struct piece){cut->cut, cut->before < of->head->size
                                              ? cut->before
                                              : of->head->size};
        if (follow(of, piece, &after, &err, detail)) {
            err = search(of, i - 1, &after, detail);
        }
        way->count -= of->found ? 0 : 1;
    }
    return err;
}

hl_err uncut(struct store_txn *txn, struct journal *journal,
             const struct head *head, bool *done, struct hl_detail *detail)
{
    struct cut *cuts = NULL;
    size_t count = 0;
    *done = false;
    hl_err err = cut_list(txn, journal->number, &cuts, &count, detail);
    struct search of = {.txn = txn,
                        .journal = journal,
                        .head = head,
                        .cuts = cuts,
                        .left = LOOKED_AT_MIN +
                                LOOKED_AT_TIMES *
                                    (head->size - journal->frontier.size)};
    if (err == HL_OK) {
        err = search(&of, count, &journal->frontier, detail);
    }
    if (err == HL_OK && of.found) {
        err = take_way(txn, journal, &of.way, head->size, detail);
        *done = err == HL_OK;
    }
    hl_free(cuts);
    return err;
}
