/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "protocol/entry/origin.h"
#include "tests/sim/audit_inside.h"

/* What is said of cycles, as it is committed by who does not lie. */

static void wrong(const struct look *look, const char *what, const char *which)
{
    world_violation(look->audit->world, "%s, entry %" PRIu64 ": %s (%s)",
                    host_label(look->host), look->index, what, which);
}

static const struct charter_node *member(const struct look *look,
                                         struct bytes node)
{
    const struct world *world = look->audit->world;
    return charter_find_node(&world->desks.of[look->host->port].charter, node);
}

/* Whether what stands there may be relied upon, as that host knows it. */
static bool stands(const struct look *look, struct bytes node, uint64_t size)
{
    const struct world *world = look->audit->world;
    const struct charter_node *known = member(look, node);
    size_t city = alliance_find(&world->alliance, node);
    return size == 0 || (known != NULL && city != SIZE_MAX &&
                         (known->keeper_count == 0 ||
                          (known->ended && size <= known->end.size) ||
                          size <= host_sealed(look->host, city)));
}

static void check_cut(const struct look *look,
                      const struct cycle_proposal *proposal)
{
    struct cycle_lists lists;
    cycle_read(proposal, &lists);
    for (size_t i = 0; i < lists.place_count; i++) {
        if (!stands(look, lists.places[i].node, lists.places[i].size)) {
            wrong(look, "a cut beyond what is sealed", "of a cycle");
        }
    }
    cycle_lists_fini(&lists);
}

/* --- What happens now and then. ------------------------------------------ */

static bool is_part(const struct audit_cycle *cycle, struct bytes node)
{
    struct cycle_lists lists;
    size_t place = 0;
    cycle_read(&cycle->of, &lists);
    bool is = cycle_find_place(&lists, node, &place) &&
              lists.places[place].takes_part != 0;
    cycle_lists_fini(&lists);
    return is;
}

void audit_quarantined(struct audit *audit, const struct host *host,
                       size_t city)
{
    struct world *world = audit->world;
    const struct audit_cycle *cycles = audit->cycles.items;
    struct bytes node = bytes_of_text(world->alliance.cities[city].id);
    for (size_t i = 0; i < audit->cycles.count; i++) {
        const struct book *theirs = audit_book(audit, cycles[i].city, 0);
        world->tally.money[MONEY_MID_QUARANTINE] +=
            theirs->open_proposal == cycles[i].index + 1 &&
            cycles[i].city != city && is_part(&cycles[i], node) &&
            is_part(&cycles[i], bytes_of_text(host_id(host)));
    }
}

/* Its proposer decides it. */
static void note_midway(const struct look *look,
                        const struct audit_cycle *cycle)
{
    struct world *world = look->audit->world;
    world->tally.money[MONEY_MID_CHARTER] +=
        world->desks.of[look->host->port].charter.version != cycle->of.charter;
}

/* The order of what is owed by an entry; NULL: it is counted for another
 * reason. *given: it was given back. */
static const struct order_key *
order_of(struct audit *audit, const struct cycle_claim *claim, bool *given)
{
    const struct book *book = audit_book(audit, claim->journal, 0);
    const struct book_debt *debts = book->debts.items;
    bool owed =
        claim->kind == CYCLE_CLAIM_OWED || claim->kind == CYCLE_CLAIM_SPENT;
    for (size_t i = 0; owed && i < book->debts.count; i++) {
        if (debts[i].index == claim->index) {
            const struct book_order *order = book_order(book, &debts[i].of);
            *given = claim->kind == CYCLE_CLAIM_OWED && order != NULL &&
                     !order->placed;
            return &debts[i].of;
        }
    }
    return NULL;
}

/* Whether a cycle that is final for somebody counted an order. */
static bool was_cleared(struct audit *audit, const struct order_key *key)
{
    const struct audit_cycle *cycles = audit->cycles.items;
    for (size_t i = 0; i < audit->cycles.count; i++) {
        const struct cycle_claim *claims = cycles[i].claims.items;
        for (size_t k = 0;
             cycles[i].final_at != 0 && k < cycles[i].claims.count; k++) {
            bool given = false;
            const struct order_key *of = order_of(audit, &claims[k], &given);
            if (of != NULL && !given && look_same_order(of, key)) {
                return true;
            }
        }
    }
    return false;
}

