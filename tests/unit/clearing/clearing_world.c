/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/clearing/clearing_world.h"

#include <stdio.h>
#include <string.h>

#include "node/projection/bodies.h"
#include "protocol/entry/origin.h"
#include "tests/support/support.h"

#define T(text) bytes_of_text(text)

enum { ORDERS_MAX = 4096 };

/* --- Cities. ------------------------------------------------------------- */

static void add_city(struct clearing_world *world, const char *city)
{
    struct charter_node *node = NULL;
    assert_true(world->count < CITIES_MAX);
    assert_ok(charter_add_node(&world->charter, T(city), &node, NULL));
    node->roles[CHARTER_CLEARING].granted = true;
    world->cities[world->count++] = city;
    struct scheme scheme = order_scheme_at(&world->of, "a", 1, 10000);
    scheme.budget_fen = 1000000000000;
    struct voucher_issue voucher = order_voucher(1, 1000000000000);
    order_do(&world->of, city, SCHEME_BODY_PUT, &scheme, NULL);
    order_do(&world->of, city, VOUCHER_BODY_ISSUE, &voucher, NULL);
}

void clearing_world_init(struct clearing_world *world,
                         const char *const *cities)
{
    *world = (struct clearing_world){.options = {.pay_max_fen = UINT64_MAX,
                                                 .debtor_max_fen = UINT64_MAX,
                                                 .answer_ms = 3600000,
                                                 .pay_days = 1}};
    order_world_init(&world->of);
    world->of.unchecked = true;
    charter_init(&world->charter);
    world->charter.version = 1;
    for (; *cities != NULL; cities++) {
        add_city(world, *cities);
    }
}

void clearing_world_fini(struct clearing_world *world)
{
    clearing_step_fini(&world->step);
    charter_fini(&world->charter);
    order_world_fini(&world->of);
}

struct charter_node *clearing_member(struct clearing_world *world,
                                     const char *city)
{
    struct charter_node *node =
        charter_find_node_mutable(&world->charter, T(city));
    assert_non_null(node);
    return node;
}

/* --- Debts. -------------------------------------------------------------- */

static struct order_key new_order(struct clearing_world *world,
                                  const char *issuer)
{
    static uint8_t ids[ORDERS_MAX][VOUCHER_ID_BYTES];
    unsigned number = ++world->orders;
    assert_true(number < ORDERS_MAX);
    ids[number][0] = (uint8_t)(number >> 8);
    ids[number][1] = (uint8_t)number;
    return (struct order_key){T(issuer),
                              bytes_of(ids[number], VOUCHER_ID_BYTES)};
}

struct said clearing_owe(struct clearing_world *world, const char *debtor,
                         const char *creditor, uint64_t fen)
{
    struct order_key key = new_order(world, debtor);
    struct order_place place = order_place_of(debtor, 0, 1, creditor, fen);
    struct order_answer accept = {.key = key};
    struct order_deliver deliver = order_delivery(debtor, 0, fen);
    struct order_capture capture = {.key = key, .price_fen = fen};
    place.key = deliver.key = key;
    place.price_fen = fen;
    order_do(&world->of, debtor, ORDER_BODY_PLACE, &place, NULL);
    order_do(&world->of, creditor, ORDER_BODY_ACCEPT, &accept, NULL);
    struct said delivered =
        order_do(&world->of, creditor, ORDER_BODY_DELIVER, &deliver, NULL);
    return order_do(&world->of, debtor, ORDER_BODY_CAPTURE, &capture,
                    &delivered);
}

struct said clearing_allot(struct clearing_world *world, const char *issuer,
                           const char *provider, uint64_t limit_fen)
{
    struct order_place like = order_place_of(issuer, 0, 1, provider, limit_fen);
    struct order_allot allot = {
        .key = new_order(world, issuer),
        .voucher = like.voucher,
        .provider = like.provider,
        .unit_scheme = like.unit_scheme,
        .unit_id = like.unit_id,
        .kind = like.kind,
        .limit_fen = limit_fen,
    };
    return order_do(&world->of, issuer, ORDER_BODY_ALLOT, &allot, NULL);
}

struct said clearing_spend(struct clearing_world *world,
                           const struct said *allotted, const char *provider,
                           uint64_t fen)
{
    struct journal journal;
    struct bytes raw;
    struct entry entry;
    struct canonical_unknown unknown;
    struct order_allot allot;
    bool found = false;
    struct store_txn *txn = world->of.world.txn;
    assert_ok(journal_find(txn, T(order_origin(allotted->node)), &journal,
                           &found, NULL));
    assert_ok(journal_entry(txn, &journal, allotted->index, &raw, NULL));
    assert_ok(entry_decode(raw, &entry, &unknown, NULL));
    record_decode(&order_allotting, entry.body, &allot);
    struct order_spend spend = {.of = order_delivery(allotted->node, 0, fen),
                                .amount_fen = fen};
    static uint8_t id[VOUCHER_ID_BYTES];
    memcpy(id, allot.key.id.data, sizeof(id));
    spend.of.key.begun_at = T(allotted->node);
    spend.of.key.id = bytes_of(id, sizeof(id));
    return order_do(&world->of, provider, ORDER_BODY_SPEND, &spend, NULL);
}

