/* SPDX-License-Identifier: Apache-2.0 */

/* Writes about money, each made of a body, of which some fields may be left to
 * the node. */

#include <string.h>

#include "heluo/v1/clearing.pb-c.h"
#include "node/ledger/cycle.h"
#include "node/service/ledger_call.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"

/* --- Form. --------------------------------------------------------------- */

static bool is_empty(const struct field *field, const void *record)
{
    const uint8_t *at = (const uint8_t *)record + field->offset;
    return field->kind == FIELD_UINT
               ? *(const uint64_t *)(const void *)at == 0
               : ((const struct bytes *)(const void *)at)->size == 0;
}

/* What the node fills in, and something that has the form of it. */
static const struct {
    const char *name;
    uint64_t number;
    const char *text;
} fills[] = {
    {"begun_at", 0, "a"},
    {"id", 0, "0123456789abcdef"},
    {"issuer", 0, "a"},
    {"scheme_version", 1, ""},
    {"until", 0, "2026-01-01"},
    {"hold_fen", 1, ""},
    {"expires", 0, "2026-01-01"},
    {"amount_fen", 1, ""},
    {"spent_after_fen", 1, ""},
    {"limit_fen", 1, ""},
    {"holder", 0, "0123456789abcdef"},
    {"payer", 0, "a"},
};

/* An id of what is new; everything else is of something that has one. Sums of a
 * spend. */
static bool is_filled_in(uint32_t body, const struct field *field)
{
    if (strcmp(field->name, "id") == 0) {
        return body == VOUCHER_BODY_ISSUE || body == ORDER_BODY_PLACE ||
               body == ORDER_BODY_REQUEST || body == ORDER_BODY_ALLOT;
    }
    bool sum = strcmp(field->name, "amount_fen") == 0 ||
               strcmp(field->name, "limit_fen") == 0;
    return !sum || body == ORDER_BODY_SPEND || body == PAYMENT_BODY_RECEIVED;
}

static void fill_form(uint32_t body, const struct record_type *type,
                      void *record)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        uint8_t *at = (uint8_t *)record + field->offset;
        for (size_t k = 0; k < sizeof(fills) / sizeof(fills[0]); k++) {
            if (strcmp(fills[k].name, field->name) != 0 ||
                !is_empty(field, record) || !is_filled_in(body, field)) {
                continue;
            }
            if (field->kind == FIELD_UINT) {
                *(uint64_t *)(void *)at = fills[k].number;
            } else {
                *(struct bytes *)(void *)at = bytes_of_text(fills[k].text);
            }
        }
    }
}

/* Fingerprints are of the keys of the day: what a request is told from others
 * by is the invoice itself. */
static void ask_without_prints(struct ledger_call *call)
{
    union record_room record = call->record;
    struct order_deliver *deliver = (void *)&record; /* or a spend */
    deliver->invoice_key = deliver->former_key = 0;
    deliver->invoice_print = deliver->former_print = (struct bytes){0};
    call->write.asked =
        write_encode(call->write.call, call->write.type, &record);
}

/* The body's message as a record in its one written form, which borrows the
 * call's memory. */
static hl_err take_record(struct ledger_call *call,
                          const struct record_type *type,
                          const ProtobufCMessage *from,
                          struct hl_detail *detail)
{
    struct canonical_unknown unknown;
    struct rpc_call *of = call->write.call;
    size_t size = protobuf_c_message_get_packed_size(from);
    uint8_t *packed = rpc_call_alloc(of, size + 1);
    protobuf_c_message_pack(from, packed);
    hl_err err =
        canonical_check(bytes_of(packed, size), type->schema, &unknown, detail);
    if (err == HL_OK && unknown.present) {
        err = hl_fail(detail, HL_EMALFORMED,
                      "field %s: it has a field that this node does not know",
                      type->name);
    }
    if (err != HL_OK) {
        return err;
    }
    union record_room record;
    struct writer room = {0};
    record_decode(type, bytes_of(packed, size), &record);
    record_normalise(type, &record, &room);
    call->write.asked = write_encode(of, type, &record);
    writer_fini(&room);
    record_decode(type, call->write.asked, &call->record);
    record = call->record;
    fill_form(call->body, type, &record);
    return record_validate(type, &record, detail);
}

