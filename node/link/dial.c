/* SPDX-License-Identifier: Apache-2.0 */
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc_security.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "node/client/outcome.h"
#include "node/link/link_inside.h"
#include "node/rpc/now.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* Streams that we dial: a channel each, for fresh credentials. All their events
 * come on one thread. Of a call four batches may be under way: the greeting
 * (metadata both ways), the end, a message in, a message out. It is released
 * when the end has come and none is left. */

enum what { GREETED, ENDED, READ, WRITTEN, WHAT_COUNT };

struct dial_tag {
    struct dial *dial;
    enum what what;
    atomic_bool handed; /* the core's hand-over, as a checker can see it */
};

struct dial {
    struct link *link;
    grpc_channel *channel;
    grpc_call *call;
    struct dial_tag tags[WHAT_COUNT];
    unsigned under_way; /* batches */
    grpc_metadata_array initial;
    struct outcome outcome;
    grpc_byte_buffer *received;
    bool greeted; /* the peer has answered, as who it should be */
    bool reading, writing, ended;
    bool broken; /* what was read last is no message */
    hl_err err;  /* why it ends, where we have found that out */
};

/* --- Batches. ------------------------------------------------------------ */

static void start(struct dial *dial, enum what what, const grpc_op *ops,
                  size_t count)
{
    struct dial_tag *tag = &dial->tags[what];
    dial->under_way++;
    atomic_store_explicit(&tag->handed, true, memory_order_release);
    grpc_call_error error =
        grpc_call_start_batch(dial->call, ops, count, tag, NULL);
    HL_ASSERT(error == GRPC_CALL_OK);
}

static void start_call(struct dial *dial)
{
    grpc_op greet[] = {
        {.op = GRPC_OP_SEND_INITIAL_METADATA},
        {.op = GRPC_OP_RECV_INITIAL_METADATA},
    };
    grpc_op end = outcome_receive(&dial->outcome);
    greet[1].data.recv_initial_metadata.recv_initial_metadata = &dial->initial;
    start(dial, ENDED, &end, 1);
    start(dial, GREETED, greet, 2);
}

static void read_one(struct dial *dial)
{
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
    op.data.recv_message.recv_message = &dial->received;
    dial->reading = true;
    start(dial, READ, &op, 1);
}

static void write_one(struct dial *dial, const struct parcel *parcel)
{
    grpc_slice slice = grpc_slice_from_copied_buffer(
        (const char *)parcel->bytes, parcel->size);
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_op op = {.op = GRPC_OP_SEND_MESSAGE};
    op.data.send_message.send_message = buffer;
    dial->writing = true;
    start(dial, WRITTEN, &op, 1);
    grpc_byte_buffer_destroy(buffer);
    grpc_slice_unref(slice);
}

/* Under the lock: what can be begun is begun. */
static void drive(struct dial *dial)
{
    struct link *link = dial->link;
    if (dial->ended || !dial->greeted) {
        return;
    }
    if (!dial->writing) {
        struct parcel *parcel = link_take(link);
        if (parcel != NULL) {
            link_sending(link, parcel);
            write_one(dial, parcel);
            hl_free(parcel);
        } else if (link_ends(link)) {
            dial_give_up(link);
            return;
        }
    }
    if (!dial->reading && !link->held && !link->closing) {
        read_one(dial);
    }
}

void dial_wake(struct link *link)
{
    drive(link->dial);
}

void dial_give_up(struct link *link)
{
    if (!link->dial->ended) {
        grpc_call_cancel(link->dial->call, NULL);
    }
}

/* --- Dialling. ----------------------------------------------------------- */

static grpc_arg int_arg(const char *key, int value)
{
    return (grpc_arg){.type = GRPC_ARG_INTEGER,
                      .key = (char *)(uintptr_t)key,
                      .value.integer = value};
}

