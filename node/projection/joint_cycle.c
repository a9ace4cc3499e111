/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "node/ledger/cycle.h"
#include "node/projection/half.h"
#include "node/projection/joint.h"
#include "node/projection/row.h"
#include "protocol/entry/origin.h"

/* Cycles and transfers: whether what one half says of them is so by the others,
 * once what it cites is here. */

static struct bytes node_of(const struct joint_member *member)
{
    return origin_node(member->origin);
}

/* --- Other halves. ------------------------------------------------------- */

/* The half of that node, in the alliance of a member, and how far it is
 * applied; number is unset where none is here. */
struct other {
    bool found;
    uint32_t number;
    uint64_t size;
};

static hl_err find_other(const struct joint_case *of,
                         const struct joint_member *member, struct bytes node,
                         struct other *out, struct hl_detail *detail)
{
    struct writer origin = {0};
    struct journal journal;
    struct half_state state = {0};
    *out = (struct other){0};
    writer_bytes(&origin,
                 bytes_slice(member->origin, 0,
                             member->origin.size - node_of(member).size));
    writer_bytes(&origin, node);
    hl_err err = journal_find(of->tables->txn, writer_view(&origin), &journal,
                              &out->found, detail);
    if (err == HL_OK && out->found) {
        out->number = journal.number;
        err = half_load(of->tables, journal.number, 0, &state, detail);
    }
    out->size = state.half.size;
    writer_fini(&origin);
    return err;
}

/* That half's row of a cycle, which borrows from the store. */
static hl_err find_cycle(const struct joint_case *of, uint32_t number,
                         const struct cycle_key *key, struct cycle *out,
                         bool *found, struct hl_detail *detail)
{
    struct writer bytes = {0};
    struct row row;
    *out = (struct cycle){.key = *key};
    record_key(&cycle_record, out, &bytes);
    struct store_key at = row_key(number, &cycle_record, writer_view(&bytes));
    writer_fini(&bytes);
    hl_err err = row_get(of->tables, &at, number, &row, found, detail);
    if (err == HL_OK && *found) {
        record_decode(&cycle_record, row.record, out);
    }
    return err;
}

/* --- Findings. ----------------------------------------------------------- */

/* `what` is the finding's text after the cycle's name, of one index and one
 * other node's entry. */
static void report(const struct joint_case *of,
                   const struct joint_member *member, enum finding_kind kind,
                   const struct cycle_key *key, uint64_t index,
                   const char *en_what, const char *zh_what)
{
    struct writer en = {0}, zh = {0};
    char subject[128];
    snprintf(subject, sizeof(subject), "%.*s/%" PRIu64,
             BYTES_ARGS(key->proposer), key->index);
    writer_format(&en, "cycle %s: entry %" PRIu64 " %s", subject, index,
                  en_what);
    writer_format(&zh, "清算周期 %s：第 %" PRIu64 " 号条目%s", subject, index,
                  zh_what);
    writer_u8(&en, 0);
    writer_u8(&zh, 0);
    struct finding_text text = {
        .index = index,
        .subject = subject,
        .en = (const char *)en.data,
        .zh = (const char *)zh.data,
    };
    joint_report(of->findings, member, kind, &text);
    writer_fini(&zh);
    writer_fini(&en);
}

/* --- Cycles. ------------------------------------------------------------- */

/* A cycle, with who proposed it. */
struct judging {
    const struct joint_case *of;
    const struct joint_member *proposing; /* NULL: nobody here */
    struct cycle proposed;
    struct cycle_lists lists;
};

/* A half that answered: the proposal is as it cites it, or does not reach as
 * far here. */
