/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/report_walk.h"

#include <string.h>

#include "protocol/base/alloc.h"

enum { PAGE_SIZE = 500 };

static hl_err visit_page(const struct report_walk *walk,
                         const Heluo__V1__CatalogueListResponse *page)
{
    hl_err err = HL_OK;
    for (size_t i = 0; i < page->n_records && err == HL_OK; i++) {
        const struct record_kind *kind;
        union record_room record;
        if (record_of_view(page->records[i], &kind, &record) &&
            strcmp(kind->word, walk->kind) == 0) {
            err = walk->visit(walk->context, page->records[i], &record);
        }
    }
    return err;
}

hl_err report_walk(struct cli_call *call, struct node_link *link,
                   const struct report_walk *walk)
{
    Heluo__V1__CatalogueListRequest request =
        HELUO__V1__CATALOGUE_LIST_REQUEST__INIT;
    bool more = true;
    hl_err err = HL_OK;
    request.kind =
        (Heluo__V1__RecordKind)record_kind_of_word(walk->kind)->number;
    request.origin = (char *)(uintptr_t)walk->origin;
    request.include_retired = walk->retired;
    request.page_size = PAGE_SIZE;
    while (err == HL_OK && more) {
        ProtobufCMessage *answer = NULL;
        err = node_link_ask(
            call, link, "/heluo.v1.Catalogue/List", &request.base,
            &heluo__v1__catalogue_list_response__descriptor, &answer);
        if (err != HL_OK) {
            break;
        }
        Heluo__V1__CatalogueListResponse *page =
            (Heluo__V1__CatalogueListResponse *)answer;
        err = visit_page(walk, page);
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

hl_err report_ask_self(struct cli_call *call, struct node_link *link,
                       struct report_self *out)
{
    Heluo__V1__NodeStatusRequest request = HELUO__V1__NODE_STATUS_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    hl_err err =
        node_link_ask(call, link, "/heluo.v1.Node/Status", &request.base,
                      &heluo__v1__node_status_response__descriptor, &answer);
    if (err == HL_OK) {
        const Heluo__V1__NodeStatusResponse *status =
            (const Heluo__V1__NodeStatusResponse *)answer;
        snprintf(out->origin, sizeof(out->origin), "%s/%s", status->alliance,
                 status->node);
        out->now_ms = status->now_ms;
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    return err;
}
