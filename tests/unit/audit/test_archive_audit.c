/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "federation/message/message.h"
#include "node/audit/archive.h"
#include "node/audit/archive_audit.h"
#include "node/audit/audit_store.h"
#include "protocol/entry/entry.h"
#include "protocol/note/cosignature.h"
#include "tests/support/scratch.h"
#include "tests/unit/certs/charter_world.h"

#define ALLIANCE "zhongyuan.example"
#define ZHENGZHOU ALLIANCE "/zhengzhou"
enum { WHEN = 1790000000, NODES = 3, PATHS_MAX = 3 };

/* A charter whose keys we hold: jinan, luoyang, zhengzhou, by their place. The
 * first two keep the third, with quorum 2. */
static struct world world;
static struct charter charter;
static struct signer journals[NODES], mirrors[NODES];

static char folder[256];
static char paths[PATHS_MAX][300];
static struct audit_store *store;
static struct audit audit;
static const char *culprit;

static void make_signer(const char *name, enum vkey_kind kind,
                        struct signer *out)
{
    uint8_t seed[32];
    rng_fill(&world.rng, seed, sizeof(seed));
    assert_ok(signer_ed25519(bytes_of_text(name), kind, seed, out));
}

static int set_up(void **state)
{
    (void)state;
    scratch_make(folder, sizeof(folder));
    world_init(&world, "audit");
    world_charter(&world, &charter);
    for (size_t i = 0; i < NODES; i++) {
        char name[CHARTER_DOMAIN_BYTES + 100];
        struct charter_node *node = &charter.nodes[i];
        snprintf(name, sizeof(name), "%s/%s", ALLIANCE, node->id);
        make_signer(name, VKEY_ED25519, &journals[i]);
        snprintf(name, sizeof(name), "%s/%s/mirror", ALLIANCE, node->id);
        make_signer(name, VKEY_COSIGNATURE, &mirrors[i]);
        node->journal_keys[0].vkey = journals[i].vkey;
        node->keys[0].vkey = mirrors[i].vkey;
    }
    for (size_t i = 0; i < PATHS_MAX; i++) {
        snprintf(paths[i], sizeof(paths[i]), "%s/%zu.archive", folder, i);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    audit_store_close(&store);
    audit_fini(&audit);
    for (size_t i = 0; i < NODES; i++) {
        signer_fini(&journals[i]);
        signer_fini(&mirrors[i]);
    }
    charter_fini(&charter);
    world_fini(&world);
    scratch_remove(folder);
    return 0;
}

/* --- Archives. ----------------------------------------------------------- */

/* Entries of zhengzhou's from `first` on, under a checkpoint over all up to
 * their end. */
struct made {
    uint64_t first, end;
    uint64_t forks_at; /* from where on it is another history; 0: nowhere */
    unsigned mask;     /* keepers' lines on the checkpoint */
    bool lies;         /* the checkpoint is over something else */
    bool only_seal;    /* none of the entries */
};

static void make_entry(const struct made *made, uint64_t index,
                       struct writer *out)
{
    bool other = made->forks_at != 0 && index >= made->forks_at;
    struct entry entry = {
        .origin = bytes_of_text(ZHENGZHOU),
        .index = index,
        .recorded_at = {(int64_t)index + (other ? 1 : 0)},
        .body_type = entry_body_type(9999, false),
        .body = bytes_of_text(""),
    };
    assert_ok(entry_encode(&entry, out, NULL));
}

static void make_note(const struct made *made, const struct frontier *frontier,
                      struct writer *out)
{
    struct checkpoint checkpoint = {
        .head = {frontier->size, frontier_root(frontier)}};
    struct writer text = {0};
    checkpoint.head.root.bytes[0] ^= made->lies ? 1 : 0;
    snprintf(checkpoint.origin, sizeof(checkpoint.origin), "%s", ZHENGZHOU);
    checkpoint_write(&checkpoint, &text);
    note_begin(writer_view(&text), out);
    assert_ok(note_sign(writer_view(&text), &journals[2], out));
    for (size_t i = 0; i < NODES; i++) {
        if ((made->mask >> i & 1) != 0) {
            assert_ok(
                cosignature_sign(writer_view(&text), &mirrors[i], WHEN, out));
        }
    }
    writer_fini(&text);
}

static void make(size_t path, struct made made)
{
    (void)unlink(paths[path]); /* made before */
    struct segment_codec *codec = segment_codec_create();
    struct archive archive = {0};
    struct frontier frontier;
    struct writer note = {0}, bundle = {0}, raw = {0};
    frontier_init(&frontier);
    for (uint64_t i = 0; i < made.end; i++) {
        struct writer entry = {0};
        make_entry(&made, i, &entry);
        struct hl_hash leaf = merkle_leaf(writer_view(&entry));
        frontier_append(&frontier, &leaf);
        if (i >= made.first) {
            assert_ok(bundle_append(writer_view(&entry), &bundle));
        }
        writer_fini(&entry);
    }
    make_note(&made, &frontier, &note);
    struct sync_message message = {
        .kind = SYNC_SEGMENT,
        .segment = {.origin = bytes_of_text(ZHENGZHOU),
                    .first = made.first,
                    .count = (uint32_t)(made.end - made.first),
                    .bundle = writer_view(&bundle),
                    .checkpoint = writer_view(&note)}};
    if (made.only_seal) {
        message =
            (struct sync_message){.kind = SYNC_HAVE,
                                  .have = {.origin = bytes_of_text(ZHENGZHOU),
                                           .sealed = writer_view(&note)}};
    }
    assert_ok(sync_encode(codec, &message, true, &raw));
    assert_ok(archive_create(paths[path], &archive, NULL));
    assert_ok(archive_put(&archive, writer_view(&raw), NULL));
    assert_ok(archive_finish(&archive, NULL));
    archive_close(&archive);
    writer_fini(&raw);
    writer_fini(&bundle);
    writer_fini(&note);
    segment_codec_destroy(codec);
}

/* The first so many, into a store. */
static hl_err read_by(const struct charter *const *charters, size_t count,
                      size_t path_count)
{
    const char *all[PATHS_MAX] = {paths[0], paths[1], paths[2]};
    audit_store_close(&store);
    audit_fini(&audit);
    assert_ok(audit_store_open(1 << 20, &store, NULL));
    const struct audit_input input = {.paths = all,
                                      .path_count = path_count,
                                      .charters = charters,
                                      .charter_count = count,
                                      .sink = audit_store_sink(store)};
    return audit_read(&input, &audit, &culprit, NULL);
}

static hl_err read_some(size_t path_count)
{
    const struct charter *holds = &charter;
    return read_by(&holds, 1, path_count);
}

static void has(uint64_t size, uint64_t sealed)
{
    const struct audit_journal *found =
        audit_find(&audit, bytes_of_text(ZHENGZHOU));
    assert_non_null(found);
    assert_int_equal(found->frontier.size, size);
    assert_int_equal(found->sealed, sealed);
}

/* --- Tests. -------------------------------------------------------------- */

static void what_a_quorum_sealed_is_sealed(void **state)
{
    (void)state;
    struct store_txn *txn = NULL;
    struct journal journal;
    struct half half;
    struct bytes note;
    bool found = false;
    make(0, (struct made){.end = 5, .mask = 3});
    assert_ok(read_some(1));
    has(5, 5);
    assert_ok(audit_store_finish(store, &audit, &txn, NULL));
    assert_ok(
        journal_find(txn, bytes_of_text(ZHENGZHOU), &journal, &found, NULL));
    assert_true(found);
    struct head head = journal_head(&journal);
    struct hl_hash root = frontier_root(&audit.journals[0]->frontier);
    assert_true(hash_equal(&head.root, &root));
    assert_ok(projection_half(txn, journal.number, &half, NULL));
    assert_int_equal(half.size, 5);
    assert_ok(journal_checkpoint(txn, &journal, JOURNAL_SEALED, &note, NULL));
    assert_true(note.size > 0);
    store_abort(&txn);
    make(1, (struct made){.first = 5, .end = 8, .mask = 1}); /* one of two */
    assert_ok(read_some(2));
    has(8, 5);
}

static void archives_may_overlap(void **state)
{
    (void)state;
    make(0, (struct made){.end = 5, .mask = 3});
    make(1, (struct made){.end = 700});
    make(2, (struct made){.first = 3, .end = 600});
    assert_ok(read_some(3));
    has(700, 5);
    make(0, (struct made){.end = 700});
    make(1, (struct made){.first = 2, .end = 5, .mask = 3});
    assert_ok(read_some(2)); /* what is sealed is known before */
    has(700, 5);
}

static void two_histories_are_shown_by_the_files_that_have_them(void **state)
{
    (void)state;
    make(0, (struct made){.end = 5});
    make(1, (struct made){.end = 5, .forks_at = 4});
    assert_int_equal(read_some(2), HL_EDIFFERS);
    assert_string_equal(culprit, paths[1]);
    make(1,
         (struct made){.end = 4, .forks_at = 3, .mask = 3, .only_seal = true});
    assert_int_equal(read_some(2), HL_EDIFFERS);
    assert_string_equal(culprit, paths[1]); /* sealed so by that one */
    assert_ok(read_some(1));
    has(5, 0);
}

static void what_begins_behind_a_gap_is_refused(void **state)
{
    (void)state;
    make(0, (struct made){.end = 5});
    make(1, (struct made){.first = 6, .end = 8});
    assert_int_equal(read_some(2), HL_EAHEAD);
    assert_string_equal(culprit, paths[1]);
}

static void entries_that_their_author_did_not_sign_are_refused(void **state)
{
    (void)state;
    make(0, (struct made){.end = 5, .lies = true});
    assert_int_equal(read_some(1), HL_EPROOF);
    charter.nodes[2].journal_keys[0].vkey = journals[0].vkey;
    make(0, (struct made){.end = 5});
    assert_int_equal(read_some(1), HL_ENOKEY);
}

static void what_a_former_charter_sealed_stays_sealed(void **state)
{
    (void)state;
    struct charter former = charter;
    struct charter_node nodes[NODES];
    memcpy(nodes, charter.nodes, sizeof(nodes));
    former.nodes = nodes;
    nodes[2].quorum = 1;
    const struct charter *const chain[] = {&charter, &former};
    make(0, (struct made){.end = 5, .mask = 1});
    assert_ok(read_by(chain, 2, 1));
    has(5, 5);
    assert_ok(read_by(chain, 1, 1));
    has(5, 0);
}

static void a_stores_files_have_no_name(void **state)
{
    (void)state;
    size_t names = 0;
    const char *old = getenv("TMPDIR");
    char *before = old == NULL ? NULL : strdup(old);
    assert_int_equal(setenv("TMPDIR", folder, 1), 0);
    make(0, (struct made){.end = 700});
    assert_ok(read_some(1));
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        names++;
    }
    closedir(dir);
    assert_int_equal(names, 3); /* ".", "..", the archive */
    if (before == NULL) {
        unsetenv("TMPDIR");
    } else {
        setenv("TMPDIR", before, 1);
    }
    free(before);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_WORLD(what_a_quorum_sealed_is_sealed),
        IN_WORLD(archives_may_overlap),
        IN_WORLD(two_histories_are_shown_by_the_files_that_have_them),
        IN_WORLD(what_begins_behind_a_gap_is_refused),
        IN_WORLD(entries_that_their_author_did_not_sign_are_refused),
        IN_WORLD(what_a_former_charter_sealed_stays_sealed),
        IN_WORLD(a_stores_files_have_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
