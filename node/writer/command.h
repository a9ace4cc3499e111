/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_WRITER_COMMAND_H
#define HL_NODE_WRITER_COMMAND_H

/* A command: what asks for one entry of the own journal. Whoever decoded the
 * request makes one and submits it; the writer runs it against the newest
 * state, inside the transaction that will hold its entry, and answers when the
 * outcome is on the disk. */

#include "node/store/store.h"
#include "protocol/entry/entry.h"

struct write_command;
struct reactor_facts;

/* What a command may read, and what it gives: the entry's body. */
struct write_context {
    struct store_txn *txn;
    uint32_t number;     /* of the own journal in the store's keys */
    struct hl_wall now;  /* what the entry will be dated */
    uint32_t body_type;  /* left 0: nothing is to be said in the journal */
    struct writer *body; /* empty; run() appends */
    bool touched;        /* run() sets it where it put or deleted rows itself */
    const struct reactor_facts *facts;
    /* The entry of another journal that this one answers, if has_cause; its
     * origin is `cause_origin`. */
    bool has_cause;
    uint64_t cause_index;
    struct hl_hash cause_leaf;
    char cause_origin[HL_NAME_MAX_BYTES + 1];
};

struct write_answer {
    hl_err err;
    const struct hl_detail *detail; /* of err */
    /* On HL_OK: */
    uint64_t index;
    struct hl_hash leaf;
    struct hl_wall recorded_at;
    bool repeated;
    bool silent; /* no entry was made, and index, leaf and time say nothing */
    struct bytes checkpoint; /* signed note over a head that has the entry */
};

struct write_type {
    const char *name; /* for the log */
    /* What the ledger refuses is journalled (CommandRefused), and answered the
     * same for ever; no more in a second than the author's
     * limit: beyond it HL_EBUSY, and nothing is remembered. */
    bool remembers;
    /* Completes id.request where the transaction alone knows what tells the
     * request apart; NULL: it is complete. Before run(), and again when that
     * runs again. Errors are as those of run(). The writer's thread. */
    hl_err (*identify)(struct write_command *command,
                       struct write_context *context, struct hl_detail *detail);
    /* Decides, and writes body and body_type; of what remembers, the latter
     * before it refuses. Runs again when the transaction
     * had to be begun anew. An error is the caller's answer, and nothing of it
     * is remembered. The writer's thread. */
    hl_err (*run)(struct write_command *command, struct write_context *context,
                  struct hl_detail *detail);
    /* The field in which the request differs from the entry that its id made
     * before; NULL where it is another kind of request, or none is found. */
    const char *(*difference)(const struct write_command *command,
                              const struct entry *former);
    /* Once for each submitted command, also when it was never run. Must not
     * block, nor submit. What the answer points to dies with the call. The
     * writer's thread, or the one that closes the writer. */
    void (*answer)(struct write_command *command,
                   const struct write_answer *answer);
};

/* Begins the caller's own struct; lives until it is answered. */
struct write_command {
    const struct write_type *type;
    struct command id;
    struct write_command *next; /* the queue's */
    struct write_answer result; /* the author's; so below */
    struct hl_detail detail;
};

#endif
