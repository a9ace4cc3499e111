/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_TOOLS_AUTHORITY_INDEX_H
#define HL_CERTS_TOOLS_AUTHORITY_INDEX_H

/* What an authority remembers: each certificate it issued, what it revoked,
 * which revocation list it made last. A text that only grows, one event a
 * line, so that it can be read, compared and mended by hand:
 *
 *   heluo ca index v1
 *   issued <serial> <not before> <not after> <SPIFFE ID>
 *   revoked <serial> <time> <reason>
 *   list <number> <made> <next>
 *
 * One thread. */

#include "certs/identity/certificate.h"

/* Of RFC 5280 5.3.1; those for keys of authorities and for holds are not
 * offered. */
enum revocation_reason {
    REVOKED_UNSPECIFIED = 0,
    REVOKED_KEY_COMPROMISE = 1,
    REVOKED_AFFILIATION_CHANGED = 3,
    REVOKED_SUPERSEDED = 4,
    REVOKED_CESSATION = 5,
    REVOKED_PRIVILEGE_WITHDRAWN = 9,
};

#define REVOCATION_REASON_WORDS                                                \
    "unspecified, key-compromise, affiliation-changed, superseded, "           \
    "cessation, privilege-withdrawn"

const char *revocation_reason_word(enum revocation_reason reason);
/* False where the word is none of the above. */
bool revocation_reason_parse(struct bytes word, enum revocation_reason *reason);

struct authority_row {
    char serial[CERTIFICATE_SERIAL_TEXT_BYTES];
    struct identity identity;
    struct hl_wall not_before, not_after;
    bool revoked;
    struct hl_wall revoked_at;
    enum revocation_reason reason;
};

struct authority_index {
    struct writer text;         /* the file */
    struct authority_row *rows; /* in the order of issue */
    size_t count, capacity;
    uint64_t list_number; /* 0: none was made yet */
    struct hl_wall list_made, list_next;
};

enum { AUTHORITY_INDEX_MAX_BYTES = 64 * 1024 * 1024 };

/* An index of nothing. */
void authority_index_init(struct authority_index *index);
void authority_index_fini(struct authority_index *index);

/* Reads the file; index was all zero.
 *
 * HL_EMALFORMED  detail names the line; index is all zero. */
HL_MUST_USE hl_err authority_index_parse(struct bytes text,
                                         struct authority_index *index,
                                         struct hl_detail *detail);

/* NULL where there is none. Borrowed until the index changes. */
const struct authority_row *
authority_index_find(const struct authority_index *index, const char *serial);

/* Add events; the caller has made sure that they fit (asserts): a serial that
 * is new, one that was issued and not revoked, a number that is higher. */
void authority_index_issued(struct authority_index *index,
                            const struct authority_row *row);
void authority_index_revoked(struct authority_index *index, const char *serial,
                             struct hl_wall at, enum revocation_reason reason);
void authority_index_listed(struct authority_index *index, uint64_t number,
                            struct hl_wall made, struct hl_wall next);

#endif
