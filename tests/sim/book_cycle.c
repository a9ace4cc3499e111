/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/sim/book_inside.h"

/* What a journal says of clearing cycles, and of payments by them. */

struct book_cycle *book_cycle(const struct book *book,
                              const struct cycle_key *key)
{
    struct book_cycle *items = book->cycles.items;
    for (size_t i = 0; i < book->cycles.count; i++) {
        if (items[i].row.key.index == key->index &&
            bytes_equal(items[i].row.key.proposer, key->proposer)) {
            return &items[i];
        }
    }
    return NULL;
}

struct book_transfer *book_transfer(const struct book *book,
                                    const struct transfer_key *key)
{
    struct book_transfer *items = book->transfers.items;
    for (size_t i = 0; i < book->transfers.count; i++) {
        const struct transfer_key *of = &items[i].row.key;
        if (of->index == key->index && of->transfer == key->transfer &&
            bytes_equal(of->proposer, key->proposer)) {
            return &items[i];
        }
    }
    return NULL;
}

static struct book_cycle *cycle_made(struct book *book,
                                     const struct cycle_key *key)
{
    struct book_cycle *found = book_cycle(book, key);
    if (found == NULL) {
        found = pile_add(&book->cycles, sizeof(*found));
        found->row.key = *key;
    }
    return found;
}

/* --- The proposer. ------------------------------------------------------- */

const char *book_propose(struct reading *at, const void *record)
{
    struct book *book = at->book;
    const struct cycle_proposal *proposal = record;
    const struct cycle_key key = {book->node, at->index};
    if (book_day_of(proposal->day) > at->today) {
        return "a day that is to come";
    }
    if (book->open_proposal != 0) {
        return "a proposal is open";
    }
    struct book_cycle *cycle = cycle_made(book, &key);
    cycle->proposed = true;
    cycle->leaf = at->leaf;
    cycle->row.of = *proposal;
    cycle->row.proposed_at_ms = (uint64_t)at->entry.recorded_at.ms;
    book->open_proposal = at->index + 1;
    book->last_proposal = at->index + 1;
    return NULL;
}

/* NULL: no such proposal is open. */
static struct book_cycle *open_proposal(struct reading *at, uint64_t index)
{
    const struct book *book = at->book;
    const struct cycle_key key = {book->node, index};
    return book->open_proposal == index + 1 ? book_cycle(book, &key) : NULL;
}

static void decided(struct reading *at, struct book_cycle *cycle,
                    uint64_t state)
{
    cycle->row.state = state;
    cycle->row.decided_index = at->index;
    cycle->row.decided_at_ms = (uint64_t)at->entry.recorded_at.ms;
    cycle->decided_leaf = at->leaf;
    at->book->open_proposal = 0;
}

static size_t parties(const struct cycle_proposal *proposal)
{
    struct cycle_lists lists;
    cycle_read(proposal, &lists);
    size_t count = lists.net_count;
    cycle_lists_fini(&lists);
    return count;
}

const char *book_finish(struct reading *at, const void *record)
{
    const struct cycle_final *final = record;
    struct cycle_votes votes;
    struct book_cycle *cycle = open_proposal(at, final->index);
    if (cycle == NULL) {
        return "no proposal that is open";
    }
    cycle_read_votes(final->votes, &votes);
    size_t count = votes.count;
    cycle_votes_fini(&votes);
    if (count != parties(&cycle->row.of)) {
        return "not an approval of each party";
    }
    cycle->row.votes = final->votes;
    decided(at, cycle, CYCLE_FINAL);
    return NULL;
}

const char *book_abort(struct reading *at, const void *record)
{
    const struct cycle_abort *abort = record;
    struct book_cycle *cycle = open_proposal(at, abort->index);
    if (cycle == NULL) {
        return "no proposal that is open";
    }
    cycle->row.reason = abort->reason;
    decided(at, cycle, CYCLE_ABORTED);
    return NULL;
}

/* --- The parties. -------------------------------------------------------- */

static const char *answer(struct reading *at, const struct cycle_key *key,
                          uint64_t how, struct book_cycle **out)
{
    struct book_cycle *cycle = book_cycle(at->book, key);
    if (!book_cites(at, key->proposer) || at->entry.cause.index != key->index) {
        return "it cites no such proposal";
    }
    if (cycle != NULL && cycle->row.answer != CYCLE_UNANSWERED) {
        return "it is answered";
    }
    cycle = cycle_made(at->book, key);
    cycle->row.answer = how;
    cycle->row.answer_index = at->index;
    cycle->row.answer_at_ms = (uint64_t)at->entry.recorded_at.ms;
    cycle->answer_leaf = at->leaf;
    cycle->proposal_leaf = at->entry.cause.leaf;
    *out = cycle;
    return NULL;
}

const char *book_approve(struct reading *at, const void *record)
{
    const struct cycle_approval *approval = record;
    struct book *book = at->book;
    struct book_cycle *cycle = NULL;
    if (approval->closed_leaf.size > 0 && !book->has_approved) {
        return "it approved nothing before";
    }
    const char *wrong = answer(at, &approval->key, CYCLE_APPROVED, &cycle);
    if (wrong == NULL) {
        cycle->row.closed_index = approval->closed_index;
        cycle->row.closed_leaf = approval->closed_leaf;
        cycle->row.closed =
            book->has_approved ? book->approved : (struct cycle_key){0};
        book->has_approved = true;
        book->approved = approval->key;
    }
    return wrong;
}

const char *book_reject(struct reading *at, const void *record)
{
    const struct cycle_rejection *rejection = record;
    struct book_cycle *cycle = NULL;
    const char *wrong = answer(at, &rejection->key, CYCLE_REJECTED, &cycle);
    if (wrong == NULL) {
        cycle->row.rejection = rejection->reason;
        cycle->row.text = rejection->text;
        cycle->row.paused = rejection->paused;
        cycle->row.paused_at = rejection->paused_at;
    }
    return wrong;
}

/* --- Payments. ----------------------------------------------------------- */

static struct book_transfer *transfer_made(struct book *book,
                                           const struct transfer_key *key)
{
    struct book_transfer *found = book_transfer(book, key);
    if (found == NULL) {
        found = pile_add(&book->transfers, sizeof(*found));
        found->row.key = *key;
    }
    return found;
}

const char *book_sent(struct reading *at, const void *record)
{
    const struct payment_sent *sent = record;
    if (!book_cites(at, sent->key.proposer)) {
        return "it cites nothing of the proposer's";
    }
    struct book_transfer *transfer = transfer_made(at->book, &sent->key);
    if (transfer->sent) {
        return "it was said to be sent";
    }
    transfer->sent = true;
    transfer->sent_leaf = at->leaf;
    transfer->row.sent_index = at->index;
    transfer->row.sent_reference = sent->reference;
    transfer->row.sent_day = sent->day;
    transfer->row.sent_final = at->entry.cause.index;
    return NULL;
}

const char *book_received(struct reading *at, const void *record)
{
    const struct payment_received *received = record;
    if (!book_cites(at, received->key.proposer)) {
        return "it cites nothing of the proposer's";
    }
    struct book_transfer *transfer = transfer_made(at->book, &received->key);
    if (transfer->received) {
        return "it was said to be received";
    }
    transfer->received = true;
    transfer->received_leaf = at->leaf;
    transfer->row.payer = received->payer;
    transfer->row.received_index = at->index;
    transfer->row.received_fen = received->amount_fen;
    transfer->row.received_reference = received->reference;
    transfer->row.received_day = received->day;
    transfer->row.received_final = at->entry.cause.index;
    return NULL;
}
