/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/comparison.h"

/* A damaged row is there, and equal to no other; behind a changed key there is
 * nothing more to be had. */
static hl_err tolerate(struct walk *walk, hl_err err)
{
    walk->damaged = err == HL_EDAMAGED && walk->row.key.data != NULL;
    walk->broken = err == HL_EDAMAGED && walk->row.key.data == NULL;
    return walk->damaged || walk->broken ? HL_OK : err;
}

hl_err walk_open(struct walk *walk, const struct tables *tables,
                 enum store_table base, struct bytes after,
                 struct hl_detail *detail)
{
    hl_err err = tables_cursor(tables, base, &walk->cursor, detail);
    if (err != HL_OK) {
        return err;
    }
    err = tolerate(walk, store_seek(walk->cursor, after, &walk->row, detail));
    if (err == HL_OK && walk->row.key.data != NULL &&
        bytes_equal(walk->row.key, after)) {
        err = tolerate(walk, store_next(walk->cursor, &walk->row, detail));
    }
    return err;
}

hl_err walk_next(struct walk *walk, struct hl_detail *detail)
{
    walk->row = (struct store_row){0};
    return tolerate(walk, store_next(walk->cursor, &walk->row, detail));
}

static int compare_walks(const struct walk *a, const struct walk *b)
{
    if (a->row.key.data == NULL || b->row.key.data == NULL) {
        return (a->row.key.data == NULL) - (b->row.key.data == NULL);
    }
    return bytes_compare(a->row.key, b->row.key);
}

static bool rows_equal(const struct walk *a, const struct walk *b)
{
    return !a->damaged && !b->damaged &&
           bytes_equal(a->row.value, b->row.value);
}

bool walk_at_end(const struct walk *walk)
{
    return walk->row.key.data == NULL;
}

void walk_close(struct walk *walk)
{
    store_cursor_close(&walk->cursor);
}

/* Compares the row or the two rows with the smallest key left. */
static hl_err compare_next(struct comparison *comparison, struct walk *a,
                           struct walk *b, struct hl_detail *detail)
{
    int order = compare_walks(a, b);
    comparison->position.size = 0;
    key_bytes(&comparison->position, order <= 0 ? a->row.key : b->row.key);
    comparison->rows++;
    if (order != 0 || !rows_equal(a, b)) {
        comparison->rows_different++;
    }
    hl_err err = order <= 0 ? walk_next(a, detail) : HL_OK;
    if (err == HL_OK && order >= 0) {
        err = walk_next(b, detail);
    }
    return err;
}

static hl_err compare_table(struct comparison *comparison,
                            const struct tables *living,
                            const struct tables *filled, uint64_t *budget,
                            bool *done, struct hl_detail *detail)
{
    enum store_table base = generation_tables[comparison->table];
    struct walk a = {0};
    struct walk b = {0};
    struct store_key after = comparison->position;
    hl_err err = walk_open(&a, living, base, key_view(&after), detail);
    if (err == HL_OK) {
        err = walk_open(&b, filled, base, key_view(&after), detail);
    }
    while (err == HL_OK && *budget > 0 &&
           !(walk_at_end(&a) && walk_at_end(&b))) {
        err = compare_next(comparison, &a, &b, detail);
        *budget -= 1;
    }
    *done = err == HL_OK && walk_at_end(&a) && walk_at_end(&b);
    comparison->rows_different += *done && (a.broken || b.broken);
    walk_close(&a);
    walk_close(&b);
    return err;
}

hl_err comparison_step(struct comparison *comparison,
                       const struct tables *living, const struct tables *filled,
                       uint64_t budget, bool *done, struct hl_detail *detail)
{
    while (comparison->table < GENERATION_TABLES) {
        bool table_done = false;
        hl_err err = compare_table(comparison, living, filled, &budget,
                                   &table_done, detail);
        if (err != HL_OK || !table_done) {
            *done = false;
            return err;
        }
        comparison->table++;
        comparison->position.size = 0;
    }
    *done = true;
    return HL_OK;
}
