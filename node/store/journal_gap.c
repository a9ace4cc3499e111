/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/journal_scrub.h"

#include "node/store/journal_entries.h"
#include "protocol/base/reader.h"

/* Before the journal's first entry, in the order of keys. */
static struct store_key before_all(uint32_t number)
{
    return key_journal(number);
}

/* Entries of a bundle that the checksum covers. */
static uint64_t count_entries(struct bytes bundle)
{
    struct reader in;
    uint64_t count = 0;
    reader_init(&in, bundle);
    while (reader_left(&in) > 0) {
        reader_bytes(&in, reader_u16(&in));
        count += !in.failed;
    }
    return count;
}

struct gap_search {
    uint32_t number;
    uint64_t from, upto, expected;
    struct store_key before; /* the last whole row of the journal */
    struct journal_gap *out;
    bool found, ended;
};

static void pass(struct gap_search *search, uint64_t index,
                 const struct store_row *row)
{
    uint64_t end = index + count_entries(row->value);
    search->expected = end > search->expected ? end : search->expected;
    search->before = (struct store_key){0};
    key_bytes(&search->before, row->key);
    search->ended =
        search->expected >= search->upto && search->expected > search->from;
}

static void look_at(struct gap_search *search, const struct store_scan_row *row)
{
    uint32_t number = 0;
    uint64_t index = 0;
    if (!entries_key_decode(row->key, &number, &index) ||
        number < search->number) {
        return; /* of nobody */
    }
    if (number > search->number) {
        search->ended = true;
        return;
    }
    if (index > search->expected && index > search->from) {
        *search->out = (struct journal_gap){
            .first = search->expected, .end = index, .before = search->before};
        search->found = search->ended = true;
        return;
    }
    pass(search, index, &(struct store_row){row->key, row->value});
}

/* From the row that holds the entry at `from`, or where that is lost from one
 * before it, further and further, down to the journal's first. */
static hl_err find_start(struct gap_search *search, struct store_cursor *cursor,
                         struct hl_detail *detail)
{
    for (uint64_t back = 0; back <= search->from; back = back * 2 + 1) {
        struct store_key above =
            key_entry(search->number, search->from - back + 1);
        struct store_row row;
        uint32_t number = 0;
        uint64_t index = 0;
        hl_err err = store_seek_below(cursor, key_view(&above), &row, detail);
        if (err == HL_OK && row.key.data != NULL &&
            entries_key_decode(row.key, &number, &index) &&
            number == search->number && store_is_found(cursor, &row)) {
            search->expected = index;
            pass(search, index, &row);
            return HL_OK;
        }
        if (err != HL_OK && err != HL_EDAMAGED) {
            return err;
        }
    }
    return HL_OK;
}

hl_err journal_find_gap(struct store_txn *txn, const struct journal *journal,
                        uint64_t from, uint64_t upto, struct journal_gap *out,
                        bool *found, struct hl_detail *detail)
{
    struct gap_search search = {.number = journal->number,
                                .from = from,
                                .upto = upto,
                                .before = before_all(journal->number),
                                .out = out};
    struct store_cursor *cursor = NULL;
    struct store_scan_row row = {0};
    hl_err err = store_cursor_open(txn, STORE_ENTRIES, &cursor, detail);
    if (err == HL_OK) {
        err = find_start(&search, cursor, detail);
    }
    if (err == HL_OK && !search.ended) {
        struct store_key first = search.before;
        err = store_scan_first(cursor, key_view(&first), &row, detail);
    }
    while (err == HL_OK && row.key.data != NULL && !search.ended) {
        if (!row.damaged) {
            look_at(&search, &row);
        }
        err = search.ended ? HL_OK : store_scan_next(cursor, &row, detail);
    }
    store_cursor_close(&cursor);
    uint64_t size = journal->frontier.size;
    if (err == HL_OK && !search.found && search.expected < size &&
        search.expected < upto && from < size) {
        *out = (struct journal_gap){
            .first = search.expected, .end = size, .before = search.before};
        search.found = true;
    }
    *found = search.found;
    return err;
}
