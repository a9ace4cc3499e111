/* SPDX-License-Identifier: Apache-2.0 */
#include "node/daemon/node_inside.h"

#include <inttypes.h>
#include <string.h>

#include <openssl/crypto.h>

#include "certs/tools/clock.h"
#include "certs/tools/file.h"
#include "node/sync/sync_store.h"
#include "protocol/base/alloc.h"

/* What is read from files and read again when they change: the configuration,
 * certificates and keys. */

enum { HOURS = 24 };

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
    node_set_about(node, node->config->store);
    hl_err err = store_begin_read(node->store, &txn, detail);
    if (err == HL_OK) {
        err = sync_store_each_charter(txn, add_charter, out, detail);
    }
    store_abort(&txn);
    return err;
}

/* The newest charter need not be among the files: partners pass it on. */
hl_err node_load_credentials(struct node *node, struct credentials *out,
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
            node_set_about(node, subject);
        }
    }
    for (size_t i = 0; i < list.count; i++) {
        hl_free((void *)(uintptr_t)list.items[i].data);
    }
    hl_free(list.items);
    return err;
}

struct rpc_credentials node_tls_of(const struct credentials *loaded)
{
    return (struct rpc_credentials){
        .roots = writer_view(&loaded->roots),
        .chain = writer_view(&loaded->chain),
        .key = writer_view(&loaded->key),
    };
}

/* Of an alliance whose coordinators hand out none. */
hl_err node_load_fingerprints(struct node *node, struct hl_detail *detail)
{
    const char *path = node->config->fingerprint_key;
    struct fingerprint_keys keys = {0};
    struct writer text = {0};
    hl_err err = HL_OK;
    if (path[0] != '\0') {
        node_set_about(node, path);
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
void node_use_credentials(struct node *node, struct credentials *loaded)
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
    struct rpc_credentials tls = node_tls_of(loaded);
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

void node_warn_of_contest(struct node *node, const struct credentials *loaded)
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
void node_reload_credentials(struct node *node)
{
    struct credentials next = {0};
    struct hl_detail detail = {0};
    hl_err err = node_load_credentials(node, &next, &detail);
    if (err == HL_OK) {
        err = node_load_fingerprints(node, &detail);
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
        node_set_about(node, "certificate or revocation list");
        keep_failure(node, next.time.err, &next.time.why);
        credentials_fini(&next);
        return;
    }
    node_use_credentials(node, &next);
    node_warn_of_contest(node, &next);
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

void node_give_limits(struct node *node)
{
    struct desk_limits limits = desk_limits_of(node->config);
    desk_set_limits(node->desk, &limits);
    services_set_limits(node->services,
                        &(struct exposure_limits){
                            .allotted_max_fen = node->config->allotted_max_fen,
                            .unsealed_max_fen = node->config->unsealed_max_fen,
                        });
}

void node_reload_config(struct node *node)
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
    node_give_limits(node);
    enum log_level level;
    if (log_level_parse(node->config->log_level, &level)) {
        log_set_level(node->log, level);
    }
}
