/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/finding.h"

#include <string.h>

#include "node/projection/bodies.h"
#include "node/projection/half.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"

enum { NUMBER_BYTES = 4 };

static const char *const kind_words[FINDING_KIND_END] = {
    [FINDING_INVALID_ENTRY] = "invalid_entry",
    [FINDING_UNIT_IN_TWO_HOMES] = "unit_in_two_homes",
    [FINDING_UNRELEASED_TAKE] = "record_not_released",
    [FINDING_RESUMED_TAKEN] = "record_resumed_and_taken",
    [FINDING_RECORD_IN_TWO_HOMES] = "record_in_two_homes",
    [FINDING_ANSWER_UNFOUNDED] = "answer_unfounded",
    [FINDING_RESOLUTION_UNFOUNDED] = "resolution_unfounded",
    [FINDING_GRANT_UNFOUNDED] = "grant_unfounded",
    [FINDING_DELIVERY_BREAKS_RULE] = "delivery_breaks_rule",
    [FINDING_INVOICE_TWICE] = "invoice_twice",
    [FINDING_MACHINE_TWICE] = "machine_twice",
    [FINDING_CONTRACT_SPLIT] = "contract_split",
    [FINDING_CYCLE_ANSWER_UNFOUNDED] = "cycle_answer_unfounded",
    [FINDING_APPROVAL_OVERLAPS] = "approval_overlaps",
    [FINDING_FINAL_UNFOUNDED] = "final_unfounded",
    [FINDING_PAYMENT_UNFOUNDED] = "payment_unfounded",
};

const char *finding_kind_word(enum finding_kind kind)
{
    HL_ASSERT(kind >= FINDING_INVALID_ENTRY);
    HL_ASSERT(kind < FINDING_KIND_END);
    return kind_words[kind];
}

struct store_key finding_key(uint32_t number, enum finding_kind kind)
{
    struct store_key key = {0};
    key_u32(&key, number);
    key_u8(&key, (uint8_t)kind);
    return key;
}

static void write_text(struct writer *out, const char *text)
{
    size_t size = strlen(text);
    writer_u16(out, (uint16_t)size);
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)text[i];
        writer_u8(out, byte < 0x20 || byte == 0x7f ? '?' : byte);
    }
}

hl_err finding_put(const struct tables *tables, const struct store_key *key,
                   const struct finding_text *text, struct hl_detail *detail)
{
    struct writer value = {0};
    writer_u64(&value, text->index);
    write_text(&value, text->subject);
    write_text(&value, text->en);
    write_text(&value, text->zh);
    hl_err err =
        tables_put(tables, STORE_FINDINGS, key, writer_view(&value), detail);
    writer_fini(&value);
    return err;
}

/* --- Reading ------------------------------------------------------------ */

/* Copies a text into a fixed room, cut before the character that does not fit.
 */
static void read_text(struct reader *reader, char *out, size_t room)
{
    struct bytes text = reader_bytes(reader, reader_u16(reader));
    size_t size = text.size < room ? text.size : room - 1;
    while (size < text.size && size > 0 && (text.data[size] & 0xc0u) == 0x80u) {
        size--;
    }
    if (size > 0) {
        memcpy(out, text.data, size);
    }
    out[size] = '\0';
}

static hl_err read_finding(const struct store_row *row, struct finding *out)
{
    struct reader key;
    reader_init(&key, row->key);
    reader_u32(&key);
    uint8_t kind = reader_u8(&key);
    if (key.failed || kind < FINDING_INVALID_ENTRY ||
        kind >= FINDING_KIND_END) {
        return HL_EDAMAGED;
    }
    out->kind = finding_kind_word((enum finding_kind)kind);
    struct reader reader;
    reader_init(&reader, row->value);
    out->index = reader_u64(&reader);
    read_text(&reader, out->subject, sizeof(out->subject));
    read_text(&reader, out->text_en, sizeof(out->text_en));
    read_text(&reader, out->text_zh, sizeof(out->text_zh));
    return reader_finish(&reader) == HL_OK ? HL_OK : HL_EDAMAGED;
}

