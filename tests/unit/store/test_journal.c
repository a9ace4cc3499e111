/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/journal.h"

#include <stdio.h>
#include <string.h>

#include "node/store/journal_entries.h"
#include "node/store/key.h"
#include "protocol/base/alloc.h"
#include "protocol/entry/bundle.h"
#include "protocol/note/checkpoint.h"
#include "tests/support/mem_tree.h"
#include "tests/unit/store/store_world.h"

/* A journal in a store, and what should be in it. */
struct twin {
    struct store_world world;
    struct journal journal;
    struct writer texts; /* all entries, one behind the other */
    size_t *ends;
    size_t count, capacity;
    struct mem_tree tree;
    struct rng rng;
};

static struct bytes twin_entry(const struct twin *twin, size_t index)
{
    size_t start = index == 0 ? 0 : twin->ends[index - 1];
    return bytes_slice(writer_view(&twin->texts), start,
                       twin->ends[index] - start);
}

static void twin_init(struct twin *twin, const char *test_name)
{
    *twin = (struct twin){.rng = test_rng(test_name)};
    world_init(&twin->world);
    struct store_txn *txn = world_write(&twin->world);
    assert_ok(journal_find_or_create(txn, bytes_of_text("zy.example/luoyang"),
                                     &twin->journal, NULL));
    assert_ok(store_commit(&txn, NULL));
}

static void twin_fini(struct twin *twin)
{
    mem_tree_fini(&twin->tree);
    writer_fini(&twin->texts);
    hl_free(twin->ends);
    world_fini(&twin->world);
}

static void twin_add(struct twin *twin, size_t size)
{
    uint8_t *data = writer_extend(&twin->texts, size);
    rng_fill(&twin->rng, data, size);
    if (twin->count == twin->capacity) {
        twin->capacity = twin->capacity * 2 + 64;
        twin->ends =
            hl_realloc(twin->ends, twin->capacity, sizeof(*twin->ends));
    }
    twin->ends[twin->count] = twin->texts.size;
    twin->count++;
    mem_tree_append_entry(&twin->tree, twin_entry(twin, twin->count - 1));
}

/* Appends that many entries of random sizes, in one commit. */
static void twin_append(struct twin *twin, size_t count, size_t size_max)
{
    size_t first = twin->count;
    struct bytes *entries = hl_alloc(count, sizeof(*entries));
    for (size_t i = 0; i < count; i++) {
        twin_add(twin, (size_t)rng_below(&twin->rng, size_max + 1));
    }
    for (size_t i = 0; i < count; i++) {
        entries[i] = twin_entry(twin, first + i);
    }
    const struct journal_run run = {.entries = entries,
                                    .count = count,
                                    .recorded_at.ms = (int64_t)twin->count};
    struct store_txn *txn = world_write(&twin->world);
    assert_ok(journal_append(txn, &twin->journal, &run, NULL));
    assert_ok(store_commit(&txn, NULL));
    hl_free(entries);
}

static void assert_same_tree(struct twin *twin, struct store_txn *txn)
{
    uint64_t verified = 0;
    struct journal found;
    bool there = false;
    assert_ok(journal_find(txn, bytes_of_text("zy.example/luoyang"), &found,
                           &there, NULL));
    assert_true(there);
    struct head ours = journal_head(&found);
    struct head theirs = mem_tree_head(&twin->tree, twin->count);
    assert_true(head_equal(&ours, &theirs));
    ours = journal_head(&twin->journal);
    assert_true(head_equal(&ours, &theirs));
    assert_int_equal(found.recorded_at.ms, twin->journal.recorded_at.ms);
    assert_ok(journal_verify(txn, &found, &verified, NULL));
    assert_int_equal(verified, twin->count);
}

