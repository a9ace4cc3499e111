/* SPDX-License-Identifier: Apache-2.0 */

/* Blob.Put. A document comes in pieces, is sealed as it comes and lies in a
 * draft, which gets its name in the transaction of its entry. What is clear is
 * never on the disk. */

#include <openssl/crypto.h>
#include <string.h>
#include <time.h>

#include "node/service/blob_call.h"
#include "node/service/blob_uploads.h"
#include "protocol/base/alloc.h"
#include "protocol/entry/origin.h"

enum { PIECE_MAX_BYTES = 1048576 };

static int64_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* --- The first piece. ---------------------------------------------------- */

/* The same for a retry, so that the id is, and nobody else's to know. */
static void make_salt(const struct services *services,
                      const struct upload *upload,
                      uint8_t salt[BLOB_SALT_BYTES])
{
    struct bytes parts[] = {
        bytes_of_text("heluo blob salt\n"),
        bytes_of(services->blobs.keys[0].private, BLOB_KEY_BYTES),
        bytes_of(upload->caller.bytes, HL_HASH_BYTES),
        bytes_of(upload->command, HL_COMMAND_ID_BYTES)};
    struct hl_hash hash = hash_parts(parts, 4);
    memcpy(salt, hash.bytes, BLOB_SALT_BYTES);
    OPENSSL_cleanse(&hash, sizeof(hash));
}

static hl_err seal(struct services *services, struct upload *upload,
                   const struct blob_head *head,
                   const struct blob_readers *readers, struct hl_detail *detail)
{
    uint8_t salt[BLOB_SALT_BYTES];
    make_salt(services, upload, salt);
    hl_err err = blob_readers_seal(readers, head, salt, &upload->sealed,
                                   &upload->sealer, detail);
    OPENSSL_cleanse(salt, sizeof(salt));
    return err;
}

static hl_err check_size(const struct services *services,
                         const struct blob_head *head, size_t reader_count,
                         uint64_t *size, struct hl_detail *detail)
{
    hl_err err = blob_sealed_size(head, reader_count, size, detail);
    uint64_t max = services->blobs.blob_max_bytes;
    return err == HL_OK && *size > max
               ? hl_fail(detail, HL_ELIMIT,
                         "sealed it has %llu bytes, and one blob may have %llu "
                         "here (max_blob_bytes)",
                         (unsigned long long)*size, (unsigned long long)max)
               : err;
}

static hl_err begin(struct services *services,
                    const Heluo__V1__BlobPutRequest *request,
                    struct upload *upload, struct hl_detail *detail)
{
    struct blob_readers readers = {0};
    uint64_t size = 0;
    struct blob_head head = {.name = bytes_of_text(request->name),
                             .media_type = bytes_of_text(request->media_type),
                             .size = request->size};
    if (request->kind < HELUO__V1__BLOB_KIND__BLOB_KIND_HOLDER ||
        request->kind > HELUO__V1__BLOB_KIND__BLOB_KIND_OTHER) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field kind: missing, or one that this node does not "
                       "know");
    }
    hl_err err = blob_readers_find(services, request->readers,
                                   request->n_readers, &readers, detail);
    if (err == HL_OK) {
        err = check_size(services, &head, readers.count, &size, detail);
    }
    if (err == HL_OK) {
        err = blob_draft_begin(services->blobs.files, size, &upload->draft,
                               detail);
    }
    if (err == HL_OK) {
        err = seal(services, upload, &head, &readers, detail);
    }
    upload->kind = (uint64_t)request->kind;
    blob_readers_write(&readers, &upload->readers);
    return err;
}

/* --- Any piece. ---------------------------------------------------------- */

static struct hl_hash hash_head(const Heluo__V1__BlobPutRequest *request)
{
    struct writer all = {0};
    writer_u32(&all, (uint32_t)request->kind);
    writer_u64(&all, request->size);
    writer_u32(&all, (uint32_t)request->n_readers);
    for (size_t i = 0; i < request->n_readers; i++) {
        writer_text(&all, request->readers[i]);
        writer_u8(&all, 0);
    }
    writer_text(&all, request->name);
    writer_u8(&all, 0);
    writer_text(&all, request->media_type);
    struct hl_hash hash = hash_bytes(writer_view(&all));
    writer_fini(&all);
    return hash;
}

