/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "tests/sim/audit_inside.h"

/* What is spent of allotments, and comes back of them. */

/* Whether it cites an entry of that body. */
bool look_cites(const struct look *look, uint32_t body)
{
    struct canonical_unknown unknown;
    struct entry cited;
    const struct audit_entry *found =
        look->entry.has_cause ? audit_slot(look->audit, &look->entry.cause.leaf)
                              : NULL;
    return found != NULL && found->raw.data != NULL &&
           entry_decode(found->raw, &cited, &unknown, NULL) == HL_OK &&
           entry_body_number(cited.body_type) == body;
}

/* What that order allots to this node; else a violation. */
bool look_find_allotted(const struct look *look, const struct order_key *key,
                        struct order_allot *allot)
{
    struct entry cited;
    if (!look_find_cited(look, ORDER_BODY_ALLOT, &order_allotting, allot,
                         &cited)) {
        return false;
    }
    if (!look_same_order(&allot->key, key) ||
        !bytes_equal_text(allot->provider, host_id(look->host))) {
        look_disagree(look, "another allotment, or another provider's");
        return false;
    }
    return true;
}

/* Some of what is said of orders is of allotments, too. */
void look_check_either(const struct look *look, const struct order_key *key)
{
    struct order_allot allot;
    if (look_cites(look, ORDER_BODY_ALLOT)) {
        (void)look_find_allotted(look, key, &allot);
    } else {
        look_check_answer(look, key);
    }
}

/* What the issuer's own books have of that very order, where he is honest and
 * never went back on an entry; NULL: nothing. */
const struct book_order *look_issuers_order(const struct look *look,
                                            const struct order_key *key,
                                            const struct book **theirs)
{
    struct world *world = look->audit->world;
    size_t issuer =
        alliance_find_origin(&world->alliance, look->entry.cause.origin);
    if (issuer == SIZE_MAX || !audit_trusts(world, issuer) ||
        world->truths[issuer].epochs > 0) {
        return NULL;
    }
    *theirs = audit_book(look->audit, issuer, 0);
    const struct book_order *placed = book_order(*theirs, key);
    return placed != NULL && placed->placed &&
                   hash_equal(&placed->placed_leaf, &look->entry.cause.leaf)
               ? placed
               : NULL;
}

void look_check_spend(const struct look *look, const struct order_spend *spend)
{
    struct order_allot allot;
    const struct book *theirs = NULL;
    const struct order_key *key = &spend->of.key;
    const struct truth *own = &look->audit->world->truths[look->host->city];
    look_check_sealed(look);
    if (!look_find_allotted(look, key, &allot)) {
        return;
    }
    if (spend->limit_fen != allot.limit_fen ||
        !bytes_equal(spend->expires, allot.expires)) {
        look_disagree(look, "another limit, or another last day");
    }
    const struct book_order *placed = look_issuers_order(look, key, &theirs);
    if (placed == NULL) {
        return;
    }
    if (spend->amount_fen >
        book_share_fen(theirs, placed, spend->of.price_fen)) {
        look_disagree(look, "the scheme pays less of it");
    }
    /* A copy of the machine may not know yet what that one closed; no keeper
     * cosigns what it writes. */
    if (placed->row.resolved != ORDER_OPEN && own->epochs == 0 &&
        look->host->branch == 0) {
        look_disagree(look, "its rest came back before");
    }
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The rest of what cannot be spent any more. */
static void check_closed(const struct look *look,
                         const struct order_return *back)
{
    struct order_close close;
    struct order_answer decline;
    struct entry cited;
    const struct book_order *order = book_order(look_book(look), &back->key);
    look_check_sealed(look);
    if (look_cites(look, ORDER_BODY_DECLINE)) {
        if (look_find_cited(look, ORDER_BODY_DECLINE, &order_declining,
                            &decline, &cited) &&
            (!look_same_order(&decline.key, &back->key) ||
             back->spent_fen != 0)) {
            look_disagree(look, "of another allotment, or spent and declined");
        }
        return;
    }
    if (look_find_cited(look, ORDER_BODY_CLOSE, &order_closing, &close,
                        &cited) &&
        (!look_same_order(&close.key, &back->key) ||
         least(close.spent_fen, order->row.of.hold_fen) != back->spent_fen ||
         !hash_equal(&cited.cause.leaf, &order->placed_leaf))) {
        look_disagree(look, "of another allotment, or another sum");
    }
}

/* Of a node that a charter ends; by what its journal says up to there. */
static void check_ended(const struct look *look,
                        const struct order_return *back)
{
    struct world *world = look->audit->world;
    size_t city = alliance_find(&world->alliance, back->provider);
    struct bytes origin = bytes_of_text(world->alliance.cities[city].origin);
    struct head end;
    struct book book;
    if (!engine_ended(driver_engine(look->host->driver), origin, &end) ||
        !truth_branch_has(&world->truths[city], 0, &end)) {
        world_violation(world,
                        "%s takes back in entry %" PRIu64
                        " what it allotted to %.*s, which no charter ends",
                        host_label(look->host), look->index,
                        BYTES_ARGS(back->provider));
        return;
    }
    audit_book_at(look->audit, city, 0, end.size, &book);
    const struct book_order *placed = book_order(look_book(look), &back->key);
    const struct book_order *word = book_order(&book, &back->key);
    bool answered = word != NULL && word->row.answer != ANSWER_NONE &&
                    hash_equal(&word->order_leaf, &placed->placed_leaf);
    if (back->spent_fen != (answered ? book_counted_fen(placed, word) : 0)) {
        world_violation(world,
                        "%s says in entry %" PRIu64
                        " that %.*s spent another sum than it did",
                        host_label(look->host), look->index,
                        BYTES_ARGS(back->provider));
    }
    book_fini(&book);
}

void look_check_return(const struct look *look, const struct order_return *back)
{
    if (back->why == RETURN_CLOSED) {
        check_closed(look, back);
    } else {
        check_ended(look, back);
    }
}
