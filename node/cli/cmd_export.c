/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo export`: the inverse of `heluo import`. */

#include <inttypes.h>
#include <string.h>

#include "heluo/v1/node.pb-c.h"
#include "node/cli/cmd_record.h"
#include "node/cli/commands.h"
#include "node/cli/connect.h"
#include "node/table/table_writer.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_limits.h"

enum { PAGE_SIZE = 500, ATTRIBUTES_MAX = 64 };

const struct cli_option catalogue_export_options[] = {
    {"kind", "WORD", "instrument (if not given), unit, service or demand.",
     CLI_OPTIONAL},
    {"out", "FILE",
     "Where to; csv, tsv, jsonl, json or xlsx, as its name says. It must not\n"
     "exist.",
     CLI_REQUIRED},
    {"origin", "ORIGIN",
     "Those of that journal, ALLIANCE/NODE; of the node's own if not given.",
     CLI_OPTIONAL},
    {"lang", "LANG", "zh: the columns have their Chinese names.", CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

struct exporting {
    struct cli_call *call;
    struct node_link link;
    const struct record_kind *kind;
    const struct attribute *columns[ATTRIBUTES_MAX];
    size_t count;
    struct table_writer *writer;
    uint64_t rows;
};

/* All attributes but the home, which is the node's that imports. */
static hl_err open_writer(struct exporting *exporting)
{
    struct cli_call *call = exporting->call;
    const char *lang = cli_get(call, "lang");
    struct bytes names[ATTRIBUTES_MAX];
    size_t count;
    bool zh = lang != NULL && strcmp(lang, "zh") == 0;
    const struct attribute *all = attributes_of(exporting->kind, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i].name, "home") == 0) {
            continue;
        }
        names[exporting->count] =
            bytes_of_text(zh ? all[i].name_zh : all[i].name);
        exporting->columns[exporting->count++] = &all[i];
    }
    const char *path = cli_get(call, "out");
    const struct table_target target = {.mark = true};
    return table_writer_open(path, &target, names, exporting->count,
                             &exporting->writer, cli_about(call, path));
}

static hl_err put_row(struct exporting *exporting,
                      const union record_room *record)
{
    struct writer text = {0};
    size_t ends[ATTRIBUTES_MAX];
    struct bytes cells[ATTRIBUTES_MAX];
    for (size_t i = 0; i < exporting->count; i++) {
        attribute_format(exporting->kind, exporting->columns[i], record, &text);
        ends[i] = text.size;
    }
    for (size_t i = 0; i < exporting->count; i++) {
        size_t from = i == 0 ? 0 : ends[i - 1];
        cells[i] = bytes_slice(writer_view(&text), from, ends[i] - from);
    }
    hl_err err = table_writer_put(
        exporting->writer, cells,
        cli_about(exporting->call, cli_get(exporting->call, "out")));
    writer_fini(&text);
    exporting->rows++;
    return err;
}

static hl_err put_page(struct exporting *exporting,
                       const Heluo__V1__CatalogueListResponse *page)
{
    hl_err err = HL_OK;
    for (size_t i = 0; i < page->n_records && err == HL_OK; i++) {
        const struct record_kind *kind;
        union record_room record;
        if (record_of_view(page->records[i], &kind, &record) &&
            kind == exporting->kind) {
            err = put_row(exporting, &record);
        }
    }
    return err;
}

/* Whose journal: the node's own is asked for. */
static hl_err find_origin(struct exporting *exporting,
                          char out[HL_NAME_MAX_BYTES + 1])
{
    const char *given = cli_get(exporting->call, "origin");
    Heluo__V1__NodeStatusRequest request = HELUO__V1__NODE_STATUS_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    if (given != NULL) {
        snprintf(out, HL_NAME_MAX_BYTES + 1, "%s", given);
        return HL_OK;
    }
    hl_err err = node_link_ask(
        exporting->call, &exporting->link, "/heluo.v1.Node/Status",
        &request.base, &heluo__v1__node_status_response__descriptor, &answer);
    if (err == HL_OK) {
        const Heluo__V1__NodeStatusResponse *status =
            (const Heluo__V1__NodeStatusResponse *)answer;
        snprintf(out, HL_NAME_MAX_BYTES + 1, "%s/%s", status->alliance,
                 status->node);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    return err;
}

static hl_err export_all(struct exporting *exporting)
{
    Heluo__V1__CatalogueListRequest request =
        HELUO__V1__CATALOGUE_LIST_REQUEST__INIT;
    char origin[HL_NAME_MAX_BYTES + 1] = "";
    bool more = true;
    hl_err err = find_origin(exporting, origin);
    request.kind = (Heluo__V1__RecordKind)exporting->kind->number;
    request.origin = origin;
    request.page_size = PAGE_SIZE;
    while (err == HL_OK && more) {
        ProtobufCMessage *answer = NULL;
        err = node_link_ask(exporting->call, &exporting->link,
                            "/heluo.v1.Catalogue/List", &request.base,
                            &heluo__v1__catalogue_list_response__descriptor,
                            &answer);
        if (err != HL_OK) {
            break;
        }
        Heluo__V1__CatalogueListResponse *page =
            (Heluo__V1__CatalogueListResponse *)answer;
        err = put_page(exporting, page);
        more = page->next_page_token.len > 0;
        ProtobufCBinaryData former = request.page_token;
        request.page_token = page->next_page_token;
        page->next_page_token = former;
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    if (request.page_token.len > 0) {
        hl_free(request.page_token.data);
    }
    return err;
}

hl_err cmd_export(struct cli_call *call)
{
    const char *word = cli_get(call, "kind");
    struct exporting exporting = {
        .call = call,
        .kind = record_kind_of_word(word == NULL ? "instrument" : word)};
    if (exporting.kind == NULL) {
        return cli_usage(call,
                         "--kind '%s' is none of unit, instrument, service, "
                         "demand",
                         word);
    }
    hl_err err = node_link_open(call, &exporting.link);
    if (err == HL_OK) {
        err = open_writer(&exporting);
    }
    if (err == HL_OK) {
        err = export_all(&exporting);
    }
    if (err == HL_OK) {
        err = table_writer_commit(&exporting.writer,
                                  cli_about(call, cli_get(call, "out")));
    } else {
        table_writer_abort(&exporting.writer);
    }
    if (err == HL_OK && call->json) {
        cli_print_json(json_pack("{s:I}", "rows", (json_int_t)exporting.rows));
    } else if (err == HL_OK) {
        printf("%" PRIu64 " rows\n", exporting.rows);
    }
    node_link_close(&exporting.link);
    return err;
}
