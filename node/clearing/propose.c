/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "node/clearing/count.h"
#include "node/clearing/step_inside.h"
#include "node/ledger/scheme.h"
#include "node/projection/cycles.h"
#include "protocol/base/alloc.h"

enum { SEALS_MS = 60000 };

/* A proposal while it is made. */
struct proposing {
    const struct clearing_view *view;
    const struct clearing_options *options;
    struct clearing_step *step;
    bool named; /* who takes part was */
    struct counting counting;
    struct hl_hash *roots; /* by place */
    char day[DAY_TEXT_BYTES];
};

/* --- Who takes part. ----------------------------------------------------- */

static bool is_among(const struct clearing_only *only, struct bytes node)
{
    for (size_t i = 0; i < only->count; i++) {
        if (bytes_equal(only->nodes[i], node)) {
            return true;
        }
    }
    return false;
}

/* Whether who approved that last may approve by that cut: it was closed below
 * it. One whose time is over is waited for no more. */
static hl_err is_closed(const struct clearing_view *view,
                        const struct cycle_lists *cut,
                        const struct cycle *former, enum cycle_standing_as *as,
                        bool *out, struct hl_detail *detail)
{
    size_t at = 0;
    bool back = false;
    *out = false;
    hl_err err = clearing_stands(view, former, as, detail);
    if (err != HL_OK) {
        return err;
    }
    if (*as == CYCLE_AS_OPEN) {
        *out = view->now.ms > (int64_t)former->of.answer_by_ms;
        return HL_OK;
    }
    err = step_goes_back(view, cut, former, *as, &back, detail);
    *out = !back && cycle_find_place(cut, former->key.proposer, &at) &&
           (*as == CYCLE_AS_ABANDONED
                ? cut->places[at].ended != 0
                : cut->places[at].size > former->decided_index);
    return err;
}

/* Whether a node may approve by that cut, by what it approved last. *former,
 * *as: that, where it is not free. *closed: one of which that is known, by this
 * cut; mostly all approved the same, and that is a look at each of them. */
static hl_err is_free(const struct clearing_view *view,
                      const struct cycle_lists *cut, struct bytes node,
                      struct cycle_key *closed, struct cycle *former,
                      enum cycle_standing_as *as, bool *out,
                      struct hl_detail *detail)
{
    bool found = false;
    hl_err err = step_approved_of(view, node, former, &found, detail);
    *out = !found || (former->key.index == closed->index &&
                      bytes_equal(former->key.proposer, closed->proposer));
    if (err != HL_OK || *out) {
        return err;
    }
    err = is_closed(view, cut, former, as, out, detail);
    *closed = err == HL_OK && *out ? former->key : *closed;
    return err;
}

/* Whether that node goes on after the abortion of a proposal in which it took
 * part: it is no party, approved it, or rejected it for now alone, of which the
 * reason is known here. Who is held back by a proposal whose time is over is
 * left out as who is silent; so is who says what is not so, as it could say
 * that for ever. */
static hl_err goes_on(const struct proposing *proposing,
                      const struct cycle *after,
                      const struct cycle_lists *lists, size_t place, bool *out,
                      struct hl_detail *detail)
{
    const struct clearing_view *view = proposing->view;
    struct bytes node = lists->places[place].node;
    enum cycle_standing_as as = CYCLE_AS_OPEN;
    struct cycle answer, former;
    struct cycle_key closed = {0};
    size_t at = 0;
    bool party = false, free = false;
    for (size_t i = 0; i < lists->net_count; i++) {
        party = party || lists->nets[i].place == place;
    }
    *out = true;
    if (!party) {
        return HL_OK;
    }
    hl_err err = cycles_answer(view->txn, clearing_alliance(view), node,
                               &after->key, &answer, detail);
    if (err != HL_OK || answer.answer == CYCLE_APPROVED) {
        return err;
    }
    if (answer.answer != CYCLE_REJECTED) {
        *out = after->decided_at_ms <= after->of.answer_by_ms;
    } else if (answer.rejection == CYCLE_BUSY) {
        err = is_free(view, lists, node, &closed, &former, &as, &free, detail);
        *out = !free || after->of.charter < view->charter->version;
    } else {
        *out = answer.rejection == CYCLE_PAUSED &&
               cycle_find_place(lists, answer.paused, &at) &&
               lists->places[at].size > answer.paused_at;
    }
    return err;
}

