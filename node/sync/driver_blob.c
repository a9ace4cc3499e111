/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs: what journals say of them, and what lies in the blob store. */
#include <string.h>

#include "node/ledger/blob_entry.h"
#include "node/sync/driver_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"

/* --- What is to be looked at. --------------------------------------------- */

void driver_look_at_blob(struct driver *driver, struct bytes origin,
                         const struct hl_hash *id)
{
    struct driver_blobs *blobs = &driver->blobs;
    if (driver->options.blobs == NULL) {
        return;
    }
    if (blobs->count == blobs->capacity) {
        blobs->capacity = blobs->capacity == 0 ? 16 : 2 * blobs->capacity;
        blobs->looks =
            hl_realloc(blobs->looks, blobs->capacity, sizeof(*blobs->looks));
    }
    struct blob_look *look = &blobs->looks[blobs->count++];
    look->id = *id;
    HL_ASSERT(origin.size < sizeof(look->origin));
    memcpy(look->origin, origin.data, origin.size);
    look->origin[origin.size] = '\0';
}

struct blob_name driver_blob_name(struct bytes origin, const struct hl_hash *id)
{
    struct blob_name name = {.id = *id};
    struct bytes node = origin_node(origin);
    HL_ASSERT(node.size < sizeof(name.node));
    memcpy(name.node, node.data, node.size);
    return name;
}

hl_err driver_find_blob(struct driver *driver, struct bytes origin,
                        const struct hl_hash *id, struct blob_put *put,
                        bool *stands)
{
    struct journal journal;
    struct row row = {0};
    struct writer key = {0};
    struct blob_erase erase = {.id = bytes_of(id->bytes, HL_HASH_BYTES)};
    bool found = false;
    *stands = false;
    hl_err err = driver_begin_reading(driver, NULL);
    if (err == HL_OK) {
        err = journal_find(driver->reading, origin, &journal, &found, NULL);
    }
    if (err != HL_OK || !found) {
        return err;
    }
    record_key(&blob_erasing, &erase, &key);
    err = projection_get(driver->reading, &blob_record, journal.number,
                         writer_view(&key), &row, &found, NULL);
    writer_fini(&key);
    *stands = err == HL_OK && found && !row.retired;
    if (*stands) {
        record_decode(&blob_record, row.record, put);
    }
    return err;
}

/* --- Looking. ------------------------------------------------------------- */

/* What nobody names any more goes. */
static void settle(struct driver *driver, const struct blob_look *look)
{
    const struct blob_store *store = driver->options.blobs;
    struct bytes origin = bytes_of_text(look->origin);
    struct blob_name name = driver_blob_name(origin, &look->id);
    struct blob_put put;
    bool stands = false;
    hl_err err = driver_find_blob(driver, origin, &look->id, &put, &stands);
    if (err == HL_OK && !stands) {
        err = store->remove(store->context, &name, NULL);
    }
    driver->blobs.failed = driver->blobs.failed || err != HL_OK;
}

void driver_settle_blobs(struct driver *driver)
{
    struct driver_blobs *blobs = &driver->blobs;
    for (size_t i = 0; i < blobs->count; i++) {
        settle(driver, &blobs->looks[i]);
    }
    if (blobs->count > 0) {
        driver_end_reading(driver);
        blobs->count = 0;
    }
}

void driver_fini_blobs(struct driver *driver)
{
    hl_free(driver->blobs.looks);
}
