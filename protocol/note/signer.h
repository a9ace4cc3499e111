/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_NOTE_SIGNER_H
#define HL_PROTOCOL_NOTE_SIGNER_H

/* Signing and verifying as interfaces, so that a simulator can put a cheap
 * scheme where the daemon has OpenSSL's. What is signed is always a byte
 * string that the caller made; the framing of notes and cosignatures is
 * theirs (note.h, cosignature.h). */

#include "protocol/note/vkey.h"

/* Owned by its creator, used by one thread at a time. */
struct signer {
    struct vkey vkey;
    void *context;
    hl_err (*sign)(void *context, struct bytes message,
                   uint8_t signature[SIGNATURE_BYTES]);
    void (*destroy)(void *context); /* wipes the secret; may be NULL */
};

/* HL_ECRYPTO  the library, or the device that holds the key, failed. */
HL_MUST_USE hl_err signer_sign(const struct signer *signer,
                               struct bytes message,
                               uint8_t signature[SIGNATURE_BYTES]);

/* Releases what the signer holds; all-zero is fine. */
void signer_fini(struct signer *signer);

/* May be used by several threads at once. */
struct verifier {
    void *context;
    hl_err (*verify)(void *context, const struct vkey *key,
                     struct bytes message,
                     const uint8_t signature[SIGNATURE_BYTES]);
};

/* HL_ESIGNATURE  it does not verify, or the key is VKEY_IGNORED or no point
 *                of its curve.
 * HL_ECRYPTO     the library failed. */
HL_MUST_USE hl_err verifier_verify(const struct verifier *verifier,
                                   const struct vkey *key, struct bytes message,
                                   const uint8_t signature[SIGNATURE_BYTES]);

/* Ed25519 (RFC 8032) and SM2 with SM3 (GB/T 32918.2, distinguishing id
 * "1234567812345678", always set) by OpenSSL. */
struct verifier verifier_openssl(void);

/* A signer over an Ed25519 seed of 32 bytes, which is copied; kind is
 * VKEY_ED25519 or VKEY_COSIGNATURE.
 *
 * HL_EMALFORMED  the name may not stand in a note.
 * HL_ECRYPTO     the library failed. */
HL_MUST_USE hl_err signer_ed25519(struct bytes name, enum vkey_kind kind,
                                  const uint8_t seed[32], struct signer *out);

/* A signer over an SM2 private key, a big-endian scalar of 32 bytes, which is
 * copied. Its signatures are randomised by OpenSSL: two of one text differ.
 *
 * HL_EMALFORMED  the name may not stand in a note, or no valid scalar.
 * HL_ECRYPTO     the library failed. */
HL_MUST_USE hl_err signer_sm2(struct bytes name, const uint8_t scalar[32],
                              struct signer *out);

/* A Go "PRIVATE+KEY+name+hex8+base64(01||seed)" line (x/mod/sumdb/note), as
 * VKEY_ED25519. For interoperability and vectors.
 *
 * HL_EMALFORMED  as vkey_parse(). */
HL_MUST_USE hl_err signer_from_skey(struct bytes text, struct signer *out,
                                    struct hl_detail *detail);

#endif
