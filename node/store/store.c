/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/store/key.h"
#include "node/store/store_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"

enum { STORE_FORMAT = 1 };

/* A second's reading, or so. */
#define PAGES_CHECKED_BYTES (UINT64_C(1) << 30)

/* Their names on the disk. */
static const char *const table_names[STORE_TABLE_COUNT] = {
    [STORE_META] = "meta",         [STORE_ORIGINS] = "origins",
    [STORE_JOURNALS] = "journals", [STORE_ENTRIES] = "entries",
    [STORE_TILES] = "tiles",       [STORE_CHECKPOINTS] = "checkpoints",
    [STORE_ROWS] = "rows",         [STORE_ROWS_1] = "rows-1",
    [STORE_COMMANDS] = "commands", [STORE_COMMANDS_1] = "commands-1",
    [STORE_DIGESTS] = "digests",   [STORE_DIGESTS_1] = "digests-1",
    [STORE_JOINT] = "joint",       [STORE_JOINT_1] = "joint-1",
    [STORE_FINDINGS] = "findings", [STORE_FINDINGS_1] = "findings-1",
    [STORE_CHARTERS] = "charters", [STORE_EVIDENCE] = "evidence",
    [STORE_CUTS] = "cuts",         [STORE_CUT_ENTRIES] = "cut-entries",
    [STORE_PRIVATE] = "private",
};

const char *store_table_name(enum store_table table)
{
    return table_names[table];
}

enum store_table store_table_of(enum store_table base, unsigned generation)
{
    HL_ASSERT(base >= STORE_ROWS);
    HL_ASSERT(base <= STORE_FINDINGS_1);
    HL_ASSERT((base - STORE_ROWS) % 2 == 0);
    HL_ASSERT(generation <= 1);
    return (enum store_table)(base + generation);
}

static const struct {
    int code;
    hl_err err;
    const char *text;
} lmdb_errors[] = {
    {MDB_MAP_FULL, HL_EFULL,
     "the store fills its address range: give it more (map_bytes)"},
    {MDB_TXN_FULL, HL_EFULL, "too much for one transaction"},
    {MDB_READERS_FULL, HL_EBUSY, "too many readers at a time"},
    {MDB_PANIC, HL_EFLUSH, "a write of before failed"},
    {MDB_CORRUPTED, HL_EDAMAGED, "its pages are damaged"},
    {MDB_PAGE_NOTFOUND, HL_EDAMAGED, "its pages are damaged"},
    {MDB_CURSOR_FULL, HL_EDAMAGED, "its pages are damaged"},
    {MDB_INVALID, HL_EDAMAGED, "it is no store"},
    {MDB_VERSION_MISMATCH, HL_EDAMAGED, "it is no store"},
    {MDB_INCOMPATIBLE, HL_EDAMAGED, "its tables are of another kind"},
    {MDB_NOTFOUND, HL_EDAMAGED, "a table is missing"},
};

hl_err store_fail(struct store *store, int code, const char *doing,
                  struct hl_detail *detail)
{
    HL_ASSERT(code != MDB_SUCCESS);
    for (size_t i = 0; i < sizeof(lmdb_errors) / sizeof(lmdb_errors[0]); i++) {
        if (lmdb_errors[i].code == code) {
            return hl_fail(detail, lmdb_errors[i].err,
                           "cannot %s the store '%s': %s", doing, store->folder,
                           lmdb_errors[i].text);
        }
    }
    if (code == ENOSPC || code == EDQUOT || code == EROFS) {
        return store_room_fail(&store->room, code, store->reserve_bytes,
                               detail);
    }
    return hl_fail(detail, HL_EIO, "cannot %s the store '%s': %s", doing,
                   store->folder, mdb_strerror(code));
}

static hl_err fail_format(const struct store *store, uint32_t format,
                          struct hl_detail *detail)
{
    return hl_fail(detail, HL_ENEWER,
                   "the store '%s' has format %u, and this program knows up to "
                   "%d: upgrade the program; the store is as it was",
                   store->folder, (unsigned)format, STORE_FORMAT);
}

/* The row is read before anything else is believed, so it never changes its
 * form: u32 in an envelope of the first version. */
static hl_err read_format(struct store_txn *txn, struct store *store,
                          bool *there, struct hl_detail *detail)
{
    struct store_key key = key_meta(STORE_META_FORMAT);
    struct bytes value;
    hl_err err = store_get(txn, STORE_META, key_view(&key), &value, detail);
    *there = true;
    if (err != HL_OK) {
        return err;
    }
    struct reader in;
    reader_init(&in, value);
    uint32_t format = reader_u32(&in);
    err = reader_finish(&in);
    if (err != HL_OK || format == 0) {
        return hl_fail(detail, HL_EDAMAGED,
                       "the store '%s' does not say its format", store->folder);
    }
    return format > STORE_FORMAT ? fail_format(store, format, detail) : HL_OK;
}

