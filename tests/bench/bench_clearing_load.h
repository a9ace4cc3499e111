/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_CLEARING_LOAD_H
#define HL_TESTS_BENCH_CLEARING_LOAD_H

/* An alliance whose nodes owe each other, all journals in one store: of ten
 * obligations nine are spent of few allotments of each pair, an entry each, and
 * one comes of an order with all its four entries. Nothing is sealed by
 * keepers. */

#include "node/clearing/step.h"
#include "tests/unit/projection/order_world.h"

enum { CLEARING_NODES_MAX = 340 };

struct clearing_allot;

struct clearing_load {
    struct order_world of; /* first; a transaction is open, until it closes */
    struct charter charter;
    size_t nodes;
    char names[CLEARING_NODES_MAX][8];
    struct clearing_allot *allots;
    uint64_t random, ids; /* so far */
    struct clearing_options options;
};

void clearing_load_open(struct clearing_load *load, size_t nodes);
void clearing_load_add(struct clearing_load *load, uint64_t obligations);
void clearing_load_commit(struct clearing_load *load); /* and begins anew */
/* As a node opens it: durably. No transaction is open from here on. */
void clearing_load_reopen(struct clearing_load *load);
void clearing_load_close(struct clearing_load *load);

/* What node number `node` knows, on a snapshot of its own or any. */
struct clearing_view clearing_load_view(struct clearing_load *load, size_t node,
                                        struct store_txn *txn);
/* Appends what the step says to that node's journal. */
void clearing_load_say(struct clearing_load *load, size_t node,
                       const struct clearing_step *step);

/* A new order of the first node's voucher, at the second's. */
void clearing_load_place(struct clearing_load *load, struct order_place *out,
                         uint8_t id[VOUCHER_ID_BYTES]);

/* The journal key of the first node. */
struct signer clearing_load_signer(const struct clearing_load *load);

void clearing_must(hl_err err, const struct hl_detail *detail);

#endif
