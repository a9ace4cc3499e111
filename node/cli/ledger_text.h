/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_LEDGER_TEXT_H
#define HL_NODE_CLI_LEDGER_TEXT_H

/* How people write and read what the ledger is about: ids, orders, days and
 * times of UTC+8; and its words, in English and Chinese at once, as city staff
 * see both. Pure, any thread. */

#include "heluo/v1/ledger.pb-c.h"
#include "node/ledger/scheme.h"
#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"
#include "protocol/base/writer.h"

enum {
    LEDGER_ID_BYTES = 16,
    LEDGER_ID_TEXT_BYTES = 2 * LEDGER_ID_BYTES + 1,
    LEDGER_NODE_BYTES = 64, /* a label and its NUL */
    LEDGER_ORDER_BYTES = LEDGER_NODE_BYTES + LEDGER_ID_TEXT_BYTES,
};

/* --- Read. detail says what is wanted. ------------------------------------ */

/* 32 hex digits.
 *
 * HL_EMALFORMED; so below. */
HL_MUST_USE hl_err ledger_parse_id(const char *text,
                                   uint8_t out[LEDGER_ID_BYTES],
                                   struct hl_detail *detail);

/* NODE/HEX, as it is printed; HEX alone is an order that began at the node that
 * is asked, whose name is left empty. */
struct ledger_order_name {
    char begun_at[LEDGER_NODE_BYTES];
    uint8_t id[LEDGER_ID_BYTES];
};
HL_MUST_USE hl_err ledger_parse_order(const char *text,
                                      struct ledger_order_name *out,
                                      struct hl_detail *detail);

/* A day that there is, as YYYY-MM-DD. */
HL_MUST_USE hl_err ledger_parse_day(const char *text, struct hl_detail *detail);

/* RFC 3339, or "YYYY-MM-DD HH:MM" in UTC+8; seconds may stand in both. From
 * 1970 on, in milliseconds. */
HL_MUST_USE hl_err ledger_parse_time(const char *text, uint64_t *ms,
                                     struct hl_detail *detail);

/* The ServiceKind of that word, English or Chinese. */
HL_MUST_USE hl_err ledger_parse_service(const char *text, uint32_t *kind,
                                        struct hl_detail *detail);

/* --- Shown. -----------------------------------------------------------------
 */

/* Hex; of another size than an id "". */
void ledger_format_id(ProtobufCBinaryData id, char out[LEDGER_ID_TEXT_BYTES]);
void ledger_format_order(const char *begun_at, ProtobufCBinaryData id,
                         char out[LEDGER_ORDER_BYTES]);

/* "captured 已兑付"; what is not known is "unknown 未知". */
const char *ledger_order_state(const Heluo__V1__OrderView *view);
const char *ledger_voucher_state(const Heluo__V1__VoucherView *voucher);
const char *ledger_dispute_state(Heluo__V1__OrderDisputed disputed);
/* Appends which rules those are: "validity 超出券有效期", with ", " between
 * them. */
void ledger_format_checks(uint64_t checks, struct writer *out);
const char *ledger_account_name(Heluo__V1__LedgerAccount account);
/* What an entry with that body did. */
const char *ledger_body_word(uint32_t body);
/* "testing 检测检验"; into `out`. */
enum { LEDGER_SERVICE_BYTES = 64 };
void ledger_format_service(uint32_t kind, char out[LEDGER_SERVICE_BYTES]);

/* A refusal's word, with which its text begins, in Chinese; NULL: it is none
 * that this program knows. */
const char *ledger_refusal_zh(struct bytes text);

/* Puts the Chinese behind the word with which the text begins, if it is a
 * refusal's. */
void ledger_explain(struct hl_detail *detail);

#endif
