/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/call.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc_security.h>
#include <grpc/support/alloc.h>
#include <string.h>

#include "node/rpc/guard.h"
#include "node/rpc/server.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

static void *abort_or_alloc(void *context, size_t size)
{
    (void)context;
    return hl_alloc(1, size);
}

static void release(void *context, void *memory)
{
    (void)context;
    hl_free(memory);
}

/* Never out of memory: so what cannot be unpacked is malformed. */
static ProtobufCAllocator allocator = {.alloc = abort_or_alloc,
                                       .free = release};

struct call_memory {
    struct call_memory *next;
    max_align_t bytes[];
};

void *rpc_call_alloc(struct rpc_call *call, size_t size)
{
    struct call_memory *memory = hl_alloc(1, sizeof(*memory) + size);
    memory->next = call->memory;
    call->memory = memory;
    return memory->bytes;
}

struct call_memory *rpc_call_mark(const struct rpc_call *call)
{
    return call->memory;
}

void rpc_call_release(struct rpc_call *call, struct call_memory *mark)
{
    while (call->memory != mark) {
        struct call_memory *memory = call->memory;
        call->memory = memory->next;
        hl_free(memory);
    }
}

const struct rpc_caller *rpc_call_caller(const struct rpc_call *call)
{
    return &call->caller;
}

/* --- Counting. ----------------------------------------------------------- */

void call_ref(struct rpc_call *call)
{
    atomic_fetch_add(&call->count, 1);
}

static void uncount(struct rpc_call *call)
{
    struct rpc_server *server = call->server;
    if (call->entered) {
        quota_leave(server->quota, &call->caller.hash, call->answered);
    }
    if (call->open && !call->answered) {
        atomic_fetch_sub(&call->method->open, 1);
    }
    if (call->core != NULL) {
        atomic_fetch_sub(&server->calls_open, 1);
    }
}

static void destroy(struct rpc_call *call)
{
    struct rpc_server *server = call->server;
    uncount(call);
    if (call->request != NULL) {
        protobuf_c_message_free_unpacked(call->request, &allocator);
    }
    rpc_call_release(call, NULL);
    hl_free((void *)call->stream.presented.data);
    grpc_byte_buffer_destroy(call->received);
    grpc_byte_buffer_destroy(call->stream.answer);
    grpc_call_details_destroy(&call->details);
    grpc_metadata_array_destroy(&call->metadata);
    if (call->core != NULL) {
        grpc_call_unref(call->core);
    }
    pthread_mutex_destroy(&call->lock);
    hl_free(call);

    /* Last: the queues may be shut down once nobody lives. */
    pthread_mutex_lock(&server->lock);
    server->live--;
    if (server->live == 0) {
        pthread_cond_broadcast(&server->none_live);
    }
    pthread_mutex_unlock(&server->lock);
}

void call_unref(struct rpc_call *call)
{
    unsigned before = atomic_fetch_sub(&call->count, 1);
    HL_ASSERT(before > 0);
    if (before == 1) {
        destroy(call);
    }
}

/* --- Batches. ------------------------------------------------------------ */

void call_start(struct rpc_call *call, struct call_tag *tag, const grpc_op *ops,
                size_t count)
{
    call_ref(call);
    atomic_store_explicit(&tag->handed, true, memory_order_release);
    grpc_call_error error =
        grpc_call_start_batch(call->core, ops, count, tag, NULL);
    HL_ASSERT(error == GRPC_CALL_OK);
}

void call_read(struct rpc_call *call)
{
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
    op.data.recv_message.recv_message = &call->received;
    call_start(call, &call->read, &op, 1);
}

static void on_closed(struct rpc_call *call, bool ok)
{
    (void)ok;
    atomic_store(&call->gone, true);
    if (call->stream.begun) {
        stream_drive(call);
    }
}

static void await_close(struct rpc_call *call)
{
    grpc_op op = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER};
    op.data.recv_close_on_server.cancelled = &call->cancelled;
    call_start(call, &call->closed, &op, 1);
}

/* --- Admission. ---------------------------------------------------------- */

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

static bool is_local(grpc_call *core)
{
    char *peer = grpc_call_get_peer(core);
    bool local = strncmp(peer, "unix:", strlen("unix:")) == 0;
    gpr_free(peer);
    return local;
}