static hl_err check_parties(const struct ledger_call *call,
                            struct hl_detail *detail)
{
    const struct voucher_issue *issue = (const void *)&call->record;
    hl_err err = HL_OK;
    if (call->body != VOUCHER_BODY_ISSUE) {
        return HL_OK;
    }
    if ((call->holder != NULL) == (issue->holder.size > 0)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field holder: a party, or the token of one, and not "
                       "both");
    }
    if (call->controller != NULL && issue->controller.size > 0) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field controller: a party, or the token of one, and "
                       "not both");
    }
    if (call->holder != NULL) {
        err = party_check(call->holder, "holder", detail);
    }
    return err == HL_OK && call->controller != NULL
               ? party_check(call->controller, "controller", detail)
               : err;
}

hl_err ledger_call_take(struct ledger_call *call, uint32_t body,
                        const ProtobufCMessage *from, struct bytes command_id,
                        struct hl_detail *detail)
{
    const struct record_type *type = ledger_body_type(body);
    HL_ASSERT(type != NULL);
    hl_err err = catalogue_check_owner(call->write.services, detail);
    if (err != HL_OK) {
        return err;
    }
    if (from == NULL) {
        return hl_fail(detail, HL_EMALFORMED, "field %s: missing", type->name);
    }
    call->body = body;
    call->write.type = type;
    call->write.body_type = entry_body_type(body, body != ORDER_BODY_REVIEW);
    err = take_record(call, type, from, detail);
    if (err == HL_OK && call->invoice != NULL) {
        ask_without_prints(call);
    }
    if (err == HL_OK) {
        err = check_parties(call, detail);
    }
    if (err == HL_OK) {
        err = write_call_identify(&call->write, command_id, detail);
    }
    call->asked = call->write.command.id.request;
    return err;
}

/* --- In the writer. ------------------------------------------------------ */

/* An object without an id has the command's; an order without a place is of
 * this node's. */
static void fill_key(struct ledger_call *call, union record_room *record)
{
    struct bytes id = bytes_of(call->write.command.id.id, HL_COMMAND_ID_BYTES);
    struct bytes node =
        origin_node(bytes_of_text(call->write.services->origin));
    if (call->body == VOUCHER_BODY_ISSUE) {
        struct voucher_issue *issue = (void *)record;
        issue->id = issue->id.size > 0 ? issue->id : id;
    } else if (order_is_body(call->body)) {
        struct order_key *key = (void *)record;
        key->begun_at = key->begun_at.size > 0 ? key->begun_at : node;
        key->id = key->id.size > 0 ? key->id : id;
    }
}

static void add_token(const Heluo__V1__Party *party, const uint8_t *token,
                      struct writer *out)
{
    writer_u8(out, party != NULL ? 1 : 0);
    writer_bytes(out, bytes_of(token, party != NULL ? VOUCHER_ID_BYTES : 0));
}

static hl_err mark_parties(struct ledger_call *call,
                           struct write_context *context, struct writer *out,
                           struct hl_detail *detail)
{
    const Heluo__V1__Party *parties[] = {call->holder, call->controller};
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < 2; i++) {
        if (parties[i] != NULL) {
            err = party_token(context, parties[i], call->tokens[i], detail);
        }
        add_token(parties[i], call->tokens[i], out);
    }
    return err;
}

static hl_err mark_invoice(const struct ledger_call *call,
                           struct write_context *context, struct writer *out,
                           struct hl_detail *detail)
{
    struct hl_hash mark;
    hl_err err = order_invoice_mark(context, call->invoice, &mark, detail);
    if (err == HL_OK) {
        writer_bytes(out, bytes_of(mark.bytes, HL_HASH_BYTES));
    }
    return err;
}

/* Parties tell requests apart by their tokens, and invoices by what only this
 * node can make of them: a digest that was made of what they are would let
 * everyone who has the journal try codes, names and numbers. */
hl_err ledger_call_identify(struct write_command *command,
                            struct write_context *context,
                            struct hl_detail *detail)
{
    struct ledger_call *call = (struct ledger_call *)command;
    struct writer marks = {0};
    if (call->holder == NULL && call->controller == NULL &&
        call->invoice == NULL) {
        return HL_OK;
    }
    hl_err err = call->invoice != NULL
                     ? mark_invoice(call, context, &marks, detail)
                     : mark_parties(call, context, &marks, detail);
    struct bytes parts[] = {bytes_of(call->asked.bytes, HL_HASH_BYTES),
                            writer_view(&marks)};
    command->id.request = hash_parts(parts, 2);
    writer_fini(&marks);
    return err;
}

static hl_err fill_parties(const struct ledger_call *call,
                           struct write_context *context,
                           union record_room *record, struct hl_detail *detail)
{
    struct voucher_issue *issue = (void *)record;
    hl_err err = HL_OK;
    if (call->holder != NULL) {
        issue->holder = bytes_of(call->tokens[0], VOUCHER_ID_BYTES);
        err = party_keep(context, call->holder, issue->holder, detail);
    }
    if (err == HL_OK && call->controller != NULL) {
        issue->controller = bytes_of(call->tokens[1], VOUCHER_ID_BYTES);
        err = party_keep(context, call->controller, issue->controller, detail);
    }
    return err;
}

