/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "certs/tools/file.h"
#include "heluo/v1/node.pb-c.h"
#include "node/service/search_room.h"
#include "node/service/services_internal.h"

enum {
    REQUEST_MAX_BYTES = 4096,
    ARCHIVE_CALLS_MAX = 4, /* each takes a few MiB */
    SCRUB_CALLS_MAX = 4,   /* one scrub serves them all, or the next one */
    CHARTER_REQUEST_MAX_BYTES = HL_NOTE_MAX_BYTES + 64,
    FINDINGS_PAGE = 100,
    FINDINGS_PAGE_MAX = 1000,
};

/* --- Status. ------------------------------------------------------------- */

static hl_err count_findings(struct services *services, uint64_t *count,
                             struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    struct bytes after = {0};
    uint64_t sum = 0;
    hl_err err = store_begin_read(services->options.store, &txn, detail);
    while (err == HL_OK) {
        struct journal journal;
        struct bytes name;
        uint64_t some = 0;
        err = journal_next_origin(txn, after, &name, &journal, detail);
        if (err != HL_OK || name.data == NULL) {
            break;
        }
        err = projection_count_findings(txn, name, &some, detail);
        sum += some;
        after = name;
    }
    store_abort(&txn);
    *count = sum;
    return err;
}

static void search_facts(struct services *services, struct node_facts *facts)
{
    struct search_view view;
    if (services->search != NULL) {
        search_room_look(services->search, &view);
        facts->search_silent = view.silent;
        facts->search_loading = view.loading;
        facts->search_no_room = view.disk_full;
        facts->search_records = view.records;
    }
}

static void key_facts(struct services *services, struct node_facts *facts)
{
    struct key_ring_view view;
    key_ring_look(services->keys);
    key_ring_view(services->keys, &view);
    const struct key_ring_version *lacks = key_ring_lacks(&view);
    const struct key_ring_version *rivalled = key_ring_rivalled(&view);
    if (lacks != NULL) {
        facts->key_lacking = lacks->version;
        facts->key_lacking_why = lacks->why;
    }
    if (rivalled != NULL) {
        facts->key_rivalled = rivalled->version;
        (void)snprintf(facts->key_rival, sizeof(facts->key_rival), "%s",
                       rivalled->rival);
    }
}

static hl_err gather(struct services *services,
                     const struct partners_view *view, struct node_facts *facts,
                     struct writer_state *state, struct hl_detail *detail)
{
    *facts = (struct node_facts){.now = services->options.wall()};
    writer_state(services->writer, state);
    facts->refusal = state->refusal;
    facts->why = state->why;
    facts->queue_commands = state->waiting;
    struct store_usage usage;
    hl_err err = store_usage(services->options.store, &usage, detail);
    if (err != HL_OK) {
        return err;
    }
    facts->store_bytes = usage.used_bytes;
    facts->store_max_bytes = usage.max_bytes;
    facts->disk_free_bytes = usage.disk_free_bytes;
    err = count_findings(services, &facts->findings, detail);
    if (err == HL_OK) {
        err = moves_count(services, &facts->moves_waiting, detail);
    }
    if (err == HL_OK) {
        err = orders_count(services, &facts->orders_asked,
                           &facts->orders_disputed, detail);
    }
    node_partner_facts(view, facts);
    node_scrub_facts(services, facts);
    search_facts(services, facts);
    key_facts(services, facts);
    clearing_facts(services, facts);
    services->options.facts(services->options.context, facts);
    return err;
}

static void put_problems(struct rpc_call *call, const struct node_facts *facts,
                         Heluo__V1__NodeStatusResponse *response)
{
    struct problem *found =
        rpc_call_alloc(call, PROBLEMS_MAX * sizeof(found[0]));
    size_t count = problems_find(facts, found);
    Heluo__V1__NodeProblem **list =
        rpc_call_alloc(call, PROBLEMS_MAX * sizeof(list[0]));
    for (size_t i = 0; i < count; i++) {
        list[i] = rpc_call_alloc(call, sizeof(*list[i]));
        heluo__v1__node_problem__init(list[i]);
        list[i]->code = (char *)found[i].code;
        list[i]->text_en = found[i].text_en;
        list[i]->text_zh = found[i].text_zh;
        list[i]->urgent = found[i].urgent;
    }
    response->problems = list;
    response->n_problems = count;
}

