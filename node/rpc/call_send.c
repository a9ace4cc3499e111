/* SPDX-License-Identifier: Apache-2.0 */
#include <grpc/support/alloc.h>
#include <stdio.h>
#include <string.h>

#include "node/rpc/call.h"
#include "node/rpc/server.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"

/* After how long a caller may try again; errors that are not here will not
 * mend by themselves soon. */
static const struct {
    hl_err err;
    const char *retry_ms;
} pushbacks[] = {
    {HL_EBUSY, "200"},
    {HL_EFULL, "5000"},
    {HL_ESTOPPING, "1000"},
};

static const char *pushback_of(hl_err err)
{
    for (size_t i = 0; i < sizeof(pushbacks) / sizeof(pushbacks[0]); i++) {
        if (pushbacks[i].err == err) {
            return pushbacks[i].retry_ms;
        }
    }
    return NULL;
}

grpc_byte_buffer *call_pack(const ProtobufCMessage *message)
{
    grpc_slice slice =
        grpc_slice_malloc(protobuf_c_message_get_packed_size(message));
    protobuf_c_message_pack(message, GRPC_SLICE_START_PTR(slice));
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    return buffer;
}

static grpc_op op_of(grpc_op_type type)
{
    return (grpc_op){.op = type};
}

void call_answered(struct rpc_call *call)
{
    HL_ASSERT(!call->answered);
    call->answered = true;
    if (call->entered) {
        quota_answer(call->server->quota, &call->caller.hash);
    }
    if (call->open) {
        atomic_fetch_sub(&call->method->open, 1);
    }
}

void call_send_initial(struct rpc_call *call)
{
    grpc_op op = op_of(GRPC_OP_SEND_INITIAL_METADATA);
    call_start(call, &call->written, &op, 1);
}

void call_send_answer(struct rpc_call *call, bool first,
                      grpc_byte_buffer **answer)
{
    grpc_op ops[] = {op_of(GRPC_OP_SEND_MESSAGE),
                     op_of(GRPC_OP_SEND_STATUS_FROM_SERVER),
                     op_of(GRPC_OP_SEND_INITIAL_METADATA)};
    ops[0].data.send_message.send_message = *answer;
    ops[1].data.send_status_from_server.status = GRPC_STATUS_OK;
    call_answered(call);
    call_start(call, &call->written, ops, first ? 3 : 2);
    grpc_byte_buffer_destroy(*answer);
    *answer = NULL;
}

static void send_buffer(struct rpc_call *call, bool first,
                        grpc_byte_buffer *buffer)
{
    grpc_op ops[] = {op_of(GRPC_OP_SEND_MESSAGE),
                     op_of(GRPC_OP_SEND_INITIAL_METADATA)};
    ops[0].data.send_message.send_message = buffer;
    call_start(call, &call->written, ops, first ? 2 : 1);
    grpc_byte_buffer_destroy(buffer);
}

void call_send_message(struct rpc_call *call, bool first,
                       const ProtobufCMessage *message)
{
    send_buffer(call, first, call_pack(message));
}

void call_send_bytes(struct rpc_call *call, bool first, struct bytes message)
{
    grpc_slice slice =
        grpc_slice_from_copied_buffer((const char *)message.data, message.size);
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    send_buffer(call, first, buffer);
}

/* Details quote what callers sent, and are cut at a byte: but callers decode
 * the status as UTF-8, and some give up where it is not. */
static grpc_slice status_text(const char *text)
{
    grpc_slice slice = grpc_slice_from_copied_string(text);
    uint8_t *data = GRPC_SLICE_START_PTR(slice);
    size_t size = GRPC_SLICE_LENGTH(slice);
    size_t valid = size;
    while (size - valid < 3 && valid > 0 &&
           !text_utf8_valid(bytes_of(data, valid))) {
        valid--;
    }
    if (text_utf8_valid(bytes_of(data, valid))) {
        GRPC_SLICE_SET_LENGTH(slice, valid);
        return slice;
    }
    for (size_t i = 0; i < size; i++) {
        data[i] = data[i] < 0x80 ? data[i] : '?';
    }
    return slice;
}

