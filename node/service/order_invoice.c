/* SPDX-License-Identifier: Apache-2.0 */

/* The invoice of a delivery, which the journal states by its fingerprints. */

#include <assert.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "node/catalogue/rules.h"
#include "node/catalogue/uscc.h"
#include "node/projection/ledger_checks.h"
#include "node/service/ledger_call.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"

enum { CODE_MAX = 20, NUMBER_MAX = 30, SECRET_BYTES = 32 };

static hl_err check_digits(const char *text, size_t least, size_t most,
                           const char *name, struct hl_detail *detail)
{
    size_t size = strspn(text, "0123456789");
    return text[size] == '\0' && size >= least && size <= most
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED,
                         "field invoice.%s: %zu to %zu digits are wanted", name,
                         least, most);
}

static hl_err check(const Heluo__V1__Invoice *invoice, const char *seller,
                    struct hl_detail *detail)
{
    struct hl_detail why = {0};
    hl_err err = check_digits(invoice->code, 0, CODE_MAX, "code", detail);
    if (err == HL_OK) {
        err = check_digits(invoice->number, 1, NUMBER_MAX, "number", detail);
    }
    if (err != HL_OK) {
        return err;
    }
    err = rule_date(bytes_of_text(invoice->date), &why);
    if (err != HL_OK || invoice->date[0] == '\0') {
        return hl_fail(detail, HL_EMALFORMED,
                       "field invoice.date: a day is wanted, as 2026-11-29");
    }
    if (invoice->amount_fen == 0 || invoice->amount_fen > MONEY_MAX_FEN) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field invoice.amount_fen: 1 to 10^15");
    }
    return uscc_validate(bytes_of_text(seller), &why) == HL_OK
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED,
                         "field invoice.seller: the unit that serves has no "
                         "unified social credit code here: state the "
                         "seller's");
}

/* The unit that was ordered from, if that is known here by such a code. */
static hl_err find_unit(struct rpc_call *call, const struct services *services,
                        const Heluo__V1__OrderDeliver *deliver,
                        const char **seller, struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    struct order_view view = {0};
    struct bytes own = bytes_of_text(services->origin);
    struct order_key key = {deliver->begun_at[0] == '\0'
                                ? origin_node(own)
                                : bytes_of_text(deliver->begun_at),
                            bytes_of_binary(&deliver->id)};
    hl_err err = store_begin_read(services->options.store, &txn, detail);
    if (err == HL_OK) {
        err = ledger_order(txn, own, &key, &view, detail);
    }
    if (err == HL_OK && !view.placed && !view.requested) {
        /* No refusal: only what the journal remembers is one. */
        err = hl_fail(detail, HL_ENOTFOUND,
                      "no journal here has placed such an order yet; nothing "
                      "was written, try again when it has come");
    } else if (err == HL_OK && view.placed &&
               bytes_equal_text(view.order.of.unit_scheme, "uscc")) {
        *seller = call_text(call, view.order.of.unit_id);
    }
    store_abort(&txn);
    return err;
}

static hl_err find_seller(struct rpc_call *call,
                          const struct services *services,
                          const Heluo__V1__OrderDeliver *deliver,
                          const Heluo__V1__Invoice *invoice,
                          const char **seller, struct hl_detail *detail)
{
    *seller = invoice->seller;
    if (invoice->seller[0] != '\0') {
        return HL_OK;
    }
    if (deliver->unit_id[0] != '\0') {
        *seller =
            strcmp(deliver->unit_scheme, "uscc") == 0 ? deliver->unit_id : "";
        return HL_OK;
    }
    return find_unit(call, services, deliver, seller, detail);
}

