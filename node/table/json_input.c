/* SPDX-License-Identifier: Apache-2.0 */

/* json and jsonl: Jansson reads one object after the other; between objects
 * there is little, and that is read here. The file is read twice: for the
 * names, then for the rows. */

#include <string.h>

#include "node/table/decoder.h"
#include "node/table/input.h"
#include "node/table/json_value.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_limits.h"

enum { END = -1, KEPT_BYTES_MAX = 1048576 };

struct json_input {
    struct decoder decoder;
    struct writer text;
    size_t at;
    uint64_t line;
    bool is_lines;
    bool in_list; /* of json: between the list's brackets */
    bool first;   /* no element of it was read yet */
    bool wrapped; /* the list is a member of an object */
    bool headed;  /* the heading was given */
    struct json_names *names;
};

static hl_err fill(struct json_input *json, struct hl_detail *detail)
{
    if (json->at > 0) {
        memmove(json->text.data, json->text.data + json->at,
                json->text.size - json->at);
        writer_shrink(&json->text, json->at);
        json->at = 0;
    }
    return decoder_read(&json->decoder, &json->text, detail);
}

/* *c is END at the end. */
static hl_err peek(struct json_input *json, int *c, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    while (err == HL_OK && json->at == json->text.size &&
           !json->decoder.ended) {
        err = fill(json, detail);
    }
    *c = json->at < json->text.size ? json->text.data[json->at] : END;
    return err;
}

/* A line ends in LF here; JSON has no CR that means anything. */
static void step(struct json_input *json, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        json->line += json->text.data[json->at + i] == '\n';
    }
    json->at += size;
}

static hl_err skip_space(struct json_input *json, int *c,
                         struct hl_detail *detail)
{
    hl_err err = peek(json, c, detail);
    while (err == HL_OK && *c != END && strchr(" \t\r\n", *c) != NULL &&
           *c != 0) {
        step(json, 1);
        err = peek(json, c, detail);
    }
    return err;
}

static hl_err fail_json(const struct json_input *json, struct hl_detail *detail,
                        const char *why)
{
    return hl_fail_line(detail, json->line, HL_EMALFORMED, "%s", why);
}

/* --- One value of the stream, by Jansson. -------------------------------- */

/* Gives Jansson text up to the next byte that can be the value's last, so that
 * it never holds any of what comes behind it. */
struct feed {
    struct json_input *json;
    const char *before; /* comes first: what was looked at already */
    uint8_t last;
    size_t given;
    hl_err err;
    struct hl_detail *detail;
};

static size_t give(void *buffer, size_t size, void *context)
{
    struct feed *feed = context;
    struct json_input *json = feed->json;
    int c = 0;
    if (feed->before != NULL) {
        memcpy(buffer, feed->before, 1);
        feed->before = NULL;
        return 1;
    }
    feed->err = peek(json, &c, feed->detail);
    if (feed->err == HL_OK && feed->given > HL_TABLE_ROW_MAX_BYTES) {
        feed->err = hl_fail_line(feed->detail, json->line, HL_ELIMIT,
                                 "an element is larger than %d bytes",
                                 HL_TABLE_ROW_MAX_BYTES);
    }
    if (feed->err != HL_OK || c == END) {
        return 0;
    }
    size_t left = json->text.size - json->at;
    size = left < size ? left : size;
    const uint8_t *from = json->text.data + json->at;
    const uint8_t *end = memchr(from, feed->last, size);
    size = end == NULL ? size : (size_t)(end - from) + 1;
    memcpy(buffer, from, size);
    step(json, size);
    feed->given += size;
    return size;
}

static hl_err take_value(struct json_input *json, const char *before,
                         uint8_t last, json_t **out, struct hl_detail *detail)
{
    struct feed feed = {
        .json = json, .before = before, .last = last, .detail = detail};
    uint64_t line = json->line;
    json_error_t error;
    json_t *value = json_load_callback(
        give, &feed, JSON_VALUE_FLAGS | JSON_DISABLE_EOF_CHECK, &error);
    if (value == NULL && feed.err == HL_OK) {
        feed.err = hl_fail_line(detail, line + (uint64_t)error.line - 1,
                                HL_EMALFORMED, "%s", error.text);
    }
    if (value != NULL) {
        *out = value;
    }
    return feed.err;
}

/* --- json: to the list, and through it. ---------------------------------- */

/* Steps over a number or a word. */
static hl_err skip_word(struct json_input *json, struct hl_detail *detail)
{
    int c = 0;
    hl_err err = peek(json, &c, detail);
    while (err == HL_OK && c != END && strchr(",]} \t\r\n", c) == NULL) {
        step(json, 1);
        err = peek(json, &c, detail);
    }
    return err;
}

