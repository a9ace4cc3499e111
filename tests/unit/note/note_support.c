/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/note/note_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/hl_assert.h"

static void must(hl_err err, const char *what)
{
    if (err != HL_OK) {
        fprintf(stderr, "%s: %s\n", what, hl_err_name(err));
        exit(EXIT_FAILURE);
    }
}

struct vkey must_vkey(const char *text)
{
    struct vkey key;
    must(vkey_parse(bytes_of_text(text), &key, NULL), text);
    return key;
}

struct note must_note(struct bytes raw)
{
    struct note note;
    must(note_parse(raw, &note, NULL), "note");
    return note;
}

struct signer must_signer(const char *name, enum vkey_kind kind, uint8_t byte)
{
    struct signer signer;
    uint8_t secret[32];
    memset(secret, byte, sizeof(secret));
    struct bytes name_bytes = bytes_of_text(name);
    must(kind == VKEY_SM2 ? signer_sm2(name_bytes, secret, &signer)
                          : signer_ed25519(name_bytes, kind, secret, &signer),
         name);
    return signer;
}

void must_sign_note(const char *text, const struct signer *signers,
                    size_t count, struct writer *out)
{
    note_begin(bytes_of_text(text), out);
    for (size_t i = 0; i < count; i++) {
        must(note_sign(bytes_of_text(text), &signers[i], out), "sign");
    }
}

static void cheap_signature(const uint8_t *public_key, struct bytes message,
                            uint8_t signature[SIGNATURE_BYTES])
{
    struct bytes parts[] = {bytes_of(public_key, VKEY_ED25519_BYTES), message};
    struct hl_hash hash = hash_parts(parts, 2);
    memcpy(signature, hash.bytes, HL_HASH_BYTES);
    memcpy(signature + HL_HASH_BYTES, hash.bytes, HL_HASH_BYTES);
}

/* The context of a cheap signer is its public key. */
static hl_err cheap_sign(void *context, struct bytes message,
                         uint8_t signature[SIGNATURE_BYTES])
{
    cheap_signature(context, message, signature);
    return HL_OK;
}

static hl_err cheap_verify(void *context, const struct vkey *key,
                           struct bytes message,
                           const uint8_t signature[SIGNATURE_BYTES])
{
    (void)context;
    uint8_t expected[SIGNATURE_BYTES];
    cheap_signature(key->public_key, message, expected);
    bool equal = memcmp(expected, signature, SIGNATURE_BYTES) == 0;
    return equal ? HL_OK : HL_ESIGNATURE;
}

struct verifier cheap_verifier(void)
{
    return (struct verifier){.verify = cheap_verify};
}

struct signer cheap_signer(const char *name, enum vkey_kind kind, uint8_t byte)
{
    static uint8_t keys[256][VKEY_PUBLIC_MAX_BYTES];
    struct signer signer = {.sign = cheap_sign, .context = keys[byte]};
    memset(keys[byte], byte, VKEY_PUBLIC_MAX_BYTES);
    must(vkey_make(bytes_of_text(name), kind, keys[byte], &signer.vkey), name);
    return signer;
}

static hl_err fail_to_sign(void *context, struct bytes message,
                           uint8_t signature[SIGNATURE_BYTES])
{
    (void)context;
    (void)message;
    (void)signature;
    return HL_ECRYPTO;
}

struct signer failing_signer(const char *name, enum vkey_kind kind)
{
    struct signer signer = cheap_signer(name, kind, 1);
    signer.sign = fail_to_sign;
    return signer;
}

struct hl_hash test_root(uint8_t byte)
{
    struct hl_hash root;
    memset(root.bytes, byte, sizeof(root.bytes));
    return root;
}
