/* SPDX-License-Identifier: Apache-2.0 */
/* Drivers with the real engine over real stores, in virtual time. The
 * simulator (tests/sim) goes further; this is what must hold at least. */
#include <stdio.h>
#include <string.h>

#include "certs/charter/charter.h"
#include "node/sync/driver.h"
#include "protocol/base/alloc.h"
#include "protocol/note/checkpoint.h"
#include "tests/sim/cheap_keys.h"
#include "tests/unit/sync/sync_world.h"

#define ALLIANCE "zy.example"

enum { NODES = 3, WIRES_MAX = 4096, STEP_MS = 10 };

struct net;

struct node {
    struct net *net;
    size_t number;
    char id[16], origin[64];
    struct world world;
    struct driver *driver; /* NULL: it is down */
    struct signer journal_key, mirror;
    enum engine_own own;
    unsigned reports;
};

/* Something on its way to a node. */
struct wire {
    enum { WIRE_OPEN, WIRE_MESSAGE, WIRE_CLOSE, WIRE_DIAL_FAILED } kind;
    size_t from, to;
    engine_stream stream;
    bool dialled;
    struct writer bytes;
};

struct net {
    struct node nodes[NODES];
    struct wire wires[WIRES_MAX];
    size_t wire_count;
    size_t ends[1024][2]; /* of each stream */
    engine_stream streams;
    struct signer coordinator;
    struct verifier verifier;
    struct writer charter;
    struct hl_hash pin;
    struct rng rng;
    int64_t now_ms;
    bool fails; /* the next commits */
};

static struct hl_mono mono(const struct net *net)
{
    return (struct hl_mono){net->now_ms * 1000000};
}

static struct hl_wall wall(const struct net *net)
{
    return (struct hl_wall){1767225600000 + net->now_ms};
}

/* --- The network ---------------------------------------------------------- */

static struct wire *post(struct net *net, struct wire wire)
{
    assert_true(net->wire_count < WIRES_MAX);
    net->wires[net->wire_count] = wire;
    return &net->wires[net->wire_count++];
}

static size_t number_of(struct bytes id)
{
    return (size_t)(id.data[1] - '0');
}

static void on_dial(void *context, struct bytes peer, struct bytes endpoint)
{
    (void)endpoint;
    struct node *node = context;
    struct net *net = node->net;
    size_t to = number_of(peer);
    if (net->nodes[to].driver == NULL) {
        post(net, (struct wire){.kind = WIRE_DIAL_FAILED,
                                .from = to,
                                .to = node->number});
        return;
    }
    assert_true(net->streams < 1024);
    engine_stream stream = net->streams++;
    net->ends[stream][0] = node->number;
    net->ends[stream][1] = to;
    post(net, (struct wire){.kind = WIRE_OPEN,
                            .from = to,
                            .to = node->number,
                            .stream = stream,
                            .dialled = true});
    post(net, (struct wire){.kind = WIRE_OPEN,
                            .from = node->number,
                            .to = to,
                            .stream = stream});
}

static size_t other_end(struct net *net, engine_stream stream, size_t number)
{
    return net->ends[stream][net->ends[stream][0] == number ? 1 : 0];
}

static void close_stream(struct net *net, engine_stream stream, size_t by)
{
    size_t to = other_end(net, stream, by);
    if (net->ends[stream][0] != SIZE_MAX) {
        post(net,
             (struct wire){
                 .kind = WIRE_CLOSE, .from = by, .to = to, .stream = stream});
    }
}

static void on_close(void *context, engine_stream stream, hl_err err,
                     struct bytes why)
{
    (void)err, (void)why;
    struct node *node = context;
    close_stream(node->net, stream, node->number);
    node->net->ends[stream][0] = SIZE_MAX;
}

static bool wants_deflate(void *context, engine_stream stream)
{
    (void)stream;
    return ((const struct node *)context)->number == 1;
}

static void on_send(void *context, engine_stream stream, struct bytes message)
{
    struct node *node = context;
    struct net *net = node->net;
    if (net->ends[stream][0] == SIZE_MAX) {
        return; /* closed, and the engine has not heard of it yet */
    }
    size_t to = other_end(net, stream, node->number);
    struct wire *wire = post(net, (struct wire){.kind = WIRE_MESSAGE,
                                                .from = node->number,
                                                .to = to,
                                                .stream = stream});
    writer_bytes(&wire->bytes, message);
}

