/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_WRITER_AUTHOR_H
#define HL_NODE_WRITER_AUTHOR_H

/* The author of the own journal: makes entries of commands, signs checkpoints,
 * guards against signing a second history. Without threads and clocks, so that
 * a simulator can drive it; writer.h drives it in the daemon. One thread.
 *
 *   begin -> run, run, ... -> react -> commit     (or abort)
 *
 * A commit is: react, append, settle the projections, sign the checkpoint,
 * commit the transaction, write the mark; and only then may anything leave. */

#include "node/projection/projection.h"
#include "node/reactor/reactor.h"
#include "node/writer/command.h"
#include "protocol/note/mark.h"
#include "protocol/note/signer.h"

/* Where the mark is kept. write() returns when it is on the disk; its only
 * error is HL_EFLUSH. */
struct author_mark {
    void *context;
    hl_err (*write)(void *context, const struct head *head,
                    struct hl_detail *detail);
};

struct author_options {
    struct store *store;
    const char *origin;
    const struct signer *signers; /* the journal key first; borrowed */
    size_t signer_count;
    struct head key_from;    /* from where the charter has the journal key */
    bool key_replaces;       /* the former key's entries beyond do not count */
    const struct mark *mark; /* as read; NULL: it is missing */
    struct author_mark keeper;
    uint32_t refusals_per_second; /* that are journalled; 0: no bound */
};

struct author;

/* Reads the own journal and brings its projection up to it. Compares the mark,
 * and the head from which the key holds, with the store:
 *
 *   size not above the store's, the same root there    goes on
 *   anything else, or no mark                          reads only
 *   a key that replaces another, and the store goes    reads only: that is cut
 *   on from its point by entries that it never signed  first
 *
 * A new key comes with a new mark, at 0: what the former one knew stands in the
 * charter. *refusal is HL_OK, HL_EMARK, or HL_ENEWER (the own journal has
 * entries that this program does not know), with the reason in *why, and then
 * no command is run. Also returns store.h's errors.
 *
 * HL_EDAMAGED  the journal and its projection do not belong together.
 * HL_ECRYPTO   signing failed. */
HL_MUST_USE hl_err author_create(const struct author_options *options,
                                 struct author **out, hl_err *refusal,
                                 struct hl_detail *why,
                                 struct hl_detail *detail);
void author_destroy(struct author **author);

/* Begins a transaction. Errors as store_begin_write(). */
HL_MUST_USE hl_err author_begin(struct author *author, struct hl_wall now,
                                struct hl_detail *detail);

/* The transaction, for other work that belongs into it. */
struct store_txn *author_txn(struct author *author);
struct projection *author_projection(struct author *author);

/* Runs one command. Its result, or its refusal, stands in the command; the
 * entry that it made is in the transaction.
 *
 * An error is the store's, not the command's: the transaction is of no more
 * use, and author_abort() comes next. */
HL_MUST_USE hl_err author_run(struct author *author,
                              struct write_command *command,
                              struct hl_detail *detail);

/* Appends what the reactors answer to what the transaction changed, and to
 * these answers; and, where that is due, to all that is open: after the start,
 * after a transaction in which this was not called, where the charter ended
 * some journal, and once on each day in UTC+8. What waits for a seal is looked
 * at when that is there. After all that is run and applied; not where nothing
 * may be signed. What the transaction has no room for is left to the next ones.
 * Errors as author_run(). */
HL_MUST_USE hl_err author_react(struct author *author,
                                struct hl_detail *detail);
/* Whether there is something to look at also without a change: in a transaction
 * of its own, if there is none. */
bool author_wants_reaction(const struct author *author, struct hl_wall now);
/* Whether the last transaction had no room for all of it. */
bool author_is_behind(const struct author *author);

/* What commands and reactors may know from now on, beside the store; copied.
 * Nothing before the first call. */
void author_know(struct author *author, const struct reactor_facts *facts);

/* An entry made since begin, of which the reactors' are some; lives until the
 * next one. */
struct bytes author_pending_entry(const struct author *author, size_t i);

/* Entries made since begin; whether no more should go in. */
size_t author_pending(const struct author *author);
/* Whether a commit has anything to keep: entries, or rows beside them. */
bool author_has_work(const struct author *author);
bool author_is_large(const struct author *author);

/* HL_EFLUSH  the outcome is unknown: end the process.
 * others     nothing was written; the transaction is gone. */
HL_MUST_USE hl_err author_commit(struct author *author,
                                 struct hl_detail *detail);
void author_abort(struct author *author);
/* Instead, where nothing was made nor applied in the transaction. */
void author_dismiss(struct author *author);

/* The newest head that may leave the process, and the signed note over it,
 * which lives until the next commit. */
struct head author_head(const struct author *author);
/* Whether the last commit has an entry that others rely on once it is sealed:
 * an order, or its delivery. */
bool author_is_urgent(const struct author *author);
struct hl_wall author_recorded_at(const struct author *author);
struct bytes author_checkpoint(const struct author *author);

#endif