static void put_facts(const struct node_facts *facts,
                      Heluo__V1__NodeStatusResponse *response)
{
    response->now_ms = (uint64_t)facts->now.ms;
    response->charter_version = facts->charter_version;
    response->certificate_until_ms = (uint64_t)facts->certificate_until.ms;
    response->crl_until_ms = (uint64_t)facts->crl_until.ms;
    response->store_bytes = facts->store_bytes;
    response->store_max_bytes = facts->store_max_bytes;
    response->disk_free_bytes = facts->disk_free_bytes;
    response->calls_open = facts->calls_open;
    response->connections = facts->connections;
    response->calls_total = facts->calls_total;
    response->calls_refused = facts->calls_refused;
    response->memory_bytes = facts->memory_bytes;
    response->queue_commands = facts->queue_commands;
}

static void put_writes(struct rpc_call *call, const struct services *services,
                       const struct writer_state *state,
                       Heluo__V1__NodeStatusResponse *response)
{
    char refusal[HL_DETAIL_TEXT_BYTES + 32] = "";
    struct head head;
    struct hl_wall recorded_at;
    if (state->refusal != HL_OK) {
        snprintf(refusal, sizeof(refusal), "%s: %s",
                 hl_err_name(state->refusal), state->why.text);
    }
    response->writable = state->refusal == HL_OK;
    response->refusal = call_text(call, bytes_of_text(refusal));
    response->writes_total = state->writes;
    response->commits_total = state->commits;
    writer_published(services->writer, &head, &recorded_at, NULL);
    response->journal_size = head.size;
    response->journal_root =
        call_bytes(call, bytes_of(head.root.bytes, HL_HASH_BYTES));
    response->last_entry_at_ms = (uint64_t)recorded_at.ms;
}

static void put_self(const struct services_options *options,
                     Heluo__V1__NodeStatusResponse *response)
{
    response->version = (char *)(uintptr_t)options->version;
    response->alliance = (char *)(uintptr_t)options->alliance;
    response->node = (char *)(uintptr_t)options->node;
    response->started_at_ms = (uint64_t)options->started.ms;
    response->log_level =
        (char *)(uintptr_t)log_level_word(log_get_level(options->log));
}

/* 0: there is none. */
static uint64_t last_backup_ms(const char *path)
{
    struct writer text = {0};
    uint64_t ms = 0;
    if (path != NULL && file_read(path, 64, &text, NULL) == HL_OK) {
        for (size_t i = 0; i < text.size && text.data[i] >= '0' &&
                           text.data[i] <= '9' && ms < INT64_MAX / 100;
             i++) {
            ms = ms * 10 + (uint64_t)(text.data[i] - '0');
        }
    }
    writer_fini(&text);
    return ms;
}

static void put_blobs(const struct services *services,
                      Heluo__V1__NodeStatusResponse *response)
{
    struct blob_usage usage;
    if (services->blobs.files == NULL) {
        return;
    }
    response->last_backup_at_ms = last_backup_ms(services->blobs.last_backup);
    blob_files_usage(services->blobs.files,
                     (struct hl_wall){(int64_t)response->last_backup_at_ms},
                     &usage);
    response->blobs = usage.whole;
    response->blob_bytes = usage.bytes;
    response->blobs_max_bytes = usage.max_bytes;
    response->blobs_not_backed_up = usage.newer;
}

static void put_keys(struct rpc_call *call, const struct services *services,
                     Heluo__V1__NodeStatusResponse *response)
{
    struct key_ring_view view;
    key_ring_view(services->keys, &view);
    Heluo__V1__NodeFingerprintKey **list =
        rpc_call_alloc(call, (view.count + 1) * sizeof(list[0]));
    for (size_t i = 0; i < view.count; i++) {
        const struct key_ring_version *from = &view.items[i];
        list[i] = rpc_call_alloc(call, sizeof(*list[i]));
        heluo__v1__node_fingerprint_key__init(list[i]);
        list[i]->version = from->version;
        list[i]->origin = call_text(call, bytes_of_text(from->origin));
        list[i]->rival = call_text(call, bytes_of_text(from->rival));
        list[i]->digest =
            call_bytes(call, bytes_of(from->digest.bytes, HL_HASH_BYTES));
        list[i]->here = from->err == HL_OK;
        list[i]->why = call_text(call, bytes_of_text(from->why.text));
    }
    response->fingerprint_keys = list;
    response->n_fingerprint_keys = view.count;
    response->fingerprint_newest = view.newest;
}