static hl_err judge_answer(const struct judging *judging,
                           const struct joint_member *member,
                           const struct cycle *cycle, struct hl_detail *detail)
{
    struct other proposer;
    if (judging->proposing != NULL &&
        bytes_equal(judging->proposed.leaf, cycle->proposal_leaf)) {
        return HL_OK;
    }
    hl_err err =
        find_other(judging->of, member, cycle->key.proposer, &proposer, detail);
    if (err == HL_OK && proposer.size > cycle->key.index) {
        report(judging->of, member, FINDING_CYCLE_ANSWER_UNFOUNDED, &cycle->key,
               cycle->answer_index, "answers what is no such proposal",
               "所答复的提案并不存在");
    }
    return err;
}

static void report_overlap(const struct judging *judging,
                           const struct joint_member *member,
                           const struct cycle *cycle)
{
    report(judging->of, member, FINDING_APPROVAL_OVERLAPS, &cycle->key,
           cycle->answer_index,
           "approves it, and had another approval that was not over below its "
           "cut",
           "确认本周期时，其先前确认的周期在截止位置之前尚未结束");
}

/* An approval that cites nothing that ended the one before: a charter did, as
 * the proposal itself says of that proposer. */
static void judge_unclosed(const struct judging *judging,
                           const struct joint_member *member,
                           const struct cycle *cycle)
{
    size_t place = 0;
    if (judging->proposing != NULL &&
        !(cycle_find_place(&judging->lists, cycle->closed.proposer, &place) &&
          judging->lists.places[place].ended != 0)) {
        report_overlap(judging, member, cycle);
    }
}

/* An approval that says what ended the one before: that did, and is below the
 * cut. */
static hl_err judge_closing(const struct judging *judging,
                            const struct joint_member *member,
                            const struct cycle *cycle, struct hl_detail *detail)
{
    const struct cycle_lists *lists = &judging->lists;
    struct other proposer;
    struct cycle former;
    bool found = false, ended = false;
    size_t place = 0;
    if (cycle->answer != CYCLE_APPROVED || cycle->closed.proposer.size == 0) {
        return HL_OK;
    }
    if (cycle->closed_leaf.size == 0) {
        judge_unclosed(judging, member, cycle);
        return HL_OK;
    }
    hl_err err = find_other(judging->of, member, cycle->closed.proposer,
                            &proposer, detail);
    if (err == HL_OK && proposer.size <= cycle->closed_index) {
        return HL_OK; /* not known yet */
    }
    if (err == HL_OK && proposer.found) {
        err = find_cycle(judging->of, proposer.number, &cycle->closed, &former,
                         &found, detail);
    }
    ended = err == HL_OK && found && former.state != CYCLE_OPEN &&
            former.decided_index == cycle->closed_index &&
            bytes_equal(former.decided_leaf, cycle->closed_leaf);
    bool below = judging->proposing == NULL ||
                 (cycle_find_place(lists, cycle->closed.proposer, &place) &&
                  lists->places[place].size > cycle->closed_index);
    if (err == HL_OK && (!ended || !below)) {
        report_overlap(judging, member, cycle);
    }
    return err;
}

/* The proposer's half: all approvals that a final cites are there. */
static hl_err judge_final(const struct judging *judging,
                          struct hl_detail *detail)
{
    const struct joint_members *members = judging->of->members;
    const struct cycle *cycle = &judging->proposed;
    const struct cycle_lists *lists = &judging->lists;
    struct cycle_votes votes;
    hl_err err = HL_OK;
    cycle_read_votes(cycle->votes, &votes);
    for (size_t i = 0; err == HL_OK && i < votes.count; i++) {
        struct bytes party = lists->places[lists->nets[i].place].node;
        struct other other;
        bool given = false, answered = false;
        for (size_t m = 0; m < members->count && !given; m++) {
            struct cycle answer;
            if (bytes_equal(node_of(&members->items[m]), party)) {
                record_decode(&cycle_record, members->items[m].row.record,
                              &answer);
                given = cycle_is_vote(&answer, cycle, &votes.items[i]);
                answered = answer.answer != CYCLE_UNANSWERED;
            }
        }
        if (given) {
            continue;
        }
        err =
            find_other(judging->of, judging->proposing, party, &other, detail);
        if (err == HL_OK && (answered || other.size > votes.items[i].index)) {
            report(judging->of, judging->proposing, FINDING_FINAL_UNFOUNDED,
                   &cycle->key, cycle->decided_index,
                   "declares it final, and an approval that it cites was not "
                   "given",
                   "宣告终局所引用的确认并未作出");
            break;
        }
    }
    cycle_votes_fini(&votes);
    return err;
}

