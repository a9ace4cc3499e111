/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "node/projection/bodies.h"
#include "node/projection/half.h"
#include "node/projection/row.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"

enum { NUMBER_BYTES = 4 };

struct named {
    uint32_t number;
    struct bytes origin; /* owned */
};

struct dump {
    const struct tables *tables;
    struct named *origins; /* ascending by name */
    size_t origin_count;
    struct writer line;
    projection_line_fn give;
    void *context;
};

static void give(struct dump *dump)
{
    dump->give(dump->context, writer_view(&dump->line));
    writer_clear(&dump->line);
}

static void write_hex(struct dump *dump, struct bytes bytes)
{
    writer_u8(&dump->line, ' ');
    writer_hex(&dump->line, bytes);
}

/* --- Origins ------------------------------------------------------------ */

static int compare_named(const void *a, const void *b)
{
    const struct named *left = a;
    const struct named *right = b;
    return bytes_compare(left->origin, right->origin);
}

static void add_origin(struct dump *dump, uint32_t number, struct bytes origin)
{
    dump->origins = hl_realloc(dump->origins, dump->origin_count + 1,
                               sizeof(*dump->origins));
    dump->origins[dump->origin_count++] = (struct named){
        number, bytes_of(hl_copy(origin.data, origin.size), origin.size)};
}

/* A half's first row in STORE_DIGESTS names its origin. */
static hl_err load_origins(struct dump *dump, struct hl_detail *detail)
{
    struct store_key from = {0};
    key_u32(&from, 0);
    for (;;) {
        struct store_row row;
        hl_err err = tables_next(dump->tables, STORE_DIGESTS, (struct bytes){0},
                                 key_view(&from), &row, detail);
        if (err != HL_OK) {
            return err;
        }
        if (row.key.data == NULL) {
            break;
        }
        struct reader reader;
        reader_init(&reader, row.key);
        uint32_t number = reader_u32(&reader);
        struct half_state state;
        err = half_load(dump->tables, number, 0, &state, detail);
        if (err != HL_OK) {
            return err;
        }
        add_origin(dump, number, state.origin);
        if (number == UINT32_MAX) {
            break;
        }
        from.size = 0;
        key_u32(&from, number + 1);
    }
    if (dump->origin_count > 1) {
        qsort(dump->origins, dump->origin_count, sizeof(*dump->origins),
              compare_named);
    }
    return HL_OK;
}

/* --- Rows --------------------------------------------------------------- */

typedef hl_err (*dump_row_fn)(struct dump *dump, const struct named *origin,
                              struct bytes rest, struct bytes value,
                              struct hl_detail *detail);

/* What is not for people to read is shown as it is. */
static hl_err dump_bytes(struct dump *dump, const struct named *origin,
                         struct bytes rest, struct bytes value,
                         struct hl_detail *detail)
{
    (void)origin, (void)detail;
    write_hex(dump, rest);
    write_hex(dump, value);
    return HL_OK;
}

static hl_err dump_record(struct dump *dump, const struct named *origin,
                          struct bytes rest, struct bytes value,
                          struct hl_detail *detail)
{
    struct row row;
    hl_err err = row_decode(value, origin->number, &row, detail);
    if (err != HL_OK) {
        return err;
    }
    struct hl_hash hash = hash_bytes(value);
    write_hex(dump, rest);
    write_hex(dump, bytes_of(hash.bytes, HL_HASH_BYTES));
    writer_format(&dump->line, " first=%llu index=%llu ms=%lld state=%d",
                  (unsigned long long)row.first_index,
                  (unsigned long long)row.index, (long long)row.recorded_at.ms,
                  row.released  ? 2
                  : row.retired ? 1
                                : 0);
    const struct record_type *type =
        rest.size > 0 ? bodies_row(&program_bodies, rest.data[0]) : NULL;
    if (type != NULL) {
        union record_room record;
        HL_ASSERT(type->size <= sizeof(record));
        record_decode(type, row.record, &record);
        writer_format(&dump->line, " %s ", type->name);
        record_dump(type, &record, &dump->line);
    }
    return HL_OK;
}

static const struct {
    enum store_table base;
    const char *name;
    dump_row_fn row;
} by_origin[] = {
    {STORE_DIGESTS, "digest", dump_bytes},
    {STORE_ROWS, "row", dump_record},
    {STORE_FINDINGS, "finding", dump_bytes},
};

