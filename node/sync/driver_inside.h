/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SYNC_DRIVER_INSIDE_H
#define HL_NODE_SYNC_DRIVER_INSIDE_H

/* What the driver's files share. */

#include "node/ledger/blob_entry.h"
#include "node/sync/driver.h"
#include "node/sync/op_queue.h"
#include "node/sync/origin_list.h"

/* An event of the driver's own, until its turn comes. */
struct follow_up {
    struct engine_event event;
    struct writer origin;
};

/* A blob of which a journal said something. */
struct blob_look {
    char origin[HL_NAME_MAX_BYTES + 1];
    struct hl_hash id;
};

struct driver_blobs {
    struct blob_look *looks; /* to be looked at after this step */
    size_t count, capacity;
    uint64_t carried_bytes; /* of those that this node does not read, sealed */
    bool more; /* some may be wanted that the engine does not know of: */
    struct hl_mono scan_at; /* all are looked at again, not before */
};

struct driver {
    struct driver_options options;
    struct engine *engine;
    struct writer own; /* this node's own origin */
    uint64_t own_digest_size;
    struct hl_mono mono; /* of the event that is under way, so below */
    struct hl_wall wall;
    /* Two, as what was decoded borrows its codec while answers are encoded. */
    struct segment_codec *decoder, *encoder;
    struct writer message, bundle;
    struct follow_up *follow_ups;
    size_t follow_up_count, follow_up_capacity;
    /* A snapshot for one step, and the journal that was last asked for. */
    struct store_txn *reading;
    struct writer hashed;
    struct journal_hashes hashes;
    struct op_queue ops;
    struct origin_list behind; /* mark: level, once this is committed */
    bool halves_first;
    struct origin_list touched; /* in the transaction that is open */
    struct driver_blobs blobs;
};

/* One step of the engine, and its actions; then, in driver_finish(), what
 * follows from them, told to the engine in steps of its own. */
void driver_step(struct driver *driver, const struct engine_event *event);
void driver_finish(struct driver *driver);
void driver_follow_up(struct driver *driver, const struct engine_event *event,
                      struct bytes origin);

/* The digest of a half that was brought on, as a follow-up. Leaves the snapshot
 * open. */
void driver_follow_applied(struct driver *driver, struct bytes origin);
HL_MUST_USE hl_err driver_begin_reading(struct driver *driver,
                                        struct hl_detail *detail);
void driver_end_reading(struct driver *driver);

/* --- driver_blob.c. ------------------------------------------------------- */

struct blob_name driver_blob_name(struct bytes origin,
                                  const struct hl_hash *id);
/* What the origin's half says of it, nothing: size 0; *stands: it is named,
 * and not erased.
 * Borrows from the snapshot, which stays open. */
HL_MUST_USE hl_err driver_find_blob(struct driver *driver, struct bytes origin,
                                    const struct hl_hash *id,
                                    struct blob_put *put, bool *stands);
void driver_settle_blobs(struct driver *driver);
/* Every blob that journals name: at the start. */
void driver_scan_blobs(struct driver *driver);
void driver_store_blob(struct driver *driver,
                       const struct engine_action *action);
void driver_send_blob(struct driver *driver,
                      const struct engine_action *action);
/* A part out of an archive. */
void driver_import_blob(struct driver *driver,
                        const struct sync_blob_part *part, uint64_t number);
void driver_fini_blobs(struct driver *driver);

#endif
