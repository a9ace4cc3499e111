/* SPDX-License-Identifier: Apache-2.0 */
#include "node/log/line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"

enum {
    TAIL_BYTES = 16, /* kept for the mark of a cut line and its end */
    SECOND_MS = 1000,
};

static void put(struct line *line, const char *text, size_t size)
{
    if (line->cut || size > sizeof(line->text) - TAIL_BYTES - line->size) {
        line->cut = true;
        return;
    }
    memcpy(line->text + line->size, text, size);
    line->size += size;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

/* Bytes of the character that begins with this byte, going by it alone. */
static size_t sequence_size(uint8_t first)
{
    return first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

struct character {
    size_t size; /* in the input */
    uint32_t code;
    bool valid;
};

static struct character character_at(struct bytes text)
{
    static const uint8_t lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    size_t size = sequence_size(text.data[0]);
    if (size > text.size || !text_utf8_valid(bytes_slice(text, 0, size))) {
        return (struct character){.size = 1, .code = 0xFFFD};
    }
    uint32_t code = text.data[0] & lead_bits[size];
    for (size_t i = 1; i < size; i++) {
        code = code << 6 | (text.data[i] & 0x3F);
    }
    return (struct character){.size = size, .code = code, .valid = true};
}

/* What could end a line or turn its direction at a terminal. */
static bool is_unsafe(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x61C ||
           code == 0x200E || code == 0x200F ||
           (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

static bool is_bare(struct bytes text)
{
    for (size_t at = 0; at < text.size;) {
        struct character c =
            character_at(bytes_slice(text, at, text.size - at));
        if (!c.valid || is_unsafe(c.code) || c.code == ' ' || c.code == '"' ||
            c.code == '\\' || c.code == '=') {
            return false;
        }
        at += c.size;
    }
    return text.size > 0;
}

static void put_character(struct line *line, struct character c,
                          const uint8_t *data)
{
    char escaped[8];
    if (c.code == '"' || c.code == '\\') {
        snprintf(escaped, sizeof(escaped), "\\%c", (char)c.code);
        put_text(line, escaped);
    } else if (c.code == '\n') {
        put_text(line, "\\n");
    } else if (!c.valid || is_unsafe(c.code)) {
        snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned)c.code);
        put_text(line, escaped);
    } else {
        put(line, (const char *)data, c.size);
    }
}

/* The bound is on what is written, so that escapes cannot crowd out the fields
 * behind. */
static void put_quoted(struct line *line, struct bytes text)
{
    size_t at = 0;
    size_t from = line->size;
    put_text(line, "\"");
    while (at < text.size && line->size - from < LOG_VALUE_MAX_BYTES) {
        struct character c =
            character_at(bytes_slice(text, at, text.size - at));
        put_character(line, c, text.data + at);
        at += line->cut ? text.size - at : c.size;
    }
    put_text(line, at < text.size ? "...\"" : "\"");
}

static void put_value(struct line *line, struct bytes text)
{
    if (line->format == LOG_AS_TEXT && text.size <= LOG_VALUE_MAX_BYTES &&
        is_bare(text)) {
        put(line, (const char *)text.data, text.size);
    } else {
        put_quoted(line, text);
    }
}

static void put_key(struct line *line, const char *key)
{
    if (line->format == LOG_AS_TEXT) {
        put_text(line, line->size == 0 ? "" : " ");
        put_text(line, key);
        put_text(line, "=");
    } else {
        put_text(line, line->size == 0 ? "{\"" : ",\"");
        put_text(line, key);
        put_text(line, "\":");
    }
}

void line_field(struct line *line, const struct log_field *field)
{
    char number[24];
    size_t before = line->size;
    put_key(line, field->key);
    switch (field->kind) {
    case LOG_FIELD_TEXT:
        put_value(line, bytes_of_text(field->text == NULL ? "" : field->text));
        break;
    case LOG_FIELD_INT:
        snprintf(number, sizeof(number), "%" PRId64, field->number);
        put_text(line, number);
        break;
    case LOG_FIELD_UINT:
        snprintf(number, sizeof(number), "%" PRIu64, field->count);
        put_text(line, number);
        break;
    }
    /* Whole fields or none: half a string is no JSON. */
    line->size = line->cut ? before : line->size;
}

void line_begin(struct line *line, enum log_format format, struct hl_wall now,
                enum log_level level, const char *event)
{
    char second[WALL_TEXT_BYTES];
    char time[WALL_TEXT_BYTES + 4];
    int64_t ms = now.ms - wall_seconds(now) * SECOND_MS;
    wall_format(now, second);
    snprintf(time, sizeof(time), "%.*s.%03uZ", WALL_TEXT_BYTES - 2, second,
             (unsigned)ms % SECOND_MS);
    line->format = format;
    line->size = 0;
    line->cut = false;
    line_field(line, &LOG_TEXT("time", time));
    line_field(line, &LOG_TEXT("level", log_level_word(level)));
    line_field(line, &LOG_TEXT("event", event));
}

void line_end(struct line *line)
{
    const char *mark = line->format == LOG_AS_TEXT ? " cut=1" : ",\"cut\":1";
    const char *end = line->format == LOG_AS_TEXT ? "\n" : "}\n";
    int size = snprintf(line->text + line->size, TAIL_BYTES, "%s%s",
                        line->cut ? mark : "", end);
    HL_ASSERT(size > 0 && size < TAIL_BYTES);
    line->size += (size_t)size;
}
