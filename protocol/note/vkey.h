/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_NOTE_VKEY_H
#define HL_PROTOCOL_NOTE_VKEY_H

/* A verifier key, "vkey": name+hex8(id)+base64(alg || public key), and the
 * key id that signature lines carry (C2SP signed-note). Plain memory, pure,
 * any thread. */

#include <stdbool.h>

#include "protocol/base/bytes.h"
#include "protocol/base/hash.h"
#include "protocol/base/hl_err.h"
#include "protocol/base/hl_limits.h"
#include "protocol/base/writer.h"

/* What a key signs; the first byte (alg) of its vkey says it. */
enum vkey_kind {
    VKEY_ED25519,     /* 01: the note's text */
    VKEY_COSIGNATURE, /* 04: cosignature/v1, timestamped (tlog-cosignature) */
    VKEY_SM2,         /* ff "heluo.sm2-sm3/v1": the note's text, GB/T 32918 */
    VKEY_IGNORED,     /* well-formed, but not ours to verify: 02, 05, 06 ... */
};

enum {
    VKEY_ED25519_BYTES = 32,
    VKEY_SM2_BYTES = 65, /* 04 || x || y */
    VKEY_PUBLIC_MAX_BYTES = 65,
    SIGNATURE_BYTES = 64, /* Ed25519; SM2 as r || s */
};

struct vkey {
    char name[HL_NAME_MAX_BYTES + 1];
    uint32_t id;
    uint8_t alg; /* the first byte of the key's bytes, for every kind */
    enum vkey_kind kind;
    uint8_t public_key[VKEY_PUBLIC_MAX_BYTES]; /* unset for VKEY_IGNORED */
    size_t public_size;
    struct hl_hash fingerprint; /* SHA-256 of the bare public key bytes, so
                                   that one key under two algs is found */
};

/* A name that may stand in a note: 1 to 255 bytes of UTF-8 without Unicode
 * white space, control characters and '+'. */
bool vkey_name_valid(struct bytes name);

/* Makes a key of a kind we verify; public_key has that kind's length
 * (asserts) and is not checked to be a point of the curve.
 *
 * HL_EMALFORMED  the name may not stand in a note. */
HL_MUST_USE hl_err vkey_make(struct bytes name, enum vkey_kind kind,
                             const uint8_t *public_key, struct vkey *out);

/* Reads the text form, without line end; hex in lower case. Checks the id
 * against the name and key by the rule of the algorithm: signed-note's for
 * all but 02 (SHA-256 of the key alone) and 05 (the log id in the key's
 * place, static-ct-api). An algorithm that we do not know gives VKEY_IGNORED,
 * not an error; its id must follow signed-note's recommendation.
 *
 * HL_EMALFORMED  fields, name, hex, base64, key length or id are wrong;
 *                detail->text says which. */
HL_MUST_USE hl_err vkey_parse(struct bytes text, struct vkey *out,
                              struct hl_detail *detail);

/* Appends the text form. Not for VKEY_IGNORED (asserts). */
void vkey_write(const struct vkey *key, struct writer *out);

/* Same name, kind and public key. */
bool vkey_equal(const struct vkey *a, const struct vkey *b);

/* Whether every (name, id) stands for one key: a list that is not so cannot
 * say whose a signature line is. A key listed twice counts as two.
 *
 * HL_EAMBIGUOUS  two of the keys, of whatever kind, have one name and id. */
HL_MUST_USE hl_err vkey_validate_distinct(const struct vkey *keys, size_t count,
                                          struct hl_detail *detail);

#endif