static hl_err choose(struct proposing *proposing,
                     const struct clearing_only *only,
                     const struct cycle *after, struct hl_detail *detail)
{
    struct cycle_lists *ours = &proposing->counting.lists;
    struct cycle_lists former = {0};
    hl_err err = HL_OK;
    if (after != NULL) {
        cycle_read(&after->of, &former);
    }
    for (size_t i = 0; err == HL_OK && i < ours->place_count; i++) {
        struct cycle_place *place = &ours->places[i];
        size_t was = 0;
        bool takes = place->takes_part != 0;
        if (after != NULL) {
            takes = takes && cycle_find_place(&former, place->node, &was) &&
                    former.places[was].takes_part != 0;
            if (takes) {
                err = goes_on(proposing, after, &former, was, &takes, detail);
            }
        } else if (only->count > 0) {
            takes = takes && is_among(only, place->node);
        }
        place->takes_part = takes ? 1 : 0;
    }
    cycle_lists_fini(&former);
    return err;
}

/* Who was named, and cannot take part; empty: nobody. */
static struct bytes stranger(const struct clearing_only *only,
                             const struct cycle_lists *ours)
{
    for (size_t i = 0; i < only->count; i++) {
        if (!step_takes_part(ours, only->nodes[i])) {
            return only->nodes[i];
        }
    }
    return (struct bytes){0};
}

static size_t parts(const struct cycle_lists *lists)
{
    size_t count = 0;
    for (size_t i = 0; i < lists->place_count; i++) {
        count += lists->places[i].takes_part;
    }
    return count;
}

static bool is_somebody_left(const struct proposing *proposing)
{
    bool is = parts(&proposing->counting.lists) >= 2;
    if (!is) {
        step_say(proposing->step, CLEARING_NOTHING,
                 "nobody is left to clear with");
    }
    return is;
}

/* --- The cut. ------------------------------------------------------------ */

/* Whether the cut of that place may be so low: no node that takes part approved
 * one that was higher. */
static hl_err may_be_cut(struct proposing *proposing, size_t place,
                         uint64_t size, bool *out, struct hl_detail *detail)
{
    const struct clearing_view *view = proposing->view;
    const struct cycle_lists *ours = &proposing->counting.lists;
    hl_err err = HL_OK;
    *out = true;
    for (size_t i = 0; err == HL_OK && *out && i < ours->place_count; i++) {
        struct cycle former;
        struct cycle_lists lists = {0};
        size_t at = 0;
        bool found = false;
        if (ours->places[i].takes_part == 0) {
            continue;
        }
        err = step_approved_of(view, ours->places[i].node, &former, &found,
                               detail);
        if (err == HL_OK && found) {
            cycle_read(&former.of, &lists);
            *out = !cycle_find_place(&lists, ours->places[place].node, &at) ||
                   lists.places[at].size <= size;
            cycle_lists_fini(&lists);
        }
    }
    return err;
}

/* What a party of the former said that it cannot read is left for later; where
 * others went further already, that party is. */
static hl_err hold_back(struct proposing *proposing, const struct cycle *after,
                        struct hl_detail *detail)
{
    const struct clearing_view *view = proposing->view;
    struct cycle_lists *ours = &proposing->counting.lists;
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && after != NULL && i < ours->place_count;
         i++) {
        struct cycle answer;
        size_t place = 0;
        bool may = false;
        err = cycles_answer(view->txn, clearing_alliance(view),
                            ours->places[i].node, &after->key, &answer, detail);
        if (err != HL_OK || answer.answer != CYCLE_REJECTED ||
            answer.rejection != CYCLE_PAUSED ||
            !cycle_find_place(ours, answer.paused, &place) ||
            ours->places[place].size <= answer.paused_at) {
            continue;
        }
        err = may_be_cut(proposing, place, answer.paused_at, &may, detail);
        if (may) {
            ours->places[place].size = answer.paused_at;
        } else {
            ours->places[i].takes_part = 0;
        }
    }
    return err;
}

static hl_err make_cut(struct proposing *proposing, struct hl_detail *detail)
{
    const struct clearing_view *view = proposing->view;
    const struct charter *charter = view->charter;
    struct cycle_lists *lists = &proposing->counting.lists;
    hl_err err = HL_OK;
    lists->places = hl_alloc(charter->node_count, sizeof(*lists->places));
    proposing->roots = hl_alloc(charter->node_count, sizeof(struct hl_hash));
    for (size_t i = 0; err == HL_OK && i < charter->node_count; i++) {
        struct cycle_place *place = &lists->places[lists->place_count++];
        place->node = bytes_of_text(charter->nodes[i].id);
        place->takes_part = charter->nodes[i].ended ? 0 : 1;
        err = clearing_sealed(view, place->node, &place->size, detail);
        clearing_place_end(view, place);
    }
    return err;
}

