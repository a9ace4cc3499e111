/* SPDX-License-Identifier: Apache-2.0 */
#include "node/backup/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/tools/file.h"
#include "node/blob/blob_copy.h"
#include "node/blob/blob_files.h"
#include "node/store/key.h"
#include "node/store/store_copy.h"
#include "node/store/store_files.h"
#include "protocol/base/reader.h"
#include "protocol/base/writer.h"

enum {
    PATH_BYTES = 4096,
    PROGRESS_ROWS = 10000,
    FOLDER_MODE = 0700,
    RESERVE_BYTES = 1 << 20,
    READERS_MAX = 4,
};

/* Room for what a tool reads and writes there, whatever the store has. */
#define MAP_BYTES (1ull << 40)
#define SMALL_MAP_BYTES (1ull << 32) /* where no such range is to be had */

/* --- Files. -------------------------------------------------------------- */

static hl_err path_of(const char *folder, const char *name,
                      char out[PATH_BYTES], struct hl_detail *detail)
{
    int size = snprintf(out, PATH_BYTES, "%s/%s", folder, name);
    return size > 0 && size < PATH_BYTES
               ? HL_OK
               : hl_fail(detail, HL_EIO, "the path '%s' is too long", folder);
}

static void remove_names(const char *folder, const char *const *names,
                         size_t count)
{
    char path[PATH_BYTES];
    for (size_t i = 0; i < count; i++) {
        if (path_of(folder, names[i], path, NULL) == HL_OK) {
            (void)unlink(path);
        }
    }
}

/* What LMDB and the store make beside the data; nobody needs it in a backup. */
static void remove_locks(const char *folder)
{
    static const char *const names[] = {"lock.mdb", "store.lock"};
    remove_names(folder, names, sizeof(names) / sizeof(names[0]));
}

/* Of a copy that was broken off, too. */
static void remove_copy(const char *folder)
{
    static const char *const names[] = {"data.mdb", "data.mdb.new"};
    char blobs[PATH_BYTES];
    if (path_of(folder, BLOB_FOLDER, blobs, NULL) == HL_OK) {
        blob_copy_remove(blobs);
    }
    remove_names(folder, names, sizeof(names) / sizeof(names[0]));
    remove_locks(folder);
    (void)rmdir(folder);
}

static hl_err open_copy(const char *folder, struct store **out,
                        struct hl_detail *detail)
{
    struct store_options options = {
        .folder = folder,
        .map_bytes = MAP_BYTES,
        .max_bytes = UINT64_MAX,
        .reserve_bytes = RESERVE_BYTES,
        .readers_max = READERS_MAX,
    };
    hl_err err = store_open(&options, out, detail);
    if (err == HL_EIO) { /* the address space is bounded here */
        options.map_bytes = SMALL_MAP_BYTES;
        err = store_open(&options, out, detail);
    }
    return err;
}

/* --- The mark of a backup. ----------------------------------------------- */

/* What cannot be flushed is a copy, and is removed: there its outcome is known,
 * and nobody has to restart. */
static hl_err commit_copy(struct store_txn **txn, struct hl_detail *detail)
{
    hl_err err = store_commit(txn, detail);
    return err == HL_EFLUSH ? hl_fail(detail, HL_EIO,
                                      "the copy cannot be written: its disk "
                                      "fails")
                            : err;
}

static hl_err put_mark(struct store *store,
                       const struct backup_options *options,
                       struct hl_detail *detail)
{
    struct store_key key = key_meta(STORE_META_BACKUP);
    struct store_txn *txn = NULL;
    struct writer value = {0};
    writer_u64(&value, (uint64_t)options->now.ms);
    writer_bytes(&value, bytes_of_text(options->origin));
    hl_err err = store_begin_write(store, &txn, detail);
    if (err == HL_OK) {
        err = store_put(txn, STORE_META, key_view(&key), writer_view(&value),
                        detail);
    }
    if (err == HL_OK) {
        err = commit_copy(&txn, detail);
    }
    store_abort(&txn);
    writer_fini(&value);
    return err;
}

static hl_err drop_mark(struct store *store, struct hl_detail *detail)
{
    struct store_key key = key_meta(STORE_META_BACKUP);
    struct store_txn *txn = NULL;
    hl_err err = store_begin_write(store, &txn, detail);
    if (err == HL_OK) {
        err = store_delete(txn, STORE_META, key_view(&key), detail);
    }
    if (err == HL_OK) {
        err = commit_copy(&txn, detail);
    }
    store_abort(&txn);
    return err;
}

static hl_err read_mark(struct store_txn *txn, bool *is,
                        struct backup_report *out, struct hl_detail *detail)
{
    struct store_key key = key_meta(STORE_META_BACKUP);
    struct bytes value;
    hl_err err = store_get(txn, STORE_META, key_view(&key), &value, detail);
    if (err != HL_OK) {
        return err;
    }
    *is = value.data != NULL;
    if (*is) {
        struct reader in;
        reader_init(&in, value);
        out->made.ms = (int64_t)reader_u64(&in);
        struct bytes origin = reader_bytes(&in, reader_left(&in));
        snprintf(out->origin, sizeof(out->origin), "%.*s", BYTES_ARGS(origin));
    }
    return HL_OK;
}

