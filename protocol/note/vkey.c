/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/vkey.h"

#include <string.h>

#include "protocol/base/base64.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"
#include "protocol/base/text.h"
#include "protocol/note/vkey_fields.h"

enum { MLDSA44_BYTES = 1312 };

/* What is hashed for the id (C2SP signed-note, section "Signature types";
 * static-ct-api for 05). */
enum id_rule {
    ID_OF_NAME_AND_KEY, /* name LF alg key: the recommended one */
    ID_OF_KEY,          /* key */
    ID_OF_LOG_ID,       /* name LF alg SHA-256(key) */
};

struct algorithm {
    uint8_t alg;
    const char *identifier; /* follows alg; empty but for ff */
    enum vkey_kind kind;
    size_t key_size; /* 0: any */
    enum id_rule id_rule;
};

static const struct algorithm algorithms[] = {
    {0x01, "", VKEY_ED25519, VKEY_ED25519_BYTES, ID_OF_NAME_AND_KEY},
    {0x02, "", VKEY_IGNORED, 0, ID_OF_KEY},
    {0x04, "", VKEY_COSIGNATURE, VKEY_ED25519_BYTES, ID_OF_NAME_AND_KEY},
    {0x05, "", VKEY_IGNORED, 0, ID_OF_LOG_ID},
    {0x06, "", VKEY_IGNORED, MLDSA44_BYTES, ID_OF_NAME_AND_KEY},
    {0xff, "heluo.sm2-sm3/v1", VKEY_SM2, VKEY_SM2_BYTES, ID_OF_NAME_AND_KEY},
};

enum { ALGORITHM_COUNT = sizeof(algorithms) / sizeof(algorithms[0]) };

/* Unicode's White_Space, its control characters (Cc), and '+'. */
static const struct {
    uint32_t low, high;
} not_in_names[] = {
    {0x00, 0x20},     {'+', '+'},       {0x7f, 0xa0},
    {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029},
    {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
};

static bool may_stand_in_name(uint32_t point)
{
    if (point < 0x7f) {
        return point > 0x20 && point != '+';
    }
    size_t count = sizeof(not_in_names) / sizeof(not_in_names[0]);
    for (size_t i = 0; i < count; i++) {
        if (point >= not_in_names[i].low && point <= not_in_names[i].high) {
            return false;
        }
    }
    return true;
}

/* The next code point of a text that is valid UTF-8. */
static uint32_t next_code_point(struct reader *text)
{
    uint8_t first = reader_u8(text);
    if (first < 0x80) {
        return first;
    }
    unsigned more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    uint32_t point = first & (0x3fu >> more);
    for (unsigned i = 0; i < more; i++) {
        point = point << 6 | (reader_u8(text) & 0x3fu);
    }
    return point;
}

bool vkey_name_valid(struct bytes name)
{
    if (name.size == 0 || name.size > HL_NAME_MAX_BYTES ||
        !text_utf8_valid(name)) {
        return false;
    }
    struct reader reader;
    reader_init(&reader, name);
    while (reader_left(&reader) > 0) {
        if (!may_stand_in_name(next_code_point(&reader))) {
            return false;
        }
    }
    return true;
}

static struct hl_hash id_hash(enum id_rule rule, struct bytes name, uint8_t alg,
                              struct bytes identifier, struct bytes key)
{
    struct hl_hash key_hash = hash_bytes(key);
    if (rule == ID_OF_KEY) {
        return key_hash;
    }
    struct bytes parts[] = {
        name,
        bytes_of_text("\n"),
        bytes_of(&alg, 1),
        identifier,
        rule == ID_OF_LOG_ID ? bytes_of(key_hash.bytes, HL_HASH_BYTES) : key,
    };
    return hash_parts(parts, sizeof(parts) / sizeof(parts[0]));
}

/* The key of an algorithm; the name is valid and the length right. */
static struct vkey build(const struct algorithm *algorithm, struct bytes name,
                         struct bytes key)
{
    struct vkey vkey = {.alg = algorithm->alg, .kind = algorithm->kind};
    HL_ASSERT(name.size <= HL_NAME_MAX_BYTES);
    memcpy(vkey.name, name.data, name.size);
    struct hl_hash hash = id_hash(algorithm->id_rule, name, algorithm->alg,
                                  bytes_of_text(algorithm->identifier), key);
    struct reader reader;
    reader_init(&reader, bytes_of(hash.bytes, HL_HASH_BYTES));
    vkey.id = reader_u32(&reader);
    vkey.fingerprint = hash_bytes(key);
    if (algorithm->kind != VKEY_IGNORED) {
        HL_ASSERT(key.size == algorithm->key_size);
        memcpy(vkey.public_key, key.data, key.size);
        vkey.public_size = key.size;
    }
    return vkey;
}

static const struct algorithm *algorithm_of_kind(enum vkey_kind kind)
{
    HL_ASSERT(kind != VKEY_IGNORED);
    size_t i = 0;
    while (i < ALGORITHM_COUNT && algorithms[i].kind != kind) {
        i++;
    }
    HL_ASSERT(i < ALGORITHM_COUNT);
    return &algorithms[i];
}

hl_err vkey_make(struct bytes name, enum vkey_kind kind,
                 const uint8_t *public_key, struct vkey *out)
{
    const struct algorithm *algorithm = algorithm_of_kind(kind);
    if (!vkey_name_valid(name)) {
        return HL_EMALFORMED;
    }
    *out = build(algorithm, name, bytes_of(public_key, algorithm->key_size));
    return HL_OK;
}

/* Takes the algorithm byte and its identifier off the front of material. */
static struct algorithm take_algorithm(struct bytes *material)
{
    uint8_t alg = material->data[0];
    *material = bytes_slice(*material, 1, material->size - 1);
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        struct bytes identifier = bytes_of_text(algorithms[i].identifier);
        if (algorithms[i].alg != alg || material->size < identifier.size ||
            !bytes_equal(bytes_slice(*material, 0, identifier.size),
                         identifier)) {
            continue;
        }
        *material = bytes_slice(*material, identifier.size,
                                material->size - identifier.size);
        return algorithms[i];
    }
    return (struct algorithm){
        .alg = alg, .identifier = "", .kind = VKEY_IGNORED};
}

