/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/engine/world_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/cheap_keys.h"

/* --- Keys and charter. --------------------------------------------------- */

struct signer world_make_key(struct engine_world *world, const char *name,
                             enum vkey_kind kind)
{
    uint8_t seed[32];
    struct signer signer;
    rng_fill(&world->rng, seed, sizeof(seed));
    assert_ok(cheap_signer(bytes_of_text(name), kind, seed, &signer));
    return signer;
}

static void add_to_charter(struct charter *charter, const struct world_node *of)
{
    struct charter_node *node = NULL;
    assert_ok(charter_add_node(charter, bytes_of_text(of->id), &node, NULL));
    memcpy(node->region, "410100", CHARTER_REGION_BYTES);
    (void)snprintf(node->endpoints[0], CHARTER_ENDPOINT_BYTES, "%s.example:1",
                   of->id);
    node->endpoint_count = 1;
    assert_ok(charter_add_journal_key(
        node,
        &(struct charter_journal_key){.succession = CHARTER_FIRST,
                                      .from = head_empty(),
                                      .vkey = of->journal_key.vkey},
        NULL));
    assert_ok(charter_add_key(node,
                              &(struct charter_key){.purpose = CHARTER_MIRROR,
                                                    .from_s = 1,
                                                    .until_s = CHARTER_NO_END,
                                                    .vkey = of->mirror.vkey},
                              NULL));
}

static void set_keepers(struct engine_world *world, struct charter *charter,
                        size_t number, size_t keepers, size_t quorum)
{
    struct charter_node *node = charter_find_node_mutable(
        charter, bytes_of_text(world->nodes[number]->id));
    node->keeper_count = keepers;
    node->quorum = quorum;
    for (size_t k = 0; k < keepers; k++) {
        size_t keeper = (number + 1 + k) % world->member_count;
        memcpy(node->keepers[k], world->nodes[keeper]->id, CHARTER_LABEL_BYTES);
    }
    qsort(node->keepers, keepers, CHARTER_LABEL_BYTES,
          (int (*)(const void *, const void *))strcmp);
}

void world_sign_charter(struct engine_world *world, struct charter *charter)
{
    struct writer text = {0};
    struct hl_detail detail = {0};
    struct charter parsed;
    charter_write(charter, &text);
    writer_clear(&world->charter);
    note_begin(writer_view(&text), &world->charter);
    assert_ok(
        note_sign(writer_view(&text), &world->coordinator, &world->charter));
    charter_init(&parsed);
    if (charter_parse(writer_view(&world->charter), &parsed, &detail) !=
        HL_OK) {
        fail_msg("%s", detail.text);
    }
    if (charter->version == 1) {
        world->pin = parsed.hash;
    }
    charter_fini(&parsed);
    writer_fini(&text);
}

void world_found(struct engine_world *world, size_t keepers, size_t quorum)
{
    struct charter charter;
    charter_init(&charter);
    memcpy(charter.alliance, ALLIANCE, sizeof(ALLIANCE));
    charter.version = 1;
    charter.threshold = 1;
    assert_ok(
        charter_add_coordinator(&charter, &world->coordinator.vkey, NULL));
    for (size_t i = 0; i < world->member_count; i++) {
        add_to_charter(&charter, world->nodes[i]);
    }
    for (size_t i = 0; i < world->member_count && keepers > 0; i++) {
        set_keepers(world, &charter, i, keepers, quorum);
    }
    world_sign_charter(world, &charter);
    charter_fini(&charter);
}

/* --- The next one. */

void world_draft(struct engine_world *world, struct charter *out)
{
    struct charter now;
    struct writer text = {0};
    charter_init(&now);
    assert_ok(charter_parse(writer_view(&world->charter), &now, NULL));
    charter_write(&now, &text);
    charter_init(out);
    assert_ok(charter_parse_text(writer_view(&text), out, NULL));
    out->version = now.version + 1;
    out->previous = now.hash;
    charter_fini(&now);
    writer_fini(&text);
}