static void assert_same_entries(struct twin *twin, struct store_txn *txn)
{
    struct bytes entry;
    struct journal_walk *walk = NULL;
    size_t first = (size_t)rng_below(&twin->rng, twin->count + 1);
    assert_ok(journal_walk_open(txn, &twin->journal, first, &walk, NULL));
    for (size_t i = first; i < twin->count; i++) {
        assert_ok(journal_walk_next(walk, &entry, NULL));
        assert_non_null(entry.data);
        assert_true(bytes_equal(entry, twin_entry(twin, i)));
    }
    assert_ok(journal_walk_next(walk, &entry, NULL));
    assert_null(entry.data);
    journal_walk_close(&walk);
    for (size_t i = 0; i < 20 && twin->count > 0; i++) {
        size_t index = (size_t)rng_below(&twin->rng, twin->count);
        assert_ok(journal_entry(txn, &twin->journal, index, &entry, NULL));
        assert_true(bytes_equal(entry, twin_entry(twin, index)));
    }
    assert_err(journal_entry(txn, &twin->journal, twin->count, &entry, NULL),
               HL_ENOTFOUND);
}

static void assert_same_proofs(struct twin *twin, struct store_txn *txn)
{
    struct journal_hashes hashes = {.txn = txn, .journal = twin->journal};
    struct hash_source ours = journal_hash_source(&hashes);
    struct hash_source theirs = mem_tree_source(&twin->tree);
    for (size_t i = 0; i < 20 && twin->count > 1; i++) {
        uint64_t size = 1 + rng_below(&twin->rng, twin->count);
        uint64_t index = rng_below(&twin->rng, size);
        struct proof a = {0}, b = {0};
        assert_ok(prove_inclusion(&ours, index, size, &a));
        assert_ok(prove_inclusion(&theirs, index, size, &b));
        assert_memory_equal(&a, &b, sizeof(a));
        assert_ok(prove_consistency(&ours, index + 1, size, &a));
        assert_ok(prove_consistency(&theirs, index + 1, size, &b));
        assert_memory_equal(&a, &b, sizeof(a));
    }
    struct hl_hash hash;
    assert_err(ours.read(ours.context, 0, twin->count, &hash), HL_ENOTFOUND);
    assert_err(ours.read(ours.context, 63, 0, &hash), HL_ENOTFOUND);
}

static void expect_tile(struct twin *twin, const struct tile *tile,
                        struct writer *out)
{
    struct hash_source source = mem_tree_source(&twin->tree);
    for (unsigned i = 0; i < tile->width; i++) {
        uint64_t index = tile->index * TILE_WIDTH + i;
        struct hl_hash hash;
        if (tile->kind == TILE_ENTRIES) {
            assert_ok(bundle_append(twin_entry(twin, (size_t)index), out));
        } else {
            assert_ok(source.read(source.context,
                                  (uint64_t)tile->level * TILE_HEIGHT, index,
                                  &hash));
            writer_bytes(out, bytes_of(&hash, sizeof(hash)));
        }
    }
}

static void assert_same_tile(struct twin *twin, struct store_txn *txn,
                             struct tile tile)
{
    struct writer ours = {0}, theirs = {0};
    unsigned there = tile_width(tile.level, tile.index, twin->count);
    assert_true(there > 0);
    tile.width = 1 + (unsigned)rng_below(&twin->rng, there);
    assert_ok(journal_tile(txn, &twin->journal, &tile, &ours, NULL));
    expect_tile(twin, &tile, &theirs);
    assert_true(bytes_equal(writer_view(&ours), writer_view(&theirs)));
    if (there < TILE_WIDTH) {
        tile.width = there + 1;
        assert_err(journal_tile(txn, &twin->journal, &tile, &ours, NULL),
                   HL_ENOTFOUND);
    }
    writer_fini(&ours);
    writer_fini(&theirs);
}

