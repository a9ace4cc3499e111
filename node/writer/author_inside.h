/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_WRITER_AUTHOR_INSIDE_H
#define HL_NODE_WRITER_AUTHOR_INSIDE_H

/* The author's parts: author.c, and author_react.c, where it answers by
 * itself. Inside this folder. */

#include "node/writer/author.h"

struct pending {
    size_t offset; /* of the entry in bytes */
    size_t size;
};

/* An open item that a reactor does not answer before another's journal may be
 * relied upon beyond an entry. */
struct waiting_item {
    struct writer name;
    char node[64];
    uint64_t index;
    bool answered; /* in the open transaction */
};

struct author {
    struct store *store;
    char *origin;
    const struct signer *signers;
    size_t signer_count;
    struct author_mark keeper;
    struct projection *projection;

    struct journal journal; /* as committed, and published */
    struct writer note;     /* over it */

    /* Of the open transaction: */
    struct store_txn *txn;
    struct hl_wall now;
    struct writer bytes; /* the new entries, one behind the other */
    struct writer body;
    struct pending *pending;
    size_t pending_count, pending_capacity;
    struct hl_wall recorded_at; /* of the last of them */
    bool touched;               /* rows were changed beside them */
    bool urgent; /* one of them is to be sealed soon; so of the last commit: */
    bool was_urgent;

    /* Reacting: all that is open is to be looked at; so it was, in the open
     * transaction; as of so many endings. */
    bool look_again, looked;
    uint64_t endings, endings_looked;
    int64_t day, day_looked;    /* so of days */
    bool unsure, unsure_looked; /* whether the time was not sure then */
    bool reacted;               /* in the open transaction */
    struct reactor_facts facts;
    uint32_t refusals_per_second, refusals;
    int64_t refusals_second;      /* in which there were so many */
    struct waiting_item *waiting; /* for a seal */
    size_t waiting_count, waiting_capacity;
};

/* Forgets what was answered in the transaction, or, where that did not come to
 * be, that it was. */
void author_waited(struct author *author, bool committed);
void author_forget_waiting(struct author *author);

/* What stands in every entry of the next one of the own journal. */
struct entry author_frame(const struct author *author);

/* Appends the entry to the transaction and applies it. HL_ELIMIT, HL_EMALFORMED
 * with *why: it is no entry, and nothing happened. */
HL_MUST_USE hl_err author_append(struct author *author,
                                 const struct entry *entry,
                                 struct write_answer *answer,
                                 struct hl_detail *why,
                                 struct hl_detail *detail);

/* What was looked at in the transaction counts, which is committed. */
void author_settled(struct author *author);

#endif
