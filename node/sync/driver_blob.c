/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs: what journals say of them, and what lies in the blob store. */
#include <string.h>

#include "node/ledger/blob_entry.h"
#include "node/sync/driver_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"

enum {
    LOOKS_MAX = 4 * ENGINE_BLOBS_MAX, /* of one scan */
    SCAN_MS = 60000,                  /* between two */
};

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

void driver_look_at_blobs(struct driver *driver)
{
    driver->blobs.more = true;
    driver->blobs.scan_at.ns = INT64_MIN;
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
    *put = (struct blob_put){0};
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
    if (err == HL_OK && found) {
        record_decode(&blob_record, row.record, put);
    }
    return err;
}

/* --- Looking. ------------------------------------------------------------- */

static bool reads(const struct driver *driver, const struct blob_put *put)
{
    return blob_has_reader(put, bytes_of_text(driver->options.engine.node));
}

static void tell(struct driver *driver, enum engine_event_kind kind,
                 const struct blob_look *look, const struct blob_put *put,
                 uint64_t parts)
{
    struct engine_event event = {.kind = kind,
                                 .mono = driver->mono,
                                 .wall = driver->wall,
                                 .origin = bytes_of_text(look->origin),
                                 .blob = look->id,
                                 .next = parts};
    if (put != NULL) {
        event.seal = blob_seal_of(put);
    }
    driver_step(driver, &event); /* ends the snapshot */
}

/* Its readers want it, and whoever has room carries it. */
static bool is_wanted(const struct driver *driver, const struct blob_put *put)
{
    const struct driver_options *options = &driver->options;
    bool carries =
        put->size <= options->carry_blob_bytes &&
        driver->blobs.carried_bytes <= options->carry_blob_bytes - put->size;
    return put->size <= options->blob_max_bytes &&
           (reads(driver, put) || carries);
}

static void want(struct driver *driver, const struct blob_look *look,
                 const struct blob_put *put, uint64_t parts)
{
    if (!is_wanted(driver, put)) {
        return;
    }
    /* Perhaps in the place of another, which is looked at again then. */
    driver->blobs.more =
        driver->blobs.more ||
        engine_blobs_wanted(driver->engine) == ENGINE_BLOBS_MAX;
    tell(driver, ENGINE_BLOB_WANTED, look, put, parts);
}

/* What nobody names any more goes. */
static void forget(struct driver *driver, const struct blob_look *look,
                   const struct blob_name *name, const struct blob_put *put)
{
    const struct blob_store *store = driver->options.blobs;
    struct blob_held held = {0};
    if (put->size > 0) {
        struct blob_seal seal = blob_seal_of(put);
        store->held(store->context, name, &seal, &held);
    }
    if (held.whole && !reads(driver, put)) {
        driver->blobs.carried_bytes -= put->size;
    }
    /* Where that fails it is tried at the next start. */
    (void)store->remove(store->context, name, NULL);
    tell(driver, ENGINE_BLOB_GONE, look, NULL, 0);
}

/* Whether all is applied that the journal here has: else it may still say
 * something of what it says nothing of (a half that is computed anew). */
static bool is_level(struct driver *driver, struct bytes origin)
{
    struct journal journal;
    struct half half;
    bool found = false;
    hl_err err =
        sync_store_find(driver->reading, origin, &journal, &found, NULL);
    if (err == HL_OK && found) {
        err = projection_half(driver->reading, journal.number, &half, NULL);
    }
    return err == HL_OK && (!found || half.size == journal_head(&journal).size);
}

static void settle(struct driver *driver, const struct blob_look *look)
{
    const struct blob_store *store = driver->options.blobs;
    struct bytes origin = bytes_of_text(look->origin);
    struct blob_name name = driver_blob_name(origin, &look->id);
    struct blob_put put;
    struct blob_held held = {0};
    bool stands = false;
    if (driver_find_blob(driver, origin, &look->id, &put, &stands) != HL_OK) {
        return; /* it is looked at again after the next start */
    }
    if (!stands) {
        if (put.size > 0 || is_level(driver, origin)) {
            forget(driver, look, &name, &put);
        }
        return;
    }
    struct blob_seal seal = blob_seal_of(&put);
    store->held(store->context, &name, &seal, &held);
    if (!held.whole) {
        want(driver, look, &put, held.parts);
    }
}

void driver_settle_blobs(struct driver *driver)
{
    struct driver_blobs *blobs = &driver->blobs;
    if (driver->options.blobs == NULL) {
        return;
    }
    if (blobs->more && mono_since_ns(driver->mono, blobs->scan_at) >= 0 &&
        engine_has_blob_room(driver->engine)) {
        driver_scan_blobs(driver);
    }
    for (size_t i = 0; i < blobs->count; i++) {
        settle(driver, &blobs->looks[i]);
    }
    if (blobs->count > 0) {
        driver_end_reading(driver);
        blobs->count = 0;
    }
}

