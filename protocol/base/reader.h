/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_BASE_READER_H
#define HL_PROTOCOL_BASE_READER_H

/* Reads foreign bytes front to back. A read past the end makes the failure
 * stick: that read and every later one yield zeros (or empty bytes), so a
 * decoder may read everything first and ask once, in reader_finish(). Pure;
 * owned by its caller, one thread at a time. */

#include <stdbool.h>

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

struct reader {
    struct bytes input;
    size_t offset;
    bool failed;
};

void reader_init(struct reader *reader, struct bytes input);

/* Bytes not read yet; 0 after a failure. */
size_t reader_left(const struct reader *reader);

uint8_t reader_u8(struct reader *reader);
/* Big-endian. */
uint16_t reader_u16(struct reader *reader);
uint32_t reader_u32(struct reader *reader);
uint64_t reader_u64(struct reader *reader);

/* The next size bytes, borrowed from the input. */
struct bytes reader_bytes(struct reader *reader, size_t size);

/* Copies the next size bytes; on failure zeroes out. */
void reader_copy(struct reader *reader, size_t size, void *out);

/* A base-128 varint in its shortest form, at most 10 bytes and 64 bits
 * (protobuf encoding guide). A longer or padded one is a failure. */
uint64_t reader_varint(struct reader *reader);

/* Marks the input as broken, where only the caller can see that it is. */
void reader_fail(struct reader *reader);

/* HL_EMALFORMED  something was missing, or bytes are left over. */
HL_MUST_USE hl_err reader_finish(const struct reader *reader);

#endif