static void set_cause(struct write_context *context,
                      const struct ledger_cause *cause)
{
    context->has_cause = cause->has;
    context->cause_index = cause->index;
    context->cause_leaf = cause->leaf;
    memcpy(context->cause_origin, cause->origin, sizeof(cause->origin));
}

hl_err ledger_call_run(struct write_command *command,
                       struct write_context *context, struct hl_detail *detail)
{
    struct ledger_call *call = (struct ledger_call *)command;
    union record_room record = call->record;
    struct ledger_cause cause = {0};
    struct writer room = {0};
    struct ledger_writer writer = {
        .txn = context->txn,
        .number = context->number,
        .origin = bytes_of_text(call->write.services->origin),
        .now = context->now,
        .seals = context->facts->seals,
        .member = context->facts->member,
        .ended = context->facts->ended,
        .context = context->facts->context,
        .limits = services_limits(call->write.services),
    };
    context->body_type = call->write.body_type;
    fill_key(call, &record);
    hl_err err = fill_parties(call, context, &record, detail);
    if (err == HL_OK) {
        err =
            ledger_decide(&writer, call->body, &record, &cause, &room, detail);
    }
    if (err == HL_OK) {
        set_cause(context, &cause);
        record_encode(call->write.type, &record, context->body);
    }
    writer_fini(&room);
    return err;
}

static const char *other_party(const struct ledger_call *call,
                               const union record_room *former)
{
    const struct voucher_issue *issue = (const void *)former;
    if (call->holder != NULL &&
        !bytes_equal(issue->holder,
                     bytes_of(call->tokens[0], VOUCHER_ID_BYTES))) {
        return "holder";
    }
    return call->controller != NULL &&
                   !bytes_equal(issue->controller,
                                bytes_of(call->tokens[1], VOUCHER_ID_BYTES))
               ? "controller"
               : NULL;
}

/* What the node stated of an invoice. */
static bool is_of_invoice(const struct field *field)
{
    return strncmp(field->name, "invoice_", strlen("invoice_")) == 0 ||
           strncmp(field->name, "former_", strlen("former_")) == 0;
}

/* Fields that the request left to the node do not tell it apart. */
const char *ledger_call_difference(const struct write_command *command,
                                   const struct entry *former)
{
    const struct ledger_call *call = (const struct ledger_call *)command;
    const struct record_type *type = call->write.type;
    union record_room other;
    if (former->body_type != call->write.body_type) {
        return "method";
    }
    record_decode(type, former->body, &other);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        if (!is_empty(field, &call->record) &&
            (call->invoice == NULL || !is_of_invoice(field)) &&
            record_field_differs(field, &call->record, &other)) {
            return field->name;
        }
    }
    return call->invoice != NULL ? "invoice" : other_party(call, &other);
}

/* --- The methods. -------------------------------------------------------- */

/* Every request that writes begins so. */
struct ledger_request {
    ProtobufCMessage base;
    Heluo__V1__Write *write;
    ProtobufCMessage *body;
};

#define SAME(request, field)                                                   \
    static_assert(offsetof(request, field) ==                                  \
                      offsetof(struct ledger_request, body),                   \
                  "requests are laid out alike")
SAME(Heluo__V1__SchemePutRequest, scheme);
SAME(Heluo__V1__VoucherIssueRequest, issue);
SAME(Heluo__V1__VoucherEndRequest, end);
SAME(Heluo__V1__OrderPlaceRequest, place);
SAME(Heluo__V1__OrderRequestRequest, request);
SAME(Heluo__V1__OrderAllotRequest, allot);
SAME(Heluo__V1__OrderSpendRequest, spend);
SAME(Heluo__V1__OrderCloseRequest, close);
SAME(Heluo__V1__OrderAcceptRequest, accept);
SAME(Heluo__V1__OrderDeclineRequest, decline);
SAME(Heluo__V1__OrderDeliverRequest, deliver);
SAME(Heluo__V1__OrderDisputeRequest, dispute);
SAME(Heluo__V1__OrderResolveRequest, resolve);
SAME(Heluo__V1__OrderConfirmRequest, confirm);
SAME(Heluo__V1__OrderCancelRequest, cancel);
SAME(Heluo__V1__OrderAdjustRequest, adjust);
SAME(Heluo__V1__OrderReviewRequest, review);
SAME(Heluo__V1__PaymentSentRequest, payment);
SAME(Heluo__V1__PaymentReceivedRequest, payment);

