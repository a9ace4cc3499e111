/* SPDX-License-Identifier: Apache-2.0 */
#include "node/daemon/node.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "certs/tools/clock.h"
#include "certs/tools/file.h"
#include "certs/tools/mark_file.h"
#include "node/backup/backup.h"
#include "node/daemon/credentials.h"
#include "node/daemon/federation.h"
#include "node/daemon/search_child.h"
#include "node/daemon/supervise.h"
#include "node/desk/desk.h"
#include "node/projection/rebuild.h"
#include "node/search/place.h"
#include "node/service/search_room.h"
#include "node/service/services.h"
#include "node/sync/sync_store.h"
#include "node/sync/words.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

enum {
    TICK_MS = 500,
    STALE_READERS_MS = 60000,
    FAILED_GRACE_MS = 1000,  /* for the answers that say that it failed */
    SEARCH_GRACE_MS = 20000, /* for it to close its index whole */
    HOUR_MS = 3600000,       /* also: before the first scrub of its own */
    DESCRIPTORS_OWN = 200,   /* beside those of connections */
    HOURS = 24,
};

/* The whole process. What other threads read stands under its own lock. */
struct node {
    const struct node_options *options;
    struct config *config;
    char *about;
    char origin[HL_NAME_MAX_BYTES + 1];
    struct log *log;
    int log_fd;

    struct credentials credentials;
    struct credentials_watch watch;
    struct mark_file mark;
    bool has_mark;
    struct mark_file words; /* the mirror key's */
    bool has_words;         /* and the store agrees */
    struct store *store;
    struct blob_files *blobs;
    char last_backup[PATH_MAX];
    struct author *author;
    struct writer_thread *writer;
    struct federation *federation;
    struct scrubber *scrubber;
    struct services *services;
    struct desk *desk;
    struct search_room *search; /* NULL: there is none */
    struct search_child *search_child;
    struct gate *gate;
    struct rpc_server *server;
    struct rpc_service table[NODE_SERVICES_MAX]; /* all of them */

    uint64_t turns;             /* of the writer, when last seen */
    struct hl_mono admitted_at; /* when dialled streams were looked at */
    atomic_bool failed;
    pthread_mutex_t mutex; /* of what follows: the services ask for it */
    struct node_facts facts;
};

/* --- Clocks. ------------------------------------------------------------- */

/* Counts suspended time too: a laptop that slept did not set its clock. */
static struct clock_reading read_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (struct clock_reading){
        .mono.ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec,
        .wall = clock_wall(),
    };
}

/* --- What status wants to know. ------------------------------------------ */

static uint64_t resident_bytes(void)
{
    unsigned long long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL) {
        return 0;
    }
    if (fscanf(file, "%llu %llu", &total, &resident) != 2) {
        resident = 0;
    }
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void tell_facts(void *context, struct node_facts *facts)
{
    struct node *node = context;
    struct rpc_statistics seen = {0};
    rpc_server_statistics(node->server, &seen);
    pthread_mutex_lock(&node->mutex);
    facts->charter_version = node->facts.charter_version;
    facts->certificate_until = node->facts.certificate_until;
    facts->crl_until = node->facts.crl_until;
    facts->tls = node->facts.tls;
    facts->tls_why = node->facts.tls_why;
    facts->reload = node->facts.reload;
    facts->reload_why = node->facts.reload_why;
    facts->config = node->facts.config;
    facts->config_why = node->facts.config_why;
    facts->mirror = node->facts.mirror;
    facts->mirror_why = node->facts.mirror_why;
    facts->encryption = node->facts.encryption;
    facts->encryption_why = node->facts.encryption_why;
    pthread_mutex_unlock(&node->mutex);
    facts->calls_open = seen.calls_open;
    facts->connections = seen.connections;
    facts->connections_max = (uint32_t)node->config->connections;
    facts->calls_total = seen.calls_total;
    facts->calls_refused = seen.refused_admission + seen.refused_limits;
    facts->queue_max = (uint32_t)node->config->queue_commands;
    facts->memory_bytes = resident_bytes();
}

static void set_about(struct node *node, const char *text)
{
    snprintf(node->about, NODE_ABOUT_BYTES, "%s", text);
}

