/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "node/ledger/cross.h"
#include "protocol/base/alloc.h"
#include "tests/sim/audit.h"
#include "tests/sim/book_inside.h"
#include "tests/sim/check_ledger_inside.h"

/* What orders say of each other's, a second time: from the books alone. */

enum { KINDS = 4, NEIGHBOURS = 4 };
static const char *const kinds[KINDS] = {
    "delivery_breaks_rule", "invoice_twice", "machine_twice", "contract_split"};

/* A delivery in some city's book, or a spend; one such stands for each. */
struct served {
    size_t city;
    const struct order *row;
};

static size_t gather(const struct held *held, struct pile *out)
{
    for (size_t city = 0; city < held->world->alliance.city_count; city++) {
        const struct order *rows = held->books[city].services.items;
        for (size_t i = 0;
             held->known[city] && i < held->books[city].services.count; i++) {
            *(struct served *)pile_add(out, sizeof(struct served)) =
                (struct served){city, &rows[i]};
        }
    }
    return out->count;
}

/* --- By itself. ---------------------------------------------------------- */

/* That very order is answered; where it is spent of, that very allotment. */
static bool answers(const struct order *row, const struct book_order *word,
                    const struct book_order *placed)
{
    return placed->placed && placed->row.placed_index == row->order_index &&
           hash_equal(&placed->placed_leaf, &word->order_leaf) &&
           (row->answer == ANSWER_DELIVERED || book_spends(placed, word));
}

static bool breaks(const struct held *held, const struct served *served)
{
    const struct order *row = served->row;
    const struct book_order *word =
        book_order(&held->books[served->city], &row->of.key);
    size_t issuer = alliance_find(&held->world->alliance, row->issuer);
    const struct book_order *placed =
        issuer != SIZE_MAX && held->known[issuer]
            ? book_order(&held->books[issuer], &row->of.key)
            : NULL;
    return placed != NULL && answers(row, word, placed) &&
           alliance_find(&held->world->alliance, placed->row.of.provider) ==
               served->city &&
           book_breaks(&held->books[issuer], placed, row) != 0;
}

/* --- Invoices. ----------------------------------------------------------- */

static bool same_invoice(const struct served *a, const struct served *b)
{
    return a->row->invoice_key != 0 &&
           a->row->invoice_key == b->row->invoice_key &&
           bytes_equal(a->row->invoice_print, b->row->invoice_print);
}

/* The first of a city's with that invoice stands for its row. */
static bool is_claimed_twice(const struct served *all, size_t count, size_t i)
{
    bool twice = false;
    for (size_t k = 0; k < count; k++) {
        if (k == i || !same_invoice(&all[i], &all[k])) {
            continue;
        }
        if (all[k].city == all[i].city && k < i) {
            return false;
        }
        twice = true;
    }
    return twice;
}

/* --- Machines. ----------------------------------------------------------- */

static int compare_texts(struct bytes a, struct bytes b)
{
    return bytes_compare(a, b);
}

/* By the instrument, and then as their rows lie. */
static int compare_uses(const void *a, const void *b)
{
    const struct order *left = ((const struct served *)a)->row;
    const struct order *right = ((const struct served *)b)->row;
    int order = compare_texts(left->served_home, right->served_home);
    order = order != 0
                ? order
                : compare_texts(left->served_inner_id, right->served_inner_id);
    order = order != 0 ? order
                       : (left->from_ms > right->from_ms) -
                             (left->from_ms < right->from_ms);
    order = order != 0 ? order
                       : (left->until_ms > right->until_ms) -
                             (left->until_ms < right->until_ms);
    order = order != 0
                ? order
                : compare_texts(left->of.key.begun_at, right->of.key.begun_at);
    return order != 0 ? order
                      : compare_texts(left->of.key.id, right->of.key.id);
}

static bool same_machine(const struct served *a, const struct served *b)
{
    return bytes_equal(a->row->served_home, b->row->served_home) &&
           bytes_equal(a->row->served_inner_id, b->row->served_inner_id);
}

