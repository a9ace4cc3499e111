/* SPDX-License-Identifier: Apache-2.0 */

/* Which key of fingerprints a node uses: what coordinators' journals say, what
 * has come of it, and its own file. */

#include "node/service/key_ring.h"

#include <sodium.h>
#include <string.h>

#include "heluo/v1/blob.pb-c.h"
#include "node/ledger/blob_entry.h"
#include "tests/support/support.h"
#include "tests/unit/projection/world.h"

#define A "zy.example/anhui"
#define H "zy.example/henan"
#define Z "zy.example/zhengzhou"
#define ALL "anhui henan zhengzhou"

enum { BLOBS_MAX = 16 };

/* Blobs in memory; those that are away have not come. */
struct shelf {
    size_t count;
    struct shelved {
        struct blob_name name;
        struct writer form;
        bool away;
    } items[BLOBS_MAX];
};

struct stage {
    struct world world;
    struct shelf shelf;
    struct blob_key own;
    struct charter charter;
    struct key_ring *ring;
    struct fingerprint_keys keys; /* as of the last look */
};

static struct shelved *find(struct shelf *shelf, const struct blob_name *name)
{
    for (size_t i = 0; i < shelf->count; i++) {
        if (hash_equal(&shelf->items[i].name.id, &name->id) &&
            strcmp(shelf->items[i].name.node, name->node) == 0) {
            return &shelf->items[i];
        }
    }
    return NULL;
}

static void held(void *context, const struct blob_name *name,
                 const struct blob_seal *seal, struct blob_held *out)
{
    const struct shelved *blob = find(context, name);
    (void)seal;
    *out = (struct blob_held){.whole = blob != NULL && !blob->away};
}

static hl_err read_blob(void *context, const struct blob_name *name,
                        const struct blob_seal *seal, uint64_t index,
                        struct writer *out, struct hl_detail *detail)
{
    (void)seal;
    (void)detail;
    assert_int_equal(index, 0);
    writer_bytes(out, writer_view(&find(context, name)->form));
    return HL_OK;
}

/* --- The stage. ---------------------------------------------------------- */

static void add_node(struct stage *stage, const char *id, bool coordinates,
                     uint64_t end)
{
    struct charter_node *node = NULL;
    assert_ok(
        charter_add_node(&stage->charter, bytes_of_text(id), &node, NULL));
    node->roles[CHARTER_COORDINATOR] = (struct charter_grant){
        .granted = coordinates, .ended = end > 0, .end = {.size = end}};
}

/* At zhengzhou; anhui's role ends where its journal has `end` entries. */
static void begin(struct stage *stage, uint64_t end)
{
    *stage = (struct stage){0};
    world_init(&stage->world);
    memset(stage->own.private, 7, BLOB_KEY_BYTES);
    assert_int_equal(
        crypto_scalarmult_base(stage->own.public, stage->own.private), 0);
    charter_init(&stage->charter);
    (void)snprintf(stage->charter.alliance, sizeof(stage->charter.alliance),
                   "zy.example");
    add_node(stage, "anhui", true, end);
    add_node(stage, "henan", true, 0);
    add_node(stage, "zhengzhou", false, 0);
    struct key_ring_options options = {.store = stage->world.store,
                                       .node = "zhengzhou"};
    struct blob_store store = {
        .context = &stage->shelf, .held = held, .read = read_blob};
    stage->ring = key_ring_create(&options);
    key_ring_set_blobs(stage->ring, &store, &stage->own, 1);
    key_ring_set_charter(stage->ring, &stage->charter);
    world_begin(&stage->world);
}

static void end(struct stage *stage)
{
    key_ring_destroy(&stage->ring);
    charter_fini(&stage->charter);
    for (size_t i = 0; i < stage->shelf.count; i++) {
        writer_fini(&stage->shelf.items[i].form);
    }
    fingerprint_forget(&stage->keys);
    world_fini(&stage->world);
}

static void look(struct stage *stage)
{
    world_commit(&stage->world);
    key_ring_look(stage->ring);
    key_ring_now(stage->ring, &stage->keys);
    world_begin(&stage->world);
}

static struct fingerprint_key key_of(uint32_t version, uint8_t fill)
{
    struct fingerprint_key key = {.version = version};
    memset(key.secret, fill, sizeof(key.secret));
    return key;
}

static void seal(struct stage *stage, struct bytes document,
                 struct shelved *out)
{
    static uint8_t number;
    uint8_t readers[1][BLOB_KEY_BYTES], seeds[1][BLOB_SEED_BYTES] = {{9}};
    uint8_t salt[BLOB_SALT_BYTES] = {++number}, key[BLOB_KEY_BYTES] = {number};
    struct blob_sealer *sealer = NULL;
    memcpy(readers[0], stage->own.public, BLOB_KEY_BYTES);
    struct blob_sealing sealing = {
        .head = {.size = document.size},
        .readers = (const uint8_t(*)[BLOB_KEY_BYTES])readers,
        .reader_count = 1,
        .salt = salt,
        .key = key,
        .seeds = (const uint8_t(*)[BLOB_SEED_BYTES])seeds,
    };
    assert_ok(blob_sealer_create(&sealing, &out->form, &sealer, NULL));
    assert_ok(blob_sealer_add(sealer, document, &out->form, NULL));
    assert_ok(blob_sealer_finish(sealer, &out->form, &out->name.id, NULL));
    blob_sealer_destroy(&sealer);
}

