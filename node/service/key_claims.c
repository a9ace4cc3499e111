/* SPDX-License-Identifier: Apache-2.0 */
#include "node/service/key_claims.h"

#include <stdlib.h>
#include <string.h>

#include "heluo/v1/blob.pb-c.h"
#include "node/ledger/blob_entry.h"
#include "node/projection/projection.h"
#include "node/service/blob_call.h"
#include "protocol/base/alloc.h"

/* --- Authors. ------------------------------------------------------------ */

static uint64_t end_of(const struct charter_node *node)
{
    const struct charter_grant *role = &node->roles[CHARTER_COORDINATOR];
    uint64_t end = role->ended ? role->end.size : UINT64_MAX;
    return node->ended && node->end.size < end ? node->end.size : end;
}

/* No journal has a longer name. */
static void add_author(struct key_authors *authors, const char *alliance,
                       const struct charter_node *node)
{
    struct writer origin = {0};
    writer_format(&origin, "%s/%s", alliance, node->id);
    if (origin.size <= HL_NAME_MAX_BYTES) {
        struct key_author *author = &authors->items[authors->count++];
        memcpy(author->origin, origin.data, origin.size);
        author->origin[origin.size] = '\0';
        author->end = end_of(node);
    }
    writer_fini(&origin);
}

void key_authors_of(const struct charter *charter, struct key_authors *out)
{
    out->count = 0;
    out->items = hl_alloc(charter->node_count + 1, sizeof(out->items[0]));
    for (size_t i = 0; i < charter->node_count; i++) {
        const struct charter_node *node = &charter->nodes[i];
        if (node->roles[CHARTER_COORDINATOR].granted) {
            add_author(out, charter->alliance, node);
        }
    }
}

void key_authors_fini(struct key_authors *authors)
{
    hl_free(authors->items);
    *authors = (struct key_authors){0};
}

/* --- Claims. ------------------------------------------------------------- */

static void add(struct key_claims *claims, const struct key_author *author,
                const struct row *row, const struct blob_put *put,
                struct bytes self)
{
    if (claims->count == claims->capacity) {
        claims->capacity = claims->capacity == 0 ? 8 : 2 * claims->capacity;
        claims->items = hl_realloc(claims->items, claims->capacity,
                                   sizeof(claims->items[0]));
    }
    struct key_claim *claim = &claims->items[claims->count++];
    *claim = (struct key_claim){
        .version = (uint32_t)put->key_version,
        .author = author,
        .index = row->first_index,
        .name = blob_name_of(bytes_of_text(author->origin), put->id),
        .seal = blob_seal_of(put),
        .reads = blob_has_reader(put, self),
        .erased = row->retired,
    };
    memcpy(claim->digest.bytes, put->key_digest.data, HL_HASH_BYTES);
}

static hl_err read_journal(struct store_txn *txn,
                           const struct key_author *author, struct bytes self,
                           struct key_claims *out, struct hl_detail *detail)
{
    struct journal journal;
    struct writer at = {0};
    bool found = false;
    hl_err err = journal_find(txn, bytes_of_text(author->origin), &journal,
                              &found, detail);
    while (err == HL_OK && found) {
        struct row row;
        struct blob_put put;
        struct bytes key;
        err = projection_next(txn, &blob_record, journal.number,
                              writer_view(&at), &row, &key, &found, detail);
        if (err != HL_OK || !found) {
            break;
        }
        record_decode(&blob_record, row.record, &put);
        if (put.key_version > 0 && row.first_index < author->end) {
            add(out, author, &row, &put, self);
        }
        writer_clear(&at);
        writer_bytes(&at, key);
    }
    writer_fini(&at);
    return err;
}

/* Authors stand in one array, by their origins. */
static int compare(const void *one, const void *other)
{
    const struct key_claim *a = one, *b = other;
    if (a->version != b->version) {
        return a->version > b->version ? -1 : 1;
    }
    if (a->author != b->author) {
        return a->author < b->author ? -1 : 1;
    }
    return (a->index > b->index) - (a->index < b->index);
}

hl_err key_claims_read(struct store_txn *txn, const struct key_authors *authors,
                       struct bytes self, struct key_claims *out,
                       struct hl_detail *detail)
{
    hl_err err = HL_OK;
    *out = (struct key_claims){0};
    for (size_t i = 0; err == HL_OK && i < authors->count; i++) {
        err = read_journal(txn, &authors->items[i], self, out, detail);
    }
    if (err != HL_OK) {
        key_claims_fini(out);
        return err;
    }
    if (out->count > 0) {
        qsort(out->items, out->count, sizeof(out->items[0]), compare);
    }
    const struct key_claim *first = out->items;
    for (size_t i = 0; i < out->count; i++) {
        struct key_claim *claim = &out->items[i];
        first = claim->version == first->version ? first : claim;
        claim->counts = hash_equal(&claim->digest, &first->digest);
    }
    return HL_OK;
}

void key_claims_fini(struct key_claims *claims)
{
    hl_free(claims->items);
    *claims = (struct key_claims){0};
}

hl_err key_claims_mark(struct store_txn *txn, const struct key_authors *authors,
                       struct hl_hash *out, struct hl_detail *detail)
{
    struct writer all = {0};
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < authors->count; i++) {
        struct journal journal;
        struct half half = {0};
        struct head head = {0};
        bool found = false;
        err = journal_find(txn, bytes_of_text(authors->items[i].origin),
                           &journal, &found, detail);
        if (err == HL_OK && found) {
            head = journal_head(&journal);
            err = projection_half(txn, journal.number, &half, detail);
        }
        writer_u64(&all, head.size);
        writer_bytes(&all, bytes_of(head.root.bytes, HL_HASH_BYTES));
        writer_u64(&all, half.size);
        writer_u64(&all, authors->items[i].end);
    }
    *out = hash_bytes(writer_view(&all));
    writer_fini(&all);
    return err;
}
