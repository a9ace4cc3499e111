/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_CATALOGUE_BATCH_H
#define HL_NODE_SERVICE_CATALOGUE_BATCH_H

/* Records that are put or retired together, each with an outcome of its own:
 * what PutBatch answers at once, and Import again and again. Its memory is the
 * call's. Of one thread at a time: whoever fills it, then the writer. */

#include "node/service/services_internal.h"

struct records {
    struct rpc_call *call;
    struct services *services;
    bool reconcile, dry;
    bool patient; /* waits where the queue is full, instead of failing */
    /* Each item that was submitted has its answer. The writer's thread; at
     * once, where nothing was to be submitted. */
    void (*answered)(struct records *batch);
    size_t open; /* items without an answer */
    struct write_command *first, **end;
    struct writer_round round; /* of a patient one */
    /* Of all rounds: */
    bool wrote;               /* an entry, at least: */
    uint64_t last;            /* the largest index */
    struct writer checkpoint; /* over it; the owner's to release */
};

struct batch_item {
    struct write_call write; /* first */
    struct records *batch;
    Heluo__V1__CataloguePutBatchResponse__Result result;
    struct hl_hash leaf;
};

/* A new round. */
void records_begin(struct records *batch);

/* The item is zeroed memory that lives until the round is answered. */
void records_item_init(struct records *batch, struct batch_item *item);

/* Its outcome is this error. */
void records_refuse(struct batch_item *item, hl_err err,
                    const struct hl_detail *detail);

/* Of a record as record_of_request() makes it: where the batch compares, one
 * that moved here from elsewhere is known by its unit and number alone, and
 * gets its home. Errors are the store's. */
HL_MUST_USE hl_err records_find_home(struct records *batch,
                                     const struct record_kind *kind,
                                     union record_room *record,
                                     struct hl_detail *detail);

/* Of an item whose write was made (catalogue_make_put() and others): it will
 * be submitted. Where the batch compares, command_id may be empty, and a put
 * writes only what differs.
 *
 * HL_EMALFORMED  the command_id is not of 16 bytes. */
HL_MUST_USE hl_err records_add(struct batch_item *item, struct bytes command_id,
                               bool retires, struct hl_detail *detail);

/* Errors are those of writer_submit(), and nothing is answered then. */
HL_MUST_USE hl_err records_submit(struct records *batch,
                                  struct hl_detail *detail);

/* Whether somebody has to wait until keepers have what was written, and does:
 * waiting->done will run. */
bool records_wait(struct records *batch, struct waiting *waiting);

#endif