void world_enact(struct engine_world *world, struct charter *draft,
                 struct world_node *at)
{
    world_sign_charter(world, draft);
    charter_fini(draft);
    struct engine_event event = {.kind = ENGINE_CHARTER,
                                 .note = writer_view(&world->charter)};
    world_event(at, &event);
}

void world_new_key(struct world_node *node, struct charter *draft,
                   enum charter_succession how, const struct head *from)
{
    struct charter_node *in =
        charter_find_node_mutable(draft, bytes_of_text(node->id));
    char name[200];
    (void)snprintf(name, sizeof(name), ALLIANCE "/%s", node->id);
    node->next_key = world_make_key(node->world, name, VKEY_ED25519);
    assert_ok(charter_add_journal_key(
        in,
        &(struct charter_journal_key){
            .succession = how, .from = *from, .vkey = node->next_key.vkey},
        NULL));
}

void world_take_key(struct world_node *node)
{
    node->old_key = node->journal_key;
    node->journal_key = node->next_key;
    node->next_key = (struct signer){0};
    node->has_no_mark = false; /* it is made with the key */
}

void world_new_mirror(struct world_node *node, struct charter *draft)
{
    struct charter_node *in =
        charter_find_node_mutable(draft, bytes_of_text(node->id));
    char name[220];
    (void)snprintf(name, sizeof(name), ALLIANCE "/%s/mirror", node->id);
    signer_fini(&node->mirror);
    node->mirror = world_make_key(node->world, name, VKEY_COSIGNATURE);
    int64_t now_s = (node->world->wall_ms + node->world->now_ns / MS) / 1000;
    for (size_t k = 0; k < in->key_count; k++) {
        if (in->keys[k].purpose == CHARTER_MIRROR &&
            in->keys[k].until_s == CHARTER_NO_END) {
            in->keys[k].until_s = now_s;
        }
    }
    assert_ok(charter_add_key(in,
                              &(struct charter_key){.purpose = CHARTER_MIRROR,
                                                    .from_s = now_s,
                                                    .until_s = CHARTER_NO_END,
                                                    .vkey = node->mirror.vkey},
                              NULL));
}

void world_sign_by(struct charter *draft, const struct signer *const *signers,
                   size_t count, struct writer *out, struct hl_hash *hash)
{
    struct writer text = {0};
    charter_write(draft, &text);
    charter_fini(draft);
    writer_clear(out);
    note_begin(writer_view(&text), out);
    for (size_t i = 0; i < count; i++) {
        assert_ok(note_sign(writer_view(&text), signers[i], out));
    }
    *hash = hash_bytes(writer_view(&text));
    writer_fini(&text);
}

void world_give(struct world_node *node, const struct writer *charter)
{
    struct engine_event event = {.kind = ENGINE_CHARTER,
                                 .note = writer_view(charter)};
    world_event(node, &event);
}

void world_keep_by(struct charter *draft, const char *node,
                   const char *const *keepers)
{
    struct charter_node *kept =
        charter_find_node_mutable(draft, bytes_of_text(node));
    for (size_t i = 0; i < kept->keeper_count; i++) {
        memcpy(kept->keepers[i], keepers[i], strlen(keepers[i]) + 1);
    }
}

void world_end(struct charter *draft, const char *node, const struct head *end)
{
    struct charter_node *ended =
        charter_find_node_mutable(draft, bytes_of_text(node));
    ended->ended = true;
    ended->end = *end;
    for (size_t i = 0; i < draft->node_count; i++) {
        struct charter_node *other = &draft->nodes[i];
        size_t left = 0;
        for (size_t k = 0; k < other->keeper_count; k++) {
            if (strcmp(other->keepers[k], node) != 0) {
                memmove(other->keepers[left++], other->keepers[k],
                        CHARTER_LABEL_BYTES);
            }
        }
        other->keeper_count = left;
    }
}
