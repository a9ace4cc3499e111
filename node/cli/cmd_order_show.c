/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo order show`, and waiting for an order. */

#include <inttypes.h>
#include <string.h>

#include "node/cli/cmd_ledger.h"
#include "node/cli/message_json.h"
#include "node/cli/term.h"
#include "node/ledger/order.h"

enum { PAUSE_MS = 500 };

#define STATE(name) HELUO__V1__ORDER_STATE__ORDER_STATE_##name

/* "order" is how commands name it. */
json_t *order_json(const Heluo__V1__OrderView *view)
{
    char name[LEDGER_ORDER_BYTES];
    json_t *object = json_object();
    ledger_format_order(view->order->begun_at, view->order->id, name);
    json_object_set_new(object, "name", cli_json_text(name));
    json_t *rest = message_json(&view->base);
    json_object_update(object, rest);
    json_decref(rest);
    return object;
}

hl_err order_is_lacking(struct cli_call *call)
{
    return hl_fail(cli_about(call, ""), HL_EMALFORMED,
                   "the node's answer lacks an order");
}

/* --- Show. -------------------------------------------------------------------
 */

static void print_time(const char *name, uint64_t ms)
{
    char when[DAY_TIME_BYTES];
    if (ms > 0) {
        day_time(ms, when);
        ledger_print_field(name, when);
    }
}

static void print_amount(const char *name, uint64_t fen)
{
    if (fen > 0) {
        ledger_print_yuan(name, fen);
    }
}

static void print_item(const Heluo__V1__OrderRow *order)
{
    char service[LEDGER_SERVICE_BYTES];
    struct writer text = {0};
    ledger_format_service(order->kind, service);
    ledger_print_field("service 服务", service);
    writer_format(&text, "%s:%s", order->unit_scheme, order->unit_id);
    if (order->item_inner_id[0] != '\0') {
        writer_format(&text, ", %s", order->item_inner_id);
    }
    writer_u8(&text, 0);
    ledger_print_field("unit 单位", (const char *)text.data);
    writer_fini(&text);
}

static void print_waiting(const Heluo__V1__OrderRow *order)
{
    struct writer checks = {0};
    ledger_format_checks(order->checks, &checks);
    writer_u8(&checks, 0);
    ledger_print_field("breaks 不合规则", (const char *)checks.data);
    ledger_print_field("asked until 确认截止", order->ask_until);
    writer_fini(&checks);
}

/* Why a hold was denied is a word of the ledger's; what else is given as a
 * reason is people's. */
static void print_reason(const Heluo__V1__OrderRow *order)
{
    struct writer text = {0};
    bool unheld = order->placed_at_ms == 0 && order->request_leaf.len > 0;
    const char *zh =
        unheld ? ledger_refusal_zh(bytes_of_text(order->reason)) : NULL;
    const char *rest = zh == NULL ? order->reason : strchr(order->reason, ':');
    if (zh != NULL) {
        writer_format(&text, "%.*s %s", (int)(rest - order->reason),
                      order->reason, zh);
    }
    writer_format(&text, "%s", rest);
    writer_u8(&text, 0);
    ledger_print_field("reason 原因", (const char *)text.data);
    writer_fini(&text);
}

static void print_issuers_half(const Heluo__V1__OrderView *view)
{
    const Heluo__V1__OrderRow *order = view->order;
    char voucher[LEDGER_ID_TEXT_BYTES], stars[32];
    if (order->placed_at_ms == 0 && order->request_leaf.len == 0) {
        ledger_print_field("placed 下单", "not here yet 尚未收到");
        return;
    }
    ledger_format_id(order->voucher, voucher);
    ledger_print_field("voucher 创新券", voucher);
    print_item(order);
    print_amount("price 约定价格", order->price_fen);
    print_amount(order->allotted != 0 ? "limit 额度" : "hold 预占",
                 order->hold_fen);
    ledger_print_field("until 截止", order->until);
    print_time("placed at 下单时间", order->placed_at_ms);
    ledger_print_field("cancel 取消",
                       order->cancelled != 0 ? "asked 已申请" : "");
    if (order->disputed != 0) {
        ledger_print_field("dispute 异议",
                           ledger_dispute_state(order->disputed));
        print_amount("at most 兑付上限", order->max_fen);
    }
    print_waiting(order);
    ledger_print_field("confirmed 确认", order->confirmed != 0 ? "yes 是" : "");
    print_reason(order);
    print_amount("captured 兑付", order->captured_fen);
    print_time("resolved at 办结时间", order->resolved_at_ms);
    if (order->stars > 0) {
        snprintf(stars, sizeof(stars), "%" PRIu32 " of 5", order->stars);
        ledger_print_field("stars 评价", stars);
    }
}

static uint32_t body_of_answer(Heluo__V1__OrderAnswer answer)
{
    switch (answer) {
    case HELUO__V1__ORDER_ANSWER__ORDER_ANSWER_ACCEPTED:
        return ORDER_BODY_ACCEPT;
    case HELUO__V1__ORDER_ANSWER__ORDER_ANSWER_DECLINED:
        return ORDER_BODY_DECLINE;
    case HELUO__V1__ORDER_ANSWER__ORDER_ANSWER_DELIVERED:
        return ORDER_BODY_DELIVER;
    case HELUO__V1__ORDER_ANSWER__ORDER_ANSWER_SPENT:
        return ORDER_BODY_SPEND;
    case HELUO__V1__ORDER_ANSWER__ORDER_ANSWER_CLOSED:
        return ORDER_BODY_CLOSE;
    default:
        return 0; /* of a newer program */
    }
}

static void print_providers_half(const Heluo__V1__OrderRow *order)
{
    char key[32];
    if (order->answer == 0) {
        return;
    }
    ledger_print_field("answer 答复",
                       ledger_body_word(body_of_answer(order->answer)));
    ledger_print_field("because 答复说明", order->answer_reason);
    print_amount("spent 已支用", order->spent_fen);
    print_amount("delivered 交付金额", order->delivered_fen);
    print_time("from 服务开始", order->from_ms);
    print_time("to 服务结束", order->until_ms);
    ledger_print_digest("contract 合同", order->contract);
    ledger_print_digest("report 报告", order->report);
    ledger_print_digest("invoice 发票", order->invoice);
    if (order->invoice_key != 0) {
        snprintf(key, sizeof(key), "key 密钥 %" PRIu32, order->invoice_key);
        ledger_print_field("fingerprint 发票指纹", key);
    }
    ledger_print_field("served with 所用仪器", order->served_inner_id);
    print_time("answered at 答复时间", order->answer_at_ms);
    print_amount("adjusted 退款", order->adjusted_fen);
}

static void print(const struct cli_call *call, const Heluo__V1__OrderView *view)
{
    char name[LEDGER_ORDER_BYTES];
    if (call->json) {
        cli_print_json(order_json(view));
        return;
    }
    ledger_format_order(view->order->begun_at, view->order->id, name);
    ledger_print_field("order 订单", name);
    ledger_print_field("state 状态", ledger_order_state(view));
    ledger_print_field("issuer 发券方", view->issuer);
    ledger_print_field("provider 服务方", view->provider);
    if (view->holder_blob.len > 0) { /* heluo blob get, of the issuer's */
        ledger_print_digest("holder 持券人文件", view->holder_blob);
    }
    print_issuers_half(view);
    print_providers_half(view->order);
}

/* The answer is the caller's, and has an order. */
static hl_err ask(struct cli_call *call, struct node_link *link,
                  const struct ledger_order_name *name,
                  ProtobufCMessage **answer)
{
    Heluo__V1__OrderGetRequest request = HELUO__V1__ORDER_GET_REQUEST__INIT;
    request.begun_at = (char *)(uintptr_t)name->begun_at;
    request.id = ledger_bytes(name->id);
    hl_err err =
        node_link_ask(call, link, "/heluo.v1.Order/Get", &request.base,
                      &heluo__v1__order_get_response__descriptor, answer);
    if (err != HL_OK) {
        return err;
    }
    const Heluo__V1__OrderView *view =
        ((const Heluo__V1__OrderGetResponse *)*answer)->order;
    if (view == NULL || view->order == NULL) {
        protobuf_c_message_free_unpacked(*answer, NULL);
        *answer = NULL;
        return order_is_lacking(call);
    }
    return HL_OK;
}

hl_err order_issuer(struct cli_call *call, const struct ledger_order_name *name,
                    char out[LEDGER_NODE_BYTES])
{
    struct node_link link = {0};
    ProtobufCMessage *answer = NULL;
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = ask(call, &link, name, &answer);
    }
    if (err == HL_OK) {
        const char *origin =
            ((const Heluo__V1__OrderGetResponse *)answer)->order->issuer;
        const char *slash = strrchr(origin, '/');
        snprintf(out, LEDGER_NODE_BYTES, "%s",
                 slash == NULL ? origin : slash + 1);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    node_link_close(&link);
    return err;
}

static hl_err show_now(struct cli_call *call,
                       const struct ledger_order_name *name)
{
    struct node_link link = {0};
    ProtobufCMessage *answer = NULL;
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = ask(call, &link, name, &answer);
    }
    if (err == HL_OK) {
        print(call, ((const Heluo__V1__OrderGetResponse *)answer)->order);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    node_link_close(&link);
    return err;
}

/* --- Wait. -------------------------------------------------------------------
 */

/* By bits of OrderState: where the waiting ends well, and where it can end well
 * no more. */
static const struct goal {
    const char *word;
    unsigned reached, missed;
} goals[] = {
    {"placed",
     1U << STATE(PLACED) | 1U << STATE(ACCEPTED) | 1U << STATE(DELIVERED) |
         1U << STATE(CAPTURED),
     1U << STATE(DENIED) | 1U << STATE(RELEASED)},
    {"accepted",
     1U << STATE(ACCEPTED) | 1U << STATE(DELIVERED) | 1U << STATE(CAPTURED) |
         1U << STATE(DENIED),
     1U << STATE(DECLINED) | 1U << STATE(RELEASED)},
    {"declined", 1U << STATE(DECLINED),
     1U << STATE(DELIVERED) | 1U << STATE(CAPTURED) | 1U << STATE(DENIED)},
    {"delivered",
     1U << STATE(DELIVERED) | 1U << STATE(CAPTURED) | 1U << STATE(DENIED),
     1U << STATE(DECLINED) | 1U << STATE(RELEASED)},
    {"captured", 1U << STATE(CAPTURED),
     1U << STATE(DECLINED) | 1U << STATE(RELEASED) | 1U << STATE(DENIED)},
    {"resolved",
     1U << STATE(CAPTURED) | 1U << STATE(RELEASED) | 1U << STATE(DENIED), 0},
};

struct waiting {
    struct cli_call *call;
    const struct goal *goal;
    const char *about;
    struct node_link link;
    Heluo__V1__OrderWatchRequest request;
    int64_t end_ms;
    const Heluo__V1__OrderView *known; /* NULL: nothing is; part of: */
    ProtobufCMessage *message;
};

static bool is_at(const struct waiting *waiting, unsigned states)
{
    const Heluo__V1__OrderView *view = waiting->known;
    if (view == NULL || (unsigned)view->state >= 32) {
        return false;
    }
    /* A hold that was released because the provider declined. */
    bool declined =
        view->state == STATE(RELEASED) &&
        view->order->answer == HELUO__V1__ORDER_ANSWER__ORDER_ANSWER_DECLINED;
    return (states & 1U << view->state) != 0 ||
           (declined && (states & 1U << STATE(DECLINED)) != 0);
}

static bool is_over(const struct waiting *waiting)
{
    return is_at(waiting, waiting->goal->reached | waiting->goal->missed);
}

static void take(struct waiting *waiting, ProtobufCMessage *message)
{
    const Heluo__V1__OrderChange *change =
        (const Heluo__V1__OrderChange *)message;
    if (change->order == NULL || change->order->order == NULL) {
        protobuf_c_message_free_unpacked(message, NULL);
        return;
    }
    protobuf_c_message_free_unpacked(waiting->message, NULL);
    waiting->message = message;
    waiting->known = change->order;
}

/* One stream, which begins with how the order stands, until it ends, all is
 * over, or the time is. */
static hl_err follow(struct waiting *waiting)
{
    struct client_stream *stream = client_stream_open(
        waiting->link.client, "/heluo.v1.Order/Watch", &waiting->request.base,
        &heluo__v1__order_change__descriptor);
    hl_err err = HL_OK;
    bool timed_out = false, ended = false;
    while (err == HL_OK && !ended && !timed_out && !is_over(waiting)) {
        ProtobufCMessage *message = NULL;
        int64_t left_ms = waiting->end_ms - node_link_now_ms();
        err = client_stream_next(stream, left_ms < 0 ? 0 : left_ms, &message,
                                 &timed_out, cli_about(waiting->call, ""));
        if (message != NULL) {
            take(waiting, message);
        }
        ended = err == HL_OK && message == NULL;
    }
    client_stream_close(&stream);
    return err;
}

static hl_err too_late(struct waiting *waiting)
{
    const Heluo__V1__OrderView *known = waiting->known;
    bool disputed =
        known != NULL && known->order->disputed ==
                             HELUO__V1__ORDER_DISPUTED__ORDER_DISPUTED_OPEN;
    return hl_fail(cli_about(waiting->call, waiting->about), HL_EDEADLINE,
                   "it is %s, and not %s within --timeout%s",
                   known == NULL ? "not known here" : ledger_order_state(known),
                   waiting->goal->word,
                   disputed ? ": a person decides its dispute, by "
                              "'heluo order resolve'"
                            : "");
}

/* Through restarts of the node. */
static hl_err follow_until_over(struct waiting *waiting)
{
    for (;;) {
        hl_err err = follow(waiting);
        bool late = waiting->end_ms - node_link_now_ms() <= PAUSE_MS;
        if (is_over(waiting)) {
            return HL_OK;
        }
        if (err != HL_OK && (!node_link_is_passing(err) || late)) {
            return err;
        }
        if (late) {
            return too_late(waiting);
        }
        node_link_pause(PAUSE_MS);
    }
}

static hl_err show_when(struct cli_call *call,
                        const struct ledger_order_name *name, const char *about,
                        const struct goal *goal)
{
    struct waiting waiting = {
        .call = call,
        .about = about,
        .goal = goal,
        .request = HELUO__V1__ORDER_WATCH_REQUEST__INIT,
    };
    waiting.request.begun_at = (char *)(uintptr_t)name->begun_at;
    waiting.request.id = ledger_bytes(name->id);
    hl_err err = node_link_open(call, &waiting.link);
    if (err == HL_OK) {
        waiting.end_ms = node_link_now_ms() + waiting.link.timeout_ms;
        err = follow_until_over(&waiting);
    }
    if (waiting.known != NULL) {
        print(call, waiting.known);
    }
    if (err == HL_OK && !is_at(&waiting, goal->reached)) {
        err = hl_fail(cli_about(call, waiting.about), HL_ESTATE,
                      "it is %s, and will not be %s",
                      ledger_order_state(waiting.known), goal->word);
    }
    protobuf_c_message_free_unpacked(waiting.message, NULL);
    node_link_close(&waiting.link);
    return err;
}

hl_err order_wait(struct cli_call *call, const struct ledger_order_name *name)
{
    return show_when(call, name, "the order", &goals[0]);
}

hl_err cmd_order_show(struct cli_call *call)
{
    struct ledger_order_name name;
    const char *word = cli_get(call, "wait");
    hl_err err = ledger_take_order(call, &name);
    if (err != HL_OK || word == NULL) {
        return err == HL_OK ? show_now(call, &name) : err;
    }
    for (size_t i = 0; i < sizeof(goals) / sizeof(goals[0]); i++) {
        if (strcmp(goals[i].word, word) == 0) {
            return show_when(call, &name, call->operands[0], &goals[i]);
        }
    }
    return cli_usage(call,
                     "--wait: '%s' is none of placed, accepted, declined, "
                     "delivered, captured, resolved",
                     word);
}

/* --- Options. ----------------------------------------------------------------
 */

const struct cli_option order_show_options[] = {
    {"wait", "STATE",
     "placed, accepted, declined, delivered, captured, resolved.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0}};
