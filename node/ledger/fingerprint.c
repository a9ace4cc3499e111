/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger/fingerprint.h"

#include <inttypes.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum {
    COST_N = 1 << 14,
    COST_R = 8,
    COST_P = 1,
    COST_BYTES = 64 << 20, /* more than it takes */
};

/* --- The file. ----------------------------------------------------------- */

static int digit_of(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool take_secret(struct bytes hex, uint8_t out[FINGERPRINT_KEY_BYTES])
{
    bool good = hex.size == 2 * FINGERPRINT_KEY_BYTES;
    for (size_t i = 0; good && i < FINGERPRINT_KEY_BYTES; i++) {
        int high = digit_of(hex.data[2 * i]);
        int low = digit_of(hex.data[2 * i + 1]);
        good = high >= 0 && low >= 0;
        out[i] = good ? (uint8_t)(high * 16 + low) : 0;
    }
    return good;
}

/* Digits, one space, and the rest. */
static bool take_key(struct bytes line, struct fingerprint_key *out)
{
    size_t at = 0;
    uint32_t version = 0;
    while (at < line.size && line.data[at] >= '0' && line.data[at] <= '9' &&
           version <= FINGERPRINT_VERSION_MAX) {
        version = version * 10 + (uint32_t)(line.data[at++] - '0');
    }
    out->version = version;
    return version >= 1 && version <= FINGERPRINT_VERSION_MAX &&
           at < line.size && line.data[at] == ' ' &&
           take_secret(bytes_slice(line, at + 1, line.size - at - 1),
                       out->secret);
}

bool fingerprint_add(struct fingerprint_keys *keys,
                     const struct fingerprint_key *key)
{
    size_t at = keys->count;
    if (keys->count == FINGERPRINT_KEYS_MAX) {
        return false;
    }
    for (; at > 0 && keys->items[at - 1].version < key->version; at--) {
        keys->items[at] = keys->items[at - 1];
    }
    keys->items[at] = *key;
    keys->count++;
    return at == 0 || keys->items[at - 1].version != key->version;
}

/* Without what follows a '#', and spaces at its end. */
static struct bytes line_of(struct bytes text, size_t from, size_t *next)
{
    size_t end = from, size = 0;
    while (end < text.size && text.data[end] != '\n') {
        end++;
    }
    *next = end + 1;
    while (from + size < end && text.data[from + size] != '#') {
        size++;
    }
    while (size > 0 && (text.data[from + size - 1] == ' ' ||
                        text.data[from + size - 1] == '\r')) {
        size--;
    }
    return bytes_slice(text, from, size);
}

hl_err fingerprint_parse(struct bytes text, struct fingerprint_keys *out,
                         struct hl_detail *detail)
{
    struct fingerprint_key key = {0};
    bool good = true;
    *out = (struct fingerprint_keys){0};
    for (size_t at = 0, next = 0; good && at < text.size; at = next) {
        struct bytes line = line_of(text, at, &next);
        good = line.size == 0 ||
               (take_key(line, &key) && fingerprint_add(out, &key));
    }
    OPENSSL_cleanse(&key, sizeof(key));
    if (good && out->count > 0) {
        return HL_OK;
    }
    fingerprint_forget(out);
    return hl_fail(detail, HL_EMALFORMED,
                   "no keys of fingerprints: one or two lines are wanted, each "
                   "a version, a space and 64 hex digits");
}

struct hl_hash fingerprint_digest(const struct fingerprint_key *key)
{
    uint8_t version[4] = {(uint8_t)(key->version >> 24),
                          (uint8_t)(key->version >> 16),
                          (uint8_t)(key->version >> 8), (uint8_t)key->version};
    struct bytes parts[] = {bytes_of_text("heluo fingerprint key\n"),
                            bytes_of(version, sizeof(version)),
                            bytes_of(key->secret, sizeof(key->secret))};
    return hash_parts(parts, 3);
}

void fingerprint_forget(struct fingerprint_keys *keys)
{
    OPENSSL_cleanse(keys, sizeof(*keys));
}

/* --- Fingerprints. ------------------------------------------------------- */

void fingerprint_text(const struct fingerprint_invoice *invoice,
                      struct writer *out)
{
    writer_format(out, "%s\n%s\n%s\n%s\n%" PRIu64, invoice->seller,
                  invoice->code, invoice->number, invoice->date,
                  invoice->amount_fen);
}

hl_err fingerprint_of(const struct fingerprint_key *key,
                      const struct fingerprint_invoice *invoice,
                      struct hl_hash *out, struct hl_detail *detail)
{
    struct writer text = {0};
    fingerprint_text(invoice, &text);
    int made = EVP_PBE_scrypt((const char *)text.data, text.size, key->secret,
                              sizeof(key->secret), COST_N, COST_R, COST_P,
                              COST_BYTES, out->bytes, sizeof(out->bytes));
    OPENSSL_cleanse(text.data, text.size);
    writer_fini(&text);
    return made == 1 ? HL_OK
                     : hl_fail(detail, HL_ECRYPTO,
                               "no fingerprint of the invoice can be made");
}
