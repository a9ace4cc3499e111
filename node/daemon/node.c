/* SPDX-License-Identifier: Apache-2.0 */
#include "node/daemon/node_inside.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "certs/tools/clock.h"
#include "certs/tools/file.h"
#include "node/backup/backup.h"
#include "node/daemon/supervise.h"
#include "node/projection/rebuild.h"
#include "node/sync/sync_store.h"
#include "protocol/base/alloc.h"

enum {
    TICK_MS = 500,
    STALE_READERS_MS = 60000,
    FAILED_GRACE_MS = 1000,  /* for the answers that say that it failed */
    SEARCH_GRACE_MS = 20000, /* for it to close its index whole */
    DESCRIPTORS_OWN = 200,   /* beside those of connections */
};

/* --- Clocks. ------------------------------------------------------------- */

/* Counts suspended time too: a laptop that slept did not set its clock. */
struct clock_reading node_read_clock(void)
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
    facts->memory_bytes = resident_bytes();
}

void node_set_about(struct node *node, const char *text)
{
    snprintf(node->about, NODE_ABOUT_BYTES, "%s", text);
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
    node_set_about(node, config->store);
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
    node_set_about(node, node->config->mark);
    hl_err err = mark_file_open(node->config->mark, &node->mark, detail);
    node->has_mark = err == HL_OK;
    if (err == HL_ENOTFOUND || err == HL_EMALFORMED) {
        log_failure(node->log, LOG_ERROR, "mark.missing", node->config->mark,
                    err, detail);
        return HL_OK;
    }
    return err;
}

/* A full disk, or damage there, is no reason not to start: nothing is read of
 * what is left, it only takes room. */
static hl_err forget_rebuild(struct node *node, struct hl_detail *detail)
{
    node_set_about(node, node->config->store);
    hl_err err = rebuild_forget(node->store, detail);
    if (err != HL_OK && err != HL_EFLUSH) {
        log_failure(node->log, LOG_ERROR, "rebuild.left", node->config->store,
                    err, detail);
        return HL_OK;
    }
    return err;
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
    node_set_about(node, "listen");
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
    node_set_about(node, config->socket);
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
        err = node_load_credentials(node, &node->credentials, detail);
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
    node_give_limits(node);
    err = node_load_fingerprints(node, detail);
    if (err != HL_OK) {
        return err;
    }
    node->gate = gate_create(bytes_of_text(config->alliance),
                             bytes_of_text(config->node));
    node_warn_of_contest(node, &node->credentials);
    if (node->credentials.time.err != HL_OK) {
        log_failure(node->log, LOG_ERROR, "tls.closed", NULL,
                    node->credentials.time.err, &node->credentials.time.why);
        node->watch = (struct credentials_watch){0};
    }
    node_use_credentials(node, &node->credentials);
    err = forget_rebuild(node, detail);
    if (err == HL_OK) {
        err = node_start_writer(node, detail);
    }
    if (err == HL_OK) {
        node_start_scrubber(node);
        node_open_search(node);
        err = start_server(node, detail);
    }
    if (err == HL_OK) {
        err = open_socket_to_group(node, detail);
    }
    if (err == HL_OK) {
        node_start_search(node);
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
            node_reload_credentials(node);
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
    struct hl_mono looked = node_read_clock().mono;
    struct hl_mono cleared = looked;
    for (;;) {
        enum supervise_event event = supervise_wait(TICK_MS);
        if (atomic_load(&node->failed)) {
            struct writer_state state;
            writer_state(node->writer, &state);
            *detail = state.why;
            node_set_about(node, node->config->store);
            return HL_EFLUSH;
        }
        if (event == SUPERVISE_STOP) {
            return HL_OK;
        }
        if (event == SUPERVISE_RELOAD) {
            supervise_reloading(node_read_clock().mono);
            node_reload_config(node);
            node_reload_credentials(node);
            supervise_ready();
        }
        tick(node, node_read_clock().mono, &looked, &cleared);
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
