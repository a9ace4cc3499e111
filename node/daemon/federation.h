/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_DAEMON_FEDERATION_H
#define HL_NODE_DAEMON_FEDERATION_H

/* The engine in the daemon: its driver, which works in the writer's thread and
 * transactions, and the streams to other nodes, whose events wait here until
 * that thread takes them. */

#include "node/link/link.h"
#include "node/scrub/scrubber.h"
#include "node/service/partners.h"
#include "node/service/waiting.h"
#include "node/sync/driver.h"
#include "node/writer/writer_thread.h"

struct federation;

struct federation_options {
    const char *alliance, *node;
    struct store *store;
    struct gate *gate; /* gets the charter that holds */
    struct log *log;
    struct clock_reading (*clock)(void);
    uint32_t keepalive_ms;
    enum pace_zlib zlib;
    struct rpc_credentials tls;
    struct hl_hash pin;
    const struct vkey *journal_key;
    const struct signer *mirror; /* NULL: it cosigns nothing */
    struct hl_wall own_time;
    hl_err refusal; /* of author_create() */
    const struct hl_detail *why;
    const struct mark *mark;                   /* NULL: it is missing */
    struct blob_files *blobs;                  /* borrowed */
    uint64_t blob_max_bytes, carry_blob_bytes; /* as the driver's */

    void *context; /* of what follows; the writer's thread */
    hl_err (*mark_words)(void *context, const struct head *words,
                         struct hl_detail *detail);
    /* The mark counts for nothing any more, durably. */
    hl_err (*drop_mark)(void *context, struct hl_detail *detail);
    /* A new author in the place of that one: the journal came back. */
    hl_err (*reopen)(void *context, struct author *former, struct author **out,
                     hl_err *refusal, struct hl_detail *why,
                     struct hl_detail *detail);
    void (*charter)(void *context, const struct charter *charter);
    /* The mirror key signs no more. */
    void (*mirror_silent)(void *context, hl_err err, const char *why);
};

/* Starts the engine from the store and from those charters (raw), among which
 * the pinned one is, unless the store has it.
 *
 * Errors of driver_create(). */
HL_MUST_USE hl_err federation_create(const struct federation_options *options,
                                     const struct bytes *charters, size_t count,
                                     struct federation **out,
                                     struct hl_detail *detail);
struct writer_guest federation_guest(struct federation *federation);
/* Tells the driver of blobs that this author's projection meets: of each author
 * before it is used. */
void federation_listen(struct federation *federation, struct author *author);
/* Once, before anything else comes. */
void federation_set_writer(struct federation *federation,
                           struct writer_thread *writer);
struct links *federation_links(struct federation *federation);

/* The operator has that charter. Any thread. */
void federation_offer_charter(struct federation *federation,
                              struct bytes charter);

/* For services. */
struct waiting_room federation_waiting_room(struct federation *federation);
struct partners federation_partners(struct federation *federation);

/* As scrubber_options.blob_lost(). Any thread. */
void federation_blob_lost(struct federation *federation);

/* As scrubber_options.mend(): federation_mend.c. */
void federation_mend(void *context, struct scrub_mend *mend);

/* Whoever waits for keepers, now or later, is told HL_ESTOPPING: before the
 * server is stopped, which waits for their calls. */
void federation_end_waits(struct federation *federation);

/* No more is dialled, and what was is ended; the server is stopped before, and
 * the writer after. */
void federation_stop(struct federation *federation);
void federation_destroy(struct federation **federation);

#endif
