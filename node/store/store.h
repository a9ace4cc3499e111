/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STORE_STORE_H
#define HL_NODE_STORE_STORE_H

/* The store: one LMDB environment. Only the files that include
 * store_inside.h know LMDB.
 *
 * Every value is kept with a version byte before it and a checksum over table,
 * key and value behind it, and neither is seen outside: what was changed on
 * the disk is never returned (HL_EDAMAGED).
 *
 * One write transaction at a time, by one thread; any number of read
 * transactions, each a snapshot, short, each used by one thread at a time
 * (but not bound to it). Pointers to what was read die with the transaction,
 * and in a write transaction with its next put or delete. */

#include <stdbool.h>

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

/* One B+ tree each. What is rebuilt from the journals exists twice: a
 * generation is 0 or 1, and store_table_of(base, generation) gives it. */
enum store_table {
    STORE_META,        /* key.h: one row each; format, identity, generation */
    STORE_ORIGINS,     /* origin's name -> its number in the other keys */
    STORE_JOURNALS,    /* number -> size, newest time, frontier */
    STORE_ENTRIES,     /* (number, index) -> entries */
    STORE_TILES,       /* (number, level, place) -> hashes */
    STORE_CHECKPOINTS, /* (number, kind) -> signed note, or end proof */

    STORE_ROWS,     /* halves: (number, record type, key) -> row */
    STORE_ROWS_1,   /*         the second generation of each, so below */
    STORE_COMMANDS, /* own half: (caller, command id) -> index */
    STORE_COMMANDS_1,
    STORE_DIGESTS, /* nodes of the halves' hash trees, recorded digests */
    STORE_DIGESTS_1,
    STORE_JOINT, /* joint state and its index over halves */
    STORE_JOINT_1,
    STORE_FINDINGS,
    STORE_FINDINGS_1,

    STORE_CHARTERS,    /* (version, hash) -> signed note */
    STORE_EVIDENCE,    /* hash -> file of evidence */
    STORE_CUTS,        /* (number, cut) -> what a cut took away, and how far */
    STORE_CUT_ENTRIES, /* (number, cut, index) -> entry */
    STORE_PRIVATE,     /* (record type, key) -> contact; in no journal */
    STORE_TABLE_COUNT
};

enum store_table store_table_of(enum store_table base, unsigned generation);

struct store;
struct store_txn;

struct store_options {
    const char *folder;     /* exists; the store's files lie in it */
    uint64_t map_bytes;     /* address range, fixed; the file grows in it */
    uint64_t max_bytes;     /* of pages in use; beyond it writes are refused */
    uint64_t reserve_bytes; /* disk space held ready for one transaction */
    unsigned readers_max;   /* read transactions at a time */
    bool volatile_disk;     /* no flushing: for simulators, never for a node */
};

/* Opens or creates, and holds the folder's lock until store_close(). A new
 * store is there whole or not at all, and what is found is put on the disk
 * before anybody sees it, whoever wrote it.
 *
 * HL_ENOTFOUND  there is no such folder.
 * HL_ELOCKED    another process has it open.
 * HL_ENEWER     its format is of a newer program: upgrade this one; the store
 *               is as it was.
 * HL_EDAMAGED   it is no store, or damaged beyond opening.
 * HL_ELIMIT     map_bytes is below what the file has.
 * HL_EFULL      no room to make it, or to write again what was found.
 * HL_EFLUSH     it was being made, and its disk failed: there is none.
 * HL_EIO */
HL_MUST_USE hl_err store_open(const struct store_options *options,
                              struct store **out, struct hl_detail *detail);

/* No transaction is open. Sets NULL; NULL is fine. */
void store_close(struct store **store);

/* Begins the write transaction, after making sure that there is room for it:
 * the file is extended ahead, so that a full disk is met here and not in the
 * middle of a commit.
 *
 * HL_EFULL  max_bytes is reached (one transaction may end beyond it, the next
 *           is refused), or the disk is full or read-only; detail
 *           says which, how much is free, and what to do. Goes away by itself
 *           with its cause.
 * HL_EIO    the disk fails. */
