/* SPDX-License-Identifier: Apache-2.0 */
#include "node/service/key_ring.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "node/service/blob_call.h"
#include "node/service/key_claims.h"
#include "protocol/base/alloc.h"

/* A version, and its key if it is here. */
struct held {
    struct key_ring_version shown;
    struct fingerprint_key key;
};

struct key_ring {
    struct key_ring_options options;
    char *node;
    pthread_mutex_t lock; /* of what follows */
    struct blob_store blobs;
    bool has_blobs;
    const struct blob_key *opening;
    size_t opening_count;
    struct key_authors authors;
    struct fingerprint_keys file;
    struct held held[KEY_RING_SHOWN]; /* the newest version first */
    size_t count;
    uint32_t newest;
    struct hl_hash seen; /* of the claims */
    bool settled;        /* nothing is awaited of what was seen */
};

struct key_ring *key_ring_create(const struct key_ring_options *options)
{
    struct key_ring *ring = hl_alloc(1, sizeof(*ring));
    ring->options = *options;
    ring->node = hl_copy(options->node, strlen(options->node));
    pthread_mutex_init(&ring->lock, NULL);
    return ring;
}

void key_ring_destroy(struct key_ring **ring)
{
    struct key_ring *gone = *ring;
    if (gone == NULL) {
        return;
    }
    key_authors_fini(&gone->authors);
    pthread_mutex_destroy(&gone->lock);
    hl_free(gone->node);
    OPENSSL_cleanse(gone, sizeof(*gone));
    hl_free(gone);
    *ring = NULL;
}

void key_ring_set_blobs(struct key_ring *ring, const struct blob_store *blobs,
                        const struct blob_key *keys, size_t count)
{
    pthread_mutex_lock(&ring->lock);
    ring->blobs = *blobs;
    ring->has_blobs = true;
    ring->opening = keys;
    ring->opening_count = count;
    ring->settled = false;
    pthread_mutex_unlock(&ring->lock);
}

void key_ring_set_charter(struct key_ring *ring, const struct charter *charter)
{
    pthread_mutex_lock(&ring->lock);
    key_authors_fini(&ring->authors);
    key_authors_of(charter, &ring->authors);
    ring->settled = false;
    pthread_mutex_unlock(&ring->lock);
}

void key_ring_set_file(struct key_ring *ring,
                       const struct fingerprint_keys *keys)
{
    pthread_mutex_lock(&ring->lock);
    ring->file = *keys;
    ring->settled = false;
    pthread_mutex_unlock(&ring->lock);
}

/* --- Opening. ------------------------------------------------------------ */

/* What is within is the key, and nothing else. */
static hl_err take_secret(const struct key_claim *claim, struct bytes document,
                          struct fingerprint_key *out, struct hl_detail *detail)
{
    struct fingerprint_key key = {.version = claim->version};
    if (document.size == FINGERPRINT_KEY_BYTES) {
        memcpy(key.secret, document.data, FINGERPRINT_KEY_BYTES);
    }
    struct hl_hash digest = fingerprint_digest(&key);
    bool good = document.size == FINGERPRINT_KEY_BYTES &&
                hash_equal(&digest, &claim->digest);
    if (good) {
        *out = key;
    }
    OPENSSL_cleanse(&key, sizeof(key));
    return good ? HL_OK
                : hl_fail(detail, HL_EPROOF,
                          "what is in its blob is not the key of its entry");
}

static hl_err check_openable(const struct key_ring *ring,
                             const struct key_claim *claim,
                             struct hl_detail *detail)
{
    if (!ring->has_blobs || ring->opening_count == 0) {
        return hl_fail(detail, HL_EUNSUPPORTED,
                       "this node has no encryption key: heluo key new "
                       "encryption, heluo charter set-key, and encryption_keys "
                       "in its configuration");
    }
    return claim->reads
               ? HL_OK
               : hl_fail(detail, HL_EDENIED,
                         "it is not sealed to this node: heluo fingerprint "
                         "share at a coordinator's node");
}

static hl_err open_claim(const struct key_ring *ring,
                         const struct key_claim *claim,
                         struct fingerprint_key *out, struct hl_detail *detail)
{
    struct blob_place place = {&ring->blobs, ring->opening,
                               ring->opening_count};
    struct blob_opener *opener = NULL;
    struct writer document = {0};
    hl_err err = check_openable(ring, claim, detail);
    if (err == HL_OK) {
        err = blob_open_single(&place, &claim->name, &claim->seal, &opener,
                               &document, detail);
    }
    if (err == HL_OK) {
        err = take_secret(claim, writer_view(&document), out, detail);
    }
    OPENSSL_cleanse(document.data, document.size);
    writer_fini(&document);
    blob_opener_destroy(&opener);
    return err;
}

/* --- A version. ---------------------------------------------------------- */

/* Claims of one version. */
struct version {
    const struct key_claim *claims;
    size_t count;
};

