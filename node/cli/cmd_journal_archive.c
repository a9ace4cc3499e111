/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo journal export`, `import` and `audit`. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "certs/charter/charter_judge.h"
#include "certs/tools/file.h"
#include "federation/message/message.h"
#include "heluo/v1/node.pb-c.h"
#include "node/audit/archive.h"
#include "node/cli/cmd_charter.h"
#include "node/cli/cmd_journal.h"
#include "node/cli/connect.h"
#include "node/cli/term.h"
#include "protocol/base/alloc.h"
#include "protocol/base/base64.h"
#include "protocol/entry/bundle.h"
#include "protocol/tree/span.h"

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

/* A journal as the archives have it so far. */
struct audited {
    char origin[HL_NAME_MAX_BYTES + 1];
    struct frontier frontier;
    uint64_t sealed; /* the largest size that is sealed, and was read */
};

/* That a quorum sealed a journal at that head. What was read of it must go
 * through there: all seals are gathered first, of all files. */
struct seal {
    char origin[HL_NAME_MAX_BYTES + 1];
    struct head head;
    const char *path;
};

struct auditing {
    struct cli_call *call;
    const char *path; /* being read */
    struct charter charter;
    struct verifier verifier;
    struct segment_codec *codec;
    struct audited *journals;
    size_t count;
    struct seal *seals;
    size_t seal_count;
    uint64_t evidence;
};

static struct audited *find(struct auditing *auditing, struct bytes origin)
{
    for (size_t i = 0; i < auditing->count; i++) {
        if (bytes_equal_text(origin, auditing->journals[i].origin)) {
            return &auditing->journals[i];
        }
    }
    auditing->journals = hl_realloc(auditing->journals, auditing->count + 1,
                                    sizeof(auditing->journals[0]));
    struct audited *made = &auditing->journals[auditing->count++];
    *made = (struct audited){.sealed = 0};
    snprintf(made->origin, sizeof(made->origin), "%.*s", BYTES_ARGS(origin));
    frontier_init(&made->frontier);
    return made;
}

static hl_err judge(struct auditing *auditing, struct bytes raw,
                    struct bytes origin, struct charter_judgement *out)
{
    struct hl_detail *detail = cli_about(auditing->call, auditing->path);
    struct note note = {0};
    hl_err err = note_parse(raw, &note, detail);
    if (err == HL_OK) {
        err = charter_judge_checkpoint(&auditing->charter, &note,
                                       &auditing->verifier, out, detail);
    }
    note_fini(&note);
    if (err == HL_OK && !bytes_equal_text(origin, out->checkpoint.origin)) {
        err = hl_fail(detail, HL_EMALFORMED,
                      "a checkpoint of %s stands for the journal of %.*s",
                      out->checkpoint.origin, BYTES_ARGS(origin));
    }
    return err;
}

/* A note by which something may be sealed; one that a former charter's quorum
 * sealed does not count by this one. */
static void gather_seal(struct auditing *auditing, struct bytes origin,
                        struct bytes raw)
{
    struct charter_judgement judgement;
    if (raw.size == 0 || judge(auditing, raw, origin, &judgement) != HL_OK ||
        !judgement.sealed || judgement.checkpoint.head.size == 0) {
        return;
    }
    const struct head *head = &judgement.checkpoint.head;
    for (size_t i = 0; i < auditing->seal_count; i++) {
        if (bytes_equal_text(origin, auditing->seals[i].origin) &&
            head_equal(head, &auditing->seals[i].head)) {
            return;
        }
    }
    auditing->seals = hl_realloc(auditing->seals, auditing->seal_count + 1,
                                 sizeof(auditing->seals[0]));
    struct seal *seal = &auditing->seals[auditing->seal_count++];
    *seal = (struct seal){.head = *head, .path = auditing->path};
    snprintf(seal->origin, sizeof(seal->origin), "%.*s", BYTES_ARGS(origin));
}

static hl_err check_seal(struct auditing *auditing, struct audited *journal,
                         const struct seal *seal,
                         const struct frontier *frontier)
{
    struct hl_hash root = frontier_root(frontier);
    if (!hash_equal(&root, &seal->head.root)) {
        return hl_fail(cli_about(auditing->call, seal->path), HL_EDIFFERS,
                       "what a quorum sealed of %s at size %" PRIu64
                       " is another history than the one in these files: keep "
                       "them, both are evidence",
                       journal->origin, seal->head.size);
    }
    if (seal->head.size > journal->sealed) {
        journal->sealed = seal->head.size;
    }
    return HL_OK;
}

/* Goes through the entries one by one, to where seals are. */
static hl_err check_seals(struct auditing *auditing, struct audited *journal,
                          const struct hl_hash *leaves, size_t count)
{
    uint64_t first = journal->frontier.size;
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < auditing->seal_count; i++) {
        const struct seal *seal = &auditing->seals[i];
        if (strcmp(seal->origin, journal->origin) != 0 ||
            seal->head.size <= first || seal->head.size > first + count) {
            continue;
        }
        struct frontier frontier = journal->frontier;
        while (frontier.size < seal->head.size) {
            frontier_append(&frontier, &leaves[frontier.size - first]);
        }
        err = check_seal(auditing, journal, seal, &frontier);
    }
    return err;
}

static hl_err append(struct auditing *auditing, struct audited *journal,
                     const struct segment *segment, const struct head *head)
{
    struct hl_hash *leaves =
        hl_alloc(segment->count + 1, sizeof(struct hl_hash));
    struct bundle_walk walk;
    struct bytes entry;
    size_t count = 0;
    bundle_walk_init(&walk, segment->bundle);
    while (bundle_walk_next(&walk, &entry)) {
        leaves[count++] = merkle_leaf(entry);
    }
    struct span span = {.first = segment->first,
                        .leaves = leaves,
                        .count = count,
                        .head = *head,
                        .end_proof = &segment->end_proof};
    struct frontier before = journal->frontier;
    hl_err err = span_append(&journal->frontier, &span);
    if (err == HL_OK) {
        struct frontier after = journal->frontier;
        journal->frontier = before;
        err = check_seals(auditing, journal, leaves, count);
        journal->frontier = after;
        hl_free(leaves);
        return err;
    }
    hl_free(leaves);
    return hl_fail(cli_about(auditing->call, auditing->path), HL_EPROOF,
                   "entries %" PRIu64 " to %" PRIu64 " of %s do not "
                   "belong under the checkpoint of size %" PRIu64
                   " that its author signed",
                   segment->first, segment->first + segment->count - 1,
                   journal->origin, head->size);
}

static hl_err take_segment(struct auditing *auditing,
                           const struct segment *segment)
{
    struct audited *journal = find(auditing, segment->origin);
    struct charter_judgement judgement;
    if (segment->first != journal->frontier.size) {
        return hl_fail(cli_about(auditing->call, auditing->path), HL_EAHEAD,
                       "it has %s from entry %" PRIu64
                       " on, and so far %" PRIu64
                       " were read: give the archive before it first",
                       journal->origin, segment->first, journal->frontier.size);
    }
    hl_err err =
        judge(auditing, segment->checkpoint, segment->origin, &judgement);
    if (err == HL_OK) {
        err = append(auditing, journal, segment, &judgement.checkpoint.head);
    }
    return err;
}

enum pass { PASS_SEALS, PASS_ENTRIES };

static hl_err take_message(struct auditing *auditing, enum pass pass,
                           struct bytes raw)
{
    struct sync_message message;
    hl_err err = sync_decode(auditing->codec, raw, &message,
                             cli_about(auditing->call, auditing->path));
    if (err != HL_OK) {
        return err;
    }
    if (pass == PASS_ENTRIES) {
        auditing->evidence += message.kind == SYNC_EVIDENCE;
        return message.kind == SYNC_SEGMENT
                   ? take_segment(auditing, &message.segment)
                   : HL_OK;
    }
    if (message.kind == SYNC_SEGMENT) {
        gather_seal(auditing, message.segment.origin,
                    message.segment.checkpoint);
    } else if (message.kind == SYNC_HAVE) {
        gather_seal(auditing, message.have.origin, message.have.sealed);
    }
    return HL_OK;
}

static hl_err read_file(struct auditing *auditing, enum pass pass,
                        const char *path)
{
    struct archive archive = {0};
    struct bytes message = {0};
    auditing->path = path;
    hl_err err = archive_open(path, &archive, cli_about(auditing->call, path));
    do {
        if (err == HL_OK) {
            err = archive_next(&archive, &message,
                               cli_about(auditing->call, path));
        }
        if (err == HL_OK && message.data != NULL) {
            err = take_message(auditing, pass, message);
        }
    } while (err == HL_OK && message.data != NULL);
    archive_close(&archive);
    return err;
}

static hl_err read_files(struct auditing *auditing, enum pass pass)
{
    const struct cli_call *call = auditing->call;
    hl_err err = HL_OK;
    for (size_t i = 0; i < call->operand_count && err == HL_OK; i++) {
        err = read_file(auditing, pass, call->operands[i]);
    }
    return err;
}

static void tell_json(const struct auditing *auditing)
{
    json_t *list = json_array();
    for (size_t i = 0; i < auditing->count; i++) {
        const struct audited *journal = &auditing->journals[i];
        char root[HASH_TEXT_BYTES];
        struct hl_hash hash = frontier_root(&journal->frontier);
        json_array_append_new(
            list, json_pack("{s:s, s:I, s:s, s:I}", "origin", journal->origin,
                            "size", (json_int_t)journal->frontier.size, "root",
                            cmd_hash_text(&hash, root), "sealed",
                            (json_int_t)journal->sealed));
    }
    cli_print_json(json_pack("{s:o, s:I}", "journals", list, "evidence",
                             (json_int_t)auditing->evidence));
}

static void tell(const struct auditing *auditing)
{
    struct term_table table = {.column_count = 4};
    term_table_add(
        &table, (const char *const[]){"JOURNAL", "ENTRIES", "SEALED", "ROOT"});
    for (size_t i = 0; i < auditing->count; i++) {
        const struct audited *journal = &auditing->journals[i];
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
           auditing->evidence);
}

hl_err cmd_journal_audit(struct cli_call *call)
{
    struct auditing auditing = {.call = call, .verifier = verifier_openssl()};
    const char *path = cli_get(call, "charter");
    hl_err err = cmd_charter_read_signed(call, path, &auditing.charter);
    if (err != HL_OK) {
        return err;
    }
    auditing.codec = segment_codec_create();
    err = read_files(&auditing, PASS_SEALS);
    if (err == HL_OK) {
        err = read_files(&auditing, PASS_ENTRIES);
    }
    if (err == HL_OK && call->json) {
        tell_json(&auditing);
    } else if (err == HL_OK) {
        tell(&auditing);
    }
    segment_codec_destroy(auditing.codec);
    charter_fini(&auditing.charter);
    hl_free(auditing.journals);
    hl_free(auditing.seals);
    return err;
}