/* An entry of that journal: such a blob is that version. */
static struct shelved *state(struct stage *stage, const char *origin,
                             const struct fingerprint_key *stated,
                             struct bytes document, const char *readers)
{
    struct shelved *blob = &stage->shelf.items[stage->shelf.count++];
    struct hl_hash digest = fingerprint_digest(stated);
    struct hl_hash root = hash_bytes(bytes_of_text("root"));
    struct writer body = {0};
    seal(stage, document, blob);
    (void)snprintf(blob->name.node, sizeof(blob->name.node), "%s",
                   strchr(origin, '/') + 1);
    struct blob_put put = {
        .id = bytes_of(blob->name.id.bytes, HL_HASH_BYTES),
        .kind = HELUO__V1__BLOB_KIND__BLOB_KIND_FINGERPRINT_KEY,
        .size = blob->form.size,
        .root = bytes_of(root.bytes, HL_HASH_BYTES),
        .readers = bytes_of_text(readers),
        .key_version = stated->version,
        .key_digest = bytes_of(digest.bytes, HL_HASH_BYTES),
    };
    record_encode(&blob_record, &put, &body);
    world_append_body(&stage->world, origin,
                      entry_body_type(BLOB_BODY_PUT, false),
                      writer_view(&body));
    writer_fini(&body);
    assert_int_equal(world_half(&stage->world, origin).invalid, 0);
    return blob;
}

static struct shelved *hand(struct stage *stage, const char *origin,
                            uint32_t version, uint8_t fill)
{
    struct fingerprint_key key = key_of(version, fill);
    return state(stage, origin, &key, bytes_of(key.secret, sizeof(key.secret)),
                 ALL);
}

static void erase(struct stage *stage, const char *origin,
                  const struct shelved *blob)
{
    struct writer body = {0};
    struct blob_erase named = {
        .id = bytes_of(blob->name.id.bytes, HL_HASH_BYTES)};
    record_encode(&blob_erasing, &named, &body);
    world_append_body(&stage->world, origin,
                      entry_body_type(BLOB_BODY_ERASE, false),
                      writer_view(&body));
    writer_fini(&body);
}

static void assert_uses(struct stage *stage, uint32_t version, uint8_t fill,
                        uint32_t former, uint8_t former_fill)
{
    struct fingerprint_key keys[] = {key_of(version, fill),
                                     key_of(former, former_fill)};
    size_t count = version == 0 ? 0 : former == 0 ? 1 : 2;
    look(stage);
    assert_int_equal(stage->keys.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(stage->keys.items[i].version, keys[i].version);
        assert_memory_equal(stage->keys.items[i].secret, keys[i].secret,
                            FINGERPRINT_KEY_BYTES);
    }
}

static struct key_ring_version shown(struct stage *stage, size_t i)
{
    struct key_ring_view view;
    key_ring_view(stage->ring, &view);
    assert_true(i < view.count);
    return view.items[i];
}

/* --- The rules. ---------------------------------------------------------- */

static void the_two_newest_that_are_here_are_used(void **unused)
{
    struct stage stage;
    struct fingerprint_key found;
    struct key_ring_view view;
    (void)unused;
    begin(&stage, 0);
    assert_uses(&stage, 0, 0, 0, 0);
    hand(&stage, H, 1, 11);
    assert_uses(&stage, 1, 11, 0, 0);
    hand(&stage, H, 2, 12);
    assert_uses(&stage, 2, 12, 1, 11);
    struct shelved *third = hand(&stage, A, 3, 13);
    third->away = true;
    assert_uses(&stage, 2, 12, 1, 11);
    assert_int_equal(shown(&stage, 0).err, HL_EAWAY);
    key_ring_view(stage.ring, &view);
    assert_int_equal(key_ring_lacks(&view)->version, 3);
    third->away = false; /* it comes, and no journal says more */
    assert_uses(&stage, 3, 13, 2, 12);
    assert_true(key_ring_find(stage.ring, 1, &found));
    assert_false(key_ring_find(stage.ring, 4, &found));
    end(&stage);
}

static void of_two_keys_of_one_version_the_lowest_journals_counts(void **unused)
{
    struct stage stage;
    struct key_ring_view view;
    (void)unused;
    begin(&stage, 0);
    hand(&stage, H, 5, 51);
    assert_uses(&stage, 5, 51, 0, 0);
    assert_string_equal(shown(&stage, 0).rival, "");
    hand(&stage, A, 5, 52); /* in whatever order they come */
    hand(&stage, A, 5, 53);
    assert_uses(&stage, 5, 52, 0, 0);
    assert_string_equal(shown(&stage, 0).origin, A);
    assert_string_equal(shown(&stage, 0).rival, A);
    key_ring_view(stage.ring, &view);
    assert_int_equal(key_ring_rivalled(&view)->version, 5);
    end(&stage);
}

