/* SPDX-License-Identifier: Apache-2.0 */

/* Who is to read a blob, and sealing to them. */

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

#include "certs/tools/clock.h"
#include "node/service/blob_call.h"
#include "protocol/entry/origin.h"

static hl_err add_reader(struct blob_readers *readers, struct bytes node,
                         const uint8_t *key, struct hl_detail *detail)
{
    size_t at = 0;
    while (at < readers->count && bytes_compare(readers->nodes[at], node) < 0) {
        at++;
    }
    if (at < readers->count && bytes_equal(readers->nodes[at], node)) {
        return HL_OK;
    }
    if (readers->count == HL_BLOB_READERS_MAX) {
        return hl_fail(detail, HL_ELIMIT,
                       "field readers: with this node at most %d may be",
                       HL_BLOB_READERS_MAX);
    }
    for (size_t i = readers->count++; i > at; i--) {
        readers->nodes[i] = readers->nodes[i - 1];
        memcpy(readers->keys[i], readers->keys[i - 1], BLOB_KEY_BYTES);
    }
    readers->nodes[at] = node;
    memcpy(readers->keys[at], key, BLOB_KEY_BYTES);
    return HL_OK;
}

static hl_err find_key(const struct charter *charter, const char *id,
                       const uint8_t **key, struct hl_detail *detail)
{
    const struct charter_node *node =
        charter_find_node(charter, bytes_of_text(id));
    if (node == NULL) {
        return hl_fail(detail, HL_EUNKNOWNNODE,
                       "field readers: the charter has no node %.63s", id);
    }
    const struct charter_key *found =
        charter_key_at(node, CHARTER_ENCRYPTION, clock_wall().ms / 1000);
    if (found == NULL) {
        return hl_fail(detail, HL_ENOKEY,
                       "field readers: the charter has no encryption key of "
                       "%s: heluo key new encryption there, and heluo charter "
                       "set-key",
                       id);
    }
    *key = found->x25519;
    return HL_OK;
}

hl_err blob_readers_find(const struct services *services, char *const *names,
                         size_t count, struct blob_readers *out,
                         struct hl_detail *detail)
{
    struct charter charter = {0};
    struct writer raw = {0};
    bool others = count > 0 && services->has_partners;
    hl_err err = HL_OK;
    if (others) {
        services->partners.charter(services->partners.context, &raw);
        err = charter_parse(writer_view(&raw), &charter, detail);
    } else if (count > 0) {
        err = hl_fail(detail, HL_EUNSUPPORTED, "this node has no partners");
    }
    writer_fini(&raw);
    if (err != HL_OK) {
        return err;
    }
    struct bytes self = origin_node(bytes_of_text(services->origin));
    err = add_reader(out, self, services->blobs.keys[0].public, detail);
    for (size_t i = 0; i < count && err == HL_OK; i++) {
        const uint8_t *key = NULL;
        struct bytes node = bytes_of_text(names[i]);
        if (!bytes_equal(node, self)) {
            err = find_key(&charter, names[i], &key, detail);
            err = err == HL_OK ? add_reader(out, node, key, detail) : err;
        }
    }
    if (others) {
        charter_fini(&charter);
    }
    return err;
}

void blob_readers_write(const struct blob_readers *readers, struct writer *out)
{
    for (size_t i = 0; i < readers->count; i++) {
        writer_text(out, i == 0 ? "" : " ");
        writer_bytes(out, readers->nodes[i]);
    }
}

hl_err blob_readers_seal(const struct blob_readers *readers,
                         const struct blob_head *head,
                         const uint8_t salt[BLOB_SALT_BYTES],
                         struct writer *out, struct blob_sealer **sealer,
                         struct hl_detail *detail)
{
    uint8_t key[BLOB_KEY_BYTES];
    uint8_t seeds[HL_BLOB_READERS_MAX][BLOB_SEED_BYTES];
    struct blob_sealing sealing = {
        .head = *head,
        .readers = (const uint8_t(*)[BLOB_KEY_BYTES])readers->keys,
        .reader_count = readers->count,
        .salt = salt,
        .key = key,
        .seeds = (const uint8_t(*)[BLOB_SEED_BYTES])seeds,
    };
    hl_err err =
        RAND_bytes(key, sizeof(key)) == 1 &&
                RAND_bytes(seeds[0], sizeof(seeds)) == 1
            ? HL_OK
            : hl_fail(detail, HL_ECRYPTO, "no random numbers are to be had");
    if (err == HL_OK) {
        err = blob_sealer_create(&sealing, out, sealer, detail);
    }
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(seeds, sizeof(seeds));
    return err;
}
