/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/effect_cycle.h"

#include "node/projection/effect_rows.h"
#include "node/projection/row.h"
#include "protocol/entry/origin.h"

static struct bytes view_of(const struct hl_hash *hash)
{
    return bytes_of(hash->bytes, HL_HASH_BYTES);
}

static hl_err keep_cycle(struct ledger_work *work, struct hl_detail *detail)
{
    return effect_keep_joint(work->effect, &work->of.cycle_kept,
                             &work->of.cycle, detail);
}

static hl_err keep_standing(struct ledger_work *work,
                            const struct cycle_key *key,
                            struct hl_detail *detail)
{
    struct cycle_standing standing = {work->of.standing.number, *key};
    return effect_keep(work->effect, &work->of.standing_kept, &standing, NULL,
                       detail);
}

static hl_err keep_last(struct ledger_work *work, const struct cycle_key *key,
                        struct hl_detail *detail)
{
    struct cycle_standing last = {.number = CYCLE_STANDING_LAST};
    struct kept kept;
    hl_err err =
        ledger_find(&work->of, &cycle_standing_record, &last, &kept, detail);
    last.of = *key;
    return err == HL_OK ? effect_keep(work->effect, &kept, &last, NULL, detail)
                        : err;
}

/* The cycle is looked at again when that node's journal has that entry. */
static hl_err cite(struct ledger_work *work, struct bytes node, uint64_t index,
                   struct hl_detail *detail)
{
    struct writer origin = {0};
    writer_bytes(&origin, work->of.alliance);
    writer_bytes(&origin, node);
    struct citation entry = {writer_view(&origin), index, {{0}}};
    hl_err err =
        effect_cite(work->effect, &work->of.cycle_kept, &entry, detail);
    writer_fini(&origin);
    return err;
}

/* --- The proposer. ------------------------------------------------------- */

hl_err effect_cycle_propose(struct ledger_work *work, const void *record,
                            struct hl_detail *detail)
{
    struct ledger_case *of = &work->of;
    struct cycle_key key = {of->node, work->effect->index};
    of->cycle = (struct cycle){.key = key};
    hl_err err =
        ledger_find(of, &cycle_record, &of->cycle, &of->cycle_kept, detail);
    of->cycle.of = *(const struct cycle_proposal *)record;
    of->cycle.leaf = view_of(&work->leaf);
    of->cycle.proposed_at_ms = (uint64_t)of->now.ms;
    if (err == HL_OK) {
        err = keep_cycle(work, detail);
    }
    if (err == HL_OK) {
        err = keep_standing(work, &key, detail);
    }
    return err == HL_OK ? keep_last(work, &key, detail) : err;
}

static hl_err decide(struct ledger_work *work, uint64_t state,
                     struct hl_detail *detail)
{
    struct cycle *cycle = &work->of.cycle;
    cycle->state = state;
    cycle->decided_index = work->effect->index;
    cycle->decided_leaf = view_of(&work->leaf);
    cycle->decided_at_ms = (uint64_t)work->of.now.ms;
    hl_err err = keep_cycle(work, detail);
    return err == HL_OK ? effect_drop(work->effect, &cycle_standing_record,
                                      &work->of.standing, detail)
                        : err;
}

/* Each vote with the place of who gave it, in order; `each` ends it early. */
static hl_err for_votes(const struct cycle *cycle,
                        hl_err (*each)(void *context, struct bytes node,
                                       uint64_t index,
                                       struct hl_detail *detail),
                        void *context, struct hl_detail *detail)
{
    struct cycle_lists lists;
    struct cycle_votes votes;
    hl_err err = HL_OK;
    cycle_read(&cycle->of, &lists);
    cycle_read_votes(cycle->votes, &votes);
    for (size_t i = 0; err == HL_OK && i < votes.count && i < lists.net_count;
         i++) {
        err = each(context, lists.places[lists.nets[i].place].node,
                   votes.items[i].index, detail);
    }
    cycle_votes_fini(&votes);
    cycle_lists_fini(&lists);
    return err;
}

