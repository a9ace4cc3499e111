/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "certs/tools/file.h"
#include "node/backup/backup.h"
#include "node/projection/rebuild.h"
#include "protocol/entry/entry.h"
#include "tests/crash/work.h"

struct check {
    const struct plan *plan;
    const struct facts *facts;
    struct work work;
    struct store_txn *txn;
    struct journal journal;
    size_t txns; /* of the plan, that are there */
    struct hl_detail *detail;
};

/* Whether it is HL_OK; else the detail has what was done and the error. */
static bool went_well(struct check *check, hl_err err, const char *doing)
{
    char why[HL_DETAIL_TEXT_BYTES];
    if (err == HL_OK) {
        return true;
    }
    snprintf(why, sizeof(why), "%s", check->detail->text);
    hl_fail(check->detail, err, "%s: %s: %s", doing, hl_err_name(err), why);
    return false;
}

#define FAIL_WITH(check, ...)                                                  \
    (hl_fail((check)->detail, HL_EDIFFERS, __VA_ARGS__), false)

/* --- The journal. -------------------------------------------------------- */

static bool entry_is(struct check *check, uint64_t index)
{
    struct bytes raw;
    struct entry entry;
    struct canonical_unknown unknown;
    struct unit unit;
    struct put put;
    if (!went_well(check,
                   journal_entry(check->txn, &check->journal, index, &raw,
                                 check->detail),
                   "reading an entry") ||
        !went_well(check, entry_decode(raw, &entry, &unknown, check->detail),
                   "decoding an entry")) {
        return false;
    }
    plan_put(&check->plan->entries[index], &put);
    record_decode(&unit_record, entry.body, &unit);
    return (entry.index == index &&
            bytes_equal(unit.name_zh, put.unit.name_zh) &&
            bytes_equal(unit.id, put.unit.id) &&
            memcmp(entry.command.id, put.command.id.id,
                   sizeof(entry.command.id)) == 0) ||
           FAIL_WITH(check, "entry %" PRIu64 " is not what was asked for",
                     index);
}

static bool roots_are_as_signed(struct check *check)
{
    struct journal_hashes hashes = {
        .txn = check->txn, .journal = check->journal, .detail = check->detail};
    struct hash_source source = journal_hash_source(&hashes);
    for (size_t i = 1; i <= check->txns; i++) {
        struct hl_hash root;
        uint64_t size = check->plan->txns[i - 1].size_after;
        if (!check->facts->has_root[i]) {
            continue;
        }
        if (!went_well(check, prove_root(&source, size, &root), "a root")) {
            return false;
        }
        if (!hash_equal(&root, &check->facts->root[i])) {
            return FAIL_WITH(
                check, "at size %" PRIu64 " another root was signed", size);
        }
    }
    return true;
}

static bool journal_is_planned(struct check *check)
{
    uint64_t size = check->journal.frontier.size, entries = 0;
    if (!plan_txns_at(check->plan, size, &check->txns)) {
        return FAIL_WITH(check, "%" PRIu64 " entries are half a transaction",
                         size);
    }
    if (!went_well(check,
                   journal_verify(check->txn, &check->journal, &entries,
                                  check->detail),
                   "verifying the journal")) {
        return false;
    }
    for (uint64_t i = 0; i < size; i++) {
        if (!entry_is(check, i)) {
            return false;
        }
    }
    return roots_are_as_signed(check);
}

/* The entry that last changed the unit of that one. */
static uint64_t newest_of_unit(const struct check *check, uint64_t index)
{
    const struct planned *entries = check->plan->entries;
    uint64_t newest = check->journal.frontier.size - 1;
    while (entries[newest].unit != entries[index].unit) {
        newest--;
    }
    return newest;
}

static bool row_is(struct check *check, uint64_t index)
{
    struct put put;
    struct row row;
    struct unit unit;
    struct writer key = {0};
    bool found = false;
    uint64_t newest = newest_of_unit(check, index);
    plan_put(&check->plan->entries[newest], &put);
    record_key(&unit_record, &put.unit, &key);
    hl_err err = projection_get(check->txn, &unit_record, check->journal.number,
                                writer_view(&key), &row, &found, check->detail);
    writer_fini(&key);
    if (!went_well(check, err, "reading a unit")) {
        return false;
    }
    if (!found) {
        return FAIL_WITH(check, "the unit of entry %" PRIu64 " is missing",
                         index);
    }
    record_decode(&unit_record, row.record, &unit);
    return (row.index == newest &&
            bytes_equal(unit.name_zh, put.unit.name_zh)) ||
           FAIL_WITH(check, "the unit of entry %" PRIu64 " is another", index);
}