static void on_drop_mark(void *context)
{
    (void)context;
    fail_msg("nobody was set back");
}

static void on_own_state(void *context, enum engine_own state, hl_err err,
                         struct bytes why)
{
    (void)err, (void)why;
    ((struct node *)context)->own = state;
}

static void on_wait_done(void *context, const struct engine_action *action)
{
    (void)context, (void)action;
}

static void on_report(void *context, const struct engine_action *action)
{
    (void)action;
    ((struct node *)context)->reports++;
}

static void deliver(struct net *net, struct wire *wire)
{
    struct node *node = &net->nodes[wire->to];
    struct engine_event event = {
        .mono = mono(net),
        .wall = wall(net),
        .stream = wire->stream,
        .peer = bytes_of_text(net->nodes[wire->from].id),
        .dialled = wire->dialled,
        .err = HL_ECONNECT,
    };
    bool closed = wire->kind != WIRE_DIAL_FAILED && wire->kind != WIRE_CLOSE &&
                  net->ends[wire->stream][0] == SIZE_MAX;
    if (node->driver == NULL || closed) {
        return;
    }
    switch (wire->kind) {
    case WIRE_MESSAGE:
        driver_message(node->driver, wire->stream, writer_view(&wire->bytes),
                       event.mono, event.wall);
        return;
    case WIRE_OPEN:
        event.kind = ENGINE_STREAM_OPENED;
        event.err = HL_OK;
        break;
    case WIRE_CLOSE:
        event.kind = ENGINE_STREAM_CLOSED;
        break;
    case WIRE_DIAL_FAILED:
        event.kind = ENGINE_DIAL_FAILED;
        break;
    }
    driver_event(node->driver, &event);
}

/* --- Nodes ---------------------------------------------------------------- */

static void start(struct node *node)
{
    struct net *net = node->net;
    struct hl_detail detail = {0};
    struct driver_options options = {
        .store = node->world.store,
        .engine = {.alliance = ALLIANCE,
                   .node = node->id,
                   .pin = net->pin,
                   .verifier = &net->verifier,
                   .mirror = &node->mirror,
                   .journal_key = &node->journal_key.vkey,
                   .mark_agrees = true,
                   .has_mark = true,
                   .limits = {.window_bytes = 4 << 20,
                              .stream_window_max_bytes = 1 << 20,
                              .waits_max = 10,
                              .charters_max = 10,
                              .heartbeat_min_ms = 5000},
                   .seed = rng_next(&net->rng)},
        .context = node,
        .dial = on_dial,
        .close = on_close,
        .send = on_send,
        .drop_mark = on_drop_mark,
        .wants_deflate = wants_deflate,
        .own_state = on_own_state,
        .wait_done = on_wait_done,
        .report = on_report,
    };
    struct journal journal = sync_journal(&node->world, node->origin);
    options.engine.mark =
        journal.frontier.size == 0 ? head_empty() : journal_head(&journal);
    if (driver_create(&options, writer_view(&net->charter), mono(net),
                      wall(net), &node->driver, &detail) != HL_OK) {
        fail_msg("%s: %s", node->id, detail.text);
    }
}

static void stop(struct node *node)
{
    struct net *net = node->net;
    driver_destroy(&node->driver);
    projection_destroy(&node->world.projection);
    node->world.projection = projection_create();
    for (engine_stream i = 0; i < net->streams; i++) {
        if (net->ends[i][0] == node->number ||
            net->ends[i][1] == node->number) {
            close_stream(net, i, node->number);
            net->ends[i][0] = SIZE_MAX;
        }
    }
}