static hl_err cite_vote(void *context, struct bytes node, uint64_t index,
                        struct hl_detail *detail)
{
    return cite(context, node, index, detail);
}

hl_err effect_cycle_finish(struct ledger_work *work, const void *record,
                           struct hl_detail *detail)
{
    struct cycle *cycle = &work->of.cycle;
    cycle->votes = ((const struct cycle_final *)record)->votes;
    hl_err err = decide(work, CYCLE_FINAL, detail);
    return err == HL_OK ? for_votes(cycle, cite_vote, work, detail) : err;
}

hl_err effect_cycle_abort(struct ledger_work *work, const void *record,
                          struct hl_detail *detail)
{
    work->of.cycle.reason = ((const struct cycle_abort *)record)->reason;
    return decide(work, CYCLE_ABORTED, detail);
}

/* --- The parties. -------------------------------------------------------- */

static hl_err answer(struct ledger_work *work, uint64_t how,
                     struct hl_detail *detail)
{
    struct ledger_case *of = &work->of;
    of->cycle.answer = how;
    of->cycle.answer_index = work->effect->index;
    of->cycle.answer_leaf = view_of(&work->leaf);
    of->cycle.answer_at_ms = (uint64_t)of->now.ms;
    of->cycle.proposal_leaf = view_of(&of->cause.leaf);
    hl_err err = keep_cycle(work, detail);
    return err == HL_OK
               ? effect_cite(work->effect, &of->cycle_kept, &of->cause, detail)
               : err;
}

hl_err effect_cycle_approve(struct ledger_work *work, const void *record,
                            struct hl_detail *detail)
{
    const struct cycle_approval *approval = record;
    struct ledger_case *of = &work->of;
    of->cycle.closed_index = approval->closed_index;
    of->cycle.closed_leaf = approval->closed_leaf;
    if (of->standing_kept.found) {
        of->cycle.closed = of->standing.of;
    }
    hl_err err = answer(work, CYCLE_APPROVED, detail);
    if (err == HL_OK && of->cycle.closed_leaf.size > 0) {
        err = cite(work, of->cycle.closed.proposer, of->cycle.closed_index,
                   detail);
    }
    return err == HL_OK ? keep_standing(work, &approval->key, detail) : err;
}

hl_err effect_cycle_reject(struct ledger_work *work, const void *record,
                           struct hl_detail *detail)
{
    const struct cycle_rejection *rejection = record;
    struct cycle *cycle = &work->of.cycle;
    cycle->rejection = rejection->reason;
    cycle->text = rejection->text;
    cycle->paused = rejection->paused;
    cycle->paused_at = rejection->paused_at;
    return answer(work, CYCLE_REJECTED, detail);
}

/* --- Payments. ----------------------------------------------------------- */

static hl_err keep_transfer(struct ledger_work *work, struct hl_detail *detail)
{
    struct ledger_case *of = &work->of;
    hl_err err = effect_keep_joint(work->effect, &of->transfer_kept,
                                   &of->transfer, detail);
    return err == HL_OK ? effect_cite(work->effect, &of->transfer_kept,
                                      &of->cause, detail)
                        : err;
}

hl_err effect_payment_sent(struct ledger_work *work, const void *record,
                           struct hl_detail *detail)
{
    const struct payment_sent *sent = record;
    struct transfer *transfer = &work->of.transfer;
    transfer->sent_index = work->effect->index;
    transfer->sent_leaf = view_of(&work->leaf);
    transfer->sent_reference = sent->reference;
    transfer->sent_day = sent->day;
    transfer->sent_final = work->of.cause.index;
    return keep_transfer(work, detail);
}

