/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/story.h"

#include <inttypes.h>
#include <stdlib.h>

#include "protocol/base/alloc.h"

static void check(struct world *world)
{
    if (world->violated) {
        fail_msg("%s", world->violation);
    }
}

struct world *story_found(size_t cities, size_t keepers, size_t quorum)
{
    struct world *world = hl_alloc(1, sizeof(*world));
    struct world_options options = {
        .seed = 1, .cities = cities, .keepers = keepers, .quorum = quorum};
    world_init(world, &options);
    if (getenv("HELUO_TRACE") != NULL) {
        world->trace.print = stdout;
    }
    world->platform.answers_lost_ppm = 0;
    for (size_t a = 0; a < NETWORK_PORTS_MAX; a++) {
        for (size_t b = 0; b < NETWORK_PORTS_MAX; b++) {
            world->network.links[a][b] = (struct network_link){
                .latency_ns = 10 * WORLD_MS, .bytes_per_s = 1000000};
        }
    }
    return world;
}

struct world *story_begin(size_t cities)
{
    struct world *world = story_found(cities, 0, 0);
    for (size_t i = 0; i < world->host_count; i++) {
        host_start(world->hosts[i]);
    }
    story_run_s(world, 10);
    return world;
}

void story_end(struct world **world)
{
    check(*world);
    if (!check_digests(*world) || !check_caught(*world) ||
        !check_rebuild(*world)) {
        check(*world);
    }
    world_fini(*world);
    hl_free(*world);
    *world = NULL;
}

struct host *story_host(struct world *world, const char *city)
{
    size_t at = alliance_find(&world->alliance, bytes_of_text(city));
    assert_true(at < world->host_count);
    return world->hosts[at];
}

void story_start(struct world *world, const char *city)
{
    host_start(story_host(world, city));
}

void story_stop(struct world *world, const char *city)
{
    struct host *host = story_host(world, city);
    host->restart_ns = 0;
    host_crash(host);
}

void story_put(struct world *world, const char *city, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned unit = (unsigned)world->platform.count;
        platform_put(&world->platform, story_host(world, city), unit,
                     "\xe6\x9c\xba\xe6\x9e\x84", 0);
    }
}

struct request *story_put_kept(struct world *world, const char *city,
                               uint32_t keepers)
{
    unsigned unit = (unsigned)world->platform.count;
    return platform_put(&world->platform, story_host(world, city), unit,
                        "\xe6\x9c\xba\xe6\x9e\x84", keepers);
}

static void on_line(struct world *world, const char *a, const char *b,
                    void (*act)(struct network *, size_t, size_t))
{
    size_t x = story_host(world, a)->port, y = story_host(world, b)->port;
    act(&world->network, x, y);
    act(&world->network, y, x);
}

void story_part(struct world *world, const char *a, const char *b)
{
    on_line(world, a, b, network_block);
}

void story_join(struct world *world, const char *a, const char *b)
{
    on_line(world, a, b, network_unblock);
}

void story_run_s(struct world *world, int64_t seconds)
{
    world_run(world, seconds * WORLD_S);
    check(world);
}

int64_t story_run_until_level(struct world *world, int64_t within_s)
{
    char why[256] = "";
    for (int64_t took = 1; took <= within_s; took++) {
        story_run_s(world, 1);
        if (check_converged(world, why)) {
            return took;
        }
    }
    fail_msg("not level after %" PRId64 " s: %s", within_s, why);
    return within_s;
}

static bool view_of(struct world *world, const char *at, const char *of,
                    struct engine_origin_view *view)
{
    return host_view(story_host(world, at),
                     alliance_find(&world->alliance, bytes_of_text(of)), view);
}

uint64_t story_held(struct world *world, const char *at, const char *of)
{
    struct engine_origin_view view;
    return view_of(world, at, of, &view) ? view.held.size : 0;
}

uint64_t story_sealed(struct world *world, const char *at, const char *of)
{
    struct engine_origin_view view;
    return view_of(world, at, of, &view) ? view.sealed.size : 0;
}

uint64_t story_applied(struct world *world, const char *at, const char *of)
{
    struct host *host = story_host(world, at);
    struct store_txn *txn = NULL;
    struct journal journal = {0};
    struct half half = {0};
    bool found = false;
    size_t city = alliance_find(&world->alliance, bytes_of_text(of));
    assert_ok(store_begin_read(host->store, &txn, NULL));
    assert_ok(journal_find(txn,
                           bytes_of_text(world->alliance.cities[city].origin),
                           &journal, &found, NULL));
    if (found) {
        assert_ok(projection_half(txn, journal.number, &half, NULL));
    }
    store_abort(&txn);
    return half.size;
}

void story_expect_upstream(struct world *world, const char *at, const char *of,
                           const char *upstream)
{
    struct engine_origin_view view;
    assert_true(view_of(world, at, of, &view));
    if (!bytes_equal_text(view.upstream, upstream)) {
        fail_msg("%s follows %s at '%.*s', not at '%s'", at, of,
                 BYTES_ARGS(view.upstream), upstream);
    }
}

void story_listen(struct world *world, const char *const *words)
{
    writer_clear(&world->trace.kept);
    world->trace.words = words;
}

void story_expect(struct world *world, const char *lines)
{
    writer_u8(&world->trace.kept, '\0');
    assert_string_equal((const char *)world->trace.kept.data, lines);
    world->trace.words = NULL;
}