/* --- Credentials. -------------------------------------------------------- */

/* Copies, in a list. */
struct charter_list {
    struct bytes *items;
    size_t count;
};

static void add_charter(void *context, struct bytes raw)
{
    struct charter_list *list = context;
    list->items =
        hl_realloc(list->items, list->count + 1, sizeof(list->items[0]));
    list->items[list->count++] =
        bytes_of(hl_copy(raw.data, raw.size), raw.size);
}

static hl_err read_charters(struct node *node, struct charter_list *out,
                            struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    set_about(node, node->config->store);
    hl_err err = store_begin_read(node->store, &txn, detail);
    if (err == HL_OK) {
        err = sync_store_each_charter(txn, add_charter, out, detail);
    }
    store_abort(&txn);
    return err;
}

/* The newest charter need not be among the files: partners pass it on. */
static hl_err load_credentials(struct node *node, struct credentials *out,
                               struct hl_detail *detail)
{
    char subject[CREDENTIALS_SUBJECT_BYTES] = "";
    struct charter_list list = {0};
    (void)credentials_changed(&node->watch, node->config);
    hl_err err = read_charters(node, &list, detail);
    if (err == HL_OK) {
        const struct credentials_known known = {.charters = list.items,
                                                .count = list.count};
        err = credentials_load(node->config, &known, clock_wall(), out, subject,
                               detail);
        if (err != HL_OK) {
            set_about(node, subject);
        }
    }
    for (size_t i = 0; i < list.count; i++) {
        hl_free((void *)(uintptr_t)list.items[i].data);
    }
    hl_free(list.items);
    return err;
}

static struct rpc_credentials tls_of(const struct credentials *loaded)
{
    return (struct rpc_credentials){
        .roots = writer_view(&loaded->roots),
        .chain = writer_view(&loaded->chain),
        .key = writer_view(&loaded->key),
    };
}

/* Of an alliance whose coordinators hand out none. */
static hl_err load_fingerprints(struct node *node, struct hl_detail *detail)
{
    const char *path = node->config->fingerprint_key;
    struct fingerprint_keys keys = {0};
    struct writer text = {0};
    hl_err err = HL_OK;
    if (path[0] != '\0') {
        set_about(node, path);
        err = file_read_secret(path, FINGERPRINT_FILE_MAX_BYTES, &text, detail);
    }
    if (err == HL_OK && path[0] != '\0') {
        err = fingerprint_parse(writer_view(&text), &keys, detail);
    }
    if (err == HL_OK) {
        services_set_fingerprints(node->services, &keys);
    }
    fingerprint_forget(&keys);
    OPENSSL_cleanse(text.data, text.size);
    writer_fini(&text);
    return err;
}

/* Gives what the server and the gate need, and keeps what status shows. */
static void use_credentials(struct node *node, struct credentials *loaded)
{
    bool starts = node->federation == NULL;
    pthread_mutex_lock(&node->mutex);
    if (starts) { /* later the engine says which holds */
        node->facts.charter_version = loaded->charter->version;
    }
    node->facts.certificate_until = loaded->certificate_until;
    node->facts.crl_until = loaded->crl_until;
    node->facts.reload = HL_OK;
    node->facts.tls = loaded->time.err;
    node->facts.tls_why = loaded->time.why;
    pthread_mutex_unlock(&node->mutex);
    gate_set(node->gate, &loaded->trust, starts ? &loaded->charter : NULL);
    struct rpc_credentials tls = tls_of(loaded);
    if (!starts) {
        links_set_credentials(federation_links(node->federation), &tls);
        links_admit_again(federation_links(node->federation));
        for (size_t i = 0; i < loaded->charter_count; i++) {
            federation_offer_charter(node->federation,
                                     writer_view(&loaded->charters[i]));
        }
    }
    if (node->server != NULL) {
        rpc_server_set_credentials(node->server, &tls);
        rpc_server_admit_again(node->server);
    }
}

static void warn_of_contest(struct node *node, const struct credentials *loaded)
{
    if (loaded->charter_contested) {
        log_event(node->log, LOG_WARN, "charter.contested",
                  LOG_TEXT("why", "two charters have one predecessor, which "
                                  "holds meanwhile: heluo charter follow"));
    }
}

