/* SPDX-License-Identifier: Apache-2.0 */
#include "node/scrub/scrub_walk.h"

#include <string.h>

#include "certs/charter/charter_judge.h"
#include "protocol/base/alloc.h"
#include "protocol/base/reader.h"
#include "protocol/note/evidence.h"

/* --- The report. ---------------------------------------------------------- */

struct scrub_finding *scrub_report_add(struct scrub_report *report,
                                       const struct scrub_finding *finding)
{
    if (report->count == SCRUB_FINDINGS_MAX) {
        report->more++;
        return NULL;
    }
    if (report->items == NULL) {
        report->items = hl_alloc(SCRUB_FINDINGS_MAX, sizeof(*report->items));
    }
    report->items[report->count] = *finding;
    return &report->items[report->count++];
}

void scrub_report_fini(struct scrub_report *report)
{
    hl_free(report->items);
    *report = (struct scrub_report){.items = NULL};
}

void scrub_walk_init(struct scrub_walk *walk,
                     const struct scrub_options *options,
                     struct scrub_report *report)
{
    *walk = (struct scrub_walk){.options = *options, .report = report};
}

/* --- Tables. -------------------------------------------------------------- */

static void found_row(struct scrub_walk *walk, struct bytes key)
{
    struct scrub_finding finding = {
        .kind = SCRUB_ROW,
        .table = (enum store_table)walk->table,
        .before = walk->after,
    };
    if (key.size <= STORE_KEY_MAX_BYTES) {
        key_bytes(&finding.key, key);
    }
    scrub_report_add(walk->report, &finding);
}

static void found_table(struct scrub_walk *walk)
{
    struct scrub_finding finding = {.kind = SCRUB_TABLE,
                                    .table = (enum store_table)walk->table,
                                    .before = walk->after};
    scrub_report_add(walk->report, &finding);
}

static bool is_charter(struct bytes raw)
{
    struct charter charter;
    if (charter_parse(raw, &charter, NULL) != HL_OK) {
        return false;
    }
    charter_fini(&charter);
    return true;
}

static bool is_evidence(const struct scrub_walk *walk, struct bytes raw)
{
    struct evidence evidence;
    return evidence_parse(raw, &evidence, NULL) == HL_OK &&
           evidence_verify(&evidence, walk->options.verifier, NULL) == HL_OK;
}

/* What is signed is read as its readers will. */
static void check_statement(struct scrub_walk *walk,
                            const struct store_scan_row *row)
{
    bool good = true;
    if (walk->table == STORE_CHARTERS) {
        good = is_charter(row->value);
    } else if (walk->table == STORE_EVIDENCE) {
        good = is_evidence(walk, row->value);
    }
    if (!good) {
        struct scrub_finding finding = {
            .kind = SCRUB_STATEMENT,
            .table = (enum store_table)walk->table,
        };
        key_bytes(&finding.key, row->key);
        scrub_report_add(walk->report, &finding);
    }
}

static void look_at(struct scrub_walk *walk, const struct store_scan_row *row,
                    uint64_t *bytes)
{
    walk->report->rows++;
    walk->table_rows++;
    *bytes += row->key.size + row->value.size;
    if (row->damaged) {
        found_row(walk, row->key);
        return;
    }
    check_statement(walk, row);
    walk->after.size = 0;
    key_bytes(&walk->after, row->key);
}

/* A table that one snapshot has whole has as many rows as it says. A longer one
 * may have changed between two. */
static hl_err count_table(struct scrub_walk *walk, struct store_txn *txn,
                          struct hl_detail *detail)
{
    uint64_t count = 0;
    hl_err err =
        store_row_count(txn, (enum store_table)walk->table, &count, detail);
    if (err == HL_OK && count != walk->table_rows) {
        found_table(walk);
    }
    return err;
}

static void next_table(struct scrub_walk *walk)
{
    walk->table++;
    walk->table_rows = 0;
    walk->after.size = 0;
}

