/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo journal export`, `import` and `audit`. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "certs/tools/file.h"
#include "heluo/v1/node.pb-c.h"
#include "node/audit/archive.h"
#include "node/audit/archive_audit.h"
#include "node/cli/cmd_charter.h"
#include "node/cli/cmd_journal.h"
#include "node/cli/connect.h"
#include "node/cli/term.h"
#include "protocol/base/alloc.h"
#include "protocol/base/base64.h"

enum { LIST_MAX_BYTES = 16 << 20, BUSY_TRIES = 40, BUSY_PAUSE_MS = 250 };

/* --- export. ------------------------------------------------------------- */

/* What a receiver has, as 'heluo journal list --json' told there. */
static hl_err read_beyond(struct cli_call *call,
                          Heluo__V1__NodeExportRequest *request, json_t **held)
{
    const char *path = cli_get(call, "beyond");
    struct writer raw = {0};
    size_t i;
    json_t *at;
    if (path == NULL) {
        return HL_OK;
    }
    hl_err err = file_read(path, LIST_MAX_BYTES, &raw, cli_about(call, path));
    if (err == HL_OK) {
        *held = json_loadb((const char *)raw.data, raw.size, 0, NULL);
    }
    writer_fini(&raw);
    json_t *journals = json_object_get(*held, "journals");
    if (err == HL_OK && !json_is_array(journals)) {
        return hl_fail(&call->detail, HL_EMALFORMED,
                       "is not what 'heluo journal list --json' prints");
    }
    request->have =
        hl_alloc(json_array_size(journals) + 1, sizeof(request->have[0]));
    json_array_foreach(journals, i, at)
    {
        Heluo__V1__Position *have = hl_alloc(1, sizeof(*have));
        heluo__v1__position__init(have);
        const char *origin = json_string_value(json_object_get(at, "origin"));
        have->origin = (char *)(uintptr_t)(origin == NULL ? "" : origin);
        have->size = (uint64_t)json_integer_value(json_object_get(at, "size"));
        request->have[request->n_have++] = have;
    }
    return err;
}

static hl_err export_part(struct cli_call *call, struct node_link *link,
                          struct archive *archive,
                          Heluo__V1__NodeExportRequest *request,
                          Heluo__V1__NodeExportResponse **part)
{
    ProtobufCMessage *answer = NULL;
    hl_err err =
        node_link_ask(call, link, "/heluo.v1.Node/Export", &request->base,
                      &heluo__v1__node_export_response__descriptor, &answer);
    if (err != HL_OK) {
        return err;
    }
    const Heluo__V1__NodeExportResponse *got =
        (const Heluo__V1__NodeExportResponse *)answer;
    for (size_t i = 0; i < got->n_messages && err == HL_OK; i++) {
        err = archive_put(archive,
                          bytes_of(got->messages[i].data, got->messages[i].len),
                          cli_about(call, cli_get(call, "out")));
    }
    if (*part != NULL) { /* whose cursor was asked with */
        heluo__v1__node_export_response__free_unpacked(*part, NULL);
    }
    *part = (Heluo__V1__NodeExportResponse *)answer;
    request->cursor = (*part)->cursor;
    return err;
}

static hl_err export_all(struct cli_call *call, struct node_link *link,
                         struct archive *archive,
                         Heluo__V1__NodeExportRequest *request)
{
    Heluo__V1__NodeExportResponse *part = NULL;
    hl_err err = HL_OK;
    do {
        err = export_part(call, link, archive, request, &part);
    } while (err == HL_OK && request->cursor != NULL);
    if (part != NULL) {
        heluo__v1__node_export_response__free_unpacked(part, NULL);
    }
    return err == HL_OK
               ? archive_finish(archive, cli_about(call, cli_get(call, "out")))
               : err;
}

hl_err cmd_journal_export(struct cli_call *call)
{
    const char *out = cli_get(call, "out");
    struct node_link link = {0};
    struct archive archive = {0};
    Heluo__V1__NodeExportRequest request = HELUO__V1__NODE_EXPORT_REQUEST__INIT;
    json_t *held = NULL;
    request.blobs = cli_has(call, "blobs");
    hl_err err = read_beyond(call, &request, &held);
    if (err == HL_OK) {
        err = node_link_open(call, &link);
    }
    if (err == HL_OK) {
        err = archive_create(out, &archive, cli_about(call, out));
    }
    bool created = err == HL_OK;
    if (err == HL_OK) {
        err = export_all(call, &link, &archive, &request);
    }
    if (err == HL_OK && call->json) {
        cli_print_json(json_pack("{s:I, s:o}", "messages",
                                 (json_int_t)archive.messages, "file",
                                 cli_json_text(out)));
    } else if (err == HL_OK) {
        printf("%" PRIu64 " messages\n", archive.messages);
    } else if (created) {
        (void)unlink(out);
    }
    for (size_t i = 0; i < request.n_have; i++) {
        hl_free(request.have[i]);
    }
    hl_free(request.have);
    json_decref(held);
    archive_close(&archive);
    node_link_close(&link);
    return err;
}

/* --- import. ------------------------------------------------------------- */

struct counts {
    uint64_t messages, left_out;
};

/* A store that is busy with something else is asked again. */
static hl_err import_one(struct cli_call *call, struct node_link *link,
                         struct bytes message, struct counts *counts)
{
    Heluo__V1__NodeImportRequest request = HELUO__V1__NODE_IMPORT_REQUEST__INIT;
    request.message = (ProtobufCBinaryData){
        .len = message.size, .data = (uint8_t *)(uintptr_t)message.data};
    hl_err err = HL_EBUSY;
    for (int i = 0; err == HL_EBUSY && i < BUSY_TRIES; i++) {
        ProtobufCMessage *answer = NULL;
        if (i > 0) {
            node_link_pause(BUSY_PAUSE_MS);
        }
        err = node_link_ask(call, link, "/heluo.v1.Node/Import", &request.base,
                            &heluo__v1__node_import_response__descriptor,
                            &answer);
        if (answer != NULL) {
            const Heluo__V1__NodeImportResponse *got =
                (const Heluo__V1__NodeImportResponse *)answer;
            counts->left_out += got->left_out[0] != '\0';
            protobuf_c_message_free_unpacked(answer, NULL);
        }
    }
    return err;
}

static hl_err import_all(struct cli_call *call, struct node_link *link,
                         struct archive *archive, struct counts *counts)
{
    for (;;) {
        struct bytes message;
        hl_err err =
            archive_next(archive, &message, cli_about(call, call->operands[0]));
        if (err != HL_OK || message.data == NULL) {
            return err;
        }
        err = import_one(call, link, message, counts);
        if (err != HL_OK) {
            cli_name(call, call->operands[0]);
            return err;
        }
        counts->messages++;
        if (isatty(STDERR_FILENO) == 1) {
            fprintf(stderr, "\r%" PRIu64 " messages", counts->messages);
        }
    }
}

hl_err cmd_journal_import(struct cli_call *call)
{
    struct node_link link = {0};
    struct archive archive = {0};
    struct counts counts = {0};
    hl_err err = archive_open(call->operands[0], &archive,
                              cli_about(call, call->operands[0]));
    if (err == HL_OK) {
        err = node_link_open(call, &link);
    }
    if (err == HL_OK) {
        err = import_all(call, &link, &archive, &counts);
    }
    if (isatty(STDERR_FILENO) == 1) {
        fputs("\r\033[K", stderr);
    }
    if (err == HL_OK && call->json) {
        cli_print_json(json_pack("{s:I, s:I}", "messages",
                                 (json_int_t)counts.messages, "left_out",
                                 (json_int_t)counts.left_out));
    } else if (err == HL_OK) {
        printf("%" PRIu64 " messages taken over, or here before\n",
               counts.messages - counts.left_out);
        if (counts.left_out > 0) {
            printf("%" PRIu64
                   " of this node's own journal left out (that comes back from "
                   "its keepers alone),\nor of documents that it neither reads "
                   "nor carries\n",
                   counts.left_out);
        }
    }
    archive_close(&archive);
    node_link_close(&link);
    return err;
}

/* --- audit. -------------------------------------------------------------- */

static void tell_json(const struct audit *audit)
{
    json_t *list = json_array();
    for (size_t i = 0; i < audit->count; i++) {
        const struct audit_journal *journal = audit->journals[i];
        char root[HASH_TEXT_BYTES];
        struct hl_hash hash = frontier_root(&journal->frontier);
        json_array_append_new(
            list, json_pack("{s:s, s:I, s:s, s:I}", "origin", journal->origin,
                            "size", (json_int_t)journal->frontier.size, "root",
                            cmd_hash_text(&hash, root), "sealed",
                            (json_int_t)journal->sealed));
    }
    cli_print_json(json_pack("{s:o, s:I}", "journals", list, "evidence",
                             (json_int_t)audit->evidence));
}

static void tell(const struct audit *audit)
{
    struct term_table table = {.column_count = 4};
    term_table_add(
        &table, (const char *const[]){"JOURNAL", "ENTRIES", "SEALED", "ROOT"});
    for (size_t i = 0; i < audit->count; i++) {
        const struct audit_journal *journal = audit->journals[i];
        char root[HASH_TEXT_BYTES], size[24], sealed[24];
        struct hl_hash hash = frontier_root(&journal->frontier);
        snprintf(size, sizeof(size), "%" PRIu64, journal->frontier.size);
        snprintf(sealed, sizeof(sealed), "%" PRIu64, journal->sealed);
        term_table_add(&table,
                       (const char *const[]){journal->origin, size, sealed,
                                             cmd_hash_text(&hash, root)});
    }
    term_table_print(&table, stdout);
    term_table_fini(&table);
    printf("every entry hashed, every checkpoint's signature verified; %" PRIu64
           " pieces of evidence ('heluo verify' checks one)\n",
           audit->evidence);
}

hl_err cmd_journal_audit(struct cli_call *call)
{
    struct charter charter;
    const struct charter *holds = &charter;
    struct audit audit = {0};
    const char *path = cli_get(call, "charter");
    hl_err err = cmd_charter_read_signed(call, path, &charter);
    if (err != HL_OK) {
        return err;
    }
    const struct audit_input input = {.paths = call->operands,
                                      .path_count = call->operand_count,
                                      .charters = &holds,
                                      .charter_count = 1};
    err = audit_read(&input, &audit, &path, cli_about(call, ""));
    if (err != HL_OK) {
        cli_name(call, path);
    } else if (call->json) {
        tell_json(&audit);
    } else {
        tell(&audit);
    }
    audit_fini(&audit);
    charter_fini(&charter);
    return err;
}
