/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/effect_blob.h"

#include <string.h>

#include "node/ledger/blob_entry.h"
#include "node/projection/row.h"
#include "protocol/entry/origin.h"

static struct store_key key_of(const struct effect *effect, const void *record)
{
    struct writer key = {0};
    record_key(effect->body->type, record, &key);
    struct store_key out =
        row_key(effect->half->number, &blob_record, writer_view(&key));
    writer_fini(&key);
    return out;
}

/* Whoever keeps the bytes is to look at it, once this is committed. */
static void tell(struct effect *effect, struct bytes id)
{
    const struct projection_listener *listener = &effect->projection->listener;
    struct hl_hash blob;
    memcpy(blob.bytes, id.data, HL_HASH_BYTES);
    if (listener->blob != NULL) {
        listener->blob(listener->context, effect->half->state.origin, &blob);
    }
}

hl_err effect_blob_put(struct effect *effect, const void *record,
                       struct hl_detail *detail)
{
    const struct blob_put *put = record;
    struct store_key key = key_of(effect, record);
    struct row row;
    bool found = false;
    hl_err err = effect_find_row(effect, &key, &row, &found, detail);
    if (err != HL_OK) {
        return err;
    }
    if (found) {
        return effect_refuse(effect, "there is such a blob, or was");
    }
    if (!blob_has_reader(put, origin_node(effect->half->state.origin))) {
        return effect_refuse(effect, "its author is no reader of it");
    }
    tell(effect, put->id);
    return effect_state(effect, &key, NULL, detail);
}

hl_err effect_blob_erase(struct effect *effect, const void *record,
                         struct hl_detail *detail)
{
    const struct blob_erase *erase = record;
    struct store_key key = key_of(effect, record);
    struct row row;
    bool found = false;
    hl_err err = effect_find_row(effect, &key, &row, &found, detail);
    if (err != HL_OK) {
        return err;
    }
    if (!found || row.retired) {
        return effect_refuse(effect, found ? "it was erased before"
                                           : "there is no such blob");
    }
    row.index = effect->index;
    row.recorded_at = effect->entry->recorded_at;
    row.retired = true;
    tell(effect, erase->id);
    return effect_write_row(effect, &key, &row, detail);
}