hl_err backup_is(struct store *store, bool *is, struct backup_report *out,
                 struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    hl_err err = store_begin_read(store, &txn, detail);
    if (err == HL_OK) {
        err = read_mark(txn, is, out, detail);
    }
    store_abort(&txn);
    return err;
}

/* --- Reading everything. ------------------------------------------------- */

struct reading {
    const struct backup_options *options;
    struct store_txn *txn;
    struct backup_report *report;
};

static hl_err read_table(struct reading *reading, enum store_table table,
                         struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    struct store_row row;
    const struct backup_options *options = reading->options;
    hl_err err = store_cursor_open(reading->txn, table, &cursor, detail);
    if (err == HL_OK) {
        err = store_seek(cursor, (struct bytes){0}, &row, detail);
    }
    while (err == HL_OK && row.key.data != NULL) {
        reading->report->rows++;
        if (options->progress != NULL &&
            reading->report->rows % PROGRESS_ROWS == 0) {
            options->progress(options->context, reading->report->rows);
        }
        err = store_next(cursor, &row, detail);
    }
    store_cursor_close(&cursor);
    return err;
}

static hl_err read_journals(struct reading *reading, struct hl_detail *detail)
{
    struct bytes after = {0};
    struct backup_report *report = reading->report;
    for (;;) {
        struct bytes name;
        struct journal journal;
        uint64_t entries = 0;
        hl_err err =
            journal_next_origin(reading->txn, after, &name, &journal, detail);
        if (err != HL_OK || name.data == NULL) {
            return err;
        }
        err = journal_verify(reading->txn, &journal, &entries, detail);
        if (err != HL_OK) {
            return err;
        }
        report->journals++;
        report->entries += entries;
        if (bytes_equal_text(name, reading->options->origin)) {
            report->own = journal_head(&journal);
        }
        after = name;
    }
}

/* Every value's checksum, every entry's hash, every root. */
static hl_err read_all(struct store *store,
                       const struct backup_options *options,
                       struct backup_report *report, struct hl_detail *detail)
{
    struct reading reading = {.options = options, .report = report};
    report->own = head_empty();
    hl_err err = store_begin_read(store, &reading.txn, detail);
    for (int i = 0; err == HL_OK && i < STORE_TABLE_COUNT; i++) {
        err = read_table(&reading, (enum store_table)i, detail);
    }
    if (err == HL_OK) {
        err = read_journals(&reading, detail);
    }
    store_abort(&reading.txn);
    return err;
}

static hl_err measure(const char *folder, struct backup_report *out,
                      struct hl_detail *detail)
{
    char path[PATH_BYTES];
    struct stat stat_of;
    hl_err err = path_of(folder, "data.mdb", path, detail);
    if (err == HL_OK && stat(path, &stat_of) != 0) {
        err = hl_fail(detail, HL_EIO, "cannot look at '%s': %s", path,
                      strerror(errno));
    }
    if (err == HL_OK) {
        out->file_bytes = (uint64_t)stat_of.st_size;
    }
    return err;
}

/* After the store: a blob is there before the entry that names it. */
static hl_err copy_blobs(const struct backup_options *options,
                         struct backup_report *out, struct hl_detail *detail)
{
    char from[PATH_BYTES], into[PATH_BYTES];
    struct blob_copies copies = {0};
    hl_err err = path_of(options->from, BLOB_FOLDER, from, detail);
    if (err == HL_OK) {
        err = path_of(options->into, BLOB_FOLDER, into, detail);
    }
    if (err == HL_OK) {
        err = blob_copy_folder(from, into, &copies, detail);
    }
    out->blobs = copies.count;
    out->blob_bytes = copies.bytes;
    return err;
}

/* For status; a store that cannot be written to has its backup all the same. */
static void note_backup(const struct backup_options *options)
{
    char path[PATH_BYTES];
    struct writer text = {0};
    writer_format(&text, "%" PRId64 "\n", options->now.ms);
    if (path_of(options->from, BACKUP_LAST_FILE, path, NULL) == HL_OK &&
        file_replace(path, FILE_MODE_SECRET, writer_view(&text), NULL) !=
            HL_OK) {
        (void)unlink(path);
    }
    writer_fini(&text);
}

/* --- Making one. --------------------------------------------------------- */

/* It is marked before anything else: one that is broken off is no store. */
static hl_err finish_backup(const struct backup_options *options,
                            struct backup_report *out, struct hl_detail *detail)
{
    struct store *store = NULL;
    bool is = false;
    hl_err err = open_copy(options->into, &store, detail);
    if (err == HL_OK) {
        err = backup_is(store, &is, out, detail);
    }
    if (err == HL_OK && is) {
        err =
            hl_fail(detail, HL_EBACKUP,
                    "'%s' is a backup itself: copy its folder", options->from);
    }
    if (err == HL_OK) {
        err = put_mark(store, options, detail);
    }
    if (err == HL_OK) {
        err = read_all(store, options, out, detail);
    }
    store_close(&store);
    return err;
}