static bool read_journal(struct check *check)
{
    bool there = false, right = false;
    if (!went_well(
            check,
            store_begin_read(check->work.store, &check->txn, check->detail),
            "reading")) {
        return false;
    }
    hl_err err = journal_find(check->txn, bytes_of_text(WORLD_ORIGIN),
                              &check->journal, &there, check->detail);
    if (went_well(check, err, "finding the journal")) {
        right = !there || journal_is_planned(check);
    }
    store_abort(&check->txn);
    return right;
}

static bool read_rows(struct check *check)
{
    bool there = false, right = true;
    if (!went_well(
            check,
            store_begin_read(check->work.store, &check->txn, check->detail),
            "reading")) {
        return false;
    }
    hl_err err = journal_find(check->txn, bytes_of_text(WORLD_ORIGIN),
                              &check->journal, &there, check->detail);
    right = went_well(check, err, "finding the journal");
    for (uint64_t i = 0; right && i < check->journal.frontier.size; i++) {
        right = row_is(check, i);
    }
    store_abort(&check->txn);
    return right;
}

static bool is_neither_less_nor_more(struct check *check)
{
    const struct facts *facts = check->facts;
    if (check->txns < facts->acked) {
        return FAIL_WITH(check,
                         "%zu transactions were answered, and %zu are there",
                         facts->acked, check->txns);
    }
    return check->txns <= facts->begun ||
           FAIL_WITH(check,
                     "%zu transactions are there, and %zu were asked for",
                     check->txns, facts->begun);
}

/* --- Going on. ----------------------------------------------------------- */

/* What was answered had left: the mark says so on the disk. */
static bool mark_is_not_behind(struct check *check)
{
    struct mark_file mark;
    size_t acked = check->facts->acked;
    uint64_t size = acked == 0 ? 0 : check->plan->txns[acked - 1].size_after;
    if (!went_well(check,
                   mark_file_open(check->work.mark_path, &mark, check->detail),
                   "opening the mark")) {
        return false;
    }
    uint64_t marked = mark.mark.head.size;
    mark_file_close(&mark);
    return marked >= size ||
           FAIL_WITH(check,
                     "a checkpoint over %" PRIu64
                     " entries had left, and the mark says %" PRIu64,
                     size, marked);
}

/* The last answered and what was begun is asked again, as callers do, and one
 * transaction more. */
static bool goes_on(struct check *check)
{
    const struct facts *facts = check->facts;
    struct work *work = &check->work;
    if (!went_well(check, work_open_author(work, check->detail),
                   "the author")) {
        return false;
    }
    if (work->refusal != HL_OK) {
        return FAIL_WITH(check, "the author refuses: %s", work->why.text);
    }
    size_t first = facts->acked > 0 ? facts->acked - 1 : 0;
    for (size_t i = first; i <= facts->begun && i < check->plan->count; i++) {
        if (!went_well(check, work_txn(work, check->plan, i, check->detail),
                       "asking again")) {
            return false;
        }
    }
    author_destroy(&work->author);
    mark_file_close(&work->mark);
    return true;
}

static hl_err step(struct check *check, struct rebuild **rebuild,
                   struct rebuild_progress *progress)
{
    struct store_txn *txn = NULL;
    hl_err err = store_begin_write(check->work.store, &txn, check->detail);
    if (err == HL_OK && *rebuild == NULL) {
        err =
            rebuild_begin(txn, REBUILD_CHECK, (struct bytes){0},
                          bytes_of_text(WORLD_ORIGIN), rebuild, check->detail);
    }
    if (err == HL_OK) {
        err = rebuild_step(*rebuild, txn, 100000, progress, check->detail);
    }
    if (err == HL_OK) {
        err = store_commit(&txn, check->detail);
    }
    store_abort(&txn);
    return err;
}