static void assert_same_tiles(struct twin *twin, struct store_txn *txn)
{
    for (unsigned level = 0; level < 3; level++) {
        uint64_t count = tile_count(level, twin->count);
        if (count == 0) {
            continue;
        }
        struct tile tile = {.kind = TILE_HASHES,
                            .level = level,
                            .index = rng_below(&twin->rng, count)};
        assert_same_tile(twin, txn, tile);
        tile.kind = TILE_ENTRIES;
        if (level == 0) {
            assert_same_tile(twin, txn, tile);
        }
    }
    struct writer none = {0};
    const struct tile beyond = {.kind = TILE_HASHES, .level = 60, .width = 1};
    assert_err(journal_tile(txn, &twin->journal, &beyond, &none, NULL),
               HL_ENOTFOUND);
    assert_int_equal(none.size, 0);
}

static void assert_same(struct twin *twin)
{
    struct store_txn *txn = world_read(&twin->world);
    assert_same_tree(twin, txn);
    assert_same_entries(twin, txn);
    assert_same_proofs(twin, txn);
    assert_same_tiles(twin, txn);
    store_abort(&txn);
}

static void a_journal_is_the_tree_of_its_entries(void **state)
{
    (void)state;
    struct twin twin;
    twin_init(&twin, __func__);
    assert_same(&twin);
    for (int i = 0; i < 60; i++) {
        static const size_t counts[] = {1, 3, 40, 700};
        size_t most = counts[rng_below(&twin.rng, 4)];
        twin_append(&twin, 1 + (size_t)rng_below(&twin.rng, most),
                    rng_below(&twin.rng, 4) == 0 ? 3000 : 200);
        if (i % 6 == 0) {
            world_close(&twin.world);
            world_open(&twin.world);
        }
        assert_same(&twin);
    }
    twin_fini(&twin);
}

static void entries_of_every_size_come_back(void **state)
{
    (void)state;
    struct twin twin;
    static const size_t sizes[] = {0,     1,     2000,  2100,
                                   16361, 16362, 40000, HL_ENTRY_MAX_BYTES};
    twin_init(&twin, __func__);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        twin_add(&twin, sizes[i]);
    }
    struct bytes entries[8];
    for (size_t i = 0; i < 8; i++) {
        entries[i] = twin_entry(&twin, i);
    }
    struct journal_run run = {.entries = entries, .count = 8};
    struct store_txn *txn = world_write(&twin.world);
    assert_ok(journal_append(txn, &twin.journal, &run, NULL));
    assert_ok(store_commit(&txn, NULL));
    assert_same(&twin);
    twin_fini(&twin);
}

static void an_entry_over_the_limit_changes_nothing(void **state)
{
    (void)state;
    struct twin twin;
    struct hl_detail detail = {0};
    twin_init(&twin, __func__);
    twin_append(&twin, 5, 100);
    uint8_t *large = hl_alloc(HL_ENTRY_MAX_BYTES + 1, 1);
    struct bytes entries[2] = {bytes_of("x", 1),
                               bytes_of(large, HL_ENTRY_MAX_BYTES + 1)};
    struct journal_run run = {.entries = entries, .count = 2};
    struct store_txn *txn = world_write(&twin.world);
    assert_err(journal_append(txn, &twin.journal, &run, &detail), HL_ELIMIT);
    assert_non_null(strstr(detail.text, "65535"));
    assert_int_equal(twin.journal.frontier.size, 5);
    store_abort(&txn);
    assert_same(&twin);
    hl_free(large);
    twin_fini(&twin);
}

static void twin_cut(struct twin *twin, size_t size)
{
    struct store_txn *txn = world_write(&twin->world);
    struct hl_detail detail = {0};
    hl_err err = journal_cut(txn, &twin->journal, size,
                             (struct hl_wall){.ms = (int64_t)size}, &detail);
    if (err != HL_OK) {
        print_message("%s\n", detail.text);
    }
    assert_ok(err);
    assert_ok(store_commit(&txn, NULL));
    struct mem_tree shorter = {0};
    mem_tree_append_prefix(&shorter, &twin->tree, size);
    mem_tree_fini(&twin->tree);
    twin->tree = shorter;
    twin->count = size;
    twin->texts.size = size == 0 ? 0 : twin->ends[size - 1];
}

