/* SPDX-License-Identifier: Apache-2.0 */
#include <zlib.h>

#include "node/store/store_inside.h"

/* A stored value: version, payload, CRC-32 of table, key, version and
 * payload. */
enum {
    ENVELOPE_VERSION = 1,
    ENVELOPE_HEAD_BYTES = 1,
    ENVELOPE_SUM_BYTES = 4,
    ENVELOPE_BYTES = ENVELOPE_HEAD_BYTES + ENVELOPE_SUM_BYTES,
};

MDB_val store_val(struct bytes bytes)
{
    /* LMDB does not write through the pointers it is given. */
    return (MDB_val){.mv_size = bytes.size,
                     .mv_data = (void *)(uintptr_t)bytes.data};
}

static uint32_t envelope_sum(enum store_table table, struct bytes key,
                             struct bytes head_and_payload)
{
    const uint8_t prefix[2] = {(uint8_t)table, (uint8_t)(key.size & 0xff)};
    uLong sum = crc32(0, prefix, sizeof(prefix));
    sum = crc32(sum, key.data, (uInt)key.size);
    sum = crc32(sum, head_and_payload.data, (uInt)head_and_payload.size);
    return (uint32_t)sum;
}

void envelope_make(struct writer *out, enum store_table table, struct bytes key,
                   struct bytes payload)
{
    writer_clear(out);
    writer_u8(out, ENVELOPE_VERSION);
    writer_bytes(out, payload);
    writer_u32(out, envelope_sum(table, key, writer_view(out)));
}

bool envelope_open(enum store_table table, struct bytes key, struct bytes raw,
                   struct bytes *payload)
{
    if (raw.size < ENVELOPE_BYTES ||
        raw.size > STORE_VALUE_MAX_BYTES + ENVELOPE_BYTES ||
        key.size > STORE_KEY_MAX_BYTES) {
        return false;
    }
    size_t summed = raw.size - ENVELOPE_SUM_BYTES;
    uint32_t sum = 0;
    for (size_t i = summed; i < raw.size; i++) {
        sum = sum << 8 | raw.data[i];
    }
    *payload = bytes_slice(raw, ENVELOPE_HEAD_BYTES, raw.size - ENVELOPE_BYTES);
    return raw.data[0] == ENVELOPE_VERSION &&
           sum == envelope_sum(table, key, bytes_slice(raw, 0, summed));
}

hl_err store_fail_damaged(const struct store_txn *txn, enum store_table table,
                          struct bytes key, struct hl_detail *detail)
{
    static const char digits[] = "0123456789abcdef";
    char text[65] = {0};
    for (size_t i = 0; i < key.size && i < sizeof(text) / 2; i++) {
        text[2 * i] = digits[key.data[i] >> 4];
        text[2 * i + 1] = digits[key.data[i] & 15];
    }
    return hl_fail(detail, HL_EDAMAGED,
                   "the store '%s' is damaged: table %s, key %s, is not what "
                   "was written there; run heluo scrub (if no node starts: "
                   "restore a backup)",
                   txn->store->folder, store_table_name(table), text);
}
