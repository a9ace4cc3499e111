/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SCRUB_SCRUB_WALK_H
#define HL_NODE_SCRUB_SCRUB_WALK_H

/* Reads a store again to its last byte, in small pieces, each in a snapshot of
 * its own, and says what is damaged: first every row of every table (its
 * checksum over table, key and value; whether a search finds it), then every
 * journal (entries, the tiles that they make, root, checkpoints). What is
 * computed from journals is compared by a rebuild, which is no part of this.
 * One thread; no clock. */

#include "certs/charter/charter.h"
#include "node/store/journal_scrub.h"

enum scrub_kind {
    SCRUB_ROW,        /* not what was put there, or not found by a search */
    SCRUB_TABLE,      /* rows are missing, or cannot be reached */
    SCRUB_STATEMENT,  /* a charter or evidence that is none */
    SCRUB_JOURNAL,    /* what is known of a journal cannot be read */
    SCRUB_ENTRIES,    /* of a journal, from first to end */
    SCRUB_TILE,       /* hashes of a level, from first to end */
    SCRUB_ROOT,       /* the entries do not lead to the journal's root */
    SCRUB_CHECKPOINT, /* level is its kind */
    SCRUB_BLOB,       /* a sealed document: key is its id */
    SCRUB_PROJECTION, /* rows that a rebuild makes otherwise: `first` many */
};

struct scrub_finding {
    enum scrub_kind kind;
    enum store_table table;
    char origin[HL_NAME_MAX_BYTES + 1]; /* empty: of no journal */
    unsigned level;
    uint64_t first, end;
    struct store_key key; /* SCRUB_ROW, and the whole row before it */
    struct store_key before;
    bool repaired;
};

enum { SCRUB_FINDINGS_MAX = 1000 };

struct scrub_report {
    struct scrub_finding *items; /* by hl_free(), the first of them */
    size_t count;
    uint64_t more; /* that had no room */
    uint64_t rows, entries;
};

struct scrub_finding *scrub_report_add(struct scrub_report *report,
                                       const struct scrub_finding *finding);
void scrub_report_fini(struct scrub_report *report);

struct scrub_options {
    const struct verifier *verifier;
    /* By which signatures under checkpoints are verified. NULL: they are not.
     */
    const struct charter *charter;
};

struct scrub_walk {
    struct scrub_options options;
    struct scrub_report *report; /* its owner's */
    int table;                   /* STORE_TABLE_COUNT: journals */
    uint64_t table_rows;
    struct store_key after;
    char origin[HL_NAME_MAX_BYTES + 1];
    struct journal_scrub journal;
};

void scrub_walk_init(struct scrub_walk *walk,
                     const struct scrub_options *options,
                     struct scrub_report *report);

/* Goes on by about so many rows or entries; *bytes that were read are added
 * to. Damage is no error.
 *
 * HL_EIO, HL_EBUSY, HL_EFLUSH  as store_begin_read(); the walk may go on. */
HL_MUST_USE hl_err scrub_walk_step(struct scrub_walk *walk, struct store *store,
                                   uint64_t rows_max, uint64_t *bytes,
                                   bool *done, struct hl_detail *detail);

/* --- scrub_mend.c: what is put right inside this store. ------------------- */

/* Whether the finding is of what a rebuild makes anew. */
bool scrub_is_projection(const struct scrub_finding *finding);

/* Computes the hashes of findings[which], or, `together`, all that are damaged
 * of its journal: one may be needed to believe the other. Damaged rows of the
 * table go first, as past them others are not found.
 *
 * HL_EDAMAGED  it cannot be: the transaction is of no more use. */
HL_MUST_USE hl_err scrub_mend_tiles(struct store_txn *txn,
                                    const struct scrub_finding *findings,
                                    size_t count, size_t which, bool together,
                                    struct hl_detail *detail);

/* Removes a damaged row of entries or tiles, whose content stands elsewhere or
 * was put back. */
HL_MUST_USE hl_err scrub_drop_row(struct store_txn *txn,
                                  const struct scrub_finding *finding,
                                  struct hl_detail *detail);

/* --- scrub_text.c ----------------------------------------------------------
 */

enum { SCRUB_TEXT_BYTES = 1024 };

/* What is damaged, and what to do about it unless it is repaired. */
void scrub_finding_text(const struct scrub_finding *finding, bool chinese,
                        char out[SCRUB_TEXT_BYTES]);

#endif