/* Whether one of the four beside it, on that side, was served meanwhile. */
static bool has_overlap(const struct served *uses, size_t count, size_t i,
                        int step)
{
    const struct order *own = uses[i].row;
    unsigned seen = 0;
    size_t former = i;
    for (size_t k = i + (size_t)step; k < count && seen <= NEIGHBOURS;
         k += (size_t)step) {
        const struct order *other = uses[k].row;
        if (!same_machine(&uses[k], &uses[i])) {
            return false;
        }
        /* Of several halves that have one key the first is one too many. */
        seen += compare_uses(&uses[k], &uses[former]) != 0;
        former = k;
        if (seen > 0 && seen <= NEIGHBOURS && own->from_ms < other->until_ms &&
            other->from_ms < own->until_ms &&
            !order_key_equal(&own->of.key, &other->of.key)) {
            return true;
        }
    }
    return false;
}

/* Spends of one allotment for the very same time are one row. */
static size_t drop_same(struct served *uses, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool again = false;
        for (size_t k = kept;
             k > 0 && !again && compare_uses(&uses[k - 1], &uses[i]) == 0;
             k--) {
            again = uses[k - 1].city == uses[i].city;
        }
        if (!again) {
            uses[kept++] = uses[i];
        }
    }
    return kept;
}

static uint64_t count_machines(const struct served *all, size_t count)
{
    struct served *uses = hl_alloc(count + 1, sizeof(*uses));
    size_t used = 0;
    uint64_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (all[i].row->served_kind != 0) {
            uses[used++] = all[i];
        }
    }
    qsort(uses, used, sizeof(*uses), compare_uses);
    used = drop_same(uses, used);
    for (size_t i = 0; i < used; i++) {
        found +=
            has_overlap(uses, used, i, 1) || has_overlap(uses, used, i, -1);
    }
    hl_free(uses);
    return found;
}

/* --- All of it. ---------------------------------------------------------- */

static void count_expected(const struct held *held, uint64_t out[KINDS])
{
    struct pile pile = {0};
    size_t count = gather(held, &pile);
    const struct served *all = pile.items;
    for (size_t i = 0; i < count; i++) {
        out[0] += breaks(held, &all[i]);
        out[1] += is_claimed_twice(all, count, i);
    }
    out[2] = count_machines(all, count);
    for (size_t city = 0; city < held->world->alliance.city_count; city++) {
        out[3] += held->known[city] ? book_count_split(&held->books[city]) : 0;
    }
    hl_free(pile.items);
}

static hl_err count_found(const struct held *held, uint64_t out[KINDS])
{
    struct writer key = {0};
    bool found = true;
    hl_err err = HL_OK;
    while (err == HL_OK && found) {
        struct finding finding;
        err = projection_next_finding(held->txn, writer_view(&key), &finding,
                                      &key, &found, NULL);
        for (size_t i = 0; err == HL_OK && found && i < KINDS; i++) {
            size_t city =
                alliance_find_origin(&held->world->alliance, finding.origin);
            out[i] += strcmp(finding.kind, kinds[i]) == 0 && city != SIZE_MAX &&
                      held->known[city];
        }
    }
    writer_fini(&key);
    return err;
}

hl_err held_compare_cross(struct held *held)
{
    uint64_t expected[KINDS] = {0}, found[KINDS] = {0};
    count_expected(held, expected);
    hl_err err = count_found(held, found);
    for (size_t i = 0; err == HL_OK && i < KINDS; i++) {
        if (found[i] != expected[i]) {
            world_violation(held->world,
                            "%s has %" PRIu64 " findings of kind %s, and "
                            "%" PRIu64 " are right",
                            host_label(held->host), found[i], kinds[i],
                            expected[i]);
            break;
        }
        held->world->tally.money[MONEY_BREACHES_FOUND] += i == 0 ? found[i] : 0;
        held->world->tally.money[MONEY_COLLISIONS_FOUND] +=
            i > 0 ? found[i] : 0;
    }
    return err;
}
