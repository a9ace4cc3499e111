/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo voucher show`, `list` and `watch`. */

#include <inttypes.h>
#include <string.h>

#include "node/cli/cmd_ledger.h"
#include "node/cli/message_json.h"
#include "node/cli/paging.h"
#include "node/cli/term.h"
#include "node/cli/watching.h"

enum { PAGE_SIZE = 500 };

static hl_err lacks(struct cli_call *call)
{
    return hl_fail(cli_about(call, ""), HL_EMALFORMED,
                   "the node's answer lacks a voucher");
}

static const char *id_of(const Heluo__V1__VoucherView *view,
                         char out[LEDGER_ID_TEXT_BYTES])
{
    ledger_format_id(view->voucher->id, out);
    return out;
}

/* --- Show. -------------------------------------------------------------------
 */

static void print_party(const char *name, const Heluo__V1__Party *party)
{
    struct writer text = {0};
    if (party == NULL) {
        return;
    }
    writer_format(&text, "%s %s%s%s", party->uscc, party->name,
                  party->contact[0] == '\0' ? "" : ", ", party->contact);
    writer_u8(&text, 0);
    ledger_print_field(name, (const char *)text.data);
    writer_fini(&text);
}

static void print_view(const Heluo__V1__VoucherView *view)
{
    const Heluo__V1__VoucherRow *voucher = view->voucher;
    char id[LEDGER_ID_TEXT_BYTES], when[DAY_TIME_BYTES], scheme[128];
    snprintf(scheme, sizeof(scheme), "%.90s, version %" PRIu64, voucher->scheme,
             voucher->scheme_version);
    day_time(view->changed_at_ms, when);
    ledger_print_field("voucher 创新券", id_of(view, id));
    ledger_print_field("state 状态", ledger_voucher_state(view));
    ledger_print_field("reason 原因", view->reason);
    ledger_print_field("scheme 办法", scheme);
    ledger_print_yuan("amount 面额", voucher->amount_fen);
    ledger_print_yuan("open 可用", view->open_fen);
    ledger_print_yuan("held 预占", voucher->held_fen);
    ledger_print_yuan("spent 已兑付", voucher->spent_fen);
    ledger_print_yuan("returned 已退回", voucher->returned_fen);
    ledger_print_field("use until 使用期限", voucher->use_until);
    ledger_print_field("claim until 兑付期限", voucher->claim_until);
    ledger_print_field("county 区县", voucher->county);
    print_party("holder 持券人", view->holder);
    print_party("controller 控制人", view->controller);
    ledger_print_field("issuer 发放方", view->origin);
    ledger_print_field("changed at 更新", when);
}

hl_err cmd_voucher_show(struct cli_call *call)
{
    Heluo__V1__VoucherGetRequest request = HELUO__V1__VOUCHER_GET_REQUEST__INIT;
    struct node_link link = {0};
    ProtobufCMessage *answer = NULL;
    uint8_t id[LEDGER_ID_BYTES];
    request.origin = ledger_text_option(call, "origin");
    request.id = ledger_bytes(id);
    hl_err err = ledger_take_id(call, id);
    if (err == HL_OK) {
        err = node_link_open(call, &link);
    }
    if (err == HL_OK) {
        err = node_link_ask(call, &link, "/heluo.v1.Voucher/Get", &request.base,
                            &heluo__v1__voucher_get_response__descriptor,
                            &answer);
    }
    const Heluo__V1__VoucherView *view =
        err == HL_OK ? ((const Heluo__V1__VoucherGetResponse *)answer)->voucher
                     : NULL;
    if (err == HL_OK && (view == NULL || view->voucher == NULL)) {
        err = lacks(call);
    } else if (err == HL_OK && call->json) {
        cli_print_json(message_json(&view->base));
    } else if (err == HL_OK) {
        print_view(view);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    node_link_close(&link);
    return err;
}

/* --- List. -------------------------------------------------------------------
 */

enum { COLUMNS = 8 };

struct listing {
    struct cli_call *call;
    struct term_table table;
    bool headed;
};

static void add_row(struct listing *listing, const Heluo__V1__VoucherView *view)
{
    const Heluo__V1__VoucherRow *voucher = view->voucher;
    char id[LEDGER_ID_TEXT_BYTES];
    char amount[YUAN_TEXT_BYTES], open[YUAN_TEXT_BYTES];
    char held[YUAN_TEXT_BYTES], spent[YUAN_TEXT_BYTES];
    yuan_format((int64_t)voucher->amount_fen, amount);
    yuan_format((int64_t)view->open_fen, open);
    yuan_format((int64_t)voucher->held_fen, held);
    yuan_format((int64_t)voucher->spent_fen, spent);
    const char *const cells[COLUMNS] = {id_of(view, id),
                                        voucher->scheme,
                                        amount,
                                        open,
                                        held,
                                        spent,
                                        voucher->use_until,
                                        ledger_voucher_state(view)};
    term_table_add(&listing->table, cells);
}

static const ProtobufCBinaryData *
take_page(void *context, const ProtobufCMessage *message, hl_err *err)
{
    static const char *const heads[COLUMNS] = {"VOUCHER",   "SCHEME", "AMOUNT",
                                               "OPEN",      "HELD",   "SPENT",
                                               "USE UNTIL", "STATE"};
    struct listing *listing = context;
    const Heluo__V1__VoucherListResponse *page =
        (const Heluo__V1__VoucherListResponse *)message;
    for (size_t i = 0; *err == HL_OK && i < page->n_vouchers; i++) {
        const Heluo__V1__VoucherView *view = page->vouchers[i];
        if (view->voucher == NULL) {
            *err = lacks(listing->call);
        } else if (listing->call->json) {
            ledger_print_line(message_json(&view->base));
        } else {
            if (!listing->headed) {
                term_table_add(&listing->table, heads);
                listing->headed = true;
            }
            add_row(listing, view);
        }
    }
    term_table_print(&listing->table, stdout);
    return &page->next_page_token;
}

hl_err cmd_voucher_list(struct cli_call *call)
{
    Heluo__V1__VoucherListRequest request =
        HELUO__V1__VOUCHER_LIST_REQUEST__INIT;
    struct listing listing = {.call = call, .table.column_count = COLUMNS};
    request.origin = ledger_text_option(call, "origin");
    request.scheme = ledger_text_option(call, "scheme");
    request.open = cli_has(call, "open");
    request.page_size = PAGE_SIZE;
    const struct paging paging = {
        .call = call,
        .path = "/heluo.v1.Voucher/List",
        .request = &request.base,
        .token = &request.page_token,
        .answer = &heluo__v1__voucher_list_response__descriptor,
        .take = take_page,
        .context = &listing,
    };
    hl_err err = paging_run(&paging);
    term_table_fini(&listing.table);
    return err;
}

/* --- Watch. ------------------------------------------------------------------
 */

static struct watched tell(struct cli_call *call,
                           const ProtobufCMessage *message)
{
    const Heluo__V1__VoucherChange *change =
        (const Heluo__V1__VoucherChange *)message;
    const Heluo__V1__VoucherView *view = change->voucher;
    char id[LEDGER_ID_TEXT_BYTES], open[YUAN_TEXT_BYTES];
    struct watched watched = {.token = change->token,
                              .current = change->current};
    if (view == NULL || view->voucher == NULL) {
        return watched;
    }
    if (call->json) {
        json_t *object = message_json(&view->base);
        json_object_set_new(object, "body",
                            json_integer((json_int_t)change->body));
        json_object_set_new(object, "index",
                            json_integer((json_int_t)change->index));
        ledger_print_line(object);
        return watched;
    }
    yuan_format((int64_t)view->open_fen, open);
    term_put(stdout, view->origin);
    printf(" %" PRIu64 "  %s  %s  %s  ¥%s open\n", change->index,
           ledger_body_word(change->body), id_of(view, id),
           ledger_voucher_state(view), open);
    return watched;
}

hl_err cmd_voucher_watch(struct cli_call *call)
{
    Heluo__V1__VoucherWatchRequest request =
        HELUO__V1__VOUCHER_WATCH_REQUEST__INIT;
    const struct watching watching = {
        .call = call,
        .path = "/heluo.v1.Voucher/Watch",
        .request = &request.base,
        .token = &request.token,
        .message = &heluo__v1__voucher_change__descriptor,
        .tell = tell,
    };
    request.origin = ledger_text_option(call, "origin");
    return watching_run(&watching);
}