/* A file whose main tree is not empty and that has no meta table is LMDB's,
 * but not ours. */
/* Without our tables it is a file into which nobody ever wrote, or it is not
 * ours to fill. */
static hl_err check_new(struct store *store, MDB_txn *raw,
                        struct hl_detail *detail)
{
    MDB_stat stat;
    MDB_envinfo info;
    MDB_dbi main;
    int code = mdb_dbi_open(raw, NULL, 0, &main);
    if (code == MDB_SUCCESS) {
        code = mdb_stat(raw, main, &stat);
    }
    if (code == MDB_SUCCESS) {
        code = mdb_env_info(store->env, &info);
    }
    if (code != MDB_SUCCESS) {
        return store_fail(store, code, "open", detail);
    }
    if (stat.ms_entries > 0) {
        return hl_fail(detail, HL_EDAMAGED, "'%s' holds another program's data",
                       store->folder);
    }
    return info.me_last_txnid == 0 && info.me_last_pgno <= 1
               ? HL_OK
               : hl_fail(detail, HL_EDAMAGED,
                         "the store '%s' was written and shows no tables: its "
                         "first pages are damaged; restore it from a backup",
                         store->folder);
}

static hl_err find_meta(struct store *store, struct store_txn *txn,
                        MDB_txn *raw, bool *there, struct hl_detail *detail)
{
    int code = mdb_dbi_open(raw, table_names[STORE_META], 0,
                            &store->tables[STORE_META]);
    if (code != MDB_NOTFOUND) {
        return code == MDB_SUCCESS ? read_format(txn, store, there, detail)
                                   : store_fail(store, code, "open", detail);
    }
    *there = false;
    return check_new(store, raw, detail);
}

static hl_err write_format(struct store_txn *txn, struct hl_detail *detail)
{
    struct store_key key = key_meta(STORE_META_FORMAT);
    const uint8_t value[4] = {0, 0, 0, STORE_FORMAT};
    return store_put(txn, STORE_META, key_view(&key),
                     bytes_of(value, sizeof(value)), detail);
}

static hl_err open_tables(struct store *store, MDB_txn *raw, unsigned flags,
                          struct hl_detail *detail)
{
    for (size_t i = 0; i < STORE_TABLE_COUNT; i++) {
        int code = mdb_dbi_open(raw, table_names[i], flags, &store->tables[i]);
        if (code != MDB_SUCCESS) {
            return store_fail(store, code, "open", detail);
        }
    }
    return HL_OK;
}

/* A new store is one transaction: all tables and the format. One that lacks a
 * table is damaged: what was in it is not replaced by nothing. */
static hl_err create_tables(struct store *store, struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    hl_err err = store_begin_write(store, &txn, detail);
    if (err == HL_OK) {
        err = open_tables(store, store_txn_raw(txn), MDB_CREATE, detail);
    }
    if (err == HL_OK) {
        err = write_format(txn, detail);
    }
    if (err == HL_OK) {
        err = store_commit(&txn, detail);
    }
    store_abort(&txn);
    return err;
}

static hl_err load_tables(struct store *store, bool *there,
                          struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    hl_err err = store_begin_read(store, &txn, detail);
    if (err != HL_OK) {
        return err;
    }
    MDB_txn *raw = store_txn_raw(txn);
    err = find_meta(store, txn, raw, there, detail);
    if (err == HL_OK && *there) {
        err = open_tables(store, raw, 0, detail);
    }
    if (err != HL_OK) {
        store_abort(&txn);
        return err;
    }
    /* Table handles outlive the transaction that opened them only if it was
     * committed. */
    return store_commit(&txn, detail);
}

