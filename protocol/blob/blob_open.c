/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/crypto.h>
#include <sodium.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"
#include "protocol/base/text.h"
#include "protocol/blob/blob_form.h"

struct blob_opener {
    struct blob_key *keys;
    size_t key_count;
    uint64_t left;         /* of the sealed form, not opened yet */
    struct writer waiting; /* came, and is no whole piece yet */
    bool has_key;          /* the slots are read */
    uint8_t key[BLOB_KEY_BYTES];
    uint64_t chunks;
    struct hash_stream id;
    bool has_head;
    struct blob_head head; /* its texts are in `texts` */
    uint8_t texts[2 * HL_BLOB_TEXT_MAX_BYTES];
    uint64_t document_left;
    uint64_t clear_size, padding;
};

void blob_opener_create(const struct blob_key *keys, size_t count,
                        uint64_t size, struct blob_opener **out)
{
    struct blob_opener *opener = hl_alloc(1, sizeof(*opener));
    opener->keys = hl_copy(keys, count * sizeof(*keys));
    opener->key_count = count;
    opener->left = size;
    hash_stream_init(&opener->id);
    *out = opener;
}

void blob_opener_destroy(struct blob_opener **opener)
{
    struct blob_opener *gone = *opener;
    if (gone == NULL) {
        return;
    }
    OPENSSL_cleanse(gone->keys, gone->key_count * sizeof(*gone->keys));
    hl_free(gone->keys);
    writer_fini(&gone->waiting);
    OPENSSL_cleanse(gone, sizeof(*gone));
    hl_free(gone);
    *opener = NULL;
}

/* The next `size` bytes, if they are there. */
static bool take(struct blob_opener *opener, size_t *at, size_t size,
                 struct bytes *out)
{
    if (opener->waiting.size - *at < size) {
        return false;
    }
    *out = bytes_slice(writer_view(&opener->waiting), *at, size);
    *at += size;
    return true;
}

static bool open_slot(struct blob_opener *opener, struct bytes slot)
{
    for (size_t i = 0; i < opener->key_count; i++) {
        const struct blob_key *key = &opener->keys[i];
        if (crypto_box_seal_open(opener->key, slot.data, slot.size, key->public,
                                 key->private) == 0) {
            return true;
        }
    }
    return false;
}

/* Magic, and one slot after the other. */
static hl_err read_slots(struct blob_opener *opener, size_t *at,
                         struct hl_detail *detail)
{
    struct bytes magic, slots;
    size_t from = *at;
    if (!take(opener, &from, BLOB_MAGIC_BYTES + 1, &magic)) {
        return HL_OK;
    }
    if (memcmp(magic.data, BLOB_MAGIC, BLOB_MAGIC_BYTES) != 0) {
        bool later = memcmp(magic.data, BLOB_MAGIC, 6) == 0;
        return hl_fail(detail, later ? HL_EUNSUPPORTED : HL_EMALFORMED,
                       later ? "a sealed form of a later version"
                             : "this is no sealed form");
    }
    size_t count = magic.data[BLOB_MAGIC_BYTES];
    uint64_t size = BLOB_MAGIC_BYTES + 1 + count * BLOB_SLOT_BYTES;
    if (count == 0 || count > HL_BLOB_READERS_MAX || size >= opener->left) {
        return hl_fail(detail, HL_EMALFORMED, "it has %zu slots", count);
    }
    if (!take(opener, &from, count * BLOB_SLOT_BYTES, &slots)) {
        return HL_OK;
    }
    for (size_t i = 0; i < count && !opener->has_key; i++) {
        opener->has_key = open_slot(
            opener, bytes_slice(slots, i * BLOB_SLOT_BYTES, BLOB_SLOT_BYTES));
    }
    opener->left -= size;
    *at = from;
    return opener->has_key ? HL_OK
                           : hl_fail(detail, HL_EDENIED,
                                     "it is sealed to others: no encryption "
                                     "key that this node has opens it");
}

static bool copy_text(struct blob_opener *opener, struct reader *reader,
                      size_t at, struct bytes *out)
{
    struct bytes text = reader_bytes(reader, reader_u16(reader));
    if (text.size > HL_BLOB_TEXT_MAX_BYTES || !text_utf8_valid(text) ||
        (text.size > 0 && memchr(text.data, 0, text.size) != NULL)) {
        return false;
    }
    if (text.size > 0) {
        memcpy(opener->texts + at, text.data, text.size);
    }
    *out = bytes_of(opener->texts + at, text.size);
    return true;
}

