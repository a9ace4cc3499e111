/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/json_value.h"

#include <math.h>
#include <string.h>

#include "node/table/number.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_limits.h"

/* Jansson keeps an object's order, and finds by name. */
struct json_names {
    json_t *columns;
};

struct json_names *json_names_create(void)
{
    struct json_names *names = hl_alloc(1, sizeof(*names));
    names->columns = json_object();
    HL_ASSERT(names->columns != NULL);
    return names;
}

void json_names_destroy(struct json_names *names)
{
    if (names != NULL) {
        json_decref(names->columns);
    }
    hl_free(names);
}

hl_err json_names_add(struct json_names *names, const json_t *object,
                      uint64_t line, struct hl_detail *detail)
{
    json_t *columns = names->columns;
    for (void *at = json_object_iter((json_t *)(uintptr_t)object); at != NULL;
         at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
        const char *key = json_object_iter_key(at);
        if (json_object_get(columns, key) != NULL) {
            continue;
        }
        if (json_object_size(columns) == HL_TABLE_COLUMNS_MAX) {
            return hl_fail_line(detail, line, HL_ELIMIT,
                                "more than %d names of members",
                                HL_TABLE_COLUMNS_MAX);
        }
        int done = json_object_set_new_nocheck(columns, key, json_true());
        HL_ASSERT(done == 0);
    }
    return HL_OK;
}

void json_names_put(const struct json_names *names, struct row *row)
{
    for (void *at = json_object_iter(names->columns); at != NULL;
         at = json_object_iter_next(names->columns, at)) {
        row_put(row, bytes_of_text(json_object_iter_key(at)));
        row_end_cell(row, TABLE_FINE);
    }
}

/* Appends the text of a string, number or boolean; false: it has none. */
static bool put_scalar(const json_t *value, struct row *row)
{
    char text[NUMBER_TEXT_BYTES];
    switch (json_typeof(value)) {
    case JSON_STRING:
        row_put(row,
                bytes_of(json_string_value(value), json_string_length(value)));
        return true;
    case JSON_INTEGER:
        snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT,
                 json_integer_value(value));
        break;
    case JSON_REAL:
        if (!isfinite(json_real_value(value))) {
            return false;
        }
        number_format(json_real_value(value), text);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        snprintf(text, sizeof(text), "%s",
                 json_is_true(value) ? "true" : "false");
        break;
    case JSON_NULL:
        return true;
    case JSON_OBJECT:
    case JSON_ARRAY:
    default:
        return false;
    }
    row_put(row, bytes_of_text(text));
    return true;
}

static void put_list(const json_t *list, struct row *row)
{
    for (size_t i = 0; i < json_array_size(list) && row->err == HL_OK; i++) {
        const json_t *item = json_array_get(list, i);
        if (i > 0) {
            row_put(row, bytes_of_text(","));
        }
        if (json_is_string(item) && memchr(json_string_value(item), ',',
                                           json_string_length(item)) != NULL) {
            row_fail(row, (int)row->count, HL_EMALFORMED,
                     "a list's item has a ',', which parts items here");
        } else if (!put_scalar(item, row)) {
            row_fail(row, (int)row->count, HL_EMALFORMED,
                     "a list within a list, or an object in it, is no cell");
        }
    }
}

static void put_value(const json_t *value, struct row *row)
{
    if (json_is_array(value)) {
        put_list(value, row);
    } else if (value != NULL && !put_scalar(value, row)) {
        row_fail(row, (int)row->count, HL_EMALFORMED,
                 "an object as a value is no cell");
    }
    row_end_cell(row, TABLE_FINE);
}

void json_object_put(const struct json_names *names, const json_t *object,
                     struct row *row)
{
    for (void *at = json_object_iter(names->columns); at != NULL;
         at = json_object_iter_next(names->columns, at)) {
        put_value(json_object_get(object, json_object_iter_key(at)), row);
    }
}
