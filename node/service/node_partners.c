/* SPDX-License-Identifier: Apache-2.0 */

/* What Node says of the other nodes, and what an operator does about them. */

#include <stdio.h>
#include <string.h>

#include "node/service/services_internal.h"
#include "protocol/entry/entry.h"

/* --- Words. -------------------------------------------------------------- */

static const char *const own_words[] = {
    [ENGINE_OWN_UNSURE] = "unsure",     [ENGINE_OWN_GOOD] = "good",
    [ENGINE_OWN_SET_BACK] = "set-back", [ENGINE_OWN_NEEDS_KEY] = "needs-key",
    [ENGINE_OWN_FORKED] = "forked",     [ENGINE_OWN_ENDED] = "ended",
};

static const char *const link_words[] = {
    [ENGINE_LINK_DOWN] = "down",
    [ENGINE_LINK_DIALLING] = "dialling",
    [ENGINE_LINK_UP] = "up",
};

static const char *const standing_words[] = {
    [ENGINE_ORIGIN_GOOD] = "good",
    [ENGINE_ORIGIN_QUARANTINED] = "quarantined",
    [ENGINE_ORIGIN_ENDED] = "ended",
};

const char *standing_word(enum engine_standing standing)
{
    return standing_words[standing];
}

/* --- Status. ------------------------------------------------------------- */

static Heluo__V1__NodePeer *show_peer(struct rpc_call *call,
                                      const struct partner *partner)
{
    Heluo__V1__NodePeer *shown = rpc_call_alloc(call, sizeof(*shown));
    heluo__v1__node_peer__init(shown);
    bool down = partner->link == ENGINE_LINK_DOWN;
    shown->node = call_text(call, bytes_of_text(partner->id));
    shown->link =
        (char *)(uintptr_t)(partner->paused ? "paused"
                                            : link_words[partner->link]);
    shown->retry_in_ms =
        down && partner->retry_in_ms > 0 ? (uint64_t)partner->retry_in_ms : 0;
    shown->last_error = (char *)(uintptr_t)(down && partner->last != HL_OK
                                                ? hl_err_name(partner->last)
                                                : "");
    shown->faults = partner->faults;
    shown->last_fault = call_text(call, bytes_of_text(partner->fault));
    shown->held_size = partner->held.size;
    shown->sealed_size = partner->sealed;
    shown->newest_size = partner->newest;
    shown->as_of_ms = (uint64_t)partner->as_of.ms;
    shown->standing = (char *)(uintptr_t)standing_word(partner->standing);
    shown->keeps = partner->keeps;
    shown->cosigned_size = partner->cosigned;
    shown->answered = partner->answered;
    return shown;
}

void node_add_name(char names[FACTS_NAMES_BYTES], const char *name)
{
    size_t at = strlen(names);
    const char *comma = at == 0 ? "" : ", ";
    if (at + strlen(comma) + strlen(name) + sizeof(", ...") <=
        FACTS_NAMES_BYTES) {
        snprintf(names + at, FACTS_NAMES_BYTES - at, "%s%s", comma, name);
    } else if (at < 3 || strcmp(names + at - 3, "...") != 0) {
        snprintf(names + at, FACTS_NAMES_BYTES - at, ", ...");
    }
}

void node_partner_facts(const struct partners_view *view,
                        struct node_facts *facts)
{
    facts->charter_contested = view->contested;
    facts->time_unsure = view->time_unsure;
    for (size_t i = 0; i < view->count; i++) {
        const struct partner *partner = &view->items[i];
        if (partner->self || partner->standing == ENGINE_ORIGIN_ENDED) {
            continue;
        }
        if (partner->standing == ENGINE_ORIGIN_QUARANTINED) {
            node_add_name(facts->quarantined, partner->id);
        } else if (partner->asks) {
            node_add_name(facts->unkept, partner->id);
        }
        if (partner->paused) {
            node_add_name(facts->paused, partner->id);
        } else if (partner->link != ENGINE_LINK_UP) {
            node_add_name(partner->faults > 0          ? facts->faulty
                          : partner->last == HL_EENDED ? facts->ended_by
                                                       : facts->away,
                          partner->id);
        }
    }
}