static void a_cut_journal_is_as_if_it_had_never_been_longer(void **state)
{
    (void)state;
    struct twin twin;
    twin_init(&twin, __func__);
    for (int i = 0; i < 40; i++) {
        twin_append(&twin, 1 + (size_t)rng_below(&twin.rng, 600), 200);
        twin_append(&twin, 1, 100);
        size_t cut =
            i % 9 == 8 ? 0 : (size_t)rng_below(&twin.rng, twin.count + 1);
        if (i % 3 == 0) {
            cut = twin.count - (size_t)rng_below(&twin.rng, 3);
        }
        twin_cut(&twin, cut);
        assert_same(&twin);
    }
    twin_fini(&twin);
}

static void journals_do_not_see_each_other(void **state)
{
    (void)state;
    struct store_world world;
    struct journal a, b, found;
    bool there = true;
    struct bytes name, entry;
    world_init(&world);
    struct store_txn *txn = world_write(&world);
    assert_ok(journal_find_or_create(txn, bytes_of_text("zy/b"), &b, NULL));
    assert_ok(journal_find_or_create(txn, bytes_of_text("zy/a"), &a, NULL));
    assert_int_not_equal(a.number, b.number);
    struct bytes one = bytes_of_text("one"), two = bytes_of_text("two");
    struct journal_run run = {.entries = &one, .count = 1};
    assert_ok(journal_append(txn, &a, &run, NULL));
    run.entries = &two;
    assert_ok(journal_append(txn, &b, &run, NULL));
    assert_ok(journal_entry(txn, &a, 0, &entry, NULL));
    assert_true(bytes_equal(entry, one));
    assert_ok(journal_cut(txn, &b, 0, (struct hl_wall){0}, NULL));
    assert_ok(journal_entry(txn, &a, 0, &entry, NULL));
    assert_ok(journal_find(txn, bytes_of_text("zy/c"), &found, &there, NULL));
    assert_false(there);
    assert_ok(journal_next_origin(txn, (struct bytes){0}, &name, &found, NULL));
    assert_true(bytes_equal_text(name, "zy/a"));
    assert_int_equal(found.number, a.number);
    assert_ok(journal_next_origin(txn, name, &name, &found, NULL));
    assert_true(bytes_equal_text(name, "zy/b"));
    assert_ok(journal_next_origin(txn, name, &name, &found, NULL));
    assert_null(name.data);
    assert_ok(store_commit(&txn, NULL));
    world_fini(&world);
}

static void a_name_without_end_makes_no_journal(void **state)
{
    (void)state;
    struct store_world world;
    struct journal journal;
    bool there = true;
    char name[HL_NAME_MAX_BYTES + 1];
    memset(name, 'x', sizeof(name));
    world_init(&world);
    struct store_txn *txn = world_write(&world);
    struct bytes names[] = {bytes_of(name, sizeof(name)), {0}};
    for (size_t i = 0; i < 2; i++) {
        assert_err(journal_find_or_create(txn, names[i], &journal, NULL),
                   HL_ELIMIT);
        assert_ok(journal_find(txn, names[i], &journal, &there, NULL));
        assert_false(there);
    }
    store_abort(&txn);
    world_fini(&world);
}

static struct writer make_note(const struct head *head)
{
    struct checkpoint checkpoint = {.origin = "zy.example/luoyang",
                                    .head = *head};
    struct writer note = {0};
    checkpoint_write(&checkpoint, &note);
    /* Nobody verifies signatures here; the form is enough. */
    writer_text(&note, "\n\xe2\x80\x94 zy.example/luoyang AAAAAAAA\n");
    return note;
}

