/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/server.h"

#include "node/rpc/accept4.h"
#include "node/rpc/listen.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

enum {
    REQUESTED = 16,       /* calls that each thread has asked the core for */
    REFUSAL_LINE_MS = 50, /* after so many at once: */
    REFUSAL_LINES = 40,
    METADATA_MAX_BYTES = 16384,
    LINGER_MS = 100,
    PING_INTERVAL_MIN_MS = 1000,  /* of clients that ping us */
    CONNECTION_BYTES = 128 << 10, /* what one takes with TLS, rounded up */
    REQUESTS_IN_MEMORY = 64,      /* of the largest size, and unfinished */
    MS_PER_S = 1000,
};

/* --- Limits. ------------------------------------------------------------- */

struct bound {
    const char *name;
    uint32_t value, min, max;
};

static hl_err check_limits(const struct rpc_limits *limits,
                           struct hl_detail *detail)
{
    const struct bound bounds[] = {
        {"threads", limits->threads, 1, 64},
        {"calls_max", limits->calls_max, 1, 1000000},
        {"calls_per_caller", limits->calls_per_caller, 1, 1000000},
        {"rate_per_s", limits->rate_per_s, 0, 1000000},
        {"rate_burst", limits->rate_burst, limits->rate_per_s > 0, 10000000},
        {"connections_max", limits->connections_max, 1, 1000000},
        {"message_max_bytes", limits->message_max_bytes, 1, 64u << 20},
        {"handshake_timeout_ms", limits->handshake_timeout_ms, 1, 3600000},
        {"idle_timeout_ms", limits->idle_timeout_ms, 1, 86400000},
        {"keepalive_ms", limits->keepalive_ms, 1, 86400000},
        {"admission_interval_ms", limits->admission_interval_ms, 1, 86400000},
    };
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        const struct bound *b = &bounds[i];
        if (b->value < b->min || b->value > b->max) {
            return hl_fail(detail, HL_ECONFIG, "%s is %u, outside %u to %u",
                           b->name, b->value, b->min, b->max);
        }
    }
    return HL_OK;
}

static grpc_arg int_arg(const char *key, uint32_t value)
{
    return (grpc_arg){.type = GRPC_ARG_INTEGER,
                      .key = (char *)(uintptr_t)key,
                      .value.integer = (int)value};
}

/* What the core may keep of callers' bytes: past it, it resets streams whose
 * requests do not come to their end. Without it each of calls_max could hold
 * message_max_bytes for as long as its caller likes. */
static size_t core_memory_max(const struct rpc_limits *limits)
{
    return (size_t)limits->message_max_bytes * REQUESTS_IN_MEMORY +
           (size_t)limits->connections_max * CONNECTION_BYTES;
}

static grpc_server *create_core(const struct rpc_limits *limits)
{
    grpc_resource_quota *quota = grpc_resource_quota_create("server");
    grpc_resource_quota_resize(quota, core_memory_max(limits));
    grpc_arg args[] = {
        {.type = GRPC_ARG_POINTER,
         .key = (char *)(uintptr_t)GRPC_ARG_RESOURCE_QUOTA,
         .value.pointer = {.p = quota,
                           .vtable = grpc_resource_quota_arg_vtable()}},
        /* Else a second server would bind the same port, silently. */
        int_arg(GRPC_ARG_ALLOW_REUSEPORT, 0),
        /* The bound on messages is applied to them inflated, after they were:
         * so nothing is inflated. Bit 0 is "identity". */
        int_arg(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1),
        int_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, limits->message_max_bytes),
        int_arg(GRPC_ARG_MAX_METADATA_SIZE, METADATA_MAX_BYTES),
        int_arg(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits->calls_per_caller),
        int_arg(GRPC_ARG_KEEPALIVE_TIME_MS, limits->keepalive_ms),
        int_arg(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, limits->keepalive_ms),
        int_arg(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1),
        int_arg(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0),
        int_arg(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                PING_INTERVAL_MIN_MS),
        int_arg(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                limits->handshake_timeout_ms),
        int_arg(GRPC_ARG_MAX_CONNECTION_IDLE_MS, limits->idle_timeout_ms),
        int_arg(GRPC_ARG_ENABLE_CHANNELZ, 0),
    };
    grpc_channel_args all = {.num_args = sizeof(args) / sizeof(args[0]),
                             .args = args};
    grpc_server *core = grpc_server_create(&all, NULL);
    grpc_resource_quota_unref(quota);
    return core;
}