/* Stands behind a member's ':'. Steps over the value, but for the bracket
 * alone where it begins a list of objects. */
static hl_err skip_member(struct json_input *json, bool *is_list,
                          struct hl_detail *detail)
{
    json_t *value = NULL;
    int c = 0;
    hl_err err = skip_space(json, &c, detail);
    if (err == HL_OK && c == '[') {
        step(json, 1);
        err = skip_space(json, &c, detail);
        *is_list = err == HL_OK && c == '{';
        if (err == HL_OK && !*is_list) {
            err = take_value(json, "[", ']', &value, detail);
        }
    } else if (err == HL_OK && (c == '{' || c == '"')) {
        err = take_value(json, NULL, c == '{' ? '}' : '"', &value, detail);
    } else if (err == HL_OK) {
        err = skip_word(json, detail);
    }
    json_decref(value);
    return err;
}

/* Stands at a member's name. */
static hl_err take_name(struct json_input *json, struct hl_detail *detail)
{
    json_t *name = NULL;
    int c = 0;
    hl_err err = take_value(json, NULL, '"', &name, detail);
    json_decref(name);
    if (err == HL_OK) {
        err = skip_space(json, &c, detail);
    }
    if (err == HL_OK && c != ':') {
        err = fail_json(json, detail, "':' expected behind a member's name");
    }
    if (err == HL_OK) {
        step(json, 1);
    }
    return err;
}

/* Members of the outer object, up to its end or to a list of objects. */
static hl_err walk_members(struct json_input *json, bool *is_list,
                           struct hl_detail *detail)
{
    int c = 0;
    *is_list = false;
    for (;;) {
        hl_err err = skip_space(json, &c, detail);
        if (err == HL_OK && (c == '}' || c == ',')) {
            step(json, 1);
            if (c == '}') {
                return HL_OK;
            }
            continue;
        }
        if (err == HL_OK && c != '"') {
            err = fail_json(json, detail, "a member's name expected");
        }
        if (err == HL_OK) {
            err = take_name(json, detail);
        }
        if (err == HL_OK) {
            err = skip_member(json, is_list, detail);
        }
        if (err != HL_OK || *is_list) {
            return err;
        }
    }
}

static hl_err find_list(struct json_input *json, struct hl_detail *detail)
{
    int c = 0;
    hl_err err = skip_space(json, &c, detail);
    if (err != HL_OK) {
        return err;
    }
    if (c != '[' && c != '{') {
        return fail_json(json, detail, "neither an array nor an object");
    }
    step(json, 1);
    json->in_list = c == '[';
    json->wrapped = c == '{';
    if (json->wrapped) {
        err = walk_members(json, &json->in_list, detail);
    }
    if (err == HL_OK && !json->in_list) {
        err =
            fail_json(json, detail, "the object has no list of objects in it");
    }
    json->first = true;
    return err;
}

/* Behind the list's ']'. */
static hl_err end_list(struct json_input *json, struct hl_detail *detail)
{
    int c = 0;
    bool is_list = false;
    json->in_list = false;
    hl_err err = json->wrapped ? walk_members(json, &is_list, detail) : HL_OK;
    if (err == HL_OK && is_list) {
        return fail_json(json, detail,
                         "a second list of objects: which one is meant?");
    }
    if (err == HL_OK) {
        err = skip_space(json, &c, detail);
    }
    if (err == HL_OK && c != END) {
        err = fail_json(json, detail,
                        "something follows the end: if there is an object a "
                        "line, the format is jsonl");
    }
    return err;
}

static hl_err next_element(struct json_input *json, struct row *row,
                           json_t **out, struct hl_detail *detail)
{
    int c = 0;
    hl_err err = skip_space(json, &c, detail);
    if (err == HL_OK && json->in_list && !json->first && c == ',') {
        step(json, 1);
        err = skip_space(json, &c, detail);
    } else if (err == HL_OK && c == ']') {
        step(json, 1);
        return end_list(json, detail);
    } else if (err == HL_OK && !json->first) {
        err = fail_json(json, detail, "',' or ']' expected behind an element");
    }
    if (err == HL_OK && c != '{') {
        err = fail_json(json, detail, "an element that is no object");
    }
    json->first = false;
    row_begin(row, json->line);
    return err == HL_OK ? take_value(json, NULL, '}', out, detail) : err;
}

/* --- jsonl. -------------------------------------------------------------- */

/* The whole line that `at` is in, LF and all; *fits is false where it is too
 * long: then it is stepped over. */
