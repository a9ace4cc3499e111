/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_SERVICES_H
#define HL_NODE_SERVICE_SERVICES_H

/* What a node answers over gRPC: the services Catalogue, Node, Journal and
 * Search, on top of a store that is read in snapshots and a writer that takes
 * commands. Made before the server starts, destroyed after it has stopped. */

#include "node/blob/blob_files.h"
#include "node/ledger/fingerprint.h"
#include "node/projection/exposure.h"
#include "node/rpc/rpc.h"
#include "node/scrub/scrubber.h"
#include "node/service/partners.h"
#include "node/service/problems.h"
#include "node/service/waiting.h"
#include "node/writer/writer_thread.h"

struct services;

struct services_options {
    struct store *store;
    const char *alliance, *node;
    const char *origin; /* "<alliance>/<node>" */
    const char *version;
    struct hl_wall started;
    struct log *log;
    struct hl_wall (*wall)(void);
    /* What the services cannot know: certificates, connections, memory. Any
     * thread. Fills what it knows; the rest was set before. */
    void (*facts)(void *context, struct node_facts *facts);
    void *context;
};

struct services *services_create(const struct services_options *options);
/* The writer, started after; once, before the server starts. */
void services_set_writer(struct services *services,
                         struct writer_thread *writer);
/* Who looks at clearing cycles; likewise. */
struct desk;
void services_set_desk(struct services *services, struct desk *desk);
/* Who waits for keepers; likewise. Without it there are none. */
void services_set_waiting_room(struct services *services,
                               const struct waiting_room *room);
/* The other nodes; likewise. Without it there are none. */
void services_set_partners(struct services *services,
                           const struct partners *partners);
/* Who reads the store again; likewise. */
void services_set_scrubber(struct services *services,
                           struct scrubber *scrubber);
/* Where sealed blobs lie, and which keys open them: the one to seal to first,
 * former ones behind it; likewise. Without it there is no service Blob. */
struct services_blobs {
    struct blob_files *files;
    const struct blob_key *keys; /* borrowed */
    size_t key_count;
    uint64_t blob_max_bytes; /* of one, sealed */
    const char *last_backup; /* the file that says when that was made */
};
void services_set_blobs(struct services *services,
                        const struct services_blobs *blobs);
/* Who asks heluo-search; likewise. Without it there is no search. Closed after
 * the server has stopped taking calls. */
struct search_room;
void services_set_search(struct services *services, struct search_room *search);
/* It has something to say. Any thread. */
void services_scrubbed(struct services *services);
/* What commands about money may not exceed; 0 at first. Any thread. */
void services_set_limits(struct services *services,
                         const struct exposure_limits *limits);
/* The charter that holds: who coordinates, and whether it is this node, which
 * owns no catalogue then. Any thread. */
void services_take_charter(struct services *services,
                           const struct charter *charter);
/* Keys of fingerprints from the node's own file; copied. Any thread. */
void services_set_fingerprints(struct services *services,
                               const struct fingerprint_keys *keys);
/* Takes such keys that came in blobs; now and then. Any thread. */
void services_look_at_keys(struct services *services);
/* For rpc_server_options; lives as long as the services. */
const struct rpc_service *services_table(const struct services *services);
void services_destroy(struct services **services);

/* Watchers look again: after each commit. Any thread. */
void services_committed(struct services *services);

#endif
