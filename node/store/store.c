/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zlib.h>

#include "node/store/key.h"
#include "node/store/store_file.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/writer.h"

enum {
    STORE_FORMAT = 1,
    VALUE_VERSION = 1,
    VALUE_HEAD_BYTES = 1,
    VALUE_TAIL_BYTES = 4,
    /* How often a growing transaction is measured against its room. */
    MEASURE_EVERY_PUTS = 64,
};

struct store {
    MDB_env *env;
    MDB_dbi tables[STORE_TABLE_COUNT];
    int lock_fd;
    int data_fd;
    char *folder;
    char *data_path;
    size_t page_bytes;
    uint64_t max_bytes, reserve_bytes;
    uint64_t ready_bytes; /* the file has room up to here */
    bool volatile_disk;
    bool broken; /* a commit's outcome is unknown */
};

struct store_txn {
    struct store *store;
    MDB_txn *txn;
    bool writes;
    uint64_t puts[STORE_TABLE_COUNT]; /* and deletes */
    uint64_t put_bytes;
    uint64_t unmeasured;  /* puts since the last look */
    uint64_t ready_pages; /* made ready for it */
    struct writer value;  /* a value on its way in */
};

struct store_cursor {
    struct store_txn *txn;
    enum store_table table;
    MDB_cursor *cursor;
    struct bytes last; /* the key it stands at, in a snapshot */
};

static const char *const table_names[STORE_TABLE_COUNT] = {
    [STORE_META] = "meta",         [STORE_ORIGINS] = "origins",
    [STORE_JOURNALS] = "journals", [STORE_ENTRIES] = "entries",
    [STORE_TILES] = "tiles",       [STORE_CHECKPOINTS] = "checkpoints",
    [STORE_ROWS] = "rows",         [STORE_ROWS_1] = "rows.1",
    [STORE_COMMANDS] = "commands", [STORE_COMMANDS_1] = "commands.1",
    [STORE_DIGESTS] = "digests",   [STORE_DIGESTS_1] = "digests.1",
    [STORE_JOINT] = "joint",       [STORE_JOINT_1] = "joint.1",
    [STORE_FINDINGS] = "findings", [STORE_FINDINGS_1] = "findings.1",
};

enum store_table store_table_of(enum store_table base, unsigned generation)
{
    HL_ASSERT(base >= STORE_ROWS && generation <= 1);
    HL_ASSERT((base - STORE_ROWS) % 2 == 0);
    return (enum store_table)(base + generation);
}

/* --- Foreign errors. ----------------------------------------------------- */

static hl_err translate(const struct store *store, int code, const char *doing,
                        struct hl_detail *detail)
{
    hl_err err = HL_EIO;
    switch (code) {
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_BAD_TXN:
    case MDB_INCOMPATIBLE:
        err = HL_EDAMAGED;
        break;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case ENOSPC:
    case EDQUOT:
    case EROFS:
        err = HL_EFULL;
        break;
    case MDB_READERS_FULL:
        err = HL_EBUSY;
        break;
    case MDB_PANIC:
        err = HL_EFLUSH;
        break;
    default:
        break;
    }
    return hl_fail(detail, err, "store %s: %s: %s", store->folder, doing,
                   mdb_strerror(code));
}

/* --- Opening. ------------------------------------------------------------ */

static hl_err check_format(struct store *store, struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    hl_err err = store_begin_read(store, &txn, detail);
    if (err != HL_OK) {
        return err;
    }
    struct bytes value;
    struct store_key key = key_meta("format");
    err = store_get(txn, STORE_META, key_view(&key), &value, detail);
    if (err == HL_OK && value.data != NULL) {
        uint32_t format = 0;
        if (value.size == 4) {
            format = (uint32_t)value.data[0] << 24 |
                     (uint32_t)value.data[1] << 16 |
                     (uint32_t)value.data[2] << 8 | value.data[3];
        }
        if (format > STORE_FORMAT) {
            err = hl_fail(detail, HL_ENEWER,
                          "store %s has format %u, and this program reads %u: "
                          "upgrade heluod; nothing was changed",
                          store->folder, format, (unsigned)STORE_FORMAT);
        } else if (format != STORE_FORMAT) {
            err = hl_fail(detail, HL_EDAMAGED,
                          "store %s: its format row cannot be read",
                          store->folder);
        }
    }
    store_abort(&txn);
    return err;
}

