/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo blob`: documents that are sealed to their readers. */

#include <inttypes.h>
#include <string.h>

#include "certs/tools/file.h"
#include "node/cli/blob_send.h"
#include "node/cli/cmd_record.h"
#include "node/cli/commands.h"
#include "node/cli/message_json.h"
#include "node/cli/out_file.h"
#include "node/cli/paging.h"
#include "node/cli/term.h"
#include "protocol/base/hl_time.h"

static const struct {
    const char *word;
    Heluo__V1__BlobKind kind;
} kinds[] = {
    {"holder", HELUO__V1__BLOB_KIND__BLOB_KIND_HOLDER},
    {"contract", HELUO__V1__BLOB_KIND__BLOB_KIND_CONTRACT},
    {"report", HELUO__V1__BLOB_KIND__BLOB_KIND_REPORT},
    {"invoice", HELUO__V1__BLOB_KIND__BLOB_KIND_INVOICE},
    {"other", HELUO__V1__BLOB_KIND__BLOB_KIND_OTHER},
};
/* Which no person puts. */
static const char FINGERPRINT_KEY[] = "fingerprint-key";

static const char *word_of(Heluo__V1__BlobKind kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].kind == kind) {
            return kinds[i].word;
        }
    }
    return kind == HELUO__V1__BLOB_KIND__BLOB_KIND_FINGERPRINT_KEY
               ? FINGERPRINT_KEY
               : "?";
}

static hl_err take_kind(struct cli_call *call, Heluo__V1__BlobKind *out)
{
    const char *word = cli_get(call, "kind");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].word, word) == 0) {
            *out = kinds[i].kind;
            return HL_OK;
        }
    }
    return cli_usage(call,
                     "--kind is '%s': give holder, contract, report, invoice "
                     "or other",
                     word);
}

static char *text_of(const struct cli_call *call, const char *option)
{
    const char *text = cli_get(call, option);
    return (char *)(uintptr_t)(text == NULL ? "" : text);
}

static hl_err take_id(struct cli_call *call, struct hl_hash *out)
{
    const char *text = call->operands[0];
    bool good = strlen(text) == 2 * HL_HASH_BYTES;
    for (size_t i = 0; good && i < HL_HASH_BYTES; i++) {
        unsigned byte = 0;
        int got = 0;
        good = sscanf(text + 2 * i, "%2x%n", &byte, &got) == 1 && got == 2;
        out->bytes[i] = (uint8_t)byte;
    }
    return good ? HL_OK
                : cli_usage(call, "'%s' is no blob's id: give 64 hex digits",
                            text);
}

static ProtobufCBinaryData binary_of(const struct hl_hash *id)
{
    return (ProtobufCBinaryData){.len = HL_HASH_BYTES,
                                 .data = (uint8_t *)(uintptr_t)id->bytes};
}

/* --- put. ---------------------------------------------------------------- */

static void print_put(struct cli_call *call,
                      const Heluo__V1__BlobPutResponse *answer)
{
    struct writer id = {0};
    term_hex(bytes_of(answer->id.data, answer->id.len), &id);
    writer_u8(&id, 0);
    if (call->json) {
        cli_print_json(json_pack("{s:s, s:s, s:I, s:b}", "blob",
                                 (const char *)id.data, "origin",
                                 answer->written->origin, "index",
                                 (json_int_t)answer->written->index, "repeated",
                                 (int)answer->written->repeated));
    } else {
        printf("blob %s\nindex %" PRIu64 " of ", (const char *)id.data,
               answer->written->index);
        term_put(stdout, answer->written->origin);
        puts(answer->written->repeated
                 ? ": the request had been made before, nothing new was written"
                 : "");
    }
    writer_fini(&id);
}

static hl_err cmd_blob_put(struct cli_call *call)
{
    const char *path = call->operands[0];
    const char *readers[HL_BLOB_READERS_MAX];
    uint8_t command_id[HL_COMMAND_ID_BYTES];
    struct writer bytes = {0};
    struct node_link link = {0};
    Heluo__V1__BlobPutResponse *answer = NULL;
    struct blob_document document = {
        .name = blob_file_name_of(path),
        .media_type = blob_media_type(path),
        .readers = readers,
        .command_id = command_id,
    };
    const char *reader;
    while ((reader = cli_get_nth(call, "reader", document.reader_count)) !=
           NULL) {
        if (document.reader_count == HL_BLOB_READERS_MAX) {
            return cli_usage(call, "at most %d readers may be",
                             HL_BLOB_READERS_MAX);
        }
        readers[document.reader_count++] = reader;
    }
    hl_err err = take_kind(call, &document.kind);
    if (err == HL_OK) {
        err = record_choose_id(call, command_id);
    }
    if (err == HL_OK) {
        err = blob_read_file(call, path, &bytes);
    }
    if (err == HL_OK) {
        document.bytes = writer_view(&bytes);
        document.name =
            cli_has(call, "name") ? cli_get(call, "name") : document.name;
        document.media_type = cli_has(call, "media-type")
                                  ? cli_get(call, "media-type")
                                  : document.media_type;
        err = node_link_open(call, &link);
    }
    if (err == HL_OK) {
        err = blob_send(call, &link, &document, &answer);
    }
    if (err == HL_OK) {
        print_put(call, answer);
    }
    protobuf_c_message_free_unpacked((ProtobufCMessage *)answer, NULL);
    node_link_close(&link);
    writer_fini(&bytes);
    return err;
}

/* --- get. ---------------------------------------------------------------- */

static void tell_head(struct cli_call *call,
                      const Heluo__V1__BlobGetResponse *first)
{
    if (call->json) {
        cli_print_json(json_pack(
            "{s:o, s:o, s:I}", "name", cli_json_text(first->name), "media_type",
            cli_json_text(first->media_type), "size", (json_int_t)first->size));
    } else {
        fputs("name ", stdout);
        term_put(stdout, first->name);
        fputs("\ntype ", stdout);
        term_put(stdout, first->media_type);
        printf("\nsize %" PRIu64 "\n", first->size);
    }
}

/* The head is told once all of it is known to be what it should be. */
static hl_err receive(struct cli_call *call, struct client_stream *stream,
                      int64_t wait_ms, struct out_file *file)
{
    ProtobufCMessage *message = NULL;
    Heluo__V1__BlobGetResponse *first = NULL;
    bool late = false;
    hl_err err = HL_OK;
    for (;;) {
        err =
            client_stream_next(stream, wait_ms, &message, &late, &call->detail);
        if (err == HL_OK && late) {
            err = hl_fail(&call->detail, HL_EDEADLINE, "no more of it came");
        }
        if (err != HL_OK || message == NULL) {
            break;
        }
        Heluo__V1__BlobGetResponse *part =
            (Heluo__V1__BlobGetResponse *)message;
        if (part->document.len > 0 &&
            fwrite(part->document.data, 1, part->document.len, file->out) !=
                part->document.len) {
            err = out_file_fail(file, "write");
        }
        if (first == NULL) {
            first = part;
        } else {
            heluo__v1__blob_get_response__free_unpacked(part, NULL);
        }
        if (err != HL_OK) {
            break;
        }
    }
    if (err == HL_OK) {
        err = first == NULL ? hl_fail(&call->detail, HL_EMALFORMED,
                                      "the node's answer is empty")
                            : out_file_commit(file);
    }
    if (err == HL_OK) {
        tell_head(call, first);
    }
    protobuf_c_message_free_unpacked((ProtobufCMessage *)first, NULL);
    return err;
}

static hl_err cmd_blob_get(struct cli_call *call)
{
    Heluo__V1__BlobGetRequest request = HELUO__V1__BLOB_GET_REQUEST__INIT;
    struct hl_hash id;
    struct node_link link = {0};
    struct out_file file = {0};
    struct client_stream *stream = NULL;
    hl_err err = take_id(call, &id);
    if (err == HL_OK) {
        err =
            out_file_open(&file, call, cli_get(call, "out"), FILE_MODE_SECRET);
    }
    if (err == HL_OK) {
        err = node_link_open(call, &link);
    }
    if (err == HL_OK) {
        request.id = binary_of(&id);
        request.origin = text_of(call, "origin");
        stream =
            client_stream_open(link.client, "/heluo.v1.Blob/Get", &request.base,
                               &heluo__v1__blob_get_response__descriptor);
        err = receive(call, stream, link.timeout_ms, &file);
    }
    client_stream_close(&stream);
    out_file_close(&file);
    node_link_close(&link);
    return err;
}

/* --- list, show. --------------------------------------------------------- */

static const char *here(const Heluo__V1__BlobView *view, char out[32])
{
    if (view->erased) {
        return "erased";
    }
    if (view->whole) {
        return view->reads ? "yes" : "carried";
    }
    if (view->held == 0) {
        return "no";
    }
    snprintf(out, 32, "%" PRIu64 "%%", view->held * 100 / view->size);
    return out;
}

static void add_row(struct term_table *table, const Heluo__V1__BlobView *view)
{
    char size[32], percent[32], kind[32];
    struct writer id = {0}, readers = {0};
    term_hex(bytes_of(view->id.data, view->id.len), &id);
    writer_u8(&id, 0);
    for (size_t i = 0; i < view->n_readers; i++) {
        writer_format(&readers, "%s%s", i == 0 ? "" : " ", view->readers[i]);
    }
    writer_u8(&readers, 0);
    snprintf(size, sizeof(size), "%" PRIu64, view->size);
    snprintf(kind, sizeof(kind), view->key_version == 0 ? "%s" : "%s:%" PRIu32,
             word_of(view->kind), view->key_version);
    const char *cells[] = {(const char *)id.data,
                           view->origin,
                           kind,
                           size,
                           here(view, percent),
                           (const char *)readers.data};
    term_table_add(table, cells);
    writer_fini(&id);
    writer_fini(&readers);
}

struct list {
    struct cli_call *call;
    struct term_table table;
};

static const ProtobufCBinaryData *
take_page(void *context, const ProtobufCMessage *page, hl_err *err)
{
    struct list *list = context;
    const Heluo__V1__BlobListResponse *answer = (const void *)page;
    *err = HL_OK;
    for (size_t i = 0; i < answer->n_blobs; i++) {
        if (list->call->json) {
            cli_print_json(message_json(&answer->blobs[i]->base));
        } else {
            add_row(&list->table, answer->blobs[i]);
        }
    }
    return &answer->next_page_token;
}

static hl_err list_by(struct cli_call *call, const struct hl_hash *id)
{
    Heluo__V1__BlobListRequest request = HELUO__V1__BLOB_LIST_REQUEST__INIT;
    struct list list = {.call = call, .table = {.column_count = 6}};
    request.origin = text_of(call, "origin");
    if (id != NULL) {
        request.id = binary_of(id);
    }
    struct paging paging = {
        .call = call,
        .path = "/heluo.v1.Blob/List",
        .request = &request.base,
        .token = &request.page_token,
        .answer = &heluo__v1__blob_list_response__descriptor,
        .take = take_page,
        .context = &list,
    };
    term_table_add(&list.table,
                   (const char *const[]){"BLOB", "JOURNAL", "KIND", "SEALED",
                                         "HERE", "READERS"});
    hl_err err = paging_run(&paging);
    if (err == HL_OK && !call->json) {
        term_table_print(&list.table, stdout);
    }
    term_table_fini(&list.table);
    return err;
}

static hl_err cmd_blob_list(struct cli_call *call)
{
    return list_by(call, NULL);
}

static hl_err cmd_blob_show(struct cli_call *call)
{
    struct hl_hash id;
    hl_err err = take_id(call, &id);
    return err == HL_OK ? list_by(call, &id) : err;
}

/* --- erase. -------------------------------------------------------------- */

static hl_err cmd_blob_erase(struct cli_call *call)
{
    Heluo__V1__BlobEraseRequest request = HELUO__V1__BLOB_ERASE_REQUEST__INIT;
    struct hl_hash id;
    hl_err err = take_id(call, &id);
    if (err != HL_OK) {
        return err;
    }
    request.id = binary_of(&id);
    return record_write(call, "/heluo.v1.Blob/Erase", &request.base,
                        &heluo__v1__blob_erase_response__descriptor);
}

/* --- The table. ---------------------------------------------------------- */

#define ORIGIN_OPTION(whose)                                                   \
    {                                                                          \
        "origin", "NAME", "Of that journal, as zy.example/luoyang; " whose,    \
            CLI_OPTIONAL                                                       \
    }

static const struct cli_option put_options[] = {
    {"kind", "WORD", "holder, contract, report, invoice, other.", CLI_REQUIRED},
    {"reader", "NODE",
     "A node that may open it, beside this one; again for more, 15 at most.",
     CLI_REPEATED},
    {"name", "TEXT", "Its name, within the seal; the file's if not given.",
     CLI_OPTIONAL},
    {"media-type", "TEXT",
     "Likewise; by the ending of the file's name if not given.", CLI_OPTIONAL},
    {"command-id", "HEX",
     "32 hex digits that name this request, for a repetition of it; made at\n"
     "random if not given.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0}};

static const struct cli_option get_options[] = {
    {"out", "FILE", "Where to write it; nothing is replaced.", CLI_REQUIRED},
    ORIGIN_OPTION("this node's own if not given."),
    CONNECT_OPTIONS,
    {0}};

static const struct cli_option list_options[] = {
    ORIGIN_OPTION("all if not given."), CONNECT_OPTIONS, {0}};

static const struct cli_option show_options[] = {
    ORIGIN_OPTION("this node's own if not given."), CONNECT_OPTIONS, {0}};

static const struct cli_option erase_options[] = {
    WRITE_OPTIONS, CONNECT_OPTIONS, {0}};

#define ONE_BLOB                                                               \
    .operands = "ID", .operands_min = 1, .operands_max = 1, .json = true

const struct cli_command blob_commands[] = {
    {.name = "put",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "seal a document to its readers, and name it in the journal",
     .description =
         "The node seals the document to its own encryption key and to those\n"
         "that the charter has of the readers, and signs into its journal an "
         "id,\n"
         "a size and who reads it. Nothing of what is in it stands there, nor\n"
         "its name. It reaches its readers by itself, through whatever nodes "
         "lie\n"
         "between, which cannot open it.",
     .examples = "heluo blob put report.pdf --kind report --reader zhengzhou",
     .options = put_options,
     .json = true,
     .run = cmd_blob_put},
    {.name = "get",
     .summary = "open a document that is sealed to this node",
     .description =
         "Writes it, mode 0600, once all of it was found to be what its id "
         "says.\n"
         "HL_EAWAY: it is on its way here. HL_EDENIED: it is sealed to others.",
     .examples =
         "heluo blob get \\\n"
         "    5f1c0f7f2b0e3d1f7c6b0d0a9e8f7c6b5a493827160f1e2d3c4b5a69788796a5 "
         "\\\n"
         "    --origin zy.example/shandong --out report.pdf",
     .options = get_options,
     ONE_BLOB,
     .run = cmd_blob_get},
    {.name = "list",
     .summary = "the documents that journals name, and which are here",
     .description =
         "HERE says 'yes' (and this node opens it), 'carried' (for others),\n"
         "how much of it has come, 'no', or 'erased'. With --json a line each.",
     .options = list_options,
     .json = true,
     .run = cmd_blob_list},
    {.name = "show",
     .summary = "what is known of one",
     .description = "Its line of 'heluo blob list'.",
     .options = show_options,
     ONE_BLOB,
     .run = cmd_blob_show},
    {.name = "erase",
     .summary = "delete one of this node's, here and at partners",
     .description =
         "Its bytes are gone here when this is answered. At partners it is a\n"
         "request, which their nodes follow by themselves as soon as they "
         "hear\n"
         "of it: its bytes go, are served no more and never taken again. What\n"
         "somebody has opened and kept elsewhere, no command takes back, nor\n"
         "what lies in backups. The journals' proofs stay as they are.",
     .options = erase_options,
     ONE_BLOB,
     .run = cmd_blob_erase},
    {0},
};
