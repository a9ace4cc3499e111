/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/papers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/ledger/blob_entry.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"
#include "tests/sim/world.h"

enum { PARTS_MAX = 10, ERASED_OF_100 = 25, TRIES = 20 };

void papers_fini(struct papers *papers)
{
    hl_free(papers->put);
}

/* --- Asking. -------------------------------------------------------------- */

static void note(struct papers *papers, struct request *request)
{
    if (papers->count == papers->capacity) {
        papers->capacity = papers->capacity * 2 + 16;
        papers->put =
            hl_realloc(papers->put, papers->capacity, sizeof(papers->put[0]));
    }
    papers->put[papers->count++] = request;
}

/* The city itself, and others as it comes. */
static void choose_readers(struct platform *platform, const struct host *host,
                           struct writer *out)
{
    const struct alliance *alliance = &platform->world->alliance;
    uint64_t chosen = UINT64_C(1) << host->city;
    for (uint64_t n = 1 + rng_below(&platform->papers->rng, 2); n > 0; n--) {
        chosen |= UINT64_C(1)
                  << rng_below(&platform->papers->rng, alliance->city_count);
    }
    for (const char *last = "";;) {
        const char *next = NULL;
        for (size_t i = 0; i < alliance->city_count; i++) {
            const char *id = alliance->cities[i].id;
            if ((chosen >> i & 1) != 0 && strcmp(id, last) > 0 &&
                (next == NULL || strcmp(id, next) < 0)) {
                next = id;
            }
        }
        if (next == NULL) {
            break;
        }
        writer_format(out, "%s%s", last[0] == '\0' ? "" : " ", next);
        last = next;
    }
}

static struct hl_hash root_of(struct bytes form)
{
    struct blob_leaves leaves = {0};
    for (uint64_t i = 0; i < blob_part_count(form.size); i++) {
        struct hl_hash leaf = merkle_leaf(bytes_slice(
            form, (size_t)i * BLOB_PART_BYTES, blob_part_size(form.size, i)));
        blob_leaves_add(&leaves, &leaf);
    }
    struct hl_hash root = blob_leaves_root(&leaves);
    blob_leaves_fini(&leaves);
    return root;
}

static void put(struct platform *platform, struct host *host)
{
    struct rng *rng = &platform->papers->rng;
    struct request *request = platform_make(platform, host, REQUEST_PAPER, 0);
    size_t size = 1 + (size_t)rng_below(rng, PARTS_MAX * BLOB_PART_BYTES);
    struct writer readers = {0};
    rng_fill(rng, writer_extend(&request->paper, size), size);
    struct bytes form = writer_view(&request->paper);
    struct hl_hash id = hash_bytes(form), root = root_of(form);
    choose_readers(platform, host, &readers);
    struct blob_put record = {
        .id = bytes_of(id.bytes, HL_HASH_BYTES),
        .kind = 1 + rng_below(rng, 5),
        .size = size,
        .root = bytes_of(root.bytes, HL_HASH_BYTES),
        .readers = writer_view(&readers),
    };
    record_encode(&blob_record, &record, &request->body);
    writer_fini(&readers);
    note(platform->papers, request);
    platform_ask(request, "paper", (unsigned)blob_part_count(size));
}

static void erase(struct platform *platform, struct host *host)
{
    struct papers *papers = platform->papers;
    struct blob_put record;
    const struct request *former = NULL;
    for (int tries = 0; former == NULL && tries < TRIES && papers->count > 0;
         tries++) {
        former = papers->put[rng_below(&papers->rng, papers->count)];
        if (former->host != host || former->made == 0) {
            former = NULL;
        }
    }
    if (former == NULL) {
        return;
    }
    struct request *request = platform_make(platform, host, REQUEST_PAPER, 0);
    record_decode(&blob_record, writer_view(&former->body), &record);
    struct blob_erase erased = {.id = record.id};
    record_encode(&blob_erasing, &erased, &request->body);
    platform_ask(request, "erase paper", (unsigned)former->number);
}

void papers_some(struct platform *platform, struct host *host)
{
    if (rng_below(&platform->papers->rng, 100) < ERASED_OF_100) {
        erase(platform, host);
    } else {
        put(platform, host);
    }
}

/* --- In the writer. ------------------------------------------------------- */

static struct blob_name name_of(const struct host *host, struct bytes id)
{
    struct blob_name name = {0};
    snprintf(name.node, sizeof(name.node), "%s", host_id(host));
    memcpy(name.id.bytes, id.data, HL_HASH_BYTES);
    return name;
}

