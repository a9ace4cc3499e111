/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "certs/charter/charter_judge.h"
#include "tests/sim/story.h"

static const char *const zhengzhou_words[] = {
    "zhengzhou starts",  "zhengzhou is ", "zhengzhou needs",
    "zhengzhou may not", "a new key",     NULL};

static const char *const keeper_words[] = {"jinan is", "jinan may not",
                                           "says of ", NULL};

static const char *const end_words[] = {"kaifeng is ended", "quarantines",
                                        " kaifeng answers", NULL};

/* What is lost, with machines and keys, and how a city comes back. */

/* The machine comes back with another disk; its operator knows. */
static void lose(struct world *world, const char *city)
{
    struct host *host = story_host(world, city);
    story_stop(world, city);
    disk_wipe(&host->disk);
    host->has_mark = host->has_words = false;
    host->set_back = true;
    memset(host->sealed_seen, 0, sizeof(host->sealed_seen));
    operator_lost(host);
}

static void sealed_while_the_longest_holder_is_away_waits_for_it(void **state)
{
    (void)state;
    struct world *world = story_begin(4);
    story_put(world, "zhengzhou", 3);
    story_run_s(world, 15);
    /* jinan alone has the next four. */
    story_part(world, "zhengzhou", "luoyang");
    story_part(world, "zhengzhou", "kaifeng");
    story_part(world, "jinan", "luoyang");
    story_part(world, "jinan", "kaifeng");
    story_run_s(world, 30);
    struct request *kept = story_put_kept(world, "zhengzhou", 1);
    story_put(world, "zhengzhou", 3);
    story_run_s(world, 10);
    assert_true(kept->acknowledged[PLATFORM_KEEPERS]);
    story_stop(world, "jinan");
    lose(world, "zhengzhou");
    story_join(world, "zhengzhou", "luoyang");
    story_join(world, "zhengzhou", "kaifeng");
    story_join(world, "jinan", "luoyang");
    story_join(world, "jinan", "kaifeng");
    story_listen(world, zhengzhou_words);
    story_start(world, "zhengzhou");
    story_run_s(world, 120);
    assert_int_equal(story_held(world, "zhengzhou", "zhengzhou"), 3);
    assert_int_equal(story_host(world, "zhengzhou")->own, ENGINE_OWN_UNSURE);
    story_start(world, "jinan");
    story_run_until_level(world, 120);
    assert_int_equal(story_held(world, "luoyang", "zhengzhou"), 7);
    story_expect(world, "zhengzhou starts\n"
                        "zhengzhou may not sign: HL_EMARK\n"
                        "zhengzhou is unsure of its journal\n"
                        "zhengzhou is unsure of its journal\n"
                        "zhengzhou needs a new journal key\n"
                        "the charter admits a new key of zhengzhou from 7\n"
                        "zhengzhou needs a new journal key\n"
                        "zhengzhou starts\n"
                        "zhengzhou is sure of its journal\n");
    story_end(&world);
}

static void a_keeper_declared_lost_is_not_waited_for(void **state)
{
    (void)state;
    struct world *world = story_begin(4);
    story_put(world, "zhengzhou", 3);
    story_run_s(world, 15);
    story_stop(world, "kaifeng");
    lose(world, "zhengzhou");
    story_listen(world, zhengzhou_words);
    story_start(world, "zhengzhou");
    story_run_s(world, 60);
    assert_int_equal(story_host(world, "zhengzhou")->own, ENGINE_OWN_UNSURE);
    struct engine_event lost = {.kind = ENGINE_LOST,
                                .peer = bytes_of_text("kaifeng")};
    host_event(story_host(world, "zhengzhou"), &lost);
    story_run_s(world, 60);
    assert_int_equal(story_host(world, "zhengzhou")->own, ENGINE_OWN_GOOD);
    story_expect(world, "zhengzhou starts\n"
                        "zhengzhou may not sign: HL_EMARK\n"
                        "zhengzhou is unsure of its journal\n"
                        "zhengzhou is unsure of its journal\n"
                        "zhengzhou needs a new journal key\n"
                        "the charter admits a new key of zhengzhou from 3\n"
                        "zhengzhou needs a new journal key\n"
                        "zhengzhou starts\n"
                        "zhengzhou is sure of its journal\n");
    story_put(world, "zhengzhou", 1);
    story_run_s(world, 5);
    assert_int_equal(story_held(world, "jinan", "zhengzhou"), 4);
    story_start(world, "kaifeng");
    story_run_until_level(world, 60);
    story_end(&world);
}

