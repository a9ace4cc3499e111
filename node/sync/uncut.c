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
    WAYS_MAX = 16,        /* that are tried */
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

/* data is NULL: a part of it has come back already, by another way. */
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

static hl_err check_way(struct store_txn *txn, const struct journal *journal,
                        const struct way *way, const struct head *head,
                        bool *leads, struct hl_detail *detail)
{
    struct frontier after = journal->frontier;
    hl_err err = HL_OK;
    *leads = false;
    while (err == HL_OK && after.size < head->size) {
        struct bytes entry = {0};
        err = read_entry(txn, journal->number, way, after.size, &entry, detail);
        if (err != HL_OK || entry.data == NULL) {
            return err;
        }
        struct hl_hash leaf = merkle_leaf(entry);
        frontier_append(&after, &leaf);
    }
    struct hl_hash root = frontier_root(&after);
    *leads = err == HL_OK && hash_equal(&root, &head->root);
    return err;
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

struct search {
    struct store_txn *txn;
    const struct journal *journal;
    const struct head *head;
    const struct cut *cuts; /* the oldest first */
    struct way way;
    size_t tried;
    bool found;
};

/* By cuts older than that number, the newest of them first: what was cut from
 * another history lies among them. Not deeper than PIECES_MAX. */
static hl_err search(struct search *of, size_t older, uint64_t at,
                     struct hl_detail *detail)
{
    struct way *way = &of->way;
    hl_err err = HL_OK;
    if (at == of->head->size) {
        of->tried++;
        return check_way(of->txn, of->journal, way, of->head, &of->found,
                         detail);
    }
    for (size_t i = older; err == HL_OK && i > 0 && !of->found &&
                           of->tried < WAYS_MAX && way->count < PIECES_MAX;
         i--) {
        const struct cut *cut = &of->cuts[i - 1];
        if (cut->size > at || cut->before <= at) {
            continue; /* it has nothing from there */
        }
        uint64_t end =
            cut->before < of->head->size ? cut->before : of->head->size;
        way->pieces[way->count++] = (struct piece){cut->cut, end};
        err = search(of, i - 1, end, detail);
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
    struct search of = {
        .txn = txn, .journal = journal, .head = head, .cuts = cuts};
    if (err == HL_OK) {
        err = search(&of, count, journal->frontier.size, detail);
    }
    if (err == HL_OK && of.found) {
        err = take_way(txn, journal, &of.way, head->size, detail);
        *done = err == HL_OK;
    }
    hl_free(cuts);
    return err;
}