static void put_checkpoint(struct twin *twin, enum journal_checkpoint_kind kind,
                           const struct head *head)
{
    struct writer note = make_note(head);
    struct store_txn *txn = world_write(&twin->world);
    assert_ok(journal_put_checkpoint(txn, &twin->journal, kind,
                                     writer_view(&note), NULL));
    assert_ok(store_commit(&txn, NULL));
    writer_fini(&note);
}

static bool has_checkpoint(struct twin *twin, enum journal_checkpoint_kind kind)
{
    struct bytes note;
    struct store_txn *txn = world_read(&twin->world);
    assert_ok(journal_checkpoint(txn, &twin->journal, kind, &note, NULL));
    bool there = note.data != NULL;
    store_abort(&txn);
    return there;
}

static void a_cut_takes_the_checkpoints_beyond_it(void **state)
{
    (void)state;
    struct twin twin;
    twin_init(&twin, __func__);
    twin_append(&twin, 50, 100);
    struct head all = mem_tree_head(&twin.tree, 50);
    struct head part = mem_tree_head(&twin.tree, 20);
    assert_false(has_checkpoint(&twin, JOURNAL_NEWEST));
    put_checkpoint(&twin, JOURNAL_NEWEST, &all);
    put_checkpoint(&twin, JOURNAL_SEALED, &part);
    twin_cut(&twin, 20);
    assert_false(has_checkpoint(&twin, JOURNAL_NEWEST));
    assert_true(has_checkpoint(&twin, JOURNAL_SEALED));
    assert_false(has_checkpoint(&twin, JOURNAL_WHOLE));
    put_checkpoint(&twin, JOURNAL_WHOLE, &part);
    twin_cut(&twin, 20);
    assert_true(has_checkpoint(&twin, JOURNAL_WHOLE));
    twin_cut(&twin, 19);
    assert_false(has_checkpoint(&twin, JOURNAL_WHOLE));
    twin_fini(&twin);
}

static void a_cut_leaves_what_was_sealed_or_cosigned(void **state)
{
    (void)state;
    struct twin twin;
    twin_init(&twin, __func__);
    twin_append(&twin, 50, 100);
    struct head all = mem_tree_head(&twin.tree, 50);
    put_checkpoint(&twin, JOURNAL_SEALED, &all);
    put_checkpoint(&twin, JOURNAL_KEPT, &all);
    twin_cut(&twin, 0);
    assert_true(has_checkpoint(&twin, JOURNAL_SEALED));
    assert_true(has_checkpoint(&twin, JOURNAL_KEPT));
    twin_fini(&twin);
}

static size_t end_proof_count(struct twin *twin)
{
    struct proof proof;
    struct store_txn *txn = world_read(&twin->world);
    assert_ok(journal_end_proof(txn, &twin->journal, &proof, NULL));
    store_abort(&txn);
    return proof.count;
}

static void an_end_proof_belongs_to_the_size_it_was_put_at(void **state)
{
    (void)state;
    struct twin twin;
    twin_init(&twin, __func__);
    twin_append(&twin, 50, 100);
    assert_int_equal(end_proof_count(&twin), 0);
    struct proof proof = {.count = 3};
    struct store_txn *txn = world_write(&twin.world);
    assert_ok(journal_put_end_proof(txn, &twin.journal, &proof, NULL));
    assert_ok(store_commit(&txn, NULL));
    assert_int_equal(end_proof_count(&twin), 3);
    twin_append(&twin, 1, 100);
    assert_int_equal(end_proof_count(&twin), 0);
    twin_cut(&twin, 50);
    assert_int_equal(end_proof_count(&twin), 3);
    twin_fini(&twin);
}

static void assert_verify_fails(struct twin *twin, const char *words)
{
    uint64_t entries = 0;
    struct hl_detail detail = {0};
    struct store_txn *txn = world_read(&twin->world);
    assert_err(journal_verify(txn, &twin->journal, &entries, &detail),
               HL_EDAMAGED);
    if (strstr(detail.text, words) == NULL) {
        fail_msg("'%s' does not say '%s'", detail.text, words);
    }
    store_abort(&txn);
}

