/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/scrub/scrub_walk.h"
#include "protocol/base/alloc.h"

bool scrub_is_projection(const struct scrub_finding *finding)
{
    return finding->kind == SCRUB_PROJECTION ||
           ((finding->kind == SCRUB_ROW || finding->kind == SCRUB_TABLE) &&
            finding->table >= STORE_ROWS && finding->table <= STORE_FINDINGS_1);
}

static void add_row(struct journal_row_place *rows, size_t *count,
                    const struct scrub_finding *finding)
{
    size_t at = *count;
    struct journal_row_place row = {finding->level, finding->first / ROW_WIDTH};
    while (at > 0 && rows[at - 1].level > row.level) {
        rows[at] = rows[at - 1];
        at--;
    }
    rows[at] = row;
    *count += 1;
}

/* What was put back may lie before it by now: the last whole row before it. */
static hl_err find_before(struct store_txn *txn,
                          const struct scrub_finding *finding,
                          struct store_key *before, bool *found,
                          struct hl_detail *detail)
{
    enum { ROWS_MAX = 100000 };
    struct store_cursor *cursor = NULL;
    struct store_scan_row row = {0};
    *before = finding->before;
    *found = false;
    hl_err err = store_cursor_open(txn, finding->table, &cursor, detail);
    if (err == HL_OK) {
        err = store_scan_first(cursor, key_view(before), &row, detail);
    }
    for (int i = 0; err == HL_OK && row.key.data != NULL && i < ROWS_MAX; i++) {
        if (row.damaged && bytes_equal(row.key, key_view(&finding->key))) {
            *found = true;
            break;
        }
        if (!row.damaged) {
            before->size = 0;
            key_bytes(before, row.key);
        }
        err = store_scan_next(cursor, &row, detail);
    }
    store_cursor_close(&cursor);
    return err;
}

hl_err scrub_drop_row(struct store_txn *txn,
                      const struct scrub_finding *finding,
                      struct hl_detail *detail)
{
    uint64_t dropped = 0;
    struct store_key before;
    bool found = false;
    hl_err err = find_before(txn, finding, &before, &found, detail);
    return err == HL_OK && found
               ? store_drop_damaged(txn, finding->table, key_view(&before),
                                    &dropped, detail)
               : err;
}

static hl_err drop_tiles(struct store_txn *txn,
                         const struct scrub_finding *findings, size_t count,
                         struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < count; i++) {
        if (findings[i].kind == SCRUB_ROW && findings[i].table == STORE_TILES) {
            err = scrub_drop_row(txn, &findings[i], detail);
        }
    }
    return err;
}

hl_err scrub_mend_tiles(struct store_txn *txn,
                        const struct scrub_finding *findings, size_t count,
                        size_t which, bool together, struct hl_detail *detail)
{
    struct journal_row_place *rows = hl_alloc(count, sizeof(*rows));
    const char *origin = findings[which].origin;
    struct journal journal;
    size_t row_count = 0;
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        if (findings[i].kind == SCRUB_TILE && !findings[i].repaired &&
            (i == which ||
             (together && strcmp(findings[i].origin, origin) == 0))) {
            add_row(rows, &row_count, &findings[i]);
        }
    }
    hl_err err = drop_tiles(txn, findings, count, detail);
    if (err == HL_OK) {
        err =
            journal_find(txn, bytes_of_text(origin), &journal, &found, detail);
    }
    if (err == HL_OK && !found) {
        err = hl_fail(detail, HL_EDAMAGED, "no journal of %s", origin);
    }
    if (err == HL_OK) {
        err = journal_mend_rows(txn, &journal, rows, row_count, detail);
    }
    hl_free(rows);
    return err;
}