static hl_err read_head(struct blob_opener *opener, struct bytes clear,
                        size_t *size, struct hl_detail *detail)
{
    struct reader reader;
    reader_init(&reader, clear);
    (void)reader_bytes(&reader, BLOB_SALT_BYTES);
    bool good = copy_text(opener, &reader, 0, &opener->head.name) &&
                copy_text(opener, &reader, HL_BLOB_TEXT_MAX_BYTES,
                          &opener->head.media_type);
    opener->head.size = reader_u64(&reader);
    if (!good || reader.failed || opener->head.size > HL_BLOB_MAX_BYTES) {
        return hl_fail(detail, HL_EMALFORMED, "what is within has no head");
    }
    opener->has_head = true;
    opener->document_left = opener->head.size;
    *size = reader.offset;
    hash_stream_add(&opener->id, bytes_slice(clear, 0, *size));
    return HL_OK;
}

static hl_err take_clear(struct blob_opener *opener, struct bytes clear,
                         struct writer *document, struct hl_detail *detail)
{
    size_t at = 0;
    hl_err err = HL_OK;
    opener->clear_size += clear.size;
    if (!opener->has_head) {
        err = read_head(opener, clear, &at, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    size_t size = clear.size - at;
    size = size < opener->document_left ? size : (size_t)opener->document_left;
    struct bytes part = bytes_slice(clear, at, size);
    hash_stream_add(&opener->id, part);
    writer_bytes(document, part);
    opener->document_left -= size;
    for (at += size; at < clear.size; at++, opener->padding++) {
        if (clear.data[at] != 0) {
            return hl_fail(detail, HL_EMALFORMED, "the rest is not zeros");
        }
    }
    return HL_OK;
}

/* A chunk, if it is whole. */
static hl_err open_chunk(struct blob_opener *opener, size_t *at,
                         struct writer *document, bool *taken,
                         struct hl_detail *detail)
{
    uint8_t clear[BLOB_CHUNK_BYTES], nonce[BLOB_NONCE_BYTES];
    size_t whole = BLOB_CHUNK_BYTES + BLOB_TAG_BYTES;
    bool last = opener->left <= whole;
    struct bytes sealed;
    *taken = take(opener, at, last ? (size_t)opener->left : whole, &sealed);
    if (!*taken) {
        return HL_OK;
    }
    blob_nonce(opener->chunks++, last, nonce);
    if (sealed.size <= BLOB_TAG_BYTES ||
        crypto_aead_chacha20poly1305_ietf_decrypt(
            clear, NULL, NULL, sealed.data, sealed.size, NULL, 0, nonce,
            opener->key) != 0) {
        return hl_fail(detail, HL_EPROOF, "chunk %llu was changed",
                       (unsigned long long)(opener->chunks - 1));
    }
    opener->left -= sealed.size;
    hl_err err =
        take_clear(opener, bytes_of(clear, sealed.size - BLOB_TAG_BYTES),
                   document, detail);
    OPENSSL_cleanse(clear, sizeof(clear));
    return err;
}

hl_err blob_opener_add(struct blob_opener *opener, struct bytes sealed,
                       struct writer *document, struct hl_detail *detail)
{
    size_t at = 0;
    hl_err err = HL_OK;
    if (sealed.size > opener->left - opener->waiting.size) {
        return hl_fail(detail, HL_EMALFORMED, "it is longer than was said");
    }
    writer_bytes(&opener->waiting, sealed);
    if (!opener->has_key) {
        err = read_slots(opener, &at, detail);
    }
    bool taken = opener->has_key;
    while (err == HL_OK && taken && opener->left > 0) {
        err = open_chunk(opener, &at, document, &taken, detail);
    }
    struct writer rest = {0};
    writer_bytes(&rest, bytes_slice(writer_view(&opener->waiting), at,
                                    opener->waiting.size - at));
    writer_fini(&opener->waiting);
    opener->waiting = rest;
    return err;
}

const struct blob_head *blob_opener_head(const struct blob_opener *opener)
{
    return opener->has_head ? &opener->head : NULL;
}

hl_err blob_opener_finish(struct blob_opener *opener, const struct hl_hash *id,
                          struct hl_detail *detail)
{
    bool whole = opener->has_head && opener->left == 0 &&
                 opener->document_left == 0 &&
                 opener->padding < BLOB_PADDED_BYTES &&
                 opener->clear_size % BLOB_PADDED_BYTES == 0;
    if (!whole) {
        return hl_fail(detail, HL_EMALFORMED,
                       "it ends before its end, or has too many zeros");
    }
    struct hl_hash found = hash_stream_end(&opener->id);
    return hash_equal(&found, id)
               ? HL_OK
               : hl_fail(detail, HL_EPROOF,
                         "what is within is another document than that of the "
                         "id");
}
