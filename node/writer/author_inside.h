/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_WRITER_AUTHOR_INSIDE_H
#define HL_NODE_WRITER_AUTHOR_INSIDE_H

/* The author's parts: author.c, and author_react.c, where it answers by
 * itself. Inside this folder. */

#include "node/writer/agenda.h"
#include "node/writer/author.h"

struct pending {
    size_t offset; /* of the entry in bytes */
    size_t size;
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

    struct agenda agenda;
    bool reacted; /* in the open transaction */
    struct reactor_facts facts;
    uint32_t refusals_per_second, refusals;
    int64_t refusals_second; /* in which there were so many */
};

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