/* --- Proposals. ---------------------------------------------------------- */

static void note_items(struct world *world, const struct audit_cycle *cycle)
{
    const struct cycle_claim *claims = cycle->claims.items;
    for (size_t i = 0; i < cycle->claims.count; i++) {
        bool given = false;
        const struct order_key *of =
            order_of(&world->audit, &claims[i], &given);
        world->tally.money[MONEY_GIVEN_LATER] +=
            of != NULL && given && was_cleared(&world->audit, of);
        world->tally.money[MONEY_OVERDUE] +=
            claims[i].kind == CYCLE_CLAIM_TRANSFER;
        world->tally.money[MONEY_REPAID] +=
            claims[i].kind == CYCLE_CLAIM_REPAID;
    }
}

static void check_proposal(const struct look *look,
                           const struct cycle_proposal *proposal)
{
    const struct audit_cycle *cycle = audit_cycle(look->audit, &look->leaf);
    if (cycle->verdict == CYCLE_WRONG_SUM) {
        wrong(look, "it proposes what is not to be counted so", cycle->why);
    }
    check_cut(look, proposal);
    note_items(look->audit->world, cycle);
}

/* --- Approvals. ---------------------------------------------------------- */

/* What it approved last is over below the cut; or a charter ended that
 * proposer's role before it decided. */
static void check_former(const struct look *look,
                         const struct cycle_approval *approval,
                         const struct audit_cycle *cycle)
{
    struct world *world = look->audit->world;
    const struct book *own = look_book(look);
    const struct cycle_key *closed =
        &book_cycle(own, &approval->key)->row.closed;
    struct cycle_lists lists;
    size_t place = 0;
    if (closed->proposer.size == 0) {
        return;
    }
    if (approval->closed_leaf.size == 0) {
        const struct charter_node *former = member(look, closed->proposer);
        if (former == NULL ||
            (!former->ended && !former->roles[CHARTER_CLEARING].ended)) {
            wrong(look, "it approves, and a former approval is open", "ended");
        }
        return;
    }
    cycle_read(&cycle->of, &lists);
    bool below = cycle_find_place(&lists, closed->proposer, &place) &&
                 lists.places[place].size > approval->closed_index;
    cycle_lists_fini(&lists);
    size_t city = alliance_find(&world->alliance, closed->proposer);
    const struct book_cycle *former =
        book_cycle(audit_book(look->audit, city, 0), closed);
    bool decided = former != NULL && former->row.state != CYCLE_OPEN &&
                   former->row.decided_index == approval->closed_index;
    if (!below) {
        wrong(look, "it approves above what ended its former approval", "cut");
    } else if (!decided && audit_trusts(world, city)) {
        wrong(look, "it says that a former approval is over", "it is not");
    }
}

/* It was given up meanwhile. */
static void note_late(const struct look *look, const struct audit_cycle *cycle)
{
    struct world *world = look->audit->world;
    const struct book *theirs = audit_book(look->audit, cycle->city, 0);
    const struct cycle_key key = {theirs->node, cycle->index};
    const struct book_cycle *of = book_cycle(theirs, &key);
    world->tally.money[MONEY_LATE] +=
        of != NULL && of->row.state == CYCLE_ABORTED;
}

static void check_approval(const struct look *look,
                           const struct cycle_approval *approval)
{
    const struct audit_cycle *cycle =
        audit_cycle(look->audit, &look->entry.cause.leaf);
    if (cycle == NULL || cycle->index != approval->key.index) {
        wrong(look, "it approves what nobody proposed", "leaf");
        return;
    }
    if (cycle->verdict == CYCLE_WRONG_SUM) {
        wrong(look, "it approves what is not to be counted so", cycle->why);
    }
    check_cut(look, &cycle->of);
    look_check_sealed(look);
    check_former(look, approval, cycle);
    note_late(look, cycle);
}

/* --- Decisions. ---------------------------------------------------------- */

