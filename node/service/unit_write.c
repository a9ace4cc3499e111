/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/catalogue/unit.h"
#include "node/service/services_internal.h"

/* --- Put and retire. ----------------------------------------------------- */

static struct bytes encode(struct rpc_call *call,
                           const struct record_type *type, const void *record)
{
    struct writer body = {0};
    record_encode(type, record, &body);
    struct bytes kept =
        bytes_of(call_text(call, writer_view(&body)), body.size);
    writer_fini(&body);
    return kept;
}

static hl_err check_unit(const struct unit *unit, struct hl_detail *detail)
{
    hl_err err = record_validate(&unit_record, unit, detail);
    return err == HL_OK ? unit_check_new(unit, detail) : err;
}

static void respond_put(struct rpc_call *call, Heluo__V1__Written *written)
{
    Heluo__V1__UnitPutResponse response;
    heluo__v1__unit_put_response__init(&response);
    response.written = written;
    rpc_answer(call, &response.base);
}

hl_err unit_make_put(struct write_call *write,
                     const Heluo__V1__UnitRecord *from,
                     struct hl_detail *detail)
{
    if (from == NULL) {
        return hl_fail(detail, HL_EMALFORMED, "unit: missing");
    }
    if (atomic_load(&write->services->coordinator)) {
        return hl_fail(detail, HL_EDENIED,
                       "this is a coordinator's node, which owns no "
                       "catalogue: a unit is put at its city's");
    }
    struct unit unit = unit_of_request(write->call, from);
    hl_err err = check_unit(&unit, detail);
    if (err == HL_OK) {
        write->type = &unit_record;
        write->body_type = entry_body_type(UNIT_BODY_PUT, false);
        write->body = encode(write->call, &unit_record, &unit);
    }
    return err;
}

static struct write_call *write_call_new(struct rpc_call *call, void *context)
{
    struct write_call *write = rpc_call_alloc(call, sizeof(*write));
    write->call = call;
    write->services = context;
    return write;
}

void unit_put(struct rpc_call *call, const ProtobufCMessage *message,
              void *context)
{
    const Heluo__V1__UnitPutRequest *request = (const void *)message;
    struct write_call *write = write_call_new(call, context);
    struct hl_detail detail = {0};
    hl_err err = unit_make_put(write, request->unit, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    write->respond = respond_put;
    write_call_submit(write, request->write);
}

static void respond_retire(struct rpc_call *call, Heluo__V1__Written *written)
{
    Heluo__V1__UnitRetireResponse response;
    heluo__v1__unit_retire_response__init(&response);
    response.written = written;
    rpc_answer(call, &response.base);
}

/* Only what stands here and is active can be retired. */
static hl_err allow_retire(struct write_call *write,
                           struct write_context *context,
                           struct hl_detail *detail)
{
    struct unit_retire retire;
    record_decode(&unit_retiring, write->body, &retire);
    struct unit key_of = {.scheme = retire.scheme, .id = retire.id};
    struct row row;
    bool found = false;
    hl_err err =
        unit_find(context->txn, context->number, &key_of, &row, &found, detail);
    if (err != HL_OK) {
        return err;
    }
    if (!found || row.retired) {
        return hl_fail(detail, HL_ENOTFOUND, "unit %.*s %.*s %s",
                       BYTES_ARGS(retire.scheme), BYTES_ARGS(retire.id),
                       found ? "is retired already" : "is none of this node's");
    }
    return HL_OK;
}

void unit_retire(struct rpc_call *call, const ProtobufCMessage *message,
                 void *context)
{
    const Heluo__V1__UnitRetireRequest *request = (const void *)message;
    struct hl_detail detail = {0};
    if (request->retire == NULL) {
        rpc_fail(call, hl_fail(&detail, HL_EMALFORMED, "retire: missing"),
                 &detail);
        return;
    }
    Heluo__V1__UnitRecord like = HELUO__V1__UNIT_RECORD__INIT;
    like.scheme = request->retire->scheme;
    like.id = request->retire->id;
    struct unit unit = unit_of_request(call, &like);
    struct unit_retire retire = {
        .scheme = unit.scheme,
        .id = unit.id,
        .reason = bytes_of_text(request->retire->reason),
    };
    hl_err err = record_validate(&unit_retiring, &retire, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    struct write_call *write = write_call_new(call, context);
    write->type = &unit_retiring;
    write->body_type = entry_body_type(UNIT_BODY_RETIRE, false);
    write->body = encode(call, &unit_retiring, &retire);
    write->allow = allow_retire;
    write->respond = respond_retire;
    write_call_submit(write, request->write);
}