HL_MUST_USE hl_err store_begin_write(struct store *store,
                                     struct store_txn **out,
                                     struct hl_detail *detail);

/* The same for a transaction that makes more room than it takes: max_bytes
 * does not refuse it. */
HL_MUST_USE hl_err store_begin_freeing(struct store *store,
                                       struct store_txn **out,
                                       struct hl_detail *detail);

/* HL_EBUSY  readers_max are open. */
HL_MUST_USE hl_err store_begin_read(struct store *store, struct store_txn **out,
                                    struct hl_detail *detail);

/* Whether a write transaction has used up half of what store_begin_write()
 * made ready: no more should go into it. */
bool store_txn_is_large(const struct store_txn *txn);

/* Commits, durably, and releases the transaction; sets NULL also on failure.
 *
 * HL_EFLUSH  the outcome is unknown: nothing may be answered from what this
 *            process believes; end it, and a restart finds out.
 * HL_EFULL   nothing of it was written; the store goes on as before. */
HL_MUST_USE hl_err store_commit(struct store_txn **txn,
                                struct hl_detail *detail);

/* Drops a write transaction's changes, or a snapshot. Sets NULL; NULL is
 * fine. */
void store_abort(struct store_txn **txn);

/* *value.data is NULL where the key is absent.
 *
 * HL_EDAMAGED  the stored value is not what was put there. */
HL_MUST_USE hl_err store_get(struct store_txn *txn, enum store_table table,
                             struct bytes key, struct bytes *value,
                             struct hl_detail *detail);

/* Reads every page that the newest state has beside LMDB, which dies of some
 * that are damaged. Asks `goes_on`, which may be NULL, now and then. Holds a
 * reader meanwhile.
 *
 * HL_EDAMAGED  detail has the page, and what to do.
 * HL_EBUSY     two commits came before the first page was read: ask again.
 * HL_ESTOPPING goes_on() said no.
 * HL_EIO */
HL_MUST_USE hl_err store_check_pages(struct store *store,
                                     bool (*goes_on)(void *context),
                                     void *context, struct hl_detail *detail);

/* Puts or replaces. The key has 1 to STORE_KEY_MAX_BYTES bytes (asserts).
 *
 * HL_ELIMIT         the value is larger than STORE_VALUE_MAX_BYTES.
 * HL_EFULL, HL_EIO  the transaction is of no more use: abort it. HL_EFULL also
 *                   where it outgrows what store_begin_write() made ready. */
enum { STORE_KEY_MAX_BYTES = 511, STORE_VALUE_MAX_BYTES = 4194304 };
HL_MUST_USE hl_err store_put(struct store_txn *txn, enum store_table table,
                             struct bytes key, struct bytes value,
                             struct hl_detail *detail);

/* Absent is fine. Errors as store_put(). */
HL_MUST_USE hl_err store_delete(struct store_txn *txn, enum store_table table,
                                struct bytes key, struct hl_detail *detail);

/* Empties a table at once, whatever its size. Errors as store_put(). */
HL_MUST_USE hl_err store_clear(struct store_txn *txn, enum store_table table,
                               struct hl_detail *detail);

/* Walks a table in the order of its keys. A cursor ends before its
 * transaction; a put or delete in its table ends it too (seek again). */
struct store_cursor;

HL_MUST_USE hl_err store_cursor_open(struct store_txn *txn,
                                     enum store_table table,
                                     struct store_cursor **out,
                                     struct hl_detail *detail);
void store_cursor_close(struct store_cursor **cursor);

/* A row. key.data is NULL past either end. */
struct store_row {
    struct bytes key;
    struct bytes value;
};

