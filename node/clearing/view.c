/* SPDX-License-Identifier: Apache-2.0 */
#include "node/clearing/view.h"

#include "node/store/journal.h"
#include "protocol/entry/origin.h"
#include "protocol/tree/prove.h"

struct bytes clearing_node(const struct clearing_view *view)
{
    return origin_node(view->origin);
}

struct bytes clearing_alliance(const struct clearing_view *view)
{
    return bytes_slice(view->origin, 0,
                       view->origin.size - clearing_node(view).size);
}

static hl_err find_journal(const struct clearing_view *view, struct bytes node,
                           struct journal *out, bool *found,
                           struct hl_detail *detail)
{
    struct writer origin = {0};
    writer_bytes(&origin, clearing_alliance(view));
    writer_bytes(&origin, node);
    hl_err err =
        journal_find(view->txn, writer_view(&origin), out, found, detail);
    writer_fini(&origin);
    return err;
}

/* --- Seals. -------------------------------------------------------------- */

hl_err clearing_sealed(const struct clearing_view *view, struct bytes node,
                       uint64_t *size, struct hl_detail *detail)
{
    const struct charter_node *known = charter_find_node(view->charter, node);
    struct journal journal;
    struct half half = {0};
    bool found = false;
    *size = 0;
    hl_err err = find_journal(view, node, &journal, &found, detail);
    if (err != HL_OK || !found || known == NULL) {
        return err;
    }
    struct head head = journal_head(&journal);
    bool all = known->keeper_count == 0 ||
               (known->ended && head_equal(&head, &known->end));
    *size = head.size;
    if (!all) {
        err = journal_sealed_size(view->txn, &journal, size, detail);
    }
    if (err == HL_OK) {
        err = projection_half(view->txn, journal.number, &half, detail);
    }
    *size = *size < half.size ? *size : half.size;
    return err;
}

hl_err clearing_root(const struct clearing_view *view, struct bytes node,
                     uint64_t size, struct hl_hash *root,
                     struct hl_detail *detail)
{
    struct journal journal;
    bool found = false;
    hl_err err = find_journal(view, node, &journal, &found, detail);
    if (err == HL_OK && !found) {
        return hl_fail(detail, HL_ENOTFOUND, "no journal of node %.*s is here",
                       BYTES_ARGS(node));
    }
    struct journal_hashes hashes = {view->txn, journal, detail};
    struct hash_source source = journal_hash_source(&hashes);
    return err == HL_OK ? prove_root(&source, size, root) : err;
}

/* --- Roles. -------------------------------------------------------------- */

static const struct charter_grant *role_of(const struct clearing_view *view,
                                           struct bytes node)
{
    const struct charter_node *known = charter_find_node(view->charter, node);
    return known == NULL ? NULL : &known->roles[CHARTER_CLEARING];
}

void clearing_place_end(const struct clearing_view *view,
                        struct cycle_place *place)
{
    const struct charter_node *known =
        charter_find_node(view->charter, place->node);
    const struct charter_grant *role = role_of(view, place->node);
    place->ended = 0;
    place->ended_at = 0;
    if (role != NULL && role->granted && role->ended) {
        place->ended = 1;
        place->ended_at = role->end.size;
    } else if (known != NULL && known->ended) {
        uint64_t end = known->end.size;
        place->ended = 1;
        place->ended_at = end > place->size ? end : place->size;
    }
}

/* Up to where decisions of that place's node count, by its end and the cut. */
static uint64_t decides_until(const struct cycle_place *place)
{
    return place->ended != 0 && place->ended_at < place->size ? place->ended_at
                                                              : place->size;
}

bool clearing_same_end(const struct clearing_view *view,
                       const struct cycle_place *place)
{
    struct cycle_place ours = *place;
    clearing_place_end(view, &ours);
    return decides_until(&ours) == decides_until(place);
}

bool clearing_may_propose(const struct clearing_view *view, struct bytes node,
                          uint64_t index)
{
    const struct charter_grant *role = role_of(view, node);
    return role != NULL && role->granted &&
           !(role->ended && index >= role->end.size);
}

/* --- Cycles. ------------------------------------------------------------- */

/* Whether a charter ended its proposer, or that one's role, before it was
 * decided, and whether all of the journal until then is here. Of a node that is
 * ended what was sealed beyond is good, as it is for the engine. */
static hl_err look_for_end(const struct clearing_view *view,
                           const struct cycle *cycle, uint64_t sealed,
                           bool *ended, bool *abandoned,
                           struct hl_detail *detail)
{
    struct bytes proposer = cycle->key.proposer;
    const struct charter_node *known =
        charter_find_node(view->charter, proposer);
    const struct charter_grant *role = role_of(view, proposer);
    uint64_t decided =
        cycle->state == CYCLE_OPEN ? UINT64_MAX : cycle->decided_index;
    struct journal journal = {0};
    bool found = false;
    hl_err err = find_journal(view, proposer, &journal, &found, detail);
    uint64_t here = found ? journal.frontier.size : 0;
    if (role != NULL && role->granted && role->ended &&
        decided >= role->end.size) {
        *ended = true;
        *abandoned = here >= role->end.size;
    }
    if (known != NULL && known->ended && decided >= known->end.size &&
        decided >= sealed) {
        *ended = true;
        *abandoned = *abandoned || here >= known->end.size;
    }
    return err;
}

/* Whether that approval never comes: a charter ended the party before it, and
 * all of its journal is here, and below the cut. */
