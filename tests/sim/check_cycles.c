/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/projection/cycles.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/sim/check.h"

/* Cycles: what each node concludes of them, and what is left to clear. */

/* --- How one stands for a host. ------------------------------------------ */

static bool looks_on(const struct host *host)
{
    return host->honest && host->up && !host->disk_due && !host->flushing;
}

/* Nothing comes of it any more: it holds nobody back. */
static bool is_over(enum cycle_standing_as as)
{
    return as != CYCLE_AS_OPEN && as != CYCLE_AS_DECLARED;
}

/* *known is false where its store has no such proposal. */
static enum cycle_standing_as stands_for(const struct clearing_view *view,
                                         const struct world *world,
                                         const struct audit_cycle *of,
                                         bool *known)
{
    const struct cycle_key key = {
        bytes_of_text(world->alliance.cities[of->city].id), of->index};
    enum cycle_standing_as as = CYCLE_AS_OPEN;
    struct cycle cycle;
    hl_err err = cycles_find(view->txn, clearing_alliance(view), &key, &cycle,
                             known, NULL);
    *known = err == HL_OK && *known &&
             bytes_equal(cycle.leaf, bytes_of(of->leaf.bytes, HL_HASH_BYTES));
    if (*known) {
        err = clearing_stands(view, &cycle, &as, NULL);
    }
    HL_ASSERT(err == HL_OK);
    return as;
}

static void complain(struct world *world, const struct host *host,
                     const struct audit_cycle *cycle, const char *what)
{
    world_violation(world, "for %s cycle %s/%" PRIu64 " %s", host_label(host),
                    world->alliance.cities[cycle->city].id, cycle->index, what);
}

/* Whether an honest city is a party. */
static bool has_trusted_party(const struct world *world,
                              const struct audit_cycle *cycle)
{
    struct cycle_lists lists;
    bool has = false;
    cycle_read(&cycle->of, &lists);
    for (size_t i = 0; i < lists.net_count; i++) {
        size_t city = alliance_find(&world->alliance,
                                    lists.places[lists.nets[i].place].node);
        has = has || (city != SIZE_MAX && audit_trusts(world, city));
    }
    cycle_lists_fini(&lists);
    return has;
}

static void look_at(struct world *world, struct host *host,
                    const struct clearing_view *view, struct audit_cycle *cycle)
{
    bool known = false;
    uint64_t bit = 1ull << host->port;
    enum cycle_standing_as as = stands_for(view, world, cycle, &known);
    bool other = known && as != CYCLE_AS_FINAL && is_over(as);
    if (world->witness.sealed_twice[cycle->city]) {
        return;
    }
    if (other && cycle->final_at != 0) {
        complain(world, host, cycle, "is void, and for another it was final");
    }
    if ((cycle->final_at & bit) != 0 && host->losses == 0 &&
        (!known || as != CYCLE_AS_FINAL)) {
        complain(world, host, cycle, "was final, and is not any more");
    }
    if (known && as == CYCLE_AS_ABANDONED && !cycle->abandoned) {
        cycle->abandoned = true;
        world->tally.money[MONEY_ABANDONED]++;
    }
    if (known && as == CYCLE_AS_FINAL) {
        if (cycle->verdict == CYCLE_WRONG_SUM &&
            has_trusted_party(world, cycle)) {
            complain(world, host, cycle, "is final, and counts wrongly");
        }
        cycle->final_at |= bit;
    }
}

/* --- What is counted. ---------------------------------------------------- */

static bool same_claim(const struct cycle_claim *a, const struct cycle_claim *b)
{
    bool transfer = a->kind == CYCLE_CLAIM_TRANSFER;
    return a->kind == b->kind && a->journal == b->journal &&
           a->index == b->index && a->debtor == b->debtor &&
           a->creditor == b->creditor &&
           (!transfer ||
            (a->proposer == b->proposer && a->proposal == b->proposal &&
             a->transfer == b->transfer));
}

/* In how many final cycles. */
static size_t times_counted(const struct world *world,
                            const struct cycle_claim *claim)
{
    const struct audit_cycle *cycles = world->audit.cycles.items;
    size_t times = 0;
    for (size_t i = 0; i < world->audit.cycles.count; i++) {
        const struct cycle_claim *claims = cycles[i].claims.items;
        for (size_t k = 0;
             cycles[i].final_at != 0 && k < cycles[i].claims.count; k++) {
            times += same_claim(&claims[k], claim);
        }
    }
    return times;
}