/* What an author does: entries, checkpoint, commit, publish. */
static void append(struct node *node, unsigned count)
{
    struct net *net = node->net;
    struct checkpoint checkpoint = {0};
    struct writer note = {0};
    struct journal journal;
    world_begin(&node->world);
    for (unsigned i = 0; i < count; i++) {
        world_put_unit(&node->world, node->origin,
                       (unsigned)rng_below(&net->rng, 500), "unit");
    }
    assert_ok(journal_find_or_create(
        node->world.txn, bytes_of_text(node->origin), &journal, NULL));
    (void)snprintf(checkpoint.origin, sizeof(checkpoint.origin), "%s",
                   node->origin);
    checkpoint.head = journal_head(&journal);
    assert_ok(checkpoint_sign(&checkpoint, &node->journal_key, 1, &note));
    assert_ok(journal_put_checkpoint(node->world.txn, &journal, JOURNAL_NEWEST,
                                     writer_view(&note), NULL));
    world_commit(&node->world);
    if (node->driver != NULL) {
        struct engine_event event = {.kind = ENGINE_OWN_ADVANCED,
                                     .mono = mono(net),
                                     .wall = wall(net),
                                     .head = checkpoint.head,
                                     .note = writer_view(&note)};
        driver_event(node->driver, &event);
    }
    writer_fini(&note);
}

static void flush(struct node *node)
{
    struct net *net = node->net;
    if (node->driver == NULL || driver_waiting(node->driver) == 0) {
        return;
    }
    world_begin(&node->world);
    hl_err err = driver_apply(node->driver, node->world.txn,
                              node->world.projection, NULL);
    if (err == HL_OK && net->fails && rng_below(&net->rng, 2) == 0) {
        err = HL_EFULL;
    }
    if (err == HL_OK) {
        world_commit(&node->world);
    } else {
        projection_reset(node->world.projection);
        store_abort(&node->world.txn);
    }
    driver_committed(node->driver, err, mono(net), wall(net));
}

static void turn(struct net *net)
{
    size_t count = net->wire_count;
    struct wire *wires = hl_alloc(count, sizeof(*wires));
    memcpy(wires, net->wires, count * sizeof(*wires));
    net->wire_count = 0;
    for (size_t i = 0; i < count; i++) {
        deliver(net, &wires[i]);
        writer_fini(&wires[i].bytes);
    }
    hl_free(wires);
    for (size_t i = 0; i < NODES; i++) {
        struct node *node = &net->nodes[i];
        flush(node);
        if (node->driver == NULL) {
            continue;
        }
        if (engine_wake_at(driver_engine(node->driver)).ns <= mono(net).ns) {
            struct engine_event tick = {
                .kind = ENGINE_TICK, .mono = mono(net), .wall = wall(net)};
            driver_event(node->driver, &tick);
        }
        engine_check(driver_engine(node->driver));
    }
    net->now_ms += STEP_MS;
}

static void run(struct net *net, int64_t ms)
{
    for (int64_t end = net->now_ms + ms; net->now_ms < end;) {
        turn(net);
    }
}

/* --- The alliance --------------------------------------------------------- */

static struct signer make_key(struct net *net, const char *name,
                              enum vkey_kind kind)
{
    uint8_t seed[32];
    struct signer signer;
    rng_fill(&net->rng, seed, sizeof(seed));
    assert_ok(cheap_signer(bytes_of_text(name), kind, seed, &signer));
    return signer;
}

static void add_node(struct charter *charter, const struct node *node)
{
    struct charter_node *row = NULL;
    assert_ok(charter_add_node(charter, bytes_of_text(node->id), &row, NULL));
    memcpy(row->region, "410100", CHARTER_REGION_BYTES);
    (void)snprintf(row->endpoints[0], CHARTER_ENDPOINT_BYTES, "%s.example:1",
                   node->id);
    row->endpoint_count = 1;
    struct charter_journal_key journal_key = {.succession = CHARTER_FIRST,
                                              .from = head_empty(),
                                              .vkey = node->journal_key.vkey};
    struct charter_key mirror = {.purpose = CHARTER_MIRROR,
                                 .from_s = 1,
                                 .until_s = CHARTER_NO_END,
                                 .vkey = node->mirror.vkey};
    assert_ok(charter_add_journal_key(row, &journal_key, NULL));
    assert_ok(charter_add_key(row, &mirror, NULL));
    for (size_t i = 0; i < NODES; i++) {
        if (i != node->number) {
            (void)snprintf(row->keepers[row->keeper_count++],
                           CHARTER_LABEL_BYTES, "n%zu", i);
        }
    }
    row->quorum = 2;
}