static hl_err is_cut_off(const struct clearing_view *view, struct bytes party,
                         const struct cycle_vote *vote,
                         const struct cycle_lists *cut, bool *out,
                         struct hl_detail *detail)
{
    const struct charter_node *known = charter_find_node(view->charter, party);
    struct journal journal = {0};
    size_t place = 0;
    bool found = false;
    *out = false;
    if (known == NULL || !known->ended) {
        return HL_OK;
    }
    uint64_t end = known->end.size;
    hl_err err = find_journal(view, party, &journal, &found, detail);
    uint64_t here = found ? journal.frontier.size : 0;
    bool below = cut == NULL || (cycle_find_place(cut, party, &place) &&
                                 cut->places[place].size >= end);
    *out = err == HL_OK && here >= end && vote->index >= here && below;
    return err;
}

hl_err clearing_effect(const struct clearing_view *view,
                       const struct cycle *cycle, const struct cycle_lists *cut,
                       enum cycle_effect *out, struct hl_detail *detail)
{
    struct cycle_lists lists;
    struct cycle_votes votes;
    hl_err err = cycles_effect(view->txn, clearing_alliance(view), cycle, cut,
                               out, detail);
    if (err != HL_OK || *out != CYCLE_MISSING) {
        return err;
    }
    cycle_read(&cycle->of, &lists);
    cycle_read_votes(cycle->votes, &votes);
    for (size_t i = 0; err == HL_OK && i < votes.count && *out == CYCLE_MISSING;
         i++) {
        struct bytes party = lists.places[lists.nets[i].place].node;
        bool off = false;
        err = is_cut_off(view, party, &votes.items[i], cut, &off, detail);
        *out = off ? CYCLE_VOID : CYCLE_MISSING;
    }
    cycle_votes_fini(&votes);
    cycle_lists_fini(&lists);
    return err;
}

/* Whether all approvals that it cites are sealed: a proposer that lies does not
 * wait for that, and they may be lost. */
static hl_err is_sealed(const struct clearing_view *view,
                        const struct cycle *cycle, bool *out,
                        struct hl_detail *detail)
{
    struct cycle_lists lists;
    struct cycle_votes votes;
    hl_err err = HL_OK;
    *out = true;
    cycle_read(&cycle->of, &lists);
    cycle_read_votes(cycle->votes, &votes);
    for (size_t i = 0; err == HL_OK && *out && i < votes.count; i++) {
        struct bytes party = lists.places[lists.nets[i].place].node;
        uint64_t sealed = 0;
        err = clearing_sealed(view, party, &sealed, detail);
        *out = votes.items[i].index < sealed;
    }
    cycle_votes_fini(&votes);
    cycle_lists_fini(&lists);
    return err;
}

hl_err clearing_stands(const struct clearing_view *view,
                       const struct cycle *cycle, enum cycle_standing_as *out,
                       struct hl_detail *detail)
{
    struct bytes proposer = cycle->key.proposer;
    enum cycle_effect effect = CYCLE_MISSING;
    uint64_t sealed = 0;
    bool decided = cycle->state != CYCLE_OPEN;
    bool ended = false, abandoned = false, votes = false;
    *out = CYCLE_AS_OPEN;
    hl_err err = clearing_sealed(view, proposer, &sealed, detail);
    if (err == HL_OK) {
        err = look_for_end(view, cycle, sealed, &ended, &abandoned, detail);
    }
    if (err != HL_OK || ended) {
        *out = abandoned ? CYCLE_AS_ABANDONED : CYCLE_AS_OPEN;
        return err;
    }
    if (cycle->state != CYCLE_FINAL) {
        *out = decided ? CYCLE_AS_ABORTED : CYCLE_AS_OPEN;
        return HL_OK;
    }
    err = clearing_effect(view, cycle, NULL, &effect, detail);
    if (err == HL_OK && effect == CYCLE_EFFECTIVE) {
        err = is_sealed(view, cycle, &votes, detail);
    }
    *out = effect == CYCLE_VOID                     ? CYCLE_AS_VOID
           : votes && cycle->decided_index < sealed ? CYCLE_AS_FINAL
                                                    : CYCLE_AS_DECLARED;
    return err;
}

/* --- All cycles. --------------------------------------------------------- */

static hl_err each_of(const struct clearing_view *view, struct bytes node,
                      clearing_cycle_fn each, void *context,
                      struct hl_detail *detail)
{
    struct projection_walk *walk = NULL;
    uint32_t number = 0;
    bool found = false;
    hl_err err = cycles_half(view->txn, clearing_alliance(view), node, &number,
                             &found, detail);
    if (err != HL_OK || !found) {
        return err;
    }
    err = projection_walk_open(view->txn, &cycle_record, number,
                               (struct bytes){0}, &walk, detail);
    while (err == HL_OK) {
        struct cycle cycle;
        struct row row;
        err = projection_walk_next(walk, &row, &found, detail);
        if (err != HL_OK || !found) {
            break;
        }
        record_decode(&cycle_record, row.record, &cycle);
        err = each(context, &cycle, detail);
    }
    projection_walk_close(&walk);
    return err;
}

hl_err clearing_each_cycle(const struct clearing_view *view,
                           clearing_cycle_fn each, void *context,
                           struct hl_detail *detail)
{
    const struct charter *charter = view->charter;
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < charter->node_count; i++) {
        err = each_of(view, bytes_of_text(charter->nodes[i].id), each, context,
                      detail);
    }
    return err;
}
