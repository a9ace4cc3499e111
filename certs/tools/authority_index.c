/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/tools/authority_index.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"

static const char first_line[] = "heluo ca index v1";

static const struct {
    enum revocation_reason reason;
    const char *word;
} reasons[] = {
    {REVOKED_UNSPECIFIED, "unspecified"},
    {REVOKED_KEY_COMPROMISE, "key-compromise"},
    {REVOKED_AFFILIATION_CHANGED, "affiliation-changed"},
    {REVOKED_SUPERSEDED, "superseded"},
    {REVOKED_CESSATION, "cessation"},
    {REVOKED_PRIVILEGE_WITHDRAWN, "privilege-withdrawn"},
};

enum { REASON_COUNT = sizeof(reasons) / sizeof(reasons[0]) };

const char *revocation_reason_word(enum revocation_reason reason)
{
    size_t i = 0;
    while (i < REASON_COUNT && reasons[i].reason != reason) {
        i++;
    }
    HL_ASSERT(i < REASON_COUNT);
    return reasons[i].word;
}

bool revocation_reason_parse(struct bytes word, enum revocation_reason *reason)
{
    for (size_t i = 0; i < REASON_COUNT; i++) {
        if (bytes_equal_text(word, reasons[i].word)) {
            *reason = reasons[i].reason;
            return true;
        }
    }
    return false;
}

void authority_index_init(struct authority_index *index)
{
    *index = (struct authority_index){0};
    writer_format(&index->text, "%s\n", first_line);
}

void authority_index_fini(struct authority_index *index)
{
    writer_fini(&index->text);
    hl_free(index->rows);
    *index = (struct authority_index){0};
}

static struct authority_row *find(const struct authority_index *index,
                                  const char *serial)
{
    for (size_t i = 0; i < index->count; i++) {
        if (strcmp(index->rows[i].serial, serial) == 0) {
            return &index->rows[i];
        }
    }
    return NULL;
}

const struct authority_row *
authority_index_find(const struct authority_index *index, const char *serial)
{
    return find(index, serial);
}

static void add_row(struct authority_index *index,
                    const struct authority_row *row)
{
    if (index->count == index->capacity) {
        index->capacity = index->capacity == 0 ? 16 : 2 * index->capacity;
        index->rows =
            hl_realloc(index->rows, index->capacity, sizeof(*index->rows));
    }
    index->rows[index->count++] = *row;
}

void authority_index_issued(struct authority_index *index,
                            const struct authority_row *row)
{
    char from[WALL_TEXT_BYTES], to[WALL_TEXT_BYTES];
    HL_ASSERT(find(index, row->serial) == NULL);
    wall_format(row->not_before, from);
    wall_format(row->not_after, to);
    writer_format(&index->text, "issued %s %s %s ", row->serial, from, to);
    spiffe_write(&row->identity, &index->text);
    writer_text(&index->text, "\n");
    add_row(index, row);
}

static void mark_revoked(struct authority_row *row, struct hl_wall at,
                         enum revocation_reason reason)
{
    row->revoked = true;
    row->revoked_at = at;
    row->reason = reason;
}

void authority_index_revoked(struct authority_index *index, const char *serial,
                             struct hl_wall at, enum revocation_reason reason)
{
    char text[WALL_TEXT_BYTES];
    struct authority_row *row = find(index, serial);
    HL_ASSERT(row != NULL);
    HL_ASSERT(!row->revoked);
    wall_format(at, text);
    writer_format(&index->text, "revoked %s %s %s\n", serial, text,
                  revocation_reason_word(reason));
    mark_revoked(row, at, reason);
}

void authority_index_listed(struct authority_index *index, uint64_t number,
                            struct hl_wall made, struct hl_wall next)
{
    char from[WALL_TEXT_BYTES], to[WALL_TEXT_BYTES];
    HL_ASSERT(number > index->list_number);
    wall_format(made, from);
    wall_format(next, to);
    writer_format(&index->text, "list %llu %s %s\n", (unsigned long long)number,
                  from, to);
    index->list_number = number;
    index->list_made = made;
    index->list_next = next;
}

/* A line under way, and its fields behind the first. */
struct event {
    struct authority_index *index;
    struct bytes fields[5];
    size_t count;
    uint64_t line;
    struct hl_detail *detail;
};