static hl_err check_request(const Heluo__V1__BlobPutRequest *request,
                            struct hl_detail *detail)
{
    if (request->write == NULL ||
        request->write->command_id.len != HL_COMMAND_ID_BYTES) {
        return hl_fail(detail, HL_EMALFORMED,
                       "write.command_id needs %d bytes: choose them at "
                       "random, and keep them for all pieces and retries",
                       HL_COMMAND_ID_BYTES);
    }
    if (request->document.len > PIECE_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "field document: at most %d bytes",
                       PIECE_MAX_BYTES);
    }
    bool lacks = request->document.len == 0 && request->offset < request->size;
    return !lacks && request->offset <= request->size &&
                   request->document.len <= request->size - request->offset
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED,
                         "field document: nothing, or more than size says");
}

static hl_err write_sealed(struct upload *upload, struct hl_detail *detail)
{
    hl_err err =
        blob_draft_add(upload->draft, writer_view(&upload->sealed), detail);
    writer_clear(&upload->sealed);
    return err;
}

static hl_err add_piece(struct upload *upload,
                        const Heluo__V1__BlobPutRequest *request,
                        struct hl_detail *detail)
{
    hl_err err =
        blob_sealer_add(upload->sealer, bytes_of_binary(&request->document),
                        &upload->sealed, detail);
    if (err == HL_OK) {
        err = write_sealed(upload, detail);
    }
    upload->next += request->document.len;
    return err;
}

/* --- The entry. ---------------------------------------------------------- */

struct put_call {
    struct write_call write; /* first */
    struct upload *upload;
    struct hl_hash id;
    struct hl_hash root;
};

static hl_err run_put(struct write_command *command,
                      struct write_context *context, struct hl_detail *detail)
{
    struct put_call *put = (struct put_call *)command;
    struct bytes origin = bytes_of_text(put->write.services->origin);
    struct bytes id = bytes_of(put->id.bytes, HL_HASH_BYTES);
    struct row row;
    struct blob_put former;
    struct hl_detail none;
    hl_err err = blob_find(context->txn, origin, id, &row, &former, &none);
    if (err == HL_OK) {
        return hl_fail(detail, HL_EEXISTS, "there is such a blob, or was");
    }
    if (err != HL_ENOTFOUND) {
        *detail = none;
        return err;
    }
    struct blob_name name = blob_name_of(origin, id);
    err = blob_draft_place(put->upload->draft, &name, detail);
    return err == HL_OK ? write_call_run(command, context, detail) : err;
}

/* The sealed form is another one each time, and the id says what is within. */
static const char *put_difference(const struct write_call *write,
                                  const struct entry *former)
{
    struct blob_put ours, theirs;
    record_decode(&blob_record, write->body, &ours);
    record_decode(&blob_record, former->body, &theirs);
    return !bytes_equal(ours.id, theirs.id)             ? "document"
           : ours.kind != theirs.kind                   ? "kind"
           : !bytes_equal(ours.readers, theirs.readers) ? "readers"
                                                        : NULL;
}

static void answer_put(struct write_command *command,
                       const struct write_answer *answer)
{
    struct put_call *put = (struct put_call *)command;
    blob_uploads_leave(put->write.services->uploads, put->upload, false,
                       now_s());
    write_call_answer(command, answer);
}

static void respond_put(struct write_call *write, Heluo__V1__Written *written)
{
    struct put_call *put = (struct put_call *)write;
    Heluo__V1__BlobPutResponse response = HELUO__V1__BLOB_PUT_RESPONSE__INIT;
    response.written = written;
    response.id =
        (ProtobufCBinaryData){.len = HL_HASH_BYTES, .data = put->id.bytes};
    rpc_answer(write->call, &response.base);
}

static const struct write_type put_type = {
    .name = "blob",
    .run = run_put,
    .difference = write_call_difference,
    .answer = answer_put,
};

