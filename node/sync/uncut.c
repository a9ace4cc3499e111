/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/key.h"
#include "node/sync/cut.h"
#include "protocol/base/alloc.h"
#include "protocol/entry/bundle.h"

/* What a cut moved to the evidence area, and a quorum had sealed, comes back:
 * from the cut that has it, if those entries lead to the very head. */

/* One cut's entries behind the journal. Their bytes end with the next put. */
static hl_err read_entries(struct store_txn *txn, const struct cut *cut,
                           const struct journal *journal, uint64_t size,
                           struct writer *bundle, struct frontier *after,
                           struct hl_detail *detail)
{
    hl_err err = HL_OK;
    *after = journal->frontier;
    writer_clear(bundle);
    for (uint64_t i = after->size; err == HL_OK && i < size; i++) {
        struct store_key key = key_cut_entry(cut->number, cut->cut, i);
        struct bytes entry;
        err = store_get(txn, STORE_CUT_ENTRIES, key_view(&key), &entry, detail);
        if (err == HL_OK && entry.data == NULL) {
            break; /* of another stretch */
        }
        if (err == HL_OK) {
            struct hl_hash leaf = merkle_leaf(entry);
            frontier_append(after, &leaf);
            err = bundle_append(entry, bundle);
        }
    }
    return err;
}

static bool leads_to(const struct frontier *after, const struct head *head)
{
    struct hl_hash root = frontier_root(after);
    return after->size == head->size && hash_equal(&root, &head->root);
}

static hl_err append(struct store_txn *txn, struct journal *journal,
                     struct bytes bundle, uint64_t count,
                     struct hl_detail *detail)
{
    struct bytes *entries = hl_alloc((size_t)count, sizeof(*entries));
    struct bundle_walk walk;
    bundle_walk_init(&walk, bundle);
    for (uint64_t i = 0; i < count; i++) {
        if (!bundle_walk_next(&walk, &entries[i])) {
            count = i;
        }
    }
    struct journal_run run = {
        .entries = entries,
        .count = (size_t)count,
        .recorded_at =
            sync_newest_time(entries, (size_t)count, journal->recorded_at),
    };
    hl_err err = journal_append(txn, journal, &run, detail);
    hl_free(entries);
    return err;
}

hl_err uncut(struct store_txn *txn, struct journal *journal,
             const struct head *head, bool *done, struct hl_detail *detail)
{
    struct writer bundle = {0};
    struct cut cut = {0};
    bool found = false;
    uint64_t from = journal->frontier.size;
    *done = false;
    hl_err err = cut_find_newest(txn, journal->number, &cut, &found, detail);
    for (uint32_t left = found ? cut.cut + 1 : 0;
         err == HL_OK && left > 0 && !*done; left--) {
        struct frontier after;
        cut.cut = left - 1;
        err = read_entries(txn, &cut, journal, head->size, &bundle, &after,
                           detail);
        *done = err == HL_OK && leads_to(&after, head);
    }
    if (err == HL_OK && *done) {
        err = append(txn, journal, writer_view(&bundle), head->size - from,
                     detail);
    }
    writer_fini(&bundle);
    return err;
}