static void check_once(struct world *world)
{
    const struct audit_cycle *cycles = world->audit.cycles.items;
    for (size_t i = 0; i < world->audit.cycles.count; i++) {
        const struct cycle_claim *claims = cycles[i].claims.items;
        for (size_t k = 0;
             cycles[i].final_at != 0 && k < cycles[i].claims.count; k++) {
            if (times_counted(world, &claims[k]) > 1 &&
                audit_trusts(world, claims[k].debtor) &&
                audit_trusts(world, claims[k].creditor)) {
                world_violation(world,
                                "entry %" PRIu64
                                " of %s is counted in two final cycles",
                                claims[k].index,
                                world->alliance.cities[claims[k].journal].id);
            }
        }
    }
}

/* --- At rest. ------------------------------------------------------------ */

/* Whether what it writes can be sealed: of its keepers a quorum is up, has not
 * lost its words, and shares no key with a thief. */
static bool is_kept(const struct world *world, size_t city)
{
    size_t keepers = 0;
    const struct charter_node *node =
        charter_find_node(&world->alliance.charter,
                          bytes_of_text(world->alliance.cities[city].id));
    for (size_t i = 0; node != NULL && i < node->keeper_count; i++) {
        size_t k =
            alliance_find(&world->alliance, bytes_of_text(node->keepers[i]));
        keepers += witness_trusts(world, k) && world->hosts[k]->up &&
                   !world->hosts[k]->mute;
    }
    return node != NULL && keepers >= node->quorum;
}

/* Whether its node writes what can be sealed. One whose clock jumped waits for
 * two partners to say that it is right, and of two cities nobody can. */
static bool writes(const struct world *world, size_t city)
{
    return world->hosts[city]->up && host_may_write(world->hosts[city]) &&
           is_kept(world, city);
}

static bool can_clear(const struct world *world, size_t city)
{
    return audit_trusts(world, city) && writes(world, city);
}

/* It is owed between two who can clear, and not for an allotment that nobody
 * gave. */
static bool is_clearable(struct world *world, size_t city,
                         const struct book_debt *debt,
                         struct cycle_claim *claim)
{
    size_t debtor = alliance_find(&world->alliance, debt->debtor);
    size_t creditor = alliance_find(&world->alliance, debt->creditor);
    *claim = (struct cycle_claim){
        .kind = debtor == city ? CYCLE_CLAIM_OWED : CYCLE_CLAIM_SPENT,
        .journal = city,
        .debtor = debtor,
        .creditor = creditor,
        .index = debt->index,
    };
    if (debtor == SIZE_MAX || creditor == SIZE_MAX ||
        !can_clear(world, debtor) || !can_clear(world, creditor)) {
        return false;
    }
    if (debtor == city) {
        return true;
    }
    const struct book_order *placed =
        book_order(audit_book(&world->audit, debtor, 0), &debt->of);
    const struct book_order *spent =
        book_order(audit_book(&world->audit, city, 0), &debt->of);
    return placed != NULL && spent != NULL && placed->placed &&
           hash_equal(&placed->placed_leaf, &spent->order_leaf) &&
           book_spends(placed, spent);
}

bool check_all_counted(struct world *world, char why[256])
{
    for (size_t city = 0; city < world->alliance.city_count; city++) {
        if (!can_clear(world, city)) {
            continue;
        }
        const struct book *book = audit_book(&world->audit, city, 0);
        const struct book_debt *debts = book->debts.items;
        for (size_t i = 0; i < book->debts.count; i++) {
            struct cycle_claim claim;
            if (is_clearable(world, city, &debts[i], &claim) &&
                times_counted(world, &claim) == 0) {
                snprintf(why, 256,
                         "what %s owes %s by entry %" PRIu64
                         " of %s is not cleared",
                         world->alliance.cities[claim.debtor].id,
                         world->alliance.cities[claim.creditor].id, claim.index,
                         world->alliance.cities[city].id);
                return false;
            }
        }
    }
    return true;
}

/* Whether somebody who does not lie approved it. */
static bool is_approved(struct world *world, const struct audit_cycle *cycle)
{
    const struct cycle_key key = {
        bytes_of_text(world->alliance.cities[cycle->city].id), cycle->index};
    for (size_t city = 0; city < world->alliance.city_count; city++) {
        const struct book_cycle *of =
            book_cycle(audit_book(&world->audit, city, 0), &key);
        if (of != NULL && of->row.answer == CYCLE_APPROVED &&
            audit_trusts(world, city)) {
            return true;
        }
    }
    return false;
}

/* Whether it is not over, for that host; nobody minds what is proposed by who
 * may not, or does not write, nor what was declared final and holds nobody. */
