/* SPDX-License-Identifier: Apache-2.0 */

/* A complete list: what the node has and the list does not is retired. */

#include <inttypes.h>
#include <string.h>

#include "node/service/catalogue_import.h"

enum {
    LOOKS_MAX = 2000, /* of a snapshot, so that others have their turn */
    MANY_PART = 20,   /* one in so many is too much to retire unasked */
};

#define REASON "不在完整清单中 (not in the complete list)"

static hl_err find_own(struct import_stream *import, struct store_txn **txn,
                       struct journal *journal, bool *found,
                       struct hl_detail *detail)
{
    struct services *services = import->batch.services;
    hl_err err = store_begin_read(services->options.store, txn, detail);
    return err != HL_OK ? err
                        : journal_find(*txn, bytes_of_text(services->origin),
                                       journal, found, detail);
}

hl_err import_note_beginning(struct import_stream *import,
                             struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    struct journal journal;
    bool found = false;
    hl_err err = find_own(import, &txn, &journal, &found, detail);
    store_abort(&txn);
    import->began = err == HL_OK && found ? journal.frontier.size : 0;
    return err;
}

void import_retirement_of(const struct record_kind *kind, const void *record,
                          union record_room *out)
{
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; kind->retiring->fields[i].key; i++) {
        const struct field *to = &kind->retiring->fields[i];
        const struct field *from = &kind->type->fields[i];
        *(struct bytes *)(void *)(out->bytes + to->offset) =
            *(const struct bytes *)(const void *)((const uint8_t *)record +
                                                  from->offset);
    }
    *(struct bytes *)(void *)(out->bytes + kind->reason_offset) =
        bytes_of_text(REASON);
}

static hl_err add_retirement(struct import_stream *import,
                             const struct row *row, struct hl_detail *detail)
{
    union record_room record, retire;
    struct batch_item *item = import_item(import, 0);
    record_decode(import->kind->type, row->record, &record);
    import_retirement_of(import->kind, &record, &retire);
    catalogue_make_retire_of(&item->write, import->kind, &retire);
    return records_add(item, (struct bytes){0}, true, detail);
}

/* What others wrote since the list began may well be newer than it. */
static bool is_missing(const struct import_stream *import, struct bytes key,
                       const struct row *row)
{
    return row->index < import->began &&
           !seen_has(import->seen, import_mark(key));
}

static hl_err look_at(struct import_stream *import, struct bytes key,
                      const struct row *row, struct hl_detail *detail)
{
    if (row->retired || row->released) {
        return HL_OK;
    }
    bool missing = is_missing(import, key, row);
    if (import->stage == IMPORT_RETIRING) {
        return missing ? add_retirement(import, row, detail) : HL_OK;
    }
    import->active++;
    import->response.missing += missing ? 1 : 0;
    return HL_OK;
}

static hl_err look(struct import_stream *import, struct store_txn *txn,
                   uint32_t number, bool *done, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (unsigned i = 0;
         err == HL_OK && i < LOOKS_MAX && import->count < IMPORT_ROUND_MAX;
         i++) {
        struct row row;
        struct bytes key;
        bool found = false;
        err = projection_next(txn, import->kind->type, number,
                              writer_view(&import->key), &row, &key, &found,
                              detail);
        if (err != HL_OK || !found) {
            *done = err == HL_OK;
            return err;
        }
        writer_clear(&import->key);
        writer_bytes(&import->key, key);
        err = look_at(import, key, &row, detail);
    }
    return err;
}

hl_err import_look(struct import_stream *import, bool *done,
                   struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    struct journal journal;
    bool found = false;
    *done = false;
    hl_err err = find_own(import, &txn, &journal, &found, detail);
    if (err == HL_OK && found) {
        err = look(import, txn, journal.number, done, detail);
    } else if (err == HL_OK) {
        *done = true;
    }
    store_abort(&txn);
    return err;
}

static bool refuse(struct import_stream *import, const char *why)
{
    struct bytes text = bytes_of_text(why);
    import->response.not_retired = call_text(import->batch.call, text);
    return false;
}

bool import_may_retire(struct import_stream *import)
{
    const Heluo__V1__CatalogueImportResponse *response = &import->response;
    char why[200];
    if (import->unidentified > 0) {
        snprintf(why, sizeof(why),
                 "of %" PRIu64 " refused rows not even the key is known, so "
                 "what is missing is not, either",
                 import->unidentified);
        return refuse(import, why);
    }
    if (response->created + response->changed + response->unchanged == 0) {
        return refuse(import, "the list has no row that could be taken");
    }
    if (response->missing * MANY_PART > import->active &&
        !import->retire_many) {
        snprintf(why, sizeof(why),
                 "%" PRIu64 " of the node's %" PRIu64
                 " records are not in the list, which is over 5 %%: if that is "
                 "right, say retire_many",
                 response->missing, import->active);
        return refuse(import, why);
    }
    return true;
}