/* The fingerprints under each key that the node has. */
static hl_err state(struct rpc_call *call, const struct services *services,
                    const struct fingerprint_invoice *invoice,
                    Heluo__V1__OrderDeliver *deliver, struct hl_detail *detail)
{
    struct fingerprint_keys keys;
    static_assert((int)FINGERPRINT_KEYS_MAX == 2, "as OrderDeliver has");
    uint32_t *versions[] = {&deliver->invoice_key, &deliver->former_key};
    ProtobufCBinaryData *prints[] = {&deliver->invoice_print,
                                     &deliver->former_print};
    key_ring_now(services->keys, &keys);
    hl_err err =
        keys.count > 0
            ? HL_OK
            : hl_fail(detail, HL_EMALFORMED,
                      "field invoice: this node has no key of fingerprints: "
                      "heluo status says of which versions it knows");
    for (size_t i = 0; err == HL_OK && i < keys.count; i++) {
        struct hl_hash print;
        err = fingerprint_of(&keys.items[i], invoice, &print, detail);
        *versions[i] = keys.items[i].version;
        *prints[i] = call_bytes(call, bytes_of(print.bytes, HL_HASH_BYTES));
    }
    fingerprint_forget(&keys);
    return err;
}

/* A spend lies like a delivery, as far as that goes. */
static_assert(offsetof(Heluo__V1__AllotSpend, former_print) ==
                  offsetof(Heluo__V1__OrderDeliver, former_print),
              "what is served lies alike");

hl_err order_take_invoice(struct ledger_call *of,
                          const Heluo__V1__Invoice *from,
                          const ProtobufCMessage **body,
                          struct hl_detail *detail)
{
    struct rpc_call *call = of->write.call;
    const struct services *services = of->write.services;
    const Heluo__V1__OrderDeliver *asked = (const void *)*body;
    const char *seller = "";
    if (from == NULL || asked == NULL) {
        return HL_OK;
    }
    if (asked->invoice_key != 0 || asked->former_key != 0) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field invoice_key: the node states it of the invoice");
    }
    hl_err err = find_seller(call, services, asked, from, &seller, detail);
    if (err == HL_OK) {
        err = check(from, seller, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    struct fingerprint_invoice *invoice =
        rpc_call_alloc(call, sizeof(*invoice));
    *invoice = (struct fingerprint_invoice){seller, from->code, from->number,
                                            from->date, from->amount_fen};
    size_t size = asked->base.descriptor->sizeof_message;
    Heluo__V1__OrderDeliver *deliver = rpc_call_alloc(call, size);
    memcpy(deliver, asked, size);
    *body = &deliver->base;
    of->invoice = invoice;
    return state(call, services, invoice, deliver, detail);
}

/* --- In the writer. ------------------------------------------------------ */

/* Made where there is none yet. */
static hl_err find_secret(struct write_context *context,
                          uint8_t secret[SECRET_BYTES],
                          struct hl_detail *detail)
{
    struct store_key key =
        ledger_party_key(LEDGER_PARTY_SECRET, bytes_of_text(""));
    struct bytes value;
    hl_err err =
        store_get(context->txn, STORE_PRIVATE, key_view(&key), &value, detail);
    if (err != HL_OK) {
        return err;
    }
    if (value.data != NULL && value.size == SECRET_BYTES) {
        memcpy(secret, value.data, SECRET_BYTES);
        return HL_OK;
    }
    if (RAND_bytes(secret, SECRET_BYTES) != 1) {
        return hl_fail(detail, HL_ECRYPTO, "no random numbers are to be had");
    }
    context->touched = true;
    return store_put(context->txn, STORE_PRIVATE, key_view(&key),
                     bytes_of(secret, SECRET_BYTES), detail);
}

hl_err order_invoice_mark(struct write_context *context,
                          const struct fingerprint_invoice *invoice,
                          struct hl_hash *out, struct hl_detail *detail)
{
    uint8_t secret[SECRET_BYTES];
    struct writer text = {0};
    hl_err err = find_secret(context, secret, detail);
    if (err == HL_OK) {
        fingerprint_text(invoice, &text);
        struct bytes parts[] = {bytes_of(secret, sizeof(secret)),
                                writer_view(&text)};
        *out = hash_parts(parts, 2);
    }
    OPENSSL_cleanse(secret, sizeof(secret));
    writer_fini(&text);
    return err;
}