/* --- Cycles. ------------------------------------------------------------- */

struct clearing_view clearing_view_of(struct clearing_world *world,
                                      const char *city)
{
    return (struct clearing_view){
        .txn = world->of.world.txn,
        .number = order_number(&world->of, city),
        .origin = T(order_origin(city)),
        .charter = &world->charter,
        .now = world->of.now,
    };
}

struct said clearing_say(struct clearing_world *world, const char *city)
{
    const struct proposal *entry = &world->step.entry;
    uint32_t body = entry_body_number(entry->body_type);
    const struct record_type *type = ledger_body_type(body);
    union record_room record;
    struct writer copy = {0};
    struct said cause = {0};
    assert_int_equal(world->step.did, CLEARING_ENTRY);
    writer_bytes(&copy, writer_view(&entry->body));
    record_decode(type, writer_view(&copy), &record);
    assert_ok(record_validate(type, &record, NULL));
    if (entry->has_cause) {
        cause.index = entry->cause.index;
        cause.leaf = entry->cause.leaf;
        snprintf(cause.node, sizeof(cause.node), "%.*s",
                 BYTES_ARGS(origin_node(entry->cause.origin)));
    }
    struct said said = order_say(&world->of, city, body, &record,
                                 entry->has_cause ? &cause : NULL);
    assert_true(said.counts);
    writer_fini(&copy);
    return said;
}

bool clearing_asked(struct clearing_world *world, const char *city,
                    const char *const *only, bool after)
{
    struct clearing_view view = clearing_view_of(world, city);
    struct bytes nodes[CITIES_MAX];
    struct clearing_only few = {.nodes = nodes};
    struct cycle former;
    bool found = false;
    for (; only != NULL && *only != NULL; only++) {
        nodes[few.count++] = T(*only);
    }
    world_settle(&world->of.world);
    assert_ok(clearing_last(&view, &former, &found, NULL));
    assert_true(found || !after);
    assert_ok(clearing_propose(&view, &world->options, &few,
                               after ? &former : NULL, &world->step, NULL));
    if (world->step.did == CLEARING_ENTRY) {
        clearing_say(world, city);
        return true;
    }
    return false;
}

void clearing_must_propose(struct clearing_world *world, const char *city,
                           const char *const *only)
{
    if (!clearing_asked(world, city, only, false)) {
        fail_msg("no proposal: %s", world->step.why);
    }
}

void clearing_nothing_is_left(struct clearing_world *world, const char *city)
{
    assert_false(clearing_asked(world, city, NULL, false));
    assert_non_null(strstr(world->step.why, "nothing is to be cleared"));
}

/* Those sizes, with their roots; which are by city, as places are. */
static void cut_back(struct clearing_world *world,
                     const struct clearing_view *view, const uint64_t *sizes,
                     struct cycle_lists *lists, struct hl_hash *roots)
{
    assert_int_equal(lists->place_count, world->count);
    for (size_t i = 0; i < lists->place_count; i++) {
        struct cycle_place *place = &lists->places[i];
        if (sizes[i] < place->size) {
            place->size = sizes[i];
            assert_ok(
                clearing_root(view, place->node, place->size, &roots[i], NULL));
            place->root = bytes_of(roots[i].bytes, HL_HASH_BYTES);
        }
    }
}

/* Counts by those places, and proposes it; false: there is nothing. */
static bool propose_counted(struct clearing_world *world,
                            const struct clearing_view *view, const char *city,
                            struct cycle_lists *cut,
                            struct cycle_proposal *proposal)
{
    struct counting counting = {
        .txn = view->txn,
        .alliance = clearing_alliance(view),
        .lists = {.places = cut->places, .place_count = cut->place_count},
        .day = proposal->day,
    };
    struct cycle_rooms rooms = {0};
    assert_ok(clearing_count(&counting, NULL));
    bool is = counting.outcome == COUNT_DONE && counting.count > 0;
    if (is) {
        cycle_write(&counting.lists, &rooms, proposal);
        proposal->count = counting.count;
        proposal->gross_fen = counting.gross_fen;
        proposal->digest = bytes_of(counting.digest.bytes, HL_HASH_BYTES);
        assert_ok(record_validate(&cycle_proposing, proposal, NULL));
        order_say(&world->of, city, CYCLE_BODY_PROPOSAL, proposal, NULL);
    }
    counting.lists.places = NULL;
    cycle_lists_fini(&counting.lists);
    cycle_rooms_fini(&rooms);
    return is;
}