/* --- All of them. --------------------------------------------------------- */

static void note_row(struct driver *driver, struct bytes origin,
                     const struct row *row)
{
    const struct blob_store *store = driver->options.blobs;
    struct blob_put put;
    struct hl_hash id;
    struct blob_held held;
    record_decode(&blob_record, row->record, &put);
    memcpy(id.bytes, put.id.data, HL_HASH_BYTES);
    struct blob_name name = driver_blob_name(origin, &id);
    struct blob_seal seal = blob_seal_of(&put);
    store->held(store->context, &name, &seal, &held);
    if (held.whole && !reads(driver, &put)) {
        driver->blobs.carried_bytes += put.size;
    }
    /* What was erased, and lies here all the same: a process ended between its
     * commit and the rest. */
    bool left = row->retired && (held.whole || held.parts > 0);
    bool lacks = !row->retired && !held.whole && is_wanted(driver, &put);
    if (left) {
        driver_look_at_blob(driver, origin, &id);
    }
    if (!lacks) {
        return;
    }
    if (driver->blobs.count < LOOKS_MAX) {
        driver_look_at_blob(driver, origin, &id);
    } else {
        driver->blobs.more = true;
    }
}

static hl_err scan_half(struct driver *driver, struct bytes origin,
                        uint32_t number)
{
    struct writer after = {0};
    bool found = true;
    hl_err err = HL_OK;
    while (err == HL_OK && found) {
        struct row row;
        struct bytes key;
        err = projection_next(driver->reading, &blob_record, number,
                              writer_view(&after), &row, &key, &found, NULL);
        if (err == HL_OK && found) {
            note_row(driver, origin, &row);
            writer_clear(&after);
            writer_bytes(&after, key);
        }
    }
    writer_fini(&after);
    return err;
}

void driver_scan_blobs(struct driver *driver)
{
    struct bytes name = {0};
    hl_err err = driver->options.blobs == NULL
                     ? HL_ENOTFOUND
                     : driver_begin_reading(driver, NULL);
    driver->blobs.more = false;
    driver->blobs.scan_at.ns = driver->mono.ns + SCAN_MS * INT64_C(1000000);
    driver->blobs.carried_bytes = 0;
    while (err == HL_OK) {
        struct journal journal;
        err = journal_next_origin(driver->reading, name, &name, &journal, NULL);
        if (err != HL_OK || name.data == NULL) {
            break;
        }
        err = scan_half(driver, name, journal.number);
    }
    driver_end_reading(driver);
}

/* --- What the engine asks for. -------------------------------------------- */

void driver_store_blob(struct driver *driver,
                       const struct engine_action *action)
{
    const struct blob_store *store = driver->options.blobs;
    struct blob_name name = driver_blob_name(action->origin, &action->blob);
    struct blob_put put;
    struct blob_held held = {0};
    bool stands = false;
    struct engine_event event = {.kind = ENGINE_BLOB_STORED,
                                 .blob = action->blob};
    hl_err err =
        driver_find_blob(driver, action->origin, &action->blob, &put, &stands);
    if (err == HL_OK && !stands) {
        /* It was erased just now, and GONE follows; or its journal was cut, and
         * may have it again. */
        err = HL_ENOTFOUND;
    }
    if (err == HL_OK) {
        err = store->append(store->context, &name, &action->seal, action->from,
                            action->part, &event.whole, NULL);
        if (event.whole && !reads(driver, &put)) {
            driver->blobs.carried_bytes += put.size;
        }
    }
    store->held(store->context, &name, &action->seal, &held);
    event.err = err;
    event.next = held.parts;
    driver_follow_up(driver, &event, action->origin);
}

static hl_err send_part(struct driver *driver,
                        const struct engine_action *action,
                        const struct sync_blob_part *part)
{
    struct sync_message message = {.kind = SYNC_BLOB_PART, .blob_part = *part};
    writer_clear(&driver->message);
    hl_err err =
        sync_encode(driver->encoder, &message, false, &driver->message);
    if (err == HL_OK) {
        driver->options.send(driver->options.context, action->stream,
                             writer_view(&driver->message));
    }
    return err;
}