/* A page that is reached twice leads back: a walk would go round for ever. */
static bool leads_back(const struct scrub_walk *walk,
                       const struct store_scan_row *row)
{
    return walk->after.size > 0 &&
           bytes_compare(row->key, key_view(&walk->after)) <= 0;
}

/* A piece ends at a whole row, from which the next one goes on; and where
 * there is none for long the walk goes round. */
static hl_err scan(struct scrub_walk *walk, struct store_txn *txn,
                   uint64_t rows_max, uint64_t *bytes, bool *ended,
                   struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    struct store_scan_row row = {0};
    uint64_t rows = 0;
    hl_err err =
        store_cursor_open(txn, (enum store_table)walk->table, &cursor, detail);
    if (err == HL_OK) {
        err = store_scan_first(cursor, key_view(&walk->after), &row, detail);
    }
    while (err == HL_OK && row.key.data != NULL) {
        row.damaged = row.damaged || leads_back(walk, &row);
        look_at(walk, &row, bytes);
        rows++;
        if (rows >= rows_max && (!row.damaged || rows >= 2 * rows_max)) {
            break;
        }
        err = store_scan_next(cursor, &row, detail);
    }
    store_cursor_close(&cursor);
    *ended = row.key.data == NULL || (row.damaged && rows >= 2 * rows_max);
    /* Of a page that is none the library says many things. */
    bool lost = err == HL_EDAMAGED || err == HL_EIO;
    if (lost || (err == HL_OK && *ended && row.damaged)) {
        found_table(walk);
        *ended = true;
        walk->table_rows = UINT64_MAX; /* told */
        return HL_OK;
    }
    return err;
}

static hl_err step_table(struct scrub_walk *walk, struct store_txn *txn,
                         uint64_t rows_max, uint64_t *bytes,
                         struct hl_detail *detail)
{
    bool whole = walk->table_rows == 0, ended = false;
    hl_err err = scan(walk, txn, rows_max, bytes, &ended, detail);
    if (err != HL_OK || !ended) {
        return err;
    }
    if (whole && walk->table_rows != UINT64_MAX) {
        err = count_table(walk, txn, detail);
    }
    next_table(walk);
    return err;
}

/* --- Journals. ------------------------------------------------------------ */

static void found_in_journal(struct scrub_walk *walk, enum scrub_kind kind,
                             enum store_table table, unsigned level,
                             uint64_t first, uint64_t end)
{
    struct scrub_finding finding = {.kind = kind,
                                    .table = table,
                                    .level = level,
                                    .first = first,
                                    .end = end};
    memcpy(finding.origin, walk->origin, sizeof(finding.origin));
    scrub_report_add(walk->report, &finding);
}

static void on_damaged(void *context, const struct journal_damaged *damaged)
{
    static const struct {
        enum scrub_kind kind;
        enum store_table table;
    } kinds[] = {
        [JOURNAL_DAMAGE_ENTRIES] = {SCRUB_ENTRIES, STORE_ENTRIES},
        [JOURNAL_DAMAGE_TILE] = {SCRUB_TILE, STORE_TILES},
        [JOURNAL_DAMAGE_ROOT] = {SCRUB_ROOT, STORE_ENTRIES},
        [JOURNAL_DAMAGE_CHECKPOINT] = {SCRUB_CHECKPOINT, STORE_CHECKPOINTS},
    };
    found_in_journal(context, kinds[damaged->what].kind,
                     kinds[damaged->what].table, damaged->level, damaged->first,
                     damaged->end);
}

/* The next name above walk->origin. False: none. Damaged rows were told by the
 * walk through the table. */