/* The first table alone, so that a store of a newer program is left as it
 * is; then all others. */
static int open_tables(struct store *store, enum store_table from,
                       enum store_table to, bool create)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, create ? 0 : MDB_RDONLY, &txn);
    for (enum store_table i = from; code == 0 && i < to; i++) {
        code = mdb_dbi_open(txn, table_names[i], create ? MDB_CREATE : 0,
                            &store->tables[i]);
    }
    if (code != 0) {
        if (txn != NULL) {
            mdb_txn_abort(txn);
        }
        return code;
    }
    return mdb_txn_commit(txn);
}

static hl_err put_format(struct store *store, struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    hl_err err = store_begin_write(store, &txn, detail);
    if (err != HL_OK) {
        return err;
    }
    static const uint8_t format[4] = {0, 0, 0, STORE_FORMAT};
    struct store_key key = key_meta("format");
    err =
        store_put(txn, STORE_META, key_view(&key), bytes_of(format, 4), detail);
    if (err != HL_OK) {
        store_abort(&txn);
        return err;
    }
    return store_commit(&txn, detail);
}

static hl_err open_all(struct store *store, bool fresh,
                       struct hl_detail *detail)
{
    int code = open_tables(store, STORE_META, STORE_ORIGINS, fresh);
    if (code == MDB_NOTFOUND) {
        /* A process that died before its first commit left no table. */
        fresh = true;
        code = open_tables(store, STORE_META, STORE_ORIGINS, true);
    }
    if (code != 0) {
        return translate(store, code, "opening", detail);
    }
    hl_err err = check_format(store, detail);
    if (err != HL_OK) {
        return err;
    }
    code = open_tables(store, STORE_ORIGINS, STORE_TABLE_COUNT, false);
    if (code == MDB_NOTFOUND) {
        code = open_tables(store, STORE_ORIGINS, STORE_TABLE_COUNT, true);
    }
    if (code != 0) {
        return translate(store, code, "opening tables", detail);
    }
    return fresh ? put_format(store, detail) : HL_OK;
}

static hl_err open_env(struct store *store, const struct store_options *options,
                       bool *fresh, struct hl_detail *detail)
{
    hl_err err =
        store_file_check(store->data_path, options->map_bytes, fresh, detail);
    if (err != HL_OK) {
        return err;
    }
    int code = mdb_env_create(&store->env);
    if (code == 0) {
        code = mdb_env_set_mapsize(store->env, options->map_bytes);
    }
    if (code == 0) {
        code = mdb_env_set_maxdbs(store->env, STORE_TABLE_COUNT);
    }
    if (code == 0) {
        code = mdb_env_set_maxreaders(store->env, options->readers_max);
    }
    if (code == 0) {
        unsigned flags = MDB_NOTLS | MDB_NORDAHEAD;
        if (options->volatile_disk) {
            flags |= MDB_NOSYNC | MDB_NOMETASYNC;
        }
        code = mdb_env_open(store->env, options->folder, flags, 0600);
    }
    if (code != 0) {
        return translate(store, code, "opening", detail);
    }
    MDB_stat stat;
    mdb_env_stat(store->env, &stat);
    store->page_bytes = stat.ms_psize;
    store->data_fd = open(store->data_path, O_RDWR | O_CLOEXEC);
    if (store->data_fd < 0) {
        return hl_fail(detail, HL_EIO, "%s: %s", store->data_path,
                       strerror(errno));
    }
    return HL_OK;
}