static struct version version_at(const struct key_claims *claims, size_t at)
{
    struct version out = {.claims = &claims->items[at]};
    while (at + out.count < claims->count &&
           claims->items[at + out.count].version == out.claims->version) {
        out.count++;
    }
    return out;
}

/* Its coordinators want it used no more: every blob that has it is gone. */
static bool is_over(const struct version *version)
{
    for (size_t i = 0; i < version->count; i++) {
        if (version->claims[i].counts && !version->claims[i].erased) {
            return false;
        }
    }
    return true;
}

/* The key of that digest among those that are in memory. */
static bool find_known(const struct key_ring *ring,
                       const struct key_claim *claim,
                       struct fingerprint_key *out)
{
    struct fingerprint_key known[KEY_RING_SHOWN + FINGERPRINT_KEYS_MAX];
    size_t count = 0;
    bool found = false;
    for (size_t i = 0; i < ring->count; i++) {
        known[count++] = ring->held[i].key;
    }
    for (size_t i = 0; i < ring->file.count; i++) {
        known[count++] = ring->file.items[i];
    }
    for (size_t i = 0; i < count && !found; i++) {
        struct hl_hash digest = fingerprint_digest(&known[i]);
        found = hash_equal(&digest, &claim->digest);
        if (found) {
            *out = known[i];
        }
    }
    OPENSSL_cleanse(known, sizeof(known));
    return found;
}

static void find_rival(const struct key_ring *ring,
                       const struct version *version,
                       struct key_ring_version *out)
{
    for (size_t i = 0; i < ring->file.count; i++) {
        struct hl_hash digest = fingerprint_digest(&ring->file.items[i]);
        if (ring->file.items[i].version == version->claims->version &&
            !hash_equal(&digest, &version->claims->digest)) {
            (void)snprintf(out->rival, sizeof(out->rival), "file");
        }
    }
    for (size_t i = version->count; i-- > 0;) {
        if (!version->claims[i].counts) {
            (void)snprintf(out->rival, sizeof(out->rival), "%s",
                           version->claims[i].author->origin);
        }
    }
}

/* By whichever of its blobs opens. */
static void hold_version(const struct key_ring *ring,
                         const struct version *version, struct held *out)
{
    const struct key_claim *first = version->claims;
    struct key_ring_version *shown = &out->shown;
    *out = (struct held){.shown = {.version = first->version,
                                   .digest = first->digest,
                                   .err = HL_EDENIED}};
    (void)snprintf(shown->origin, sizeof(shown->origin), "%s",
                   first->author->origin);
    find_rival(ring, version, shown);
    if (find_known(ring, first, &out->key)) {
        shown->err = HL_OK;
    }
    /* One that is sealed to others says least. */
    for (size_t i = 0; shown->err != HL_OK && i < version->count; i++) {
        const struct key_claim *claim = &version->claims[i];
        if (claim->counts && !claim->erased &&
            (claim->reads || shown->why.text[0] == '\0')) {
            shown->err = open_claim(ring, claim, &out->key, &shown->why);
        }
    }
}

/* --- All of them. -------------------------------------------------------- */

/* The next version of the file that no coordinator states, below `above`. */
static const struct fingerprint_key *
next_of_file(const struct key_ring *ring, const struct key_claims *claims,
             uint32_t above)
{
    for (size_t i = 0; i < ring->file.count; i++) {
        const struct fingerprint_key *key = &ring->file.items[i];
        bool stated = false;
        for (size_t k = 0; k < claims->count; k++) {
            stated = stated || claims->items[k].version == key->version;
        }
        if (key->version < above && !stated) {
            return key;
        }
    }
    return NULL;
}

static void hold_file(const struct fingerprint_key *key, struct held *out)
{
    *out = (struct held){
        .shown = {.version = key->version, .digest = fingerprint_digest(key)},
        .key = *key};
}

/* Merges what is stated with what the file has. */
static size_t hold_all(const struct key_ring *ring,
                       const struct key_claims *claims,
                       struct held out[KEY_RING_SHOWN])
{
    size_t count = 0, at = 0;
    const struct fingerprint_key *key = next_of_file(ring, claims, UINT32_MAX);
    while (count < KEY_RING_SHOWN && (at < claims->count || key != NULL)) {
        if (at == claims->count ||
            (key != NULL && key->version > claims->items[at].version)) {
            hold_file(key, &out[count++]);
            key = next_of_file(ring, claims, key->version);
            continue;
        }
        struct version version = version_at(claims, at);
        if (!is_over(&version)) {
            hold_version(ring, &version, &out[count++]);
        }
        at += version.count;
    }
    return count;
}

/* Whether only the journals may change it: else its bytes may come any time. */
static bool is_settled(const struct held *held, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hl_err err = held[i].shown.err;
        if (err != HL_OK && err != HL_EDENIED && err != HL_EUNSUPPORTED &&
            err != HL_EPROOF) {
            return false;
        }
    }
    return true;
}

