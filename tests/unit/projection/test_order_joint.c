/* SPDX-License-Identifier: Apache-2.0 */

/* Orders as they follow from both halves: which are open, and what is found of
 * one half by the other, in whatever order the journals came. */

#include <stdio.h>
#include <string.h>

#include "node/projection/home.h"
#include "node/projection/replay.h"
#include "tests/support/support.h"
#include "tests/unit/projection/order_talk.h"
#include "tests/unit/projection/retell.h"

#define T(text) bytes_of_text(text)
#define Z "zhengzhou"
#define L "luoyang"
#define A "anyang"
#define ANSWER "answer_unfounded"
#define RESOLUTION "resolution_unfounded"
#define GRANT "grant_unfounded"
#define BREACH "delivery_breaks_rule"

static const char *const origins[] = {ORDER_ALLIANCE Z, ORDER_ALLIANCE L,
                                      ORDER_ALLIANCE A};
enum { NODES = TALK_NODES };

/* --- What stories are made of. -------------------------------------------- */

/* Zhengzhou's voucher 1 of 10,000 fen; and the other journals are there. Orders
 * may begin at desks. */
static void begin(struct order_world *world)
{
    order_world_init(world);
    for (size_t i = 0; i < NODES; i++) {
        struct scheme scheme = order_scheme(world, "a", 1);
        scheme.desk_days = 3;
        order_do(world, talk_nodes[i], SCHEME_BODY_PUT, &scheme, NULL);
    }
    struct voucher_issue issue = order_voucher(1, 10000);
    order_do(world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
}

static struct said place(struct order_world *world, uint8_t number,
                         const char *provider)
{
    struct order_place place = order_place_of(Z, number, 1, provider, 1000);
    return order_do(world, Z, ORDER_BODY_PLACE, &place, NULL);
}

/* Whatever the issuer's half says. */
static struct said answer(struct order_world *world, const char *provider,
                          uint32_t body, uint8_t number,
                          const struct said *order)
{
    struct order_answer word = {.key = order_key(Z, number), .issuer = T(Z)};
    struct said said = order_say(world, provider, body, &word, order);
    assert_true(said.counts);
    return said;
}

static struct said deliver(struct order_world *world, const char *provider,
                           uint8_t number, const struct said *order)
{
    struct order_deliver delivery = order_delivery(Z, number, 2000);
    answer(world, provider, ORDER_BODY_ACCEPT, number, order);
    struct said said =
        order_say(world, provider, ORDER_BODY_DELIVER, &delivery, order);
    assert_true(said.counts);
    return said;
}

static struct said capture(struct order_world *world, uint8_t number,
                           const struct said *word)
{
    struct order_capture capture = {.key = order_key(Z, number),
                                    .price_fen = 2000};
    return order_do(world, Z, ORDER_BODY_CAPTURE, &capture, word);
}

static struct said release(struct order_world *world, uint8_t number,
                           const struct said *word)
{
    struct order_release release = {.key = order_key(Z, number),
                                    .why = RELEASE_DECLINED};
    return order_do(world, Z, ORDER_BODY_RELEASE, &release, word);
}

/* Luoyang's request of 1,000 fen of zhengzhou's voucher 1, or that issuer's. */
static struct said ask(struct order_world *world, uint8_t number,
                       const char *issuer)
{
    struct order_request request = order_request_of(L, number, 1, issuer, 1000);
    return order_do(world, L, ORDER_BODY_REQUEST, &request, NULL);
}

/* Whatever was asked for. */
static struct said grant(struct order_world *world, uint8_t number,
                         const struct said *request)
{
    struct order_place place = order_place_of(L, number, 1, L, 1000);
    return order_do(world, Z, ORDER_BODY_PLACE, &place, request);
}

static struct said deny_hold(struct order_world *world, uint8_t number,
                             const struct said *request)
{
    struct order_hold_deny deny = {order_key(L, number), T(L),
                                   T("no_voucher: none")};
    return order_do(world, Z, ORDER_BODY_HOLD_DENY, &deny, request);
}

static struct said serve(struct order_world *world, uint32_t body,
                         uint8_t number)
{
    union {
        struct order_answer answer;
        struct order_deliver deliver;
    } word = {.deliver = order_delivery(L, number, 2000)};
    if (body == ORDER_BODY_DECLINE) {
        word.answer = (struct order_answer){.key = order_key(L, number)};
    } else {
        word.deliver.issuer = (struct bytes){0};
    }
    return order_do(world, L, body, &word, NULL);
}

/* --- What is open. -------------------------------------------------------- */

static unsigned open_orders(struct order_world *world, const char *to,
                            const char *owner)
{
    struct transit_query query = {.orders = true};
    struct writer position = {0}, name = {0};
    unsigned count = 0;
    if (to != NULL) {
        query.to = T(order_origin(to));
    }
    if (owner != NULL) {
        query.owner = T(order_origin(owner));
    }
    for (bool found = true; found; count += found) {
        struct order_view view;
        assert_ok(projection_next_transit(world->world.txn, &query, &position,
                                          &name, &found, NULL));
        if (found) {
            assert_ok(ledger_order_named(world->world.txn, T(order_origin(Z)),
                                         writer_view(&name), &view, NULL));
            if (view.placed) {
                assert_int_equal(view.order.resolved, ORDER_OPEN);
            } else {
                assert_true(view.requested && !view.denied);
                assert_int_equal(view.answer.answer, ANSWER_NONE);
            }
        }
    }
    writer_fini(&name);
    writer_fini(&position);
    return count;
}

static void open_orders_are_listed_for_both_sides(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said first = place(&world, 1, L);
    struct said second = place(&world, 2, L);
    place(&world, 3, A);
    struct said own = place(&world, 4, Z);
    struct voucher_issue issue = order_voucher(1, 10000);
    struct order_place theirs = order_place_of(A, 1, 1, L, 1000);
    order_do(&world, A, VOUCHER_BODY_ISSUE, &issue, NULL);
    order_do(&world, A, ORDER_BODY_PLACE, &theirs, NULL);
    world_settle(&world.world);
    assert_int_equal(open_orders(&world, NULL, NULL), 5);
    assert_int_equal(open_orders(&world, NULL, Z), 4);
    assert_int_equal(open_orders(&world, NULL, A), 1);
    assert_int_equal(open_orders(&world, NULL, L), 0);
    assert_int_equal(open_orders(&world, L, NULL), 3);
    assert_int_equal(open_orders(&world, L, Z), 2);
    assert_int_equal(open_orders(&world, L, A), 1);
    assert_int_equal(open_orders(&world, Z, Z), 1);
    assert_int_equal(open_orders(&world, Z, NULL), 1);
    assert_int_equal(open_orders(&world, A, L), 0);
    /* An answer alone closes nothing. */
    struct said word = answer(&world, L, ORDER_BODY_DECLINE, 1, &first);
    struct said delivery = deliver(&world, L, 2, &second);
    struct said at_home = deliver(&world, Z, 4, &own);
    world_settle(&world.world);
    assert_int_equal(open_orders(&world, L, Z), 2);
    release(&world, 1, &word);
    world_settle(&world.world);
    assert_int_equal(open_orders(&world, L, Z), 1);
    capture(&world, 2, &delivery);
    capture(&world, 4, &at_home);
    world_settle(&world.world);
    assert_int_equal(open_orders(&world, L, Z), 0);
    assert_int_equal(open_orders(&world, NULL, Z), 1);
    assert_int_equal(open_orders(&world, L, NULL), 1);
    order_world_fini(&world);
}

/* First to their issuer, and then, as an order, to who asked. */
static void open_requests_are_listed_for_both_sides(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said requests[5];
    for (uint8_t i = 1; i <= 4; i++) {
        requests[i] = ask(&world, i, i == 4 ? A : Z);
    }
    world_settle(&world.world);
    assert_int_equal(open_orders(&world, Z, L), 3);
    assert_int_equal(open_orders(&world, A, L), 1);
    assert_int_equal(open_orders(&world, L, NULL), 0);
    grant(&world, 1, &requests[1]);
    deny_hold(&world, 2, &requests[2]);
    serve(&world, ORDER_BODY_DECLINE, 3);
    world_settle(&world.world);
    assert_int_equal(open_orders(&world, Z, L), 0);
    assert_int_equal(open_orders(&world, L, Z), 1);
    /* One that crossed it is open until that is free again. */
    grant(&world, 3, &requests[3]);
    world_settle(&world.world);
    assert_int_equal(open_orders(&world, L, Z), 2);
    struct order taken_back = order_of(&world, L, L, 3);
    struct said word = {.node = L, .index = taken_back.answer_index};
    memcpy(word.leaf.bytes, taken_back.answer_leaf.data, HL_HASH_BYTES);
    struct order_release release_of = {.key = order_key(L, 3),
                                       .why = RELEASE_DECLINED};
    order_do(&world, Z, ORDER_BODY_RELEASE, &release_of, &word);
    struct said delivery = serve(&world, ORDER_BODY_DELIVER, 1);
    struct order_capture capture_of = {.key = order_key(L, 1),
                                       .price_fen = 2000};
    order_do(&world, Z, ORDER_BODY_CAPTURE, &capture_of, &delivery);
    world_settle(&world.world);
    assert_int_equal(open_orders(&world, NULL, Z), 0);
    assert_int_equal(open_orders(&world, NULL, L), 1);
    order_world_fini(&world);
}

/* The journal that asked for it may be cut off before that. Its holder has it
 * again when its last day is over, whoever else says that he holds for it. */
static void a_hold_is_open_also_without_its_request(void **state)
{
    (void)state;
    struct order_world world;
    struct order_view view;
    struct order_key key = order_key(L, 1);
    struct said gone = {.node = L, .index = 1000};
    begin(&world);
    grant(&world, 1, &gone);
    world_settle(&world.world);
    assert_int_equal(open_orders(&world, L, Z), 1);
    assert_ok(
        ledger_order(world.world.txn, T(ORDER_ALLIANCE Z), &key, &view, NULL));
    assert_true(view.placed);
    assert_false(view.answered);
    assert_true(bytes_equal_text(view.answer.issuer, Z));
    assert_int_equal(view.issuer_number, order_number(&world, Z));
    /* For nobody else: it may be no request's. */
    assert_ok(
        ledger_order(world.world.txn, T(ORDER_ALLIANCE L), &key, &view, NULL));
    assert_false(view.placed);
    ask(&world, 1, A);
    assert_ok(
        ledger_order(world.world.txn, T(ORDER_ALLIANCE Z), &key, &view, NULL));
    assert_true(view.placed);
    serve(&world, ORDER_BODY_DECLINE, 1);
    world_settle(&world.world);
    assert_int_equal(open_orders(&world, L, Z), 1);
    order_world_at(&world, "2026-09-01T00:00:00Z");
    struct order_release late = {.key = key, .why = RELEASE_TIMED_OUT};
    order_do(&world, Z, ORDER_BODY_RELEASE, &late, NULL);
    world_settle(&world.world);
    assert_int_equal(open_orders(&world, L, Z), 0);
    order_world_fini(&world);
}

/* A view is of the answer to that very order. */
static void a_view_shows_what_answers_the_order(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct order_view view;
    struct order_key key = order_key(Z, 1);
    struct bytes origin = T(ORDER_ALLIANCE L);
    struct said none = {.node = Z, .index = 1000};
    answer(&world, L, ORDER_BODY_ACCEPT, 1, &none);
    assert_ok(ledger_order(world.world.txn, origin, &key, &view, NULL));
    assert_false(view.placed);
    struct said order = place(&world, 1, L);
    assert_ok(ledger_order(world.world.txn, origin, &key, &view, NULL));
    assert_true(view.placed);
    assert_false(view.answered);
    assert_int_equal(view.issuer_number, order_number(&world, Z));
    struct said bad = place(&world, 3, L);
    bad.index--;
    answer(&world, L, ORDER_BODY_ACCEPT, 3, &bad);
    key = order_key(Z, 3);
    assert_ok(ledger_order(world.world.txn, origin, &key, &view, NULL));
    assert_true(view.placed);
    assert_false(view.answered);
    order = place(&world, 2, L);
    answer(&world, L, ORDER_BODY_ACCEPT, 2, &order);
    key = order_key(Z, 2);
    assert_ok(ledger_order(world.world.txn, origin, &key, &view, NULL));
    assert_true(view.placed && view.answered);
    assert_int_equal(view.provider_number, order_number(&world, L));
    assert_int_equal(view.answer.answer, ANSWER_ACCEPTED);
    order_world_fini(&world);
}

/* And of the hold for that very request. */
static void a_view_shows_what_answers_the_request(void **state)
{
    (void)state;
    struct order_world world;
    struct order_view view;
    struct bytes origin = T(ORDER_ALLIANCE A);
    begin(&world);
    struct order_key key = order_key(L, 1);
    struct said request = ask(&world, 1, Z), other = request;
    assert_ok(ledger_order(world.world.txn, origin, &key, &view, NULL));
    assert_true(view.requested && !view.placed && !view.denied);
    assert_int_equal(view.provider_number, order_number(&world, L));
    grant(&world, 1, &request);
    assert_ok(ledger_order(world.world.txn, origin, &key, &view, NULL));
    assert_true(view.requested && view.placed && !view.answered);
    assert_int_equal(view.issuer_number, order_number(&world, Z));
    serve(&world, ORDER_BODY_DELIVER, 1);
    assert_ok(ledger_order(world.world.txn, origin, &key, &view, NULL));
    assert_true(view.answered);
    assert_int_equal(view.answer.answer, ANSWER_DELIVERED);
    key = order_key(L, 2);
    request = ask(&world, 2, Z);
    grant(&world, 2, &other);
    assert_ok(ledger_order(world.world.txn, origin, &key, &view, NULL));
    assert_true(view.requested && !view.placed && !view.denied);
    key = order_key(L, 3);
    request = ask(&world, 3, Z);
    deny_hold(&world, 3, &request);
    assert_ok(ledger_order(world.world.txn, origin, &key, &view, NULL));
    assert_true(view.requested && !view.placed && view.denied);
    assert_true(bytes_equal_text(view.order.reason, "no_voucher: none"));
    order_world_fini(&world);
}

/* --- What is found. ------------------------------------------------------- */

static void expect_found(struct world *told, const char *node, const char *kind,
                         unsigned expected)
{
    struct order_world world = {.world = *told};
    unsigned found = order_findings(&world, node, kind);
    if (found != expected) {
        fail_msg("%u findings %s against %s, not %u", found, kind, node,
                 expected);
    }
}

/* So many of that kind against the node, by what the journal of `other` says,
 * whichever journal came first; and none without that. */
static void expect_everywhere(struct order_world *world, const char *node,
                              const char *kind, unsigned expected,
                              const char *other)
{
    struct rng rng = test_rng(__func__);
    struct retelling telling;
    retelling_init(&telling, &world->world, origins, NODES);
    expect_found(&world->world, node, kind, expected);
    for (unsigned order = 0; order < 12; order++) {
        struct world told;
        world_init(&told);
        world_begin(&told);
        memset(telling.at, 0, sizeof(telling.at));
        if (order < 6) { /* one after the other */
            size_t i = order % NODES, k = (i + 1 + order / NODES) % NODES;
            retell_one(&telling, &told, i);
            world_settle(&told);
            retell_one(&telling, &told, k);
            world_settle(&told);
            retell_one(&telling, &told, NODES - i - k);
        } else {
            retell(&telling, &told, &rng, NODES, order % 2 == 0);
        }
        expect_found(&told, node, kind, expected);
        for (size_t i = 0; i < NODES; i++) {
            if (strcmp(talk_nodes[i], other) == 0) {
                retell_forget(&telling, &told, i);
                expect_found(&told, node, kind, 0);
                retell_forgotten(&telling, &told, i);
                expect_found(&told, node, kind, expected);
            }
        }
        world_fini(&told);
    }
    retelling_fini(&telling);
}

static void an_answer_to_no_order_is_found(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said scheme = {.node = Z, .index = 0};
    answer(&world, L, ORDER_BODY_ACCEPT, 1, &scheme);
    expect_everywhere(&world, L, ANSWER, 1, Z);
    expect_found(&world.world, Z, ANSWER, 0);
    order_world_fini(&world);
}

static void an_answer_to_anothers_order_is_found(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said order = place(&world, 1, A);
    answer(&world, L, ORDER_BODY_ACCEPT, 1, &order);
    expect_everywhere(&world, L, ANSWER, 1, Z);
    answer(&world, A, ORDER_BODY_ACCEPT, 1, &order);
    expect_everywhere(&world, A, ANSWER, 0, Z);
    expect_everywhere(&world, L, ANSWER, 1, Z);
    order_world_fini(&world);
}

static void an_answer_to_another_entry_is_found(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said order = place(&world, 1, L);
    struct said bad = order;
    bad.leaf.bytes[31] ^= 1;
    answer(&world, L, ORDER_BODY_ACCEPT, 1, &bad);
    expect_everywhere(&world, L, ANSWER, 1, Z);
    /* Under the right leaf, at another place. */
    order = place(&world, 2, L);
    bad = order;
    bad.index--;
    answer(&world, L, ORDER_BODY_ACCEPT, 2, &bad);
    expect_everywhere(&world, L, ANSWER, 2, Z);
    order_world_fini(&world);
}

/* By the issuer whom it names, in whose journal the order did not begin. */
static void an_answer_to_another_issuer_is_found(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said order = place(&world, 1, L);
    struct said theirs = order;
    strcpy(theirs.node, A);
    theirs.index = 0;
    struct order_answer word = {.key = order_key(Z, 1), .issuer = T(A)};
    assert_true(order_say(&world, L, ORDER_BODY_ACCEPT, &word, &theirs).counts);
    expect_everywhere(&world, L, ANSWER, 1, A);
    order_world_fini(&world);
}

static void nothing_is_found_of_what_is_not_here_yet(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said later = {.node = Z,
                         .index = world_size(&world.world, origins[0]) + 2};
    answer(&world, L, ORDER_BODY_ACCEPT, 9, &later);
    struct said word = {.node = A,
                        .index = world_size(&world.world, origins[2])};
    place(&world, 1, A); /* at one before */
    release(&world, 1, &word);
    assert_int_equal(order_findings(&world, L, ANSWER), 0);
    assert_int_equal(order_findings(&world, Z, RESOLUTION), 0);
    struct said asked = word;
    strcpy(asked.node, L);
    asked.index = world_size(&world.world, origins[1]);
    grant(&world, 3, &asked);
    deny_hold(&world, 4, &asked);
    assert_int_equal(order_findings(&world, Z, GRANT), 0);
    ask(&world, 5, Z);
    assert_int_equal(order_findings(&world, Z, GRANT), 2);
    place(&world, 2, L);
    assert_int_equal(order_findings(&world, L, ANSWER), 1);
    struct scheme scheme = order_scheme(&world, "b", 1);
    order_do(&world, A, SCHEME_BODY_PUT, &scheme, NULL);
    assert_int_equal(order_findings(&world, Z, RESOLUTION), 1);
    order_world_fini(&world);
}

static void a_resolution_by_no_word_is_found(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said none = {.node = L, .index = 0};
    place(&world, 1, L);
    capture(&world, 1, &none);
    expect_everywhere(&world, Z, RESOLUTION, 1, L);
    place(&world, 2, L);
    release(&world, 2, &none);
    expect_everywhere(&world, Z, RESOLUTION, 2, L);
    struct order_deny deny = {.key = order_key(Z, 3), .reason = T("发票不符")};
    place(&world, 3, L);
    order_do(&world, Z, ORDER_BODY_DENY, &deny, &none);
    expect_everywhere(&world, Z, RESOLUTION, 3, L);
    expect_found(&world.world, L, RESOLUTION, 0);
    order_world_fini(&world);
}

static void a_resolution_by_another_word_is_found(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said order = place(&world, 1, L);
    struct said accepted = answer(&world, L, ORDER_BODY_ACCEPT, 1, &order);
    capture(&world, 1, &accepted);
    expect_everywhere(&world, Z, RESOLUTION, 1, L);
    order = place(&world, 2, L);
    struct said delivery = deliver(&world, L, 2, &order);
    release(&world, 2, &delivery);
    expect_everywhere(&world, Z, RESOLUTION, 2, L);
    order = place(&world, 3, L);
    struct said word = answer(&world, L, ORDER_BODY_DECLINE, 3, &order);
    capture(&world, 3, &word);
    expect_everywhere(&world, Z, RESOLUTION, 3, L);
    order = place(&world, 4, L);
    delivery = deliver(&world, L, 4, &order);
    delivery.index--;
    capture(&world, 4, &delivery); /* the right leaf at another place */
    expect_everywhere(&world, Z, RESOLUTION, 4, L);
    order_world_fini(&world);
}

static void a_grant_of_no_request_is_found(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said scheme = {.node = L, .index = 0};
    grant(&world, 1, &scheme);
    expect_everywhere(&world, Z, GRANT, 1, L);
    deny_hold(&world, 2, &scheme);
    expect_everywhere(&world, Z, GRANT, 2, L);
    expect_found(&world.world, L, GRANT, 0);
    order_world_fini(&world);
}

static void a_grant_of_another_request_is_found(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    ask(&world, 1, Z);
    struct said second = ask(&world, 2, Z);
    grant(&world, 1, &second);
    expect_everywhere(&world, Z, GRANT, 1, L);
    second.leaf.bytes[0] ^= 1;
    deny_hold(&world, 2, &second);
    expect_everywhere(&world, Z, GRANT, 2, L);
    struct said third = ask(&world, 3, Z);
    third.index--; /* the right leaf at another place */
    grant(&world, 3, &third);
    expect_everywhere(&world, Z, GRANT, 3, L);
    order_world_fini(&world);
}

static void a_grant_of_what_another_was_asked_for_is_found(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said first = ask(&world, 1, A), second = ask(&world, 2, A);
    grant(&world, 1, &first);
    deny_hold(&world, 2, &second);
    expect_everywhere(&world, Z, GRANT, 2, L);
    order_world_fini(&world);
}

/* Nor may it be what one that began at home has for an answer. */
static void a_grant_of_what_the_provider_placed_is_found(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct voucher_issue issue = order_voucher(1, 10000);
    struct order_place own = order_place_of(L, 1, 1, Z, 1000);
    order_do(&world, L, VOUCHER_BODY_ISSUE, &issue, NULL);
    struct said placed = order_do(&world, L, ORDER_BODY_PLACE, &own, NULL);
    grant(&world, 1, &placed);
    expect_everywhere(&world, Z, GRANT, 1, L);
    order_world_fini(&world);
}

enum { ALTERED = 8 };

/* The i-th thing that a grant may say otherwise. */
static void alter(struct order_place *place, size_t i)
{
    switch (i) {
    case 0:
        place->voucher = order_id(2);
        break;
    case 1:
        place->unit_id = T("fedcba9876543210fedcba9876543210");
        break;
    case 2:
        place->item_kind = 3;
        break;
    case 3:
        place->item_home = T(A);
        break;
    case 4:
        place->item_inner_id = T("SEM-2");
        break;
    case 5:
        place->kind = 2;
        break;
    case 6:
        place->price_fen++;
        break;
    default:
        place->unit_scheme = T("ror");
        place->unit_id = T("02mhbdp94");
        break;
    }
}

static struct said ask_for_item(struct order_world *world, uint8_t number)
{
    struct order_request request = order_request_of(L, number, 1, Z, 0);
    request.of.price_fen = 400;
    request.of.until = (struct bytes){0};
    request.of.item_kind = 2;
    request.of.item_inner_id = T("SEM-1");
    return order_do(world, L, ORDER_BODY_REQUEST, &request, NULL);
}

static struct order_place item_of(uint8_t number)
{
    struct order_place place = order_place_of(L, number, 1, L, 200);
    place.item_kind = 2;
    place.item_home = T(L);
    place.item_inner_id = T("SEM-1");
    return place;
}

static void a_grant_of_something_else_is_found(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct voucher_issue issue = order_voucher(2, 10000);
    order_do(&world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
    for (uint8_t i = 0; i < ALTERED; i++) {
        struct said request = ask_for_item(&world, i);
        struct order_place place = item_of(i);
        alter(&place, i);
        order_do(&world, Z, ORDER_BODY_PLACE, &place, &request);
        assert_int_equal(order_findings(&world, Z, GRANT), i + 1);
    }
    expect_everywhere(&world, Z, GRANT, ALTERED, L);
    /* What was left open is the issuer's to say, and nothing more. */
    struct said request = ask_for_item(&world, 20);
    struct order_place place = item_of(20);
    place.hold_fen = 1;
    place.until = T("2026-07-15");
    order_do(&world, Z, ORDER_BODY_PLACE, &place, &request);
    assert_int_equal(order_findings(&world, Z, GRANT), ALTERED);
    struct order_place less = order_place_of(L, 21, 1, L, 1000);
    request = ask(&world, 21, Z);
    less.hold_fen--;
    order_do(&world, Z, ORDER_BODY_PLACE, &less, &request);
    assert_int_equal(order_findings(&world, Z, GRANT), ALTERED + 1);
    less = order_place_of(L, 22, 1, L, 1000);
    request = ask(&world, 22, Z);
    less.until = T("2026-08-30");
    order_do(&world, Z, ORDER_BODY_PLACE, &less, &request);
    assert_int_equal(order_findings(&world, Z, GRANT), ALTERED + 2);
    order_world_fini(&world);
}

static void an_answer_to_a_hold_of_another_is_found(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    ask(&world, 1, Z);
    struct said scheme = {.node = Z, .index = 0};
    struct order_deliver delivery = order_delivery(L, 1, 2000);
    delivery.issuer = T(Z);
    assert_true(
        order_say(&world, L, ORDER_BODY_DELIVER, &delivery, &scheme).counts);
    expect_everywhere(&world, L, ANSWER, 1, Z);
    order_world_fini(&world);
}

/* Of what is as it should be, in every order, nothing is found. */
static void honest_nodes_are_found_nothing_of(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said order = place(&world, 1, L);
    struct said delivery = deliver(&world, L, 1, &order);
    capture(&world, 1, &delivery);
    order = place(&world, 2, L);
    struct said word = answer(&world, L, ORDER_BODY_DECLINE, 2, &order);
    release(&world, 2, &word);
    order = place(&world, 3, A);
    delivery = deliver(&world, A, 3, &order);
    struct order_deny deny = {.key = order_key(Z, 3), .reason = T("发票不符")};
    order_do(&world, Z, ORDER_BODY_DENY, &deny, &delivery);
    order = place(&world, 4, Z);
    delivery = deliver(&world, Z, 4, &order);
    capture(&world, 4, &delivery);
    struct order_adjust adjust = {
        .key = order_key(Z, 1), .amount_fen = 1, .reason = T("多收")};
    order_do(&world, L, ORDER_BODY_ADJUST, &adjust, NULL);
    for (size_t i = 0; i < NODES; i++) {
        expect_everywhere(&world, talk_nodes[i], ANSWER, 0, Z);
        expect_everywhere(&world, talk_nodes[i], RESOLUTION, 0, L);
    }
    order_world_fini(&world);
}

/* 1 is captured, 2 denied, 3 taken back, 4 taken back and held, 5 declined, 6
 * timed out; 7 is asked of another. */
static void tell_desk(struct order_world *world)
{
    struct said requests[8];
    begin(world);
    for (uint8_t i = 1; i <= 7; i++) {
        requests[i] = ask(world, i, i == 7 ? A : Z);
    }
    serve(world, ORDER_BODY_DECLINE, 3);
    struct said back = serve(world, ORDER_BODY_DECLINE, 4);
    for (uint8_t i = 1; i <= 6; i++) {
        if (i == 2) {
            deny_hold(world, i, &requests[i]);
        } else if (i != 3) {
            grant(world, i, &requests[i]);
        }
    }
    struct said delivery = serve(world, ORDER_BODY_DELIVER, 1);
    struct said decline = serve(world, ORDER_BODY_DECLINE, 5);
    struct order_capture capture_of = {.key = order_key(L, 1),
                                       .price_fen = 2000};
    struct order_release free = {.key = order_key(L, 4),
                                 .why = RELEASE_DECLINED};
    order_do(world, Z, ORDER_BODY_CAPTURE, &capture_of, &delivery);
    order_do(world, Z, ORDER_BODY_RELEASE, &free, &back);
    free.key = order_key(L, 5);
    order_do(world, Z, ORDER_BODY_RELEASE, &free, &decline);
    order_world_at(world, "2026-09-01T00:00:00Z");
    free = (struct order_release){.key = order_key(L, 6),
                                  .why = RELEASE_TIMED_OUT};
    order_do(world, Z, ORDER_BODY_RELEASE, &free, NULL);
    struct order_adjust adjust = {
        .key = order_key(L, 1), .amount_fen = 1, .reason = T("多收")};
    order_do(world, L, ORDER_BODY_ADJUST, &adjust, NULL);
}

static void honest_desks_are_found_nothing_of(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct order_world world;
    struct retelling telling;
    tell_desk(&world);
    for (size_t i = 0; i < NODES; i++) {
        expect_everywhere(&world, talk_nodes[i], ANSWER, 0, Z);
        expect_everywhere(&world, talk_nodes[i], RESOLUTION, 0, L);
        expect_everywhere(&world, talk_nodes[i], GRANT, 0, L);
        expect_everywhere(&world, talk_nodes[i], GRANT, 0, Z);
    }
    world_settle(&world.world);
    struct writer dump = world_dump(&world.world);
    retelling_init(&telling, &world.world, origins, NODES);
    retell_expect(&telling, &rng, 6, &dump);
    retell_expect_forgotten(&telling, &rng);
    retelling_fini(&telling);
    writer_fini(&dump);
    order_world_fini(&world);
}

/* It is by the day alone, whatever it cites. */
static void a_time_out_is_by_nobodys_word(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said none = {.node = A, .index = 0};
    place(&world, 1, L);
    order_world_at(&world, "2026-09-01T00:00:00Z");
    struct order_release late = {order_key(Z, 1), RELEASE_TIMED_OUT, 1000, 0};
    assert_true(order_say(&world, Z, ORDER_BODY_RELEASE, &late, &none).counts);
    assert_int_equal(order_of(&world, Z, Z, 1).cause_leaf.size, 0);
    expect_everywhere(&world, Z, RESOLUTION, 0, A);
    expect_everywhere(&world, Z, RESOLUTION, 0, L);
    order_world_fini(&world);
}

/* What an entry cites beside what it answers is nobody's business, and is gone
 * with its half. */
static void a_half_leaves_nothing_behind(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct order_world world;
    struct retelling telling;
    begin(&world);
    struct said any = {.node = A, .index = 7, .leaf = {{1}}};
    struct order_place place_of = order_place_of(Z, 1, 1, L, 1000);
    struct order_word word = {order_key(Z, 1), T("样品损坏")};
    struct order_word confirm = {.key = order_key(Z, 1)};
    struct order_resolve resolve = {order_key(Z, 1), 900, T("双方同意")};
    struct said order = order_say(&world, Z, ORDER_BODY_PLACE, &place_of, &any);
    order_say(&world, Z, ORDER_BODY_DISPUTE, &word, &any);
    order_say(&world, Z, ORDER_BODY_RESOLVE, &resolve, &any);
    order_say(&world, Z, ORDER_BODY_CONFIRM, &confirm, &any);
    order_say(&world, Z, ORDER_BODY_CANCEL, &word, &any);
    struct said delivery = deliver(&world, L, 1, &order);
    capture(&world, 1, &delivery);
    struct order_review review = {order_key(Z, 1), 5, T("很好")};
    assert_true(order_say(&world, Z, ORDER_BODY_REVIEW, &review, &any).counts);
    retelling_init(&telling, &world.world, origins, NODES);
    retell_expect_forgotten(&telling, &rng);
    retelling_fini(&telling);
    order_world_fini(&world);
}

/* --- Allotments. ---------------------------------------------------------- */

/* Of 1,500 fen of zhengzhou's voucher 1 at luoyang. */
static struct said allot(struct order_world *world, uint8_t number)
{
    struct order_place place = order_place_of(Z, number, 1, L, 1500);
    struct order_allot allot = {
        .key = place.key,
        .voucher = place.voucher,
        .provider = place.provider,
        .unit_scheme = place.unit_scheme,
        .unit_id = place.unit_id,
        .kind = place.kind,
        .limit_fen = 1500,
        .expires = T("2026-07-10"),
    };
    return order_do(world, Z, ORDER_BODY_ALLOT, &allot, NULL);
}

static void spend(struct order_world *world, uint8_t number, uint64_t limit_fen,
                  const char *expires, const struct said *allotted)
{
    struct order_spend spend = {.of = order_delivery(Z, number, 2000),
                                .amount_fen = 1000,
                                .spent_after_fen = 1000,
                                .limit_fen = limit_fen,
                                .expires = T(expires)};
    spend.of.issuer = T(Z);
    assert_true(order_say(world, L, ORDER_BODY_SPEND, &spend, allotted).counts);
}

/* By what it was not allotted no spend is judged: each of these lies before
 * there was a voucher. */
static void a_spend_of_what_is_allotted_otherwise_is_found(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said first = allot(&world, 1), second = allot(&world, 2);
    struct said third = allot(&world, 3), order = place(&world, 4, L);
    spend(&world, 1, 1500, "2026-07-10", &first);
    expect_everywhere(&world, L, ANSWER, 0, Z);
    expect_everywhere(&world, L, BREACH, 1, Z);
    spend(&world, 2, 1501, "2026-07-10", &second);
    expect_everywhere(&world, L, ANSWER, 1, Z);
    spend(&world, 3, 1500, "2026-07-11", &third);
    expect_everywhere(&world, L, ANSWER, 2, Z);
    spend(&world, 4, 1000, "2026-07-10", &order);
    expect_everywhere(&world, L, ANSWER, 3, Z);
    expect_everywhere(&world, L, BREACH, 1, Z);
    order_world_fini(&world);
}

static void give_back(struct order_world *world, uint8_t number,
                      uint64_t spent_fen)
{
    struct said allotted = allot(world, number);
    spend(world, number, 1500, "2026-07-10", &allotted);
    struct order_close close = {.key = order_key(Z, number)};
    struct said closed = order_do(world, L, ORDER_BODY_CLOSE, &close, NULL);
    struct order_return back = {.key = order_key(Z, number),
                                .why = RETURN_CLOSED,
                                .spent_fen = spent_fen,
                                .rest_fen = 1500 - spent_fen,
                                .provider = T(L)};
    assert_true(order_say(world, Z, ORDER_BODY_RETURN, &back, &closed).counts);
}

static void a_return_of_another_sum_is_found(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    give_back(&world, 1, 1000);
    expect_everywhere(&world, Z, RESOLUTION, 0, L);
    give_back(&world, 2, 999);
    expect_everywhere(&world, Z, RESOLUTION, 1, L);
    order_world_fini(&world);
}

/* --- Whatever is said. ---------------------------------------------------- */

/* Entries of each body had an effect, and something is found of each kind. */
static bool is_all_said(struct talk *talk)
{
    unsigned answers = 0, resolutions = 0, grants = 0;
    for (uint32_t body = SCHEME_BODY_PUT; body <= ORDER_BODY_RETURN; body++) {
        if (talk->counted[body] == 0 && ledger_body_type(body) != NULL) {
            return false;
        }
    }
    for (size_t i = 0; i < NODES; i++) {
        answers += order_findings(talk->world, talk_nodes[i], ANSWER);
        resolutions += order_findings(talk->world, talk_nodes[i], RESOLUTION);
        grants += order_findings(talk->world, talk_nodes[i], GRANT);
    }
    return answers > 0 && resolutions > 0 && grants > 0 && talk->withdrawn > 0;
}

static void the_order_of_arrival_leaves_no_trace(void **state)
{
    (void)state;
    enum { STEPS_MIN = 1500, STEPS_MAX = 30000, ORDERS = 12 };
    struct rng rng = test_rng(__func__);
    struct order_world world;
    struct retelling telling;
    struct talk talk = {.world = &world, .rng = &rng};
    unsigned steps = 0;
    order_world_init(&world);
    while (steps < STEPS_MIN || (steps < STEPS_MAX && !is_all_said(&talk))) {
        talk_step(&talk);
        steps++;
    }
    assert_true(is_all_said(&talk));
    retelling_init(&telling, &world.world, origins, NODES);
    world_settle(&world.world);
    struct writer dump = world_dump(&world.world);
    order_world_fini(&world);
    retell_expect(&telling, &rng, ORDERS, &dump);
    retell_expect_forgotten(&telling, &rng);
    retelling_fini(&telling);
    writer_fini(&dump);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_orders_are_listed_for_both_sides),
        cmocka_unit_test(open_requests_are_listed_for_both_sides),
        cmocka_unit_test(a_hold_is_open_also_without_its_request),
        cmocka_unit_test(a_view_shows_what_answers_the_request),
        cmocka_unit_test(a_view_shows_what_answers_the_order),
        cmocka_unit_test(an_answer_to_no_order_is_found),
        cmocka_unit_test(an_answer_to_anothers_order_is_found),
        cmocka_unit_test(an_answer_to_another_entry_is_found),
        cmocka_unit_test(an_answer_to_another_issuer_is_found),
        cmocka_unit_test(nothing_is_found_of_what_is_not_here_yet),
        cmocka_unit_test(a_resolution_by_no_word_is_found),
        cmocka_unit_test(a_resolution_by_another_word_is_found),
        cmocka_unit_test(a_grant_of_no_request_is_found),
        cmocka_unit_test(a_spend_of_what_is_allotted_otherwise_is_found),
        cmocka_unit_test(a_return_of_another_sum_is_found),
        cmocka_unit_test(a_grant_of_another_request_is_found),
        cmocka_unit_test(a_grant_of_what_another_was_asked_for_is_found),
        cmocka_unit_test(a_grant_of_what_the_provider_placed_is_found),
        cmocka_unit_test(a_grant_of_something_else_is_found),
        cmocka_unit_test(an_answer_to_a_hold_of_another_is_found),
        cmocka_unit_test(honest_desks_are_found_nothing_of),
        cmocka_unit_test(honest_nodes_are_found_nothing_of),
        cmocka_unit_test(a_time_out_is_by_nobodys_word),
        cmocka_unit_test(a_half_leaves_nothing_behind),
        cmocka_unit_test(the_order_of_arrival_leaves_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