static hl_err dump_table(struct dump *dump, size_t table,
                         const struct named *origin, struct hl_detail *detail)
{
    struct store_key prefix = {0};
    key_u32(&prefix, origin->number);
    struct store_cursor *cursor = NULL;
    hl_err err =
        tables_cursor(dump->tables, by_origin[table].base, &cursor, detail);
    struct store_row row = {0};
    if (err == HL_OK) {
        err = store_seek(cursor, key_view(&prefix), &row, detail);
    }
    while (err == HL_OK && row.key.data != NULL &&
           bytes_begin_with(row.key, key_view(&prefix))) {
        writer_format(&dump->line, "%s %.*s", by_origin[table].name,
                      BYTES_ARGS(origin->origin));
        err = by_origin[table].row(
            dump, origin,
            bytes_slice(row.key, NUMBER_BYTES, row.key.size - NUMBER_BYTES),
            row.value, detail);
        if (err == HL_OK) {
            give(dump);
            err = store_next(cursor, &row, detail);
        }
    }
    store_cursor_close(&cursor);
    return err;
}

static hl_err dump_commands(struct dump *dump, struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    hl_err err = tables_cursor(dump->tables, STORE_COMMANDS, &cursor, detail);
    struct store_row row = {0};
    if (err == HL_OK) {
        err = store_seek(cursor, (struct bytes){0}, &row, detail);
    }
    while (err == HL_OK && row.key.data != NULL) {
        writer_text(&dump->line, "command");
        write_hex(dump, row.key);
        write_hex(dump, row.value);
        give(dump);
        err = store_next(cursor, &row, detail);
    }
    store_cursor_close(&cursor);
    return err;
}

/* --- Joint state -------------------------------------------------------- */

/* The lines of members are made per origin, so that they stand in the order
 * of names: a key of the table ends in a number where it is a member's. The
 * state itself comes once, with no origin. */
static hl_err dump_joint(struct dump *dump, const struct named *origin,
                         struct hl_detail *detail)
{
    struct store_key suffix = {0};
    key_u8(&suffix, 1);
    if (origin != NULL) {
        key_u32(&suffix, origin->number);
    }
    struct store_cursor *cursor = NULL;
    hl_err err = tables_cursor(dump->tables, STORE_JOINT, &cursor, detail);
    struct store_row row = {0};
    if (err == HL_OK) {
        err = store_seek(cursor, (struct bytes){0}, &row, detail);
    }
    while (err == HL_OK && row.key.data != NULL) {
        /* Only a state has a value. */
        bool wanted = (origin == NULL) == (row.value.size > 0);
        if (wanted && origin != NULL) {
            wanted = bytes_equal(
                bytes_slice(row.key, row.key.size - suffix.size, suffix.size),
                key_view(&suffix));
        }
        if (wanted) {
            writer_text(&dump->line, origin == NULL ? "joint" : "member");
            if (origin != NULL) {
                writer_format(&dump->line, " %.*s", BYTES_ARGS(origin->origin));
            }
            size_t cut = origin == NULL ? 1 : suffix.size;
            write_hex(dump, bytes_slice(row.key, 0, row.key.size - cut));
            write_hex(dump, row.value);
            give(dump);
        }
        err = store_next(cursor, &row, detail);
    }
    store_cursor_close(&cursor);
    return err;
}

static hl_err dump_all(struct dump *dump, struct hl_detail *detail)
{
    hl_err err = load_origins(dump, detail);
    for (size_t i = 0; i < dump->origin_count && err == HL_OK; i++) {
        const struct named *origin = &dump->origins[i];
        for (size_t table = 0;
             table < sizeof(by_origin) / sizeof(by_origin[0]) && err == HL_OK;
             table++) {
            err = dump_table(dump, table, origin, detail);
        }
        if (err == HL_OK) {
            err = dump_joint(dump, origin, detail);
        }
    }
    if (err == HL_OK) {
        err = dump_joint(dump, NULL, detail);
    }
    if (err == HL_OK) {
        err = dump_commands(dump, detail);
    }
    return err;
}

hl_err projection_dump(struct store_txn *txn, projection_line_fn line,
                       void *context, struct hl_detail *detail)
{
    struct tables tables;
    hl_err err = tables_living(txn, &tables, detail);
    if (err != HL_OK) {
        return err;
    }
    struct dump dump = {.tables = &tables, .give = line, .context = context};
    err = dump_all(&dump, detail);
    for (size_t i = 0; i < dump.origin_count; i++) {
        hl_free((void *)(uintptr_t)dump.origins[i].origin.data);
    }
    hl_free(dump.origins);
    writer_fini(&dump.line);
    return err;
}