static void found(struct net *net)
{
    struct charter charter, parsed;
    struct writer text = {0};
    struct hl_detail detail = {0};
    charter_init(&charter);
    memcpy(charter.alliance, ALLIANCE, sizeof(ALLIANCE));
    charter.version = 1;
    charter.threshold = 1;
    assert_ok(charter_add_coordinator(&charter, &net->coordinator.vkey, NULL));
    for (size_t i = 0; i < NODES; i++) {
        add_node(&charter, &net->nodes[i]);
    }
    charter_write(&charter, &text);
    note_begin(writer_view(&text), &net->charter);
    assert_ok(note_sign(writer_view(&text), &net->coordinator, &net->charter));
    if (charter_parse(writer_view(&net->charter), &parsed, &detail) != HL_OK) {
        fail_msg("%s", detail.text);
    }
    net->pin = parsed.hash;
    charter_fini(&parsed);
    charter_fini(&charter);
    writer_fini(&text);
}

static struct net *net_create(const char *test)
{
    struct net *net = hl_alloc(1, sizeof(*net));
    net->rng = test_rng(test);
    net->verifier = cheap_verifier();
    net->coordinator = make_key(net, ALLIANCE "/coordinator/li", VKEY_ED25519);
    for (size_t i = 0; i < NODES; i++) {
        struct node *node = &net->nodes[i];
        char mirror[128];
        node->net = net;
        node->number = i;
        (void)snprintf(node->id, sizeof(node->id), "n%zu", i);
        (void)snprintf(node->origin, sizeof(node->origin), ALLIANCE "/%s",
                       node->id);
        (void)snprintf(mirror, sizeof(mirror), "%s/mirror", node->origin);
        node->journal_key = make_key(net, node->origin, VKEY_ED25519);
        node->mirror = make_key(net, mirror, VKEY_COSIGNATURE);
        world_init(&node->world);
    }
    found(net);
    return net;
}

static void net_destroy(struct net *net)
{
    for (size_t i = 0; i < NODES; i++) {
        struct node *node = &net->nodes[i];
        driver_destroy(&node->driver);
        signer_fini(&node->journal_key);
        signer_fini(&node->mirror);
        world_fini(&node->world);
    }
    for (size_t i = 0; i < net->wire_count; i++) {
        writer_fini(&net->wires[i].bytes);
    }
    signer_fini(&net->coordinator);
    writer_fini(&net->charter);
    hl_free(net);
}

static void assert_level(struct net *net)
{
    for (size_t i = 0; i < NODES; i++) {
        uint64_t size = sync_journal(&net->nodes[i].world, net->nodes[i].origin)
                            .frontier.size;
        for (size_t k = 0; k < NODES; k++) {
            sync_verify(&net->nodes[k].world, net->nodes[i].origin, size);
        }
        sync_assert_same(&net->nodes[0].world, &net->nodes[i].world);
        assert_int_equal(net->nodes[i].reports, 0);
    }
}

static uint64_t sealed_size(struct node *node, const char *origin)
{
    struct engine_origin_view view;
    for (size_t i = 0; engine_origin_at(driver_engine(node->driver), i, &view);
         i++) {
        if (bytes_equal_text(view.origin, origin)) {
            return view.sealed.size;
        }
    }
    return 0;
}

static void three_nodes_come_to_hold_the_same(void **state)
{
    (void)state;
    struct net *net = net_create(__func__);
    append(&net->nodes[0], 700);
    for (size_t i = 0; i < NODES; i++) {
        start(&net->nodes[i]);
    }
    run(net, 2000);
    for (unsigned round = 0; round < 20; round++) {
        append(&net->nodes[round % NODES], 1 + round * 13);
        run(net, 300);
    }
    run(net, 30000);
    assert_level(net);
    for (size_t i = 0; i < NODES; i++) {
        assert_int_equal(
            sealed_size(&net->nodes[(i + 1) % NODES], net->nodes[i].origin),
            sync_journal(&net->nodes[i].world, net->nodes[i].origin)
                .frontier.size);
    }
    net_destroy(net);
}

