/* SPDX-License-Identifier: Apache-2.0 */

/* Streams between nodes over real mutual TLS: zhengzhou accepts, luoyang
 * dials. */

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "node/link/link.h"
#include "node/rpc/global.h"
#include "tests/unit/rpc/rpc_world.h"

#define LUOYANG "URI:spiffe://zy.example/node/luoyang,DNS:luoyang.zy.example"

/* What one end was told. */
struct side {
    pthread_mutex_t lock;
    struct links *links;
    bool hold; /* takes nothing that comes */
    uint64_t stream;
    unsigned opened, broken, closed, failed;
    bool sure; /* of the last that was broken */
    char peer[64];
    bool dialled;
    hl_err err;       /* of closed, or failed */
    size_t messages;  /* numbered from 0, in order */
    bool out_of_turn; /* not so */
};

struct link_world {
    struct side a, b;
    struct world world;
    struct gate *gate; /* of b */
    struct rpc_service services[2];
};

/* --- Events. ------------------------------------------------------------- */

static void on_opened(void *context, uint64_t stream, struct bytes peer,
                      bool dialled)
{
    struct side *side = context;
    pthread_mutex_lock(&side->lock);
    side->stream = stream;
    side->opened++;
    side->dialled = dialled;
    snprintf(side->peer, sizeof(side->peer), "%.*s", BYTES_ARGS(peer));
    pthread_mutex_unlock(&side->lock);
}

static void on_message(void *context, uint64_t stream, struct bytes message)
{
    struct side *side = context;
    size_t number = 0;
    pthread_mutex_lock(&side->lock);
    memcpy(&number, message.data,
           message.size < sizeof(number) ? message.size : sizeof(number));
    side->out_of_turn = side->out_of_turn || side->closed > 0 ||
                        side->opened != 1 || number != side->messages;
    side->messages++;
    bool takes = !side->hold;
    pthread_mutex_unlock(&side->lock);
    if (takes) {
        links_taken(side->links, stream, message.size);
    }
}

static void on_broken(void *context, uint64_t stream, bool sure)
{
    struct side *side = context;
    (void)stream;
    pthread_mutex_lock(&side->lock);
    side->broken++;
    side->sure = sure;
    side->out_of_turn = side->out_of_turn || side->closed > 0;
    pthread_mutex_unlock(&side->lock);
}

static void on_closed(void *context, uint64_t stream, hl_err err)
{
    struct side *side = context;
    (void)stream;
    pthread_mutex_lock(&side->lock);
    side->closed++;
    side->err = err;
    pthread_mutex_unlock(&side->lock);
}

static void on_dial_failed(void *context, struct bytes peer, hl_err err)
{
    struct side *side = context;
    (void)peer;
    pthread_mutex_lock(&side->lock);
    side->failed++;
    side->err = err;
    pthread_mutex_unlock(&side->lock);
}

static struct side seen(struct side *side)
{
    pthread_mutex_lock(&side->lock);
    struct side copy = *side;
    pthread_mutex_unlock(&side->lock);
    return copy;
}

/* --- The world. ---------------------------------------------------------- */

static void side_init(struct side *side, const char *node, struct gate *gate)
{
    *side = (struct side){.hold = false};
    pthread_mutex_init(&side->lock, NULL);
    struct links_options options = {.alliance = "zy.example",
                                    .node = node,
                                    .gate = gate,
                                    .keepalive_ms = 5000,
                                    .events = {.context = side,
                                               .opened = on_opened,
                                               .message = on_message,
                                               .broken = on_broken,
                                               .closed = on_closed,
                                               .dial_failed = on_dial_failed}};
    side->links = links_create(&options);
}

/* Whom the dialling end trusts: the authority, and a charter of these two. */
static struct gate *make_gate(const struct files *files)
{
    struct gate *gate =
        gate_create(bytes_of_text("zy.example"), bytes_of_text("luoyang"));
    static const char *const nodes[] = {"zhengzhou", "luoyang", NULL};
    struct world like = {.gate = gate};
    like.files = *files; /* borrowed */
    world_revoke(&like, NULL);
    world_charter(&like, nodes);
    return gate;
}

static void give_credentials(struct link_world *link_world)
{
    struct writer roots = {0}, chain = {0}, key = {0};
    struct files *files = &link_world->world.files;
    const struct files_caller *luoyang =
        files_add(files, files_leaf(&files->root, LUOYANG, -3600, 3600, 77));
    maker_write(files->root.certificate, &roots);
    maker_write(luoyang->pair.certificate, &chain);
    files_key(&luoyang->pair, &key);
    struct rpc_credentials credentials = {.roots = writer_view(&roots),
                                          .chain = writer_view(&chain),
                                          .key = writer_view(&key)};
    links_set_credentials(link_world->b.links, &credentials);
    writer_fini(&roots);
    writer_fini(&chain);
    writer_fini(&key);
}