static hl_err finish(struct put_call *put, struct hl_detail *detail)
{
    struct upload *upload = put->upload;
    struct blob_seal seal;
    hl_err err =
        blob_sealer_finish(upload->sealer, &upload->sealed, &put->id, detail);
    if (err == HL_OK) {
        err = write_sealed(upload, detail);
    }
    if (err == HL_OK) {
        err = blob_draft_finish(upload->draft, &seal, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    struct blob_put record = {
        .id = bytes_of(put->id.bytes, HL_HASH_BYTES),
        .kind = upload->kind,
        .readers = writer_view(&upload->readers),
    };
    put->root = seal.root;
    put->write.asked = write_encode(put->write.call, &blob_record, &record);
    record.size = seal.size;
    record.root = bytes_of(put->root.bytes, HL_HASH_BYTES);
    put->write.body = write_encode(put->write.call, &blob_record, &record);
    put->write.type = &blob_record;
    put->write.body_type = entry_body_type(BLOB_BODY_PUT, false);
    put->write.difference = put_difference;
    put->write.respond = respond_put;
    put->write.command.type = &put_type;
    return record_validate(&blob_record, &record, detail);
}

/* --- The method. --------------------------------------------------------- */

static hl_err find_upload(struct services *services, struct rpc_call *call,
                          const Heluo__V1__BlobPutRequest *request,
                          struct upload **out, struct hl_detail *detail)
{
    struct hl_hash caller = rpc_call_caller(call)->hash;
    struct hl_hash head = hash_head(request);
    struct bytes command = bytes_of_binary(&request->write->command_id);
    hl_err err = blob_uploads_take(services->uploads, &caller, command, now_s(),
                                   out, detail);
    if (err != HL_OK || (*out == NULL && request->offset > 0)) {
        return err;
    }
    if (*out != NULL && request->offset == 0) {
        /* It begins again. */
        blob_uploads_leave(services->uploads, *out, false, now_s());
        *out = NULL;
    }
    if (*out != NULL) {
        return hash_equal(&(*out)->head, &head)
                   ? HL_OK
                   : hl_fail(detail, HL_EMALFORMED,
                             "the pieces of one document are not alike");
    }
    struct upload *made = hl_alloc(1, sizeof(*made));
    made->caller = caller;
    made->head = head;
    memcpy(made->command, command.data, HL_COMMAND_ID_BYTES);
    err = begin(services, request, made, detail);
    if (err == HL_OK) {
        err = blob_uploads_add(services->uploads, made, detail);
    }
    if (err != HL_OK) {
        blob_upload_destroy(&made);
    }
    *out = made;
    return err;
}

static void answer_next(struct rpc_call *call, uint64_t next)
{
    Heluo__V1__BlobPutResponse response = HELUO__V1__BLOB_PUT_RESPONSE__INIT;
    response.next = next;
    rpc_answer(call, &response.base);
}

void blob_service_put(struct rpc_call *call, const ProtobufCMessage *message,
                      void *context)
{
    const Heluo__V1__BlobPutRequest *request = (const void *)message;
    struct services *services = context;
    struct hl_detail detail = {0};
    struct put_call *put =
        (struct put_call *)write_call_new(call, context, sizeof(*put));
    hl_err err = blob_check_kept(services, &detail);
    if (err == HL_OK) {
        err = check_request(request, &detail);
    }
    if (err == HL_OK) {
        err = find_upload(services, call, request, &put->upload, &detail);
    }
    struct upload *upload = put->upload;
    bool fits = upload != NULL && upload->next == request->offset;
    if (err == HL_OK && fits) {
        err = add_piece(upload, request, &detail);
    }
    bool last = err == HL_OK && fits && upload->next == request->size;
    if (last) {
        err = finish(put, &detail);
    }
    if (last && err == HL_OK) {
        err = write_call_try(&put->write, request->write, &detail);
        if (err == HL_OK) {
            return; /* it is the writer's */
        }
    }
    uint64_t next = upload == NULL ? 0 : upload->next;
    if (upload != NULL) {
        blob_uploads_leave(services->uploads, upload, err == HL_OK, now_s());
    }
    if (err == HL_OK) {
        answer_next(call, next);
    } else {
        rpc_fail(call, err, &detail);
    }
}
