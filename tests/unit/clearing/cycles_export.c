/* SPDX-License-Identifier: Apache-2.0 */

/* cycles_export SEED FOLDER: what came of a federation at random. Of each
 * journal its entries (NODE.bundle: each behind its length, u16), of the
 * charter who has which role until where (`charter`), and of each proposal, a
 * line of JSON each, what the node counts and how it stands (`verdicts`). All
 * of it for tests/clearing/, which counts again by other means. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"
#include "tests/unit/clearing/cycle_play.h"

static struct cycle_play play;

static FILE *create(const char *folder, const char *name, const char *suffix)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static void put(FILE *file, struct bytes bytes)
{
    if (fwrite(bytes.data, 1, bytes.size, file) != bytes.size) {
        perror("write");
        exit(1);
    }
}

static void write_journal(const char *folder, const char *city)
{
    FILE *file = create(folder, city, ".bundle");
    struct store_txn *txn = play.world.of.world.txn;
    struct journal journal;
    bool found = false;
    assert_ok(journal_find(txn, bytes_of_text(order_origin(city)), &journal,
                           &found, NULL));
    for (uint64_t i = 0; i < journal.frontier.size; i++) {
        struct bytes raw;
        assert_ok(journal_entry(txn, &journal, i, &raw, NULL));
        uint8_t size[2] = {(uint8_t)(raw.size >> 8), (uint8_t)raw.size};
        put(file, bytes_of(size, sizeof(size)));
        put(file, raw);
    }
    fclose(file);
}

static void write_member(FILE *file, const char *city)
{
    const struct charter_node *member = clearing_member(&play.world, city);
    const struct charter_grant *role = &member->roles[CHARTER_CLEARING];
    struct clearing_view view = clearing_view_of(&play.world, city);
    uint64_t sealed = 0;
    assert_ok(clearing_sealed(&view, bytes_of_text(city), &sealed, NULL));
    if (member->keeper_count > 0) {
        fprintf(file, "keepers %s\nsealed %s %" PRIu64 "\n", city, city,
                sealed);
    }
    if (role->ended) {
        fprintf(file, "role-ended %s clearing %" PRIu64 "\n", city,
                role->end.size);
    }
}

static void write_charter(const char *folder)
{
    FILE *file = create(folder, "charter", "");
    for (size_t i = 0; i < play.world.count; i++) {
        write_member(file, play.world.cities[i]);
    }
    fclose(file);
}

static void write_verdict(void *context, const struct cycle *cycle)
{
    static const char *const outcomes[] = {"done", "lags", "paused",
                                           "other_root", "no_room"};
    static const char *const as[] = {"open",     "aborted", "abandoned",
                                     "declared", "final",   "void"};
    struct cycle_verdict verdict = cycle_play_judge(&play, cycle, NULL, NULL);
    fprintf(context,
            "{\"proposer\": \"%.*s\", \"index\": %" PRIu64
            ", \"outcome\": \"%s\", \"field\": \"%s\", \"stands\": \"%s\"}\n",
            BYTES_ARGS(cycle->key.proposer), cycle->key.index,
            outcomes[verdict.outcome],
            verdict.field == NULL ? "" : verdict.field, as[verdict.as]);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: cycles_export SEED FOLDER\n");
        return 2;
    }
    struct rng rng;
    uint64_t seed = strtoull(argv[1], NULL, 10);
    rng_init(&rng, seed);
    size_t cities = rng_below(&rng, 4) == 0 ? 3 + rng_below(&rng, 28)
                                            : 3 + rng_below(&rng, 6);
    cycle_play_init(&play, seed, cities);
    cycle_play_go(&play, 100 + (unsigned)rng_below(&rng, 300));
    if (rng_below(&rng, 2) == 0) {
        cycle_play_clear(&play);
    }
    for (size_t i = 0; i < play.world.count; i++) {
        write_journal(argv[2], play.world.cities[i]);
    }
    write_charter(argv[2]);
    FILE *verdicts = create(argv[2], "verdicts", "");
    cycle_play_each(&play, write_verdict, verdicts);
    fclose(verdicts);
    cycle_play_fini(&play);
    return 0;
}