static void node_status(struct rpc_call *call, const ProtobufCMessage *request,
                        void *context)
{
    (void)request;
    struct services *services = context;
    struct node_facts facts;
    struct writer_state state;
    struct hl_detail detail = {0};
    Heluo__V1__NodeStatusResponse response =
        HELUO__V1__NODE_STATUS_RESPONSE__INIT;
    struct partners_view view = partners_now(services);
    put_self(&services->options, &response);
    response.rebuilding = rebuild_percent(services, &response.rebuild_percent);
    hl_err err = gather(services, &view, &facts, &state, &detail);
    if (err == HL_OK) {
        put_writes(call, services, &state, &response);
        err = node_put_partners(services, call, &view, &response, &detail);
    }
    if (err == HL_OK) {
        err = node_put_exposure(services, &view, &response, &facts, &detail);
    }
    if (err == HL_OK) {
        facts.unsealed_since.ms = (int64_t)response.unsealed_since_ms;
        put_facts(&facts, &response);
        put_blobs(services, &response);
        put_keys(call, services, &response);
        put_problems(call, &facts, &response);
        rpc_answer(call, &response.base);
    } else {
        rpc_fail(call, err, &detail);
    }
    partners_view_fini(&view);
}

/* --- Journals. ----------------------------------------------------------- */

/* What the other nodes say of it, and of how it stands. */
static void show_standing(struct rpc_call *call, struct services *services,
                          const struct partners_view *view, struct bytes name,
                          Heluo__V1__NodeJournal *shown)
{
    size_t prefix = strlen(services->options.alliance) + 1;
    const struct partner *partner =
        name.size <= prefix ? NULL
                            : partners_find(view, bytes_of(name.data + prefix,
                                                           name.size - prefix));
    if (partner == NULL) {
        return;
    }
    shown->newest_size = partner->newest;
    shown->sealed_size = partner->sealed;
    shown->as_of_ms = (uint64_t)partner->as_of.ms;
    shown->standing = (char *)(uintptr_t)standing_word(partner->standing);
    shown->upstream = call_text(call, bytes_of_text(partner->upstream));
    shown->keepers = partner->keepers;
    shown->quorum = partner->quorum;
}