hl_err effect_payment_received(struct ledger_work *work, const void *record,
                               struct hl_detail *detail)
{
    const struct payment_received *received = record;
    struct transfer *transfer = &work->of.transfer;
    struct payment payment = {
        .payer = received->payer,
        .received_index = work->effect->index,
        .amount_fen = received->amount_fen,
        .of = received->key,
    };
    transfer->payer = received->payer;
    transfer->received_index = work->effect->index;
    transfer->received_leaf = view_of(&work->leaf);
    transfer->received_fen = received->amount_fen;
    transfer->received_reference = received->reference;
    transfer->received_day = received->day;
    transfer->received_final = work->of.cause.index;
    hl_err err = keep_transfer(work, detail);
    return err == HL_OK
               ? effect_add(work->effect, &payment_record, &payment, detail)
               : err;
}

/* --- Forgetting. --------------------------------------------------------- */

/* A row that goes, and of what its half is. */
struct forgotten {
    const struct tables *tables;
    uint32_t number;
    struct bytes name;
    struct bytes alliance;
};

static hl_err uncite(void *context, struct bytes node, uint64_t index,
                     struct hl_detail *detail)
{
    const struct forgotten *of = context;
    struct writer origin = {0};
    writer_bytes(&origin, of->alliance);
    writer_bytes(&origin, node);
    struct citation entry = {writer_view(&origin), index, {{0}}};
    hl_err err = joint_uncite(of->tables, of->number, &entry, of->name, detail);
    writer_fini(&origin);
    return err;
}

static hl_err forget_cycle(struct forgotten *of, struct bytes record,
                           struct hl_detail *detail)
{
    struct cycle cycle;
    record_decode(&cycle_record, record, &cycle);
    hl_err err = HL_OK;
    if (cycle.answer != CYCLE_UNANSWERED) {
        err = uncite(of, cycle.key.proposer, cycle.key.index, detail);
    }
    if (err == HL_OK && cycle.closed_leaf.size > 0) {
        err = uncite(of, cycle.closed.proposer, cycle.closed_index, detail);
    }
    return err == HL_OK ? for_votes(&cycle, uncite, of, detail) : err;
}

static hl_err forget_transfer(struct forgotten *of, struct bytes record,
                              struct hl_detail *detail)
{
    struct transfer transfer;
    record_decode(&transfer_record, record, &transfer);
    hl_err err = HL_OK;
    if (transfer.sent_leaf.size > 0) {
        err = uncite(of, transfer.key.proposer, transfer.sent_final, detail);
    }
    if (err == HL_OK && transfer.received_leaf.size > 0) {
        err =
            uncite(of, transfer.key.proposer, transfer.received_final, detail);
    }
    return err;
}

hl_err effect_cycle_drop_row(struct projection *projection, uint32_t number,
                             struct bytes name, struct hl_detail *detail)
{
    const struct tables *tables = &projection->tables;
    struct half_state state = {0};
    struct store_key key = {0};
    struct writer copy = {0};
    struct row row;
    bool found = false;
    uint8_t type = name.size == 0 ? 0 : name.data[0];
    if (type != cycle_record.number && type != transfer_record.number) {
        return HL_OK;
    }
    key_u32(&key, number);
    key_bytes(&key, name);
    hl_err err = row_get(tables, &key, number, &row, &found, detail);
    if (err == HL_EDAMAGED) {
        return HL_OK; /* what it cited is not known any more */
    }
    if (err == HL_OK && found) {
        err = half_load(tables, number, 0, &state, detail);
    }
    if (err != HL_OK || !found) {
        return err;
    }
    writer_bytes(&copy, row.record);
    size_t at = copy.size;
    writer_bytes(&copy, state.origin);
    struct bytes origin =
        bytes_slice(writer_view(&copy), at, state.origin.size);
    struct forgotten of = {
        tables, number, name,
        bytes_slice(origin, 0, origin.size - origin_node(origin).size)};
    struct bytes record = bytes_slice(writer_view(&copy), 0, at);
    err = type == cycle_record.number ? forget_cycle(&of, record, detail)
                                      : forget_transfer(&of, record, detail);
    writer_fini(&copy);
    return err;
}