static uint32_t number_of(struct bytes key)
{
    struct reader reader;
    reader_init(&reader, key);
    return reader_u32(&reader);
}

hl_err projection_next_finding(struct store_txn *txn, struct bytes after,
                               struct finding *out, struct writer *key,
                               bool *found, struct hl_detail *detail)
{
    struct tables tables;
    hl_err err = tables_living(txn, &tables, detail);
    if (err != HL_OK) {
        return err;
    }
    struct store_row row;
    err = tables_next(&tables, STORE_FINDINGS, (struct bytes){0}, after, &row,
                      detail);
    if (err != HL_OK) {
        return err;
    }
    *found = row.key.data != NULL;
    if (!*found) {
        return HL_OK;
    }
    struct finding read = {0};
    if (read_finding(&row, &read) != HL_OK) {
        return hl_fail(detail, HL_EDAMAGED,
                       "a finding cannot be read: heluo rebuild makes it anew");
    }
    struct half_state state;
    err = half_load(&tables, number_of(row.key),
                    bodies_knowledge(&program_bodies), &state, detail);
    if (err != HL_OK) {
        return err;
    }
    read.origin = state.origin;
    *out = read;
    writer_clear(key);
    writer_bytes(key, row.key);
    return HL_OK;
}

/* Those of one origin of kinds above `kind`, one by one: they are few. */
static hl_err count_above(const struct tables *tables, uint32_t number,
                          enum finding_kind kind, uint64_t *count,
                          struct hl_detail *detail)
{
    struct store_key prefix = {0};
    key_u32(&prefix, number);
    struct store_key first = finding_key(number, kind + 1);
    struct store_cursor *cursor = NULL;
    hl_err err = tables_cursor(tables, STORE_FINDINGS, &cursor, detail);
    if (err != HL_OK) {
        return err;
    }
    struct store_row row = {0};
    err = store_seek(cursor, key_view(&first), &row, detail);
    while (err == HL_OK && row.key.data != NULL &&
           bytes_begin_with(row.key, key_view(&prefix))) {
        *count += 1;
        err = store_next(cursor, &row, detail);
    }
    store_cursor_close(&cursor);
    return err;
}

hl_err projection_count_findings(struct store_txn *txn, struct bytes origin,
                                 uint64_t *count, struct hl_detail *detail)
{
    struct journal journal;
    bool found = false;
    hl_err err = journal_find(txn, origin, &journal, &found, detail);
    if (err != HL_OK) {
        return err;
    }
    if (!found) {
        *count = 0;
        return HL_OK;
    }
    struct tables tables;
    err = tables_living(txn, &tables, detail);
    if (err != HL_OK) {
        return err;
    }
    struct half_state state;
    err = half_load(&tables, journal.number, bodies_knowledge(&program_bodies),
                    &state, detail);
    if (err != HL_OK) {
        return err;
    }
    /* A journal of nothing but invalid entries is counted at once. */
    uint64_t sum = state.half.invalid;
    err = count_above(&tables, journal.number, FINDING_INVALID_ENTRY, &sum,
                      detail);
    if (err == HL_OK) {
        *count = sum;
    }
    return err;
}

hl_err projection_is_invalid(struct store_txn *txn, uint32_t number,
                             uint64_t index, bool *invalid,
                             struct hl_detail *detail)
{
    struct tables tables;
    hl_err err = tables_living(txn, &tables, detail);
    if (err != HL_OK) {
        return err;
    }
    struct store_key key = finding_key(number, FINDING_INVALID_ENTRY);
    key_u64(&key, index);
    struct bytes value;
    err = tables_get(&tables, STORE_FINDINGS, &key, &value, detail);
    if (err == HL_OK) {
        *invalid = value.data != NULL;
    }
    return err;
}