hl_err store_open(const struct store_options *options, struct store **out,
                  struct hl_detail *detail)
{
    struct store *store = hl_alloc(1, sizeof(*store));
    store->lock_fd = -1;
    store->data_fd = -1;
    store->folder = hl_copy(options->folder, strlen(options->folder));
    store->max_bytes = options->max_bytes;
    store->reserve_bytes = options->reserve_bytes;
    store->volatile_disk = options->volatile_disk;
    size_t size = strlen(options->folder) + sizeof("/data.mdb");
    store->data_path = hl_alloc(1, size);
    snprintf(store->data_path, size, "%s/data.mdb", options->folder);

    bool fresh = false;
    hl_err err = store_file_lock(options->folder, &store->lock_fd, detail);
    if (err == HL_OK) {
        err = open_env(store, options, &fresh, detail);
    }
    if (err == HL_OK) {
        store_clear_stale_readers(store);
        err = open_all(store, fresh, detail);
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
    struct store *gone = *store;
    if (gone == NULL) {
        return;
    }
    if (gone->env != NULL) {
        mdb_env_close(gone->env);
    }
    if (gone->data_fd >= 0) {
        close(gone->data_fd);
    }
    if (gone->lock_fd >= 0) {
        close(gone->lock_fd);
    }
    hl_free(gone->data_path);
    hl_free(gone->folder);
    hl_free(gone);
    *store = NULL;
}

/* --- Room. --------------------------------------------------------------- */

/* Pages that the file has and no snapshot or row uses any more. In a snapshot:
 * the library lets no write transaction read its list of them. */
static hl_err free_pages(struct store_txn *snapshot, uint64_t *count,
                         struct hl_detail *detail)
{
    struct store *store = snapshot->store;
    MDB_cursor *cursor = NULL;
    *count = 0;
    int code = mdb_cursor_open(snapshot->txn, 0, &cursor);
    MDB_val key, data;
    while (code == 0 &&
           (code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT)) == 0) {
        size_t pages;
        if (data.mv_size < sizeof(pages)) {
            code = MDB_CORRUPTED;
            break;
        }
        memcpy(&pages, data.mv_data, sizeof(pages));
        *count += pages;
    }
    if (cursor != NULL) {
        mdb_cursor_close(cursor);
    }
    return code == MDB_NOTFOUND
               ? HL_OK
               : translate(store, code, "counting free pages", detail);
}

static hl_err count_free_pages(struct store *store, uint64_t *count,
                               struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    hl_err err = store_begin_read(store, &txn, detail);
    if (err == HL_OK) {
        err = free_pages(txn, count, detail);
    }
    store_abort(&txn);
    return err;
}

static uint64_t last_page(struct store *store)
{
    MDB_envinfo info;
    mdb_env_info(store->env, &info);
    return info.me_last_pgno;
}

static hl_err full(struct store *store, int cause, struct hl_detail *detail)
{
    struct statvfs disk;
    uint64_t left = 0;
    if (fstatvfs(store->data_fd, &disk) == 0) {
        left = (uint64_t)disk.f_bavail * disk.f_frsize;
    }
    if (cause == EROFS) {
        return hl_fail(detail, HL_EFULL,
                       "the disk of %s is read-only: mount it for writing; "
                       "writes go on by themselves",
                       store->folder);
    }
    return hl_fail(detail, HL_EFULL,
                   "the disk of %s is full%s: %" PRIu64 " KiB free, %" PRIu64
                   " KiB needed for a transaction: make room; writes go on by "
                   "themselves",
                   store->folder, cause == EDQUOT ? " (quota)" : "",
                   left / 1024, store->reserve_bytes / 1024);
}

/* The file reaches so far beyond what is used that one transaction finds room
 * on the disk for sure. */