static bool is_open(struct world *world, const struct clearing_view *view,
                    const struct audit_cycle *cycle)
{
    bool known = false;
    enum cycle_standing_as as = stands_for(view, world, cycle, &known);
    struct bytes node = bytes_of_text(world->alliance.cities[cycle->city].id);
    return known && !is_over(as) && writes(world, cycle->city) &&
           clearing_may_propose(view, node, cycle->index) &&
           (as != CYCLE_AS_DECLARED || is_approved(world, cycle));
}

bool check_cleared(struct world *world, char why[256])
{
    const struct audit_cycle *cycles = world->audit.cycles.items;
    if (!check_cycles(world, false)) {
        return true; /* a violation */
    }
    /* Of a journal that liars sealed twice each node keeps what it saw first:
     * no cycle has both below its cut, and a charter must end it. */
    if (world->tally.reports[ENGINE_REPORT_SEALED_TWICE] > 0) {
        return true;
    }
    for (size_t i = 0; i < world->host_count; i++) {
        struct host *host = world->hosts[i];
        struct clearing_view view;
        if (!host->honest || !desks_look(&world->desks, host, &view)) {
            continue;
        }
        size_t k = 0;
        while (k < world->audit.cycles.count &&
               !is_open(world, &view, &cycles[k])) {
            k++;
        }
        desks_leave(&view);
        if (k < world->audit.cycles.count) {
            snprintf(why, 256, "for %s cycle %s/%" PRIu64 " is open",
                     host_label(host),
                     world->alliance.cities[cycles[k].city].id,
                     cycles[k].index);
            return false;
        }
    }
    return check_all_counted(world, why);
}

/* What is final for one is so for all. */
static void compare(struct world *world)
{
    struct audit_cycle *cycles = world->audit.cycles.items;
    for (size_t i = 0; i < world->host_count && !world->violated; i++) {
        struct host *host = world->hosts[i];
        struct clearing_view view;
        if (!looks_on(host) || !desks_look(&world->desks, host, &view)) {
            continue;
        }
        for (size_t k = 0; k < world->audit.cycles.count; k++) {
            bool known = false;
            enum cycle_standing_as as =
                stands_for(&view, world, &cycles[k], &known);
            if (cycles[k].final_at != 0 &&
                !world->witness.sealed_twice[cycles[k].city] &&
                (!known || as != CYCLE_AS_FINAL)) {
                complain(world, host, &cycles[k],
                         "is not final, and for another it is");
            }
        }
        desks_leave(&view);
    }
}

/* --- Findings. ----------------------------------------------------------- */

static bool is_of_cycles(const char *kind)
{
    static const char *const kinds[] = {"cycle_answer_unfounded",
                                        "approval_overlaps", "final_unfounded",
                                        "payment_unfounded"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kind, kinds[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* What was written of entries that were lost since is found fault with, too. */
static bool nothing_was_cut(const struct world *world)
{
    for (size_t i = 0; i < world->alliance.city_count; i++) {
        if (world->truths[i].epochs > 0 || !witness_trusts(world, i)) {
            return false;
        }
    }
    return true;
}

/* Who does not lie is not found fault with. */
static void check_findings(struct world *world, const struct host *host,
                           const struct clearing_view *view)
{
    struct writer key = {0};
    bool found = true;
    hl_err err = HL_OK;
    while (err == HL_OK && found) {
        struct finding finding;
        err = projection_next_finding(view->txn, writer_view(&key), &finding,
                                      &key, &found, NULL);
        if (err != HL_OK || !found || !is_of_cycles(finding.kind)) {
            continue;
        }
        size_t city = alliance_find_origin(&world->alliance, finding.origin);
        world->tally.money[MONEY_CYCLE_LIES_FOUND]++;
        if (nothing_was_cut(world) && audit_trusts(world, city)) {
            world_violation(world, "%s finds %s of %s, which does not lie",
                            host_label(host), finding.kind,
                            world->alliance.cities[city].id);
        }
    }
    writer_fini(&key);
}

bool check_cycles(struct world *world, bool rests)
{
    struct audit_cycle *cycles = world->audit.cycles.items;
    for (size_t i = 0; i < world->host_count && !world->violated; i++) {
        struct host *host = world->hosts[i];
        struct clearing_view view;
        if (!looks_on(host) || !desks_look(&world->desks, host, &view)) {
            continue;
        }
        for (size_t k = 0; k < world->audit.cycles.count; k++) {
            look_at(world, host, &view, &cycles[k]);
        }
        if (rests) {
            check_findings(world, host, &view);
        }
        desks_leave(&view);
    }
    if (!world->violated) {
        check_once(world);
    }
    if (!world->violated && rests) {
        compare(world);
    }
    return !world->violated;
}