/* It is tried again and again: one line for each reason is enough. */
static void keep_failure(struct node *node, hl_err err,
                         const struct hl_detail *detail)
{
    struct hl_detail why = {0};
    hl_fail(&why, err, "%s: %s", node->about, detail->text);
    bool new = node->facts.reload != err ||
               strcmp(node->facts.reload_why.text, why.text) != 0;
    if (new) {
        log_failure(node->log, LOG_ERROR, "reload.failed", node->about, err,
                    detail);
    }
    pthread_mutex_lock(&node->mutex);
    node->facts.reload = err;
    node->facts.reload_why = why;
    pthread_mutex_unlock(&node->mutex);
}

/* The former set stays in use where the new one is not whole: files are
 * replaced one after the other. */
static void reload_credentials(struct node *node)
{
    struct credentials next = {0};
    struct hl_detail detail = {0};
    hl_err err = load_credentials(node, &next, &detail);
    if (err == HL_OK) {
        err = load_fingerprints(node, &detail);
    }
    if (err != HL_OK) {
        credentials_fini(&next);
        /* Time alone may mend it: look again at the next turn. */
        node->watch = (struct credentials_watch){0};
        keep_failure(node, err, &detail);
        return;
    }
    if (next.time.err != HL_OK) {
        /* No better than what is in use. */
        node->watch = (struct credentials_watch){0};
        set_about(node, "certificate or revocation list");
        keep_failure(node, next.time.err, &next.time.why);
        credentials_fini(&next);
        return;
    }
    use_credentials(node, &next);
    warn_of_contest(node, &next);
    log_event(node->log, LOG_INFO, "reload.done",
              LOG_UINT("charter", node->facts.charter_version));
    credentials_fini(&next);
}

/* Nobody looks at the log after each reload, and the service is not started
 * again on a wrong configuration: status keeps it. */
static void keep_config_failure(struct node *node, hl_err err,
                                const struct hl_detail *detail)
{
    pthread_mutex_lock(&node->mutex);
    node->facts.config = err;
    node->facts.config_why = (struct hl_detail){0};
    if (err != HL_OK && detail->where == HL_AT_LINE) {
        hl_fail(&node->facts.config_why, err, "%s:%" PRIu64 ": %s",
                node->options->config_path, detail->at, detail->text);
    } else if (err != HL_OK) {
        hl_fail(&node->facts.config_why, err, "%s: %s",
                node->options->config_path, detail->text);
    }
    pthread_mutex_unlock(&node->mutex);
}

static struct desk_limits desk_limits_of(const struct config *config)
{
    return (struct desk_limits){
        .pay_max_fen = config->clearing_pay_max_fen,
        .debtor_max_fen = config->clearing_debtor_max_fen == 0
                              ? UINT64_MAX
                              : config->clearing_debtor_max_fen,
        .pay_days = (uint32_t)config->clearing_pay_days,
        .hour = config->clearing_hour == HOURS ? -1
                                               : (int32_t)config->clearing_hour,
    };
}

static void give_limits(struct node *node)
{
    struct desk_limits limits = desk_limits_of(node->config);
    desk_set_limits(node->desk, &limits);
    services_set_limits(node->services,
                        &(struct exposure_limits){
                            .allotted_max_fen = node->config->allotted_max_fen,
                            .unsealed_max_fen = node->config->unsealed_max_fen,
                        });
}

static void reload_config(struct node *node)
{
    struct config next = {0};
    struct hl_detail detail = {0};
    hl_err err = config_read(node->options->config_path, &next, &detail);
    keep_config_failure(node, err, &detail);
    if (err != HL_OK) {
        log_failure(node->log, LOG_ERROR, "reload.failed",
                    node->options->config_path, err, &detail);
        return;
    }
    const char *key = config_restart_needed(node->config, &next);
    if (key != NULL) {
        log_event(node->log, LOG_WARN, "reload.partly",
                  LOG_TEXT("restart_needed_for", key));
    }
    config_take_reloadable(node->config, &next);
    config_fini(&next);
    give_limits(node);
    enum log_level level;
    if (log_level_parse(node->config->log_level, &level)) {
        log_set_level(node->log, level);
    }
}

