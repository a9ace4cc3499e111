/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/cheap_keys.h"

#include <string.h>

#include "protocol/base/alloc.h"

static void make(const uint8_t *public_key, struct bytes message,
                 uint8_t signature[SIGNATURE_BYTES])
{
    struct bytes parts[] = {bytes_of_text("signed by "),
                            bytes_of(public_key, VKEY_ED25519_BYTES), message};
    struct hl_hash first = hash_parts(parts, 3);
    struct hl_hash second = hash_bytes(bytes_of(first.bytes, HL_HASH_BYTES));
    memcpy(signature, first.bytes, HL_HASH_BYTES);
    memcpy(signature + HL_HASH_BYTES, second.bytes, HL_HASH_BYTES);
}

static hl_err sign(void *context, struct bytes message,
                   uint8_t signature[SIGNATURE_BYTES])
{
    make(context, message, signature);
    return HL_OK;
}

hl_err cheap_signer(struct bytes name, enum vkey_kind kind,
                    const uint8_t seed[32], struct signer *out)
{
    struct bytes parts[] = {bytes_of_text("public key of "),
                            bytes_of(seed, 32)};
    struct hl_hash public_key = hash_parts(parts, 2);
    struct vkey key;
    hl_err err = vkey_make(name, kind, public_key.bytes, &key);
    if (err == HL_OK) {
        *out = (struct signer){
            .vkey = key,
            .context = hl_copy(public_key.bytes, HL_HASH_BYTES),
            .sign = sign,
            .destroy = hl_free,
        };
    }
    return err;
}

static hl_err verify(void *context, const struct vkey *key,
                     struct bytes message,
                     const uint8_t signature[SIGNATURE_BYTES])
{
    (void)context;
    if (key->public_size != VKEY_ED25519_BYTES) {
        return HL_ESIGNATURE;
    }
    uint8_t expected[SIGNATURE_BYTES];
    make(key->public_key, message, expected);
    return memcmp(expected, signature, SIGNATURE_BYTES) == 0 ? HL_OK
                                                             : HL_ESIGNATURE;
}

struct verifier cheap_verifier(void)
{
    return (struct verifier){.verify = verify};
}