static hl_err show_journal(struct rpc_call *call, struct services *services,
                           struct store_txn *txn, struct bytes name,
                           const struct journal *journal,
                           Heluo__V1__NodeJournal **out,
                           struct hl_detail *detail)
{
    struct half half;
    Heluo__V1__NodeJournal *shown = rpc_call_alloc(call, sizeof(*shown));
    heluo__v1__node_journal__init(shown);
    hl_err err = projection_half(txn, journal->number, &half, detail);
    if (err == HL_OK) {
        err = projection_count_findings(txn, name, &shown->findings, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    struct head head = journal_head(journal);
    shown->origin = call_text(call, name);
    shown->size = head.size;
    shown->root = call_bytes(call, bytes_of(head.root.bytes, HL_HASH_BYTES));
    shown->last_entry_at_ms = (uint64_t)journal->recorded_at.ms;
    shown->digest_size = half.digest_size;
    shown->digest =
        call_bytes(call, bytes_of(half.digest.bytes, HL_HASH_BYTES));
    shown->own = bytes_equal_text(name, services->origin);
    *out = shown;
    return HL_OK;
}

static void node_journals(struct rpc_call *call,
                          const ProtobufCMessage *request, void *context)
{
    (void)request;
    struct services *services = context;
    struct hl_detail detail = {0};
    struct store_txn *txn = NULL;
    Heluo__V1__NodeJournal **list =
        rpc_call_alloc(call, HL_CHARTER_NODES_MAX * sizeof(list[0]));
    size_t count = 0;
    struct bytes after = {0};
    struct partners_view view = partners_now(services);
    hl_err err = store_begin_read(services->options.store, &txn, &detail);
    while (err == HL_OK && count < HL_CHARTER_NODES_MAX) {
        struct journal journal;
        struct bytes name;
        err = journal_next_origin(txn, after, &name, &journal, &detail);
        if (err != HL_OK || name.data == NULL) {
            break;
        }
        err = show_journal(call, services, txn, name, &journal, &list[count],
                           &detail);
        if (err == HL_OK) {
            show_standing(call, services, &view, name, list[count]);
        }
        count++;
        after = name;
    }
    if (err == HL_OK) {
        Heluo__V1__NodeJournalsResponse response =
            HELUO__V1__NODE_JOURNALS_RESPONSE__INIT;
        response.journals = list;
        response.n_journals = count;
        rpc_answer(call, &response.base);
    } else {
        rpc_fail(call, err, &detail);
    }
    store_abort(&txn);
    partners_view_fini(&view);
}

/* --- Findings. ----------------------------------------------------------- */

static Heluo__V1__NodeFinding *show_finding(struct rpc_call *call,
                                            const struct finding *finding)
{
    Heluo__V1__NodeFinding *shown = rpc_call_alloc(call, sizeof(*shown));
    heluo__v1__node_finding__init(shown);
    shown->kind = (char *)finding->kind;
    shown->origin = call_text(call, finding->origin);
    shown->index = finding->index;
    shown->subject = call_text(call, bytes_of_text(finding->subject));
    shown->text_en = call_text(call, bytes_of_text(finding->text_en));
    shown->text_zh = call_text(call, bytes_of_text(finding->text_zh));
    return shown;
}

static void node_findings(struct rpc_call *call,
                          const ProtobufCMessage *message, void *context)
{
    const Heluo__V1__NodeFindingsRequest *request = (const void *)message;
    struct services *services = context;
    struct hl_detail detail = {0};
    size_t size = request->page_size == 0 ? FINDINGS_PAGE : request->page_size;
    if (size > FINDINGS_PAGE_MAX ||
        request->page_token.len > STORE_KEY_MAX_BYTES) {
        rpc_fail(call,
                 hl_fail(&detail, HL_ELIMIT,
                         "page_size: at most %d; page_token: at most %d bytes",
                         FINDINGS_PAGE_MAX, STORE_KEY_MAX_BYTES),
                 &detail);
        return;
    }
    Heluo__V1__NodeFinding **list =
        rpc_call_alloc(call, size * sizeof(list[0]));
    size_t count = 0;
    struct writer key = {0};
    writer_bytes(&key, bytes_of_binary(&request->page_token));
    struct store_txn *txn = NULL;
    bool found = true;
    hl_err err = store_begin_read(services->options.store, &txn, &detail);
    while (err == HL_OK && count < size) {
        struct finding finding;
        struct writer next = {0};
        err = projection_next_finding(txn, writer_view(&key), &finding, &next,
                                      &found, &detail);
        if (err != HL_OK || !found) {
            writer_fini(&next);
            break;
        }
        list[count++] = show_finding(call, &finding);
        writer_fini(&key);
        key = next;
    }
    if (err == HL_OK) {
        Heluo__V1__NodeFindingsResponse response =
            HELUO__V1__NODE_FINDINGS_RESPONSE__INIT;
        response.findings = list;
        response.n_findings = count;
        if (found) {
            response.next_page_token =
                (ProtobufCBinaryData){.len = key.size, .data = key.data};
        }
        rpc_answer(call, &response.base);
    } else {
        rpc_fail(call, err, &detail);
    }
    store_abort(&txn);
    writer_fini(&key);
}

/* --- The log's level. ---------------------------------------------------- */

static void node_set_log_level(struct rpc_call *call,
                               const ProtobufCMessage *message, void *context)
{
    const Heluo__V1__NodeSetLogLevelRequest *request = (const void *)message;
    struct services *services = context;
    struct log *log = services->options.log;
    struct hl_detail detail = {0};
    enum log_level level;
    if (!log_level_parse(request->level, &level)) {
        rpc_fail(call,
                 hl_fail(&detail, HL_EMALFORMED,
                         "level: '%s' is none of error, warn, info, debug",
                         request->level),
                 &detail);
        return;
    }
    const char *former = log_level_word(log_get_level(log));
    log_set_level(log, level);
    log_event(log, LOG_WARN, "log.level", LOG_TEXT("from", former),
              LOG_TEXT("to", request->level),
              LOG_TEXT("by", rpc_call_caller(call)->spiffe));
    Heluo__V1__NodeSetLogLevelResponse response =
        HELUO__V1__NODE_SET_LOG_LEVEL_RESPONSE__INIT;
    response.former = (char *)former;
    rpc_answer(call, &response.base);
}

/* --- The table. ---------------------------------------------------------- */

#define OPERATOR ROLE_BIT(ROLE_OPERATOR)
#define AUDITORS                                                               \
    (OPERATOR | ROLE_BIT(ROLE_COORDINATOR) | ROLE_BIT(ROLE_CLEARING))

#define METHOD(name_, roles_, type_, handle_)                                  \
    {                                                                          \
        .path = "/heluo.v1.Node/" name_, .kind = RPC_UNARY, .roles = (roles_), \
        .request = &heluo__v1__node_##type_##_request__descriptor,             \
        .response = &heluo__v1__node_##type_##_response__descriptor,           \
        .request_max_bytes = REQUEST_MAX_BYTES, .handle = (handle_)            \
    }

const struct rpc_method node_methods[] = {
    METHOD("Status", AUDITORS | ROLE_BIT(ROLE_PLATFORM), status, node_status),
    METHOD("Journals", AUDITORS | ROLE_BIT(ROLE_PLATFORM), journals,
           node_journals),
    METHOD("Findings", AUDITORS, findings, node_findings),
    METHOD("SetLogLevel", OPERATOR, set_log_level, node_set_log_level),
    {.path = "/heluo.v1.Node/Rebuild",
     .kind = RPC_SERVER_STREAM,
     .roles = OPERATOR,
     .request = &heluo__v1__node_rebuild_request__descriptor,
     .response = &heluo__v1__node_rebuild_progress__descriptor,
     .request_max_bytes = REQUEST_MAX_BYTES,
     .handle = node_rebuild},
    {.path = "/heluo.v1.Node/Scrub",
     .kind = RPC_SERVER_STREAM,
     .roles = OPERATOR,
     .request = &heluo__v1__node_scrub_request__descriptor,
     .response = &heluo__v1__node_scrub_progress__descriptor,
     .request_max_bytes = REQUEST_MAX_BYTES,
     .open_max = SCRUB_CALLS_MAX,
     .handle = node_scrub},
    METHOD("SetPeer", OPERATOR, set_peer, node_set_peer),
    METHOD("ConfirmClock", OPERATOR, confirm_clock, node_confirm_clock),
    {.path = "/heluo.v1.Node/SubmitCharter",
     .kind = RPC_UNARY,
     .roles = OPERATOR | ROLE_BIT(ROLE_COORDINATOR),
     .request = &heluo__v1__node_submit_charter_request__descriptor,
     .response = &heluo__v1__node_submit_charter_response__descriptor,
     .request_max_bytes = CHARTER_REQUEST_MAX_BYTES,
     .handle = node_submit_charter},
    METHOD("Charter", AUDITORS | ROLE_BIT(ROLE_PLATFORM), charter,
           node_charter),
    {.path = "/heluo.v1.Node/Export",
     .kind = RPC_UNARY,
     .roles = AUDITORS,
     .request = &heluo__v1__node_export_request__descriptor,
     .response = &heluo__v1__node_export_response__descriptor,
     .request_max_bytes = TOKEN_MAX_BYTES,
     .open_max = ARCHIVE_CALLS_MAX,
     .handle = node_export},
    {.path = "/heluo.v1.Node/Import",
     .kind = RPC_UNARY,
     .roles = OPERATOR,
     .request = &heluo__v1__node_import_request__descriptor,
     .response = &heluo__v1__node_import_response__descriptor,
     .request_max_bytes = SYNC_MESSAGE_MAX_BYTES + 64,
     .open_max = ARCHIVE_CALLS_MAX,
     .handle = node_import},
    METHOD("Recover", OPERATOR, recover, node_recover),
    {0},
};
