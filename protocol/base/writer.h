/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_BASE_WRITER_H
#define HL_PROTOCOL_BASE_WRITER_H

/* Builds bytes or text front to back in a buffer that grows. Nothing here
 * fails: out of memory aborts. Owned by its caller, one thread at a time. */

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

struct writer {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

/* An empty writer, which is also the all-zero value. */
void writer_init(struct writer *writer);

/* Releases; a writer that was all zero, or finished, is fine. */
void writer_fini(struct writer *writer);

/* Forgets what was written and keeps the buffer for reuse. */
void writer_clear(struct writer *writer);

void writer_u8(struct writer *writer, uint8_t value);
/* Big-endian. */
void writer_u16(struct writer *writer, uint16_t value);
void writer_u32(struct writer *writer, uint32_t value);
void writer_u64(struct writer *writer, uint64_t value);

/* Appends; data may not lie in this writer. */
void writer_bytes(struct writer *writer, struct bytes data);
void writer_text(struct writer *writer, const char *text);
/* Two lower-case digits a byte. */
void writer_hex(struct writer *writer, struct bytes data);
void writer_format(struct writer *writer, const char *format, ...)
    HL_PRINTF(2, 3);

/* size more bytes, not yet set, for a library that writes by pointer. The
 * pointer dies with the next call on the writer. */
uint8_t *writer_extend(struct writer *writer, size_t size);

/* Gives the last `size` bytes back (asserts that there are as many). */
void writer_shrink(struct writer *writer, size_t size);

/* What stands in the buffer; borrowed until the next call on the writer. */
struct bytes writer_view(const struct writer *writer);

#endif
