/* SPDX-License-Identifier: Apache-2.0 */
#include "node/audit/audit_store.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/store/journal.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/bundle.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

enum {
    /* Entries are deflated in an archive, and make rows; of what is not used of
     * the range nothing is taken. */
    STORE_PER_ARCHIVE = 256,
    PATH_BYTES = 4096,
    RUN_MAX = 500, /* entries */
};

/* A journal while it is written. */
struct kept {
    const struct audit_journal *of;
    struct journal journal;
};

struct audit_store {
    struct store *store;
    struct projection *projection;
    struct store_txn *txn; /* NULL: none is open */
    struct kept *journals;
    size_t count;
};

/* --- Files. -------------------------------------------------------------- */

static const char *const files[] = {"data.mdb", "lock.mdb", "store.lock"};

/* What is open lives on without its name. */
static void unname(const char *folder)
{
    char path[PATH_BYTES + 16];
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

static hl_err make_folder(char out[PATH_BYTES], struct hl_detail *detail)
{
    const char *base = getenv("TMPDIR");
    base = base == NULL || base[0] == '\0' ? "/tmp" : base;
    int size = snprintf(out, PATH_BYTES, "%s/heluo-audit-XXXXXX", base);
    if (size >= PATH_BYTES || mkdtemp(out) == NULL) {
        return hl_fail(detail, HL_EIO,
                       "cannot make a folder in '%s' (TMPDIR): %s", base,
                       size >= PATH_BYTES ? "too long" : strerror(errno));
    }
    return HL_OK;
}

static hl_err open_in(const char *folder, uint64_t bytes, struct store **out,
                      struct hl_detail *detail)
{
    const struct store_options options = {
        .folder = folder,
        .map_bytes = GIB + bytes * STORE_PER_ARCHIVE,
        .max_bytes = GIB + bytes * STORE_PER_ARCHIVE,
        .reserve_bytes = 128 * MIB,
        .readers_max = 4,
        .volatile_disk = true,
    };
    return store_open(&options, out, detail);
}

/* No signal ends the process while the files have names. */
static hl_err open_unnamed(uint64_t bytes, struct store **out,
                           struct hl_detail *detail)
{
    char folder[PATH_BYTES];
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    hl_err err = make_folder(folder, detail);
    if (err == HL_OK) {
        err = open_in(folder, bytes, out, detail);
        unname(folder);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return err;
}

hl_err audit_store_open(uint64_t bytes, struct audit_store **out,
                        struct hl_detail *detail)
{
    struct store *store = NULL;
    hl_err err = open_unnamed(bytes, &store, detail);
    if (err != HL_OK) {
        return err;
    }
    *out = hl_alloc(1, sizeof(**out));
    (*out)->store = store;
    (*out)->projection = projection_create();
    return HL_OK;
}

void audit_store_close(struct audit_store **store)
{
    if (*store == NULL) {
        return;
    }
    projection_reset((*store)->projection);
    store_abort(&(*store)->txn);
    projection_destroy(&(*store)->projection);
    store_close(&(*store)->store);
    hl_free((*store)->journals);
    hl_free(*store);
    *store = NULL;
}

/* --- Entries. ------------------------------------------------------------ */

static hl_err begin(struct audit_store *store, struct hl_detail *detail)
{
    return store->txn != NULL
               ? HL_OK
               : store_begin_write(store->store, &store->txn, detail);
}

static hl_err commit(struct audit_store *store, struct hl_detail *detail)
{
    if (store->txn == NULL) {
        return HL_OK;
    }
    hl_err err = projection_settle(store->projection, store->txn, detail);
    return err == HL_OK ? store_commit(&store->txn, detail) : err;
}

static struct kept *find(struct audit_store *store,
                         const struct audit_journal *of)
{
    for (size_t i = 0; i < store->count; i++) {
        if (store->journals[i].of == of) {
            return &store->journals[i];
        }
    }
    return NULL;
}

static hl_err find_or_add(struct audit_store *store,
                          const struct audit_journal *of, struct kept **out,
                          struct hl_detail *detail)
{
    struct journal journal;
    *out = find(store, of);
    if (*out != NULL) {
        return HL_OK;
    }
    hl_err err = journal_find_or_create(store->txn, bytes_of_text(of->origin),
                                        &journal, detail);
    if (err == HL_OK) {
        store->journals = hl_realloc(store->journals, store->count + 1,
                                     sizeof(store->journals[0]));
        *out = &store->journals[store->count++];
        **out = (struct kept){of, journal};
    }
    return err;
}

/* Some entries; the transaction stays open. */
static hl_err put(struct audit_store *store, const struct audit_journal *of,
                  const struct journal_run *run, struct hl_detail *detail)
{
    struct kept *kept = NULL;
    uint64_t first = 0;
    hl_err err = begin(store, detail);
    if (err == HL_OK) {
        err = find_or_add(store, of, &kept, detail);
    }
    if (err == HL_OK) {
        first = kept->journal.frontier.size;
        err = journal_append(store->txn, &kept->journal, run, detail);
    }
    for (size_t i = 0; err == HL_OK && i < run->count; i++) {
        const struct projection_origin origin = {
            .number = kept->journal.number, .name = bytes_of_text(of->origin)};
        err = projection_apply(store->projection, store->txn, &origin,
                               first + i, run->entries[i], detail);
    }
    return err;
}

/* No more in one transaction than there is room for. */
static hl_err put_all(struct audit_store *store, const struct audit_journal *of,
                      const struct bytes *entries, size_t count,
                      struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (size_t done = 0; err == HL_OK && done < count;) {
        size_t left = count - done;
        struct journal_run run = {.entries = entries + done,
                                  .count = left < RUN_MAX ? left : RUN_MAX};
        err = put(store, of, &run, detail);
        done += run.count;
        if (err == HL_OK && (done == count || store_txn_is_large(store->txn))) {
            err = commit(store, detail);
        }
    }
    return err;
}

static hl_err take_entries(void *context, const struct audit_journal *of,
                           const struct segment *segment, size_t skip,
                           struct hl_detail *detail)
{
    struct bytes *entries = hl_alloc(segment->count + 1, sizeof(*entries));
    struct bundle_walk walk;
    size_t count = 0;
    bundle_walk_init(&walk, segment->bundle);
    while (bundle_walk_next(&walk, &entries[count])) {
        count++;
    }
    HL_ASSERT(count == segment->count);
    hl_err err = put_all(context, of, entries + skip, count - skip, detail);
    hl_free(entries);
    return err;
}

static hl_err give_leaf(void *context, const struct audit_journal *of,
                        uint64_t index, struct hl_hash *leaf,
                        struct hl_detail *detail)
{
    struct audit_store *store = context;
    const struct kept *kept = find(store, of);
    hl_err err = begin(store, detail);
    HL_ASSERT(kept != NULL);
    if (err != HL_OK) {
        return err;
    }
    struct journal_hashes hashes = {store->txn, kept->journal, detail};
    struct hash_source source = journal_hash_source(&hashes);
    return source.read(source.context, 0, index, leaf);
}

struct audit_sink audit_store_sink(struct audit_store *store)
{
    return (struct audit_sink){
        .context = store, .entries = take_entries, .leaf = give_leaf};
}

/* --- The end. ------------------------------------------------------------ */

hl_err audit_store_finish(struct audit_store *store, const struct audit *audit,
                          struct store_txn **snapshot, struct hl_detail *detail)
{
    hl_err err = begin(store, detail);
    for (size_t i = 0; err == HL_OK && i < audit->count; i++) {
        const struct audit_journal *of = audit->journals[i];
        const struct kept *kept = find(store, of);
        if (kept != NULL && of->sealed > 0) {
            err = journal_put_checkpoint(store->txn, &kept->journal,
                                         JOURNAL_SEALED, of->note, detail);
        }
    }
    if (err == HL_OK) {
        err = commit(store, detail);
    }
    return err == HL_OK ? store_begin_read(store->store, snapshot, detail)
                        : err;
}
