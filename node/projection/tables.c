/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/tables.h"

const enum store_table generation_tables[GENERATION_TABLES] = {
    STORE_ROWS, STORE_COMMANDS, STORE_DIGESTS, STORE_JOINT, STORE_FINDINGS,
};

static struct bytes generation_key(void)
{
    return bytes_of_text("generation");
}

hl_err tables_living(struct store_txn *txn, struct tables *out,
                     struct hl_detail *detail)
{
    struct bytes value;
    hl_err err = store_get(txn, STORE_META, generation_key(), &value, detail);
    if (err != HL_OK) {
        return err;
    }
    unsigned generation = 0;
    if (value.data != NULL) {
        if (value.size != 1 || value.data[0] > 1) {
            return hl_fail(detail, HL_EDAMAGED,
                           "the store's row \"generation\" is neither 0 nor 1");
        }
        generation = value.data[0];
    }
    *out = (struct tables){.txn = txn, .generation = generation};
    return HL_OK;
}

hl_err tables_make_living(const struct tables *tables, struct hl_detail *detail)
{
    uint8_t value = (uint8_t)tables->generation;
    return store_put(tables->txn, STORE_META, generation_key(),
                     bytes_of(&value, 1), detail);
}

bool bytes_begin_with(struct bytes bytes, struct bytes prefix)
{
    return bytes.size >= prefix.size &&
           bytes_equal(bytes_slice(bytes, 0, prefix.size), prefix);
}

hl_err tables_get(const struct tables *tables, enum store_table base,
                  const struct store_key *key, struct bytes *value,
                  struct hl_detail *detail)
{
    return store_get(tables->txn, store_table_of(base, tables->generation),
                     key_view(key), value, detail);
}

hl_err tables_put(const struct tables *tables, enum store_table base,
                  const struct store_key *key, struct bytes value,
                  struct hl_detail *detail)
{
    return store_put(tables->txn, store_table_of(base, tables->generation),
                     key_view(key), value, detail);
}

hl_err tables_delete(const struct tables *tables, enum store_table base,
                     const struct store_key *key, struct hl_detail *detail)
{
    return store_delete(tables->txn, store_table_of(base, tables->generation),
                        key_view(key), detail);
}

hl_err tables_cursor(const struct tables *tables, enum store_table base,
                     struct store_cursor **out, struct hl_detail *detail)
{
    return store_cursor_open(
        tables->txn, store_table_of(base, tables->generation), out, detail);
}

hl_err tables_next(const struct tables *tables, enum store_table base,
                   struct bytes prefix, struct bytes after,
                   struct store_row *row, struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    hl_err err = tables_cursor(tables, base, &cursor, detail);
    if (err != HL_OK) {
        return err;
    }
    /* Foreign: a page token. No key is longer, so none lies between. */
    if (after.size > STORE_KEY_MAX_BYTES) {
        after.size = STORE_KEY_MAX_BYTES;
    }
    struct store_row found = {0};
    err = store_seek(cursor, after, &found, detail);
    if (err == HL_OK && found.key.data != NULL &&
        bytes_equal(found.key, after)) {
        err = store_next(cursor, &found, detail);
    }
    store_cursor_close(&cursor);
    if (err != HL_OK) {
        return err;
    }
    bool inside = found.key.data != NULL && bytes_begin_with(found.key, prefix);
    *row = inside ? found : (struct store_row){0};
    return HL_OK;
}

hl_err tables_first_key(const struct tables *tables, enum store_table base,
                        struct bytes prefix, struct store_key *key, bool *found,
                        struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    hl_err err = tables_cursor(tables, base, &cursor, detail);
    if (err != HL_OK) {
        return err;
    }
    struct store_row row = {0};
    err = store_seek(cursor, prefix, &row, detail);
    if (err == HL_EDAMAGED && row.key.data != NULL) {
        err = HL_OK;
    }
    *found = err == HL_OK && row.key.data != NULL &&
             bytes_begin_with(row.key, prefix);
    key->size = 0;
    if (*found) {
        key_bytes(key, row.key);
    }
    store_cursor_close(&cursor);
    return err;
}

/* Where a key changed on the disk, a search for it need not find its row, and
 * it would stay the first one for ever. */
static hl_err empty_at_once(const struct tables *tables, enum store_table base,
                            struct bytes prefix, struct hl_detail *detail)
{
    return prefix.size == 0
               ? store_clear(tables->txn,
                             store_table_of(base, tables->generation), detail)
               : hl_fail(detail, HL_EDAMAGED,
                         "a row of the store lies where no search finds it: "
                         "heluo rebuild, or heluo scrub");
}

hl_err tables_empty(const struct tables *tables, enum store_table base,
                    struct bytes prefix, uint64_t max, uint64_t *deleted,
                    bool *left, struct hl_detail *detail)
{
    struct store_key former = {0};
    for (uint64_t i = 0; i < max; i++) {
        struct store_key key = {0};
        bool found = false;
        hl_err err =
            tables_first_key(tables, base, prefix, &key, &found, detail);
        if (err == HL_OK && !found) {
            *left = false;
            return HL_OK;
        }
        bool stuck = err == HL_EDAMAGED ||
                     (i > 0 && bytes_equal(key_view(&key), key_view(&former)));
        if (stuck) {
            err = empty_at_once(tables, base, prefix, detail);
        } else if (err == HL_OK) {
            err = tables_delete(tables, base, &key, detail);
        }
        if (err != HL_OK) {
            return err;
        }
        former = key;
        *deleted += 1;
    }
    *left = true;
    return HL_OK;
}
