/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STORE_JOURNAL_SCRUB_H
#define HL_NODE_STORE_JOURNAL_SCRUB_H

/* Reading a journal again in pieces, each in a snapshot of its own, past what
 * is damaged there; and putting back what was. Used by whoever holds the
 * transaction. All functions also return store.h's errors. */

#include "node/store/journal.h"
#include "node/store/journal_rows.h"
#include "node/store/key.h"

/* --- Finding. ------------------------------------------------------------- */

enum journal_damage {
    JOURNAL_DAMAGE_ENTRIES,    /* first..end are not in the store, or changed */
    JOURNAL_DAMAGE_TILE,       /* hashes of a level, from `first` on to `end` */
    JOURNAL_DAMAGE_ROOT,       /* the entries do not lead to the root */
    JOURNAL_DAMAGE_CHECKPOINT, /* a kept note: `level` is its kind */
};

struct journal_damaged {
    enum journal_damage what;
    unsigned level;
    uint64_t first, end;
};

typedef void (*journal_damaged_fn)(void *context,
                                   const struct journal_damaged *damaged);

/* Where the reading of a journal is. Begins all zero but for tell and context;
 * a journal that was cut meanwhile is begun again. */
struct journal_scrub {
    journal_damaged_fn tell;
    void *context;
    bool begun;
    bool blind; /* no leaf is to be had of an entry: the tree is not compared
                   from there on */
    struct frontier frontier;
    struct rows_sink sink;
};

/* Goes on by about `entries_max` entries. *done: that was the journal's end as
 * of this snapshot, with root and checkpoints. */
HL_MUST_USE hl_err journal_scrub_step(struct journal_scrub *scrub,
                                      struct store_txn *txn,
                                      const struct journal *journal,
                                      uint64_t entries_max, bool *done,
                                      struct hl_detail *detail);

/* Entries in a row that cannot be read. */
struct journal_gap {
    uint64_t first, end;
    struct store_key before; /* the last whole row before them, or where that
                                would lie */
};

/* The first gap that ends above `from` and begins below `upto`. */
HL_MUST_USE hl_err journal_find_gap(struct store_txn *txn,
                                    const struct journal *journal,
                                    uint64_t from, uint64_t upto,
                                    struct journal_gap *out, bool *found,
                                    struct hl_detail *detail);

/* --- Putting back; in a write transaction, which an error but HL_EPROOF and
 * HL_ENOTFOUND leaves of no more use. ---------------------------------------
 */

/* Entries that somebody gave, from `first` on: those that lie in the gap at
 * `first` are put there, in the place of what is damaged; up to *next nothing
 * is missing any more, at least as far as they go. They are those of this
 * journal if their hashes are the ones in its tree: who gave them does not
 * matter, and nothing else gets in. Where hashes are damaged too, they are
 * computed from what was given, and what lies there, and compared with the hash
 * above them, or with the frontier; entries for which too few were given for
 * that are left
 * (*next begins with them).
 *
 * HL_ENOTFOUND  the gap that has `first` begins before it.
 * HL_EPROOF     an entry is not the journal's.
 * HL_EDAMAGED   nothing is left to compare with; or they were put, and are not
 *               found. */
HL_MUST_USE hl_err journal_mend_entries(struct store_txn *txn,
                                        const struct journal *journal,
                                        uint64_t first,
                                        const struct bytes *entries,
                                        size_t count, uint64_t *next,
                                        struct hl_detail *detail);

struct journal_row_place {
    unsigned level;
    uint64_t place; /* of a row of ROW_WIDTH hashes */
};

/* Computes rows of hashes from what lies below them, from level 0 up, and puts
 * them if they agree with what lies above. Ascending by level.
 *
 * HL_EDAMAGED  something below or above is damaged, or they do not agree. */
HL_MUST_USE hl_err journal_mend_rows(struct store_txn *txn,
                                     const struct journal *journal,
                                     const struct journal_row_place *rows,
                                     size_t count, struct hl_detail *detail);

#endif