static hl_err extend(struct store *store, uint64_t used,
                     struct hl_detail *detail)
{
    uint64_t wanted = used + store->reserve_bytes;
    if (store->ready_bytes >= wanted) {
        return HL_OK;
    }
    /* Ahead by as much again, so that most transactions need not. */
    uint64_t ahead = wanted + store->reserve_bytes;
    int code =
        posix_fallocate(store->data_fd, (off_t)used, (off_t)(ahead - used));
    if (code != 0) {
        ahead = wanted;
        code =
            posix_fallocate(store->data_fd, (off_t)used, (off_t)(ahead - used));
    }
    if (code == 0) {
        store->ready_bytes = ahead;
    }
    if (code == ENOSPC || code == EDQUOT || code == EROFS || code == EFBIG) {
        return full(store, code, detail);
    }
    return code == 0 ? HL_OK
                     : hl_fail(detail, HL_EIO, "%s: extending: %s",
                               store->data_path, strerror(code));
}

static hl_err make_room(struct store *store, struct store_txn *txn,
                        struct hl_detail *detail)
{
    uint64_t used = (last_page(store) + 1) * store->page_bytes;
    txn->ready_pages = store->reserve_bytes / store->page_bytes;
    if (used + store->reserve_bytes > store->max_bytes) {
        uint64_t unused = 0;
        hl_err err = count_free_pages(store, &unused, detail);
        if (err != HL_OK) {
            return err;
        }
        if (used - unused * store->page_bytes + store->reserve_bytes >
            store->max_bytes) {
            return hl_fail(
                detail, HL_EFULL,
                "store %s has reached max_store_bytes: %" PRIu64
                " KiB of %" PRIu64 " KiB are in use and %" PRIu64
                " KiB are kept ready: raise max_store_bytes",
                store->folder, (used - unused * store->page_bytes) / 1024,
                store->max_bytes / 1024, store->reserve_bytes / 1024);
        }
    }
    return store->volatile_disk ? HL_OK : extend(store, used, detail);
}

/* --- Transactions. ------------------------------------------------------- */

static hl_err check_whole(const struct store *store, struct hl_detail *detail)
{
    if (store->broken) {
        return hl_fail(detail, HL_EFLUSH,
                       "store %s: a write failed, and what is on the disk is "
                       "unknown until heluod is started again",
                       store->folder);
    }
    return HL_OK;
}

hl_err store_begin_write(struct store *store, struct store_txn **out,
                         struct hl_detail *detail)
{
    hl_err err = check_whole(store, detail);
    if (err != HL_OK) {
        return err;
    }
    struct store_txn *txn = hl_alloc(1, sizeof(*txn));
    txn->store = store;
    txn->writes = true;
    int code = mdb_txn_begin(store->env, NULL, 0, &txn->txn);
    err = code == 0 ? make_room(store, txn, detail)
                    : translate(store, code, "beginning", detail);
    if (err != HL_OK) {
        store_abort(&txn);
        return err;
    }
    *out = txn;
    return HL_OK;
}

hl_err store_begin_read(struct store *store, struct store_txn **out,
                        struct hl_detail *detail)
{
    MDB_txn *snapshot = NULL;
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &snapshot);
    if (code != 0) {
        return translate(store, code, "reading", detail);
    }
    struct store_txn *txn = hl_alloc(1, sizeof(*txn));
    txn->store = store;
    txn->txn = snapshot;
    *out = txn;
    return HL_OK;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How many pages the transaction can have made new, at most: of each table no
 * more leaves and branches than it has, nor than the puts could reach; the
 * new rows, in pages that a split leaves half full; and the list of the pages
 * that they replace. */
static uint64_t dirty_pages(const struct store_txn *txn)
{
    uint64_t pages = 2 * txn->put_bytes / txn->store->page_bytes;
    for (int i = 0; i < STORE_TABLE_COUNT; i++) {
        MDB_stat stat;
        uint64_t puts = txn->puts[i];
        if (puts == 0 ||
            mdb_stat(txn->txn, txn->store->tables[i], &stat) != 0) {
            continue;
        }
        pages += least(puts, stat.ms_leaf_pages) +
                 least(puts * stat.ms_depth, stat.ms_branch_pages) +
                 2ull * stat.ms_depth;
    }
    return pages + pages / 256 + 16;
}

