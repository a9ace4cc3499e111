/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_SOURCE_H
#define HL_NODE_TABLE_SOURCE_H

/* The bytes of a file on the disk or in memory, front to back, and again from
 * the front. Inside node/table/ only. One thread. */

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

struct source {
    int fd;              /* below 0: memory */
    struct bytes memory; /* borrowed */
    uint64_t offset;
    uint64_t size;
};

/* HL_ENOTFOUND, HL_EIO  it cannot be opened, or is no regular file. */
HL_MUST_USE hl_err source_open(const char *path, struct source *out,
                               struct hl_detail *detail);
void source_of_memory(struct bytes memory, struct source *out);
void source_close(struct source *source);

/* As many bytes as there are, up to size; 0 at the end.
 *
 * HL_EIO */
HL_MUST_USE hl_err source_read(struct source *source, uint8_t *buffer,
                               size_t size, size_t *got,
                               struct hl_detail *detail);

void source_rewind(struct source *source);

#endif