/* When the entry at that index of the own journal was recorded. */
static hl_err recorded_at(struct services *services, uint64_t index,
                          struct hl_wall *out, struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    struct journal journal;
    struct bytes raw;
    struct entry entry;
    struct canonical_unknown unknown;
    bool found = false;
    hl_err err = store_begin_read(services->options.store, &txn, detail);
    if (err == HL_OK) {
        err = journal_find(txn, bytes_of_text(services->origin), &journal,
                           &found, detail);
    }
    if (err == HL_OK && found && index < journal.frontier.size) {
        err = journal_entry(txn, &journal, index, &raw, detail);
        if (err == HL_OK) {
            err = entry_decode(raw, &entry, &unknown, detail);
        }
        if (err == HL_OK) {
            *out = entry.recorded_at;
        }
    }
    store_abort(&txn);
    return err;
}

hl_err node_put_partners(struct services *services, struct rpc_call *call,
                         const struct partners_view *view,
                         Heluo__V1__NodeStatusResponse *response,
                         struct hl_detail *detail)
{
    struct hl_wall since = {0};
    hl_err err = HL_OK;
    response->peers =
        rpc_call_alloc(call, (view->count + 1) * sizeof(response->peers[0]));
    for (size_t i = 0; i < view->count; i++) {
        const struct partner *partner = &view->items[i];
        if (!partner->self) {
            response->peers[response->n_peers++] = show_peer(call, partner);
            continue;
        }
        if (view->own != ENGINE_OWN_GOOD) { /* nobody appends: as stored */
            response->journal_size = partner->held.size;
            response->journal_root = call_bytes(
                call, bytes_of(partner->held.root.bytes, HL_HASH_BYTES));
        }
        response->sealed_size = partner->sealed;
        response->keepers = partner->keepers;
        response->quorum = partner->quorum;
        if (partner->keepers > 0 && partner->sealed < response->journal_size) {
            err = recorded_at(services, partner->sealed, &since, detail);
        }
    }
    response->own_state = (char *)(uintptr_t)own_words[view->own];
    response->time_unsure = view->time_unsure;
    response->known_size = view->own_known > response->journal_size
                               ? view->own_known
                               : response->journal_size;
    response->unsealed_since_ms = (uint64_t)since.ms;
    return err;
}

/* --- What an operator does. ---------------------------------------------- */

static bool has_partners(struct services *services, struct rpc_call *call)
{
    struct hl_detail detail = {0};
    if (!services->has_partners) {
        rpc_fail(call,
                 hl_fail(&detail, HL_EUNSUPPORTED, "this node has no partners"),
                 &detail);
    }
    return services->has_partners;
}

static void log_said(struct services *services, struct rpc_call *call,
                     const char *what, const char *node)
{
    log_event(services->options.log, LOG_WARN, "operator.said",
              LOG_TEXT("what", what), LOG_TEXT("node", node),
              LOG_TEXT("by", rpc_call_caller(call)->spiffe));
}

static const struct {
    const char *word;
    enum engine_event_kind kind;
} actions[] = {
    {"retry", ENGINE_RETRY},
    {"pause", ENGINE_PAUSE},
    {"lost", ENGINE_LOST},
};

static hl_err find_action(const char *word, const struct partner *partner,
                          enum engine_event_kind *kind,
                          struct hl_detail *detail)
{
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(word, actions[i].word) != 0) {
            continue;
        }
        if (actions[i].kind == ENGINE_LOST && !partner->keeps) {
            return hl_fail(detail, HL_EKEEPERS,
                           "node: %s does not keep this node's journal, and is "
                           "not waited for",
                           partner->id);
        }
        *kind = actions[i].kind;
        return HL_OK;
    }
    return hl_fail(detail, HL_EMALFORMED,
                   "action: '%s' is none of retry, pause, lost", word);
}

void node_set_peer(struct rpc_call *call, const ProtobufCMessage *message,
                   void *context)
{
    const Heluo__V1__NodeSetPeerRequest *request = (const void *)message;
    struct services *services = context;
    struct hl_detail detail = {0};
    enum engine_event_kind kind = ENGINE_RETRY;
    if (!has_partners(services, call)) {
        return;
    }
    struct partners_view view = partners_now(services);
    const struct partner *partner =
        partners_find(&view, bytes_of_text(request->node));
    hl_err err = HL_OK;
    if (partner == NULL || partner->self) {
        err = hl_fail(&detail, HL_ENOTFOUND,
                      "node: the charter has no partner '%s': heluo peer list",
                      request->node);
    } else {
        err = find_action(request->action, partner, &kind, &detail);
    }
    partners_view_fini(&view);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    log_said(services, call, request->action, request->node);
    services->partners.tell(services->partners.context, kind,
                            bytes_of_text(request->node));
    Heluo__V1__NodeSetPeerResponse response =
        HELUO__V1__NODE_SET_PEER_RESPONSE__INIT;
    rpc_answer(call, &response.base);
}

