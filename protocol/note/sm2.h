/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_NOTE_SM2_H
#define HL_PROTOCOL_NOTE_SM2_H

/* SM2 signatures with SM3 (GB/T 32918.2, curve of GB/T 32918.5) by OpenSSL,
 * always under the distinguishing id "1234567812345678" (GB/T 35276): without
 * an id OpenSSL takes none, and such signatures verify nowhere else. Private
 * to protocol/note. Leaves what it likes in OpenSSL's error queue: the caller
 * sets a mark. */

#include <openssl/evp.h>

#include "protocol/note/signer.h"

/* HL_ESIGNATURE  it does not verify, or the key is no point of the curve.
 * HL_ECRYPTO     the library failed. */
HL_MUST_USE hl_err sm2_verify(const uint8_t point[VKEY_SM2_BYTES],
                              struct bytes message,
                              const uint8_t signature[SIGNATURE_BYTES]);

/* The key pair of a private scalar d, 1 <= d <= n - 2; *key is the caller's.
 *
 * HL_EMALFORMED  no valid scalar.
 * HL_ECRYPTO     the library failed. */
HL_MUST_USE hl_err sm2_key_from_scalar(const uint8_t scalar[32], EVP_PKEY **key,
                                       uint8_t point[VKEY_SM2_BYTES]);

/* HL_ECRYPTO  the library failed. */
HL_MUST_USE hl_err sm2_sign(EVP_PKEY *key, struct bytes message,
                            uint8_t signature[SIGNATURE_BYTES]);

#endif
