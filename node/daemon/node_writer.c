/* SPDX-License-Identifier: Apache-2.0 */
#include "node/daemon/node_inside.h"

#include <string.h>

#include "certs/tools/clock.h"
#include "certs/tools/file.h"
#include "node/sync/sync_store.h"
#include "node/sync/words.h"

/* The writer's thread, and the federation that works in it. */

static hl_err write_mark(void *context, const struct head *head,
                         struct hl_detail *detail)
{
    return mark_file_write(context, head, detail);
}

static void on_committed(void *context)
{
    struct node *node = context;
    services_committed(node->services);
    desk_wake(node->desk);
}

static void on_failed(void *context)
{
    struct node *node = context;
    atomic_store(&node->failed, true);
}

static hl_err open_author(struct node *node, struct author **out,
                          hl_err *refusal, struct hl_detail *why,
                          struct hl_detail *detail)
{
    struct author_options options = {
        .store = node->store,
        .origin = node->origin,
        .signers = &node->credentials.journal_key.signer,
        .signer_count = 1,
        .key_from = node->credentials.journal_key_entry.from,
        .key_replaces =
            node->credentials.journal_key_entry.succession == CHARTER_REPLACE,
        .mark = node->has_mark ? &node->mark.mark : NULL,
        .keeper = {.context = &node->mark, .write = write_mark},
        .refusals_per_second = (uint32_t)node->config->refusals_per_second,
    };
    return author_create(&options, out, refusal, why, detail);
}

static hl_err reopen_author(void *context, struct author *former,
                            struct author **out, hl_err *refusal,
                            struct hl_detail *why, struct hl_detail *detail)
{
    struct node *node = context;
    hl_err err = open_author(node, out, refusal, why, detail);
    if (err == HL_OK) {
        federation_listen(node->federation, *out);
        author_destroy(&former);
        node->author = *out;
    }
    return err;
}

static hl_err mark_words(void *context, const struct head *words,
                         struct hl_detail *detail)
{
    struct node *node = context;
    hl_err err = mark_file_write(&node->words, words, detail);
    if (err != HL_OK) {
        log_failure(node->log, LOG_ERROR, "mark.unwritten",
                    node->config->mirror_mark, err, detail);
    }
    return err;
}

static hl_err drop_mark(void *context, struct hl_detail *detail)
{
    struct node *node = context;
    char aside[MARK_ASIDE_BYTES];
    hl_err err =
        mark_file_set_aside(node->config->mark, &node->mark, aside, detail);
    node->has_mark = node->has_mark && err != HL_OK;
    return err;
}

/* What the charter has partners seal to must be a key that is here. */
static void check_encryption(struct node *node, const struct charter_node *self)
{
    const struct charter_key *named =
        self == NULL
            ? NULL
            : charter_key_at(self, CHARTER_ENCRYPTION, clock_wall().ms / 1000);
    size_t count = node->credentials.encryption_key_count;
    bool have = false;
    struct hl_detail why = {0};
    for (size_t i = 0; named != NULL && i < count; i++) {
        have = have || memcmp(node->credentials.encryption_keys[i].public,
                              named->x25519, BLOB_KEY_BYTES) == 0;
    }
    hl_err err = HL_OK;
    if (named != NULL && !have) {
        err = hl_fail(&why, HL_ENOKEY,
                      "the charter names an encryption key of this node that "
                      "encryption_keys has not: add its file");
    } else if (named == NULL && count > 0) {
        err = hl_fail(&why, HL_ENOKEY,
                      "the charter names no encryption key of this node: heluo "
                      "charter set-key --encryption-key");
    }
    pthread_mutex_lock(&node->mutex);
    node->facts.encryption = err;
    node->facts.encryption_why = why;
    pthread_mutex_unlock(&node->mutex);
}

static void take_charter(void *context, const struct charter *charter)
{
    struct node *node = context;
    pthread_mutex_lock(&node->mutex);
    node->facts.charter_version = charter->version;
    pthread_mutex_unlock(&node->mutex);
    struct credentials_doubt doubt = {0};
    node->credentials.journal_key_entry = credentials_key_entry(
        charter, node->config->node, &node->credentials.journal_key.public.vkey,
        &doubt); /* who signs is the engine's to say */
    const struct charter_node *self =
        charter_find_node(charter, bytes_of_text(node->config->node));
    check_encryption(node, self);
    desk_set_charter(node->desk, charter->raw);
    services_take_charter(node->services, charter);
}

static void mirror_silent(void *context, hl_err err, const char *why)
{
    struct node *node = context;
    pthread_mutex_lock(&node->mutex);
    node->facts.mirror = err;
    hl_fail(&node->facts.mirror_why, err, "%s", why);
    pthread_mutex_unlock(&node->mutex);
}

static hl_err read_words(struct node *node, struct head *words,
                         struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    hl_err err = store_begin_read(node->store, &txn, detail);
    if (err == HL_OK) {
        err = words_read(txn, words, detail);
    }
    store_abort(&txn);
    return err;
}

/* A keeper whose store and mark disagree cosigns nothing, and goes on with
 * everything else. */
