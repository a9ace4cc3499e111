/* SPDX-License-Identifier: Apache-2.0 */
#include "node/link/link_inside.h"
#include "protocol/base/alloc.h"

/* Streams that others dialled. */

static bool received(struct rpc_call *call, struct bytes message, void *context)
{
    (void)call;
    return link_received(context, message);
}

static void broken(struct rpc_call *call, void *context)
{
    (void)call;
    link_broken(context);
}

static void pump(struct rpc_call *call, void *context)
{
    struct link *link = context;
    struct links *links = link->links;
    pthread_mutex_lock(&links->lock);
    link_sent(link);
    struct parcel *parcel = link_take(link);
    if (parcel != NULL) {
        link_sending(link, parcel);
    }
    bool ends = parcel == NULL && link_ends(link);
    hl_err err = link->err;
    struct hl_detail why = link->why;
    pthread_mutex_unlock(&links->lock);
    if (parcel != NULL) {
        rpc_send_bytes(call, bytes_of(parcel->bytes, parcel->size));
        hl_free(parcel);
    } else if (ends && err == HL_OK) {
        rpc_finish(call);
    } else if (ends) {
        rpc_fail(call, err, &why);
    }
}

static void gone(struct rpc_call *call, void *context)
{
    struct link *link = context;
    struct links *links = link->links;
    const struct link_events *events = &links->options.events;
    (void)call;
    pthread_mutex_lock(&links->lock);
    bool told = !link->closing;
    uint64_t number = link->number;
    link_remove(link);
    pthread_mutex_unlock(&links->lock);
    if (told) {
        events->closed(events->context, number, HL_ECONNECT);
    }
}

/* Streams that the engine closed but that are not gone are counted, too. Under
 * the lock. */
static bool has_room(const struct links *links, struct bytes peer)
{
    size_t count = 0;
    for (const struct link *at = links->first; at != NULL; at = at->next) {
        count += at->call != NULL && bytes_equal_text(peer, at->peer);
    }
    return count < LINK_STREAMS_MAX;
}

static void sync_stream(struct rpc_call *call, const ProtobufCMessage *request,
                        void *context)
{
    struct links *links = context;
    const struct link_events *events = &links->options.events;
    struct bytes peer = bytes_of_text(rpc_call_caller(call)->identity.node);
    (void)request;
    pthread_mutex_lock(&links->lock);
    if (!has_room(links, peer)) {
        pthread_mutex_unlock(&links->lock);
        struct hl_detail why = {0};
        rpc_fail(call,
                 hl_fail(&why, HL_EBUSY, "%d streams of yours are open",
                         LINK_STREAMS_MAX),
                 &why);
        return;
    }
    struct link *link = link_add(links, peer);
    link->call = call;
    link->opened = true;
    uint64_t number = link->number;
    pthread_mutex_unlock(&links->lock);
    /* First: what comes of the stream comes after it. */
    events->opened(events->context, number, peer, false);
    struct rpc_exchange exchange = {
        .stream = {.pump = pump, .gone = gone, .context = link},
        .received = received,
        .broken = broken,
    };
    rpc_exchange_start(call, &exchange);
}

const struct rpc_method link_methods[] = {
    {.path = "/heluo.v1.Federation/Sync",
     .kind = RPC_EXCHANGE,
     .roles = ROLE_BIT(ROLE_NODE),
     .request_max_bytes = LINK_MESSAGE_MAX_BYTES,
     .handle = sync_stream},
    {0},
};
