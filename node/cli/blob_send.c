/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/blob_send.h"

#include <string.h>

#include "certs/tools/file.h"
#include "protocol/base/hl_limits.h"

enum { PIECE_BYTES = 1048576, RESTARTS_MAX = 8 };

const char *blob_file_name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

const char *blob_media_type(const char *path)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        {".pdf", "application/pdf"},   {".txt", "text/plain"},
        {".json", "application/json"}, {".csv", "text/csv"},
        {".png", "image/png"},         {".jpg", "image/jpeg"},
        {".xml", "application/xml"},   {".ofd", "application/ofd"},
        {".zip", "application/zip"},
    };
    const char *dot = strrchr(blob_file_name_of(path), '.');
    for (size_t i = 0; dot != NULL && i < sizeof(types) / sizeof(types[0]);
         i++) {
        if (strcmp(dot, types[i].ending) == 0) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

hl_err blob_read_file(struct cli_call *call, const char *path,
                      struct writer *out)
{
    return file_read(path, HL_BLOB_MAX_BYTES, out, cli_about(call, path));
}

static hl_err send_piece(struct cli_call *call, struct node_link *link,
                         const struct blob_document *document, uint64_t offset,
                         Heluo__V1__BlobPutResponse **answer)
{
    Heluo__V1__BlobPutRequest request = HELUO__V1__BLOB_PUT_REQUEST__INIT;
    Heluo__V1__Write write = HELUO__V1__WRITE__INIT;
    size_t left = document->bytes.size - (size_t)offset;
    size_t size = left < PIECE_BYTES ? left : PIECE_BYTES;
    struct bytes piece = bytes_slice(document->bytes, (size_t)offset, size);
    ProtobufCMessage *got = NULL;
    write.command_id = (ProtobufCBinaryData){
        .len = HL_COMMAND_ID_BYTES,
        .data = (uint8_t *)(uintptr_t)document->command_id};
    request.write = &write;
    request.kind = document->kind;
    request.readers = (char **)(uintptr_t)document->readers;
    request.n_readers = document->reader_count;
    request.name = (char *)(uintptr_t)document->name;
    request.media_type = (char *)(uintptr_t)document->media_type;
    request.size = document->bytes.size;
    request.offset = offset;
    request.document = (ProtobufCBinaryData){
        .len = piece.size, .data = (uint8_t *)(uintptr_t)piece.data};
    hl_err err =
        node_link_ask_until(call, link, "/heluo.v1.Blob/Put", &request.base,
                            &heluo__v1__blob_put_response__descriptor, &got);
    *answer = (Heluo__V1__BlobPutResponse *)got;
    return err;
}

hl_err blob_send(struct cli_call *call, struct node_link *link,
                 const struct blob_document *document,
                 Heluo__V1__BlobPutResponse **answer)
{
    uint64_t offset = 0;
    unsigned restarts = 0;
    for (;;) {
        Heluo__V1__BlobPutResponse *got = NULL;
        hl_err err = send_piece(call, link, document, offset, &got);
        if (err != HL_OK) {
            return err;
        }
        if (got->written != NULL) {
            *answer = got;
            return HL_OK;
        }
        restarts += got->next <= offset;
        offset = got->next;
        heluo__v1__blob_put_response__free_unpacked(got, NULL);
        if (restarts > RESTARTS_MAX || offset > document->bytes.size) {
            return hl_fail(&call->detail, HL_EMALFORMED,
                           "the node asks for the same pieces again and again");
        }
    }
}

static hl_err send_file(struct cli_call *call, const char *path,
                        const struct blob_document *document,
                        struct hl_hash *id)
{
    struct node_link link = {0};
    Heluo__V1__BlobPutResponse *answer = NULL;
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = blob_send(call, &link, document, &answer);
    }
    if (err == HL_OK && answer->id.len != HL_HASH_BYTES) {
        err = hl_fail(&call->detail, HL_EMALFORMED,
                      "the node's answer names no blob");
    }
    if (err == HL_OK) {
        memcpy(id->bytes, answer->id.data, HL_HASH_BYTES);
    } else {
        cli_name(call, path);
    }
    protobuf_c_message_free_unpacked((ProtobufCMessage *)answer, NULL);
    node_link_close(&link);
    return err;
}

hl_err blob_send_option(struct cli_call *call, const struct blob_part_of *part,
                        struct hl_hash *id, bool *is)
{
    const char *path = cli_get(call, part->option);
    struct writer bytes = {0};
    *is = path != NULL;
    if (path == NULL) {
        return HL_OK;
    }
    struct bytes names[] = {bytes_of(part->command_id, HL_COMMAND_ID_BYTES),
                            bytes_of_text(part->option)};
    struct hl_hash command = hash_parts(names, 2);
    hl_err err = blob_read_file(call, path, &bytes);
    if (err == HL_OK) {
        struct blob_document document = {
            .bytes = writer_view(&bytes),
            .name = blob_file_name_of(path),
            .media_type = blob_media_type(path),
            .kind = part->kind,
            .readers = &part->reader,
            .reader_count = part->reader[0] == '\0' ? 0 : 1,
            .command_id = command.bytes,
        };
        err = send_file(call, path, &document, id);
    }
    writer_fini(&bytes);
    return err;
}
