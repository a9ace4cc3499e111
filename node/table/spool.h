/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_SPOOL_H
#define HL_NODE_TABLE_SPOOL_H

/* Bytes that are written once, front to back, and then read anywhere, in
 * memory that does not grow with them: what is over a few blocks lies in a file
 * in TMPDIR (or /tmp) that has no name and so goes with the process. Inside
 * node/table/ only. One thread. */

#include "protocol/base/writer.h"

struct spool;

struct spool *spool_create(void);
void spool_destroy(struct spool *spool); /* NULL is fine */

uint64_t spool_size(const struct spool *spool);

/* HL_EFULL, HL_EIO */
HL_MUST_USE hl_err spool_append(struct spool *spool, struct bytes data,
                                struct hl_detail *detail);

/* Ends the writing.
 *
 * HL_EFULL, HL_EIO */
HL_MUST_USE hl_err spool_finish(struct spool *spool, struct hl_detail *detail);

/* Appends `size` bytes from offset on; they were written (asserts).
 *
 * HL_EIO */
HL_MUST_USE hl_err spool_read(struct spool *spool, uint64_t offset, size_t size,
                              struct writer *out, struct hl_detail *detail);

#endif
