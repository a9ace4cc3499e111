/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_ENTRY_WIRE_H
#define HL_PROTOCOL_ENTRY_WIRE_H

/* Protobuf's wire format without a schema (protobuf.dev, "Encoding"): fields
 * read one by one from foreign bytes, and written in canonical form. What the
 * fields mean is canonical.h's and the messages' own. Nothing is allocated to
 * read: all bytes are borrowed. Pure, one thread at a time. */

#include "protocol/base/reader.h"
#include "protocol/base/writer.h"

/* Groups (3, 4) are not read. */
enum wire_type {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_LENGTH = 2,
    WIRE_FIXED32 = 5,
};

struct wire_field {
    uint32_t number; /* 1 to 2^29 - 1 */
    enum wire_type type;
    uint64_t value;     /* of the other types; fixed ones are little-endian */
    struct bytes bytes; /* of WIRE_LENGTH */
    uint64_t offset;    /* of the tag, in the outermost message */
    uint64_t content;   /* the offset where value or bytes begin */
};

struct wire {
    struct reader reader;
    uint64_t base; /* where the reader's input begins in the outermost one */
};

/* base: the offset of raw in the outermost message, whose fields' offsets are
 * then right; 0 for that itself. */
void wire_init(struct wire *wire, struct bytes raw, uint64_t base);

bool wire_at_end(const struct wire *wire);

/* Where the next byte stands in the outermost message. */
uint64_t wire_offset(const struct wire *wire);

/* Reads in two steps, so that the caller can say which field is wrong: the
 * tag fills number, type and offset; the value the rest. *reason is set on
 * failure, to constant text. After a failure the wire is of no more use.
 *
 * HL_EMALFORMED     cut short, field number 0 or above 2^29 - 1, a group or
 *                   another wire type that does not exist, a varint of more
 *                   than 64 bits.
 * HL_ENONCANONICAL  a varint that is not in its shortest form. */
HL_MUST_USE hl_err wire_tag(struct wire *wire, struct wire_field *field,
                            const char **reason);
HL_MUST_USE hl_err wire_value(struct wire *wire, struct wire_field *field,
                              const char **reason);

/* One element of a packed field: a value without a tag, type not WIRE_LENGTH.
 * Errors as above. */
HL_MUST_USE hl_err wire_scalar(struct wire *wire, enum wire_type type,
                               uint64_t *value, const char **reason);

/* The next field of bytes that canonical_check() accepted (asserts); false at
 * the end. */
bool wire_next(struct wire *wire, struct wire_field *field);

/* Of such bytes, the fields by their numbers: fields[n] is field n, the last
 * of a repeated one. Where there is none it is all zero but for its offset,
 * which is base. fields[0] is unused; numbers from count on are left out. */
void wire_collect(struct bytes raw, uint64_t base, struct wire_field *fields,
                  size_t count);

/* Bytes of a varint: 1 to 10. */
size_t wire_varint_size(uint64_t value);

/* Bytes of what the next three append: 0 for a default, which is not
 * written. For field numbers below 16, whose tags are one byte. */
size_t wire_uint_size(uint64_t value);
size_t wire_bytes_size(size_t size);

/* Append a field; a default (0, no bytes) appends nothing. */
void wire_add_uint(struct writer *out, uint32_t number, uint64_t value);
void wire_add_bytes(struct writer *out, uint32_t number, struct bytes value);

/* Tag and length of a message of that size, which the caller appends next;
 * also when it is empty. */
void wire_add_message(struct writer *out, uint32_t number, size_t size);

#endif