static hl_err open_env(struct store *store, const char *path, unsigned flags,
                       struct hl_detail *detail)
{
    MDB_stat stat;
    int code = mdb_env_create(&store->env);
    if (code == MDB_SUCCESS) {
        code = mdb_env_set_mapsize(store->env, store->map_bytes);
    }
    if (code == MDB_SUCCESS) {
        code = mdb_env_set_maxdbs(store->env, STORE_TABLE_COUNT);
    }
    if (code == MDB_SUCCESS) {
        /* Two more, for the writer and store_usage() to count pages. */
        code = mdb_env_set_maxreaders(store->env, store->readers_max + 2);
    }
    if (code == MDB_SUCCESS) {
        code = mdb_env_open(store->env, path, MDB_NOTLS | flags, 0600);
    }
    if (code == MDB_SUCCESS) {
        code = mdb_env_stat(store->env, &stat);
    }
    if (code == MDB_SUCCESS) {
        code = mdb_env_get_fd(store->env, &store->room.fd);
    }
    if (code != MDB_SUCCESS) {
        return store_fail(store, code, "open", detail);
    }
    HL_ASSERT(mdb_env_get_maxkeysize(store->env) >= STORE_KEY_MAX_BYTES);
    store->page_bytes = stat.ms_psize;
    return HL_OK;
}

static void close_env(struct store *store)
{
    if (store->env != NULL) {
        mdb_env_close(store->env);
    }
    store->env = NULL;
    store->room = (struct store_room){.folder = store->folder, .fd = -1};
}

/* The folder's lock is ours: LMDB needs none. */
static hl_err make_file(struct store *store, unsigned flags,
                        struct hl_detail *detail)
{
    char path[4096];
    int size =
        snprintf(path, sizeof(path), "%s/" STORE_FILES_NEW, store->folder);
    if (size >= (int)sizeof(path)) {
        return hl_fail(detail, HL_EIO, "the path '%s' is too long",
                       store->folder);
    }
    store_files_forget_new(store->folder);
    hl_err err =
        open_env(store, path, flags | MDB_NOSUBDIR | MDB_NOLOCK, detail);
    if (err == HL_OK) {
        err = create_tables(store, detail);
    }
    close_env(store);
    if (err == HL_OK) {
        err = store_files_place(store->folder, detail);
    }
    if (err != HL_OK) {
        store_files_forget_new(store->folder);
    }
    return err;
}

static hl_err check_file(struct store *store, bool *there,
                         struct hl_detail *detail)
{
    struct store_file file;
    hl_err err = store_files_inspect(store->folder, &file, detail);
    *there = err == HL_OK && file.pages > 0;
    if (err == HL_OK && file.pages * file.page_bytes > store->map_bytes) {
        char has[STORE_SIZE_TEXT_BYTES], range[STORE_SIZE_TEXT_BYTES];
        return hl_fail(
            detail, HL_ELIMIT,
            "the store '%s' has %s and is given an address range of %s only: "
            "raise map_bytes",
            store->folder, store_size_text(file.pages * file.page_bytes, has),
            store_size_text(store->map_bytes, range));
    }
    return err;
}

/* Before LMDB follows what stands in them. Of a large file all but the leaves,
 * which a scrub looks at. */
static hl_err check_pages(const struct store *store, struct hl_detail *detail)
{
    struct store_file file;
    hl_err err = store_files_inspect(store->folder, &file, detail);
    if (err != HL_OK) {
        return err;
    }
    const struct pages_options options = {
        .leaves = file.pages * file.page_bytes <= PAGES_CHECKED_BYTES};
    return store_files_check(store->folder, &options, NULL, NULL, detail);
}

hl_err store_check_pages(struct store *store, bool (*goes_on)(void *context),
                         void *context, struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    hl_err err = store_begin_read(store, &txn, detail);
    if (err != HL_OK) {
        return err;
    }
    const struct pages_options options = {.txn = mdb_txn_id(store_txn_raw(txn)),
                                          .leaves = true};
    err = store_files_check(store->folder, &options, goes_on, context, detail);
    store_abort(&txn);
    return err == HL_ENOTFOUND
               ? hl_fail(detail, HL_EBUSY, "the store goes on too fast")
               : err;
}

static hl_err open_locked(struct store *store, bool volatile_disk,
                          struct hl_detail *detail)
{
    bool there = false;
    unsigned flags = volatile_disk ? MDB_NOSYNC : 0;
    hl_err err = check_file(store, &there, detail);
    if (err == HL_OK && there && !volatile_disk) {
        err = check_pages(store, detail);
    }
    if (err == HL_OK && !there) {
        err = make_file(store, flags, detail);
    }
    if (err == HL_OK) {
        err = open_env(store, store->folder, flags, detail);
    }
    if (err == HL_OK && !volatile_disk) {
        err = store_files_settle(&store->room, store->page_bytes, detail);
    }
    if (err == HL_OK) {
        store_clear_stale_readers(store);
        err = load_tables(store, &there, detail);
    }
    if (err == HL_OK && !there) {
        err = create_tables(store, detail);
    }
    return err;
}