static hl_err fail_event(const struct event *event, const char *expected)
{
    return hl_fail_line(event->detail, event->line, HL_EMALFORMED, "%s",
                        expected);
}

static bool parse_serial(struct bytes text,
                         char out[CERTIFICATE_SERIAL_TEXT_BYTES])
{
    if (text.size == 0 || text.size >= CERTIFICATE_SERIAL_TEXT_BYTES) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (memchr("0123456789abcdef", text.data[i], 16) == NULL) {
            return false;
        }
        out[i] = (char)text.data[i];
    }
    out[text.size] = '\0';
    return true;
}

static hl_err parse_issued(struct event *event)
{
    struct authority_row row = {0};
    if (event->count != 5 || !parse_serial(event->fields[1], row.serial) ||
        wall_parse(event->fields[2], &row.not_before) != HL_OK ||
        wall_parse(event->fields[3], &row.not_after) != HL_OK ||
        spiffe_parse(event->fields[4], &row.identity, NULL) != HL_OK) {
        return fail_event(event, "expected: issued <serial> <not before> "
                                 "<not after> <SPIFFE ID>");
    }
    if (find(event->index, row.serial) != NULL) {
        return fail_event(event, "this serial was issued before");
    }
    add_row(event->index, &row);
    return HL_OK;
}

static hl_err parse_revoked(struct event *event)
{
    char serial[CERTIFICATE_SERIAL_TEXT_BYTES];
    struct hl_wall at = {0};
    enum revocation_reason reason = REVOKED_UNSPECIFIED;
    if (event->count != 4 || !parse_serial(event->fields[1], serial) ||
        wall_parse(event->fields[2], &at) != HL_OK ||
        !revocation_reason_parse(event->fields[3], &reason)) {
        return fail_event(event, "expected: revoked <serial> <time> <reason>");
    }
    struct authority_row *row = find(event->index, serial);
    if (row == NULL || row->revoked) {
        return fail_event(event, "this serial was not issued, or was revoked "
                                 "before");
    }
    mark_revoked(row, at, reason);
    return HL_OK;
}

static hl_err parse_list(struct event *event)
{
    struct authority_index *index = event->index;
    struct hl_wall made = {0}, next = {0};
    uint64_t number = 0;
    if (event->count != 4 ||
        text_decimal(event->fields[1], INT64_MAX, &number) != HL_OK ||
        wall_parse(event->fields[2], &made) != HL_OK ||
        wall_parse(event->fields[3], &next) != HL_OK) {
        return fail_event(event, "expected: list <number> <made> <next>");
    }
    if (number <= index->list_number) {
        return fail_event(event, "the number of a list must grow");
    }
    index->list_number = number;
    index->list_made = made;
    index->list_next = next;
    return HL_OK;
}

static const struct {
    const char *word;
    hl_err (*parse)(struct event *);
} events[] = {
    {"issued", parse_issued},
    {"revoked", parse_revoked},
    {"list", parse_list},
};

static hl_err parse_event(struct event *event, struct bytes line)
{
    event->count = text_fields(line, event->fields, 5);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (event->count > 0 &&
            bytes_equal_text(event->fields[0], events[i].word)) {
            return events[i].parse(event);
        }
    }
    return fail_event(event, "expected: issued, revoked or list");
}

static hl_err parse_all(struct authority_index *index, struct bytes text,
                        struct hl_detail *detail)
{
    struct lines lines;
    struct bytes line = {0};
    lines_init(&lines, text);
    if (!lines_next(&lines, &line) || !bytes_equal_text(line, first_line)) {
        return hl_fail_line(detail, 1, HL_EMALFORMED, "expected: %s",
                            first_line);
    }
    while (lines_next(&lines, &line)) {
        struct event event = {
            .index = index, .line = lines.number, .detail = detail};
        hl_err err = parse_event(&event, line);
        if (err != HL_OK) {
            return err;
        }
    }
    return lines_at_end(&lines)
               ? HL_OK
               : hl_fail_line(detail, lines.number + 1, HL_EMALFORMED,
                              "the line has no end");
}

hl_err authority_index_parse(struct bytes text, struct authority_index *index,
                             struct hl_detail *detail)
{
    hl_err err = parse_all(index, text, detail);
    if (err != HL_OK) {
        authority_index_fini(index);
        return err;
    }
    writer_bytes(&index->text, text);
    return HL_OK;
}
