/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/home_key.h"

#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"

enum { TEXTS = 4 }; /* of a struct homed */

static struct store_key
make_key(uint32_t number, const struct record_type *type, const void *record)
{
    struct writer key = {0};
    record_key(type, record, &key);
    struct store_key out = row_key(number, type, writer_view(&key));
    writer_fini(&key);
    return out;
}

struct store_key home_record_key(uint32_t number, const struct home_key *key)
{
    const struct record_kind *kind = home_kind(key->kind);
    HL_ASSERT(kind != NULL);
    struct homed_retire record = {.of = key->of};
    struct writer of = {0};
    record_key(kind->retiring, &record, &of);
    struct store_key out = row_key(number, kind->type, writer_view(&of));
    writer_fini(&of);
    return out;
}

struct store_key home_release_key(uint32_t number, const struct home_key *key,
                                  uint64_t index)
{
    struct home_release_row row = {.key = *key, .index = index};
    return make_key(number, &home_release_record, &row);
}

struct store_key home_release_prefix(uint32_t number,
                                     const struct home_key *key)
{
    struct store_key out = home_release_key(number, key, 0);
    out.size -= sizeof(uint64_t);
    return out;
}

struct store_key home_answer_key(uint32_t number, const struct home_key *key,
                                 enum home_answer answer,
                                 const struct citation *cause)
{
    struct hl_hash hash = home_cause(cause);
    struct home_answer_row row = {
        .key = *key,
        .answer = answer,
        .cause = bytes_of(hash.bytes, HL_HASH_BYTES),
    };
    return make_key(number, &home_answer_record, &row);
}

struct store_key home_answer_prefix(uint32_t number, const struct home_key *key,
                                    enum home_answer answer)
{
    struct home_answer_row row = {.key = *key, .answer = answer};
    struct store_key out = make_key(number, &home_answer_record, &row);
    out.size -= sizeof(uint16_t); /* the end of an empty cause */
    return out;
}

/* Reads one text of a key; appends it to `out` if that is given. */
static bool read_text(struct reader *reader, struct writer *out)
{
    for (;;) {
        uint8_t byte = reader_u8(reader);
        if (byte == 0 && reader_u8(reader) == 0) {
            return !reader->failed;
        }
        if (reader->failed) {
            return false;
        }
        if (out != NULL) {
            writer_u8(out, byte);
        }
    }
}

bool home_name_of_row(struct bytes name, struct writer *out)
{
    struct reader reader;
    reader_init(&reader, name);
    uint8_t type = reader_u8(&reader);
    const struct record_kind *kind = home_kind(reader_u64(&reader));
    if ((type != home_release_record.number &&
         type != home_answer_record.number) ||
        kind == NULL) {
        return false;
    }
    size_t before = reader_left(&reader);
    for (size_t i = 0; i < TEXTS; i++) {
        if (!read_text(&reader, NULL)) {
            return false;
        }
    }
    writer_u8(out, kind->type->number);
    writer_bytes(out, bytes_slice(name, name.size - before,
                                  before - reader_left(&reader)));
    return true;
}

static const struct record_kind *kind_of_type(uint8_t type)
{
    for (size_t i = 0; i < RECORD_KINDS; i++) {
        if (record_kinds[i].homed && record_kinds[i].type->number == type) {
            return &record_kinds[i];
        }
    }
    return NULL;
}

bool home_of_name(struct bytes name, struct writer *texts, struct home_key *out)
{
    struct reader reader;
    size_t sizes[TEXTS];
    reader_init(&reader, name);
    const struct record_kind *kind = kind_of_type(reader_u8(&reader));
    writer_clear(texts);
    for (size_t i = 0; i < TEXTS; i++) {
        size_t before = texts->size;
        if (kind == NULL || !read_text(&reader, texts)) {
            return false;
        }
        sizes[i] = texts->size - before;
    }
    struct bytes *into[TEXTS] = {&out->of.home, &out->of.unit_scheme,
                                 &out->of.unit_id, &out->of.inner_id};
    size_t at = 0;
    for (size_t i = 0; i < TEXTS; i++) {
        *into[i] = bytes_slice(writer_view(texts), at, sizes[i]);
        at += sizes[i];
    }
    out->kind = kind->number;
    return reader_left(&reader) == 0;
}