bool store_txn_is_large(const struct store_txn *txn)
{
    return txn->ready_pages > 0 && dirty_pages(txn) > txn->ready_pages / 2;
}

static void release(struct store_txn *txn)
{
    writer_fini(&txn->value);
    hl_free(txn);
}

hl_err store_commit(struct store_txn **txn, struct hl_detail *detail)
{
    struct store_txn *gone = *txn;
    *txn = NULL;
    HL_ASSERT(gone->writes);
    struct store *store = gone->store;
    int code = mdb_txn_commit(gone->txn);
    release(gone);
    if (code == 0) {
        return HL_OK;
    }
    /* Room was made before, so this is the disk; and whether the pages, the
     * flush or the meta page failed, the library does not say. */
    store->broken = true;
    return hl_fail(detail, HL_EFLUSH,
                   "store %s: commit failed: %s: what is on the disk is "
                   "unknown until heluod is started again",
                   store->folder, mdb_strerror(code));
}

void store_abort(struct store_txn **txn)
{
    if (*txn == NULL) {
        return;
    }
    if ((*txn)->txn != NULL) {
        mdb_txn_abort((*txn)->txn);
    }
    release(*txn);
    *txn = NULL;
}

/* --- Values. ------------------------------------------------------------- */

static uint32_t checksum(enum store_table table, struct bytes key,
                         struct bytes value)
{
    uint8_t head[3] = {(uint8_t)table, (uint8_t)(key.size >> 8),
                       (uint8_t)key.size};
    uLong sum = crc32_z(0, head, sizeof(head));
    sum = crc32_z(sum, key.data, key.size);
    return (uint32_t)crc32_z(sum, value.data, value.size);
}

/* The two generations of a table are one to the checksum, so that rows may be
 * compared as they are. */
static enum store_table base_of(enum store_table table)
{
    return table >= STORE_ROWS ? table - (table - STORE_ROWS) % 2 : table;
}

static hl_err open_value(enum store_table table, struct bytes key, MDB_val raw,
                         struct bytes *value, struct hl_detail *detail)
{
    const uint8_t *data = raw.mv_data;
    size_t size = raw.mv_size;
    if (size >= VALUE_HEAD_BYTES + VALUE_TAIL_BYTES) {
        size_t end = size - VALUE_TAIL_BYTES;
        uint32_t stated = (uint32_t)data[end] << 24 |
                          (uint32_t)data[end + 1] << 16 |
                          (uint32_t)data[end + 2] << 8 | data[end + 3];
        if (stated == checksum(base_of(table), key, bytes_of(data, end)) &&
            data[0] == VALUE_VERSION) {
            *value = bytes_of(data + VALUE_HEAD_BYTES, end - VALUE_HEAD_BYTES);
            return HL_OK;
        }
    }
    return hl_fail(detail, HL_EDAMAGED,
                   "table %s: a value of %zu bytes is not what was written: "
                   "the disk or memory is failing; check them, and restore "
                   "from a backup or from partners",
                   table_names[table], size);
}

hl_err store_get(struct store_txn *txn, enum store_table table,
                 struct bytes key, struct bytes *value,
                 struct hl_detail *detail)
{
    MDB_val name = {.mv_size = key.size, .mv_data = (void *)key.data};
    MDB_val raw;
    int code = mdb_get(txn->txn, txn->store->tables[table], &name, &raw);
    if (code == MDB_NOTFOUND) {
        *value = (struct bytes){0};
        return HL_OK;
    }
    if (code != 0) {
        return translate(txn->store, code, table_names[table], detail);
    }
    return open_value(table, key, raw, value, detail);
}