static grpc_channel *open_channel(struct links *links, const char *target,
                                  char *name)
{
    int keepalive_ms = (int)links->options.keepalive_ms;
    grpc_ssl_pem_key_cert_pair pair = {
        .private_key = (const char *)links->key.data,
        .cert_chain = (const char *)links->chain.data};
    grpc_channel_credentials *credentials = grpc_ssl_credentials_create_ex(
        (const char *)links->roots.data, &pair, NULL, NULL);
    /* The core looks at a message's size when it has all of it, and has no
     * bound by itself. */
    grpc_resource_quota *quota = grpc_resource_quota_create(name);
    grpc_resource_quota_resize(quota, LINK_CHANNEL_MAX_BYTES);
    grpc_arg args[] = {
        {.type = GRPC_ARG_POINTER,
         .key = (char *)(uintptr_t)GRPC_ARG_RESOURCE_QUOTA,
         .value.pointer = {.p = quota,
                           .vtable = grpc_resource_quota_arg_vtable()}},
        int_arg(GRPC_ARG_ENABLE_HTTP_PROXY, 0),
        int_arg(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1),
        int_arg(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1),
        int_arg(GRPC_ARG_ENABLE_RETRIES, 0),
        int_arg(GRPC_ARG_ENABLE_CHANNELZ, 0),
        int_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, LINK_MESSAGE_MAX_BYTES),
        /* Inflating comes before the limit: identity alone. */
        int_arg(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1),
        int_arg(GRPC_ARG_KEEPALIVE_TIME_MS, keepalive_ms),
        int_arg(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, keepalive_ms),
        int_arg(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0),
        {.type = GRPC_ARG_STRING,
         .key = (char *)(uintptr_t)GRPC_SSL_TARGET_NAME_OVERRIDE_ARG,
         .value.string = name},
    };
    grpc_channel_args all = {.num_args = sizeof(args) / sizeof(args[0]),
                             .args = args};
    grpc_channel *channel = grpc_channel_create(target, credentials, &all);
    grpc_channel_credentials_release(credentials);
    grpc_resource_quota_unref(quota);
    return channel;
}