/* --- Threads. ------------------------------------------------------------ */

static grpc_event next_event(grpc_completion_queue *queue)
{
    return grpc_completion_queue_next(
        queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
}

static void *serve(void *context)
{
    struct server_thread *thread = context;
    grpc_event event;
    while ((event = next_event(thread->queue)).type != GRPC_QUEUE_SHUTDOWN) {
        struct call_tag *tag = event.tag;
        bool handed = atomic_load_explicit(&tag->handed, memory_order_acquire);
        HL_ASSERT(handed);
        struct rpc_call *call = tag->call;
        tag->done(call, event.success != 0);
        call_unref(call);
    }
    return NULL;
}

static void start_threads(struct rpc_server *server)
{
    attendant_start(&server->attendant);
    grpc_server_start(server->core);
    for (uint32_t i = 0; i < server->limits.threads; i++) {
        struct server_thread *thread = &server->threads[i];
        for (int k = 0; k < REQUESTED; k++) {
            call_request(thread);
        }
        int failed = pthread_create(&thread->thread, NULL, serve, thread);
        HL_ASSERT(failed == 0);
        server->thread_count++;
    }
}

/* --- Start and end. ------------------------------------------------------ */

static struct rpc_server *create(const struct rpc_server_options *options,
                                 const struct rpc_credentials *credentials)
{
    struct rpc_server *server = hl_alloc(1, sizeof(*server));
    server->limits = options->limits;
    server->gate = options->gate;
    server->log = options->log;
    server->refusals =
        (struct log_limiter)LOG_LIMITER(REFUSAL_LINE_MS, REFUSAL_LINES);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->none_live, NULL);
    tls_credentials_init(&server->credentials);
    if (credentials != NULL) {
        tls_credentials_set(&server->credentials, credentials);
    }
    attendant_init(&server->attendant, server);
    server->health = health_create(options->services);
    reflection_init(server->reflection, server->services);
    server->services[0] = options->services;
    server->services[1] = health_services(server->health);
    server->services[2] = server->reflection;
    server->quota = quota_create(
        &(struct quota_limits){.open_max = options->limits.calls_per_caller,
                               .rate_per_s = options->limits.rate_per_s,
                               .burst = options->limits.rate_burst});
    server->ports = hl_alloc(options->listen_count, sizeof(*server->ports));
    return server;
}

static void create_queues(struct rpc_server *server)
{
    uint32_t count = server->limits.threads;
    server->core = create_core(&server->limits);
    server->threads = hl_alloc(count, sizeof(*server->threads));
    for (uint32_t i = 0; i < count; i++) {
        struct server_thread *thread = &server->threads[i];
        thread->server = server;
        thread->queue = grpc_completion_queue_create_for_next(NULL);
        grpc_server_register_completion_queue(server->core, thread->queue,
                                              NULL);
    }
}

static hl_err bind_all(struct rpc_server *server,
                       const struct rpc_server_options *options,
                       struct hl_detail *detail)
{
    for (size_t i = 0; i < options->listen_count; i++) {
        hl_err err =
            listen_tcp(server->core, options->listen[i], &server->credentials,
                       &server->ports[i], detail);
        if (err != HL_OK) {
            return err;
        }
    }
    return options->socket_path == NULL
               ? HL_OK
               : listen_unix(server->core, options->socket_path,
                             options->socket_mode, detail);
}

static void destroy_queue(grpc_completion_queue *queue)
{
    grpc_completion_queue_shutdown(queue);
    while (next_event(queue).type != GRPC_QUEUE_SHUTDOWN) {
    }
    grpc_completion_queue_destroy(queue);
}

/* The core is shut down, or was never made. */
static void destroy(struct rpc_server *server)
{
    uint32_t count = server->core == NULL ? 0 : server->limits.threads;
    if (server->core != NULL) {
        grpc_server_destroy(server->core);
    }
    for (uint32_t i = 0; i < count; i++) {
        struct server_thread *thread = &server->threads[i];
        if (i < server->thread_count) {
            grpc_completion_queue_shutdown(thread->queue);
            pthread_join(thread->thread, NULL);
            grpc_completion_queue_destroy(thread->queue);
        } else {
            destroy_queue(thread->queue);
        }
    }
    hl_free(server->threads);
    hl_free(server->ports);
    methods_fini(&server->methods);
    quota_destroy(&server->quota);
    health_destroy(&server->health);
    attendant_fini(&server->attendant);
    tls_credentials_fini(&server->credentials);
    pthread_cond_destroy(&server->none_live);
    pthread_mutex_destroy(&server->lock);
    hl_free(server);
}