/* The first row whose key is not below `key` (empty: the first); the last row
 * whose key is below `key` (empty: the last); the next and the previous one.
 *
 * HL_EDAMAGED  as store_get(): row->key is set, and the cursor stands there and
 *              may go on; or the rows are out of order: row->key.data is NULL,
 *              and it may not. */
HL_MUST_USE hl_err store_seek(struct store_cursor *cursor, struct bytes key,
                              struct store_row *row, struct hl_detail *detail);
HL_MUST_USE hl_err store_seek_below(struct store_cursor *cursor,
                                    struct bytes key, struct store_row *row,
                                    struct hl_detail *detail);
HL_MUST_USE hl_err store_next(struct store_cursor *cursor,
                              struct store_row *row, struct hl_detail *detail);
HL_MUST_USE hl_err store_previous(struct store_cursor *cursor,
                                  struct store_row *row,
                                  struct hl_detail *detail);

/* --- For whoever looks for damage. ---------------------------------------- */

/* A row as it lies in its table. */
struct store_scan_row {
    struct bytes key; /* data NULL past the end */
    struct bytes value;
    /* It is not what was put there (value is empty then), or it lies where no
     * search finds it: nobody is served it. */
    bool damaged;
};

/* Walks a table as store_seek() and store_next() do, but goes on past what is
 * damaged: the first row above `after` (empty: the first), the next one. The
 * order of keys is not to be relied on.
 *
 * HL_EDAMAGED  the library itself cannot go on: what lies behind is not to be
 *              had. */
HL_MUST_USE hl_err store_scan_first(struct store_cursor *cursor,
                                    struct bytes after,
                                    struct store_scan_row *row,
                                    struct hl_detail *detail);
HL_MUST_USE hl_err store_scan_next(struct store_cursor *cursor,
                                   struct store_scan_row *row,
                                   struct hl_detail *detail);

/* Whether a search finds the row at which a cursor stands. */
bool store_is_found(const struct store_cursor *cursor,
                    const struct store_row *row);

/* Rows that the table says it has. */
HL_MUST_USE hl_err store_row_count(struct store_txn *txn,
                                   enum store_table table, uint64_t *count,
                                   struct hl_detail *detail);

/* Removes the rows that are not what was put there, from the first one above
 * `after` on up to the next one that is, and is found; *dropped counts. Errors
 * as store_put(). */
HL_MUST_USE hl_err store_drop_damaged(struct store_txn *txn,
                                      enum store_table table,
                                      struct bytes after, uint64_t *dropped,
                                      struct hl_detail *detail);

/* Puts rows that are whole, and that no search finds where they lie, to where
 * one does: those between `after` and the next row that is found, unless any
 * there is damaged. As many as go into one transaction; *moved counts. Errors
 * as store_put(). */
HL_MUST_USE hl_err store_put_hidden(struct store_txn *txn,
                                    enum store_table table, struct bytes after,
                                    uint64_t *moved, struct hl_detail *detail);

/* A table's name, for messages. */
const char *store_table_name(enum store_table table);

/* Gives back what dead processes' readers hold. Any thread. */
void store_clear_stale_readers(struct store *store);

struct store_usage {
    uint64_t used_bytes; /* pages in use */
    uint64_t file_bytes;
    uint64_t max_bytes;
    uint64_t disk_free_bytes;
};

/* Pages of a table, in bytes. */
HL_MUST_USE hl_err store_table_bytes(struct store_txn *txn,
                                     enum store_table table, uint64_t *bytes,
                                     struct hl_detail *detail);

/* HL_EFULL  so much more would not go into max_bytes, or not onto the disk,
 *           with reserve_bytes left over. Otherwise as store_usage(). */
HL_MUST_USE hl_err store_check_room(struct store_txn *txn, uint64_t bytes,
                                    const char *what, struct hl_detail *detail);

/* Any thread. HL_EIO; HL_EBUSY where others ask at the same moment. */
HL_MUST_USE hl_err store_usage(struct store *store, struct store_usage *out,
                               struct hl_detail *detail);

#endif
