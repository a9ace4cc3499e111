/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_CHANGES_H
#define HL_NODE_SERVICE_CHANGES_H

/* What became of records, or of vouchers and orders, in the order of each
 * journal, from a position on: what every Watch goes through. Inside this
 * folder. Functions also return store.h's errors. */

#include "node/service/services_internal.h"

struct changes {
    struct positions seen;
    bool ledger;       /* entries about money, instead of records: */
    uint32_t kinds;    /* bits of what is looked for; 0: all */
    struct writer key; /* of the one record that is; empty: all */
    struct changes_here {
        char origin[HL_NAME_MAX_BYTES + 1]; /* "": nowhere yet */
        struct journal_walk *walk;          /* NULL: it rests */
        struct journal journal;
        uint64_t at, end, cuts;
    } here; /* where the last one was found, and the next is looked for first */
    unsigned looked; /* entries, since it rested */
};

/* One that had an effect. Borrows from the transaction, and until the next. */
struct change {
    bool found;
    const struct record_kind *kind; /* of a record; and `key` to `at` */
    struct bytes origin;            /* whose journal states it */
    struct journal journal;
    struct entry entry;
    enum change_is {
        CHANGE_PUT,
        CHANGE_RETIRED,
        CHANGE_RELEASED, /* to another home */
        CHANGE_RESUMED,
    } is;
    union record_room key; /* as kind->retiring has it */
    struct row row;        /* as it stands now, maybe changed again */
    struct record_home at;
    uint32_t body; /* of an entry about money: its number */
    bool more;     /* entries are left that were not looked at */
};

void changes_fini(struct changes *changes);

/* From there on; a token from further on than this node is would wait for
 * entries that may never come, or be others.
 *
 * HL_EMALFORMED, HL_ELIMIT  no token of positions_write().
 * HL_EAHEAD */
HL_MUST_USE hl_err changes_from(struct changes *changes, struct store_txn *txn,
                                struct bytes token, struct hl_detail *detail);

/* The next one, and `seen` past it. May be called again and again, up to some
 * hundred entries that were looked at, so that other calls get the thread in
 * between; and before the transaction ends changes_rest().
 *
 * HL_EAHEAD  a journal was cut below what was seen of it. */
HL_MUST_USE hl_err changes_next(struct changes *changes, struct store_txn *txn,
                                struct change *out, struct hl_detail *detail);
void changes_rest(struct changes *changes);

/* Whether the node knows of entries that it has not applied yet, and will. */
HL_MUST_USE hl_err changes_behind(struct store_txn *txn, bool *behind,
                                  struct hl_detail *detail);

#endif
