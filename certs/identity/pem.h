/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_IDENTITY_PEM_H
#define HL_CERTS_IDENTITY_PEM_H

/* PEM (RFC 7468), strictly: boundary lines stand alone, the base64 between
 * them is canonical, there are no headers (so an "encrypted" block of the old
 * kind, at which OpenSSL's reader may ask the terminal, is malformed). Text
 * outside the blocks is skipped; lines may end in CR LF. Pure, any thread. */

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"
#include "protocol/base/text.h"
#include "protocol/base/writer.h"

enum { PEM_LABEL_BYTES = 64 };

struct pem_block {
    char label[PEM_LABEL_BYTES]; /* "CERTIFICATE"; "" past the last block */
    uint64_t line;               /* of its BEGIN, counted from 1 */
};

/* Finds the next block, walking lines on, and appends its bytes to der. Room
 * for all of them is made at once: no copy of a secret is left behind by a
 * buffer that grows.
 *
 * HL_EMALFORMED  detail names the line; der is as before. */
HL_MUST_USE hl_err pem_next(struct lines *lines, struct pem_block *block,
                            struct writer *der, struct hl_detail *detail);

/* Appends a block, in lines of 64 characters. */
void pem_write(const char *label, struct bytes der, struct writer *out);

#endif
