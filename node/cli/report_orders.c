/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/report_orders.h"

#include <string.h>

#include "heluo/v1/journal.pb-c.h"
#include "protocol/entry/entry.h"

enum { PAGE_SIZE = 1000 };

/* --- Orders. ------------------------------------------------------------- */

static bool is_told(const Heluo__V1__OrderView *view, const char *origin)
{
    const Heluo__V1__OrderRow *order = view->order;
    return order != NULL && strcmp(view->provider, origin) == 0 &&
           order->item_kind != 0 && order->placed_leaf.len > 0 &&
           order->answer == HELUO__V1__ORDER_ANSWER__ORDER_ANSWER_DELIVERED &&
           order->resolved != HELUO__V1__ORDER_RESOLVED__ORDER_RESOLVED_DENIED;
}

static hl_err visit_page(const struct report_orders *orders,
                         const Heluo__V1__OrderListResponse *page)
{
    hl_err err = HL_OK;
    for (size_t i = 0; i < page->n_orders && err == HL_OK; i++) {
        if (is_told(page->orders[i], orders->origin)) {
            err = orders->visit(orders->context, page->orders[i]);
        }
    }
    return err;
}

/* *more is false on the last page. */
static hl_err take_page(struct cli_call *call,
                        const struct report_orders *orders,
                        const Heluo__V1__OrderListResponse *page,
                        struct writer *token, bool *more)
{
    struct bytes next =
        bytes_of(page->next_page_token.data, page->next_page_token.len);
    *more = next.size > 0;
    if (*more && bytes_equal(next, writer_view(token))) {
        return hl_fail(cli_about(call, ""), HL_EMALFORMED,
                       "the node gives the same page for ever");
    }
    writer_clear(token);
    writer_bytes(token, next);
    return visit_page(orders, page);
}

hl_err report_orders(struct cli_call *call, struct node_link *link,
                     const struct report_orders *orders)
{
    Heluo__V1__OrderListRequest request = HELUO__V1__ORDER_LIST_REQUEST__INIT;
    struct writer token = {0};
    bool more = true;
    hl_err err = HL_OK;
    request.which = HELUO__V1__ORDER_WHICH__ORDER_WHICH_SERVED;
    request.origin = (char *)(uintptr_t)orders->origin;
    request.page_size = PAGE_SIZE;
    while (err == HL_OK && more) {
        ProtobufCMessage *page = NULL;
        request.page_token =
            (ProtobufCBinaryData){.len = token.size, .data = token.data};
        err = node_link_ask(call, link, "/heluo.v1.Order/List", &request.base,
                            &heluo__v1__order_list_response__descriptor, &page);
        if (err == HL_OK) {
            err = take_page(call, orders,
                            (const Heluo__V1__OrderListResponse *)page, &token,
                            &more);
        }
        protobuf_c_message_free_unpacked(page, NULL);
    }
    writer_fini(&token);
    return err;
}

struct homed report_order_item(const Heluo__V1__OrderRow *order)
{
    return (struct homed){.home = bytes_of_text(order->item_home),
                          .unit_scheme = bytes_of_text(order->unit_scheme),
                          .unit_id = bytes_of_text(order->unit_id),
                          .inner_id = bytes_of_text(order->item_inner_id)};
}

/* --- Journals. ----------------------------------------------------------- */

static hl_err recorded_at(struct cli_call *call, struct node_link *link,
                          const char *origin, uint64_t index, uint64_t *ms)
{
    Heluo__V1__JournalEntriesRequest request =
        HELUO__V1__JOURNAL_ENTRIES_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    struct canonical_unknown unknown;
    struct entry entry = {0};
    request.origin = (char *)(uintptr_t)origin;
    request.first = index;
    request.count = 1;
    hl_err err = node_link_ask(
        call, link, "/heluo.v1.Journal/Entries", &request.base,
        &heluo__v1__journal_entries_response__descriptor, &answer);
    if (err != HL_OK) {
        return err;
    }
    const Heluo__V1__JournalEntriesResponse *entries =
        (const Heluo__V1__JournalEntriesResponse *)answer;
    if (entries->n_entries == 0) {
        err = hl_fail(cli_about(call, ""), HL_EMALFORMED,
                      "the node has left out an entry of %s", origin);
    } else {
        struct bytes raw =
            bytes_of(entries->entries[0].data, entries->entries[0].len);
        err = entry_decode(raw, &entry, &unknown, cli_about(call, origin));
        *ms = (uint64_t)entry.recorded_at.ms;
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    return err;
}

/* Times never go back within a journal. */
hl_err report_index_at(struct cli_call *call, struct node_link *link,
                       const struct report_moment *moment, uint64_t *index)
{
    uint64_t from = 0, until = moment->size;
    hl_err err = HL_OK;
    while (from < until) {
        uint64_t middle = from + (until - from) / 2, ms = 0;
        err = recorded_at(call, link, moment->origin, middle, &ms);
        if (err != HL_OK) {
            return err;
        }
        if (ms >= moment->ms) {
            until = middle;
        } else {
            from = middle + 1;
        }
    }
    *index = from;
    return HL_OK;
}