static void begin(struct link_world *link_world)
{
    memset(link_world, 0, sizeof(*link_world));
    rpc_global_init(NULL); /* a queue is made before the server */
    side_init(&link_world->a, "zhengzhou", NULL);
    link_world->services[0] = links_service(link_world->a.links);
    world_init(&link_world->world, link_world->services, NULL);
    link_world->gate = make_gate(&link_world->world.files);
    side_init(&link_world->b, "luoyang", link_world->gate);
    give_credentials(link_world);
}

static void finish(struct link_world *link_world)
{
    rpc_server_stop(&link_world->world.server, 5000);
    links_destroy(&link_world->b.links);
    links_destroy(&link_world->a.links);
    gate_destroy(&link_world->gate);
    rpc_global_fini();
    world_fini(&link_world->world);
    pthread_mutex_destroy(&link_world->a.lock);
    pthread_mutex_destroy(&link_world->b.lock);
}

static void dial(struct link_world *link_world, const char *peer)
{
    links_dial(link_world->b.links, bytes_of_text(peer),
               bytes_of_text(link_world->world.target));
}

/* Numbered messages of sizes up to a tenth of what one may have. */
static void send_some(struct side *from, size_t first, size_t end)
{
    static uint8_t bytes[LINK_MESSAGE_MAX_BYTES / 10];
    uint64_t stream = seen(from).stream;
    for (size_t i = first; i < end; i++) {
        size_t size = sizeof(i) + i * 7919 % (sizeof(bytes) - sizeof(i));
        memcpy(bytes, &i, sizeof(i));
        links_send(from->links, stream, bytes_of(bytes, size));
        if (i % 50 == 49) {
            world_pause(); /* the queue is bounded */
        }
    }
}

/* Who dialled hears of it with the first message: the Hello. */
static void connect(struct link_world *link_world)
{
    dial(link_world, "zhengzhou");
    world_until(seen(&link_world->a).opened == 1);
    send_some(&link_world->a, 0, 1);
    world_until(seen(&link_world->b).opened == 1);
}

/* --- Tests. -------------------------------------------------------------- */

static void a_stream_carries_bytes_both_ways_in_order(void **state)
{
    (void)state;
    struct link_world link_world;
    begin(&link_world);
    connect(&link_world);
    assert_string_equal(seen(&link_world.a).peer, "luoyang");
    assert_string_equal(seen(&link_world.b).peer, "zhengzhou");
    assert_false(seen(&link_world.a).dialled);
    assert_true(seen(&link_world.b).dialled);
    send_some(&link_world.a, 1, 60);
    send_some(&link_world.b, 0, 60);
    world_until(seen(&link_world.a).messages == 60);
    world_until(seen(&link_world.b).messages == 60);
    assert_false(seen(&link_world.a).out_of_turn);
    assert_false(seen(&link_world.b).out_of_turn);
    /* What was sent before the end arrives; only the other end is told. */
    send_some(&link_world.a, 60, 63);
    links_close(link_world.a.links, seen(&link_world.a).stream, HL_EPEER,
                bytes_of_text("enough"));
    world_until(seen(&link_world.b).closed == 1);
    assert_int_equal(seen(&link_world.b).messages, 63);
    assert_err(seen(&link_world.b).err, HL_EPEER);
    assert_int_equal(seen(&link_world.a).closed, 0);
    finish(&link_world);
}

static void who_dialled_may_end_it_too(void **state)
{
    (void)state;
    struct link_world link_world;
    begin(&link_world);
    connect(&link_world);
    links_close(link_world.b.links, seen(&link_world.b).stream, HL_EPAUSED,
                bytes_of_text("later"));
    world_until(seen(&link_world.a).closed == 1);
    assert_int_equal(seen(&link_world.b).closed, 0);
    finish(&link_world);
}

static void who_answers_is_who_was_meant(void **state)
{
    (void)state;
    struct link_world link_world;
    begin(&link_world);
    dial(&link_world, "anyang"); /* zhengzhou answers there */
    world_until(seen(&link_world.b).failed == 1);
    assert_int_equal(seen(&link_world.a).opened, 0);
    assert_int_equal(seen(&link_world.b).opened, 0);
    finish(&link_world);
}

static void who_is_revoked_does_not_get_in(void **state)
{
    (void)state;
    struct link_world link_world;
    begin(&link_world);
    world_revoke(&link_world.world, (const long[]){77, 0});
    dial(&link_world, "zhengzhou");
    world_until(seen(&link_world.b).failed + seen(&link_world.b).closed == 1);
    assert_err(seen(&link_world.b).err, HL_EREVOKED);
    assert_int_equal(seen(&link_world.a).opened, 0);
    finish(&link_world);
}

static void who_answers_is_admitted_as_who_calls(void **state)
{
    (void)state;
    static const char *const nodes[] = {"luoyang", NULL};
    struct link_world link_world;
    begin(&link_world);
    struct world like = {.gate = link_world.gate};
    world_charter(&like, nodes); /* zhengzhou is in it no more */
    dial(&link_world, "zhengzhou");
    world_until(seen(&link_world.a).opened == 1);
    send_some(&link_world.a, 0, 1);
    world_until(seen(&link_world.b).failed == 1);
    assert_err(seen(&link_world.b).err, HL_EUNKNOWNNODE);
    assert_int_equal(seen(&link_world.b).opened, 0);
    finish(&link_world);
}