hl_err backup_make(const struct backup_options *options,
                   struct backup_report *out, struct hl_detail *detail)
{
    *out = (struct backup_report){.made = options->now};
    snprintf(out->origin, sizeof(out->origin), "%s", options->origin);
    hl_err err = file_create_folder(options->into, FOLDER_MODE, detail);
    if (err != HL_OK) {
        return err;
    }
    err = store_copy(options->from, options->into, detail);
    if (err == HL_OK) {
        err = finish_backup(options, out, detail);
    }
    if (err == HL_OK) {
        err = measure(options->into, out, detail);
    }
    if (err == HL_OK) {
        err = copy_blobs(options, out, detail);
    }
    if (err == HL_OK) {
        remove_locks(options->into);
        note_backup(options);
    } else {
        remove_copy(options->into);
    }
    return err;
}

/* --- Taking one back. ---------------------------------------------------- */

/* Of a copy that is still beside the store's place. */
static hl_err finish_restore(const struct backup_options *options,
                             const char *beside, struct backup_report *out,
                             struct hl_detail *detail)
{
    struct store *store = NULL;
    bool is = false;
    hl_err err = open_copy(beside, &store, detail);
    if (err == HL_OK) {
        err = backup_is(store, &is, out, detail);
    }
    if (err == HL_OK && !is) {
        err = hl_fail(detail, HL_EBACKUP,
                      "'%s' is no backup ('heluo backup' makes one)",
                      options->from);
    }
    if (err == HL_OK && strcmp(out->origin, options->origin) != 0) {
        err = hl_fail(detail, HL_EBACKUP,
                      "'%s' is a backup of %s, and the configuration is of %s",
                      options->from, out->origin, options->origin);
    }
    if (err == HL_OK) {
        err = read_all(store, options, out, detail);
    }
    if (err == HL_OK) {
        err = drop_mark(store, detail);
    }
    store_close(&store);
    return err;
}

/* Into the store's place, in one step. */
static hl_err move_in(const char *beside, const char *into,
                      struct hl_detail *detail)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    hl_err err = path_of(beside, "data.mdb", from, detail);
    if (err == HL_OK) {
        err = path_of(into, "data.mdb", to, detail);
    }
    if (err == HL_OK && link(from, to) != 0) {
        err =
            errno == EEXIST
                ? hl_fail(detail, HL_EEXISTS, "there is a store in '%s'", into)
                : hl_fail(detail, HL_EIO, "cannot move '%s' to '%s': %s", from,
                          to, strerror(errno));
    }
    return err == HL_OK ? store_flush_folder(into, detail) : err;
}

static hl_err check_place(const char *into, struct hl_detail *detail)
{
    char path[PATH_BYTES];
    struct stat stat_of;
    hl_err err = path_of(into, "data.mdb", path, detail);
    if (err != HL_OK) {
        return err;
    }
    if (stat(into, &stat_of) != 0) {
        return hl_fail(detail, HL_ENOTFOUND, "there is no folder '%s'", into);
    }
    return file_exists(path)
               ? hl_fail(detail, HL_EEXISTS,
                         "there is a store in '%s': stop its node and move "
                         "'%s' away first",
                         into, path)
               : HL_OK;
}

/* Not from where the copy is made, and cleared away. */
static hl_err check_source(const char *from, const char *beside,
                           struct hl_detail *detail)
{
    struct stat one, other;
    if (stat(from, &one) != 0) {
        return hl_fail(detail, HL_ENOTFOUND, "there is no folder '%s'", from);
    }
    return stat(beside, &other) == 0 && one.st_dev == other.st_dev &&
                   one.st_ino == other.st_ino
               ? hl_fail(detail, HL_EBACKUP,
                         "'%s' is where restores are made: move it elsewhere "
                         "first",
                         from)
               : HL_OK;
}

hl_err backup_restore(const struct backup_options *options,
                      struct backup_report *out, struct hl_detail *detail)
{
    char beside[PATH_BYTES];
    int lock = -1;
    *out = (struct backup_report){0};
    hl_err err = check_place(options->into, detail);
    if (err == HL_OK) {
        err = path_of(options->into, "restoring", beside, detail);
    }
    if (err == HL_OK) {
        err = check_source(options->from, beside, detail);
    }
    if (err == HL_OK) { /* one at a time */
        err = file_lock_folder(options->into, &lock, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    remove_copy(beside); /* of a restore that was broken off */
    err = file_create_folder(beside, FOLDER_MODE, detail);
    if (err == HL_OK) {
        err = store_copy(options->from, beside, detail);
    }
    if (err == HL_OK) {
        err = finish_restore(options, beside, out, detail);
    }
    if (err == HL_OK) {
        err = measure(beside, out, detail);
    }
    if (err == HL_OK) { /* before the store, which names them, is there */
        err = copy_blobs(options, out, detail);
    }
    if (err == HL_OK) {
        err = move_in(beside, options->into, detail);
    }
    remove_copy(beside);
    file_unlock(lock);
    return err;
}
