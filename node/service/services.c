/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/service/blob_call.h"
#include "node/service/blob_uploads.h"
#include "node/service/watcher.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"

struct services *services_create(const struct services_options *options)
{
    struct services *services = hl_alloc(1, sizeof(*services));
    services->options = *options;
    services->origin = hl_copy(options->origin, strlen(options->origin));
    pthread_mutex_init(&services->mutex, NULL);
    services->table[0] = (struct rpc_service){.name = "heluo.v1.Catalogue",
                                              .methods = catalogue_methods,
                                              .context = services};
    services->table[1] = (struct rpc_service){
        .name = "heluo.v1.Node", .methods = node_methods, .context = services};
    services->table[2] = (struct rpc_service){.name = "heluo.v1.Journal",
                                              .methods = journal_methods,
                                              .context = services};
    services->table[3] = (struct rpc_service){.name = "heluo.v1.Search",
                                              .methods = search_methods,
                                              .context = services};
    services->table[4] = (struct rpc_service){.name = "heluo.v1.Scheme",
                                              .methods = scheme_methods,
                                              .context = services};
    services->table[5] = (struct rpc_service){.name = "heluo.v1.Voucher",
                                              .methods = voucher_methods,
                                              .context = services};
    services->table[6] = (struct rpc_service){.name = "heluo.v1.Order",
                                              .methods = order_methods,
                                              .context = services};
    services->table[7] = (struct rpc_service){.name = "heluo.v1.Ledger",
                                              .methods = ledger_methods,
                                              .context = services};
    services->table[8] = (struct rpc_service){
        .name = "heluo.v1.Blob", .methods = blob_methods, .context = services};
    services->table[9] = (struct rpc_service){.name = "heluo.v1.Clearing",
                                              .methods = clearing_methods,
                                              .context = services};
    services->uploads = blob_uploads_create();
    struct key_ring_options keys = {
        .store = options->store, .node = options->node, .log = options->log};
    services->keys = key_ring_create(&keys);
    return services;
}

void services_set_blobs(struct services *services,
                        const struct services_blobs *blobs)
{
    services->blobs = *blobs;
    struct blob_store store = blob_files_store(blobs->files);
    key_ring_set_blobs(services->keys, &store, blobs->keys, blobs->key_count);
}

void services_set_desk(struct services *services, struct desk *desk)
{
    services->desk = desk;
}

void services_set_writer(struct services *services,
                         struct writer_thread *writer)
{
    services->writer = writer;
}

void services_set_waiting_room(struct services *services,
                               const struct waiting_room *room)
{
    services->room = *room;
    services->has_room = true;
}

void services_set_partners(struct services *services,
                           const struct partners *partners)
{
    services->partners = *partners;
    services->has_partners = true;
}

void services_set_scrubber(struct services *services, struct scrubber *scrubber)
{
    services->scrubber = scrubber;
}

void services_set_search(struct services *services, struct search_room *search)
{
    services->search = search;
}

void services_set_limits(struct services *services,
                         const struct exposure_limits *limits)
{
    atomic_store(&services->allotted_max_fen, limits->allotted_max_fen);
    atomic_store(&services->unsealed_max_fen, limits->unsealed_max_fen);
}

struct exposure_limits services_limits(struct services *services)
{
    return (struct exposure_limits){
        .allotted_max_fen = atomic_load(&services->allotted_max_fen),
        .unsealed_max_fen = atomic_load(&services->unsealed_max_fen),
    };
}

void services_take_charter(struct services *services,
                           const struct charter *charter)
{
    const struct charter_node *self = charter_find_node(
        charter, origin_node(bytes_of_text(services->origin)));
    atomic_store(&services->coordinator,
                 self != NULL && self->roles[CHARTER_COORDINATOR].granted &&
                     !self->roles[CHARTER_COORDINATOR].ended);
    key_ring_set_charter(services->keys, charter);
}

void services_set_fingerprints(struct services *services,
                               const struct fingerprint_keys *keys)
{
    key_ring_set_file(services->keys, keys);
}

void services_look_at_keys(struct services *services)
{
    key_ring_look(services->keys);
}

struct partners_view partners_now(struct services *services)
{
    struct partners_view view = {0};
    if (services->has_partners) {
        services->partners.view(services->partners.context, &view);
    }
    return view;
}

const struct rpc_service *services_table(const struct services *services)
{
    return services->table;
}

void services_destroy(struct services **services)
{
    struct services *gone = *services;
    if (gone == NULL) {
        return;
    }
    HL_ASSERT(gone->watchers == NULL);
    blob_uploads_destroy(&gone->uploads);
    pthread_mutex_destroy(&gone->mutex);
    key_ring_destroy(&gone->keys);
    hl_free(gone->origin);
    hl_free(gone);
    *services = NULL;
}

/* --- Watchers. ----------------------------------------------------------- */

void watcher_add(struct services *services, struct watcher *watcher,
                 struct rpc_call *call)
{
    watcher->call = call;
    pthread_mutex_lock(&services->mutex);
    watcher->next = services->watchers;
    watcher->place = &services->watchers;
    if (watcher->next != NULL) {
        watcher->next->place = &watcher->next;
    }
    services->watchers = watcher;
    pthread_mutex_unlock(&services->mutex);
}

void watcher_remove(struct services *services, struct watcher *watcher)
{
    pthread_mutex_lock(&services->mutex);
    *watcher->place = watcher->next;
    if (watcher->next != NULL) {
        watcher->next->place = watcher->place;
    }
    pthread_mutex_unlock(&services->mutex);
}

void services_committed(struct services *services)
{
    pthread_mutex_lock(&services->mutex);
    for (struct watcher *at = services->watchers; at != NULL; at = at->next) {
        rpc_wake(at->call);
    }
    pthread_mutex_unlock(&services->mutex);
}
