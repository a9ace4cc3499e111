/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_TOOLS_SECRET_H
#define HL_CERTS_TOOLS_SECRET_H

/* Private keys at rest: PKCS#8 (RFC 5958) in PEM, in the clear or under a
 * passphrase (PBES2 of RFC 8018: AES-256-CBC, PBKDF2 with HMAC-SHA-256 and
 * SECRET_ITERATIONS rounds), so that `openssl pkey` reads them too; and
 * buffers that are wiped. One thread. */

#include <openssl/evp.h>

#include "protocol/base/hl_err.h"
#include "protocol/base/writer.h"

enum {
    SECRET_ITERATIONS = 600000,
    SECRET_PASSPHRASE_MAX_BYTES = 1024,
    SECRET_FILE_MAX_BYTES = 16384, /* of a file with a key */
};

/* Makes room, so that a buffer which stays within it never moves and leaves
 * no copy behind. The writer is empty (asserts). */
void secret_reserve(struct writer *secret, size_t size);

/* Wipes the whole buffer and releases it. */
void secret_fini(struct writer *secret);

/* Appends a key; no passphrase: in the clear.
 *
 * HL_ECRYPTO  the library failed. */
HL_MUST_USE hl_err secret_write_key(EVP_PKEY *key, struct bytes passphrase,
                                    struct writer *out);

/* What a text with one key says of it. */
struct secret_text {
    struct bytes before; /* the lines above the PEM block; borrowed */
    bool encrypted;
};

/* Looks without decrypting: exactly one block PRIVATE KEY or ENCRYPTED
 * PRIVATE KEY, and nothing behind it.
 *
 * HL_EMALFORMED  detail names the line. */
HL_MUST_USE hl_err secret_inspect(struct bytes text, struct secret_text *out,
                                  struct hl_detail *detail);

/* Reads the key; the passphrase is ignored where the key is in the clear.
 *
 * HL_EMALFORMED   as secret_inspect(), or no PKCS#8.
 * HL_EPASSPHRASE  it is encrypted and no passphrase is given, or another. */
HL_MUST_USE hl_err secret_read_key(struct bytes text, struct bytes passphrase,
                                   EVP_PKEY **out, struct hl_detail *detail);

#endif
