/* SPDX-License-Identifier: Apache-2.0 */

/* Cycles, as the API shows them. */

#include "node/service/clearing_call.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/clearing/count.h"
#include "node/desk/desk.h"
#include "node/projection/cycles.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"

enum { NAME_BYTES = 96 };

static void *allocate(void *context, size_t size)
{
    return rpc_call_alloc(context, size);
}

static void leave(void *context, void *memory)
{
    (void)context; /* it is the call's */
    (void)memory;
}

/* --- Names. -------------------------------------------------------------- */

hl_err clearing_parse_name(const char *name, struct cycle_key *out,
                           struct hl_detail *detail)
{
    const char *slash = strchr(name, '/');
    bool good = slash != NULL && slash > name && slash[1] != '\0' &&
                strlen(slash) <= 19;
    *out = (struct cycle_key){0};
    for (const char *c = good ? slash + 1 : ""; *c != '\0'; c++) {
        good = good && *c >= '0' && *c <= '9';
        out->index = out->index * 10 + (uint64_t)(*c - '0');
    }
    if (!good) {
        return hl_fail(detail, HL_EMALFORMED,
                       "name: a cycle is called by its proposer and the index "
                       "of its proposal, as zhengzhou/12");
    }
    out->proposer = bytes_of((const uint8_t *)name, (size_t)(slash - name));
    return HL_OK;
}

char *clearing_name(struct rpc_call *call, const struct cycle_key *key)
{
    char text[NAME_BYTES];
    snprintf(text, sizeof(text), "%.*s/%" PRIu64, BYTES_ARGS(key->proposer),
             key->index);
    return call_text(call, bytes_of_text(text));
}

/* --- Snapshots. ---------------------------------------------------------- */

hl_err clearing_open(struct rpc_call *call, struct services *services,
                     struct clearing_reading *out, struct hl_detail *detail)
{
    struct writer raw = {0};
    struct journal journal;
    bool found = false;
    *out = (struct clearing_reading){.call = call, .services = services};
    if (services->has_partners) {
        services->partners.charter(services->partners.context, &raw);
    }
    hl_err err = raw.size == 0
                     ? hl_fail(detail, HL_ENOTFOUND,
                               "no charter is here yet: try again in a moment")
                     : charter_parse(writer_view(&raw), &out->charter, detail);
    writer_fini(&raw);
    if (err != HL_OK) {
        return err;
    }
    out->view.origin = bytes_of_text(services->origin);
    out->view.charter = &out->charter;
    out->view.now = services->options.wall();
    err = store_begin_read(services->options.store, &out->view.txn, detail);
    if (err == HL_OK) {
        err = journal_find(out->view.txn, out->view.origin, &journal, &found,
                           detail);
    }
    if (err == HL_OK && found) {
        out->view.number = journal.number;
    }
    if (err != HL_OK) {
        clearing_close(out);
    }
    return err;
}

void clearing_close(struct clearing_reading *reading)
{
    if (reading->view.txn != NULL) {
        store_abort(&reading->view.txn);
    }
    charter_fini(&reading->charter);
}

/* --- Transfers. ---------------------------------------------------------- */

/* Of a cycle's transfers, the final ones that counted them anew. */
struct anew {
    const struct clearing_reading *reading;
    const struct cycle_key *of;
    const struct cycle_lists *lists; /* its own */
    size_t count;
    char **names; /* by transfer; NULL: none */
};

/* An item that goes from or to others is of no transfer of it. */
static bool is_of(const struct anew *anew, const struct cycle_lists *lists,
                  const struct cycle_item *item)
{
    const struct cycle_lists *ours = anew->lists;
    if (item->key.index != anew->of->index ||
        !bytes_equal(item->key.proposer, anew->of->proposer) ||
        item->key.transfer >= anew->count) {
        return false;
    }
    const struct cycle_transfer *of = &ours->transfers[item->key.transfer];
    return bytes_equal(lists->places[item->from].node,
                       ours->places[of->from].node) &&
           bytes_equal(lists->places[item->to].node, ours->places[of->to].node);
}

/* Those that this cycle's items name. */
static void take_items(struct anew *anew, const struct cycle *cycle)
{
    struct cycle_lists lists;
    cycle_read(&cycle->of, &lists);
    for (size_t i = 0; i < lists.item_count; i++) {
        if (is_of(anew, &lists, &lists.items[i])) {
            anew->names[lists.items[i].key.transfer] =
                clearing_name(anew->reading->call, &cycle->key);
        }
    }
    cycle_lists_fini(&lists);
}

static hl_err look_at_final(void *context, const struct cycle *cycle,
                            struct hl_detail *detail)
{
    struct anew *anew = context;
    enum cycle_standing_as as = CYCLE_AS_OPEN;
    hl_err err = HL_OK;
    if (cycle->state == CYCLE_FINAL && cycle->of.items.size > 0) {
        err = clearing_stands(&anew->reading->view, cycle, &as, detail);
    }
    if (err == HL_OK && as == CYCLE_AS_FINAL) {
        take_items(anew, cycle);
    }
    return err;
}

