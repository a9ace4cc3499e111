/* SPDX-License-Identifier: Apache-2.0 */

/* Who holds vouchers, in the private store: which token stands for whom.
 *
 *   (9, 0, unified social credit code) -> token
 *   (9, 1, token)                      -> Party */

#include <openssl/rand.h>
#include <string.h>

#include "node/catalogue/characters.h"
#include "node/catalogue/uscc.h"
#include "node/projection/ledger_checks.h"
#include "node/service/ledger_call.h"

enum { NAME_MAX_BYTES = 300 };
static hl_err check_line(const char *text, const char *field, const char *name,
                         struct hl_detail *detail)
{
    struct hl_detail why = {0};
    struct bytes bytes = bytes_of_text(text);
    if (bytes.size > NAME_MAX_BYTES) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field %s.%s: %zu bytes, at most %d may be", field, name,
                       bytes.size, NAME_MAX_BYTES);
    }
    hl_err err = character_validate_line(bytes, &why);
    return err == HL_OK
               ? HL_OK
               : hl_fail(detail, err, "field %s.%s: %s", field, name, why.text);
}

hl_err party_check(const Heluo__V1__Party *party, const char *field,
                   struct hl_detail *detail)
{
    struct hl_detail why = {0};
    hl_err err = uscc_validate(bytes_of_text(party->uscc), &why);
    if (err != HL_OK) {
        return hl_fail(detail, err, "field %s.uscc: %s", field, why.text);
    }
    err = check_line(party->name, field, "name", detail);
    return err == HL_OK ? check_line(party->contact, field, "contact", detail)
                        : err;
}

static const char *either(const char *now, const char *former)
{
    return now[0] != '\0' ? now : former;
}

hl_err party_keep(struct write_context *context, const Heluo__V1__Party *party,
                  struct bytes token, struct hl_detail *detail)
{
    struct store_key key = ledger_party_key(LEDGER_PARTY_WHO, token);
    struct bytes value;
    Heluo__V1__Party now = *party;
    Heluo__V1__Party *former = NULL;
    hl_err err =
        store_get(context->txn, STORE_PRIVATE, key_view(&key), &value, detail);
    if (err == HL_OK && value.data != NULL) {
        former = heluo__v1__party__unpack(NULL, value.size, value.data);
    }
    if (err != HL_OK) {
        return err;
    }
    if (former != NULL) {
        now.name = (char *)(uintptr_t)either(party->name, former->name);
        now.contact =
            (char *)(uintptr_t)either(party->contact, former->contact);
    }
    now.base.n_unknown_fields = 0;
    struct writer bytes = {0};
    size_t size = heluo__v1__party__get_packed_size(&now);
    heluo__v1__party__pack(&now, writer_extend(&bytes, size));
    if (!bytes_equal(writer_view(&bytes), value)) {
        context->touched = true;
        err = store_put(context->txn, STORE_PRIVATE, key_view(&key),
                        writer_view(&bytes), detail);
    }
    writer_fini(&bytes);
    if (former != NULL) {
        heluo__v1__party__free_unpacked(former, NULL);
    }
    return err;
}

hl_err party_token(struct write_context *context, const Heluo__V1__Party *party,
                   uint8_t token[VOUCHER_ID_BYTES], struct hl_detail *detail)
{
    struct store_key key =
        ledger_party_key(LEDGER_PARTY_TOKEN, bytes_of_text(party->uscc));
    struct bytes value;
    hl_err err =
        store_get(context->txn, STORE_PRIVATE, key_view(&key), &value, detail);
    if (err != HL_OK) {
        return err;
    }
    if (value.data != NULL && value.size == VOUCHER_ID_BYTES) {
        memcpy(token, value.data, VOUCHER_ID_BYTES);
        return HL_OK;
    }
    if (RAND_bytes(token, VOUCHER_ID_BYTES) != 1) {
        return hl_fail(detail, HL_ECRYPTO, "no random numbers are to be had");
    }
    context->touched = true;
    return store_put(context->txn, STORE_PRIVATE, key_view(&key),
                     bytes_of(token, VOUCHER_ID_BYTES), detail);
}

static void *allocate(void *context, size_t size)
{
    return rpc_call_alloc(context, size);
}

static void leave(void *context, void *memory)
{
    (void)context; /* it is the call's */
    (void)memory;
}

hl_err party_of_token(struct rpc_call *call, struct store_txn *txn,
                      struct bytes token, Heluo__V1__Party **out,
                      struct hl_detail *detail)
{
    struct store_key key = ledger_party_key(LEDGER_PARTY_WHO, token);
    struct bytes value;
    ProtobufCAllocator memory = {
        .alloc = allocate, .free = leave, .allocator_data = call};
    *out = NULL;
    hl_err err = store_get(txn, STORE_PRIVATE, key_view(&key), &value, detail);
    if (err == HL_OK && value.data != NULL) {
        *out = heluo__v1__party__unpack(&memory, value.size, value.data);
    }
    return err;
}
