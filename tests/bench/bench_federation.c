/* SPDX-License-Identifier: Apache-2.0 */

/* What a federation of many nodes costs its members, engines alone: messages
 * and bytes for a change and when idle, and how long all take to agree, in
 * virtual time on lines of WORLD_LATENCY_MS. Numbers of nodes, keepers, quorum
 * from the command line. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/engine/engine_world.h"

struct tally {
    uint64_t messages, bytes, events;
    int64_t at_ns;
    uint64_t kinds[SYNC_KIND_COUNT];
};

static struct tally take(const struct engine_world *world)
{
    struct tally tally = {.messages = world->messages,
                          .bytes = world->bytes,
                          .events = world->events,
                          .at_ns = world->now_ns};
    memcpy(tally.kinds, world->kinds, sizeof(tally.kinds));
    return tally;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void say_kinds(const struct engine_world *world,
                      const struct tally *before)
{
    for (unsigned kind = 0; kind < SYNC_KIND_COUNT; kind++) {
        uint64_t count = world->kinds[kind] - before->kinds[kind];
        if (count > 0) {
            printf("    %-10s %10llu\n", sync_kind_name((enum sync_kind)kind),
                   (unsigned long long)count);
        }
    }
}

/* How many nodes hold so many entries of n0's journal. */
static size_t count_held(const struct engine_world *world, uint64_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < world->member_count; i++) {
        count += world->nodes[i]->journals[0].count >= size;
    }
    return count;
}

static int64_t until_all_hold(struct engine_world *world, uint64_t size)
{
    int64_t begin = world->now_ns;
    while (count_held(world, size) < world->member_count &&
           world->now_ns - begin < 600000000000ll) {
        world_run(world, 1);
    }
    return (world->now_ns - begin) / 1000000;
}

static void idle(struct engine_world *world, int64_t ms)
{
    struct tally before = take(world);
    double real = seconds();
    world_run(world, ms);
    double n = (double)world->member_count;
    double s = (double)ms / 1000;
    double events = (double)(world->events - before.events);
    printf("idle, %.0f s: %.1f messages/s and %.0f bytes/s to each node; "
           "%.2f us an event\n",
           s, (double)(world->messages - before.messages) / n / s,
           (double)(world->bytes - before.bytes) / n / s,
           (seconds() - real) * 1e6 / events);
    say_kinds(world, &before);
}

static void change(struct engine_world *world)
{
    struct tally before = take(world);
    uint64_t size = world->nodes[0]->journals[0].count + 1;
    world_append(world->nodes[0], 1);
    int64_t ms = until_all_hold(world, size);
    printf("one change at one node: all hold it after %lld ms; %.2f messages "
           "and %.0f bytes to each node\n",
           (long long)ms,
           (double)(world->messages - before.messages) /
               (double)world->member_count,
           (double)(world->bytes - before.bytes) / (double)world->member_count);
}

static void partition(struct engine_world *world, uint64_t entries)
{
    size_t half = world->member_count / 2;
    for (size_t a = 0; a < half; a++) {
        for (size_t b = half; b < world->member_count; b++) {
            world_cut(world, a, b, true);
        }
    }
    world_run(world, 60000);
    world_append(world->nodes[0], entries);
    world_run(world, 60000);
    printf("partition in halves: %zu of %zu hold what %llu entries made\n",
           count_held(world, world->nodes[0]->journals[0].count),
           world->member_count, (unsigned long long)entries);
    for (size_t a = 0; a < half; a++) {
        for (size_t b = half; b < world->member_count; b++) {
            world_cut(world, a, b, false);
        }
    }
    int64_t ms = until_all_hold(world, world->nodes[0]->journals[0].count);
    printf("  healed: all hold them after %lld ms\n", (long long)ms);
}

int main(int argc, char **argv)
{
    size_t nodes = argc > 1 ? strtoul(argv[1], NULL, 10) : 340;
    size_t keepers = argc > 2 ? strtoul(argv[2], NULL, 10) : 7;
    size_t quorum = argc > 3 ? strtoul(argv[3], NULL, 10) : 4;
    struct engine_world world;
    test_seed_init(1, argv);
    world_init(&world, "federation", nodes, keepers, quorum);
    world.tracing = false;
    world.unchecked = true;
    world_start_all(&world);
    double real = seconds();
    world_run(&world, 60000);
    printf("%zu nodes, %zu keepers, quorum %zu; lines of %d ms\n", nodes,
           keepers, quorum, WORLD_LATENCY_MS);
    printf("start: %llu messages, %.0f bytes to each node; %.1f s real\n",
           (unsigned long long)world.messages,
           (double)world.bytes / (double)nodes, seconds() - real);
    for (size_t i = 0; i < nodes; i++) {
        world_append(world.nodes[i], 3);
    }
    world_run(&world, 120000);
    idle(&world, 120000);
    change(&world);
    change(&world);
    partition(&world, 100);
    idle(&world, 60000);
    world_fini(&world);
    return 0;
}