void dial_start(struct links *links, struct bytes peer, struct bytes endpoint)
{
    struct link *link = link_add(links, peer);
    struct dial *dial = hl_alloc(1, sizeof(*dial));
    struct writer target = {0}, name = {0};
    writer_format(&target, "dns:///%.*s", BYTES_ARGS(endpoint));
    writer_u8(&target, 0);
    writer_format(&name, "%s.%s", link->peer, links->options.alliance);
    writer_u8(&name, 0);
    link->dial = dial;
    dial->link = link;
    for (size_t i = 0; i < WHAT_COUNT; i++) {
        dial->tags[i].dial = dial;
        dial->tags[i].what = (enum what)i;
        atomic_init(&dial->tags[i].handed, false);
    }
    grpc_metadata_array_init(&dial->initial);
    outcome_init(&dial->outcome);
    dial->channel =
        open_channel(links, (const char *)target.data, (char *)name.data);
    grpc_slice method =
        grpc_slice_from_static_string("/heluo.v1.Federation/Sync");
    dial->call = grpc_channel_create_call(
        dial->channel, NULL, GRPC_PROPAGATE_DEFAULTS, links->queue, method,
        NULL, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    links->dialled++;
    start_call(dial);
    writer_fini(&target);
    writer_fini(&name);
}

/* --- Who answers. -------------------------------------------------------- */

static void add_property(const grpc_auth_context *context, const char *name,
                         struct writer *out)
{
    grpc_auth_property_iterator it =
        grpc_auth_context_find_properties_by_name(context, name);
    const grpc_auth_property *property = grpc_auth_property_iterator_next(&it);
    if (property != NULL) {
        writer_bytes(out, bytes_of(property->value, property->value_length));
    }
}

/* By the one admission function, as whoever calls us. */
hl_err dial_admit(struct links *links, const char *peer, struct bytes presented)
{
    struct hl_detail detail = {0};
    struct rpc_caller answers = {0};
    hl_err err = gate_admit(links->options.gate, presented, ROLE_BIT(ROLE_NODE),
                            now_wall(), &answers, &detail);
    if (err == HL_OK && strcmp(answers.identity.node, peer) != 0) {
        err = hl_fail(&detail, HL_EIDENTITY, "answers as %s",
                      answers.identity.node);
    }
    if (err != HL_OK) {
        log_event(links->options.log, LOG_WARN, "peer.refused",
                  LOG_TEXT("peer", peer), LOG_TEXT("error", hl_err_name(err)),
                  LOG_TEXT("why", detail.text));
    }
    return err;
}

static hl_err check_peer(struct dial *dial)
{
    struct link *link = dial->link;
    grpc_auth_context *context = grpc_call_auth_context(dial->call);
    if (context != NULL) {
        add_property(context, GRPC_X509_PEM_CERT_PROPERTY_NAME,
                     &link->presented);
        add_property(context, GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME,
                     &link->presented);
        grpc_auth_context_release(context);
    }
    return link->presented.size == 0
               ? HL_ECONNECT
               : dial_admit(link->links, link->peer,
                            writer_view(&link->presented));
}

/* --- Events. ------------------------------------------------------------- */

/* Each of these runs on the one thread, without the lock. */
static void on_greeted(struct dial *dial, bool ok)
{
    struct link *link = dial->link;
    struct links *links = link->links;
    const struct link_events *events = &links->options.events;
    hl_err err = ok ? check_peer(dial) : HL_ECONNECT;
    pthread_mutex_lock(&links->lock);
    bool opens = err == HL_OK && !link->closing && !dial->ended;
    link->opened = opens;
    dial->err = err;
    uint64_t number = link->number;
    if (!opens) {
        dial_give_up(link);
    }
    pthread_mutex_unlock(&links->lock);
    if (opens) {
        events->opened(events->context, number, bytes_of_text(link->peer),
                       true);
        pthread_mutex_lock(&links->lock);
        dial->greeted = true;
        drive(dial);
        pthread_mutex_unlock(&links->lock);
    }
}

static void deliver(struct dial *dial)
{
    grpc_byte_buffer_reader reader;
    if (grpc_byte_buffer_reader_init(&reader, dial->received)) {
        grpc_slice slice = grpc_byte_buffer_reader_readall(&reader);
        (void)link_received(dial->link, bytes_of(GRPC_SLICE_START_PTR(slice),
                                                 GRPC_SLICE_LENGTH(slice)));
        grpc_slice_unref(slice);
        grpc_byte_buffer_reader_destroy(&reader);
    }
    grpc_byte_buffer_destroy(dial->received);
    dial->received = NULL;
}

static void on_read(struct dial *dial, bool ok)
{
    struct links *links = dial->link->links;
    bool came = dial->received != NULL;
    dial->broken = !ok;
    if (came) {
        deliver(dial);
    }
    pthread_mutex_lock(&links->lock);
    dial->reading = !came; /* past the last one the end comes */
    drive(dial);
    pthread_mutex_unlock(&links->lock);
}

static void on_written(struct dial *dial, bool ok)
{
    struct links *links = dial->link->links;
    pthread_mutex_lock(&links->lock);
    link_sent(dial->link);
    dial->writing = !ok; /* the end comes */
    drive(dial);
    pthread_mutex_unlock(&links->lock);
}

static void on_ended(struct dial *dial)
{
    struct links *links = dial->link->links;
    pthread_mutex_lock(&links->lock);
    dial->ended = true;
    pthread_mutex_unlock(&links->lock);
}

static hl_err why(const struct dial *dial)
{
    static const struct channel named = {.target = (char *)(uintptr_t) "peer"};
    if (dial->err != HL_OK && dial->err != HL_ECONNECT) {
        return dial->err;
    }
    hl_err err = outcome_error(&dial->outcome, &named, NULL);
    return err == HL_OK ? HL_ECONNECT : err;
}

/* The last event of all. */
static void release(struct dial *dial)
{
    struct link *link = dial->link;
    struct links *links = link->links;
    const struct link_events *events = &links->options.events;
    char peer[CHARTER_LABEL_BYTES];
    hl_err err = why(dial);
    /* The core gives such a call that status itself; a peer that ends it by
     * that status names its reason. */
    bool is_broken = dial->broken && !outcome_is_named(&dial->outcome) &&
                     dial->outcome.code == GRPC_STATUS_RESOURCE_EXHAUSTED;
    pthread_mutex_lock(&links->lock);
    bool told = !link->closing;
    bool opened = link->opened;
    uint64_t number = link->number;
    memcpy(peer, link->peer, sizeof(peer));
    link_remove(link);
    pthread_mutex_unlock(&links->lock);
    if (told && opened && is_broken) {
        events->broken(events->context, number, true);
    }
    if (told && opened) {
        events->closed(events->context, number, err);
    } else if (told) {
        events->dial_failed(events->context, bytes_of_text(peer), err);
    }
    grpc_call_unref(dial->call);
    grpc_channel_destroy(dial->channel);
    grpc_metadata_array_destroy(&dial->initial);
    grpc_byte_buffer_destroy(dial->received);
    outcome_fini(&dial->outcome);
    hl_free(dial);
    pthread_mutex_lock(&links->lock);
    links->dialled--;
    pthread_cond_broadcast(&links->none_dialled);
    pthread_mutex_unlock(&links->lock);
}

static void take(struct dial_tag *tag, bool ok)
{
    struct dial *dial = tag->dial;
    struct links *links = dial->link->links;
    switch (tag->what) {
    case GREETED:
        on_greeted(dial, ok);
        break;
    case ENDED:
        on_ended(dial);
        break;
    case READ:
        on_read(dial, ok);
        break;
    case WRITTEN:
        on_written(dial, ok);
        break;
    case WHAT_COUNT:
        break;
    }
    pthread_mutex_lock(&links->lock);
    bool last = --dial->under_way == 0;
    pthread_mutex_unlock(&links->lock);
    if (last) {
        release(dial);
    }
}

void *dial_run(void *context)
{
    struct links *links = context;
    for (;;) {
        grpc_event event = grpc_completion_queue_next(
            links->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        if (event.type == GRPC_QUEUE_SHUTDOWN) {
            return NULL;
        }
        struct dial_tag *tag = event.tag;
        bool handed = atomic_load_explicit(&tag->handed, memory_order_acquire);
        HL_ASSERT(handed);
        take(tag, event.success != 0);
    }
}