static bool equals_what_is_rebuilt(struct check *check)
{
    struct rebuild *rebuild = NULL;
    struct rebuild_progress progress = {0};
    hl_err err = HL_OK;
    while (err == HL_OK && !progress.done) {
        err = step(check, &rebuild, &progress);
    }
    rebuild_end(&rebuild);
    return went_well(check, err, "rebuilding") &&
           (progress.rows_different == 0 ||
            FAIL_WITH(check, "%" PRIu64 " rows differ from the rebuilt ones",
                      progress.rows_different));
}

static bool opens(struct check *check)
{
    return went_well(check, work_open_store(&check->work, check->detail),
                     "opening the store");
}

/* Before the mark was made nothing was written, and the store's folder may not
 * even be there. */
static bool verify(struct check *check)
{
    if (!check->facts->marked) {
        return true;
    }
    return mark_is_not_behind(check) && opens(check) && read_journal(check) &&
           is_neither_less_nor_more(check) && equals_what_is_rebuilt(check) &&
           goes_on(check) && read_journal(check) && read_rows(check) &&
           equals_what_is_rebuilt(check);
}

bool verify_node(const char *folder, const struct plan *plan,
                 const struct facts *facts, struct hl_detail *detail)
{
    struct check check = {.plan = plan, .facts = facts, .detail = detail};
    *detail = (struct hl_detail){0};
    work_init(&check.work, folder);
    check.work.volatile_disk = true;
    bool right = verify(&check);
    work_fini(&check.work);
    return right;
}

/* --- The backup. --------------------------------------------------------- */

static bool restored_is_good(struct check *check, bool wanted)
{
    char path[512];
    struct backup_report report;
    bool is = false;
    snprintf(path, sizeof(path), "%s/data.mdb", check->work.store_folder);
    if (!file_exists(path)) {
        return !wanted || FAIL_WITH(check, "what was restored is gone");
    }
    if (!opens(check) || !read_journal(check) ||
        !went_well(check,
                   backup_is(check->work.store, &is, &report, check->detail),
                   "looking for a backup's mark")) {
        return false;
    }
    /* One that was never reported may be of an earlier try. */
    size_t least = check->facts->backed_up ? check->facts->backup_from : 0;
    if (is || check->txns < least) {
        return FAIL_WITH(check, "restored: %zu transactions%s", check->txns,
                         is ? ", still a backup" : "");
    }
    return equals_what_is_rebuilt(check);
}

/* As if it were the store, so that the rest reads it. */
static void look_at(struct check *check, const char *folder, const char *name)
{
    store_close(&check->work.store);
    snprintf(check->work.store_folder, sizeof(check->work.store_folder),
             "%s/%s", folder, name);
}

static bool backup_is_good_or_none(struct check *check, const char *folder)
{
    struct backup_report report;
    char into[256];
    snprintf(into, sizeof(into), "%s/again", folder);
    struct backup_options options = {.from = check->work.backup_folder,
                                     .into = into,
                                     .origin = WORLD_ORIGIN,
                                     .now = plan_time(0)};
    if (mkdir(into, 0700) != 0) {
        return FAIL_WITH(check, "no folder to restore into");
    }
    hl_err err = backup_restore(&options, &report, check->detail);
    bool none = err == HL_EBACKUP || err == HL_EDAMAGED || err == HL_ENOTFOUND;
    if (none && !check->facts->backed_up) {
        return true;
    }
    if (!went_well(check, err, "restoring the backup")) {
        return false;
    }
    look_at(check, folder, "again");
    return restored_is_good(check, true);
}

bool verify_backup(const char *folder, const struct plan *plan,
                   const struct facts *facts, struct hl_detail *detail)
{
    struct check check = {.plan = plan, .facts = facts, .detail = detail};
    *detail = (struct hl_detail){0};
    work_init(&check.work, folder);
    check.work.volatile_disk = true;
    bool right = backup_is_good_or_none(&check, folder);
    if (right) {
        look_at(&check, folder, "restored");
        check.txns = 0;
        right = restored_is_good(&check, facts->restored);
    }
    work_fini(&check.work);
    return right;
}
