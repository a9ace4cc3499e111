/* SPDX-License-Identifier: Apache-2.0 */

/* Sealed blobs: each that a journal names and this node has is read again. A
 * changed one goes, and is wanted again like one that never came. */

#include <stdio.h>
#include <string.h>

#include "node/ledger/blob_entry.h"
#include "node/scrub/scrub_blobs.h"
#include "protocol/base/alloc.h"

enum { BACK_MS = 30000, LOOK_MS = 200, PAUSE_PER_BLOB_MS = 50 };

struct names {
    struct blob_name *items;
    size_t count, capacity;
};

static void note(void *context, const struct blob_name *name)
{
    struct names *names = context;
    if (names->count == names->capacity) {
        names->capacity = names->capacity == 0 ? 64 : 2 * names->capacity;
        names->items =
            hl_realloc(names->items, names->capacity, sizeof(*names->items));
    }
    names->items[names->count++] = *name;
}

static void origin_of(const struct scrub_run *run, const struct blob_name *name,
                      char out[HL_NAME_MAX_BYTES + 1])
{
    const char *own = run->options->own;
    size_t alliance = (size_t)(strchr(own, '/') - own);
    (void)snprintf(out, HL_NAME_MAX_BYTES + 1, "%.*s/%s", (int)alliance, own,
                   name->node);
}

/* What the journal says of it; false: nothing that stands. */
static hl_err find_seal(struct scrub_run *run, const struct blob_name *name,
                        const char *origin, struct blob_seal *seal, bool *found,
                        struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    struct journal journal;
    struct row row;
    struct writer key = {0};
    struct blob_erase erase = {.id = bytes_of(name->id.bytes, HL_HASH_BYTES)};
    *found = false;
    hl_err err = store_begin_read(run->options->store, &txn, detail);
    if (err == HL_OK) {
        err = journal_find(txn, bytes_of_text(origin), &journal, found, detail);
    }
    if (err == HL_OK && *found) {
        record_key(&blob_erasing, &erase, &key);
        err = projection_get(txn, &blob_record, journal.number,
                             writer_view(&key), &row, found, detail);
    }
    if (err == HL_OK && *found) {
        struct blob_put put;
        record_decode(&blob_record, row.record, &put);
        *seal = blob_seal_of(&put);
        *found = !row.retired;
    }
    writer_fini(&key);
    store_abort(&txn);
    return err;
}

/* Whether it came back in time. */
static bool mend(struct scrub_run *run, const struct blob_name *name,
                 const struct blob_seal *seal)
{
    struct blob_store store = blob_files_store(run->options->blobs);
    struct blob_held held = {0};
    if (store.remove(store.context, name, NULL) != HL_OK) {
        return false;
    }
    run->options->blob_lost(run->options->context);
    for (int ms = 0; ms < BACK_MS && !held.whole; ms += LOOK_MS) {
        if (!scrubber_pause(run->scrubber, LOOK_MS)) {
            break;
        }
        store.held(store.context, name, seal, &held);
    }
    return held.whole;
}

static hl_err look_at(struct scrub_run *run, const struct blob_name *name,
                      struct hl_detail *detail)
{
    struct scrub_finding finding = {.kind = SCRUB_BLOB, .table = STORE_ROWS};
    struct blob_seal seal;
    bool found = false;
    origin_of(run, name, finding.origin);
    hl_err err = find_seal(run, name, finding.origin, &seal, &found, detail);
    if (err == HL_EDAMAGED || (err == HL_OK && !found)) {
        return HL_OK; /* what is damaged there was found before */
    }
    if (err == HL_OK) {
        err = blob_files_verify(run->options->blobs, name, &seal, detail);
    }
    if (err == HL_OK || err == HL_ENOTFOUND) {
        return HL_OK; /* not whole yet, or erased meanwhile */
    }
    if (err != HL_EDAMAGED && err != HL_EIO) {
        return err;
    }
    key_bytes(&finding.key, bytes_of(name->id.bytes, HL_HASH_BYTES));
    finding.repaired = mend(run, name, &seal);
    (void)scrub_report_add(run->report, &finding);
    return HL_OK;
}

hl_err scrub_blobs(struct scrub_run *run, struct hl_detail *detail)
{
    struct names names = {0};
    if (run->options->blobs == NULL) {
        return HL_OK;
    }
    hl_err err = blob_files_each(run->options->blobs, note, &names, detail);
    for (size_t i = 0; i < names.count && err == HL_OK; i++) {
        int64_t pause_ms =
            scrubber_hurries(run->scrubber) ? 0 : PAUSE_PER_BLOB_MS;
        err = look_at(run, &names.items[i], detail);
        if (err == HL_OK && !scrubber_pause(run->scrubber, pause_ms)) {
            err = scrub_stopping(detail);
        }
    }
    hl_free(names.items);
    return err;
}
