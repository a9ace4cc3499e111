/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/crypto.h>
#include <sodium.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/text.h"
#include "protocol/blob/blob_form.h"

struct blob_sealer {
    uint8_t key[BLOB_KEY_BYTES];
    struct hash_stream id;
    uint64_t left; /* of the document, not seen yet */
    uint64_t chunks;
    uint64_t clear_size; /* in all, without zeros */
    size_t filled;
    uint8_t chunk[BLOB_CHUNK_BYTES];
};

void blob_nonce(uint64_t index, bool last, uint8_t out[BLOB_NONCE_BYTES])
{
    memset(out, 0, BLOB_NONCE_BYTES);
    out[0] = last ? 1 : 0;
    for (size_t i = 0; i < 8; i++) {
        out[BLOB_NONCE_BYTES - 1 - i] = (uint8_t)(index >> (8 * i));
    }
}

static hl_err check_text(struct bytes text, const char *what,
                         struct hl_detail *detail)
{
    if (text.size > HL_BLOB_TEXT_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "%s has %zu bytes, and %d may be",
                       what, text.size, HL_BLOB_TEXT_MAX_BYTES);
    }
    bool good = text_utf8_valid(text) &&
                (text.size == 0 || memchr(text.data, 0, text.size) == NULL);
    return good
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED, "%s is no text in UTF-8", what);
}

static uint64_t clear_size(const struct blob_head *head)
{
    return BLOB_SALT_BYTES + 2 + head->name.size + 2 + head->media_type.size +
           8 + head->size;
}

hl_err blob_sealed_size(const struct blob_head *head, size_t reader_count,
                        uint64_t *out, struct hl_detail *detail)
{
    hl_err err = check_text(head->name, "the name", detail);
    if (err == HL_OK) {
        err = check_text(head->media_type, "the media type", detail);
    }
    if (err != HL_OK) {
        return err;
    }
    if (reader_count == 0 || reader_count > HL_BLOB_READERS_MAX) {
        return hl_fail(detail, reader_count == 0 ? HL_EMALFORMED : HL_ELIMIT,
                       "%zu readers: 1 to %d may be", reader_count,
                       HL_BLOB_READERS_MAX);
    }
    if (head->size > HL_BLOB_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "no blob is above %d bytes",
                       HL_BLOB_MAX_BYTES);
    }
    uint64_t clear = clear_size(head);
    clear +=
        (BLOB_PADDED_BYTES - clear % BLOB_PADDED_BYTES) % BLOB_PADDED_BYTES;
    uint64_t chunks =
        clear / BLOB_CHUNK_BYTES + (clear % BLOB_CHUNK_BYTES != 0);
    uint64_t size = BLOB_MAGIC_BYTES + 1 + reader_count * BLOB_SLOT_BYTES +
                    clear + chunks * BLOB_TAG_BYTES;
    if (size > HL_BLOB_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "no blob is above %d bytes",
                       HL_BLOB_MAX_BYTES);
    }
    *out = size;
    return HL_OK;
}

/* libsodium's crypto_box_seal(), but that the ephemeral key is the caller's:
 * its own draws one. */
static hl_err add_slot(const uint8_t key[BLOB_KEY_BYTES],
                       const uint8_t reader[BLOB_KEY_BYTES],
                       const uint8_t seed[BLOB_SEED_BYTES], struct writer *out)
{
    uint8_t both[2 * BLOB_KEY_BYTES], nonce[crypto_box_NONCEBYTES];
    uint8_t box[BLOB_KEY_BYTES + crypto_box_MACBYTES];
    (void)crypto_scalarmult_base(both, seed);
    memcpy(both + BLOB_KEY_BYTES, reader, BLOB_KEY_BYTES);
    (void)crypto_generichash(nonce, sizeof(nonce), both, sizeof(both), NULL, 0);
    if (crypto_box_easy(box, key, BLOB_KEY_BYTES, nonce, reader, seed) != 0) {
        return HL_ECRYPTO;
    }
    writer_bytes(out, bytes_of(both, BLOB_KEY_BYTES));
    writer_bytes(out, bytes_of(box, sizeof(box)));
    return HL_OK;
}

static hl_err add_slots(const struct blob_sealing *sealing, struct writer *out,
                        struct hl_detail *detail)
{
    writer_text(out, BLOB_MAGIC);
    writer_u8(out, (uint8_t)sealing->reader_count);
    for (size_t i = 0; i < sealing->reader_count; i++) {
        if (add_slot(sealing->key, sealing->readers[i], sealing->seeds[i],
                     out) != HL_OK) {
            return hl_fail(detail, HL_ECRYPTO,
                           "the key of reader %zu is none to seal to", i);
        }
    }
    return HL_OK;
}

