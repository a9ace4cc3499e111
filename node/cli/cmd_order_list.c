/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo order list` and `watch`. */

#include <inttypes.h>
#include <string.h>

#include "node/cli/cmd_ledger.h"
#include "node/cli/paging.h"
#include "node/cli/term.h"
#include "node/cli/watching.h"

enum { PAGE_SIZE = 500 };

/* --- List. -------------------------------------------------------------------
 */

enum { COLUMNS = 9 };

struct listing {
    struct cli_call *call;
    bool requested; /* the other side is the issuer */
    struct term_table table;
    bool headed;
};

static const char *node_of(const char *origin)
{
    const char *slash = strrchr(origin, '/');
    return slash == NULL ? origin : slash + 1;
}

/* What an open order waits for beside its state. */
static void format_waiting(const Heluo__V1__OrderRow *order, struct writer *out)
{
    bool disputed =
        order->disputed == HELUO__V1__ORDER_DISPUTED__ORDER_DISPUTED_OPEN;
    if (order->resolved != 0) {
        return;
    }
    if (disputed) {
        ledger_format_checks(order->checks, out);
        writer_text(out, out->size == 0 ? "disputed 有异议" : "");
    } else if (order->ask_until[0] != '\0' && order->confirmed == 0 &&
               order->disputed == 0) {
        writer_format(out, "confirmation 待确认 %s", order->ask_until);
    }
}

static void add_row(struct listing *listing, const Heluo__V1__OrderView *view)
{
    const Heluo__V1__OrderRow *order = view->order;
    char name[LEDGER_ORDER_BYTES], service[LEDGER_SERVICE_BYTES];
    char price[YUAN_TEXT_BYTES], hold[YUAN_TEXT_BYTES];
    char captured[YUAN_TEXT_BYTES];
    ledger_format_order(order->begun_at, order->id, name);
    ledger_format_service(order->kind, service);
    yuan_format((int64_t)order->price_fen, price);
    yuan_format((int64_t)order->hold_fen, hold);
    yuan_format((int64_t)order->captured_fen, captured);
    struct writer waits = {0};
    format_waiting(order, &waits);
    writer_u8(&waits, 0);
    const char *const cells[COLUMNS] = {
        name,
        service,
        node_of(listing->requested ? view->issuer : view->provider),
        price,
        hold,
        captured,
        order->until,
        ledger_order_state(view),
        (const char *)waits.data,
    };
    term_table_add(&listing->table, cells);
    writer_fini(&waits);
}

static const ProtobufCBinaryData *
take_page(void *context, const ProtobufCMessage *message, hl_err *err)
{
    struct listing *listing = context;
    const char *const heads[COLUMNS] = {
        "ORDER", "SERVICE", listing->requested ? "ISSUER" : "PROVIDER",
        "PRICE", "HOLD",    "CAPTURED",
        "UNTIL", "STATE",   "WAITS FOR"};
    const Heluo__V1__OrderListResponse *page =
        (const Heluo__V1__OrderListResponse *)message;
    for (size_t i = 0; *err == HL_OK && i < page->n_orders; i++) {
        const Heluo__V1__OrderView *view = page->orders[i];
        if (view->order == NULL) {
            *err = order_is_lacking(listing->call);
        } else if (listing->call->json) {
            ledger_print_line(order_json(view));
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

hl_err cmd_order_list(struct cli_call *call)
{
    Heluo__V1__OrderListRequest request = HELUO__V1__ORDER_LIST_REQUEST__INIT;
    struct listing listing = {.call = call,
                              .requested = cli_has(call, "requested"),
                              .table.column_count = COLUMNS};
    if (cli_has(call, "asked") + cli_has(call, "served") + listing.requested >
        1) {
        return cli_usage(call, "give one of --asked, --served and --requested");
    }
    request.which =
        cli_has(call, "asked")    ? HELUO__V1__ORDER_WHICH__ORDER_WHICH_ASKED
        : cli_has(call, "served") ? HELUO__V1__ORDER_WHICH__ORDER_WHICH_SERVED
        : listing.requested ? HELUO__V1__ORDER_WHICH__ORDER_WHICH_REQUESTED
                            : HELUO__V1__ORDER_WHICH__ORDER_WHICH_PLACED;
    request.open = cli_has(call, "open");
    request.origin = ledger_text_option(call, "origin");
    request.page_size = PAGE_SIZE;
    const struct paging paging = {
        .call = call,
        .path = "/heluo.v1.Order/List",
        .request = &request.base,
        .token = &request.page_token,
        .answer = &heluo__v1__order_list_response__descriptor,
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
    const Heluo__V1__OrderChange *change =
        (const Heluo__V1__OrderChange *)message;
    const Heluo__V1__OrderView *view = change->order;
    char name[LEDGER_ORDER_BYTES], when[DAY_TIME_BYTES];
    struct watched watched = {.token = change->token,
                              .current = change->current};
    if (view == NULL || view->order == NULL) {
        return watched;
    }
    if (call->json) {
        json_t *object = order_json(view);
        json_object_set_new(object, "body",
                            json_integer((json_int_t)change->body));
        json_object_set_new(object, "origin", cli_json_text(change->origin));
        json_object_set_new(object, "index",
                            json_integer((json_int_t)change->index));
        json_object_set_new(object, "recorded_at_ms",
                            json_integer((json_int_t)change->recorded_at_ms));
        ledger_print_line(object);
        return watched;
    }
    ledger_format_order(view->order->begun_at, view->order->id, name);
    day_time(change->recorded_at_ms, when);
    printf("%s  ", when);
    term_put(stdout, change->origin);
    printf(" %" PRIu64 "  %s  ", change->index, ledger_body_word(change->body));
    term_put(stdout, name);
    printf("  now %s\n", ledger_order_state(view));
    return watched;
}

hl_err cmd_order_watch(struct cli_call *call)
{
    Heluo__V1__OrderWatchRequest request = HELUO__V1__ORDER_WATCH_REQUEST__INIT;
    const struct watching watching = {
        .call = call,
        .path = "/heluo.v1.Order/Watch",
        .request = &request.base,
        .token = &request.token,
        .message = &heluo__v1__order_change__descriptor,
        .tell = tell,
    };
    return watching_run(&watching);
}

/* --- Options. ------------------------------------------------------------ */

const struct cli_option order_list_options[] = {
    {"asked", NULL, "Those that this node is asked to serve.", CLI_OPTIONAL},
    {"served", NULL, "Those that it ever answered.", CLI_OPTIONAL},
    {"requested", NULL,
     "Those that it asked for at its own desk: also the ones that have no\n"
     "answer yet, or were denied.",
     CLI_OPTIONAL},
    {"open", NULL, "Those alone that are not resolved.", CLI_OPTIONAL},
    LEDGER_ORIGIN_OPTION,
    CONNECT_OPTIONS,
    {0}};

const struct cli_option order_watch_options[] = {
    WATCHING_OPTIONS, CONNECT_OPTIONS, {0}};