static const struct {
    const ProtobufCMessageDescriptor *request;
    uint32_t body;
} methods[] = {
    {&heluo__v1__scheme_put_request__descriptor, SCHEME_BODY_PUT},
    {&heluo__v1__voucher_issue_request__descriptor, VOUCHER_BODY_ISSUE},
    {&heluo__v1__voucher_end_request__descriptor, VOUCHER_BODY_END},
    {&heluo__v1__order_place_request__descriptor, ORDER_BODY_PLACE},
    {&heluo__v1__order_request_request__descriptor, ORDER_BODY_REQUEST},
    {&heluo__v1__order_allot_request__descriptor, ORDER_BODY_ALLOT},
    {&heluo__v1__order_spend_request__descriptor, ORDER_BODY_SPEND},
    {&heluo__v1__order_close_request__descriptor, ORDER_BODY_CLOSE},
    {&heluo__v1__order_accept_request__descriptor, ORDER_BODY_ACCEPT},
    {&heluo__v1__order_decline_request__descriptor, ORDER_BODY_DECLINE},
    {&heluo__v1__order_deliver_request__descriptor, ORDER_BODY_DELIVER},
    {&heluo__v1__order_dispute_request__descriptor, ORDER_BODY_DISPUTE},
    {&heluo__v1__order_resolve_request__descriptor, ORDER_BODY_RESOLVE},
    {&heluo__v1__order_confirm_request__descriptor, ORDER_BODY_CONFIRM},
    {&heluo__v1__order_cancel_request__descriptor, ORDER_BODY_CANCEL},
    {&heluo__v1__order_adjust_request__descriptor, ORDER_BODY_ADJUST},
    {&heluo__v1__order_review_request__descriptor, ORDER_BODY_REVIEW},
    {&heluo__v1__payment_sent_request__descriptor, PAYMENT_BODY_SENT},
    {&heluo__v1__payment_received_request__descriptor, PAYMENT_BODY_RECEIVED},
};

static uint32_t body_of(const ProtobufCMessageDescriptor *request)
{
    size_t i = 0;
    while (methods[i].request != request) {
        i++;
        HL_ASSERT(i < sizeof(methods) / sizeof(methods[0]));
    }
    return methods[i].body;
}

static void respond(struct write_call *write, Heluo__V1__Written *written)
{
    Heluo__V1__LedgerResponse response = HELUO__V1__LEDGER_RESPONSE__INIT;
    response.written = written;
    rpc_answer(write->call, &response.base);
}

static const struct write_type unary = {
    .name = "ledger",
    .remembers = true,
    .identify = ledger_call_identify,
    .run = ledger_call_run,
    .difference = ledger_call_difference,
    .answer = write_call_answer,
};

static const Heluo__V1__Invoice *invoice_of(const ProtobufCMessage *message)
{
    static_assert(offsetof(Heluo__V1__OrderSpendRequest, invoice) ==
                      offsetof(Heluo__V1__OrderDeliverRequest, invoice),
                  "as of a delivery");
    const Heluo__V1__OrderDeliverRequest *request = (const void *)message;
    return message->descriptor ==
                       &heluo__v1__order_deliver_request__descriptor ||
                   message->descriptor ==
                       &heluo__v1__order_spend_request__descriptor
               ? request->invoice
               : NULL;
}

void ledger_write(struct rpc_call *of, const ProtobufCMessage *message,
                  void *context)
{
    const struct ledger_request *request = (const void *)message;
    struct ledger_call *call =
        (struct ledger_call *)write_call_new(of, context, sizeof(*call));
    struct hl_detail detail = {0};
    struct bytes id = {0};
    call->write.command.type = &unary;
    call->write.respond = respond;
    if (message->descriptor == &heluo__v1__voucher_issue_request__descriptor) {
        const Heluo__V1__VoucherIssueRequest *issue = (const void *)message;
        call->holder = issue->holder;
        call->controller = issue->controller;
    }
    if (request->write != NULL) {
        id = bytes_of_binary(&request->write->command_id);
    }
    const ProtobufCMessage *body = request->body;
    hl_err err = order_take_invoice(call, invoice_of(message), &body, &detail);
    if (err == HL_OK) {
        err = ledger_call_take(call, body_of(message->descriptor), body, id,
                               &detail);
    }
    if (err != HL_OK) {
        rpc_fail(of, err, &detail);
        return;
    }
    write_call_submit(&call->write, request->write);
}
