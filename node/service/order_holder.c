/* SPDX-License-Identifier: Apache-2.0 */

/* Which blob says who holds an order's voucher. No journal says it: the name
 * that says of which order it is stands within the seal, so that only readers
 * find it. It is put soon after the order, by whoever placed that. */

#include <string.h>

#include "node/service/blob_call.h"
#include "node/service/ledger_call.h"
#include "protocol/entry/origin.h"

/* How far behind the order it is looked for, and how many are opened. */
enum { ENTRIES_MAX = 4096, OPENED_MAX = 64 };

struct looking {
    const struct ledger_reading *reading;
    struct journal journal; /* the issuer's */
    struct bytes origin;
    struct blob_store store;
    struct bytes self;  /* this node's id */
    struct writer name; /* that its blob has */
    size_t opened;
    struct hl_hash *found;
};

static bool is_named(struct looking *looking, const struct blob_name *name,
                     const struct blob_seal *seal)
{
    const struct services_blobs *blobs = &looking->reading->services->blobs;
    struct blob_place place = {&looking->store, blobs->keys, blobs->key_count};
    struct blob_opener *opener = NULL;
    struct writer document = {0};
    looking->opened++;
    bool is = blob_open_single(&place, name, seal, &opener, &document, NULL) ==
                  HL_OK &&
              bytes_equal(blob_opener_head(opener)->name,
                          writer_view(&looking->name));
    blob_opener_destroy(&opener);
    writer_fini(&document);
    return is;
}

/* Of an entry that has an effect. */
static hl_err look_at(struct looking *looking, const struct entry *entry,
                      bool *is, struct hl_detail *detail)
{
    struct blob_put put;
    struct row row;
    record_decode(&blob_record, entry->body, &put);
    if (put.kind != HELUO__V1__BLOB_KIND__BLOB_KIND_HOLDER ||
        !blob_has_reader(&put, looking->self)) {
        return HL_OK;
    }
    hl_err err = blob_find(looking->reading->txn, looking->origin, put.id, &row,
                           &put, detail);
    if (err == HL_OK && !row.retired) {
        struct blob_name name = blob_name_of(looking->origin, put.id);
        struct blob_seal seal = blob_seal_of(&put);
        *is = is_named(looking, &name, &seal);
        *looking->found = name.id;
    }
    return err;
}

static hl_err look_at_raw(struct looking *looking, uint64_t index,
                          struct bytes raw, bool *is, struct hl_detail *detail)
{
    struct entry entry;
    struct canonical_unknown unknown;
    bool invalid = true;
    if (entry_decode(raw, &entry, &unknown, NULL) != HL_OK || unknown.present ||
        entry.body_type != entry_body_type(BLOB_BODY_PUT, false)) {
        return HL_OK;
    }
    hl_err err =
        projection_is_invalid(looking->reading->txn, looking->journal.number,
                              index, &invalid, detail);
    return err == HL_OK && !invalid ? look_at(looking, &entry, is, detail)
                                    : err;
}

static hl_err walk(struct looking *looking, uint64_t first, bool *is,
                   struct hl_detail *detail)
{
    struct half half;
    struct journal_walk *walk = NULL;
    hl_err err = projection_half(looking->reading->txn, looking->journal.number,
                                 &half, detail);
    uint64_t end = first + ENTRIES_MAX;
    if (err == HL_OK) {
        end = half.size < end ? half.size : end;
        err = journal_walk_open(looking->reading->txn, &looking->journal, first,
                                &walk, detail);
    }
    for (uint64_t i = first;
         err == HL_OK && !*is && i < end && looking->opened < OPENED_MAX; i++) {
        struct bytes raw;
        err = journal_walk_next(walk, &raw, detail);
        if (err != HL_OK || raw.data == NULL) {
            break;
        }
        err = look_at_raw(looking, i, raw, is, detail);
    }
    journal_walk_close(&walk);
    return err;
}

static bool may_open(const struct ledger_reading *reading)
{
    enum role role = rpc_call_caller(reading->call)->identity.role;
    const struct services_blobs *blobs = &reading->services->blobs;
    return (role == ROLE_PLATFORM || role == ROLE_OPERATOR) &&
           blobs->files != NULL && blobs->key_count > 0;
}

hl_err ledger_find_holder(const struct ledger_reading *reading,
                          Heluo__V1__OrderView *view, struct hl_detail *detail)
{
    struct hl_hash found;
    struct looking looking = {
        .reading = reading,
        .origin = bytes_of_text(view->issuer),
        .self = origin_node(bytes_of_text(reading->services->origin)),
        .found = &found,
    };
    bool has = false, is = false;
    if (view->order->placed_leaf.len == 0 || !may_open(reading)) {
        return HL_OK;
    }
    looking.store = blob_files_store(reading->services->blobs.files);
    writer_format(&looking.name, "holder-%s-", view->order->begun_at);
    writer_hex(&looking.name, bytes_of_binary(&view->order->id));
    writer_text(&looking.name, ".json");
    hl_err err = journal_find(reading->txn, looking.origin, &looking.journal,
                              &has, detail);
    if (err == HL_OK && has) {
        err = walk(&looking, view->order->placed_index + 1, &is, detail);
    }
    if (err == HL_OK && is) {
        view->holder_blob =
            call_bytes(reading->call, bytes_of(found.bytes, HL_HASH_BYTES));
    }
    writer_fini(&looking.name);
    return err;
}