/* Says to all who are connected that this is a checkpoint of zhengzhou's. */
static void show(struct world *world, const char *city, struct bytes note)
{
    struct host *host = story_host(world, city);
    struct segment_codec *codec = segment_codec_create();
    struct writer raw = {0};
    struct sync_message message = {
        .kind = SYNC_HAVE,
        .have = {.origin = bytes_of_text(world->alliance.cities[0].origin),
                 .checkpoint = note,
                 .candidate = note}};
    assert_ok(sync_encode(codec, &message, false, &raw));
    size_t told = 0;
    for (uint64_t stream = 0; stream < 1000; stream++) {
        if (network_peer(&world->network, host->port, stream) != SIZE_MAX) {
            network_send(&world->network, host->port, stream,
                         writer_view(&raw));
            told++;
        }
    }
    assert_true(told >= 3);
    writer_fini(&raw);
    segment_codec_destroy(codec);
}

/* What a receipt of that checkpoint is worth by the charter that holds. */
static hl_err judge_receipt(struct world *world, struct bytes checkpoint)
{
    struct note note = {0};
    struct charter_judgement judgement;
    assert_ok(note_parse(checkpoint, &note, NULL));
    hl_err err =
        charter_judge_checkpoint(&world->alliance.charter, &note,
                                 &world->alliance.verifier, &judgement, NULL);
    note_fini(&note);
    return err;
}

/* What never left the city is lost with its disk: nobody had promised it. A
 * receipt that stands outside under the old key is a claim, and nobody is
 * accused for it. */
static void a_disk_lost_while_cut_off_takes_what_never_left(void **state)
{
    (void)state;
    struct world *world = story_begin(4);
    story_put(world, "zhengzhou", 2);
    story_run_s(world, 15);
    for (size_t i = 1; i < 4; i++) {
        story_part(world, "zhengzhou", world->alliance.cities[i].id);
    }
    story_run_s(world, 30);
    story_put(world, "zhengzhou", 5);
    story_run_s(world, 10);
    struct host *host = story_host(world, "zhengzhou");
    assert_int_equal(story_held(world, "zhengzhou", "zhengzhou"), 7);
    struct writer receipt = {0}; /* a city's enterprise took it home */
    writer_bytes(&receipt, author_checkpoint(host->author));
    assert_ok(judge_receipt(world, writer_view(&receipt)));
    lose(world, "zhengzhou");
    for (size_t i = 1; i < 4; i++) {
        story_join(world, "zhengzhou", world->alliance.cities[i].id);
    }
    story_listen(world, zhengzhou_words);
    story_start(world, "zhengzhou");
    story_run_until_level(world, 120);
    assert_int_equal(story_held(world, "zhengzhou", "zhengzhou"), 2);
    story_expect(world, "zhengzhou starts\n"
                        "zhengzhou may not sign: HL_EMARK\n"
                        "zhengzhou is unsure of its journal\n"
                        "zhengzhou is unsure of its journal\n"
                        "zhengzhou needs a new journal key\n"
                        "the charter admits a new key of zhengzhou from 2\n"
                        "zhengzhou needs a new journal key\n"
                        "zhengzhou starts\n"
                        "zhengzhou is sure of its journal\n");
    story_put(world, "zhengzhou", 6);
    story_run_until_level(world, 30);
    assert_int_equal(story_held(world, "kaifeng", "zhengzhou"), 8);
    assert_err(judge_receipt(world, writer_view(&receipt)), HL_ENOKEY);
    show(world, "jinan", writer_view(&receipt));
    story_run_s(world, 20);
    assert_int_equal(world->tally.reports[ENGINE_REPORT_EVIDENCE], 0);
    assert_int_equal(world->tally.reports[ENGINE_REPORT_QUARANTINE], 0);
    assert_int_equal(world->tally.reports[ENGINE_REPORT_PEER_FAULT], 0);
    assert_int_equal(host->own, ENGINE_OWN_GOOD);
    writer_fini(&receipt);
    story_end(&world);
}

/* The charter has the new key from a size that is nowhere any more: another one
 * must name where partners have the journal. */