static hl_err send_parts(struct driver *driver,
                         const struct engine_action *action,
                         const struct blob_seal *seal)
{
    const struct blob_store *store = driver->options.blobs;
    struct blob_name name = driver_blob_name(action->origin, &action->blob);
    struct blob_leaves leaves = {0};
    struct writer bytes = {0};
    uint64_t end = blob_part_count(seal->size);
    end = action->size < end ? action->size : end;
    hl_err err = action->from < end
                     ? store->leaves(store->context, &name, seal, &leaves, NULL)
                     : HL_ENOTFOUND;
    for (uint64_t i = action->from; i < end && err == HL_OK; i++) {
        struct sync_blob_part part = {
            .origin = action->origin, .id = action->blob, .index = i};
        writer_clear(&bytes);
        err = store->read(store->context, &name, seal, i, &bytes, NULL);
        if (err == HL_OK) {
            blob_leaves_prove(&leaves, i, &part.proof);
            part.bytes = writer_view(&bytes);
            /* What the disk changed is not sent: it would be our fault. */
            err = blob_part_verify(seal, i, part.bytes, &part.proof);
        }
        if (err == HL_OK) {
            err = send_part(driver, action, &part);
        }
    }
    writer_fini(&bytes);
    blob_leaves_fini(&leaves);
    return err;
}

void driver_send_blob(struct driver *driver, const struct engine_action *action)
{
    struct blob_put put;
    bool stands = false;
    hl_err err = driver->options.blobs == NULL
                     ? HL_ENOTFOUND
                     : driver_find_blob(driver, action->origin, &action->blob,
                                        &put, &stands);
    if (err == HL_OK && !stands) {
        err = HL_ENOTFOUND;
    }
    if (err == HL_OK) {
        struct blob_seal seal = blob_seal_of(&put);
        err = send_parts(driver, action, &seal);
    }
    if (err != HL_OK) {
        struct sync_blob_part absent = {.origin = action->origin,
                                        .id = action->blob,
                                        .index = action->from};
        err = send_part(driver, action, &absent);
        HL_ASSERT(err == HL_OK);
    }
}

/* --- Out of an archive. --------------------------------------------------- */

/* Why it is left out; empty: it is stored, or was here before. */
struct verdict {
    hl_err err;
    const char *text;
};

static struct verdict take(struct driver *driver, const struct blob_name *name,
                           const struct blob_put *put,
                           const struct sync_blob_part *part, bool *whole)
{
    static const struct verdict fine = {HL_OK, ""};
    const struct blob_store *store = driver->options.blobs;
    struct blob_seal seal = blob_seal_of(put);
    struct blob_held held;
    struct hl_detail why = {0};
    store->held(store->context, name, &seal, &held);
    if (held.whole || part->index < held.parts) {
        return fine;
    }
    if (blob_part_verify(&seal, part->index, part->bytes, &part->proof) !=
        HL_OK) {
        return (struct verdict){HL_EPROOF, "a part of a blob that is none"};
    }
    if (part->index > held.parts) {
        return (struct verdict){HL_EAHEAD,
                                "the parts of that blob before it are missing"};
    }
    hl_err err = store->append(store->context, name, &seal, part->index,
                               part->bytes, whole, &why);
    return err == HL_OK ? fine
                        : (struct verdict){err, "the blob cannot be stored"};
}

void driver_import_blob(struct driver *driver,
                        const struct sync_blob_part *part, uint64_t number)
{
    struct blob_put put;
    struct blob_look look = {.id = part->id};
    bool stands = false, whole = false;
    struct verdict verdict = {HL_OK, "this node keeps no blobs"};
    struct blob_name name = driver_blob_name(part->origin, &part->id);
    hl_err err =
        driver->options.blobs == NULL
            ? HL_OK
            : driver_find_blob(driver, part->origin, &part->id, &put, &stands);
    if (err != HL_OK) {
        verdict = (struct verdict){err, "the store cannot be read"};
    } else if (driver->options.blobs != NULL && !stands) {
        verdict.text = "no journal here names that blob, or it was erased";
    } else if (stands && !is_wanted(driver, &put)) {
        verdict.text = "a blob that this node neither reads nor carries";
    } else if (stands) {
        verdict = take(driver, &name, &put, part, &whole);
    }
    if (whole && !reads(driver, &put)) {
        driver->blobs.carried_bytes += put.size;
    }
    if (whole) {
        memcpy(look.origin, part->origin.data, part->origin.size);
        tell(driver, ENGINE_BLOB_GONE, &look, NULL, 0);
    }
    struct engine_action done = {.kind = ENGINE_IMPORT_DONE,
                                 .wait = number,
                                 .err = verdict.err,
                                 .text = bytes_of_text(verdict.text)};
    driver->options.import_done(driver->options.context, &done);
    driver_end_reading(driver);
}

void driver_fini_blobs(struct driver *driver)
{
    hl_free(driver->blobs.looks);
}