hl_err joint_judge_cycle(const struct joint_case *of, struct hl_detail *detail)
{
    struct judging judging = {.of = of};
    hl_err err = HL_OK;
    for (size_t i = 0; i < of->members->count; i++) {
        const struct joint_member *member = &of->members->items[i];
        struct cycle cycle;
        record_decode(&cycle_record, member->row.record, &cycle);
        if (cycle_is_proposed(&cycle)) {
            judging.proposing = member;
            judging.proposed = cycle;
            cycle_read(&cycle.of, &judging.lists);
        }
    }
    for (size_t i = 0; err == HL_OK && i < of->members->count; i++) {
        const struct joint_member *member = &of->members->items[i];
        struct cycle cycle;
        record_decode(&cycle_record, member->row.record, &cycle);
        if (cycle.answer != CYCLE_UNANSWERED) {
            err = judge_answer(&judging, member, &cycle, detail);
        }
        if (err == HL_OK) {
            err = judge_closing(&judging, member, &cycle, detail);
        }
    }
    if (err == HL_OK && judging.proposing != NULL) {
        err = judge_final(&judging, detail);
    }
    cycle_lists_fini(&judging.lists);
    return err;
}

/* --- Transfers. ---------------------------------------------------------- */

/* Whether that half may say so: it pays, or is paid all of it. */
static bool is_side(const struct transfer *transfer, const struct cycle *cycle,
                    struct bytes node)
{
    struct cycle_lists lists;
    cycle_read(&cycle->of, &lists);
    bool is = cycle->state == CYCLE_FINAL &&
              transfer->key.transfer < lists.transfer_count;
    if (is) {
        const struct cycle_transfer *of =
            &lists.transfers[transfer->key.transfer];
        struct bytes from = lists.places[of->from].node;
        struct bytes to = lists.places[of->to].node;
        bool sent = transfer->sent_leaf.size > 0;
        bool received = transfer->received_leaf.size > 0;
        is = (!sent || (bytes_equal(node, from) &&
                        transfer->sent_final == cycle->decided_index)) &&
             (!received ||
              (bytes_equal(node, to) && bytes_equal(transfer->payer, from) &&
               transfer->received_fen == of->amount_fen &&
               transfer->received_final == cycle->decided_index));
    }
    cycle_lists_fini(&lists);
    return is;
}

hl_err joint_judge_transfer(const struct joint_case *of,
                            struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < of->members->count; i++) {
        const struct joint_member *member = &of->members->items[i];
        struct transfer transfer;
        struct other proposer;
        struct cycle cycle;
        bool found = false;
        record_decode(&transfer_record, member->row.record, &transfer);
        const struct cycle_key key = {transfer.key.proposer,
                                      transfer.key.index};
        uint64_t cited = transfer.sent_leaf.size > 0 ? transfer.sent_final
                                                     : transfer.received_final;
        err = find_other(of, member, key.proposer, &proposer, detail);
        if (err == HL_OK && proposer.found) {
            err = find_cycle(of, proposer.number, &key, &cycle, &found, detail);
        }
        if (err == HL_OK && proposer.size > cited &&
            !(found && is_side(&transfer, &cycle, node_of(member)))) {
            report(of, member, FINDING_PAYMENT_UNFOUNDED, &key,
                   transfer.sent_leaf.size > 0 ? transfer.sent_index
                                               : transfer.received_index,
                   "tells of a payment that is no transfer of it",
                   "所述付款并非本周期的划转");
        }
    }
    return err;
}
