/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/service/services_internal.h"

/* --- Put and retire. ----------------------------------------------------- */

struct bytes write_encode(struct rpc_call *call, const struct record_type *type,
                          const void *record)
{
    struct writer body = {0};
    record_encode(type, record, &body);
    struct bytes kept =
        bytes_of(call_text(call, writer_view(&body)), body.size);
    writer_fini(&body);
    return kept;
}

static void respond_put(struct write_call *write, Heluo__V1__Written *written)
{
    Heluo__V1__CataloguePutResponse response;
    heluo__v1__catalogue_put_response__init(&response);
    response.written = written;
    rpc_answer(write->call, &response.base);
}

/* Only its home states a record that has one; what is about a person is kept
 * beside the journal. */
hl_err record_may_put(struct write_call *write, struct write_context *context,
                      struct hl_detail *detail)
{
    const struct record_kind *kind = write->kind;
    union record_room record, key = {0};
    if (!kind->homed) {
        return HL_OK;
    }
    record_decode(kind->type, write->body, &record);
    record_copy_key(kind->type, &record, kind->retiring, &key);
    return record_check_own(write->services, write->call, context, kind, &key,
                            detail);
}

static hl_err allow_put(struct write_call *write, struct write_context *context,
                        bool *silent, struct hl_detail *detail)
{
    bool changed;
    (void)silent;
    hl_err err = record_may_put(write, context, detail);
    return err == HL_OK ? contact_keep(write, context, false, &changed, detail)
                        : err;
}

hl_err catalogue_check_owner(struct services *services,
                             struct hl_detail *detail)
{
    return atomic_load(&services->coordinator)
               ? hl_fail(detail, HL_EDENIED,
                         "this is a coordinator's node, which owns no "
                         "catalogue: a record is put at its city's")
               : HL_OK;
}

hl_err catalogue_make_put(struct write_call *write,
                          const Heluo__V1__Record *from,
                          struct hl_detail *detail)
{
    const struct record_kind *kind;
    union record_room record;
    hl_err err = catalogue_check_owner(write->services, detail);
    if (err == HL_OK) {
        err = record_of_request(write->call, write->services, from, &kind,
                                &record, detail);
    }
    return err != HL_OK ? err
                        : catalogue_make_put_of(write, kind, &record, detail);
}

hl_err catalogue_make_put_of(struct write_call *write,
                             const struct record_kind *kind,
                             union record_room *record,
                             struct hl_detail *detail)
{
    hl_err err = record_validate(kind->type, record, detail);
    if (err == HL_OK) {
        err = kind->check_new(record, detail);
    }
    if (err == HL_OK) {
        write->kind = kind;
        contact_part(write, record);
        write->allow = allow_put;
        write->type = kind->type;
        write->body_type = entry_body_type(kind->body_put, false);
        write->body = write_encode(write->call, kind->type, record);
    }
    return err;
}

struct write_call *write_call_new(struct rpc_call *call, void *context,
                                  size_t size)
{
    struct write_call *write = rpc_call_alloc(call, size);
    write->call = call;
    write->services = context;
    return write;
}

void catalogue_put(struct rpc_call *call, const ProtobufCMessage *message,
                   void *context)
{
    const Heluo__V1__CataloguePutRequest *request = (const void *)message;
    struct write_call *write = write_call_new(call, context, sizeof(*write));
    struct hl_detail detail = {0};
    hl_err err = catalogue_make_put(write, request->record, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    write->respond = respond_put;
    write_call_submit(write, request->write);
}

static void respond_retire(struct write_call *write,
                           Heluo__V1__Written *written)
{
    Heluo__V1__CatalogueRetireResponse response;
    heluo__v1__catalogue_retire_response__init(&response);
    response.written = written;
    rpc_answer(write->call, &response.base);
}

/* Only what stands here and is active can be retired. */
static hl_err allow_retire(struct write_call *write,
                           struct write_context *context, bool *silent,
                           struct hl_detail *detail)
{
    (void)silent;
    const struct record_kind *kind = write->kind;
    union record_room record;
    record_decode(kind->retiring, write->body, &record);
    struct row row;
    bool found = false;
    hl_err err = record_find(context->txn, context->number, kind, &record, &row,
                             &found, detail);
    if (err != HL_OK) {
        return err;
    }
    if (found && row.released) {
        return record_check_own(write->services, write->call, context, kind,
                                &record, detail);
    }
    if (!found || row.retired) {
        return hl_fail(detail, HL_ENOTFOUND, "%s %s",
                       record_name_text(write->call, kind, &record),
                       found ? "is retired already" : "is none of this node's");
    }
    return HL_OK;
}

hl_err catalogue_make_retire(struct write_call *write,
                             const Heluo__V1__RecordKey *key,
                             const char *reason, struct hl_detail *detail)
{
    const struct record_kind *kind;
    union record_room record;
    hl_err err = record_key_of_request(write->call, write->services, key,
                                       reason, &kind, &record, detail);
    if (err == HL_OK) {
        catalogue_make_retire_of(write, kind, &record);
    }
    return err;
}

void catalogue_make_retire_of(struct write_call *write,
                              const struct record_kind *kind,
                              const union record_room *retire)
{
    write->kind = kind;
    write->type = kind->retiring;
    write->body_type = entry_body_type(kind->body_retire, false);
    write->body = write_encode(write->call, kind->retiring, retire);
    write->allow = allow_retire;
}

void catalogue_retire(struct rpc_call *call, const ProtobufCMessage *message,
                      void *context)
{
    const Heluo__V1__CatalogueRetireRequest *request = (const void *)message;
    struct write_call *write = write_call_new(call, context, sizeof(*write));
    struct hl_detail detail = {0};
    hl_err err =
        catalogue_make_retire(write, request->key, request->reason, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    write->respond = respond_retire;
    write_call_submit(write, request->write);
}