static void a_key_whose_beginning_was_lost_is_replaced(void **state)
{
    (void)state;
    struct world *world = story_begin(4);
    struct host *host = story_host(world, "zhengzhou");
    story_put(world, "zhengzhou", 2);
    story_run_s(world, 15);
    for (size_t i = 1; i < 4; i++) {
        story_part(world, "zhengzhou", world->alliance.cities[i].id);
    }
    story_run_s(world, 30);
    story_put(world, "zhengzhou", 5);
    story_run_s(world, 1);
    assert_true(operator_rotate(host)); /* from 7 on */
    operator_give_charter(story_host(world, "jinan"));
    lose(world, "zhengzhou");
    for (size_t i = 1; i < 4; i++) {
        story_join(world, "zhengzhou", world->alliance.cities[i].id);
    }
    story_listen(world, zhengzhou_words);
    story_start(world, "zhengzhou");
    assert_int_equal(host->journal_key, 1);
    story_run_until_level(world, 120);
    assert_int_equal(host->journal_key, 2);
    assert_int_equal(story_held(world, "zhengzhou", "zhengzhou"), 2);
    story_expect(world, "zhengzhou starts\n"
                        "zhengzhou may not sign: HL_EMARK\n"
                        "zhengzhou is unsure of its journal\n"
                        "zhengzhou is unsure of its journal\n"
                        "zhengzhou needs a new journal key\n"
                        "the charter admits a new key of zhengzhou from 2\n"
                        "zhengzhou needs a new journal key\n"
                        "zhengzhou starts\n"
                        "zhengzhou is sure of its journal\n");
    story_put(world, "zhengzhou", 1);
    story_run_until_level(world, 20);
    story_end(&world);
}

static void a_restored_keeper_cosigns_on_under_a_new_key(void **state)
{
    (void)state;
    struct world *world = story_begin(4);
    struct host *keeper = story_host(world, "jinan");
    story_put(world, "zhengzhou", 2);
    story_run_s(world, 15);
    disk_backup(&keeper->disk);
    story_put(world, "zhengzhou", 2);
    story_run_s(world, 15);
    assert_int_equal(story_sealed(world, "luoyang", "zhengzhou"), 4);
    story_stop(world, "jinan");
    disk_restore(&keeper->disk);
    memset(keeper->sealed_seen, 0, sizeof(keeper->sealed_seen));
    keeper->losses++; /* nobody was told */
    story_listen(world, keeper_words);
    story_start(world, "jinan");
    story_run_s(world, 60);
    assert_int_equal(keeper->mirror_key, 1);
    story_run_until_level(world, 60);
    struct request *sealed = story_put_kept(world, "zhengzhou", ENGINE_SEALED);
    story_run_s(world, 30);
    assert_true(sealed->acknowledged[PLATFORM_SEALED]);
    story_expect(world, "jinan may not cosign: HL_EMARK\n"
                        "jinan is sure of its journal\n"
                        "jinan is sure of its journal\n"
                        "jinan is sure of its journal\n"
                        "zhengzhou says of 5: HL_OK, 3 keepers, sealed\n");
    story_end(&world);
}

static void a_charter_ends_a_node_and_its_history_stands(void **state)
{
    (void)state;
    struct world *world = story_begin(4);
    story_put(world, "kaifeng", 4);
    story_run_s(world, 15);
    struct head head = truth_head(&world->truths[3], 0);
    story_listen(world, end_words);
    alliance_retire(&world->alliance, 3, &head);
    operator_give_charter(story_host(world, "zhengzhou"));
    story_run_s(world, 60);
    assert_int_equal(story_host(world, "kaifeng")->own, ENGINE_OWN_ENDED);
    story_put(world, "kaifeng", 1); /* refused */
    story_put(world, "zhengzhou", 1);
    story_run_s(world, 30);
    assert_int_equal(truth_head(&world->truths[3], 0).size, 4);
    assert_int_equal(story_held(world, "jinan", "kaifeng"), 4);
    assert_int_equal(story_held(world, "jinan", "zhengzhou"), 1);
    story_expect(world, "zhengzhou quarantines kaifeng at 4\n"
                        "jinan quarantines kaifeng at 4\n"
                        "luoyang quarantines kaifeng at 4\n"
                        "kaifeng quarantines kaifeng at 4\n"
                        "kaifeng is ended\n");
    story_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_while_the_longest_holder_is_away_waits_for_it),
        cmocka_unit_test(a_keeper_declared_lost_is_not_waited_for),
        cmocka_unit_test(a_disk_lost_while_cut_off_takes_what_never_left),
        cmocka_unit_test(a_key_whose_beginning_was_lost_is_replaced),
        cmocka_unit_test(a_restored_keeper_cosigns_on_under_a_new_key),
        cmocka_unit_test(a_charter_ends_a_node_and_its_history_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