static hl_err count_put(struct store_txn *txn, enum store_table table,
                        size_t size, struct hl_detail *detail)
{
    txn->puts[table]++;
    txn->put_bytes += size;
    txn->unmeasured++;
    if (txn->unmeasured < MEASURE_EVERY_PUTS && size < txn->store->page_bytes) {
        return HL_OK;
    }
    txn->unmeasured = 0;
    if (txn->ready_pages > 0 && dirty_pages(txn) > txn->ready_pages) {
        return hl_fail(detail, HL_EFULL,
                       "store %s: a transaction needs more than the %" PRIu64
                       " KiB kept ready for it: raise reserve_bytes",
                       txn->store->folder, txn->store->reserve_bytes / 1024);
    }
    return HL_OK;
}

hl_err store_put(struct store_txn *txn, enum store_table table,
                 struct bytes key, struct bytes value, struct hl_detail *detail)
{
    HL_ASSERT(txn->writes);
    HL_ASSERT(key.size > 0 && key.size <= STORE_KEY_MAX_BYTES);
    hl_err err = count_put(txn, table, key.size + value.size + 32, detail);
    if (err != HL_OK) {
        return err;
    }
    writer_clear(&txn->value);
    writer_u8(&txn->value, VALUE_VERSION);
    writer_bytes(&txn->value, value);
    writer_u32(&txn->value,
               checksum(base_of(table), key, writer_view(&txn->value)));
    MDB_val name = {.mv_size = key.size, .mv_data = (void *)key.data};
    MDB_val raw = {.mv_size = txn->value.size, .mv_data = txn->value.data};
    int code = mdb_put(txn->txn, txn->store->tables[table], &name, &raw, 0);
    return code == 0 ? HL_OK
                     : translate(txn->store, code, table_names[table], detail);
}

hl_err store_delete(struct store_txn *txn, enum store_table table,
                    struct bytes key, struct hl_detail *detail)
{
    HL_ASSERT(txn->writes);
    hl_err err = count_put(txn, table, 0, detail);
    if (err != HL_OK) {
        return err;
    }
    MDB_val name = {.mv_size = key.size, .mv_data = (void *)key.data};
    int code = mdb_del(txn->txn, txn->store->tables[table], &name, NULL);
    return code == 0 || code == MDB_NOTFOUND
               ? HL_OK
               : translate(txn->store, code, table_names[table], detail);
}

/* --- Cursors. ------------------------------------------------------------ */

hl_err store_cursor_open(struct store_txn *txn, enum store_table table,
                         struct store_cursor **out, struct hl_detail *detail)
{
    MDB_cursor *cursor = NULL;
    int code = mdb_cursor_open(txn->txn, txn->store->tables[table], &cursor);
    if (code != 0) {
        return translate(txn->store, code, table_names[table], detail);
    }
    struct store_cursor *opened = hl_alloc(1, sizeof(*opened));
    *opened =
        (struct store_cursor){.txn = txn, .table = table, .cursor = cursor};
    *out = opened;
    return HL_OK;
}

void store_cursor_close(struct store_cursor **cursor)
{
    if (*cursor == NULL) {
        return;
    }
    mdb_cursor_close((*cursor)->cursor);
    hl_free(*cursor);
    *cursor = NULL;
}

static hl_err move(struct store_cursor *cursor, MDB_val key, MDB_cursor_op op,
                   struct store_row *row, struct hl_detail *detail)
{
    MDB_val raw;
    int code = mdb_cursor_get(cursor->cursor, &key, &raw, op);
    if (code == MDB_NOTFOUND) {
        *row = (struct store_row){0};
        return HL_OK;
    }
    if (code != 0) {
        return translate(cursor->txn->store, code, table_names[cursor->table],
                         detail);
    }
    row->key = bytes_of(key.mv_data, key.mv_size);
    row->value = (struct bytes){0};
    hl_err err = open_value(cursor->table, row->key, raw, &row->value, detail);
    cursor->last = cursor->txn->writes ? (struct bytes){0} : row->key;
    return err;
}

