/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/certs/charter_world.h"

#include <stdio.h>
#include <string.h>

static void make_signer(struct rng *rng, const char *name,
                        struct signer *signer)
{
    uint8_t seed[32];
    rng_fill(rng, seed, sizeof(seed));
    assert_ok(signer_ed25519(bytes_of_text(name), VKEY_ED25519, seed, signer));
}

void world_init(struct world *world, const char *test_name)
{
    static const char *const names[] = {"li", "wang", "zhao"};
    *world = (struct world){.rng = test_rng(test_name)};
    for (size_t i = 0; i < WORLD_COORDINATORS; i++) {
        char name[CHARTER_DOMAIN_BYTES + 100];
        snprintf(name, sizeof(name), "zhongyuan.example/coordinator/%s",
                 names[i]);
        make_signer(&world->rng, name, &world->coordinators[i]);
        make_signer(&world->rng, name, &world->strangers[i]);
    }
}

void world_fini(struct world *world)
{
    for (size_t i = 0; i < WORLD_COORDINATORS; i++) {
        signer_fini(&world->coordinators[i]);
        signer_fini(&world->strangers[i]);
    }
}

struct vkey world_key(struct world *world, const char *name,
                      enum vkey_kind kind)
{
    uint8_t raw[VKEY_PUBLIC_MAX_BYTES];
    struct vkey key;
    rng_fill(&world->rng, raw, sizeof(raw));
    raw[0] = kind == VKEY_SM2 ? 4 : raw[0];
    assert_ok(vkey_make(bytes_of_text(name), kind, raw, &key));
    return key;
}

static void add_key(struct charter_node *node, struct charter_key key)
{
    assert_ok(charter_add_key(node, &key, NULL));
}

static void add_node(struct world *world, struct charter *charter,
                     const char *id, const char *region)
{
    struct charter_node *node = NULL;
    char name[CHARTER_DOMAIN_BYTES + 100];
    char mirror[CHARTER_DOMAIN_BYTES + 110];
    snprintf(name, sizeof(name), "%s/%s", charter->alliance, id);
    snprintf(mirror, sizeof(mirror), "%s/mirror", name);
    assert_ok(charter_add_node(charter, bytes_of_text(id), &node, NULL));
    memcpy(node->region, region, CHARTER_REGION_BYTES);
    snprintf(node->endpoints[0], CHARTER_ENDPOINT_BYTES, "%s.example.org:7443",
             id);
    node->endpoint_count = 1;
    struct charter_journal_key journal = {
        .succession = CHARTER_FIRST,
        .from = head_empty(),
        .vkey = world_key(world, name, VKEY_ED25519)};
    assert_ok(charter_add_journal_key(node, &journal, NULL));
    add_key(node, (struct charter_key){
                      .purpose = CHARTER_MIRROR,
                      .from_s = 1767225600,
                      .until_s = CHARTER_NO_END,
                      .vkey = world_key(world, mirror, VKEY_COSIGNATURE)});
    add_key(node,
            (struct charter_key){.purpose = CHARTER_SM2,
                                 .from_s = 1767225600,
                                 .until_s = 1798761600,
                                 .vkey = world_key(world, name, VKEY_SM2)});
    struct charter_key blob = {.purpose = CHARTER_ENCRYPTION,
                               .from_s = 1767225600,
                               .until_s = CHARTER_NO_END};
    rng_fill(&world->rng, blob.x25519, sizeof(blob.x25519));
    add_key(node, blob);
}

static void set_keepers(struct charter *charter, const char *id,
                        const char *first, const char *second)
{
    struct charter_node *node =
        charter_find_node_mutable(charter, bytes_of_text(id));
    node->quorum = 2;
    node->keeper_count = 2;
    snprintf(node->keepers[0], CHARTER_LABEL_BYTES, "%s", first);
    snprintf(node->keepers[1], CHARTER_LABEL_BYTES, "%s", second);
}

void world_charter(struct world *world, struct charter *out)
{
    charter_init(out);
    snprintf(out->alliance, sizeof(out->alliance), "zhongyuan.example");
    out->threshold = 2;
    for (size_t i = 0; i < WORLD_COORDINATORS; i++) {
        assert_ok(
            charter_add_coordinator(out, &world->coordinators[i].vkey, NULL));
    }
    add_node(world, out, "zhengzhou", "410100");
    add_node(world, out, "jinan", "370100");
    add_node(world, out, "luoyang", "410300");
    set_keepers(out, "zhengzhou", "jinan", "luoyang");
    set_keepers(out, "jinan", "luoyang", "zhengzhou");
    set_keepers(out, "luoyang", "jinan", "zhengzhou");
    out->nodes[0].roles[CHARTER_CLEARING].granted = true;
}

void world_successor(const struct charter *before, struct charter *out)
{
    struct writer text = {0};
    charter_write(before, &text);
    assert_ok(charter_parse_text(writer_view(&text), out, NULL));
    out->version = before->version + 1;
    out->previous = before->hash;
    writer_fini(&text);
}

void world_sign(struct world *world, const struct charter *draft, unsigned mask,
                struct charter *out)
{
    struct writer text = {0};
    struct writer raw = {0};
    charter_write(draft, &text);
    note_begin(writer_view(&text), &raw);
    for (unsigned bit = 0; bit < 16; bit++) {
        const struct signer *from =
            bit < 8 ? world->coordinators : world->strangers;
        if ((mask >> bit & 1) != 0) {
            assert_ok(note_sign(writer_view(&text), &from[bit % 8], &raw));
        }
    }
    struct hl_detail detail = {0};
    hl_err err = charter_parse(writer_view(&raw), out, &detail);
    if (err != HL_OK) {
        fail_msg("%s: %s", hl_err_name(err), detail.text);
    }
    writer_fini(&text);
    writer_fini(&raw);
}

void world_follow(struct world *world, const struct charter *before,
                  uint64_t period_days, unsigned mask, struct charter *out)
{
    struct charter draft = {0};
    world_successor(before, &draft);
    draft.policies[CHARTER_CLEARING_PERIOD_DAYS] = period_days;
    world_sign(world, &draft, mask, out);
    charter_fini(&draft);
}
