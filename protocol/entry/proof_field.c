/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/entry/proof_field.h"

#include <string.h>

_Static_assert(sizeof(struct hl_hash) == HL_HASH_BYTES,
               "a proof's hashes lie one behind the other");

hl_err proof_field_hash(const struct wire_field *field, const char *message,
                        const char *name, struct hl_hash *out,
                        struct hl_detail *detail)
{
    if (field->bytes.size != HL_HASH_BYTES) {
        return hl_fail_at(detail, field->offset, HL_EMALFORMED,
                          "%s.%s has %zu bytes, not %d", message, name,
                          field->bytes.size, HL_HASH_BYTES);
    }
    memcpy(out->bytes, field->bytes.data, HL_HASH_BYTES);
    return HL_OK;
}

hl_err proof_field_read(const struct wire_field *field, const char *message,
                        const char *name, struct proof *out,
                        struct hl_detail *detail)
{
    size_t size = field->bytes.size;
    if (size > (size_t)HL_PROOF_HASHES_MAX * HL_HASH_BYTES) {
        return hl_fail_at(detail, field->offset, HL_ELIMIT,
                          "%s.%s has more than %d hashes", message, name,
                          HL_PROOF_HASHES_MAX);
    }
    if (size % HL_HASH_BYTES != 0) {
        return hl_fail_at(detail, field->offset, HL_EMALFORMED,
                          "%s.%s of %zu bytes is not whole hashes", message,
                          name, size);
    }
    out->count = size / HL_HASH_BYTES;
    if (size > 0) {
        memcpy(out->hashes, field->bytes.data, size);
    }
    return HL_OK;
}

struct bytes proof_field_bytes(const struct proof *proof)
{
    return bytes_of(proof->hashes, proof->count * HL_HASH_BYTES);
}