/* Keys have no checksum that is looked at before a search, nor have the
 * library's pages: where they changed, a walk could go round for ever. */
static hl_err out_of_order(const struct store_cursor *cursor,
                           struct store_row *row, struct hl_detail *detail)
{
    *row = (struct store_row){0};
    return hl_fail(detail, HL_EDAMAGED,
                   "table %s: its rows are out of order: the disk or memory is "
                   "failing; check them, and restore from a backup or from "
                   "partners",
                   table_names[cursor->table]);
}

static hl_err move_by(struct store_cursor *cursor, MDB_cursor_op op,
                      bool forward, struct store_row *row,
                      struct hl_detail *detail)
{
    struct bytes last = cursor->last;
    *row = (struct store_row){0};
    hl_err err = move(cursor, (MDB_val){0}, op, row, detail);
    if (last.data != NULL && row->key.data != NULL) {
        int order = bytes_compare(row->key, last);
        if (forward ? order <= 0 : order >= 0) {
            return out_of_order(cursor, row, detail);
        }
    }
    return err;
}

hl_err store_seek(struct store_cursor *cursor, struct bytes key,
                  struct store_row *row, struct hl_detail *detail)
{
    MDB_val name = {.mv_size = key.size, .mv_data = (void *)key.data};
    *row = (struct store_row){0};
    hl_err err = move(cursor, name, key.size == 0 ? MDB_FIRST : MDB_SET_RANGE,
                      row, detail);
    if (row->key.data != NULL && bytes_compare(row->key, key) < 0) {
        return out_of_order(cursor, row, detail);
    }
    return err;
}

hl_err store_seek_below(struct store_cursor *cursor, struct bytes key,
                        struct store_row *row, struct hl_detail *detail)
{
    MDB_val name = {.mv_size = key.size, .mv_data = (void *)key.data};
    MDB_val raw;
    if (key.size == 0) {
        return move(cursor, name, MDB_LAST, row, detail);
    }
    int code = mdb_cursor_get(cursor->cursor, &name, &raw, MDB_SET_RANGE);
    *row = (struct store_row){0};
    hl_err err = move(cursor, name, code == MDB_NOTFOUND ? MDB_LAST : MDB_PREV,
                      row, detail);
    if (row->key.data != NULL && bytes_compare(row->key, key) >= 0) {
        return out_of_order(cursor, row, detail);
    }
    return err;
}

hl_err store_next(struct store_cursor *cursor, struct store_row *row,
                  struct hl_detail *detail)
{
    return move_by(cursor, MDB_NEXT, true, row, detail);
}

hl_err store_previous(struct store_cursor *cursor, struct store_row *row,
                      struct hl_detail *detail)
{
    return move_by(cursor, MDB_PREV, false, row, detail);
}

/* --- Looking after it. --------------------------------------------------- */

void store_clear_stale_readers(struct store *store)
{
    int dead = 0;
    (void)mdb_reader_check(store->env, &dead);
}

hl_err store_usage(struct store *store, struct store_usage *out,
                   struct hl_detail *detail)
{
    struct stat file;
    struct statvfs disk;
    uint64_t unused = 0;
    hl_err err = count_free_pages(store, &unused, detail);
    if (err != HL_OK) {
        return err;
    }
    if (fstat(store->data_fd, &file) != 0 ||
        fstatvfs(store->data_fd, &disk) != 0) {
        return hl_fail(detail, HL_EIO, "%s: %s", store->data_path,
                       strerror(errno));
    }
    *out = (struct store_usage){
        .used_bytes = (last_page(store) + 1 - unused) * store->page_bytes,
        .file_bytes = (uint64_t)file.st_size,
        .max_bytes = store->max_bytes,
        .disk_free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize,
    };
    return HL_OK;
}