/* No new calls; waits for the open ones, and cancels what is open then. */
static void shut_down(struct rpc_server *server, uint32_t grace_ms)
{
    grpc_completion_queue *queue = grpc_completion_queue_create_for_next(NULL);
    gpr_timespec until =
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                     gpr_time_from_millis(grace_ms, GPR_TIMESPAN));
    grpc_server_shutdown_and_notify(server->core, queue, server);
    attendant_end_streams(&server->attendant);
    grpc_event event = grpc_completion_queue_next(queue, until, NULL);
    if (event.type == GRPC_QUEUE_TIMEOUT) {
        grpc_server_cancel_all_calls(server->core);
        event = next_event(queue);
    }
    HL_ASSERT(event.type == GRPC_OP_COMPLETE);
    destroy_queue(queue);
}

hl_err rpc_server_start(const struct rpc_server_options *options,
                        const struct rpc_credentials *credentials,
                        struct rpc_server **out, struct hl_detail *detail)
{
    hl_err err = check_limits(&options->limits, detail);
    if (err != HL_OK) {
        return err;
    }
    HL_ASSERT(credentials != NULL || options->listen_count == 0);
    struct rpc_server *server = create(options, credentials);
    err = methods_init(&server->methods, server->services,
                       options->limits.message_max_bytes, detail);
    if (err == HL_OK) {
        accept4_set_limit(options->limits.connections_max);
        create_queues(server);
        err = bind_all(server, options, detail);
        if (err != HL_OK) {
            grpc_server_start(server->core);
            shut_down(server, 0);
        }
    }
    if (err != HL_OK) {
        destroy(server);
        return err;
    }
    *out = server; /* first: handlers may ask for its statistics */
    start_threads(server);
    return HL_OK;
}

/* A server of the core that is shut down cancels what reaches it just then.
 * So callers that keep on calling are told first, in words, to go away. */
static void linger(struct rpc_server *server, uint32_t grace_ms)
{
    atomic_store(&server->refusing, true);
    uint32_t ms = grace_ms < LINGER_MS ? grace_ms : LINGER_MS;
    nanosleep(&(struct timespec){.tv_nsec = (long)ms * 1000000}, NULL);
}

void rpc_server_stop(struct rpc_server **server, uint32_t grace_ms)
{
    struct rpc_server *s = *server;
    if (s == NULL) {
        return;
    }
    health_set(s->health, false);
    linger(s, grace_ms);
    atomic_store(&s->stopping, true);
    shut_down(s, grace_ms);
    pthread_mutex_lock(&s->lock);
    while (s->live > 0) {
        pthread_cond_wait(&s->none_live, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    *server = NULL;
    attendant_stop(&s->attendant);
    destroy(s);
}

/* --- Asking and telling. ------------------------------------------------- */

void rpc_server_set_credentials(struct rpc_server *server,
                                const struct rpc_credentials *credentials)
{
    tls_credentials_set(&server->credentials, credentials);
}

void rpc_server_set_health(struct rpc_server *server, bool serving)
{
    health_set(server->health, serving);
}

uint16_t rpc_server_port(const struct rpc_server *server, size_t n)
{
    return server->ports[n];
}

void rpc_server_admit_again(struct rpc_server *server)
{
    attendant_check(&server->attendant);
}

void rpc_server_statistics(const struct rpc_server *server,
                           struct rpc_statistics *out)
{
    struct accept4_statistics accepted;
    accept4_statistics(&accepted);
    *out = (struct rpc_statistics){
        .calls_open = atomic_load(&server->calls_open),
        .connections = accepted.open,
        .calls_total = atomic_load(&server->calls_total),
        .refused_admission = atomic_load(&server->refused_admission),
        .refused_limits = atomic_load(&server->refused_limits) +
                          accepted.refused + accepted.out_of_files};
}
