/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LEDGER_FINGERPRINT_H
#define HL_NODE_LEDGER_FINGERPRINT_H

/* Fingerprints of invoices, keyed with the alliance's key: who has the key sees
 * whether two are the same, and can test guesses; who has not sees nothing.
 * Any thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/base/bytes.h"
#include "protocol/base/hash.h"
#include "protocol/base/hl_err.h"
#include "protocol/base/writer.h"

enum {
    FINGERPRINT_KEY_BYTES = 32,
    FINGERPRINT_KEYS_MAX = 2,
    FINGERPRINT_VERSION_MAX = 1000000,
    FINGERPRINT_FILE_MAX_BYTES = 1024,
};

/* The newest version first; while keys change there are two. */
struct fingerprint_keys {
    size_t count;
    struct fingerprint_key {
        uint32_t version;
        uint8_t secret[FINGERPRINT_KEY_BYTES];
    } items[FINGERPRINT_KEYS_MAX];
};

/* Reads lines "VERSION KEY": 1 to 1,000,000, a space, 64 hex digits; in any
 * order. Empty lines, and what follows a '#', do not count.
 *
 * HL_EMALFORMED  another line; no key, one version twice, or too many. */
HL_MUST_USE hl_err fingerprint_parse(struct bytes text,
                                     struct fingerprint_keys *out,
                                     struct hl_detail *detail);
/* Behind those of greater versions; false where there is one of its version, or
 * too many. */
bool fingerprint_add(struct fingerprint_keys *keys,
                     const struct fingerprint_key *key);
/* What tells a key from others, and says nothing of it: SHA-256 over
 * "heluo fingerprint key", LF, the version (u32) and the key. */
struct hl_hash fingerprint_digest(const struct fingerprint_key *key);
/* Wipes them. */
void fingerprint_forget(struct fingerprint_keys *keys);

/* What tells an invoice apart; texts in their one written form. */
struct fingerprint_invoice {
    const char *seller; /* unified social credit code */
    const char *code, *number, *date;
    uint64_t amount_fen;
};

/* Appends "seller LF code LF number LF date LF amount". */
void fingerprint_text(const struct fingerprint_invoice *invoice,
                      struct writer *out);

/* scrypt(N 2^14, r 8, p 1) of that text, the key its salt: some 30 ms, and 16
 * MiB meanwhile.
 *
 * HL_ECRYPTO */
HL_MUST_USE hl_err fingerprint_of(const struct fingerprint_key *key,
                                  const struct fingerprint_invoice *invoice,
                                  struct hl_hash *out,
                                  struct hl_detail *detail);

#endif
