/* SPDX-License-Identifier: Apache-2.0 */

/* Blobs of a single part, which the node opens for itself. */

#include <openssl/crypto.h>

#include "node/service/blob_call.h"

static hl_err check_single(const struct blob_place *place,
                           const struct blob_name *name,
                           const struct blob_seal *seal,
                           struct hl_detail *detail)
{
    struct blob_held held = {0};
    if (seal->size > BLOB_PART_BYTES) {
        return hl_fail(detail, HL_EPROOF, "its blob has more than one part");
    }
    place->store->held(place->store->context, name, seal, &held);
    return held.whole ? HL_OK
                      : hl_fail(detail, HL_EAWAY, "it is on its way here");
}

hl_err blob_open_single(const struct blob_place *place,
                        const struct blob_name *name,
                        const struct blob_seal *seal,
                        struct blob_opener **opener, struct writer *document,
                        struct hl_detail *detail)
{
    struct writer part = {0};
    *opener = NULL;
    hl_err err = check_single(place, name, seal, detail);
    if (err == HL_OK) {
        err = place->store->read(place->store->context, name, seal, 0, &part,
                                 detail);
    }
    if (err == HL_OK) {
        blob_opener_create(place->keys, place->key_count, seal->size, opener);
        err = blob_opener_add(*opener, writer_view(&part), document, detail);
    }
    if (err == HL_OK) {
        err = blob_opener_finish(*opener, &name->id, detail);
    }
    if (err != HL_OK) {
        blob_opener_destroy(opener);
    }
    writer_fini(&part);
    return err;
}