static void who_is_no_coordinator_is_not_heard(void **unused)
{
    struct stage stage;
    (void)unused;
    begin(&stage, 1);
    hand(&stage, Z, 9, 91);
    assert_uses(&stage, 0, 0, 0, 0);
    hand(&stage, A, 1, 11);
    hand(&stage, A, 2, 12); /* its role has ended */
    assert_uses(&stage, 1, 11, 0, 0);
    assert_int_equal(shown(&stage, 0).version, 1);
    stage.charter.nodes[0].roles[CHARTER_COORDINATOR].ended = false;
    key_ring_set_charter(stage.ring, &stage.charter);
    assert_uses(&stage, 2, 12, 1, 11);
    stage.charter.nodes[0].ended = true;
    stage.charter.nodes[0].end.size = 1;
    key_ring_set_charter(stage.ring, &stage.charter);
    assert_uses(&stage, 1, 11, 0, 0);
    end(&stage);
}

static void only_the_key_of_its_entry_is_taken(void **unused)
{
    struct stage stage;
    struct fingerprint_key key = key_of(4, 41), other = key_of(4, 42);
    (void)unused;
    begin(&stage, 0);
    state(&stage, H, &key, bytes_of(other.secret, sizeof(other.secret)), ALL);
    assert_uses(&stage, 0, 0, 0, 0);
    assert_int_equal(shown(&stage, 0).err, HL_EPROOF);
    state(&stage, H, &key, bytes_of(key.secret, 31), ALL);
    assert_uses(&stage, 0, 0, 0, 0);
    assert_int_equal(shown(&stage, 0).err, HL_EPROOF);
    /* Any of its blobs will do, another coordinator's too. */
    state(&stage, A, &key, bytes_of(key.secret, sizeof(key.secret)), ALL);
    assert_uses(&stage, 4, 41, 0, 0);
    assert_string_equal(shown(&stage, 0).rival, "");
    end(&stage);
}

static void what_is_sealed_to_others_is_told(void **unused)
{
    struct stage stage;
    struct fingerprint_key key = key_of(4, 41);
    (void)unused;
    begin(&stage, 0);
    state(&stage, H, &key, bytes_of(key.secret, sizeof(key.secret)),
          "anhui henan");
    assert_uses(&stage, 0, 0, 0, 0);
    assert_int_equal(shown(&stage, 0).err, HL_EDENIED);
    state(&stage, H, &key, bytes_of(key.secret, sizeof(key.secret)),
          "henan zhengzhou")
        ->away = true;
    assert_uses(&stage, 0, 0, 0, 0);
    assert_int_equal(shown(&stage, 0).err, HL_EAWAY);
    end(&stage);
}

static void what_is_erased_is_used_no_more(void **unused)
{
    struct stage stage;
    uint32_t newest = 0;
    struct hl_detail detail = {0};
    (void)unused;
    begin(&stage, 0);
    struct shelved *first = hand(&stage, H, 1, 11);
    struct shelved *second = hand(&stage, H, 2, 12);
    struct shelved *again = hand(&stage, H, 2, 12);
    assert_uses(&stage, 2, 12, 1, 11);
    erase(&stage, H, second);
    assert_uses(&stage, 2, 12, 1, 11); /* there is another blob of it */
    erase(&stage, H, first);
    assert_uses(&stage, 2, 12, 0, 0);
    erase(&stage, H, again);
    assert_uses(&stage, 0, 0, 0, 0);
    /* Its number is spent. */
    assert_ok(key_ring_newest(stage.ring, stage.world.txn, &newest, &detail));
    assert_int_equal(newest, 2);
    end(&stage);
}

static void the_file_serves_where_no_coordinator_speaks(void **unused)
{
    struct stage stage;
    struct fingerprint_keys file = {.count = 2,
                                    .items = {key_of(3, 30), key_of(2, 12)}};
    (void)unused;
    begin(&stage, 0);
    key_ring_set_file(stage.ring, &file);
    assert_uses(&stage, 3, 30, 2, 12);
    assert_string_equal(shown(&stage, 0).origin, "");
    struct shelved *second = hand(&stage, H, 2, 12);
    second->away = true; /* the file has the very key */
    assert_uses(&stage, 3, 30, 2, 12);
    assert_string_equal(shown(&stage, 1).origin, H);
    hand(&stage, H, 3, 33);
    assert_uses(&stage, 3, 33, 2, 12);
    assert_string_equal(shown(&stage, 0).rival, "file");
    file.items[0] = key_of(4, 40);
    key_ring_set_file(stage.ring, &file);
    assert_uses(&stage, 4, 40, 3, 33);
    end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_two_newest_that_are_here_are_used),
        cmocka_unit_test(of_two_keys_of_one_version_the_lowest_journals_counts),
        cmocka_unit_test(who_is_no_coordinator_is_not_heard),
        cmocka_unit_test(only_the_key_of_its_entry_is_taken),
        cmocka_unit_test(what_is_sealed_to_others_is_told),
        cmocka_unit_test(what_is_erased_is_used_no_more),
        cmocka_unit_test(the_file_serves_where_no_coordinator_speaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
