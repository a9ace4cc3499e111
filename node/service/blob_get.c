/* SPDX-License-Identifier: Apache-2.0 */

/* Blob.Get: a part is read, opened and sent at a time. */

#include <string.h>

#include "node/service/blob_call.h"
#include "protocol/base/alloc.h"
#include "protocol/entry/origin.h"

struct get_stream {
    struct services *services;
    struct blob_store store;
    struct blob_name name;
    struct blob_seal seal;
    struct blob_opener *opener;
    uint64_t next; /* part */
    bool told;     /* name and media type */
    struct writer part, document;
};

static hl_err open_part(struct get_stream *get, struct hl_detail *detail)
{
    writer_clear(&get->part);
    writer_clear(&get->document);
    hl_err err = get->store.read(get->store.context, &get->name, &get->seal,
                                 get->next, &get->part, detail);
    if (err == HL_OK) {
        err = blob_opener_add(get->opener, writer_view(&get->part),
                              &get->document, detail);
    }
    get->next++;
    if (err == HL_OK && get->next == blob_part_count(get->seal.size)) {
        err = blob_opener_finish(get->opener, &get->name.id, detail);
    }
    return err;
}

static void send_part(struct rpc_call *call, struct get_stream *get)
{
    Heluo__V1__BlobGetResponse response = HELUO__V1__BLOB_GET_RESPONSE__INIT;
    const struct blob_head *head = blob_opener_head(get->opener);
    if (!get->told && head != NULL) {
        response.name = call_text(call, head->name);
        response.media_type = call_text(call, head->media_type);
        response.size = head->size;
        get->told = true;
    }
    response.document = (ProtobufCBinaryData){.len = get->document.size,
                                              .data = get->document.data};
    rpc_send(call, &response.base);
}

static void pump(struct rpc_call *call, void *context)
{
    struct get_stream *get = context;
    struct hl_detail detail = {0};
    if (get->next == blob_part_count(get->seal.size)) {
        rpc_finish(call);
        return;
    }
    hl_err err = open_part(get, &detail);
    /* The head is open with the first chunk, which ends in the next part where
     * there is one: nothing is sent before it. */
    while (err == HL_OK && blob_opener_head(get->opener) == NULL &&
           get->next < blob_part_count(get->seal.size)) {
        err = open_part(get, &detail);
    }
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    } else {
        send_part(call, get);
    }
}

static void gone(struct rpc_call *call, void *context)
{
    struct get_stream *get = context;
    (void)call;
    blob_opener_destroy(&get->opener);
    writer_fini(&get->part);
    writer_fini(&get->document);
}

static hl_err check_readable(struct services *services,
                             const struct blob_put *put, bool erased,
                             struct hl_detail *detail)
{
    struct bytes self = origin_node(bytes_of_text(services->origin));
    if (erased) {
        return hl_fail(detail, HL_ENOTFOUND, "this blob was erased");
    }
    if (put->key_version > 0) {
        return hl_fail(detail, HL_EDENIED,
                       "a key of fingerprints is the nodes' own: nobody is "
                       "shown one");
    }
    return blob_has_reader(put, self)
               ? HL_OK
               : hl_fail(detail, HL_EDENIED, "it is sealed to others: %.*s",
                         BYTES_ARGS(put->readers));
}

static hl_err begin(struct get_stream *get, struct bytes origin,
                    struct bytes id, struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    struct row row;
    struct blob_put put;
    struct blob_held held = {0};
    hl_err err = store_begin_read(get->services->options.store, &txn, detail);
    if (err == HL_OK) {
        err = blob_find(txn, origin, id, &row, &put, detail);
    }
    if (err == HL_OK) {
        err = check_readable(get->services, &put, row.retired, detail);
    }
    if (err == HL_OK) {
        get->seal = blob_seal_of(&put);
        get->name = blob_name_of(origin, id);
    }
    store_abort(&txn);
    if (err != HL_OK) {
        return err;
    }
    get->store = blob_files_store(get->services->blobs.files);
    get->store.held(get->store.context, &get->name, &get->seal, &held);
    return held.whole
               ? HL_OK
               : hl_fail(detail, HL_EAWAY,
                         "%llu of its %llu parts are here yet: the rest comes "
                         "by itself from a partner that has it",
                         (unsigned long long)held.parts,
                         (unsigned long long)blob_part_count(get->seal.size));
}

void blob_service_get(struct rpc_call *call, const ProtobufCMessage *message,
                      void *context)
{
    const Heluo__V1__BlobGetRequest *request = (const void *)message;
    struct services *services = context;
    struct hl_detail detail = {0};
    struct get_stream *get = rpc_call_alloc(call, sizeof(*get));
    const char *origin =
        request->origin[0] == '\0' ? services->origin : request->origin;
    get->services = services;
    hl_err err = blob_check_kept(services, &detail);
    if (err == HL_OK) {
        err = begin(get, bytes_of_text(origin), bytes_of_binary(&request->id),
                    &detail);
    }
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    blob_opener_create(services->blobs.keys, services->blobs.key_count,
                       get->seal.size, &get->opener);
    rpc_stream_start(
        call, &(struct rpc_stream){.pump = pump, .gone = gone, .context = get});
}