static hl_err admit(struct rpc_call *call, struct writer *presented,
                    struct hl_detail *detail)
{
    unsigned roles = call->method->row->roles;
    struct gate *gate = call->server->gate;
    if (is_local(call->core)) {
        gate_local(gate, &call->caller);
        if ((roles & ROLE_BIT(ROLE_OPERATOR)) == 0) {
            return hl_fail(detail, HL_EDENIED,
                           "an operator may not do this (the local socket)");
        }
        return HL_OK;
    }
    grpc_auth_context *context = grpc_call_auth_context(call->core);
    add_property(context, GRPC_X509_PEM_CERT_PROPERTY_NAME, presented);
    add_property(context, GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME, presented);
    grpc_auth_context_release(context);
    return gate_admit(gate, writer_view(presented), roles, now_wall(),
                      &call->caller, detail);
}

/* --- Limits. ------------------------------------------------------------- */

static struct bytes path_of(const struct rpc_call *call)
{
    return bytes_of(GRPC_SLICE_START_PTR(call->details.method),
                    GRPC_SLICE_LENGTH(call->details.method));
}

static hl_err check_room(struct rpc_call *call, struct hl_detail *detail)
{
    struct rpc_server *server = call->server;
    if (atomic_load(&server->refusing)) {
        return hl_fail(detail, HL_ESTOPPING, "%s", hl_err_text(HL_ESTOPPING));
    }
    if (atomic_load(&server->calls_open) > server->limits.calls_max) {
        return hl_fail(detail, HL_EBUSY,
                       "%u calls are open at this node, and no more may be: "
                       "try again",
                       server->limits.calls_max);
    }
    call->method = methods_find(&server->methods, path_of(call));
    if (call->method == NULL) {
        return hl_fail(detail, HL_EUNSUPPORTED, "there is no method %.*s",
                       BYTES_ARGS(path_of(call)));
    }
    return HL_OK;
}

/* Of those who may call the method: the places are for them. */
static hl_err take_place(struct rpc_call *call, struct hl_detail *detail)
{
    uint32_t open_max = call->method->row->open_max;
    call->open = true;
    if (atomic_fetch_add(&call->method->open, 1) >= open_max && open_max > 0) {
        return hl_fail(detail, HL_EBUSY,
                       "%u calls of %s are open, and no more may be: try again",
                       open_max, call->method->row->path);
    }
    return HL_OK;
}

static hl_err check(struct rpc_call *call, struct writer *presented,
                    struct hl_detail *detail)
{
    hl_err err = check_room(call, detail);
    if (err == HL_OK) {
        err = admit(call, presented, detail);
    }
    if (err == HL_OK) {
        err = take_place(call, detail);
    }
    if (err == HL_OK) {
        err = quota_enter(call->server->quota, &call->caller.hash, now_mono(),
                          detail);
        call->entered = err == HL_OK;
    }
    return err;
}

/* --- The request. -------------------------------------------------------- */

static hl_err decode(struct rpc_call *call, struct bytes raw,
                     ProtobufCMessage **out, struct hl_detail *detail)
{
    const struct rpc_method *row = call->method->row;
    if (raw.size > row->request_max_bytes) {
        return hl_fail(detail, HL_ELIMIT,
                       "the request has %zu bytes; %u are taken", raw.size,
                       row->request_max_bytes);
    }
    hl_err err = guard_check(raw, row->request, detail);
    if (err != HL_OK) {
        return err;
    }
    *out =
        protobuf_c_message_unpack(row->request, &allocator, raw.size, raw.data);
    return *out != NULL ? HL_OK
                        : hl_fail(detail, HL_EMALFORMED, "no message %s",
                                  row->request->name);
}

static hl_err decode_received(struct rpc_call *call, ProtobufCMessage **out,
                              struct hl_detail *detail)
{
    grpc_byte_buffer_reader reader;
    if (call->received == NULL ||
        !grpc_byte_buffer_reader_init(&reader, call->received)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "no request came, or one of more than %u bytes",
                       call->server->limits.message_max_bytes);
    }
    call->asked = true;
    grpc_slice slice = grpc_byte_buffer_reader_readall(&reader);
    hl_err err = decode(
        call, bytes_of(GRPC_SLICE_START_PTR(slice), GRPC_SLICE_LENGTH(slice)),
        out, detail);
    grpc_slice_unref(slice);
    grpc_byte_buffer_reader_destroy(&reader);
    grpc_byte_buffer_destroy(call->received);
    call->received = NULL;
    return err;
}