static void a_restart_goes_on_where_the_store_is(void **state)
{
    (void)state;
    struct net *net = net_create(__func__);
    append(&net->nodes[0], 3000);
    for (size_t i = 0; i < NODES; i++) {
        start(&net->nodes[i]);
    }
    for (unsigned round = 0; round < 12; round++) {
        struct node *node = &net->nodes[round % NODES];
        append(&net->nodes[(round + 1) % NODES], 100);
        run(net, 70);
        stop(node);
        append(node, 3);
        run(net, 130);
        start(node);
    }
    run(net, 60000);
    assert_level(net);
    net_destroy(net);
}

/* The operator's file is a copy that nobody has signed yet: what the store has
 * is not replaced by it. */
static void a_poorer_copy_of_the_charter_replaces_none(void **state)
{
    (void)state;
    struct net *net = net_create(__func__);
    struct charter charter;
    struct writer rich = {0};
    append(&net->nodes[0], 3);
    start(&net->nodes[0]);
    run(net, 1000);
    stop(&net->nodes[0]);
    charter_init(&charter);
    assert_ok(charter_parse(writer_view(&net->charter), &charter, NULL));
    writer_bytes(&rich, writer_view(&net->charter));
    writer_clear(&net->charter);
    note_begin(charter.note.text, &net->charter);
    start(&net->nodes[0]);
    run(net, 1000);
    stop(&net->nodes[0]);
    start(&net->nodes[0]); /* fails where it is not signed */
    run(net, 1000);
    assert_true(bytes_equal(engine_charter(driver_engine(net->nodes[0].driver)),
                            writer_view(&rich)));
    charter_fini(&charter);
    writer_fini(&rich);
    net_destroy(net);
}

static void commits_that_fail_are_made_good(void **state)
{
    (void)state;
    struct net *net = net_create(__func__);
    append(&net->nodes[0], 2000);
    append(&net->nodes[1], 10);
    net->fails = true;
    for (size_t i = 0; i < NODES; i++) {
        start(&net->nodes[i]);
    }
    for (unsigned round = 0; round < 20; round++) {
        append(&net->nodes[round % NODES], 20);
        run(net, 200);
    }
    net->fails = false;
    run(net, 60000);
    assert_level(net);
    net_destroy(net);
}

/* A second history of the author, of which only the beginning is sealed. */
static void a_forked_author_is_cut_back_to_what_was_sealed(void **state)
{
    (void)state;
    struct net *net = net_create(__func__);
    struct node *author = &net->nodes[0];
    struct world twin;
    world_init(&twin);
    append(author, 100);
    for (size_t i = 0; i < NODES; i++) {
        start(&net->nodes[i]);
    }
    run(net, 20000);
    assert_int_equal(sealed_size(&net->nodes[1], author->origin), 100);
    sync_copy(&author->world, &twin, author->origin, 100, 1 << 20);
    stop(&net->nodes[2]);
    append(author, 300);
    run(net, 1000);
    assert_int_equal(
        sync_journal(&net->nodes[1].world, author->origin).frontier.size, 400);
    stop(author);
    struct world first = author->world;
    author->world = twin;
    append(author, 350);
    start(author);
    start(&net->nodes[2]);
    run(net, 60000);
    for (size_t i = 1; i < NODES; i++) {
        sync_verify(&net->nodes[i].world, author->origin, 100);
        assert_true(net->nodes[i].reports > 0);
    }
    sync_assert_same(&net->nodes[1].world, &net->nodes[2].world);
    assert_int_equal(author->own, ENGINE_OWN_FORKED);
    struct store_txn *txn = NULL;
    uint64_t count = 0;
    assert_ok(store_begin_read(net->nodes[1].world.store, &txn, NULL));
    assert_ok(
        sync_store_count_cut(txn, bytes_of_text(author->origin), &count, NULL));
    store_abort(&txn);
    assert_int_equal(count, 300);
    /* And it stays so. */
    stop(&net->nodes[1]);
    start(&net->nodes[1]);
    run(net, 20000);
    sync_verify(&net->nodes[1].world, author->origin, 100);
    world_fini(&first);
    net_destroy(net);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_nodes_come_to_hold_the_same),
        cmocka_unit_test(a_restart_goes_on_where_the_store_is),
        cmocka_unit_test(a_poorer_copy_of_the_charter_replaces_none),
        cmocka_unit_test(commits_that_fail_are_made_good),
        cmocka_unit_test(a_forked_author_is_cut_back_to_what_was_sealed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
