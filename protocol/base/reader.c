/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/reader.h"

#include <string.h>

void reader_init(struct reader *reader, struct bytes input)
{
    *reader = (struct reader){.input = input};
}

size_t reader_left(const struct reader *reader)
{
    return reader->failed ? 0 : reader->input.size - reader->offset;
}

struct bytes reader_bytes(struct reader *reader, size_t size)
{
    if (size > reader_left(reader)) {
        reader->failed = true;
    }
    if (reader->failed) {
        return bytes_of(NULL, 0);
    }
    struct bytes out = bytes_slice(reader->input, reader->offset, size);
    reader->offset += size;
    return out;
}

static uint64_t big_endian(struct reader *reader, size_t size)
{
    struct bytes raw = reader_bytes(reader, size);
    uint64_t value = 0;
    for (size_t i = 0; i < raw.size; i++) {
        value = value << 8 | raw.data[i];
    }
    return value;
}

uint8_t reader_u8(struct reader *reader)
{
    if (reader->failed || reader->offset >= reader->input.size) {
        reader->failed = true;
        return 0;
    }
    return reader->input.data[reader->offset++];
}

uint16_t reader_u16(struct reader *reader)
{
    return (uint16_t)big_endian(reader, 2);
}

uint32_t reader_u32(struct reader *reader)
{
    return (uint32_t)big_endian(reader, 4);
}

uint64_t reader_u64(struct reader *reader)
{
    return big_endian(reader, 8);
}

void reader_copy(struct reader *reader, size_t size, void *out)
{
    struct bytes raw = reader_bytes(reader, size);
    if (reader->failed) {
        memset(out, 0, size);
    } else if (size > 0) {
        memcpy(out, raw.data, size);
    }
}

uint64_t reader_varint(struct reader *reader)
{
    uint64_t value = 0;
    if (!reader->failed && reader->offset < reader->input.size &&
        reader->input.data[reader->offset] < 0x80u) { /* as most are */
        return reader->input.data[reader->offset++];
    }
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = reader_u8(reader);
        uint64_t bits = byte & 0x7fu;
        bool last = (byte & 0x80u) == 0;
        bool overflow = shift == 63 && byte > 1;
        bool padded = last && byte == 0 && shift > 0;
        if (reader->failed || overflow || padded) {
            break;
        }
        value |= bits << shift;
        if (last) {
            return value;
        }
    }
    reader->failed = true;
    return 0;
}

void reader_fail(struct reader *reader)
{
    reader->failed = true;
}

hl_err reader_finish(const struct reader *reader)
{
    bool whole = !reader->failed && reader->offset == reader->input.size;
    return whole ? HL_OK : HL_EMALFORMED;
}