/* --- Starting. ----------------------------------------------------------- */

static void start_log(struct node *node)
{
    enum log_level level = LOG_INFO;
    enum log_format format = LOG_AS_TEXT;
    (void)log_level_parse(node->config->log_level, &level);
    (void)log_format_parse(node->config->log_format, &format);
    node->log_fd = dup(STDERR_FILENO);
    node->log = log_create(node->log_fd, format, level);
}

/* What is marked as a backup was not restored: nobody has looked what came
 * after it. */
static hl_err refuse_backup(struct node *node, struct hl_detail *detail)
{
    bool is = false;
    struct backup_report report;
    hl_err err = backup_is(node->store, &is, &report, detail);
    return err != HL_OK || !is
               ? err
               : hl_fail(detail, HL_EBACKUP,
                         "it is a backup of %s: move it out of here, and "
                         "take it back with heluo restore",
                         report.origin);
}

static hl_err open_store(struct node *node, struct hl_detail *detail)
{
    const struct config *config = node->config;
    struct store_options options = {
        .folder = config->store,
        .map_bytes = config->map_bytes,
        .max_bytes = config->max_store_bytes,
        .reserve_bytes = config->reserve_bytes,
        .readers_max = (unsigned)config->readers_max,
    };
    set_about(node, config->store);
    hl_err err = store_open(&options, &node->store, detail);
    return err == HL_OK ? refuse_backup(node, detail) : err;
}

static hl_err open_blobs(struct node *node, struct hl_detail *detail)
{
    char folder[PATH_MAX];
    struct blob_files_options options = {
        .folder = folder,
        .max_bytes = node->config->max_blobs_bytes,
        .reserve_bytes = 2 * node->config->reserve_bytes,
    };
    (void)snprintf(folder, sizeof(folder), "%s/" BLOB_FOLDER,
                   node->config->store);
    (void)snprintf(node->last_backup, sizeof(node->last_backup),
                   "%s/" BACKUP_LAST_FILE, node->config->store);
    return blob_files_open(&options, &node->blobs, detail);
}

static void give_blobs(struct node *node)
{
    struct services_blobs blobs = {
        .files = node->blobs,
        .keys = node->credentials.encryption_keys,
        .key_count = node->credentials.encryption_key_count,
        .blob_max_bytes = node->config->max_blob_bytes,
        .last_backup = node->last_backup,
    };
    services_set_blobs(node->services, &blobs);
}

/* A mark that is lost or damaged is no reason not to start: the node reads
 * and serves, and says why it writes nothing. */
static hl_err open_mark(struct node *node, struct hl_detail *detail)
{
    set_about(node, node->config->mark);
    hl_err err = mark_file_open(node->config->mark, &node->mark, detail);
    node->has_mark = err == HL_OK;
    if (err == HL_ENOTFOUND || err == HL_EMALFORMED) {
        log_failure(node->log, LOG_ERROR, "mark.missing", node->config->mark,
                    err, detail);
        return HL_OK;
    }
    return err;
}

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

/* A full disk, or damage there, is no reason not to start: nothing is read of
 * what is left, it only takes room. */
static hl_err forget_rebuild(struct node *node, struct hl_detail *detail)
{
    set_about(node, node->config->store);
    hl_err err = rebuild_forget(node->store, detail);
    if (err != HL_OK && err != HL_EFLUSH) {
        log_failure(node->log, LOG_ERROR, "rebuild.left", node->config->store,
                    err, detail);
        return HL_OK;
    }
    return err;
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

/* --- The federation. ----------------------------------------------------- */

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
        .clock = read_clock,
        .keepalive_ms = (uint32_t)node->config->keepalive_ms,
        .zlib = zlib,
        .tls = tls_of(credentials),
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
    set_about(node, "charters");
    return federation_create(&options, charters, credentials->charter_count,
                             &node->federation, detail);
}