static hl_err take_line(struct json_input *json, struct bytes *line, bool *fits,
                        struct hl_detail *detail)
{
    size_t searched = 0;
    *fits = true;
    for (;;) {
        size_t left = json->text.size - json->at;
        const uint8_t *from = json->text.data + json->at;
        const uint8_t *end =
            left == searched ? NULL
                             : memchr(from + searched, '\n', left - searched);
        if (end != NULL || json->decoder.ended) {
            *line =
                bytes_of(from, end == NULL ? left : (size_t)(end - from) + 1);
            json->at += line->size;
            return HL_OK;
        }
        searched = left;
        if (left > KEPT_BYTES_MAX) {
            *fits = false;
            json->at = json->text.size;
            searched = 0;
        }
        hl_err err = fill(json, detail);
        if (err != HL_OK) {
            return err;
        }
    }
}

/* *value is NULL where the row failed. */
static hl_err next_line(struct json_input *json, struct row *row,
                        json_t **value, struct hl_detail *detail)
{
    struct bytes line = {0};
    bool fits = false;
    json_error_t error;
    row_begin(row, json->line);
    hl_err err = take_line(json, &line, &fits, detail);
    if (err != HL_OK) {
        return err;
    }
    json->line++;
    if (!fits) {
        row_fail(row, TABLE_NO_COLUMN, HL_ELIMIT,
                 "the line is larger than %d bytes", KEPT_BYTES_MAX);
        return HL_OK;
    }
    *value = json_loadb((const char *)line.data, line.size, JSON_VALUE_FLAGS,
                        &error);
    if (*value == NULL) {
        row_fail(row, TABLE_NO_COLUMN, HL_EMALFORMED, "%s", error.text);
    } else if (!json_is_object(*value)) {
        row_fail(row, TABLE_NO_COLUMN, HL_EMALFORMED, "the line is no object");
        json_decref(*value);
        *value = NULL;
    }
    return HL_OK;
}

/* --- Rows. --------------------------------------------------------------- */

/* The next object, and the row begun. *got is false past the last; *value is
 * NULL where only the row failed. */
static hl_err next_object(struct json_input *json, struct row *row, bool *got,
                          json_t **value, struct hl_detail *detail)
{
    int c = 0;
    *got = false;
    if (!json->is_lines && !json->in_list) {
        return HL_OK;
    }
    hl_err err = skip_space(json, &c, detail);
    if (err != HL_OK || (json->is_lines && c == END)) {
        return err;
    }
    if (json->is_lines) {
        *got = true;
        return next_line(json, row, value, detail);
    }
    err = next_element(json, row, value, detail);
    *got = err == HL_OK && *value != NULL;
    return err;
}

static hl_err next(void *self, struct row *row, bool *got,
                   struct hl_detail *detail)
{
    struct json_input *json = self;
    json_t *value = NULL;
    if (!json->headed) {
        json->headed = true;
        row_begin(row, 1);
        json_names_put(json->names, row);
        *got = true;
        return HL_OK;
    }
    hl_err err = next_object(json, row, got, &value, detail);
    if (err == HL_OK && value != NULL) {
        json_object_put(json->names, value, row);
    }
    json_decref(value);
    return err;
}

static hl_err begin(struct json_input *json, struct hl_detail *detail)
{
    decoder_rewind(&json->decoder);
    writer_clear(&json->text);
    json->at = 0;
    json->line = 1;
    json->in_list = false;
    return json->is_lines ? HL_OK : find_list(json, detail);
}

/* Reads all of it once. */
static hl_err find_names(struct json_input *json, struct hl_detail *detail)
{
    struct row row = {0};
    bool got = true;
    hl_err err = begin(json, detail);
    while (err == HL_OK && got) {
        json_t *value = NULL;
        err = next_object(json, &row, &got, &value, detail);
        if (err == HL_OK && value != NULL) {
            err = json_names_add(json->names, value, row.line, detail);
        }
        json_decref(value);
    }
    row_fini(&row);
    return err;
}

static const char *encoding(const void *self)
{
    const struct json_input *json = self;
    return json->decoder.encoding;
}

static void close_json(void *self)
{
    struct json_input *json = self;
    decoder_close(&json->decoder);
    writer_fini(&json->text);
    json_names_destroy(json->names);
    hl_free(json);
}

static const struct input_ops ops = {next, encoding, close_json, NULL};

hl_err json_input_open(struct source *source,
                       const struct table_options *options, struct input *out,
                       struct hl_detail *detail)
{
    struct json_input *json = hl_alloc(1, sizeof(*json));
    json->is_lines = options->format == TABLE_JSONL;
    json->names = json_names_create();
    hl_err err =
        decoder_open(source, options->encoding, &json->decoder, detail);
    if (err == HL_OK) {
        err = find_names(json, detail);
    }
    if (err == HL_OK) {
        err = begin(json, detail);
    }
    if (err != HL_OK) {
        close_json(json);
        return err;
    }
    *out = (struct input){&ops, json};
    return HL_OK;
}