static hl_err take_roots(struct proposing *proposing, struct hl_detail *detail)
{
    struct cycle_lists *lists = &proposing->counting.lists;
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < lists->place_count; i++) {
        struct cycle_place *place = &lists->places[i];
        if (place->size == 0) {
            continue;
        }
        err = clearing_root(proposing->view, place->node, place->size,
                            &proposing->roots[i], detail);
        place->root = bytes_of(proposing->roots[i].bytes, HL_HASH_BYTES);
    }
    return err;
}

/* --- Former approvals. --------------------------------------------------- */

/* Who takes part, and would say that it is busy, is waited for: for a decision
 * as long as parties have to answer, for its seals a minute. In vain, and it is
 * left out: who approved what is no cycle would keep all others waiting. */
static hl_err check_free(struct proposing *proposing, size_t place,
                         struct cycle_key *closed, bool *free,
                         struct hl_detail *detail)
{
    const struct clearing_options *options = proposing->options;
    struct cycle_lists *lists = &proposing->counting.lists;
    struct bytes node = lists->places[place].node;
    enum cycle_standing_as as = CYCLE_AS_OPEN;
    struct cycle former;
    hl_err err = is_free(proposing->view, lists, node, closed, &former, &as,
                         free, detail);
    if (err != HL_OK || *free) {
        return err;
    }
    if (options->waited_ms >=
        (as == CYCLE_AS_OPEN ? (int64_t)options->answer_ms : SEALS_MS)) {
        lists->places[place].takes_part = 0;
        *free = true;
    } else {
        proposing->step->busy = true;
        step_say(proposing->step, CLEARING_WAITS,
                 "for the %s of %.*s/%" PRIu64 ", which %.*s approved",
                 as == CYCLE_AS_OPEN ? "decision" : "seals",
                 BYTES_ARGS(former.key.proposer), former.key.index,
                 BYTES_ARGS(node));
    }
    return HL_OK;
}

static hl_err check_all_free(struct proposing *proposing, bool *free,
                             struct hl_detail *detail)
{
    const struct cycle_lists *lists = &proposing->counting.lists;
    struct cycle_key closed = {0};
    hl_err err = HL_OK;
    *free = true;
    for (size_t i = 0; err == HL_OK && *free && i < lists->place_count; i++) {
        if (lists->places[i].takes_part != 0) {
            err = check_free(proposing, i, &closed, free, detail);
        }
    }
    return err;
}

/* --- The entry. ---------------------------------------------------------- */

static hl_err make_entry(struct proposing *proposing, struct hl_detail *detail)
{
    const struct counting *counting = &proposing->counting;
    const struct clearing_view *view = proposing->view;
    struct cycle_rooms rooms = {0};
    char day[DAY_TEXT_BYTES];
    day_of(view->now, proposing->options->pay_days, day);
    struct cycle_proposal proposal = {
        .charter = view->charter->version,
        .count = counting->count,
        .gross_fen = counting->gross_fen,
        .digest = bytes_of(counting->digest.bytes, HL_HASH_BYTES),
        .answer_by_ms = (uint64_t)view->now.ms + proposing->options->answer_ms,
        .pay_by = bytes_of_text(day),
        .day = counting->day,
    };
    cycle_write(&counting->lists, &rooms, &proposal);
    hl_err err = step_make(view, CYCLE_BODY_PROPOSAL, &proposal, NULL,
                           proposing->step, detail);
    cycle_rooms_fini(&rooms);
    return err;
}

/* What has no room is left for later, with whoever owes it: or two could have
 * nobody clear anything. */
static hl_err count_what_fits(struct proposing *proposing,
                              struct hl_detail *detail)
{
    struct counting *counting = &proposing->counting;
    hl_err err = clearing_count(counting, detail);
    while (err == HL_OK && counting->outcome == COUNT_NO_ROOM &&
           !proposing->named && parts(&counting->lists) > 2) {
        struct cycle_lists kept = {.places = counting->lists.places,
                                   .place_count = counting->lists.place_count};
        kept.places[counting->place].takes_part = 0;
        counting->lists.places = NULL;
        cycle_lists_fini(&counting->lists);
        counting->lists = kept;
        err = clearing_count(counting, detail);
    }
    return err;
}