static void seal_chunk(struct blob_sealer *sealer, bool last,
                       struct writer *out)
{
    uint8_t nonce[BLOB_NONCE_BYTES];
    blob_nonce(sealer->chunks++, last, nonce);
    uint8_t *to = writer_extend(out, sealer->filled + BLOB_TAG_BYTES);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(to, NULL, sealer->chunk,
                                                    sealer->filled, NULL, 0,
                                                    NULL, nonce, sealer->key);
    sealer->filled = 0;
}

/* A full chunk stays until more comes: it may be the last. */
static void add_clear(struct blob_sealer *sealer, struct bytes clear,
                      struct writer *out)
{
    for (size_t at = 0; at < clear.size;) {
        if (sealer->filled == BLOB_CHUNK_BYTES) {
            seal_chunk(sealer, false, out);
        }
        size_t room = BLOB_CHUNK_BYTES - sealer->filled;
        size_t size = clear.size - at < room ? clear.size - at : room;
        memcpy(sealer->chunk + sealer->filled, clear.data + at, size);
        sealer->filled += size;
        at += size;
    }
}

static void add_content(struct blob_sealer *sealer, struct bytes content,
                        struct writer *out)
{
    hash_stream_add(&sealer->id, content);
    add_clear(sealer, content, out);
}

static void add_head(struct blob_sealer *sealer,
                     const struct blob_sealing *sealing, struct writer *out)
{
    struct writer head = {0};
    writer_bytes(&head, bytes_of(sealing->salt, BLOB_SALT_BYTES));
    writer_u16(&head, (uint16_t)sealing->head.name.size);
    writer_bytes(&head, sealing->head.name);
    writer_u16(&head, (uint16_t)sealing->head.media_type.size);
    writer_bytes(&head, sealing->head.media_type);
    writer_u64(&head, sealing->head.size);
    add_content(sealer, writer_view(&head), out);
    OPENSSL_cleanse(head.data, head.size);
    writer_fini(&head);
}

hl_err blob_sealer_create(const struct blob_sealing *sealing,
                          struct writer *out, struct blob_sealer **sealer,
                          struct hl_detail *detail)
{
    uint64_t size = 0;
    size_t before = out->size;
    hl_err err =
        blob_sealed_size(&sealing->head, sealing->reader_count, &size, detail);
    if (err == HL_OK) {
        err = add_slots(sealing, out, detail);
    }
    if (err != HL_OK) {
        writer_shrink(out, out->size - before);
        return err;
    }
    struct blob_sealer *made = hl_alloc(1, sizeof(*made));
    memcpy(made->key, sealing->key, BLOB_KEY_BYTES);
    hash_stream_init(&made->id);
    made->left = sealing->head.size;
    made->clear_size = clear_size(&sealing->head);
    add_head(made, sealing, out);
    *sealer = made;
    return HL_OK;
}

hl_err blob_sealer_add(struct blob_sealer *sealer, struct bytes document,
                       struct writer *out, struct hl_detail *detail)
{
    if (document.size > sealer->left) {
        return hl_fail(detail, HL_EMALFORMED,
                       "the document is longer than was said");
    }
    sealer->left -= document.size;
    add_content(sealer, document, out);
    return HL_OK;
}

hl_err blob_sealer_finish(struct blob_sealer *sealer, struct writer *out,
                          struct hl_hash *id, struct hl_detail *detail)
{
    static const uint8_t zeros[BLOB_PADDED_BYTES];
    if (sealer->left > 0) {
        return hl_fail(detail, HL_EMALFORMED,
                       "the document is shorter than was said");
    }
    size_t padding =
        (BLOB_PADDED_BYTES - (size_t)(sealer->clear_size % BLOB_PADDED_BYTES)) %
        BLOB_PADDED_BYTES;
    add_clear(sealer, bytes_of(zeros, padding), out);
    seal_chunk(sealer, true, out);
    *id = hash_stream_end(&sealer->id);
    return HL_OK;
}

void blob_sealer_destroy(struct blob_sealer **sealer)
{
    if (*sealer != NULL) {
        OPENSSL_cleanse(*sealer, sizeof(**sealer));
        hl_free(*sealer);
        *sealer = NULL;
    }
}
