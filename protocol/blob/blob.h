/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_BLOB_BLOB_H
#define HL_PROTOCOL_BLOB_BLOB_H

/* Blobs: documents that must not stand in a journal for ever, sealed so that
 * anybody may carry them and only their readers open them (protocol/README.md,
 * section 13, says every byte).
 *
 *   sealed form:  magic, slots (the content key for each reader), chunks
 *   in chunks:    salt, name, media type, size, the document, zeros
 *   id:           SHA-256 over the same without the zeros
 *   root:         of the Merkle tree over the sealed form's parts of 64 KiB
 *
 * The id names what is within and says nothing of it to whoever lacks the salt;
 * the root lets a carrier check what he cannot open. Sealing and opening go
 * piece by piece. Randomness comes from the caller. Pure; one thread at a
 * time. */

#include "protocol/base/hash.h"
#include "protocol/base/hl_limits.h"
#include "protocol/base/writer.h"
#include "protocol/tree/merkle.h"

enum {
    BLOB_KEY_BYTES = 32, /* X25519, and the content key */
    BLOB_SALT_BYTES = 32,
    BLOB_SEED_BYTES = 32,
    BLOB_SLOT_BYTES = 80,
    BLOB_PART_BYTES = 65536,
    BLOB_CHUNK_BYTES = 65520, /* of the clear; 16 more sealed */
    BLOB_PADDED_BYTES = 4096, /* the clear is a multiple of that */
};

/* What stands within beside the document. */
struct blob_head {
    struct bytes name;       /* UTF-8, at most HL_BLOB_TEXT_MAX_BYTES */
    struct bytes media_type; /* the same */
    uint64_t size;           /* of the document */
};

/* --- Sealing. ------------------------------------------------------------- */

struct blob_sealing {
    struct blob_head head;
    const uint8_t (*readers)[BLOB_KEY_BYTES]; /* their public keys */
    size_t reader_count;                      /* 1 to HL_BLOB_READERS_MAX */
    const uint8_t *salt;                      /* BLOB_SALT_BYTES, secret */
    const uint8_t *key; /* BLOB_KEY_BYTES at random, for this blob alone */
    const uint8_t (*seeds)[BLOB_SEED_BYTES]; /* at random, one a reader */
};

struct blob_sealer;

/* How large the sealed form will be.
 *
 * HL_EMALFORMED  no reader, or a text that is no UTF-8 or has a NUL.
 * HL_ELIMIT      above HL_BLOB_MAX_BYTES, or a part over its bound. */
HL_MUST_USE hl_err blob_sealed_size(const struct blob_head *head,
                                    size_t reader_count, uint64_t *out,
                                    struct hl_detail *detail);

/* Appends the beginning of the sealed form. Copies what it needs.
 *
 * HL_ECRYPTO  a reader's key is no key.
 * others      of blob_sealed_size(). */
HL_MUST_USE hl_err blob_sealer_create(const struct blob_sealing *sealing,
                                      struct writer *out,
                                      struct blob_sealer **sealer,
                                      struct hl_detail *detail);

/* The document's next bytes; appends what is sealed by then.
 *
 * HL_EMALFORMED  it is longer than its head says. */
HL_MUST_USE hl_err blob_sealer_add(struct blob_sealer *sealer,
                                   struct bytes document, struct writer *out,
                                   struct hl_detail *detail);

/* Appends the rest.
 *
 * HL_EMALFORMED  the document is shorter than its head says. */
HL_MUST_USE hl_err blob_sealer_finish(struct blob_sealer *sealer,
                                      struct writer *out, struct hl_hash *id,
                                      struct hl_detail *detail);
void blob_sealer_destroy(struct blob_sealer **sealer); /* wipes; NULL is fine */

/* --- Opening. ------------------------------------------------------------- */

struct blob_key {
    uint8_t public[BLOB_KEY_BYTES];
    uint8_t private[BLOB_KEY_BYTES];
};

struct blob_opener;

/* keys: one of them may open it; copied. size: of the sealed form. */
void blob_opener_create(const struct blob_key *keys, size_t count,
                        uint64_t size, struct blob_opener **out);

/* The sealed form's next bytes, in order; appends what of the document is open
 * by then. That it is the blob of its id, blob_opener_finish() alone says.
 *
 * HL_EMALFORMED    no sealed form, or longer than its size.
 * HL_EUNSUPPORTED  of a later version.
 * HL_EDENIED       none of the keys opens it.
 * HL_EPROOF        it was changed. */
HL_MUST_USE hl_err blob_opener_add(struct blob_opener *opener,
                                   struct bytes sealed, struct writer *document,
                                   struct hl_detail *detail);

/* The head, once the first chunk is open: else NULL. Borrows the opener. */
const struct blob_head *blob_opener_head(const struct blob_opener *opener);

/* HL_EMALFORMED  it is not whole; or what is within has not its form.
 * HL_EPROOF      it is another blob than that of the id. */
HL_MUST_USE hl_err blob_opener_finish(struct blob_opener *opener,
                                      const struct hl_hash *id,
                                      struct hl_detail *detail);
void blob_opener_destroy(struct blob_opener **opener); /* wipes; NULL is fine */

/* --- Parts. --------------------------------------------------------------- */

/* What everybody knows of a sealed form. */
struct blob_seal {
    uint64_t size; /* 1 to HL_BLOB_MAX_BYTES */
    struct hl_hash root;
};

uint64_t blob_part_count(uint64_t size);
/* Of part `index` of a sealed form of `size`; asserts that there is one. */
size_t blob_part_size(uint64_t size, uint64_t index);

/* The leaves of all parts so far, to append to. */
struct blob_leaves {
    struct hl_hash *hashes;
    size_t count, capacity;
};
void blob_leaves_add(struct blob_leaves *leaves, const struct hl_hash *leaf);
void blob_leaves_fini(struct blob_leaves *leaves);
struct hl_hash blob_leaves_root(const struct blob_leaves *leaves);
/* The inclusion proof of a part among them; asserts that it is one. */
void blob_leaves_prove(const struct blob_leaves *leaves, uint64_t index,
                       struct proof *out);

/* Whether those bytes are that part.
 *
 * HL_EPROOF  they are not. */
HL_MUST_USE hl_err blob_part_verify(const struct blob_seal *seal,
                                    uint64_t index, struct bytes part,
                                    const struct proof *proof);

#endif
