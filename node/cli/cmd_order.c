/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo order`: what is said of orders, on both sides, and the table of the
 * group. */

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "certs/tools/file.h"
#include "node/catalogue/kinds.h"
#include "node/catalogue/rules.h"
#include "node/cli/blob_send.h"
#include "node/cli/cmd_ledger.h"
#include "node/cli/commands.h"
#include "protocol/base/hash.h"

enum { DOCUMENT_MAX_BYTES = 268435456 };

/* --- Place. ----------------------------------------------------------------
 */

/* What of the unit: an instrument or service, where a number is given. */
static hl_err take_item(struct cli_call *call, Heluo__V1__OrderPlace *place)
{
    const char *word = cli_get(call, "item-kind");
    const struct record_kind *kind =
        record_kind_of_word(word == NULL ? "instrument" : word);
    if (!cli_has(call, "item-inner-id")) {
        return word != NULL || cli_has(call, "item-home")
                   ? cli_usage(call, "--item-kind, --item-home: with "
                                     "--item-inner-id")
                   : HL_OK;
    }
    if (kind == NULL || !kind->homed || strcmp(kind->word, "demand") == 0) {
        return cli_usage(
            call, "--item-kind: '%s' is none of instrument, service", word);
    }
    place->item_kind = kind->number;
    place->item_inner_id = ledger_text_option(call, "item-inner-id");
    place->item_home = cli_has(call, "item-home")
                           ? ledger_text_option(call, "item-home")
                           : place->provider;
    return HL_OK;
}

static char uscc[] = "uscc";

/* By ORDERED_OPTIONS; the provider is there, or is none. */
static hl_err take_ordered(struct cli_call *call, Heluo__V1__OrderPlace *place,
                           uint8_t voucher[LEDGER_ID_BYTES])
{
    struct hl_detail why = {0};
    if (ledger_parse_id(cli_get(call, "voucher"), voucher, &why) != HL_OK) {
        return cli_usage(call, "--voucher: %s", why.text);
    }
    if (ledger_parse_service(cli_get(call, "kind"), &place->kind, &why) !=
        HL_OK) {
        return cli_usage(call, "--kind: %s", why.text);
    }
    place->voucher = ledger_bytes(voucher);
    place->unit_id = ledger_text_option(call, "unit-id");
    place->unit_scheme = cli_has(call, "unit-scheme")
                             ? ledger_text_option(call, "unit-scheme")
                             : uscc;
    hl_err err = take_item(call, place);
    if (err == HL_OK) {
        err = ledger_take_yuan(call, "price", &place->price_fen);
    }
    if (err == HL_OK) {
        err = ledger_take_yuan(call, "hold", &place->hold_fen);
    }
    return err == HL_OK ? ledger_take_day(call, "until", &place->until) : err;
}

static void write_holder(const Heluo__V1__Party *holder,
                         const Heluo__V1__OrderPlace *place, struct writer *out)
{
    char order[LEDGER_ID_TEXT_BYTES];
    ledger_format_id(place->id, order);
    json_t *object = json_pack("{s:s, s:o, s:o, s:o}", "order", order, "uscc",
                               cli_json_text(holder->uscc), "name",
                               cli_json_text(holder->name), "contact",
                               cli_json_text(holder->contact));
    char *text = json_dumps(object, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    writer_text(out, text);
    writer_u8(out, '\n');
    free(text);
    json_decref(object);
}

/* By which its readers find it (order_holder.c of the service): within the
 * seal. Orders are placed at the voucher's issuer. */
static void name_holder(const Heluo__V1__VoucherView *voucher,
                        const Heluo__V1__OrderPlace *place, struct writer *out)
{
    const char *slash = strrchr(voucher->origin, '/');
    writer_format(out, "holder-%s-",
                  slash == NULL ? voucher->origin : slash + 1);
    writer_hex(out, bytes_of(place->id.data, place->id.len));
    writer_text(out, ".json");
    writer_u8(out, 0);
}

/* Once the order stands: who is refused one learns nothing of the holder. */
static hl_err tell_holder(struct cli_call *call,
                          const Heluo__V1__OrderPlace *place,
                          const uint8_t command_id[LEDGER_ID_BYTES])
{
    Heluo__V1__VoucherGetRequest request = HELUO__V1__VOUCHER_GET_REQUEST__INIT;
    const char *const readers[] = {place->provider};
    struct bytes parts[] = {bytes_of(command_id, LEDGER_ID_BYTES),
                            bytes_of_text("holder")};
    struct hl_hash command = hash_parts(parts, 2);
    struct writer document = {0}, name = {0};
    struct node_link link = {0};
    ProtobufCMessage *got = NULL;
    Heluo__V1__BlobPutResponse *answer = NULL;
    request.id = place->voucher;
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = node_link_ask(call, &link, "/heluo.v1.Voucher/Get", &request.base,
                            &heluo__v1__voucher_get_response__descriptor, &got);
    }
    const Heluo__V1__VoucherGetResponse *voucher = (const void *)got;
    if (err == HL_OK &&
        (voucher->voucher == NULL || voucher->voucher->holder == NULL)) {
        err = hl_fail(&call->detail, HL_ENOTFOUND,
                      "the order stands, but this node does not know who holds "
                      "the voucher");
    }
    if (err == HL_OK) {
        write_holder(voucher->voucher->holder, place, &document);
        name_holder(voucher->voucher, place, &name);
        struct blob_document blob = {
            .bytes = writer_view(&document),
            .name = (const char *)name.data,
            .media_type = "application/json",
            .kind = HELUO__V1__BLOB_KIND__BLOB_KIND_HOLDER,
            .readers = readers,
            .reader_count = 1,
            .command_id = command.bytes,
        };
        err = blob_send(call, &link, &blob, &answer);
    }
    protobuf_c_message_free_unpacked(got, NULL);
    protobuf_c_message_free_unpacked((ProtobufCMessage *)answer, NULL);
    node_link_close(&link);
    writer_fini(&document);
    writer_fini(&name);
    return err;
}

static hl_err cmd_order_place(struct cli_call *call)
{
    Heluo__V1__OrderPlaceRequest request = HELUO__V1__ORDER_PLACE_REQUEST__INIT;
    Heluo__V1__OrderPlace place = HELUO__V1__ORDER_PLACE__INIT;
    uint8_t id[LEDGER_ID_BYTES], voucher[LEDGER_ID_BYTES];
    const struct record_subject subject = {"order", id, true};
    struct ledger_command command = {.path = "/heluo.v1.Order/Place",
                                     .request = &request.base,
                                     .subject = &subject};
    request.place = &place;
    place.provider = ledger_text_option(call, "provider");
    hl_err err = take_ordered(call, &place, voucher);
    if (err == HL_OK) {
        err = record_choose_id(call, command.id);
    }
    if (err == HL_OK) {
        err = ledger_take_new_id(call, command.id, id);
    }
    place.id = ledger_bytes(id);
    if (err == HL_OK) {
        err = ledger_write(call, &command);
    }
    return err == HL_OK && cli_has(call, "tell-holder")
               ? tell_holder(call, &place, command.id)
               : err;
}

/* --- Request. ----------------------------------------------------------------
 */

static void take_request(const Heluo__V1__OrderPlace *place,
                         Heluo__V1__HoldRequest *request)
{
    request->voucher = place->voucher;
    request->unit_scheme = place->unit_scheme;
    request->unit_id = place->unit_id;
    request->item_kind = place->item_kind;
    request->item_home = place->item_home;
    request->item_inner_id = place->item_inner_id;
    request->kind = place->kind;
    request->price_fen = place->price_fen;
    request->hold_fen = place->hold_fen;
    request->until = place->until;
}

static hl_err cmd_order_request(struct cli_call *call)
{
    Heluo__V1__OrderRequestRequest asked =
        HELUO__V1__ORDER_REQUEST_REQUEST__INIT;
    Heluo__V1__HoldRequest request = HELUO__V1__HOLD_REQUEST__INIT;
    Heluo__V1__OrderPlace place = HELUO__V1__ORDER_PLACE__INIT;
    struct ledger_order_name name = {{0}, {0}};
    uint8_t voucher[LEDGER_ID_BYTES];
    const struct record_subject subject = {"order", name.id, true};
    struct ledger_command command = {.path = "/heluo.v1.Order/Request",
                                     .request = &asked.base,
                                     .subject = &subject};
    asked.request = &request;
    hl_err err = take_ordered(call, &place, voucher);
    take_request(&place, &request);
    if (err == HL_OK) {
        err = record_choose_id(call, command.id);
    }
    if (err == HL_OK) {
        err = ledger_take_new_id(call, command.id, name.id);
    }
    request.issuer = ledger_text_option(call, "issuer");
    request.id = ledger_bytes(name.id);
    if (err == HL_OK) {
        err = ledger_write(call, &command);
    }
    return err == HL_OK && cli_has(call, "answer") ? order_wait(call, &name)
                                                   : err;
}

/* --- What is said of an order. ---------------------------------------------
 */

/* All these messages begin with begun_at and id. */
struct order_word {
    ProtobufCMessage base;
    char *begun_at;
    ProtobufCBinaryData id;
};

#define BEGINS(message)                                                        \
    static_assert(offsetof(message, id) == offsetof(struct order_word, id),    \
                  "what is said of an order begins alike")
BEGINS(Heluo__V1__HoldRequest);
BEGINS(Heluo__V1__AllotSpend);
BEGINS(Heluo__V1__AllotClose);
BEGINS(Heluo__V1__OrderAccept);
BEGINS(Heluo__V1__OrderDecline);
BEGINS(Heluo__V1__OrderDeliver);
BEGINS(Heluo__V1__OrderDispute);
BEGINS(Heluo__V1__DisputeResolve);
BEGINS(Heluo__V1__HolderConfirm);
BEGINS(Heluo__V1__OrderCancel);
BEGINS(Heluo__V1__Adjustment);
BEGINS(Heluo__V1__OrderReview);

static hl_err say(struct cli_call *call, const char *path,
                  ProtobufCMessage *request, ProtobufCMessage *body)
{
    struct order_word *word = (struct order_word *)(void *)body;
    struct ledger_order_name name;
    struct ledger_command command = {.path = path, .request = request};
    hl_err err = ledger_take_order(call, &name);
    if (err == HL_OK) {
        err = record_choose_id(call, command.id);
    }
    if (err != HL_OK) {
        return err;
    }
    word->begun_at = name.begun_at;
    word->id = ledger_bytes(name.id);
    return ledger_write(call, &command);
}

static hl_err cmd_order_accept(struct cli_call *call)
{
    Heluo__V1__OrderAcceptRequest request =
        HELUO__V1__ORDER_ACCEPT_REQUEST__INIT;
    Heluo__V1__OrderAccept accept = HELUO__V1__ORDER_ACCEPT__INIT;
    request.accept = &accept;
    return say(call, "/heluo.v1.Order/Accept", &request.base, &accept.base);
}

static hl_err cmd_order_decline(struct cli_call *call)
{
    Heluo__V1__OrderDeclineRequest request =
        HELUO__V1__ORDER_DECLINE_REQUEST__INIT;
    Heluo__V1__OrderDecline decline = HELUO__V1__ORDER_DECLINE__INIT;
    request.decline = &decline;
    decline.reason = ledger_text_option(call, "reason");
    return say(call, "/heluo.v1.Order/Decline", &request.base, &decline.base);
}

/* With --digests the digest alone leaves this machine. */
static hl_err take_digest(struct cli_call *call, const char *option,
                          struct hl_hash *hash, ProtobufCBinaryData *out)
{
    struct writer document = {0};
    const char *path = cli_get(call, option);
    if (path == NULL) {
        return HL_OK;
    }
    hl_err err =
        file_read(path, DOCUMENT_MAX_BYTES, &document, cli_about(call, path));
    if (err == HL_OK) {
        *hash = hash_bytes(writer_view(&document));
        *out = (ProtobufCBinaryData){.len = HL_HASH_BYTES, .data = hash->bytes};
    }
    writer_fini(&document);
    return err;
}

/* Sealed to the order's issuer, and named by its id. */
static hl_err put_document(struct cli_call *call,
                           const struct blob_part_of *part,
                           struct hl_hash *hash, ProtobufCBinaryData *out)
{
    bool is = false;
    if (cli_has(call, "digests")) {
        return take_digest(call, part->option, hash, out);
    }
    hl_err err = blob_send_option(call, part, hash, &is);
    if (err == HL_OK && is) {
        *out = (ProtobufCBinaryData){.len = HL_HASH_BYTES, .data = hash->bytes};
    }
    return err;
}

/* What the node makes fingerprints of; none where no number is given. */
static hl_err take_invoice(struct cli_call *call, Heluo__V1__Invoice *invoice,
                           Heluo__V1__Invoice **out)
{
    static const char *const others[] = {"invoice-code", "invoice-date",
                                         "invoice-fen", "invoice-seller"};
    if (cli_get(call, "invoice-number") == NULL) {
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
            if (cli_get(call, others[i]) != NULL) {
                return hl_fail(cli_about(call, ""), HL_EUSAGE,
                               "--%s: with --invoice-number", others[i]);
            }
        }
        return HL_OK;
    }
    *out = invoice;
    invoice->seller = ledger_text_option(call, "invoice-seller");
    invoice->code = ledger_text_option(call, "invoice-code");
    invoice->number = ledger_text_option(call, "invoice-number");
    hl_err err = ledger_take_day(call, "invoice-date", &invoice->date);
    return err == HL_OK ? cli_get_decimal(call, "invoice-fen", 1, MONEY_MAX_FEN,
                                          0, &invoice->amount_fen)
                        : err;
}

/* What an AllotSpend says of the service lies as in an OrderDeliver. */
static_assert(offsetof(Heluo__V1__AllotSpend, price_fen) ==
                      offsetof(Heluo__V1__OrderDeliver, price_fen) &&
                  offsetof(Heluo__V1__AllotSpend, former_print) ==
                      offsetof(Heluo__V1__OrderDeliver, former_print),
              "what is served lies alike");

enum { DOCUMENTS = 3 };

/* Sealed to the order's issuer, which is asked for where there is any. */
static hl_err put_documents(struct cli_call *call,
                            const struct ledger_order_name *order,
                            const uint8_t *command_id,
                            struct hl_hash hashes[DOCUMENTS],
                            Heluo__V1__OrderDeliver *deliver)
{
    char issuer[LEDGER_NODE_BYTES] = "";
    const struct {
        const char *option;
        Heluo__V1__BlobKind kind;
        ProtobufCBinaryData *out;
    } documents[DOCUMENTS] = {
        {"contract", HELUO__V1__BLOB_KIND__BLOB_KIND_CONTRACT,
         &deliver->contract},
        {"report", HELUO__V1__BLOB_KIND__BLOB_KIND_REPORT, &deliver->report},
        {"invoice", HELUO__V1__BLOB_KIND__BLOB_KIND_INVOICE, &deliver->invoice},
    };
    hl_err err = HL_OK;
    for (size_t i = 0; i < DOCUMENTS && err == HL_OK; i++) {
        if (!cli_has(call, documents[i].option)) {
            continue;
        }
        if (issuer[0] == '\0' && !cli_has(call, "digests")) {
            err = order_issuer(call, order, issuer);
        }
        struct blob_part_of part = {documents[i].option, documents[i].kind,
                                    issuer, command_id};
        if (err == HL_OK) {
            err = put_document(call, &part, &hashes[i], documents[i].out);
        }
    }
    return err;
}

static hl_err take_served(struct cli_call *call,
                          Heluo__V1__OrderDeliver *deliver)
{
    uint64_t quantity = 0;
    hl_err err = ledger_take_yuan(call, "price", &deliver->price_fen);
    if (err == HL_OK) {
        err = ledger_take_time(call, "from", &deliver->from_ms);
    }
    if (err == HL_OK) {
        err = ledger_take_time(call, "to", &deliver->until_ms);
    }
    if (err == HL_OK) {
        err = cli_get_decimal(call, "quantity", 1, 1000000, 0, &quantity);
        deliver->quantity = (uint32_t)quantity;
    }
    return err;
}

static hl_err serve(struct cli_call *call, const char *path,
                    ProtobufCMessage *request, ProtobufCMessage *body,
                    Heluo__V1__Invoice **paper)
{
    Heluo__V1__OrderDeliver *deliver = (void *)body;
    Heluo__V1__Invoice invoice = HELUO__V1__INVOICE__INIT;
    struct ledger_command command = {.path = path, .request = request};
    struct ledger_order_name name;
    struct hl_hash hashes[DOCUMENTS];
    hl_err err = take_served(call, deliver);
    if (err == HL_OK) {
        err = take_invoice(call, &invoice, paper);
    }
    if (err == HL_OK) {
        err = ledger_take_order(call, &name);
    }
    if (err == HL_OK) {
        err = record_choose_id(call, command.id);
    }
    if (err == HL_OK) {
        err = put_documents(call, &name, command.id, hashes, deliver);
    }
    if (err != HL_OK) {
        return err;
    }
    deliver->begun_at = name.begun_at;
    deliver->id = ledger_bytes(name.id);
    return ledger_write(call, &command);
}

static hl_err cmd_order_deliver(struct cli_call *call)
{
    Heluo__V1__OrderDeliverRequest request =
        HELUO__V1__ORDER_DELIVER_REQUEST__INIT;
    Heluo__V1__OrderDeliver deliver = HELUO__V1__ORDER_DELIVER__INIT;
    request.deliver = &deliver;
    return serve(call, "/heluo.v1.Order/Deliver", &request.base, &deliver.base,
                 &request.invoice);
}

/* --- Allotments. -------------------------------------------------------------
 */

static hl_err cmd_order_allot(struct cli_call *call)
{
    Heluo__V1__OrderAllotRequest request = HELUO__V1__ORDER_ALLOT_REQUEST__INIT;
    Heluo__V1__Allot allot = HELUO__V1__ALLOT__INIT;
    uint8_t id[LEDGER_ID_BYTES], voucher[LEDGER_ID_BYTES];
    const struct record_subject subject = {"order", id, true};
    struct ledger_command command = {.path = "/heluo.v1.Order/Allot",
                                     .request = &request.base,
                                     .subject = &subject};
    struct hl_detail why = {0};
    request.allot = &allot;
    if (ledger_parse_id(cli_get(call, "voucher"), voucher, &why) != HL_OK) {
        return cli_usage(call, "--voucher: %s", why.text);
    }
    if (ledger_parse_service(cli_get(call, "kind"), &allot.kind, &why) !=
        HL_OK) {
        return cli_usage(call, "--kind: %s", why.text);
    }
    hl_err err = ledger_take_yuan(call, "limit", &allot.limit_fen);
    if (err == HL_OK) {
        err = ledger_take_day(call, "expires", &allot.expires);
    }
    if (err == HL_OK) {
        err = record_choose_id(call, command.id);
    }
    if (err == HL_OK) {
        err = ledger_take_new_id(call, command.id, id);
    }
    allot.id = ledger_bytes(id);
    allot.voucher = ledger_bytes(voucher);
    allot.provider = ledger_text_option(call, "provider");
    allot.unit_id = ledger_text_option(call, "unit-id");
    allot.unit_scheme = cli_has(call, "unit-scheme")
                            ? ledger_text_option(call, "unit-scheme")
                            : uscc;
    return err == HL_OK ? ledger_write(call, &command) : err;
}

static hl_err cmd_order_spend(struct cli_call *call)
{
    Heluo__V1__OrderSpendRequest request = HELUO__V1__ORDER_SPEND_REQUEST__INIT;
    Heluo__V1__AllotSpend spend = HELUO__V1__ALLOT_SPEND__INIT;
    request.spend = &spend;
    hl_err err = ledger_take_yuan(call, "amount", &spend.amount_fen);
    return err == HL_OK ? serve(call, "/heluo.v1.Order/Spend", &request.base,
                                &spend.base, &request.invoice)
                        : err;
}

static hl_err cmd_order_close(struct cli_call *call)
{
    Heluo__V1__OrderCloseRequest request = HELUO__V1__ORDER_CLOSE_REQUEST__INIT;
    Heluo__V1__AllotClose close = HELUO__V1__ALLOT_CLOSE__INIT;
    request.close = &close;
    return say(call, "/heluo.v1.Order/Close", &request.base, &close.base);
}

static hl_err cmd_order_dispute(struct cli_call *call)
{
    Heluo__V1__OrderDisputeRequest request =
        HELUO__V1__ORDER_DISPUTE_REQUEST__INIT;
    Heluo__V1__OrderDispute dispute = HELUO__V1__ORDER_DISPUTE__INIT;
    request.dispute = &dispute;
    dispute.reason = ledger_text_option(call, "reason");
    return say(call, "/heluo.v1.Order/Dispute", &request.base, &dispute.base);
}

static hl_err cmd_order_resolve(struct cli_call *call)
{
    Heluo__V1__OrderResolveRequest request =
        HELUO__V1__ORDER_RESOLVE_REQUEST__INIT;
    Heluo__V1__DisputeResolve resolve = HELUO__V1__DISPUTE_RESOLVE__INIT;
    request.resolve = &resolve;
    resolve.reason = ledger_text_option(call, "reason");
    if (cli_has(call, "capture") == cli_has(call, "deny")) {
        return cli_usage(call, "give one of --capture YUAN and --deny");
    }
    hl_err err = ledger_take_yuan(call, "capture", &resolve.max_fen);
    return err == HL_OK ? say(call, "/heluo.v1.Order/Resolve", &request.base,
                              &resolve.base)
                        : err;
}

static hl_err cmd_order_confirm(struct cli_call *call)
{
    Heluo__V1__OrderConfirmRequest request =
        HELUO__V1__ORDER_CONFIRM_REQUEST__INIT;
    Heluo__V1__HolderConfirm confirm = HELUO__V1__HOLDER_CONFIRM__INIT;
    request.confirm = &confirm;
    return say(call, "/heluo.v1.Order/Confirm", &request.base, &confirm.base);
}

static hl_err cmd_order_cancel(struct cli_call *call)
{
    Heluo__V1__OrderCancelRequest request =
        HELUO__V1__ORDER_CANCEL_REQUEST__INIT;
    Heluo__V1__OrderCancel cancel = HELUO__V1__ORDER_CANCEL__INIT;
    request.cancel = &cancel;
    cancel.reason = ledger_text_option(call, "reason");
    return say(call, "/heluo.v1.Order/Cancel", &request.base, &cancel.base);
}

static hl_err cmd_order_adjust(struct cli_call *call)
{
    Heluo__V1__OrderAdjustRequest request =
        HELUO__V1__ORDER_ADJUST_REQUEST__INIT;
    Heluo__V1__Adjustment adjust = HELUO__V1__ADJUSTMENT__INIT;
    request.adjust = &adjust;
    adjust.reason = ledger_text_option(call, "reason");
    hl_err err = ledger_take_yuan(call, "amount", &adjust.amount_fen);
    return err == HL_OK ? say(call, "/heluo.v1.Order/Adjust", &request.base,
                              &adjust.base)
                        : err;
}

static hl_err cmd_order_review(struct cli_call *call)
{
    Heluo__V1__OrderReviewRequest request =
        HELUO__V1__ORDER_REVIEW_REQUEST__INIT;
    Heluo__V1__OrderReview review = HELUO__V1__ORDER_REVIEW__INIT;
    uint64_t stars = 0;
    request.review = &review;
    review.text = ledger_text_option(call, "text");
    hl_err err = cli_get_decimal(call, "stars", 1, 5, 0, &stars);
    review.stars = (uint32_t)stars;
    return err == HL_OK ? say(call, "/heluo.v1.Order/Review", &request.base,
                              &review.base)
                        : err;
}

/* --- The table. ------------------------------------------------------------
 */

/* What is ordered, wherever that begins. */
#define ORDERED_OPTIONS                                                                 \
    {"voucher", "ID", "That pays for it.", CLI_REQUIRED},                               \
        {"unit-id", "ID", "Of the unit that serves.", CLI_REQUIRED},                    \
        {"unit-scheme", "WORD", "uscc (if not given), org, nrii, ror.",                 \
         CLI_OPTIONAL},                                                                 \
        {"kind", "WORD",                                                                \
         "testing (检测检验), technology (技术交易), property (知识产权), " \
         "advice\n"                                                                     \
         "(科技咨询), incubation (创业孵化), other.",                                   \
         CLI_REQUIRED},                                                                 \
        {"price", "YUAN", "As agreed with the unit.", CLI_REQUIRED},                    \
        {"hold", "YUAN",                                                                \
         "How much of the voucher is held for it; as much as scheme, voucher "          \
         "and\n"                                                                        \
         "year leave, if not given.",                                                   \
         CLI_OPTIONAL},                                                                 \
        {"until", "DAY",                                                                \
         "A delivery up to that day is captured; the voucher's last day of "            \
         "claims,\n"                                                                    \
         "if not given.",                                                               \
         CLI_OPTIONAL},                                                                 \
        {"item-inner-id", "TEXT",                                                       \
         "Which of the unit's instruments or services.", CLI_OPTIONAL},                 \
        {"item-kind", "WORD", "instrument (if not given), or service.",                 \
         CLI_OPTIONAL},                                                                 \
        {"item-home", "NODE", "Its first home; the provider if not given.",             \
         CLI_OPTIONAL},                                                                 \
    {                                                                                   \
        "id", "HEX", "The order's id; the command's if not given.",                     \
            CLI_OPTIONAL                                                                \
    }

static const struct cli_option place_options[] = {
    {"provider", "NODE", "The node of the city where it is served.",
     CLI_REQUIRED},
    ORDERED_OPTIONS,
    {"tell-holder", NULL,
     "Tell the provider's node who holds the voucher: sealed to it and to\n"
     "this one, once the order stands, where 'heluo order show' names it for\n"
     "'heluo blob get'. Nobody else learns it.",
     CLI_OPTIONAL},
    WRITE_OPTIONS,
    CONNECT_OPTIONS,
    {0}};

static const struct cli_option request_options[] = {
    {"issuer", "NODE", "The node of the city that issued the voucher.",
     CLI_REQUIRED},
    ORDERED_OPTIONS,
    {"answer", NULL,
     "Wait for the issuer's, up to --timeout, and show the order.",
     CLI_OPTIONAL},
    WRITE_OPTIONS,
    CONNECT_OPTIONS,
    {0}};

static const struct cli_option allot_options[] = {
    {"voucher", "ID", "Of which it is.", CLI_REQUIRED},
    {"provider", "NODE", "The node of the city that may spend it.",
     CLI_REQUIRED},
    {"unit-id", "ID", "Of the unit that serves.", CLI_REQUIRED},
    {"unit-scheme", "WORD", "uscc (if not given), org, nrii, ror.",
     CLI_OPTIONAL},
    {"kind", "WORD",
     "testing (检测检验), technology (技术交易), property (知识产权), advice\n"
     "(科技咨询), incubation (创业孵化), other.",
     CLI_REQUIRED},
    {"limit", "YUAN", "So much of the voucher, all in all.", CLI_REQUIRED},
    {"expires", "DAY",
     "The last day of a spend, by the provider's clock; the voucher's last "
     "day\n"
     "of use, if not given.",
     CLI_OPTIONAL},
    {"id", "HEX", "The order's id; the command's if not given.", CLI_OPTIONAL},
    WRITE_OPTIONS,
    CONNECT_OPTIONS,
    {0}};

#define SERVED_OPTIONS                                                             \
    {"price", "YUAN", "What the service cost in fact.", CLI_REQUIRED},             \
        {"from", "TIME",                                                           \
         "When it was done: '2026-11-29 08:30', in UTC+8, or RFC 3339.",           \
         CLI_REQUIRED},                                                            \
        {"to", "TIME", "Likewise.", CLI_REQUIRED},                                 \
        {"contract", "FILE",                                                       \
         "Sealed to this node and to the order's issuer ('heluo blob'), and "      \
         "named\n"                                                                 \
         "by its id. So below.",                                                   \
         CLI_OPTIONAL},                                                            \
        {"report", "FILE", "Of the service.", CLI_OPTIONAL},                       \
        {"invoice", "FILE", "Of the unit.", CLI_OPTIONAL},                         \
        {"invoice-number", "DIGITS",                                               \
         "Of the invoice (发票号码). The node states a fingerprint of it and " \
         "what\n"                                                                  \
         "follows, keyed with the alliance's key: so that no invoice is "          \
         "claimed\n"                                                               \
         "twice, also in another province.",                                       \
         CLI_OPTIONAL},                                                            \
        {"invoice-code", "DIGITS", "发票代码, where there is one.",                \
         CLI_OPTIONAL},                                                            \
        {"invoice-date", "DAY", "开票日期.", CLI_OPTIONAL},                        \
        {"invoice-fen", "N", "Its whole sum (价税合计), in fen.",                  \
         CLI_OPTIONAL},                                                            \
        {"invoice-seller", "USCC",                                                 \
         "Who made it out; the unit's unified social credit code,\n"               \
         "if not given.",                                                          \
         CLI_OPTIONAL},                                                            \
        {"quantity", "N",                                                          \
         "How many of what the service's published price is for; one,\n"           \
         "if not given.",                                                          \
         CLI_OPTIONAL},                                                            \
    {                                                                              \
        "digests", NULL,                                                           \
            "State the SHA-256 of these files alone; the files stay here.",        \
            CLI_OPTIONAL                                                           \
    }

static const struct cli_option deliver_options[] = {
    SERVED_OPTIONS, WRITE_OPTIONS, CONNECT_OPTIONS, {0}};

static const struct cli_option spend_options[] = {
    SERVED_OPTIONS,
    {"amount", "YUAN",
     "So much of the allotment; as much as scheme and limit leave, if not\n"
     "given.",
     CLI_OPTIONAL},
    WRITE_OPTIONS,
    CONNECT_OPTIONS,
    {0}};

static const struct cli_option plain_options[] = {
    WRITE_OPTIONS, CONNECT_OPTIONS, {0}};

#define REASON(need)                                                           \
    {                                                                          \
        "reason", "TEXT", "Why; one line.", need                               \
    }

static const struct cli_option reason_options[] = {
    REASON(CLI_OPTIONAL), WRITE_OPTIONS, CONNECT_OPTIONS, {0}};

static const struct cli_option dispute_options[] = {
    REASON(CLI_REQUIRED), WRITE_OPTIONS, CONNECT_OPTIONS, {0}};

static const struct cli_option resolve_options[] = {
    {"capture", "YUAN", "So much is captured at most.", CLI_OPTIONAL},
    {"deny", NULL, "Nothing is.", CLI_OPTIONAL},
    REASON(CLI_REQUIRED),
    WRITE_OPTIONS,
    CONNECT_OPTIONS,
    {0}};

static const struct cli_option adjust_options[] = {
    {"amount", "YUAN", "So much of what was captured.", CLI_REQUIRED},
    REASON(CLI_REQUIRED),
    WRITE_OPTIONS,
    CONNECT_OPTIONS,
    {0}};

static const struct cli_option review_options_of_order[] = {
    {"stars", "N", "1 to 5.", CLI_REQUIRED},
    {"text", "TEXT", "How it was; may have lines.", CLI_OPTIONAL},
    WRITE_OPTIONS,
    CONNECT_OPTIONS,
    {0}};

#define ONE_ORDER                                                              \
    .operands = "ORDER", .operands_min = 1, .operands_max = 1, .json = true

const struct cli_command order_commands[] = {
    {.name = "place",
     .summary = "order a service that a voucher pays for",
     .description =
         "Signs an order into this node's journal: so much of the voucher is\n"
         "held, and the provider's node is asked. The order is known by\n"
         "NODE/HEX, which is printed.",
     .examples =
         "heluo order place --voucher 0f3c2a9be4d1478892b06c5d7e1fa340 \\\n"
         "    --provider shandong --unit-id 91371700MA3717003G --kind testing "
         "\\\n"
         "    --price 8000 --item-inner-id SEM-1",
     .options = place_options,
     .json = true,
     .run = cmd_order_place},
    {.name = "request",
     .summary = "begin an order at the provider's desk",
     .description =
         "At the provider's node, for a customer of another city who brings a\n"
         "voucher: signs the request into this node's journal, and that "
         "city's\n"
         "answers by itself, with a hold or with the reason why there is "
         "none.\n"
         "Nothing needs to be accepted then. Its scheme must allow it "
         "(desk_days),\n"
         "and the holder has those days to object to the delivery. Until the\n"
         "answer has come 'heluo order decline' takes the request back.\n"
         "\n"
         "--answer waits for it; after --timeout seconds what is known is\n"
         "shown, it is HL_EDEADLINE, and the request stands.",
     .examples = "heluo order request --issuer zhengzhou --answer \\\n"
                 "    --voucher 0f3c2a9be4d1478892b06c5d7e1fa340 \\\n"
                 "    --unit-id 91371700MA3717003G --kind testing --price 8000",
     .options = request_options,
     .json = true,
     .run = cmd_order_request},
    {.name = "allot",
     .summary = "let a provider spend of a voucher by itself",
     .description =
         "At the issuer's node: holds so much of the voucher for one "
         "provider,\n"
         "whose node may then pay itself for services out of it, also when it "
         "is\n"
         "cut off from here. What it spends this node owes; what it does not\n"
         "comes back when it closes the allotment, which it does by itself "
         "after\n"
         "the last day, or when 'heluo order cancel' asks it to. What one\n"
         "provider has of it is bounded by allotted_max_fen of the "
         "configuration.",
     .examples =
         "heluo order allot --voucher 0f3c2a9be4d1478892b06c5d7e1fa340 \\\n"
         "    --provider shandong --unit-id 91371700MA3717003G --kind testing "
         "\\\n"
         "    --limit 5000",
     .options = allot_options,
     .json = true,
     .run = cmd_order_allot},
    {.name = "spend",
     .summary = "serve, and be paid out of an allotment",
     .description =
         "At the provider's node: one service more, of which the issuer's "
         "scheme\n"
         "pays so much; no answer of the issuer's is waited for. It is "
         "refused\n"
         "beyond the limit, and after the last day.",
     .examples =
         "heluo order spend zhengzhou/0f3c2a9be4d1478892b06c5d7e1fa340 \\\n"
         "    --price 800 --from '2026-11-24 08:30' --to '2026-11-24 17:00'",
     .options = spend_options,
     ONE_ORDER,
     .run = cmd_order_spend},
    {.name = "close",
     .summary = "spend no more of an allotment, and give the rest back",
     .description =
         "At the provider's node. The issuer's takes the rest back by itself,\n"
         "once that is sealed.",
     .options = plain_options,
     ONE_ORDER,
     .run = cmd_order_close},
    {.name = "accept",
     .summary = "say that this city serves it",
     .description =
         "At the provider's node. One that its issuer's keepers have not "
         "sealed\n"
         "yet waits for that, beyond what the configuration lets rely on such\n"
         "orders (unsealed_max_fen): it is tried again until --timeout.",
     .options = plain_options,
     ONE_ORDER,
     .run = cmd_order_accept},
    {.name = "decline",
     .summary = "say that this city does not serve it",
     .description =
         "At the provider's node, also of an order that it accepted. The\n"
         "issuer's node then releases what it held, by itself.",
     .options = reason_options,
     ONE_ORDER,
     .run = cmd_order_decline},
    {.name = "deliver",
     .summary = "say what was served, and what it cost",
     .description =
         "At the provider's node. The issuer's captures by itself what its\n"
         "scheme pays of that price (无感直兑): nobody applies for anything.\n"
         "\n"
         "An order that its issuer's keepers have not sealed yet might still "
         "be\n"
         "lost: until it is sealed the command asks again and again, for as\n"
         "long as --timeout says, and then ends with HL_EUNSEALED.",
     .examples =
         "heluo order deliver zhengzhou/0f3c2a9be4d1478892b06c5d7e1fa340 \\\n"
         "    --price 7800 --from '2026-11-24 08:30' --to '2026-11-24 17:00' "
         "\\\n"
         "    --report report.pdf --invoice invoice.pdf",
     .options = deliver_options,
     ONE_ORDER,
     .run = cmd_order_deliver},
    {.name = "dispute",
     .summary = "have nothing captured until that is resolved",
     .description = "At the issuer's node, before the capture.",
     .options = dispute_options,
     ONE_ORDER,
     .run = cmd_order_dispute},
    {.name = "resolve",
     .summary = "decide an order that is disputed",
     .description =
         "At the issuer's node: what a person decided. At most so much is\n"
         "captured, or nothing at all.",
     .options = resolve_options,
     ONE_ORDER,
     .run = cmd_order_resolve},
    {.name = "confirm",
     .summary = "say that the holder is content with the delivery",
     .description = "At the issuer's node, where its scheme asks the holder.",
     .options = plain_options,
     ONE_ORDER,
     .run = cmd_order_confirm},
    {.name = "cancel",
     .summary = "ask the provider to give the order up",
     .description =
         "At the issuer's node. A provider that has not accepted declines by\n"
         "itself; one that has decides.",
     .options = reason_options,
     ONE_ORDER,
     .run = cmd_order_cancel},
    {.name = "adjust",
     .summary = "owe back so much of what was captured",
     .description =
         "At the provider's node: a reverse obligation, which its own journal\n"
         "signs.",
     .options = adjust_options,
     ONE_ORDER,
     .run = cmd_order_adjust},
    {.name = "review",
     .summary = "say how the service was",
     .description = "At the issuer's node, for the holder.",
     .options = review_options_of_order,
     ONE_ORDER,
     .run = cmd_order_review},
    {.name = "show",
     .summary = "an order as both sides have it, or wait for it",
     .description =
         "Shows both halves of an order, as far as they are here. ORDER is\n"
         "NODE/HEX; HEX alone is one that began at this node.\n"
         "\n"
         "--wait STATE waits until it is placed, accepted, declined, "
         "delivered,\n"
         "captured, or resolved (any end). Where it comes to another end first "
         "that is\n"
         "HL_ESTATE; after --timeout seconds what is known is shown, and it "
         "is\n"
         "HL_EDEADLINE.",
     .examples =
         "heluo order show zhengzhou/0f3c2a9be4d1478892b06c5d7e1fa340\n"
         "heluo order show zhengzhou/0f3c2a9be4d1478892b06c5d7e1fa340 \\\n"
         "    --wait captured --timeout 60",
     .options = order_show_options,
     ONE_ORDER,
     .run = cmd_order_show},
    {.name = "list",
     .summary = "the orders that this node placed, serves, or asked for",
     .description =
         "Lists the orders that this node placed; with --asked those that it\n"
         "is to serve, with --served all that it ever answered, with\n"
         "--requested all that it asked for at its own desk, whether they are\n"
         "pending, denied or granted. With --json a line each.",
     .options = order_list_options,
     .json = true,
     .run = cmd_order_list},
    {.name = "watch",
     .summary = "print what becomes of orders, as it comes",
     .description =
         "Prints each change of the orders that this node placed or serves:\n"
         "from the beginning, or from the file's token on, until stopped. "
         "With\n"
         "--json a line each.",
     .examples = "heluo order watch --token orders.token",
     .options = order_watch_options,
     .json = true,
     .run = cmd_order_watch},
    {0},
};