static void collect(const struct held *held, size_t count,
                    struct fingerprint_keys *out)
{
    *out = (struct fingerprint_keys){0};
    for (size_t i = 0; i < count && out->count < FINGERPRINT_KEYS_MAX; i++) {
        if (held[i].shown.err == HL_OK) {
            (void)fingerprint_add(out, &held[i].key);
        }
    }
}

static void tell(const struct key_ring *ring,
                 const struct fingerprint_keys *before,
                 const struct fingerprint_keys *now)
{
    bool same = before->count == now->count;
    for (size_t i = 0; same && i < now->count; i++) {
        same = before->items[i].version == now->items[i].version;
    }
    if (!same && ring->options.log != NULL) {
        log_event(ring->options.log, LOG_INFO, "fingerprint.keys",
                  LOG_UINT("version", now->items[0].version),
                  LOG_UINT("former", now->items[1].version));
    }
}

static void replace(struct key_ring *ring, struct held held[KEY_RING_SHOWN],
                    size_t count)
{
    struct fingerprint_keys before, now;
    collect(ring->held, ring->count, &before);
    collect(held, count, &now);
    tell(ring, &before, &now);
    memcpy(ring->held, held, sizeof(ring->held));
    ring->count = count;
    ring->settled = is_settled(held, count);
    fingerprint_forget(&before);
    fingerprint_forget(&now);
}

/* Of those that are over, too: no number is given twice. */
static uint32_t newest_of(const struct key_ring *ring,
                          const struct key_claims *claims)
{
    uint32_t file = ring->file.items[0].version;
    return claims->count > 0 && claims->items[0].version > file
               ? claims->items[0].version
               : file;
}

static hl_err look(struct key_ring *ring, struct store_txn *txn)
{
    struct key_claims claims;
    struct hl_hash mark;
    struct held held[KEY_RING_SHOWN] = {0};
    hl_err err = key_claims_mark(txn, &ring->authors, &mark, NULL);
    if (err != HL_OK || (ring->settled && hash_equal(&mark, &ring->seen))) {
        return err;
    }
    err = key_claims_read(txn, &ring->authors, bytes_of_text(ring->node),
                          &claims, NULL);
    if (err != HL_OK) {
        return err;
    }
    size_t count = hold_all(ring, &claims, held);
    replace(ring, held, count);
    ring->newest = newest_of(ring, &claims);
    ring->seen = mark;
    OPENSSL_cleanse(held, sizeof(held));
    key_claims_fini(&claims);
    return HL_OK;
}

void key_ring_look(struct key_ring *ring)
{
    struct store_txn *txn = NULL;
    pthread_mutex_lock(&ring->lock);
    if (store_begin_read(ring->options.store, &txn, NULL) == HL_OK) {
        (void)look(ring, txn); /* else the next time */
    }
    store_abort(&txn);
    pthread_mutex_unlock(&ring->lock);
}

/* --- Asking. ------------------------------------------------------------- */

void key_ring_now(struct key_ring *ring, struct fingerprint_keys *out)
{
    pthread_mutex_lock(&ring->lock);
    collect(ring->held, ring->count, out);
    pthread_mutex_unlock(&ring->lock);
}

bool key_ring_find(struct key_ring *ring, uint32_t version,
                   struct fingerprint_key *out)
{
    bool found = false;
    pthread_mutex_lock(&ring->lock);
    for (size_t i = 0; i < ring->count && !found; i++) {
        const struct held *held = &ring->held[i];
        found = held->shown.version == version && held->shown.err == HL_OK;
        if (found) {
            *out = held->key;
        }
    }
    pthread_mutex_unlock(&ring->lock);
    return found;
}

hl_err key_ring_newest(struct key_ring *ring, struct store_txn *txn,
                       uint32_t *version, struct hl_detail *detail)
{
    struct key_claims claims;
    pthread_mutex_lock(&ring->lock);
    hl_err err = key_claims_read(txn, &ring->authors, bytes_of_text(ring->node),
                                 &claims, detail);
    if (err == HL_OK) {
        *version = newest_of(ring, &claims);
        key_claims_fini(&claims);
    }
    pthread_mutex_unlock(&ring->lock);
    return err;
}

void key_ring_view(struct key_ring *ring, struct key_ring_view *out)
{
    pthread_mutex_lock(&ring->lock);
    out->newest = ring->newest;
    out->count = ring->count;
    for (size_t i = 0; i < ring->count; i++) {
        out->items[i] = ring->held[i].shown;
    }
    pthread_mutex_unlock(&ring->lock);
}

const struct key_ring_version *key_ring_lacks(const struct key_ring_view *view)
{
    for (size_t i = 0; i < view->count && i < FINGERPRINT_KEYS_MAX; i++) {
        if (view->items[i].err != HL_OK) {
            return &view->items[i];
        }
    }
    return NULL;
}

const struct key_ring_version *
key_ring_rivalled(const struct key_ring_view *view)
{
    for (size_t i = 0; i < view->count && i < FINGERPRINT_KEYS_MAX; i++) {
        if (view->items[i].rival[0] != '\0') {
            return &view->items[i];
        }
    }
    return NULL;
}
