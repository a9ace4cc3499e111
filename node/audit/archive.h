/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_AUDIT_ARCHIVE_H
#define HL_NODE_AUDIT_ARCHIVE_H

/* An archive as a file (protocol/README.md, Archives): messages of the sync
 * protocol, one behind the other, and a hash over all of it, so that a file
 * that was cut short or changed is known before any of it is used. Nothing is
 * trusted for that: what is in it is signed. One thread. */

#include <openssl/evp.h>
#include <stdio.h>

#include "protocol/base/hash.h"
#include "protocol/base/hl_err.h"
#include "protocol/base/writer.h"

struct archive {
    FILE *file;
    EVP_MD_CTX *digest;
    struct writer frame; /* of the last message read */
    uint64_t messages;
};

/* A new file.
 *
 * HL_EEXISTS, HL_EIO */
HL_MUST_USE hl_err archive_create(const char *path, struct archive *out,
                                  struct hl_detail *detail);
/* HL_EIO, HL_EFULL */
HL_MUST_USE hl_err archive_put(struct archive *archive, struct bytes message,
                               struct hl_detail *detail);
/* The hash, to the disk. HL_EIO, HL_EFULL */
HL_MUST_USE hl_err archive_finish(struct archive *archive,
                                  struct hl_detail *detail);

/* Reads all of a file, and then stands at its beginning.
 *
 * HL_ENOTFOUND, HL_EIO
 * HL_EMALFORMED  it is no archive, was cut short, or changed. */
HL_MUST_USE hl_err archive_open(const char *path, struct archive *out,
                                struct hl_detail *detail);
/* message->data is NULL past the last; borrowed until the next call. */
HL_MUST_USE hl_err archive_next(struct archive *archive, struct bytes *message,
                                struct hl_detail *detail);

void archive_close(struct archive *archive); /* all-zero is fine */

#endif
