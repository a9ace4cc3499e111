/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/vkey_fields.h"

#include <openssl/crypto.h>
#include <string.h>

#include "protocol/base/base64.h"
#include "protocol/base/reader.h"

/* Longer keys than this are in no signature scheme we could meet. */
enum { MATERIAL_MAX_BYTES = HL_SIGNATURE_MAX_BYTES };

static bool cut_at_plus(struct bytes *rest, struct bytes *field)
{
    const uint8_t *plus =
        rest->size == 0 ? NULL : memchr(rest->data, '+', rest->size);
    if (plus == NULL) {
        return false;
    }
    *field = bytes_of(rest->data, (size_t)(plus - rest->data));
    size_t skipped = field->size + 1;
    *rest = bytes_slice(*rest, skipped, rest->size - skipped);
    return true;
}

/* Eight digits of lower-case hex. */
static bool parse_id(struct bytes hex, uint32_t *id)
{
    struct reader reader;
    reader_init(&reader, hex);
    uint32_t value = 0;
    bool valid = hex.size == 8;
    for (size_t i = 0; i < 8; i++) {
        uint8_t c = reader_u8(&reader);
        bool decimal = c >= '0' && c <= '9';
        valid = valid && (decimal || (c >= 'a' && c <= 'f'));
        value = value << 4 | (uint32_t)(decimal ? c - '0' : c - 'a' + 10);
    }
    if (valid) {
        *id = value;
    }
    return valid;
}

static hl_err parse_material(struct bytes text, struct writer *out,
                             struct hl_detail *detail)
{
    if (text.size == 0) {
        return hl_fail(detail, HL_EMALFORMED, "key has no key bytes");
    }
    if (text.size > base64_encoded_size(MATERIAL_MAX_BYTES)) {
        return hl_fail(detail, HL_EMALFORMED, "key is longer than %d bytes",
                       MATERIAL_MAX_BYTES);
    }
    if (base64_decode(text, out) != HL_OK) {
        return hl_fail(detail, HL_EMALFORMED,
                       "key bytes are not canonical base64");
    }
    return HL_OK;
}

hl_err vkey_fields_parse(struct bytes text, struct vkey_fields *out,
                         struct hl_detail *detail)
{
    struct vkey_fields fields = {0};
    struct bytes hex;
    if (!cut_at_plus(&text, &fields.name) || !cut_at_plus(&text, &hex)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "key is not name+id+base64: a '+' is missing");
    }
    if (!vkey_name_valid(fields.name)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "key name is empty, too long, or has a character that "
                       "may not stand in a note");
    }
    if (!parse_id(hex, &fields.id)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "key id is not 8 digits of lower-case hex");
    }
    hl_err err = parse_material(text, &fields.material, detail);
    if (err != HL_OK) {
        vkey_fields_fini(&fields);
        return err;
    }
    *out = fields;
    return HL_OK;
}

void vkey_fields_fini(struct vkey_fields *fields)
{
    if (fields->material.data != NULL) {
        OPENSSL_cleanse(fields->material.data, fields->material.capacity);
    }
    writer_fini(&fields->material);
}