/* On a stream that is open, too, and whoever dialled it. */
static void who_is_revoked_later_is_turned_out(void **state)
{
    (void)state;
    struct link_world link_world;
    begin(&link_world);
    connect(&link_world);
    links_admit_again(link_world.b.links);
    assert_int_equal(seen(&link_world.b).closed, 0);
    struct world like = {.gate = link_world.gate,
                         .files = link_world.world.files};
    world_revoke(&like, (const long[]){2, 0}); /* zhengzhou's */
    links_admit_again(link_world.b.links);
    assert_int_equal(seen(&link_world.b).closed, 1);
    assert_err(seen(&link_world.b).err, HL_EREVOKED);
    world_until(seen(&link_world.a).closed == 1);
    finish(&link_world);
}

static void nobody_is_where_it_dials(void **state)
{
    (void)state;
    struct link_world link_world;
    begin(&link_world);
    links_dial(link_world.b.links, bytes_of_text("zhengzhou"),
               bytes_of_text("127.0.0.1:1"));
    world_until(seen(&link_world.b).failed == 1);
    assert_err(seen(&link_world.b).err, HL_ECONNECT);
    finish(&link_world);
}

/* What is given and not done with is bounded, and so is what waits for a peer
 * that takes nothing: then it is let go. */
static void who_takes_nothing_is_let_go(void **state)
{
    (void)state;
    static uint8_t bytes[1 << 20];
    struct link_world link_world;
    begin(&link_world);
    connect(&link_world);
    pthread_mutex_lock(&link_world.b.lock);
    link_world.b.hold = true;
    pthread_mutex_unlock(&link_world.b.lock);
    for (size_t i = 1; i < 200 && seen(&link_world.a).closed == 0; i++) {
        memcpy(bytes, &i, sizeof(i));
        links_send(link_world.a.links, seen(&link_world.a).stream,
                   bytes_of(bytes, sizeof(bytes)));
        world_pause();
    }
    world_until(seen(&link_world.a).closed == 1);
    assert_err(seen(&link_world.a).err, HL_ELIMIT);
    /* With the first, which was taken. */
    assert_in_range(seen(&link_world.b).messages, 1,
                    1 + LINK_UNTAKEN_MAX_BYTES / sizeof(bytes));
    /* It goes on, and hears of it. */
    pthread_mutex_lock(&link_world.b.lock);
    link_world.b.hold = false;
    size_t held = link_world.b.messages;
    pthread_mutex_unlock(&link_world.b.lock);
    for (size_t i = 0; i < held; i++) {
        links_taken(link_world.b.links, seen(&link_world.b).stream,
                    sizeof(bytes));
    }
    world_until(seen(&link_world.b).closed == 1);
    assert_err(seen(&link_world.b).err, HL_ELIMIT);
    assert_false(seen(&link_world.b).out_of_turn);
    finish(&link_world);
}

static void send_too_much(struct side *from, struct side *to)
{
    static uint8_t bytes[5 << 20]; /* over the world's bound, too */
    links_send(from->links, seen(from).stream, bytes_of(bytes, sizeof(bytes)));
    world_until(seen(to).closed == 1);
    assert_int_equal(to->broken, 1);
    assert_int_equal(to->sure, to->dialled);
    assert_int_equal(from->broken, 0);
    assert_false(to->out_of_turn);
}

static void a_message_over_the_bound_is_told_where_it_came(void **state)
{
    (void)state;
    for (int dialler_sends = 0; dialler_sends < 2; dialler_sends++) {
        struct link_world link_world;
        begin(&link_world);
        connect(&link_world);
        struct side *a = &link_world.a, *b = &link_world.b;
        send_too_much(dialler_sends ? b : a, dialler_sends ? a : b);
        finish(&link_world);
    }
}

/* In the middle of it, in the daemon's order. */
static void the_end_ends_all_streams(void **state)
{
    (void)state;
    struct link_world link_world;
    begin(&link_world);
    connect(&link_world);
    send_some(&link_world.b, 0, 40);
    finish(&link_world);
    assert_in_range(link_world.b.closed, 0, 1);
    assert_false(link_world.a.out_of_turn || link_world.b.out_of_turn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_carries_bytes_both_ways_in_order),
        cmocka_unit_test(who_dialled_may_end_it_too),
        cmocka_unit_test(who_answers_is_who_was_meant),
        cmocka_unit_test(who_is_revoked_does_not_get_in),
        cmocka_unit_test(who_answers_is_admitted_as_who_calls),
        cmocka_unit_test(who_is_revoked_later_is_turned_out),
        cmocka_unit_test(nobody_is_where_it_dials),
        cmocka_unit_test(who_takes_nothing_is_let_go),
        cmocka_unit_test(a_message_over_the_bound_is_told_where_it_came),
        cmocka_unit_test(the_end_ends_all_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