static void give(struct rpc_call *call)
{
    const struct rpc_method *row = call->method->row;
    if (row->kind == RPC_CLIENT_STREAM) {
        call->stream.intake.received(call, call->request,
                                     call->stream.intake.context);
    } else {
        row->handle(call, call->request, call->method->context);
    }
}

hl_err call_handle(struct rpc_call *call, struct hl_detail *detail)
{
    if (call->request != NULL) {
        protobuf_c_message_free_unpacked(call->request, &allocator);
        call->request = NULL;
    }
    if (atomic_load(&call->gone)) {
        return hl_fail(detail, HL_ECANCELLED, "the caller has gone");
    }
    gpr_timespec deadline = call->details.deadline;
    if (gpr_time_cmp(gpr_now(deadline.clock_type), deadline) >= 0) {
        return hl_fail(detail, HL_EDEADLINE,
                       "the deadline passed before the "
                       "request was looked at");
    }
    hl_err err = decode_received(call, &call->request, detail);
    if (err == HL_OK) {
        give(call);
    }
    return err;
}

bool call_deliver(struct rpc_call *call)
{
    grpc_byte_buffer_reader reader;
    struct call_stream *stream = &call->stream;
    bool more = true;
    if (grpc_byte_buffer_reader_init(&reader, call->received)) {
        grpc_slice slice = grpc_byte_buffer_reader_readall(&reader);
        more = stream->received(
            call,
            bytes_of(GRPC_SLICE_START_PTR(slice), GRPC_SLICE_LENGTH(slice)),
            stream->user.context);
        grpc_slice_unref(slice);
        grpc_byte_buffer_reader_destroy(&reader);
    }
    grpc_byte_buffer_destroy(call->received);
    call->received = NULL;
    return more;
}

/* --- Events. ------------------------------------------------------------- */

static void on_read(struct rpc_call *call, bool ok)
{
    struct hl_detail detail = {0};
    if (call->stream.begun) {
        stream_read(call, ok);
        return;
    }
    hl_err err = call_handle(call, &detail);
    if (err != HL_OK) {
        call_refuse(call, err, &detail);
    }
}

static void on_written(struct rpc_call *call, bool ok)
{
    if (call->stream.begun) {
        stream_written(call, ok);
    }
}

static void begin(struct rpc_call *call)
{
    struct writer presented = {0};
    struct hl_detail detail = {0};
    await_close(call);
    hl_err err = check(call, &presented, &detail);
    if (err != HL_OK) {
        call_refuse(call, err, &detail);
    } else if (call->method->row->kind == RPC_UNARY) {
        call_read(call);
    } else {
        struct bytes copy = {hl_copy(presented.data, presented.size),
                             presented.size};
        stream_begin(call, &copy);
    }
    writer_fini(&presented);
}

static void on_arrived(struct rpc_call *call, bool ok)
{
    struct rpc_server *server = call->server;
    if (!ok || call->core == NULL) {
        call->core = NULL;
        call_unref(call);
        return;
    }
    if (!atomic_load(&server->stopping)) {
        call_request(call->thread);
    }
    atomic_fetch_add(&server->calls_open, 1);
    atomic_fetch_add(&server->calls_total, 1);
    begin(call);
}

static void tag_init(struct call_tag *tag, struct rpc_call *call,
                     void (*done)(struct rpc_call *call, bool ok))
{
    tag->call = call;
    tag->done = done;
    atomic_init(&tag->handed, false);
}

void call_request(struct server_thread *thread)
{
    struct rpc_server *server = thread->server;
    struct rpc_call *call = hl_alloc(1, sizeof(*call));
    call->server = server;
    call->thread = thread;
    atomic_init(&call->count, 2); /* the answer's, and the batch's */
    atomic_init(&call->gone, false);
    tag_init(&call->arrived, call, on_arrived);
    tag_init(&call->closed, call, on_closed);
    tag_init(&call->read, call, on_read);
    tag_init(&call->written, call, on_written);
    pthread_mutex_init(&call->lock, NULL);
    grpc_call_details_init(&call->details);
    grpc_metadata_array_init(&call->metadata);
    pthread_mutex_lock(&server->lock);
    server->live++;
    pthread_mutex_unlock(&server->lock);
    atomic_store_explicit(&call->arrived.handed, true, memory_order_release);
    grpc_call_error error = grpc_server_request_call(
        server->core, &call->core, &call->details, &call->metadata,
        thread->queue, thread->queue, &call->arrived);
    HL_ASSERT(error == GRPC_CALL_OK);
}
