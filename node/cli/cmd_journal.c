/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo journal`, all but `verify`. */

#include "node/cli/cmd_journal.h"

#include <inttypes.h>

#include "certs/tools/file.h"
#include "node/cli/commands.h"
#include "protocol/base/text.h"
#include "protocol/note/receipt.h"

enum { SHOW_COUNT = 10, SHOW_COUNT_MAX = 100000 };

/* The journal's name; "" is the node's own. protobuf-c does not change it. */
static char *origin_of(const struct cli_call *call)
{
    const char *origin = cli_get(call, "origin");
    return (char *)(uintptr_t)(origin == NULL ? "" : origin);
}

hl_err ask_checkpoint(struct cli_call *call, struct node_link *link,
                      struct writer *raw, struct checkpoint *out)
{
    Heluo__V1__JournalCheckpointRequest request =
        HELUO__V1__JOURNAL_CHECKPOINT_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    struct note note = {0};
    request.origin = origin_of(call);
    hl_err err = node_link_ask(
        call, link, "/heluo.v1.Journal/Checkpoint", &request.base,
        &heluo__v1__journal_checkpoint_response__descriptor, &answer);
    if (err != HL_OK) {
        return err;
    }
    const Heluo__V1__JournalCheckpointResponse *got =
        (const Heluo__V1__JournalCheckpointResponse *)answer;
    writer_bytes(raw, bytes_of(got->checkpoint.data, got->checkpoint.len));
    struct hl_detail *detail = cli_about(call, "the node's checkpoint");
    err = note_parse(writer_view(raw), &note, detail);
    if (err == HL_OK) {
        err = checkpoint_parse(note.text, out, detail);
    }
    if (err == HL_OK && request.origin[0] != '\0' &&
        !bytes_equal_text(bytes_of_text(out->origin), request.origin)) {
        err = hl_fail(detail, HL_EMALFORMED, "it is of another journal: %s",
                      out->origin);
    }
    note_fini(&note);
    protobuf_c_message_free_unpacked(answer, NULL);
    return err;
}

static hl_err visit_all(struct cli_call *call, const struct journal_walk *walk,
                        const Heluo__V1__JournalEntriesResponse *page,
                        uint64_t *next)
{
    if (page->first != *next || page->n_entries == 0 ||
        page->n_entries > walk->end - *next) {
        return hl_fail(&call->detail, HL_EMALFORMED,
                       "the node was asked for entries %" PRIu64 " to %" PRIu64
                       " and gives %zu from %" PRIu64,
                       *next, walk->end - 1, page->n_entries, page->first);
    }
    for (size_t i = 0; i < page->n_entries; i++) {
        hl_err err =
            walk->visit(walk->context, *next,
                        bytes_of(page->entries[i].data, page->entries[i].len));
        if (err != HL_OK) {
            return err;
        }
        (*next)++;
    }
    return HL_OK;
}

hl_err journal_walk(struct cli_call *call, struct node_link *link,
                    const struct journal_walk *walk)
{
    Heluo__V1__JournalEntriesRequest request =
        HELUO__V1__JOURNAL_ENTRIES_REQUEST__INIT;
    uint64_t next = walk->first;
    hl_err err = HL_OK;
    request.origin = origin_of(call);
    while (err == HL_OK && next < walk->end) {
        ProtobufCMessage *answer = NULL;
        uint64_t left = walk->end - next;
        request.first = next;
        request.count = left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
        err = node_link_ask(
            call, link, "/heluo.v1.Journal/Entries", &request.base,
            &heluo__v1__journal_entries_response__descriptor, &answer);
        if (err == HL_OK) {
            err = visit_all(call, walk,
                            (const Heluo__V1__JournalEntriesResponse *)answer,
                            &next);
        }
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    return err;
}

struct showing {
    const struct cli_call *call;
    json_t *list;
};

static hl_err show_entry(void *context, uint64_t index, struct bytes raw)
{
    struct showing *showing = context;
    json_t *entry = entry_json(index, raw);
    if (showing->call->json) {
        json_array_append_new(showing->list, entry);
        return HL_OK;
    }
    entry_print(entry, stdout);
    json_decref(entry);
    return HL_OK;
}

/* What of a journal of that size was asked for; without --from its end. */
static hl_err choose_range(struct cli_call *call, uint64_t size,
                           struct journal_walk *walk)
{
    uint64_t count = 0;
    uint64_t first = 0;
    hl_err err =
        cli_get_decimal(call, "count", 1, SHOW_COUNT_MAX, SHOW_COUNT, &count);
    if (err == HL_OK) {
        uint64_t fallback = size > count ? size - count : 0;
        err =
            cli_get_decimal(call, "from", 0, ENTRY_INDEX_MAX, fallback, &first);
    }
    if (err == HL_OK && first > size) {
        err = hl_fail(cli_about(call, ""), HL_ENOTFOUND,
                      "the journal has %" PRIu64 " entries", size);
    }
    if (err == HL_OK) {
        walk->first = first;
        walk->end = size - first > count ? first + count : size;
    }
    return err;
}

hl_err cmd_journal_show(struct cli_call *call)
{
    struct node_link link = {0};
    struct writer raw = {0};
    struct checkpoint checkpoint = {0};
    struct showing showing = {.call = call, .list = json_array()};
    struct journal_walk walk = {.visit = show_entry, .context = &showing};
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = ask_checkpoint(call, &link, &raw, &checkpoint);
    }
    if (err == HL_OK) {
        err = choose_range(call, checkpoint.head.size, &walk);
    }
    if (err == HL_OK) {
        err = journal_walk(call, &link, &walk);
    }
    if (err == HL_OK && call->json) {
        cli_print_json(json_incref(showing.list));
    }
    json_decref(showing.list);
    writer_fini(&raw);
    node_link_close(&link);
    return err;
}

hl_err cmd_journal_checkpoint(struct cli_call *call)
{
    struct node_link link = {0};
    struct writer raw = {0};
    struct checkpoint checkpoint;
    const char *out = cli_get(call, "out");
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = ask_checkpoint(call, &link, &raw, &checkpoint);
    }
    if (err == HL_OK && out != NULL) {
        err = file_create(out, FILE_MODE_PUBLIC, writer_view(&raw),
                          cli_about(call, out));
        if (err == HL_OK) {
            printf("%s: %s, %" PRIu64 " entries\n", out, checkpoint.origin,
                   checkpoint.head.size);
        }
    } else if (err == HL_OK) {
        /* A note has no control characters. */
        fwrite(raw.data, 1, raw.size, stdout);
    }
    writer_fini(&raw);
    node_link_close(&link);
    return err;
}

/* That it is what was asked for, and that its proof leads to its checkpoint;
 * whose that is, 'heluo verify' tells. */
static hl_err check_receipt(struct cli_call *call, struct bytes raw,
                            uint64_t index)
{
    struct receipt receipt = {0};
    struct note note = {0};
    struct checkpoint checkpoint;
    struct hl_detail *detail = cli_about(call, "the node's receipt");
    hl_err err = receipt_parse(raw, &receipt, detail);
    if (err == HL_OK && receipt.index != index) {
        err = hl_fail(detail, HL_EMALFORMED, "it is of entry %" PRIu64,
                      receipt.index);
    }
    if (err == HL_OK) {
        err = note_parse(receipt.checkpoint, &note, detail);
    }
    if (err == HL_OK) {
        err = checkpoint_parse(note.text, &checkpoint, detail);
    }
    if (err == HL_OK) {
        err = receipt_verify_inclusion(&receipt, &checkpoint, detail);
    }
    note_fini(&note);
    receipt_fini(&receipt);
    return err;
}

static hl_err fetch_receipt(struct cli_call *call, struct node_link *link,
                            uint64_t index)
{
    Heluo__V1__JournalReceiptRequest request =
        HELUO__V1__JOURNAL_RECEIPT_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    const char *out = cli_get(call, "out");
    request.origin = origin_of(call);
    request.index = index;
    hl_err err = node_link_ask(
        call, link, "/heluo.v1.Journal/Receipt", &request.base,
        &heluo__v1__journal_receipt_response__descriptor, &answer);
    if (err != HL_OK) {
        return err;
    }
    const ProtobufCBinaryData *data =
        &((Heluo__V1__JournalReceiptResponse *)answer)->receipt;
    struct bytes raw = bytes_of(data->data, data->len);
    err = check_receipt(call, raw, index);
    if (err == HL_OK) {
        err = file_create(out, FILE_MODE_PUBLIC, raw, cli_about(call, out));
    }
    if (err == HL_OK) {
        printf("%s: entry %" PRIu64 "\n", out, index);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    return err;
}

hl_err cmd_journal_receipt(struct cli_call *call)
{
    struct node_link link = {0};
    uint64_t index = 0;
    if (text_decimal(bytes_of_text(call->operands[0]), ENTRY_INDEX_MAX,
                     &index) != HL_OK) {
        return cli_usage(call, "'%s' is no index", call->operands[0]);
    }
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = fetch_receipt(call, &link, index);
    }
    node_link_close(&link);
    return err;
}
