/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_WRITER_GUEST_H
#define HL_NODE_WRITER_GUEST_H

/* Who else works in the writer's thread and puts work into its transactions:
 * in a daemon the engine and its driver. All of it is called by that thread.
 * Whoever has something new for the guest wakes the writer (writer_wake()). */

#include "node/writer/author.h"
#include "node/writer/clock_guard.h"

struct writer_guest {
    void *context;
    /* Before each transaction, and whenever woken: takes what came. HL_EFLUSH:
     * something must be on the disk and is not; the process is to end. */
    hl_err (*turn)(void *context, struct hl_detail *detail);
    /* When it wants a turn without being woken, in ms from now; at least 0. */
    int64_t (*next_ms)(void *context);
    /* Whether it has work for a transaction. */
    bool (*waits)(void *context);
    hl_err (*apply)(void *context, struct store_txn *txn,
                    struct projection *projection, struct hl_detail *detail);
    /* How that transaction ended; before it is told of own entries. */
    void (*committed)(void *context, hl_err err);
    /* The own journal has a newer checkpoint that may leave; urgent: others
     * wait to see sealed what it covers. */
    void (*advanced)(void *context, const struct head *head, struct bytes note,
                     bool urgent);
    /* Whether the own journal may grow; why not. */
    hl_err (*may_write)(void *context, struct hl_wall now,
                        struct hl_detail *why);
    /* Whether others say that the wall clock is right, within that. */
    bool (*clock_is_right)(void *context, const struct clock_reading *now,
                           int64_t within_ms);
    /* What reactors know of charters; while it applies, and between. */
    struct reactor_facts (*facts)(void *context);
    /* The author to go on with, where the journal came back behind the former
     * one's back; *out NULL: the same. The guest owns it then as it did before.
     * HL_EFLUSH: as turn(). */
    hl_err (*renew)(void *context, struct author *author, struct author **out,
                    struct hl_detail *detail);
    /* The last call: the thread ends. */
    void (*ended)(void *context);
};

#endif