static void verification_finds_what_a_program_spoilt(void **state)
{
    (void)state;
    struct twin twin;
    twin_init(&twin, __func__);
    twin_append(&twin, 600, 100);
    struct head head = mem_tree_head(&twin.tree, 300);
    put_checkpoint(&twin, JOURNAL_NEWEST, &head);
    assert_same(&twin);
    uint32_t number = twin.journal.number;
    const struct {
        enum store_table table;
        struct store_key key;
        size_t at;
        const char *words;
    } rows[] = {
        {STORE_ENTRIES, key_entry(number, 0), 7, "tile level 0"},
        {STORE_TILES, key_tile(number, 0, 2), 40, "tile level 0"},
        {STORE_TILES, key_tile(number, 1, 0), 1, "tile level 1"},
        {STORE_CHECKPOINTS, key_checkpoint(number, JOURNAL_NEWEST), 30,
         "heckpoint"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes key = key_view(&rows[i].key), value;
        struct store_txn *txn = world_write(&twin.world);
        assert_ok(store_get(txn, rows[i].table, key, &value, NULL));
        uint8_t *copy = hl_copy(value.data, value.size);
        copy[rows[i].at] ^= 1;
        assert_ok(store_put(txn, rows[i].table, key, bytes_of(copy, value.size),
                            NULL));
        assert_ok(store_commit(&txn, NULL));
        assert_verify_fails(&twin, rows[i].words);
        copy[rows[i].at] ^= 1;
        txn = world_write(&twin.world);
        assert_ok(store_put(txn, rows[i].table, key, bytes_of(copy, value.size),
                            NULL));
        assert_ok(store_commit(&txn, NULL));
        hl_free(copy);
        assert_same(&twin);
    }
    twin_fini(&twin);
}

static void verification_finds_what_is_missing_and_too_much(void **state)
{
    (void)state;
    struct twin twin;
    twin_init(&twin, __func__);
    twin_append(&twin, 10, 100);
    twin_append(&twin, 10, 100);
    struct store_key middle = key_entry(twin.journal.number, 10);
    struct store_key beyond = key_entry(twin.journal.number, 20);
    struct store_txn *txn = world_write(&twin.world);
    assert_ok(store_put(txn, STORE_ENTRIES, key_view(&beyond),
                        bytes_of("\0\1x", 3), NULL));
    assert_ok(store_commit(&txn, NULL));
    assert_verify_fails(&twin, "behind the end");
    txn = world_write(&twin.world);
    assert_ok(store_delete(txn, STORE_ENTRIES, key_view(&middle), NULL));
    assert_ok(store_commit(&txn, NULL));
    assert_verify_fails(&twin, "entry 10 is missing");
    struct bytes entry;
    txn = world_read(&twin.world);
    assert_err(journal_entry(txn, &twin.journal, 15, &entry, NULL),
               HL_EDAMAGED);
    assert_ok(journal_entry(txn, &twin.journal, 9, &entry, NULL));
    store_abort(&txn);
    twin_fini(&twin);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_journal_is_the_tree_of_its_entries),
        cmocka_unit_test(entries_of_every_size_come_back),
        cmocka_unit_test(an_entry_over_the_limit_changes_nothing),
        cmocka_unit_test(a_cut_journal_is_as_if_it_had_never_been_longer),
        cmocka_unit_test(journals_do_not_see_each_other),
        cmocka_unit_test(a_name_without_end_makes_no_journal),
        cmocka_unit_test(a_cut_takes_the_checkpoints_beyond_it),
        cmocka_unit_test(a_cut_leaves_what_was_sealed_or_cosigned),
        cmocka_unit_test(an_end_proof_belongs_to_the_size_it_was_put_at),
        cmocka_unit_test(verification_finds_what_a_program_spoilt),
        cmocka_unit_test(verification_finds_what_is_missing_and_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
