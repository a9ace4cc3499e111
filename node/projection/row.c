/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/row.h"

#include "protocol/base/reader.h"

enum { ROW_NUMBER_BYTES = 4 };

/* How a record stands in a half; never both of the latter. */
enum row_state { ROW_ACTIVE, ROW_RETIRED, ROW_RELEASED };

struct store_key row_key(uint32_t number, const struct record_type *type,
                         struct bytes key)
{
    struct store_key out = {0};
    key_u32(&out, number);
    key_u8(&out, type->number);
    if (key.size > ROW_KEY_MAX_BYTES) {
        key.size = ROW_KEY_MAX_BYTES;
    }
    key_bytes(&out, key);
    return out;
}

struct bytes row_name(struct bytes row_key)
{
    return bytes_slice(row_key, ROW_NUMBER_BYTES,
                       row_key.size - ROW_NUMBER_BYTES);
}

void row_encode(const struct row *row, struct writer *out)
{
    writer_u64(out, row->first_index);
    writer_u64(out, row->index);
    writer_u64(out, (uint64_t)row->recorded_at.ms);
    writer_u8(out, row->released  ? ROW_RELEASED
                   : row->retired ? ROW_RETIRED
                                  : ROW_ACTIVE);
    writer_u16(out, (uint16_t)row->reason.size);
    writer_bytes(out, row->reason);
    writer_bytes(out, row->record);
}

hl_err row_decode(struct bytes value, uint32_t number, struct row *out,
                  struct hl_detail *detail)
{
    struct reader reader;
    reader_init(&reader, value);
    struct row row = {.number = number};
    row.first_index = reader_u64(&reader);
    row.index = reader_u64(&reader);
    row.recorded_at.ms = (int64_t)reader_u64(&reader);
    uint8_t state = reader_u8(&reader);
    row.retired = state == ROW_RETIRED;
    row.released = state == ROW_RELEASED;
    row.reason = reader_bytes(&reader, reader_u16(&reader));
    row.record = reader_bytes(&reader, reader_left(&reader));
    if (reader_finish(&reader) != HL_OK) {
        return hl_fail(detail, HL_EDAMAGED,
                       "a row computed of journal number %u cannot be read: "
                       "heluo rebuild makes it anew",
                       number);
    }
    *out = row;
    return HL_OK;
}

hl_err row_get(const struct tables *tables, const struct store_key *key,
               uint32_t number, struct row *out, bool *found,
               struct hl_detail *detail)
{
    struct bytes value;
    hl_err err = tables_get(tables, STORE_ROWS, key, &value, detail);
    if (err != HL_OK) {
        return err;
    }
    *found = value.data != NULL;
    if (!*found) {
        *out = (struct row){0};
        return HL_OK;
    }
    return row_decode(value, number, out, detail);
}