bool clearing_asked_less(struct clearing_world *world, const char *city,
                         const uint64_t *sizes)
{
    struct clearing_view view = clearing_view_of(world, city);
    struct clearing_only all = {0};
    struct writer copy = {0};
    struct cycle_proposal proposal;
    struct cycle_lists lists;
    struct hl_hash roots[CITIES_MAX];
    world_settle(&world->of.world);
    assert_ok(clearing_propose(&view, &world->options, &all, NULL, &world->step,
                               NULL));
    if (world->step.did != CLEARING_ENTRY) {
        return false;
    }
    writer_bytes(&copy, writer_view(&world->step.entry.body));
    record_decode(&cycle_proposing, writer_view(&copy), &proposal);
    cycle_read(&proposal, &lists);
    cut_back(world, &view, sizes, &lists, roots);
    bool is = propose_counted(world, &view, city, &lists, &proposal);
    cycle_lists_fini(&lists);
    writer_fini(&copy);
    return is;
}

static unsigned answer_all(struct clearing_world *world, const char *city)
{
    struct clearing_view view = clearing_view_of(world, city);
    struct writer position = {0};
    struct cycle cycle;
    unsigned said = 0;
    bool found = true;
    while (found) {
        assert_ok(clearing_next_open(&view, &position, &cycle, &found, NULL));
        if (!found) {
            break;
        }
        assert_ok(clearing_answer(&view, &world->options, &cycle.key, NULL,
                                  &world->step, NULL));
        if (world->step.did == CLEARING_ENTRY) {
            clearing_say(world, city);
            said++;
        }
    }
    writer_fini(&position);
    return said;
}

unsigned clearing_round(struct clearing_world *world)
{
    unsigned said = 0;
    for (size_t i = 0; i < world->count; i++) {
        const char *city = world->cities[i];
        struct clearing_view view = clearing_view_of(world, city);
        if (world->silent[i]) {
            continue;
        }
        world_settle(&world->of.world);
        assert_ok(clearing_decide(&view, &world->options, &world->step, NULL));
        if (world->step.did == CLEARING_ENTRY) {
            clearing_say(world, city);
            said++;
        }
        said += answer_all(world, city);
    }
    return said;
}

void clearing_settle(struct clearing_world *world)
{
    while (clearing_round(world) > 0) {
    }
}

/* --- What came of it. ---------------------------------------------------- */

struct cycle clearing_cycle(struct clearing_world *world, const char *proposer)
{
    struct clearing_view view = clearing_view_of(world, proposer);
    struct cycle cycle = {0};
    bool found = false;
    assert_ok(clearing_last(&view, &cycle, &found, NULL));
    assert_true(found);
    return cycle;
}

/* The same for all. */
enum cycle_standing_as clearing_as(struct clearing_world *world,
                                   const char *proposer)
{
    struct cycle cycle = clearing_cycle(world, proposer);
    enum cycle_standing_as first = CYCLE_AS_OPEN;
    for (size_t i = 0; i < world->count; i++) {
        struct clearing_view view = clearing_view_of(world, world->cities[i]);
        enum cycle_standing_as as = CYCLE_AS_OPEN;
        assert_ok(clearing_stands(&view, &cycle, &as, NULL));
        first = i == 0 ? as : first;
        assert_int_equal(as, first);
    }
    return first;
}

uint64_t clearing_transferred(struct clearing_world *world,
                              const char *proposer, const char *from,
                              const char *to)
{
    struct cycle cycle = clearing_cycle(world, proposer);
    struct cycle_lists lists;
    uint64_t fen = 0;
    cycle_read(&cycle.of, &lists);
    for (size_t i = 0; i < lists.transfer_count; i++) {
        const struct cycle_transfer *transfer = &lists.transfers[i];
        if (bytes_equal_text(lists.places[transfer->from].node, from) &&
            bytes_equal_text(lists.places[transfer->to].node, to)) {
            fen += transfer->amount_fen;
        }
    }
    cycle_lists_fini(&lists);
    return fen;
}

uint64_t clearing_rejection(struct clearing_world *world, const char *city,
                            const char *proposer)
{
    struct cycle cycle = clearing_cycle(world, proposer);
    struct cycle answer;
    assert_ok(cycles_answer(world->of.world.txn, T(ORDER_ALLIANCE), T(city),
                            &cycle.key, &answer, NULL));
    return answer.rejection;
}
