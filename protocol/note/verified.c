/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/verified.h"

#include "protocol/base/alloc.h"

struct verified {
    const struct verifier *by;
    struct hl_hash known[VERIFIED_MAX]; /* all zero: none */
};

/* Sizes before what has no fixed one, so that no two triples read the same. */
static struct hl_hash hash_of(const struct vkey *key, struct bytes message,
                              const uint8_t signature[SIGNATURE_BYTES])
{
    const uint8_t head[2] = {(uint8_t)key->kind, (uint8_t)key->public_size};
    struct bytes parts[] = {
        bytes_of(head, sizeof(head)),
        bytes_of(key->public_key, key->public_size),
        bytes_of(signature, SIGNATURE_BYTES),
        message,
    };
    return hash_parts(parts, sizeof(parts) / sizeof(parts[0]));
}

static hl_err verify(void *context, const struct vkey *key,
                     struct bytes message,
                     const uint8_t signature[SIGNATURE_BYTES])
{
    struct verified *verified = context;
    struct hl_hash hash = hash_of(key, message, signature);
    size_t at = (size_t)(hash.bytes[0] << 8 | hash.bytes[1]) % VERIFIED_MAX;
    if (hash_equal(&verified->known[at], &hash)) {
        return HL_OK;
    }
    hl_err err = verifier_verify(verified->by, key, message, signature);
    if (err == HL_OK) {
        verified->known[at] = hash;
    }
    return err;
}

struct verified *verified_create(const struct verifier *by)
{
    struct verified *verified = hl_alloc(1, sizeof(*verified));
    verified->by = by;
    return verified;
}

void verified_destroy(struct verified **verified)
{
    hl_free(*verified);
    *verified = NULL;
}

struct verifier verified_verifier(struct verified *verified)
{
    return (struct verifier){.context = verified, .verify = verify};
}