void call_send_status(struct rpc_call *call, bool first, hl_err err,
                      const struct hl_detail *detail)
{
    const char *pushback = pushback_of(err);
    grpc_metadata named[] = {
        {.key = grpc_slice_from_static_string("heluo-error"),
         .value = grpc_slice_from_static_string(hl_err_name(err))},
        {.key = grpc_slice_from_static_string("grpc-retry-pushback-ms"),
         .value =
             grpc_slice_from_static_string(pushback == NULL ? "" : pushback)}};
    bool said = detail != NULL && detail->text[0] != '\0';
    grpc_slice text = status_text(err == HL_OK ? ""
                                  : said       ? detail->text
                                               : hl_err_text(err));
    grpc_op ops[] = {op_of(GRPC_OP_SEND_STATUS_FROM_SERVER),
                     op_of(GRPC_OP_SEND_INITIAL_METADATA)};
    ops[0].data.send_status_from_server.status =
        (grpc_status_code)hl_err_grpc(err);
    ops[0].data.send_status_from_server.status_details = &text;
    ops[0].data.send_status_from_server.trailing_metadata = named;
    ops[0].data.send_status_from_server.trailing_metadata_count =
        err == HL_OK       ? 0
        : pushback == NULL ? 1
                           : 2;
    call_answered(call);
    call_start(call, &call->written, ops, first ? 2 : 1);
    grpc_slice_unref(text);
}

static bool is_limit(hl_err err)
{
    return err == HL_EBUSY || err == HL_ELIMIT;
}

static bool is_admission(hl_err err)
{
    enum hl_grpc status = hl_err_grpc(err);
    return status == GRPC_UNAUTHENTICATED || status == GRPC_PERMISSION_DENIED ||
           err == HL_ECRL;
}

void call_log_refusal(struct rpc_call *call, hl_err err,
                      const struct hl_detail *detail)
{
    struct rpc_server *server = call->server;
    uint64_t held = 0;
    if (is_limit(err)) {
        atomic_fetch_add(&server->refused_limits, 1);
    } else if (is_admission(err)) {
        atomic_fetch_add(&server->refused_admission, 1);
    }
    /* Who was let in and then asked for nothing has gone, though the core may
     * not have said so yet. */
    bool left = call->entered && !call->asked;
    if (err == HL_ECANCELLED || err == HL_EDEADLINE || left) {
        return; /* nobody was refused */
    }
    if (!log_limit(&server->refusals, now_mono(), &held)) {
        return;
    }
    /* Who was refused has no name unless it was believed; the text of an
     * admission's refusal says it. */
    char *peer = grpc_call_get_peer(call->core);
    const char *who =
        call->caller.spiffe[0] != '\0' ? call->caller.spiffe : peer;
    char method[128];
    snprintf(method, sizeof(method), "%.*s",
             (int)GRPC_SLICE_LENGTH(call->details.method),
             (const char *)GRPC_SLICE_START_PTR(call->details.method));
    log_event(server->log, LOG_INFO, "call.refused", LOG_TEXT("who", who),
              LOG_TEXT("peer", peer), LOG_TEXT("method", method),
              LOG_TEXT("error", hl_err_name(err)),
              LOG_TEXT("why", detail->text), LOG_UINT("held", held));
    gpr_free(peer);
}

void call_refuse(struct rpc_call *call, hl_err err,
                 const struct hl_detail *detail)
{
    HL_ASSERT(!call->stream.begun);
    call_log_refusal(call, err, detail);
    call_send_status(call, true, err, detail);
    call_unref(call);
}

/* --- What handlers call. ------------------------------------------------- */

void rpc_answer(struct rpc_call *call, const ProtobufCMessage *response)
{
    HL_ASSERT(response->descriptor == call->method->row->response);
    if (call->method->row->kind == RPC_CLIENT_STREAM) {
        stream_answer(call, response);
        return;
    }
    HL_ASSERT(call->method->row->kind == RPC_UNARY);
    grpc_byte_buffer *answer = call_pack(response);
    call_send_answer(call, true, &answer);
    call_unref(call);
}

void rpc_fail(struct rpc_call *call, hl_err err, const struct hl_detail *detail)
{
    HL_ASSERT(err != HL_OK);
    if (call->stream.begun) {
        stream_end(call, err, detail);
        if (call->method->row->kind == RPC_CLIENT_STREAM) {
            rpc_read_on(call); /* after: it is the user's until then */
        }
        return;
    }
    call_send_status(call, true, err, detail);
    call_unref(call);
}
