/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SYNC_DRIVER_H
#define HL_NODE_SYNC_DRIVER_H

/* Between the engine and the world: bytes become events, actions become bytes,
 * store operations and calls. What waits for the disk waits here. No thread
 * and no clock, so that the simulator drives the very same.
 *
 *   driver_message(), driver_event()   any number; each sends at once
 *   driver_apply()                     into a write transaction, if
 *                                      driver_waiting() is not 0
 *   driver_committed()                 when that is durable, or failed
 *
 * One thread. */

#include "node/blob/blob_store.h"
#include "node/sync/sync_store.h"

struct driver;

struct driver_options {
    struct store *store;          /* borrowed */
    struct engine_options engine; /* but for tree, which is the store's */
    void *context; /* of all below; none may call the driver back */
    void (*dial)(void *context, struct bytes peer, struct bytes endpoint);
    void (*close)(void *context, engine_stream stream, hl_err err,
                  struct bytes why);
    void (*send)(void *context, engine_stream stream, struct bytes message);
    /* As the action says; where it cannot be done, so that the process ends. */
    void (*drop_mark)(void *context);
    /* Whether the line is slower than zlib (segment_wants_deflate()), as far as
     * it is known now. NULL: none is. */
    bool (*wants_deflate)(void *context, engine_stream stream);
    void (*own_state)(void *context, enum engine_own state, hl_err err,
                      struct bytes why);
    void (*wait_done)(void *context, const struct engine_action *action);
    void (*report)(void *context, const struct engine_action *action);
    void (*import_done)(void *context, const struct engine_action *action);
    /* NULL where no ENGINE_MEND is given. */
    void (*mend_done)(void *context, const struct engine_action *action);
    /* Our mirror key has made so many cosignatures (node/sync/words.h): to be
     * on the disk, beside the store and outside its backups, before any leaves.
     * Where that fails they are not said. NULL: nobody marks them. */
    hl_err (*mark_words)(void *context, const struct head *words);
    const struct blob_store *blobs; /* borrowed; NULL: none are kept */
    uint64_t blob_max_bytes;        /* of one that is fetched */
    uint64_t carry_blob_bytes;      /* of those that this node does not read */
};

/* Loads the store's charters, evidence and journals into an engine and starts
 * it. The charter that the operator gives (empty: none) is added to the
 * store's: an operation like any other, but that the engine has it at once.
 *
 * Errors of sync_store_load() and engine_start(). */
HL_MUST_USE hl_err driver_create(const struct driver_options *options,
                                 struct bytes charter, struct hl_mono mono,
                                 struct hl_wall wall, struct driver **out,
                                 struct hl_detail *detail);
void driver_destroy(struct driver **driver);

/* A message arrived. */
void driver_message(struct driver *driver, engine_stream stream,
                    struct bytes raw, struct hl_mono mono, struct hl_wall wall);

/* One out of an archive; `number` comes back in import_done(), perhaps before
 * this returns.
 *
 * Errors of sync_decode(): then there is no answer. */
HL_MUST_USE hl_err driver_import(struct driver *driver, struct bytes raw,
                                 uint64_t number, struct hl_mono mono,
                                 struct hl_wall wall, struct hl_detail *detail);

/* Anything else, but MESSAGE, IMPORT, SENT and STORED, which are the driver's
 * own; MESSAGE_BAD of what the transport did not take. OWN_ADVANCED is followed
 * by the own half's APPLIED, where there is a new digest. */
void driver_event(struct driver *driver, const struct engine_event *event);

/* What waits for the disk, that in an open transaction included: operations,
 * and halves behind their journals (after a cut, or an upgrade). */
size_t driver_waiting(const struct driver *driver);

/* Puts waiting operations into the transaction, as many as fit (2,000 entries,
 * store_txn_is_large()); the projection is the caller's to settle, and the
 * driver outlives that. Halves that are behind get a part of the room. An
 * operation that cannot be carried out fails alone; an error is the store's,
 * and the transaction is of no more use: after the abort driver_committed() is
 * told of it. */
HL_MUST_USE hl_err driver_apply(struct driver *driver, struct store_txn *txn,
                                struct projection *projection,
                                struct hl_detail *detail);

/* The transaction of the last driver_apply() was committed (HL_OK), or not:
 * then those operations have failed. Tells the engine, with the new digests of
 * the origins that it brought on. */
void driver_committed(struct driver *driver, hl_err err, struct hl_mono mono,
                      struct hl_wall wall);

/* A journal says something new of that blob, or its bytes may be in the store
 * without: looked at after the next event, outside any transaction. */
void driver_look_at_blob(struct driver *driver, struct bytes origin,
                         const struct hl_hash *id);

/* Some are gone from the blob store: all that are named are looked at. */
void driver_look_at_blobs(struct driver *driver);

struct engine *driver_engine(struct driver *driver);

#endif
