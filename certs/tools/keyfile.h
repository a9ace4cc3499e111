/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_TOOLS_KEYFILE_H
#define HL_CERTS_TOOLS_KEYFILE_H

/* Key files: a few lines that say which key this is, then the private key in
 * PEM, which `openssl pkey` reads although the lines stand above it:
 *
 *   heluo key v1
 *   kind: journal
 *   vkey: zy.example/luoyang+1f2e3d4c+AbCd...
 *   -----BEGIN PRIVATE KEY-----
 *
 * A key that signs nothing (encryption) has, instead of the vkey line,
 *
 *   name: zy.example/luoyang/encryption
 *   public: <base64 of 32 bytes>
 *
 * The lines are for people; a file whose lines and key disagree is refused.
 * One thread; a struct keyfile belongs to its caller and holds a secret. */

#include "certs/tools/secret.h"
#include "protocol/note/signer.h"

enum key_kind {
    KEY_JOURNAL,     /* <alliance>/<node>: signs its checkpoints */
    KEY_MIRROR,      /* <alliance>/<node>/mirror: signs cosignatures */
    KEY_ENCRYPTION,  /* <alliance>/<node>/encryption: opens blobs */
    KEY_COORDINATOR, /* <alliance>/coordinator/<name>: signs charters */
    KEY_KIND_COUNT
};

enum key_algorithm {
    KEY_DEFAULT, /* Ed25519 (alg 01, mirror 04); encryption X25519 */
    KEY_SM2,     /* the journal's second line (alg ff) */
};

enum { KEY_X25519_BYTES = 32 };

const char *key_kind_word(enum key_kind kind);
/* False where the word is no kind. */
bool key_kind_parse(struct bytes word, enum key_kind *kind);
/* Whether keys of the kind belong to a node, not to a person. */
bool key_kind_has_node(enum key_kind kind);

/* Appends the name that a key of the kind has; id is the node's or, for a
 * coordinator, the person's.
 *
 * HL_EIDENTITY  alliance is no domain, or id no label. */
HL_MUST_USE hl_err key_name(enum key_kind kind, struct bytes alliance,
                            struct bytes id, struct writer *out,
                            struct hl_detail *detail);

/* What may be known of a key by everybody. */
struct key_public {
    enum key_kind kind;
    char name[HL_NAME_MAX_BYTES + 1];
    bool encrypted;                   /* the file wants a passphrase */
    struct vkey vkey;                 /* not of an encryption key */
    uint8_t x25519[KEY_X25519_BYTES]; /* of an encryption key */
};

struct keyfile {
    struct key_public public;
    struct signer signer;             /* not of an encryption key */
    uint8_t x25519[KEY_X25519_BYTES]; /* private; of an encryption key */
};

struct keyfile_spec {
    enum key_kind kind;
    enum key_algorithm algorithm;
    struct bytes alliance;
    struct bytes id;
    struct bytes passphrase; /* empty: the key is in the clear */
};

/* Makes a new key. *out, all-zero before, gets the text of its file, a secret:
 * secret_fini().
 *
 * HL_EIDENTITY     as key_name().
 * HL_EUNSUPPORTED  SM2 for another kind than journal.
 * HL_ECRYPTO       the library failed. */
HL_MUST_USE hl_err keyfile_new(const struct keyfile_spec *spec,
                               struct writer *out, struct key_public *public,
                               struct hl_detail *detail);

/* Reads the lines of a file's text; no passphrase is needed, and the private
 * key is not looked at.
 *
 * HL_EMALFORMED  detail names the line. */
HL_MUST_USE hl_err keyfile_inspect(struct bytes text, struct key_public *out,
                                   struct hl_detail *detail);

/* Reads all of it.
 *
 * HL_EMALFORMED   as keyfile_inspect(), or lines and key disagree.
 * HL_EPASSPHRASE  wrong, or missing. */
HL_MUST_USE hl_err keyfile_parse(struct bytes text, struct bytes passphrase,
                                 struct keyfile *out, struct hl_detail *detail);

/* The same from a file, which only its owner may read or write.
 *
 * HL_ENOTFOUND, HL_EIO, HL_ELIMIT, HL_EFILEMODE  as file_read_secret(). */
HL_MUST_USE hl_err keyfile_load(const char *path, struct bytes passphrase,
                                struct keyfile *out, struct hl_detail *detail);

/* Wipes and releases; all-zero is fine. */
void keyfile_fini(struct keyfile *keyfile);

#endif