static hl_err from_fields(const struct vkey_fields *fields, struct vkey *out,
                          struct hl_detail *detail)
{
    struct bytes key = writer_view(&fields->material);
    struct algorithm algorithm = take_algorithm(&key);
    if (algorithm.key_size != 0 && key.size != algorithm.key_size) {
        return hl_fail(detail, HL_EMALFORMED,
                       "key of algorithm %02x has %zu bytes, not %zu",
                       algorithm.alg, key.size, algorithm.key_size);
    }
    if (algorithm.kind == VKEY_SM2 && key.data[0] != 0x04) {
        return hl_fail(detail, HL_EMALFORMED,
                       "SM2 key is not an uncompressed point (04 || x || y)");
    }
    struct vkey vkey = build(&algorithm, fields->name, key);
    if (vkey.id != fields->id) {
        return hl_fail(detail, HL_EMALFORMED,
                       "key id is %08x, but name and key give %08x", fields->id,
                       vkey.id);
    }
    *out = vkey;
    return HL_OK;
}

hl_err vkey_parse(struct bytes text, struct vkey *out, struct hl_detail *detail)
{
    struct vkey_fields fields;
    hl_err err = vkey_fields_parse(text, &fields, detail);
    if (err != HL_OK) {
        return err;
    }
    err = from_fields(&fields, out, detail);
    vkey_fields_fini(&fields);
    return err;
}

void vkey_write(const struct vkey *key, struct writer *out)
{
    const struct algorithm *algorithm = algorithm_of_kind(key->kind);
    struct writer material = {0};
    writer_u8(&material, algorithm->alg);
    writer_text(&material, algorithm->identifier);
    writer_bytes(&material, bytes_of(key->public_key, key->public_size));
    writer_format(out, "%s+%08x+", key->name, key->id);
    base64_encode(writer_view(&material), out);
    writer_fini(&material);
}

static bool same_name_and_id(const struct vkey *a, const struct vkey *b)
{
    return a->id == b->id && strcmp(a->name, b->name) == 0;
}

bool vkey_equal(const struct vkey *a, const struct vkey *b)
{
    return a->kind == b->kind && a->alg == b->alg && same_name_and_id(a, b) &&
           hash_equal(&a->fingerprint, &b->fingerprint);
}

hl_err vkey_validate_distinct(const struct vkey *keys, size_t count,
                              struct hl_detail *detail)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (same_name_and_id(&keys[i], &keys[k])) {
                return hl_fail(detail, HL_EAMBIGUOUS,
                               "two of the known keys are %s+%08x",
                               keys[i].name, keys[i].id);
            }
        }
    }
    return HL_OK;
}
