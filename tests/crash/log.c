/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "tests/support/support.h"

const char *const log_breakage_names[LOG_BREAKAGES] = {
    [LOG_SOUND] = "sound",
    [LOG_DATA_UNFLUSHED] = "data-unflushed",
    [LOG_NEW_UNFLUSHED] = "new-unflushed",
    [LOG_META_UNFLUSHED] = "meta-unflushed",
    [LOG_MARK_UNFLUSHED] = "mark-unflushed",
    [LOG_FOLDER_UNFLUSHED] = "folder-unflushed",
    [LOG_STORE_UNPLACED] = "store-unplaced",
    [LOG_HEADS_UNSETTLED] = "heads-unsettled",
    [LOG_MARK_FIRST] = "mark-first",
    [LOG_BACKUP_UNFLUSHED] = "backup-unflushed",
};

void log_read(struct log *log, const char *path)
{
    *log = (struct log){0};
    test_read_file(path, &log->raw);
    struct bytes left = writer_view(&log->raw);
    size_t capacity = left.size / sizeof(struct record) + 1;
    log->items = hl_alloc(capacity, sizeof(log->items[0]));
    while (left.size > 0) {
        struct log_item *item = &log->items[log->count++];
        struct record *record = &item->record;
        if (left.size >= sizeof(*record)) {
            memcpy(record, left.data, sizeof(*record));
        }
        if (left.size < sizeof(*record) + record->size ||
            record->kind >= SHIM_RECORDS) {
            fprintf(stderr, "%s: no log\n", path);
            abort();
        }
        item->data = left.data + sizeof(*record);
        size_t size = sizeof(*record) + record->size;
        left = bytes_slice(left, size, left.size - size);
    }
}

void log_fini(struct log *log)
{
    writer_fini(&log->raw);
    hl_free(log->items);
}

void log_note(const struct log_item *item, struct facts *facts)
{
    if (item->record.size > 0) {
        char *text = hl_copy(item->data, item->record.size);
        facts_read(facts, text);
        hl_free(text);
    }
}

/* --- Breaking it. -------------------------------------------------------- */

static bool is_path(const struct log_item *item, const char *begin)
{
    return item->record.size >= strlen(begin) &&
           memcmp(item->data, begin, strlen(begin)) == 0;
}

static bool is_flush_of(const struct log_item *item, const char *begin)
{
    return (item->record.kind == RECORD_FLUSH ||
            item->record.kind == RECORD_FLUSH_FOLDER) &&
           is_path(item, begin);
}

/* The inode of the file that was made under the name. */
static uint64_t inode_of(const struct log *log, const char *begin)
{
    for (size_t i = log->count; i > 0; i--) {
        const struct log_item *item = &log->items[i - 1];
        if (item->record.kind == RECORD_FLUSH && is_path(item, begin)) {
            return item->record.inode;
        }
    }
    return 0;
}

static void drop(struct log_item *item)
{
    *item = (struct log_item){.record.kind = RECORD_NOTE};
}

static void move(struct log *log, size_t from, size_t to)
{
    struct log_item item = log->items[from];
    memmove(&log->items[to + 1], &log->items[to],
            (from - to) * sizeof(log->items[0]));
    log->items[to] = item;
}

/* Each write of the mark, and its flush, before the head page that it goes
 * with. */
static void put_mark_first(struct log *log)
{
    uint64_t mark = inode_of(log, "journal.mark");
    size_t head = 0;
    for (size_t i = 0; i < log->count; i++) {
        const struct log_item *item = &log->items[i];
        if (item->record.kind == RECORD_WRITE_FLUSHED) {
            head = i;
        }
        if (head > 0 && (is_flush_of(item, "journal.mark") ||
                         (item->record.kind == RECORD_WRITE &&
                          item->record.inode == mark))) {
            move(log, i, head++);
        }
    }
}

/* Nothing else writes so much at the begin of a head page; and the flush of
 * the two. */
static bool is_settling(const struct log_item *item)
{
    enum { META_BYTES = 152, PAGE_BYTES = 4096 };
    return (item->record.kind == RECORD_WRITE &&
            item->record.size == META_BYTES &&
            item->record.offset % PAGE_BYTES == 0) ||
           (item->record.kind == RECORD_FLUSH &&
            item[-1].record.kind == RECORD_NOTE && item[-1].data == NULL);
}

static bool is_lost(const struct log_item *item, enum log_breakage breakage)
{
    bool folder = item->record.kind == RECORD_FLUSH_FOLDER;
    switch (breakage) {
    case LOG_DATA_UNFLUSHED:
        return is_flush_of(item, "store/data.mdb") &&
               !is_flush_of(item, "store/data.mdb.new");
    case LOG_NEW_UNFLUSHED:
        return is_flush_of(item, "store/data.mdb.new");
    case LOG_MARK_UNFLUSHED:
        return is_flush_of(item, "journal.mark");
    case LOG_BACKUP_UNFLUSHED:
        return is_flush_of(item, "backup/");
    case LOG_FOLDER_UNFLUSHED:
        return folder;
    case LOG_STORE_UNPLACED:
        return folder && is_path(item, "store");
    case LOG_HEADS_UNSETTLED:
        return is_settling(item);
    default:
        return false;
    }
}

void log_break(struct log *log, enum log_breakage breakage)
{
    for (size_t i = 0; i < log->count; i++) {
        struct log_item *item = &log->items[i];
        if (is_lost(item, breakage)) {
            drop(item);
        }
        if (breakage == LOG_META_UNFLUSHED &&
            item->record.kind == RECORD_WRITE_FLUSHED) {
            item->record.kind = RECORD_WRITE;
        }
    }
    if (breakage == LOG_MARK_FIRST) {
        put_mark_first(log);
    }
}