void node_confirm_clock(struct rpc_call *call, const ProtobufCMessage *message,
                        void *context)
{
    enum { WITHIN_MS = 5 * 60 * 1000 };
    const Heluo__V1__NodeConfirmClockRequest *request = (const void *)message;
    struct services *services = context;
    struct hl_wall now = services->options.wall();
    struct hl_wall said = {.ms = (int64_t)request->now_ms};
    if (!has_partners(services, call)) {
        return;
    }
    if (said.ms < now.ms - WITHIN_MS || said.ms > now.ms + WITHIN_MS) {
        char text[WALL_TEXT_BYTES];
        struct hl_detail detail = {0};
        wall_format(now, text);
        rpc_fail(call,
                 hl_fail(&detail, HL_ESTATE,
                         "now_ms: this node's clock says %s, which is more "
                         "than five minutes off that: set the machine's clock, "
                         "then confirm it",
                         text),
                 &detail);
        return;
    }
    log_said(services, call, "clock", services->options.node);
    services->partners.tell(services->partners.context, ENGINE_CLOCK,
                            (struct bytes){0});
    Heluo__V1__NodeConfirmClockResponse response =
        HELUO__V1__NODE_CONFIRM_CLOCK_RESPONSE__INIT;
    response.now_ms = (uint64_t)now.ms;
    rpc_answer(call, &response.base);
}

void node_recover(struct rpc_call *call, const ProtobufCMessage *message,
                  void *context)
{
    (void)message;
    struct services *services = context;
    if (!has_partners(services, call)) {
        return;
    }
    log_said(services, call, "recover", services->options.node);
    services->partners.tell(services->partners.context, ENGINE_RECOVER,
                            (struct bytes){0});
    Heluo__V1__NodeRecoverResponse response =
        HELUO__V1__NODE_RECOVER_RESPONSE__INIT;
    rpc_answer(call, &response.base);
}

/* --- Charters. ----------------------------------------------------------- */

static hl_err read_charter(struct services *services, struct bytes raw,
                           struct charter *out, struct hl_detail *detail)
{
    hl_err err = charter_parse(raw, out, detail);
    if (err == HL_OK &&
        strcmp(out->alliance, services->options.alliance) != 0) {
        err = hl_fail(detail, HL_EALLIANCE,
                      "charter: it is of %s, and this node of %s",
                      out->alliance, services->options.alliance);
        charter_fini(out);
    }
    return err;
}

void node_submit_charter(struct rpc_call *call, const ProtobufCMessage *message,
                         void *context)
{
    const Heluo__V1__NodeSubmitCharterRequest *request = (const void *)message;
    struct services *services = context;
    struct hl_detail detail = {0};
    struct charter charter;
    struct bytes raw = bytes_of_binary(&request->charter);
    if (!has_partners(services, call)) {
        return;
    }
    hl_err err = read_charter(services, raw, &charter, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    log_said(services, call, "charter", services->options.node);
    services->partners.tell(services->partners.context, ENGINE_CHARTER, raw);
    Heluo__V1__NodeSubmitCharterResponse response =
        HELUO__V1__NODE_SUBMIT_CHARTER_RESPONSE__INIT;
    response.version = charter.version;
    response.hash =
        call_bytes(call, bytes_of(charter.hash.bytes, HL_HASH_BYTES));
    rpc_answer(call, &response.base);
    charter_fini(&charter);
}

void node_charter(struct rpc_call *call, const ProtobufCMessage *message,
                  void *context)
{
    (void)message;
    struct services *services = context;
    struct hl_detail detail = {0};
    struct writer raw = {0};
    struct charter charter;
    if (!has_partners(services, call)) {
        return;
    }
    services->partners.charter(services->partners.context, &raw);
    hl_err err = read_charter(services, writer_view(&raw), &charter, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        writer_fini(&raw);
        return;
    }
    Heluo__V1__NodeCharterResponse response =
        HELUO__V1__NODE_CHARTER_RESPONSE__INIT;
    response.version = charter.version;
    response.charter = (ProtobufCBinaryData){.len = raw.size, .data = raw.data};
    response.hash =
        call_bytes(call, bytes_of(charter.hash.bytes, HL_HASH_BYTES));
    rpc_answer(call, &response.base);
    charter_fini(&charter);
    writer_fini(&raw);
}