static hl_err next_origin(struct scrub_walk *walk, struct store_txn *txn,
                          bool *found, struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    struct store_scan_row row = {0};
    hl_err err = store_cursor_open(txn, STORE_ORIGINS, &cursor, detail);
    if (err == HL_OK) {
        err =
            store_scan_first(cursor, bytes_of_text(walk->origin), &row, detail);
    }
    while (err == HL_OK && row.damaged) {
        err = store_scan_next(cursor, &row, detail);
    }
    *found = err == HL_OK && row.key.data != NULL &&
             row.key.size < sizeof(walk->origin);
    if (*found) {
        memset(walk->origin, 0, sizeof(walk->origin));
        memcpy(walk->origin, row.key.data, row.key.size);
    }
    store_cursor_close(&cursor);
    return err == HL_EDAMAGED ? HL_OK : err;
}

/* Only a line of a known key that does not verify says that the note was
 * changed: by which charter it was accepted may be long ago. */
static bool verifies(const struct scrub_walk *walk, struct bytes raw)
{
    struct note note = {0};
    struct charter_judgement judgement;
    hl_err err = note_parse(raw, &note, NULL);
    if (err == HL_OK) {
        err =
            charter_judge_checkpoint(walk->options.charter, &note,
                                     walk->options.verifier, &judgement, NULL);
    }
    note_fini(&note);
    return err != HL_ESIGNATURE;
}

static hl_err check_signatures(struct scrub_walk *walk, struct store_txn *txn,
                               const struct journal *journal,
                               struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (int kind = 0; err == HL_OK && walk->options.charter != NULL &&
                       kind < JOURNAL_CHECKPOINT_KINDS;
         kind++) {
        struct bytes raw = {0};
        err = journal_checkpoint(
            txn, journal, (enum journal_checkpoint_kind)kind, &raw, detail);
        if (err == HL_EDAMAGED) {
            err = HL_OK; /* told */
        } else if (err == HL_OK && raw.data != NULL && !verifies(walk, raw)) {
            found_in_journal(walk, SCRUB_CHECKPOINT, STORE_CHECKPOINTS,
                             (unsigned)kind, 0, 0);
        }
    }
    return err;
}

static void end_journal(struct scrub_walk *walk)
{
    walk->report->entries += walk->journal.frontier.size;
    walk->journal = (struct journal_scrub){.tell = NULL};
}

static hl_err step_journal(struct scrub_walk *walk, struct store_txn *txn,
                           uint64_t entries_max, bool *all,
                           struct hl_detail *detail)
{
    struct journal journal;
    bool found = true, done = false;
    hl_err err = HL_OK;
    if (walk->journal.tell == NULL) {
        err = next_origin(walk, txn, &found, detail);
        walk->journal.tell = on_damaged;
        walk->journal.context = walk;
    }
    if (err != HL_OK || !found) {
        *all = err == HL_OK;
        return err;
    }
    err = journal_find(txn, bytes_of_text(walk->origin), &journal, &found,
                       detail);
    if (err == HL_OK && found) {
        err = journal_scrub_step(&walk->journal, txn, &journal, entries_max,
                                 &done, detail);
    }
    if (err == HL_OK && done) {
        err = check_signatures(walk, txn, &journal, detail);
    }
    if (err == HL_EDAMAGED || err == HL_EIO || (err == HL_OK && !found)) {
        found_in_journal(walk, SCRUB_JOURNAL, STORE_JOURNALS, 0, 0, 0);
        done = true;
        err = HL_OK;
    }
    if (done) {
        end_journal(walk);
    }
    return err;
}

hl_err scrub_walk_step(struct scrub_walk *walk, struct store *store,
                       uint64_t rows_max, uint64_t *bytes, bool *done,
                       struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    *done = false;
    hl_err err = store_begin_read(store, &txn, detail);
    if (err == HL_OK) {
        err = walk->table < STORE_TABLE_COUNT
                  ? step_table(walk, txn, rows_max, bytes, detail)
                  : step_journal(walk, txn, rows_max, done, detail);
    }
    store_abort(&txn);
    return err;
}
