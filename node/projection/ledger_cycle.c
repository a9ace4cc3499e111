/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/ledger_case_inside.h"

#include "node/ledger/refusal.h"

/* What a proposer, the parties and who pays or is paid say of cycles. */

static hl_err find_cycle(struct ledger_case *of, const struct cycle_key *key,
                         struct hl_detail *detail)
{
    of->cycle = (struct cycle){.key = *key};
    return ledger_find(of, &cycle_record, &of->cycle, &of->cycle_kept, detail);
}

static hl_err find_standing(struct ledger_case *of, uint64_t number,
                            struct hl_detail *detail)
{
    of->standing = (struct cycle_standing){.number = number};
    return ledger_find(of, &cycle_standing_record, &of->standing,
                       &of->standing_kept, detail);
}

/* --- The proposer. ------------------------------------------------------- */

hl_err ledger_check_propose(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    const struct cycle_proposal *proposal = record;
    char today[DAY_TEXT_BYTES];
    (void)fill;
    day_of(of->now, 0, today);
    if (bytes_compare(proposal->day, bytes_of_text(today)) > 0) {
        return ledger_refuse(detail, LEDGER_CYCLE_DAY, "it is %s", today);
    }
    hl_err err = find_standing(of, CYCLE_STANDING_OPEN, detail);
    return err == HL_OK && of->standing_kept.found
               ? ledger_refuse(detail, LEDGER_CYCLE_STANDS,
                               "the proposal of entry %llu is not decided yet",
                               (unsigned long long)of->standing.of.index)
               : err;
}

/* A proposal of this half's that is not decided. */
static hl_err find_own(struct ledger_case *of, uint64_t index,
                       struct hl_detail *detail)
{
    struct cycle_key key = {of->node, index};
    hl_err err = find_cycle(of, &key, detail);
    if (err == HL_OK && !cycle_is_proposed(&of->cycle)) {
        return ledger_refuse(detail, LEDGER_NO_CYCLE,
                             "entry %llu proposed no cycle",
                             (unsigned long long)index);
    }
    if (err == HL_OK && of->cycle.state != CYCLE_OPEN) {
        return ledger_refuse(detail, LEDGER_CYCLE_DECIDED,
                             "entry %llu decided that cycle",
                             (unsigned long long)of->cycle.decided_index);
    }
    return err == HL_OK ? find_standing(of, CYCLE_STANDING_OPEN, detail) : err;
}

hl_err ledger_check_final(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail)
{
    const struct cycle_final *final = record;
    (void)fill;
    hl_err err = find_own(of, final->index, detail);
    if (err != HL_OK) {
        return err;
    }
    struct cycle_votes votes;
    struct cycle_lists lists;
    cycle_read_votes(final->votes, &votes);
    cycle_read(&of->cycle.of, &lists);
    if (votes.count != lists.net_count) {
        err = ledger_refuse(detail, LEDGER_CYCLE_VOTES,
                            "it has %zu parties, and %zu approvals are cited",
                            lists.net_count, votes.count);
    }
    cycle_lists_fini(&lists);
    cycle_votes_fini(&votes);
    return err;
}

hl_err ledger_check_abort(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail)
{
    (void)fill;
    return find_own(of, ((const struct cycle_abort *)record)->index, detail);
}

/* --- The parties. -------------------------------------------------------- */

static hl_err find_unanswered(struct ledger_case *of,
                              const struct cycle_key *key,
                              struct hl_detail *detail)
{
    hl_err err = find_cycle(of, key, detail);
    if (err == HL_OK && (!case_is_caused_by(of, key->proposer) ||
                         of->cause.index != key->index)) {
        return ledger_refuse(detail, LEDGER_NO_CYCLE,
                             "it cites no such proposal");
    }
    return err == HL_OK && of->cycle.answer != CYCLE_UNANSWERED
               ? ledger_refuse(detail, LEDGER_CYCLE_ANSWERED,
                               "entry %llu answered that proposal",
                               (unsigned long long)of->cycle.answer_index)
               : err;
}

/* Whether what it says to end its former approval does, the joint state shows:
 * that is in another journal, mostly. */
hl_err ledger_check_approve(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    const struct cycle_approval *approval = record;
    (void)fill;
    hl_err err = find_unanswered(of, &approval->key, detail);
    if (err == HL_OK) {
        err = find_standing(of, CYCLE_STANDING_APPROVED, detail);
    }
    return err == HL_OK && !of->standing_kept.found &&
                   approval->closed_leaf.size > 0
               ? ledger_refuse(detail, LEDGER_APPROVAL_CLOSES,
                               "this node approved nothing before")
               : err;
}

hl_err ledger_check_reject(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail)
{
    const struct cycle_rejection *rejection = record;
    (void)fill;
    return find_unanswered(of, &rejection->key, detail);
}

/* --- Payments. ----------------------------------------------------------- */

static hl_err find_transfer(struct ledger_case *of,
                            const struct transfer_key *key,
                            struct hl_detail *detail)
{
    of->transfer = (struct transfer){.key = *key};
    hl_err err = ledger_find(of, &transfer_record, &of->transfer,
                             &of->transfer_kept, detail);
    return err == HL_OK && !case_is_caused_by(of, key->proposer)
               ? ledger_refuse(detail, LEDGER_NO_CYCLE,
                               "it cites no entry of that proposer's")
               : err;
}

hl_err ledger_check_sent(struct ledger_case *of, void *record, bool fill,
                         struct hl_detail *detail)
{
    const struct payment_sent *sent = record;
    (void)fill;
    hl_err err = find_transfer(of, &sent->key, detail);
    return err == HL_OK && of->transfer.sent_leaf.size > 0
               ? ledger_refuse(detail, LEDGER_PAYMENT_SAID,
                               "entry %llu says that it was sent",
                               (unsigned long long)of->transfer.sent_index)
               : err;
}

hl_err ledger_check_received(struct ledger_case *of, void *record, bool fill,
                             struct hl_detail *detail)
{
    const struct payment_received *received = record;
    (void)fill;
    hl_err err = find_transfer(of, &received->key, detail);
    return err == HL_OK && of->transfer.received_leaf.size > 0
               ? ledger_refuse(detail, LEDGER_PAYMENT_SAID,
                               "entry %llu says that it was received",
                               (unsigned long long)of->transfer.received_index)
               : err;
}