static hl_err count_and_make(struct proposing *proposing,
                             struct hl_detail *detail)
{
    struct counting *counting = &proposing->counting;
    hl_err err = count_what_fits(proposing, detail);
    if (err == HL_OK && counting->outcome == COUNT_NO_ROOM) {
        struct bytes node = counting->lists.places[counting->place].node;
        step_say(proposing->step, CLEARING_NOTHING,
                 "with what %.*s owes it is more than a proposal holds",
                 BYTES_ARGS(node));
        return HL_OK;
    }
    if (err == HL_OK && counting->outcome != COUNT_DONE) {
        struct bytes node = counting->lists.places[counting->place].node;
        step_say(proposing->step, CLEARING_WAITS, "for the journal of %.*s",
                 BYTES_ARGS(node));
        return HL_OK;
    }
    if (err == HL_OK && counting->count == 0) {
        step_say(proposing->step, CLEARING_NOTHING,
                 "nothing is to be cleared: a claim counts once it is sealed");
        return HL_OK;
    }
    return err == HL_OK ? make_entry(proposing, detail) : err;
}

static hl_err propose(struct proposing *proposing,
                      const struct clearing_only *only,
                      const struct cycle *after, struct hl_detail *detail)
{
    const struct cycle_lists *lists = &proposing->counting.lists;
    struct bytes rival = {0};
    hl_err err = make_cut(proposing, detail);
    struct bytes nobody = err == HL_OK && after == NULL ? stranger(only, lists)
                                                        : (struct bytes){0};
    if (nobody.size > 0) {
        step_say(proposing->step, CLEARING_NOTHING,
                 "the charter has no node %.*s, or ended it",
                 BYTES_ARGS(nobody));
        return HL_OK;
    }
    if (err == HL_OK) {
        err = choose(proposing, only, after, detail);
    }
    if (err == HL_OK) {
        err = hold_back(proposing, after, detail);
    }
    if (err == HL_OK && !is_somebody_left(proposing)) {
        return HL_OK;
    }
    if (err == HL_OK) {
        err = step_find_rival(proposing->view, proposing->options, lists,
                              &rival, detail);
    }
    if (err == HL_OK && rival.size > 0) {
        step_say(proposing->step, CLEARING_WAITS,
                 "for the decision of the proposal of %.*s", BYTES_ARGS(rival));
        return HL_OK;
    }
    bool free = false;
    if (err == HL_OK) {
        err = check_all_free(proposing, &free, detail);
    }
    if (err == HL_OK && (!free || !is_somebody_left(proposing))) {
        return HL_OK;
    }
    if (err == HL_OK) {
        err = take_roots(proposing, detail);
    }
    return err == HL_OK ? count_and_make(proposing, detail) : err;
}

hl_err clearing_propose(const struct clearing_view *view,
                        const struct clearing_options *options,
                        const struct clearing_only *only,
                        const struct cycle *after, struct clearing_step *step,
                        struct hl_detail *detail)
{
    struct proposing proposing = {
        .view = view,
        .options = options,
        .step = step,
        .named = only->count > 0 && after == NULL,
        .counting = {.txn = view->txn, .alliance = clearing_alliance(view)},
    };
    struct cycle_key key;
    bool found = false;
    clearing_step_clear(step);
    day_of(view->now, 0, proposing.day);
    proposing.counting.day = bytes_of_text(proposing.day);
    hl_err err = cycles_standing(view->txn, view->number, CYCLE_STANDING_OPEN,
                                 &key, &found, detail);
    if (err == HL_OK && found) {
        step_say(step, CLEARING_WAITS,
                 "for the decision of its own proposal of entry %" PRIu64,
                 key.index);
        return HL_OK;
    }
    const struct charter_node *own =
        charter_find_node(view->charter, clearing_node(view));
    if (err == HL_OK &&
        (!clearing_may_propose(view, clearing_node(view), UINT64_MAX) ||
         own->ended)) {
        step_say(step, CLEARING_NOTHING,
                 "the charter gives this node no clearing role");
        return HL_OK;
    }
    if (err == HL_OK) {
        err = propose(&proposing, only, after, detail);
    }
    cycle_lists_fini(&proposing.counting.lists);
    hl_free(proposing.roots);
    return err;
}
