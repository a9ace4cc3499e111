/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/ledger/refusal.h"
#include "node/projection/ledger.h"
#include "tests/sim/trade_inside.h"

/* What nodes make of what is asked about money, and how they answer. */

enum {
    AGAIN_PERCENT = 12, /* of what was answered, and is asked again */
    AGAIN_S = 200,
    LATER_MAX = 15, /* times that "not now" is taken for an answer */
};

/* --- The entry. ---------------------------------------------------------- */

/* Whatever it says. */
static hl_err write_forged(const struct request *request,
                           struct write_context *context)
{
    const struct money_ask *money = &request->money;
    const struct alliance *alliance = &request->platform->world->alliance;
    writer_bytes(context->body, writer_view(&request->body));
    context->has_cause = money->has_cause;
    if (money->has_cause) {
        context->cause_index = money->cause_index;
        context->cause_leaf = money->cause_leaf;
        snprintf(context->cause_origin, sizeof(context->cause_origin), "%s",
                 alliance->cities[money->cause_city].origin);
    }
    return HL_OK;
}

hl_err trade_run(struct request *request, struct write_context *context,
                 struct hl_detail *detail)
{
    const struct money_ask *money = &request->money;
    const struct record_type *type = ledger_body_type(money->body);
    const struct ledger_writer writer = {
        .txn = context->txn,
        .number = context->number,
        .origin = host_origin(request->host),
        .now = context->now,
        .seals = context->facts->seals,
        .member = context->facts->member,
        .ended = context->facts->ended,
        .context = context->facts->context,
    };
    context->body_type =
        entry_body_type(money->body, money->body != ORDER_BODY_REVIEW);
    if (money->forged) {
        return write_forged(request, context);
    }
    union record_room record;
    struct ledger_cause cause = {0};
    struct writer room = {0};
    record_decode(type, writer_view(&request->body), &record);
    hl_err err =
        ledger_decide(&writer, money->body, &record, &cause, &room, detail);
    if (err == HL_OK) {
        record_encode(type, &record, context->body);
        context->has_cause = cause.has;
        context->cause_index = cause.index;
        context->cause_leaf = cause.leaf;
        memcpy(context->cause_origin, cause.origin, sizeof(cause.origin));
    }
    writer_fini(&room);
    return err;
}

/* --- Refusals. ----------------------------------------------------------- */

void trade_note_refusal(struct request *request, struct bytes body)
{
    struct command_refused refused;
    record_decode(&command_refusing, body, &refused);
    snprintf(request->refusal_error, sizeof(request->refusal_error), "%.*s",
             BYTES_ARGS(refused.error));
    snprintf(request->refusal_text, sizeof(request->refusal_text), "%.*s",
             BYTES_ARGS(refused.text));
}

/* What a command about money was refused for stands in the journal, and is said
 * again, whatever has changed. */
static void check_refused(struct request *request)
{
    const struct write_answer *result = &request->command.result;
    if (request->made == 0 || !request->refused ||
        strcmp(request->refusal_error, hl_err_name(result->err)) != 0 ||
        strcmp(request->refusal_text, request->command.detail.text) != 0) {
        world_violation(request->platform->world,
                        "%s refuses request %" PRIu64 ": %s %s, not %s %s",
                        host_label(request->host), request->number,
                        hl_err_name(result->err), request->command.detail.text,
                        request->made == 0 ? "for ever"
                                           : request->refusal_error,
                        request->refused ? request->refusal_text : "");
    }
}

/* Not allowed, for ever; or not now. */
void trade_refused(struct request *request)
{
    struct world *world = request->platform->world;
    hl_err err = request->command.result.err;
    world_trace(world, "%s refuses %" PRIu64 ": %s %s",
                host_label(request->host), request->number, hl_err_name(err),
                request->command.detail.text);
    if (ledger_is_refusal(err)) {
        check_refused(request);
        request->done = true;
        trade_over(request);
        return;
    }
    if (request->made > 0) {
        world_violation(world,
                        "%s answers request %" PRIu64 ", which made "
                        "entry %" PRIu64 ", with %s",
                        host_label(request->host), request->number,
                        request->index, hl_err_name(err));
    }
    world->tally.money[MONEY_UNSEALED] += err == HL_EUNSEALED;
    request->done = request->tries >= LATER_MAX;
    if (!request->done) {
        platform_ask_later(request);
    }
}

/* --- Answered. ----------------------------------------------------------- */

static void again(void *context, uint64_t unused)
{
    struct request *request = context;
    (void)unused;
    if (request->done && !request->at_host && request->platform->busy) {
        platform_ask_again(request);
    }
}

static void move_on(struct trade_order *order, uint32_t body)
{
    static const struct {
        uint32_t body;
        enum trade_stage stage;
    } moves[] = {{ORDER_BODY_PLACE, STAGE_PLACED},
                 {ORDER_BODY_REQUEST, STAGE_ACCEPTED},
                 {ORDER_BODY_ACCEPT, STAGE_ACCEPTED},
                 {ORDER_BODY_DELIVER, STAGE_DELIVERED},
                 {ORDER_BODY_ALLOT, STAGE_PLACED},
                 {ORDER_BODY_SPEND, STAGE_ACCEPTED},
                 {ORDER_BODY_CLOSE, STAGE_DELIVERED},
                 {ORDER_BODY_DECLINE, STAGE_GONE}};
    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        if (moves[i].body == body && moves[i].stage > order->stage) {
            order->stage = moves[i].stage;
        }
    }
    order->disputed = body == ORDER_BODY_DISPUTE ||
                      (order->disputed && body != ORDER_BODY_RESOLVE);
}

void trade_over(struct request *request)
{
    struct platform *platform = request->platform;
    platform->world->tally.money[MONEY_REPEATED] += request->answered;
    request->answered = true;
    if (request->money.voucher > 0) {
        struct trade_voucher *voucher =
            &platform->trade.vouchers[request->money.voucher - 1];
        bool ends = request->money.body == VOUCHER_BODY_END;
        voucher->issued = voucher->issued || (!ends && !request->refused);
        voucher->ended = voucher->ended || ends;
    }
    if (request->money.order > 0 && !request->refused) {
        move_on(&platform->trade.orders[request->money.order - 1],
                request->money.body);
    }
    if (trade_percent(platform, AGAIN_PERCENT)) {
        world_at(platform->world,
                 (int64_t)(1 + trade_below(platform, AGAIN_S)) * WORLD_S, again,
                 request, 0);
    }
}