static hl_err open_words(struct node *node, struct hl_detail *detail)
{
    const char *path = node->config->mirror_mark;
    const struct keyfile *mirror = &node->credentials.mirror_key;
    struct head words;
    struct hl_detail why = {0};
    if (node->config->mirror_key[0] == '\0') {
        return HL_OK;
    }
    hl_err err = path[0] == '\0'
                     ? hl_fail(&why, HL_ENOTFOUND, "mirror_mark is not given")
                     : mark_file_open(path, &node->words, &why);
    if (err == HL_OK) {
        err = read_words(node, &words, detail);
        if (err != HL_OK) {
            return err;
        }
        node->has_words =
            vkey_equal(&node->words.mark.key, &mirror->public.vkey) &&
            words_agree(&words, &node->words.mark.head);
    }
    if (err == HL_OK && !node->has_words) {
        err = hl_fail(&why, HL_EMARK,
                      "the store does not know what this key has cosigned, or "
                      "the mark is another key's: a new mirror key is needed");
    }
    if (err != HL_OK) {
        log_failure(node->log, LOG_ERROR, "mirror.silent", path, err, &why);
        node->facts.mirror = err; /* nobody asks yet */
        node->facts.mirror_why = why;
    }
    return HL_OK;
}

static hl_err start_federation(struct node *node, hl_err refusal,
                               const struct hl_detail *why,
                               struct hl_detail *detail)
{
    const struct credentials *credentials = &node->credentials;
    struct bytes charters[CONFIG_LIST_MAX];
    hl_err err = open_words(node, detail);
    if (err != HL_OK) {
        return err;
    }
    for (size_t i = 0; i < credentials->charter_count; i++) {
        charters[i] = writer_view(&credentials->charters[i]);
    }
    enum pace_zlib zlib = PACE_ZLIB_AUTO;
    (void)pace_zlib_parse(node->config->segment_zlib, &zlib);
    struct federation_options options = {
        .alliance = node->config->alliance,
        .node = node->config->node,
        .store = node->store,
        .gate = node->gate,
        .log = node->log,
        .clock = node_read_clock,
        .keepalive_ms = (uint32_t)node->config->keepalive_ms,
        .zlib = zlib,
        .tls = node_tls_of(credentials),
        .pin = credentials->pin,
        .journal_key = &credentials->journal_key.public.vkey,
        .mirror = node->has_words ? &credentials->mirror_key.signer : NULL,
        .own_time = author_recorded_at(node->author),
        .refusal = refusal,
        .why = why,
        .mark = node->has_mark ? &node->mark.mark : NULL,
        .blobs = node->blobs,
        .blob_max_bytes = node->config->max_blob_bytes,
        .carry_blob_bytes = node->config->carry_blobs_bytes,
        .context = node,
        .mark_words = mark_words,
        .drop_mark = drop_mark,
        .reopen = reopen_author,
        .charter = take_charter,
        .mirror_silent = mirror_silent,
    };
    node_set_about(node, "charters");
    return federation_create(&options, charters, credentials->charter_count,
                             &node->federation, detail);
}

hl_err node_start_writer(struct node *node, struct hl_detail *detail)
{
    hl_err refusal = HL_OK;
    struct hl_detail why = {0};
    node_set_about(node, node->config->store);
    hl_err err = open_author(node, &node->author, &refusal, &why, detail);
    if (err != HL_OK) {
        return err;
    }
    bool paused = refusal == HL_ENEWER;
    const struct credentials_doubt *signing = &node->credentials.signing;
    if (signing->err != HL_OK && !paused) {
        refusal = signing->err;
        why = signing->why;
    }
    err = start_federation(node, refusal, &why, detail);
    if (err != HL_OK) {
        return err;
    }
    federation_listen(node->federation, node->author);
    struct writer_guest guest = federation_guest(node->federation);
    if (refusal != HL_OK) {
        log_failure(node->log, LOG_ERROR, "writes.refused", node->config->mark,
                    refusal, &why);
    }
    if (!paused) {
        refusal = HL_OK; /* the engine says when the journal goes on */
    }
    struct writer_options writer = {
        .author = node->author,
        .refusal = refusal,
        .why = &why,
        .limits = {.queue_commands = (uint32_t)node->config->queue_commands,
                   .commit_entries = (uint32_t)node->config->commit_entries,
                   .commit_ms = (uint32_t)node->config->commit_ms},
        .guest = &guest,
        .clock = node_read_clock,
        .clock_jump_ms = (int64_t)node->config->clock_jump_s * 1000,
        .log = node->log,
        .context = node,
        .committed = on_committed,
        .failed = on_failed,
    };
    writer_start(&writer, &node->writer);
    services_set_writer(node->services, node->writer);
    desk_start(node->desk, node->writer);
    federation_set_writer(node->federation, node->writer);
    struct waiting_room room = federation_waiting_room(node->federation);
    services_set_waiting_room(node->services, &room);
    struct partners partners = federation_partners(node->federation);
    services_set_partners(node->services, &partners);
    return HL_OK;
}