static hl_err start_writer(struct node *node, struct hl_detail *detail)
{
    hl_err refusal = HL_OK;
    struct hl_detail why = {0};
    set_about(node, node->config->store);
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
        .clock = read_clock,
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

/* --- The scrub. ---------------------------------------------------------- */

static void mend(void *context, struct scrub_mend *wanted)
{
    struct node *node = context;
    federation_mend(node->federation, wanted);
}

static void blob_lost(void *context)
{
    struct node *node = context;
    federation_blob_lost(node->federation);
}

static void give_charter(void *context, struct writer *out)
{
    struct node *node = context;
    struct partners partners = federation_partners(node->federation);
    partners.charter(partners.context, out);
}

static void on_scrubbed(void *context)
{
    struct node *node = context;
    services_scrubbed(node->services);
}

static void start_scrubber(struct node *node)
{
    struct scrubber_options options = {
        .store = node->store,
        .writer = node->writer,
        .own = node->origin,
        .log = node->log,
        .wall = clock_wall,
        .interval_ms = (int64_t)node->config->scrub_interval_hours * HOUR_MS,
        .first_ms = HOUR_MS,
        .context = node,
        .mend = mend,
        .blobs = node->blobs,
        .blob_lost = blob_lost,
        .charter = give_charter,
        .changed = on_scrubbed,
    };
    scrubber_start(&options, &node->scrubber);
    services_set_scrubber(node->services, node->scrubber);
}

/* --- The search. --------------------------------------------------------- */

/* Of a node that cannot have one everything else goes on. */
static void open_search(struct node *node)
{
    char folder[SEARCH_PATH_BYTES], socket[SEARCH_PATH_BYTES];
    struct hl_detail why = {0};
    if (strcmp(node->config->search, "off") == 0) {
        return;
    }
    hl_err err = search_paths(node->config, folder, socket, &why);
    if (err != HL_OK) {
        log_failure(node->log, LOG_WARN, "search.off",
                    node->options->config_path, err, &why);
        return;
    }
    node->search = search_room_open(socket);
    services_set_search(node->services, node->search);
}

/* It follows the node through its socket. */
static void start_search(struct node *node)
{
    if (node->search != NULL && strcmp(node->config->search, "run") == 0) {
        search_child_start(node->options->config_path, node->log,
                           &node->search_child);
    }
}

static struct rpc_limits limits_of(const struct config *config)
{
    return (struct rpc_limits){
        .threads = (uint32_t)config->threads,
        .calls_max = (uint32_t)config->calls,
        .calls_per_caller = (uint32_t)config->calls_per_caller,
        .rate_per_s = (uint32_t)config->rate_per_s,
        .rate_burst = (uint32_t)config->rate_burst,
        .connections_max = (uint32_t)config->connections,
        .message_max_bytes = (uint32_t)config->message_bytes,
        .handshake_timeout_ms = (uint32_t)config->handshake_ms,
        .idle_timeout_ms = (uint32_t)config->idle_ms,
        .keepalive_ms = (uint32_t)config->keepalive_ms,
        .admission_interval_ms = (uint32_t)config->admission_interval_s * 1000,
    };
}

static hl_err start_server(struct node *node, struct hl_detail *detail)
{
    const struct config *config = node->config;
    struct rpc_server_options options = {
        .listen = (const char *const *)config->listen.items,
        .listen_count = config->listen.count,
        .socket_path = config->socket[0] == '\0' ? NULL : config->socket,
        .socket_mode = config->socket_group[0] == '\0' ? 0600 : 0660,
        .gate = node->gate,
        .services = node->table,
        .limits = limits_of(config),
        .log = node->log,
    };
    struct rpc_credentials tls = {
        .roots = writer_view(&node->credentials.roots),
        .chain = writer_view(&node->credentials.chain),
        .key = writer_view(&node->credentials.key),
    };
    node_all_services(services_table(node->services),
                      federation_links(node->federation), node->table);
    set_about(node, "listen");
    hl_err err = rpc_server_start(&options, &tls, &node->server, detail);
    if (err != HL_OK) {
        return err;
    }
    for (size_t i = 0; i < config->listen.count; i++) {
        log_event(node->log, LOG_INFO, "listening",
                  LOG_TEXT("address", config->listen.items[i]),
                  LOG_UINT("port", rpc_server_port(node->server, i)));
    }
    if (options.socket_path != NULL) {
        log_event(node->log, LOG_INFO, "listening",
                  LOG_TEXT("address", options.socket_path));
    }
    return HL_OK;
}

/* The group's members may operate the node. */
static hl_err open_socket_to_group(struct node *node, struct hl_detail *detail)
{
    const struct config *config = node->config;
    if (config->socket[0] == '\0' || config->socket_group[0] == '\0') {
        return HL_OK;
    }
    set_about(node, config->socket);
    const struct group *group = getgrnam(config->socket_group);
    if (group == NULL) {
        return hl_fail(detail, HL_ECONFIG,
                       "socket_group: this machine has no group '%s'",
                       config->socket_group);
    }
    if (chown(config->socket, (uid_t)-1, group->gr_gid) != 0) {
        return hl_fail(detail, HL_ECONFIG,
                       "socket_group: the socket cannot be given to '%s': %s; "
                       "the user that heluod runs as must be in that group",
                       config->socket_group, strerror(errno));
    }
    return HL_OK;
}

static void raise_descriptor_limit(struct node *node)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return;
    }
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    uint64_t wanted = node->config->connections + DESCRIPTORS_OWN;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        log_event(node->log, LOG_WARN, "descriptors.few",
                  LOG_UINT("allowed", (uint64_t)limit.rlim_cur),
                  LOG_UINT("wanted", wanted),
                  LOG_TEXT("why", "connections will be refused before "
                                  "`connections` is reached: raise "
                                  "LimitNOFILE (ulimit -n)"));
    }
}