static hl_err find(struct store_txn *txn, uint32_t number, struct bytes id,
                   struct row *row, bool *found, struct hl_detail *detail)
{
    struct blob_erase named = {.id = id};
    struct writer key = {0};
    record_key(&blob_erasing, &named, &key);
    hl_err err = projection_get(txn, &blob_record, number, writer_view(&key),
                                row, found, detail);
    writer_fini(&key);
    return err;
}

/* As the service: it is on the disk before its entry is. */
hl_err papers_run(struct request *request, struct write_context *context,
                  struct hl_detail *detail)
{
    bool puts = request->paper.size > 0;
    struct blob_put record;
    struct blob_erase erased;
    struct row row;
    bool found = false;
    struct bytes body = writer_view(&request->body);
    if (puts) {
        record_decode(&blob_record, body, &record);
        erased.id = record.id;
    } else {
        record_decode(&blob_erasing, body, &erased);
    }
    hl_err err =
        find(context->txn, context->number, erased.id, &row, &found, detail);
    if (err != HL_OK) {
        return err;
    }
    if (puts == found || (found && row.retired)) {
        return hl_fail(detail, HL_ENOTFOUND, "nothing to put or erase");
    }
    if (puts) {
        struct blob_name name = name_of(request->host, record.id);
        shelf_place(&request->host->disk.shelf, &name,
                    writer_view(&request->paper));
    }
    context->body_type =
        entry_body_type(puts ? BLOB_BODY_PUT : BLOB_BODY_ERASE, false);
    writer_bytes(context->body, body);
    return HL_OK;
}

/* --- What must hold. ------------------------------------------------------ */

static bool somebody_has(const struct world *world,
                         const struct blob_name *name,
                         const struct blob_seal *seal)
{
    for (size_t i = 0; i < world->host_count; i++) {
        const struct host *host = world->hosts[i];
        if (host->honest && host->up && !host->away &&
            shelf_has(&host->disk.shelf, name, seal)) {
            return true;
        }
    }
    return false;
}

static bool is_good(const struct world *world, const struct host *host,
                    struct bytes origin, const struct row *row, char why[256])
{
    struct blob_put put;
    struct blob_name name = {0};
    struct bytes node = origin_node(origin);
    const struct shelf *shelf = &host->disk.shelf;
    record_decode(&blob_record, row->record, &put);
    memcpy(name.node, node.data, node.size);
    memcpy(name.id.bytes, put.id.data, HL_HASH_BYTES);
    struct blob_seal seal = blob_seal_of(&put);
    if (row->retired && shelf_knows(shelf, &name)) {
        snprintf(why, 256, "%s has a blob of %s that was erased",
                 host_label(host), name.node);
        return false;
    }
    if (!row->retired && blob_has_reader(&put, bytes_of_text(host_id(host))) &&
        !shelf_has(shelf, &name, &seal) && somebody_has(world, &name, &seal)) {
        snprintf(why, 256, "%s lacks a blob of %s (entry %" PRIu64 ")",
                 host_label(host), name.node, row->index);
        return false;
    }
    return true;
}

static bool half_is_good(const struct world *world, const struct host *host,
                         struct store_txn *txn, struct bytes origin,
                         uint32_t number, char why[256])
{
    struct writer after = {0};
    bool found = true, good = true;
    while (good && found) {
        struct row row;
        struct bytes key;
        hl_err err =
            projection_next(txn, &blob_record, number, writer_view(&after),
                            &row, &key, &found, NULL);
        HL_ASSERT(err == HL_OK);
        if (found) {
            good = is_good(world, host, origin, &row, why);
            writer_clear(&after);
            writer_bytes(&after, key);
        }
    }
    writer_fini(&after);
    return good;
}

static bool host_is_good(const struct world *world, const struct host *host,
                         char why[256])
{
    struct store_txn *txn = NULL;
    struct bytes name = {0};
    bool good = true;
    hl_err err = store_begin_read(host->store, &txn, NULL);
    while (err == HL_OK && good) {
        struct journal journal;
        err = journal_next_origin(txn, name, &name, &journal, NULL);
        if (err != HL_OK || name.data == NULL) {
            break;
        }
        good = half_is_good(world, host, txn, name, journal.number, why);
    }
    HL_ASSERT(err == HL_OK);
    store_abort(&txn);
    return good;
}

bool check_papers(struct world *world, char why[256])
{
    for (size_t i = 0; i < world->host_count; i++) {
        const struct host *host = world->hosts[i];
        if (host->honest && host->up && !host->away &&
            !host_is_good(world, host, why)) {
            return false;
        }
    }
    return true;
}