static void check_vote(const struct look *look, const struct audit_cycle *cycle,
                       struct bytes party, const struct cycle_vote *vote)
{
    struct canonical_unknown unknown;
    struct cycle_approval approval;
    struct entry entry;
    struct hl_hash leaf;
    memcpy(leaf.bytes, vote->leaf.data, HL_HASH_BYTES);
    const struct audit_entry *found = audit_slot(look->audit, &leaf);
    if (found->raw.data == NULL ||
        entry_decode(found->raw, &entry, &unknown, NULL) != HL_OK ||
        entry_body_number(entry.body_type) != CYCLE_BODY_APPROVAL ||
        !bytes_equal(origin_node(entry.origin), party) ||
        entry.index != vote->index ||
        !hash_equal(&entry.cause.leaf, &cycle->leaf)) {
        wrong(look, "it is final, and somebody did not approve it", "vote");
        return;
    }
    record_decode(&cycle_approving, entry.body, &approval);
    if (approval.key.index != cycle->index ||
        !stands(look, party, vote->index + 1)) {
        wrong(look, "it is final by an approval that is not sealed", "vote");
    }
}

/* That of its own which an entry decides. */
static const struct audit_cycle *decided(const struct look *look,
                                         uint64_t index)
{
    const struct cycle_key key = {origin_node(look->entry.origin), index};
    return audit_cycle(look->audit, &book_cycle(look_book(look), &key)->leaf);
}

/* Parties have approved it, and its proposer has not heard so, or not of the
 * seal. */
static void note_crossed(const struct look *look,
                         const struct audit_cycle *cycle)
{
    struct world *world = look->audit->world;
    const struct cycle_key key = {origin_node(look->entry.origin),
                                  cycle->index};
    struct cycle_lists lists;
    cycle_read(&cycle->of, &lists);
    for (size_t i = 0; i < lists.net_count; i++) {
        size_t city = alliance_find(&world->alliance,
                                    lists.places[lists.nets[i].place].node);
        const struct book_cycle *of =
            book_cycle(audit_book(look->audit, city, 0), &key);
        world->tally.money[MONEY_LATE] +=
            of != NULL && of->row.answer == CYCLE_APPROVED &&
            of->row.answer_index >= host_sealed(look->host, city);
    }
    cycle_lists_fini(&lists);
}

static void note_abort(const struct look *look, const struct cycle_abort *abort)
{
    static const char way[] = " goes before";
    const struct audit_cycle *cycle = decided(look, abort->index);
    struct bytes reason = abort->reason;
    size_t size = sizeof(way) - 1;
    look->audit->world->tally.money[MONEY_GAVE_WAY] +=
        reason.size > size &&
        bytes_equal_text(bytes_slice(reason, reason.size - size, size), way);
    note_crossed(look, cycle);
    note_midway(look, cycle);
}

static void check_final(const struct look *look,
                        const struct cycle_final *final)
{
    const struct audit_cycle *cycle = decided(look, final->index);
    struct cycle_lists lists;
    struct cycle_votes votes;
    cycle_read(&cycle->of, &lists);
    cycle_read_votes(final->votes, &votes);
    for (size_t i = 0; i < votes.count; i++) {
        check_vote(look, cycle, lists.places[lists.nets[i].place].node,
                   &votes.items[i]);
    }
    cycle_votes_fini(&votes);
    cycle_lists_fini(&lists);
    note_midway(look, cycle);
}

void look_check_cycle(const struct look *look, uint32_t body,
                      const void *record)
{
    switch (body) {
    case CYCLE_BODY_PROPOSAL:
        check_proposal(look, record);
        break;
    case CYCLE_BODY_APPROVAL:
        check_approval(look, record);
        break;
    case CYCLE_BODY_REJECTION:
        look->audit->world->tally.money[MONEY_REJECTED_TRUE] +=
            ((const struct cycle_rejection *)record)->reason == CYCLE_WRONG;
        break;
    case CYCLE_BODY_FINAL:
        check_final(look, record);
        break;
    case CYCLE_BODY_ABORT:
        note_abort(look, record);
        break;
    default:
        break;
    }
}