static hl_err start(struct node *node, struct hl_detail *detail)
{
    const struct config *config = node->config;
    supervise_begin();
    snprintf(node->origin, sizeof(node->origin), "%s/%s", config->alliance,
             config->node);
    start_log(node);
    raise_descriptor_limit(node);
    rpc_global_init(node->log);
    hl_err err = open_store(node, detail);
    if (err == HL_OK) {
        err = open_blobs(node, detail);
    }
    if (err == HL_OK) {
        err = load_credentials(node, &node->credentials, detail);
    }
    if (err == HL_OK) {
        err = open_mark(node, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    struct services_options services = {
        .store = node->store,
        .alliance = config->alliance,
        .node = config->node,
        .origin = node->origin,
        .version = node->options->version,
        .started = clock_wall(),
        .log = node->log,
        .wall = clock_wall,
        .facts = tell_facts,
        .context = node,
    };
    node->services = services_create(&services);
    node->desk = desk_create(&(struct desk_options){
        .store = node->store,
        .origin = node->origin,
        .log = node->log,
        .wall = clock_wall,
    });
    services_set_desk(node->services, node->desk);
    give_blobs(node);
    give_limits(node);
    err = load_fingerprints(node, detail);
    if (err != HL_OK) {
        return err;
    }
    node->gate = gate_create(bytes_of_text(config->alliance),
                             bytes_of_text(config->node));
    warn_of_contest(node, &node->credentials);
    if (node->credentials.time.err != HL_OK) {
        log_failure(node->log, LOG_ERROR, "tls.closed", NULL,
                    node->credentials.time.err, &node->credentials.time.why);
        node->watch = (struct credentials_watch){0};
    }
    use_credentials(node, &node->credentials);
    err = forget_rebuild(node, detail);
    if (err == HL_OK) {
        err = start_writer(node, detail);
    }
    if (err == HL_OK) {
        start_scrubber(node);
        open_search(node);
        err = start_server(node, detail);
    }
    if (err == HL_OK) {
        err = open_socket_to_group(node, detail);
    }
    if (err == HL_OK) {
        start_search(node);
    }
    return err;
}

/* --- Looking after it. --------------------------------------------------- */

static void tick(struct node *node, struct hl_mono now, struct hl_mono *looked,
                 struct hl_mono *cleared)
{
    int64_t interval_ns = (int64_t)node->config->reload_interval_s * 1000000000;
    if (mono_since_ns(now, *looked) >= interval_ns) {
        *looked = now;
        /* What failed may mend without a change of the files: a certificate
         * begins, a descriptor is free again. */
        if (credentials_changed(&node->watch, node->config) ||
            node->facts.reload != HL_OK) {
            reload_credentials(node);
        }
    }
    if (mono_since_ns(now, node->admitted_at) >=
        (int64_t)node->config->admission_interval_s * 1000000000) {
        node->admitted_at = now;
        links_admit_again(federation_links(node->federation));
    }
    if (mono_since_ns(now, *cleared) >= (int64_t)STALE_READERS_MS * 1000000) {
        *cleared = now;
        store_clear_stale_readers(node->store);
    }
    services_look_at_keys(node->services);
    struct writer_state state;
    writer_state(node->writer, &state);
    rpc_server_set_health(node->server, state.refusal == HL_OK);
    if (state.turns != node->turns) {
        node->turns = state.turns;
        supervise_watchdog();
    }
}

static hl_err look_after(struct node *node, struct hl_detail *detail)
{
    struct hl_mono looked = read_clock().mono;
    struct hl_mono cleared = looked;
    for (;;) {
        enum supervise_event event = supervise_wait(TICK_MS);
        if (atomic_load(&node->failed)) {
            struct writer_state state;
            writer_state(node->writer, &state);
            *detail = state.why;
            set_about(node, node->config->store);
            return HL_EFLUSH;
        }
        if (event == SUPERVISE_STOP) {
            return HL_OK;
        }
        if (event == SUPERVISE_RELOAD) {
            supervise_reloading(read_clock().mono);
            reload_config(node);
            reload_credentials(node);
            supervise_ready();
        }
        tick(node, read_clock().mono, &looked, &cleared);
    }
}

static void stop(struct node *node, uint32_t grace_ms)
{
    if (node->server != NULL) {
        rpc_server_set_health(node->server, false);
    }
    if (node->scrubber != NULL) {
        federation_end_waits(node->federation);
    }
    search_child_stop(&node->search_child, SEARCH_GRACE_MS);
    if (node->desk != NULL) {
        desk_stop(node->desk); /* the writer still answers it */
    }
    rpc_server_stop(&node->server, grace_ms);
    search_room_close(&node->search);
    scrubber_stop(&node->scrubber); /* the writer still answers it */
    if (node->federation != NULL) {
        federation_stop(node->federation);
    }
    writer_stop(&node->writer, false);
    federation_destroy(&node->federation);
    services_destroy(&node->services);
    desk_destroy(&node->desk);
    author_destroy(&node->author);
    blob_files_close(&node->blobs);
    store_close(&node->store);
    if (node->has_mark) {
        mark_file_close(&node->mark);
    }
    mark_file_close(&node->words);
    gate_destroy(&node->gate);
    credentials_fini(&node->credentials);
}

hl_err node_run(const struct node_options *options,
                char about[NODE_ABOUT_BYTES], struct hl_detail *detail)
{
    struct node *node = hl_alloc(1, sizeof(*node));
    node->options = options;
    node->words.fd = -1;
    node->config = options->config;
    node->about = about;
    pthread_mutex_init(&node->mutex, NULL);
    hl_err err = start(node, detail);
    if (err == HL_OK) {
        struct head head;
        writer_published(node->writer, &head, NULL, NULL);
        log_event(node->log, LOG_INFO, "ready", LOG_TEXT("node", node->origin),
                  LOG_UINT("entries", head.size));
        supervise_ready();
        supervise_status("%s serves, %" PRIu64 " entries", node->origin,
                         head.size);
        err = look_after(node, detail);
        supervise_stopping();
        log_event(node->log, err == HL_OK ? LOG_INFO : LOG_ERROR, "stopping",
                  LOG_TEXT("error", hl_err_name(err)));
    }
    stop(node, err == HL_OK ? (uint32_t)node->config->drain_s * 1000
                            : FAILED_GRACE_MS);
    rpc_global_fini();
    log_event(node->log, LOG_INFO, "stopped",
              LOG_TEXT("error", hl_err_name(err)));
    log_destroy(&node->log);
    close(node->log_fd);
    pthread_mutex_destroy(&node->mutex);
    hl_free(node);
    return err;
}