hl_err store_open(const struct store_options *options, struct store **out,
                  struct hl_detail *detail)
{
    HL_ASSERT(options->reserve_bytes > 0);
    HL_ASSERT(options->readers_max > 0);
    struct store *store = hl_alloc(1, sizeof(*store));
    store->folder = hl_copy(options->folder, strlen(options->folder));
    store->lock = -1;
    store->room = (struct store_room){.folder = store->folder, .fd = -1};
    store->map_bytes = options->map_bytes;
    store->max_bytes = options->max_bytes;
    store->reserve_bytes = options->reserve_bytes;
    store->readers_max = options->readers_max;
    hl_err err = store_files_lock(store->folder, &store->lock, detail);
    if (err == HL_OK) {
        err = open_locked(store, options->volatile_disk, detail);
    }
    if (err != HL_OK) {
        store_close(&store);
        return err;
    }
    *out = store;
    return HL_OK;
}

void store_close(struct store **store)
{
    struct store *self = *store;
    if (self == NULL) {
        return;
    }
    HL_ASSERT(self->writing == NULL);
    HL_ASSERT(atomic_load(&self->readers) == 0);
    close_env(self);
    if (self->lock >= 0) {
        close(self->lock);
    }
    writer_fini(&self->envelope);
    hl_free(self->folder);
    hl_free(self);
    *store = NULL;
}

void store_clear_stale_readers(struct store *store)
{
    /* It fails only where the lock file is broken, and then a slot stays
     * taken: no reason to stop. */
    (void)mdb_reader_check(store->env, NULL);
}

/* LMDB keeps its free list as table 0: under each transaction's number a count
 * and that many pages. Only readers may look at it. */
static int count_free(MDB_txn *txn, uint64_t *pages)
{
    MDB_cursor *cursor = NULL;
    MDB_val key, value;
    int code = mdb_cursor_open(txn, 0, &cursor);
    if (code != MDB_SUCCESS) {
        return code;
    }
    *pages = 0;
    while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) ==
           MDB_SUCCESS) {
        size_t count = 0;
        if (value.mv_size >= sizeof(count)) {
            memcpy(&count, value.mv_data, sizeof(count));
        }
        *pages += count;
    }
    mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

int store_count_pages(struct store *store, uint64_t *pages)
{
    MDB_envinfo info;
    MDB_txn *txn = NULL;
    uint64_t unused = 0;
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (code != MDB_SUCCESS) {
        return code;
    }
    code = mdb_env_info(store->env, &info);
    if (code == MDB_SUCCESS) {
        code = count_free(txn, &unused);
    }
    mdb_txn_abort(txn);
    if (code == MDB_SUCCESS) {
        uint64_t all = (uint64_t)info.me_last_pgno + 1;
        *pages = all > unused ? all - unused : 0;
    }
    return code;
}

hl_err store_usage(struct store *store, struct store_usage *out,
                   struct hl_detail *detail)
{
    struct stat file;
    uint64_t pages = 0;
    struct store_usage usage = {.max_bytes = store->max_bytes};
    hl_err err = store_room_free(&store->room, &usage.disk_free_bytes, detail);
    if (err != HL_OK) {
        return err;
    }
    if (fstat(store->room.fd, &file) != 0) {
        return store_fail(store, errno, "measure", detail);
    }
    int code = store_count_pages(store, &pages);
    if (code != MDB_SUCCESS) {
        return store_fail(store, code, "measure", detail);
    }
    usage.used_bytes = pages * store->page_bytes;
    usage.file_bytes = (uint64_t)file.st_size;
    *out = usage;
    return HL_OK;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

hl_err store_check_room(struct store_txn *txn, uint64_t bytes, const char *what,
                        struct hl_detail *detail)
{
    struct store *store = txn->store;
    struct store_usage usage;
    char needed[STORE_SIZE_TEXT_BYTES], there[STORE_SIZE_TEXT_BYTES];
    hl_err err = store_usage(store, &usage, detail);
    if (err != HL_OK) {
        return err;
    }
    uint64_t bound = less(usage.max_bytes, usage.used_bytes);
    uint64_t disk = less(usage.disk_free_bytes, store->reserve_bytes) +
                    less(usage.file_bytes, usage.used_bytes);
    uint64_t least = bound < disk ? bound : disk;
    return bytes <= least
               ? HL_OK
               : hl_fail(detail, HL_EFULL,
                         "%s takes %s beside what the store '%s' has, and "
                         "there is room for %s: %s",
                         what, store_size_text(bytes, needed), store->folder,
                         store_size_text(least, there),
                         bound < disk ? "raise max_store_bytes"
                                      : "make room on its disk");
}
