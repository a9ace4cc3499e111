/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger/blob_entry.h"

#include <string.h>

#include "heluo/v1/blob.pb-c.h"
#include "node/catalogue/rules.h"

enum {
    READERS_MAX_BYTES = HL_BLOB_READERS_MAX * 64,
    KEY_VERSION_MAX = 1000000,
};

static hl_err rule_readers(struct bytes text, struct hl_detail *detail)
{
    struct bytes rest = text, node, former = {0};
    size_t count = 0, bytes = 0;
    while (blob_next_reader(&rest, &node)) {
        hl_err err = node.size == 0 ? HL_EMALFORMED : rule_home(node, detail);
        if (err != HL_OK) {
            return hl_fail(detail, HL_EMALFORMED, "nodes, each a label");
        }
        if (count > 0 && bytes_compare(former, node) >= 0) {
            return hl_fail(detail, HL_EMALFORMED, "nodes are not ascending");
        }
        former = node;
        bytes += node.size + (count++ > 0);
    }
    if (count > HL_BLOB_READERS_MAX) {
        return hl_fail(detail, HL_ELIMIT, "%zu readers: at most %d may be",
                       count, HL_BLOB_READERS_MAX);
    }
    return bytes == text.size
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED,
                         "one space is between nodes, and none elsewhere");
}

static const struct field put_fields[] = {
    ROW(blob_put, 1, id, FIELD_BYTES, HL_HASH_BYTES, HL_HASH_BYTES, true, NULL,
        NULL),
    ROW(blob_put, 2, kind, FIELD_UINT, HELUO__V1__BLOB_KIND__BLOB_KIND_HOLDER,
        HELUO__V1__BLOB_KIND__BLOB_KIND_FINGERPRINT_KEY, false, NULL, NULL),
    ROW(blob_put, 3, size, FIELD_UINT, 1, HL_BLOB_MAX_BYTES, false, NULL, NULL),
    ROW(blob_put, 4, root, FIELD_BYTES, HL_HASH_BYTES, HL_HASH_BYTES, false,
        NULL, NULL),
    ROW(blob_put, 5, readers, FIELD_TEXT, 1, READERS_MAX_BYTES, false,
        rule_readers, NULL),
    ROW(blob_put, 6, key_version, FIELD_UINT, 0, KEY_VERSION_MAX, false, NULL,
        NULL),
    ROW(blob_put, 7, key_digest, FIELD_BYTES, 0, HL_HASH_BYTES, false, NULL,
        NULL),
};

static const struct field erase_fields[] = {
    ROW(blob_erase, 1, id, FIELD_BYTES, HL_HASH_BYTES, HL_HASH_BYTES, true,
        NULL, NULL),
};

static hl_err validate_put(const void *record, struct hl_detail *detail)
{
    const struct blob_put *put = record;
    bool key = put->kind == HELUO__V1__BLOB_KIND__BLOB_KIND_FINGERPRINT_KEY;
    return (put->key_version > 0) == key &&
                   put->key_digest.size == (key ? HL_HASH_BYTES : 0)
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED,
                         "field key_version: a key of fingerprints has one, "
                         "and a digest, and nothing else has");
}

const struct record_type blob_record = {
    .number = 17,
    .name = "blob",
    .size = sizeof(struct blob_put),
    .fields = put_fields,
    .field_count = sizeof(put_fields) / sizeof(put_fields[0]),
    .schema = &heluo__v1__blob_put__descriptor,
    .validate = validate_put,
};

const struct record_type blob_erasing = {
    .number = 0,
    .name = "blob_erase",
    .size = sizeof(struct blob_erase),
    .fields = erase_fields,
    .field_count = sizeof(erase_fields) / sizeof(erase_fields[0]),
    .schema = &heluo__v1__blob_erase__descriptor,
};

struct blob_seal blob_seal_of(const struct blob_put *put)
{
    struct blob_seal seal = {.size = put->size};
    memcpy(seal.root.bytes, put->root.data, HL_HASH_BYTES);
    return seal;
}

bool blob_next_reader(struct bytes *readers, struct bytes *node)
{
    if (readers->size == 0) {
        return false;
    }
    const uint8_t *space = memchr(readers->data, ' ', readers->size);
    size_t size =
        space == NULL ? readers->size : (size_t)(space - readers->data);
    size_t past = space == NULL ? size : size + 1;
    *node = bytes_slice(*readers, 0, size);
    *readers = bytes_slice(*readers, past, readers->size - past);
    return true;
}

bool blob_has_reader(const struct blob_put *put, struct bytes node)
{
    struct bytes rest = put->readers, reader;
    while (blob_next_reader(&rest, &reader)) {
        if (bytes_equal(reader, node)) {
            return true;
        }
    }
    return false;
}