static hl_err find_anew(struct anew *anew, struct hl_detail *detail)
{
    anew->names = rpc_call_alloc(anew->reading->call,
                                 (anew->count + 1) * sizeof(*anew->names));
    return clearing_each_cycle(&anew->reading->view, look_at_final, anew,
                               detail);
}

static hl_err show_transfer(const struct clearing_reading *reading,
                            const struct cycle *cycle,
                            const struct cycle_lists *lists, size_t number,
                            Heluo__V1__TransferView **out,
                            struct hl_detail *detail)
{
    struct rpc_call *call = reading->call;
    const struct clearing_view *view = &reading->view;
    const struct cycle_transfer *of = &lists->transfers[number];
    struct bytes from = lists->places[of->from].node;
    struct bytes to = lists->places[of->to].node;
    struct transfer_key key = {cycle->key.proposer, cycle->key.index, number};
    struct transfer sent, received;
    Heluo__V1__TransferView *shown = rpc_call_alloc(call, sizeof(*shown));
    heluo__v1__transfer_view__init(shown);
    hl_err err = cycles_transfer(view->txn, clearing_alliance(view), from, &key,
                                 &sent, detail);
    if (err == HL_OK) {
        err = cycles_transfer(view->txn, clearing_alliance(view), to, &key,
                              &received, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    shown->number = (uint32_t)number;
    shown->from = call_text(call, from);
    shown->to = call_text(call, to);
    shown->amount_fen = of->amount_fen;
    shown->pay_by = call_text(call, cycle->of.pay_by);
    if (sent.sent_leaf.size > 0) {
        shown->sent_reference = call_text(call, sent.sent_reference);
        shown->sent_day = call_text(call, sent.sent_day);
        shown->sent_index = sent.sent_index;
    }
    if (received.received_leaf.size > 0 &&
        received.received_fen == of->amount_fen &&
        bytes_equal(received.payer, from)) {
        shown->received_reference =
            call_text(call, received.received_reference);
        shown->received_day = call_text(call, received.received_day);
        shown->received_index = received.received_index;
    }
    *out = shown;
    return err;
}

static hl_err show_transfers(const struct clearing_reading *reading,
                             const struct cycle *cycle,
                             Heluo__V1__CycleView *out,
                             struct hl_detail *detail)
{
    struct cycle_lists lists;
    hl_err err = HL_OK;
    cycle_read(&cycle->of, &lists);
    out->transfers = rpc_call_alloc(reading->call, (lists.transfer_count + 1) *
                                                       sizeof(*out->transfers));
    struct anew anew = {.reading = reading,
                        .of = &cycle->key,
                        .lists = &lists,
                        .count = lists.transfer_count};
    err = find_anew(&anew, detail);
    for (size_t i = 0; err == HL_OK && i < lists.transfer_count; i++) {
        err = show_transfer(reading, cycle, &lists, i, &out->transfers[i],
                            detail);
        out->n_transfers += err == HL_OK ? 1 : 0;
        if (err == HL_OK && anew.names[i] != NULL) {
            out->transfers[i]->replaced_by = anew.names[i];
        }
    }
    cycle_lists_fini(&lists);
    return err;
}

/* --- Answers. ------------------------------------------------------------ */

static hl_err show_answer(const struct clearing_reading *reading,
                          const struct cycle *cycle, struct bytes node,
                          Heluo__V1__CycleAnswerView **out,
                          struct hl_detail *detail)
{
    struct rpc_call *call = reading->call;
    const struct clearing_view *view = &reading->view;
    struct cycle answer;
    uint64_t sealed = 0;
    Heluo__V1__CycleAnswerView *shown = rpc_call_alloc(call, sizeof(*shown));
    heluo__v1__cycle_answer_view__init(shown);
    shown->node = call_text(call, node);
    hl_err err = cycles_answer(view->txn, clearing_alliance(view), node,
                               &cycle->key, &answer, detail);
    if (err == HL_OK) {
        err = clearing_sealed(view, node, &sealed, detail);
    }
    if (err == HL_OK && answer.answer != CYCLE_UNANSWERED &&
        bytes_equal(answer.proposal_leaf, cycle->leaf)) {
        shown->answer = (Heluo__V1__CycleAnswer)answer.answer;
        shown->reason = (Heluo__V1__CycleReason)answer.rejection;
        shown->text = call_text(call, answer.text);
        shown->index = answer.answer_index;
        shown->at_ms = answer.answer_at_ms;
        shown->leaf = call_bytes(call, answer.answer_leaf);
        shown->sealed = answer.answer_index < sealed;
    }
    *out = shown;
    return err;
}

static hl_err show_answers(const struct clearing_reading *reading,
                           const struct cycle *cycle, Heluo__V1__CycleView *out,
                           struct hl_detail *detail)
{
    struct cycle_lists lists;
    hl_err err = HL_OK;
    cycle_read(&cycle->of, &lists);
    out->answers = rpc_call_alloc(reading->call, (lists.net_count + 1) *
                                                     sizeof(*out->answers));
    for (size_t i = 0; err == HL_OK && i < lists.net_count; i++) {
        err =
            show_answer(reading, cycle, lists.places[lists.nets[i].place].node,
                        &out->answers[i], detail);
        out->n_answers += err == HL_OK ? 1 : 0;
    }
    cycle_lists_fini(&lists);
    return err;
}

/* --- Cycles. ------------------------------------------------------------- */

static void show_proposal(const struct clearing_reading *reading,
                          const struct cycle *cycle, Heluo__V1__CycleView *out)
{
    struct rpc_call *call = reading->call;
    const struct cycle_proposal *of = &cycle->of;
    out->name = clearing_name(call, &cycle->key);
    out->proposer = call_text(call, cycle->key.proposer);
    out->index = cycle->key.index;
    out->leaf = call_bytes(call, cycle->leaf);
    out->proposed_at_ms = cycle->proposed_at_ms;
    out->charter = of->charter;
    out->count = of->count;
    out->gross_fen = of->gross_fen;
    out->digest = call_bytes(call, of->digest);
    out->answer_by_ms = of->answer_by_ms;
    out->day = call_text(call, of->day);
    out->pay_by = call_text(call, of->pay_by);
    out->decided_index = cycle->decided_index;
    out->decided_leaf = call_bytes(call, cycle->decided_leaf);
    out->decided_at_ms = cycle->decided_at_ms;
    out->reason = call_text(call, cycle->reason);
}

/* The lists of the row, as its message has them. */
static void show_lists(const struct clearing_reading *reading,
                       const struct cycle *cycle, Heluo__V1__CycleView *out)
{
    ProtobufCAllocator memory = {
        .alloc = allocate, .free = leave, .allocator_data = reading->call};
    struct writer bytes = {0};
    record_encode(&cycle_record, cycle, &bytes);
    Heluo__V1__CycleRow *row =
        heluo__v1__cycle_row__unpack(&memory, bytes.size, bytes.data);
    writer_fini(&bytes);
    HL_ASSERT(row != NULL); /* it was read */
    out->places = row->places;
    out->n_places = row->n_places;
    out->stops = row->stops;
    out->n_stops = row->n_stops;
    out->items = row->items;
    out->n_items = row->n_items;
    out->nets = row->nets;
    out->n_nets = row->n_nets;
}

static void show_desk(const struct clearing_reading *reading,
                      const struct cycle *cycle, Heluo__V1__CycleView *out)
{
    struct desk_state state = {0};
    if (reading->services->desk == NULL) {
        return;
    }
    desk_state(reading->services->desk, &state);
    for (size_t i = 0; i < state.count; i++) {
        const struct desk_note *note = &state.notes[i];
        if (note->index == cycle->key.index &&
            bytes_equal_text(cycle->key.proposer, note->proposer)) {
            out->held = note->held;
            out->waits = call_text(reading->call, bytes_of_text(note->why));
        }
    }
}

hl_err clearing_show(const struct clearing_reading *reading,
                     const struct cycle *cycle, bool whole,
                     Heluo__V1__CycleView **out, struct hl_detail *detail)
{
    enum cycle_standing_as as = CYCLE_AS_OPEN;
    Heluo__V1__CycleView *view = rpc_call_alloc(reading->call, sizeof(*view));
    heluo__v1__cycle_view__init(view);
    show_proposal(reading, cycle, view);
    show_desk(reading, cycle, view);
    hl_err err = clearing_stands(&reading->view, cycle, &as, detail);
    view->standing =
        (Heluo__V1__CycleStanding)(as +
                                   HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_OPEN);
    if (err == HL_OK) {
        err = show_answers(reading, cycle, view, detail);
    }
    if (err == HL_OK && whole) {
        show_lists(reading, cycle, view);
        err = show_transfers(reading, cycle, view, detail);
    }
    *out = view;
    return err;
}

/* --- Status. ------------------------------------------------------------- */

void clearing_facts(struct services *services, struct node_facts *facts)
{
    struct desk_state state = {0};
    if (services->desk == NULL) {
        return;
    }
    desk_state(services->desk, &state);
    for (size_t i = 0; i < state.count; i++) {
        facts->cycles_held += state.notes[i].held ? 1 : 0;
    }
    facts->transfers_overdue = state.overdue;
    snprintf(facts->proposal_waits, sizeof(facts->proposal_waits), "%s",
             state.proposal);
}
