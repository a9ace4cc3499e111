/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/certs/admission_world.h"

#include <openssl/err.h>

#include "tests/support/support.h"

enum { NOW = 1500 };

static enum admission_node node_state(const void *context, struct bytes node)
{
    (void)context;
    return bytes_equal_text(node, "luoyang")   ? ADMISSION_NODE_MEMBER
           : bytes_equal_text(node, "kaifeng") ? ADMISSION_NODE_ENDED
                                               : ADMISSION_NODE_UNKNOWN;
}

struct world *make_world(void)
{
    static struct world world;
    world = (struct world){.root = maker_root("zy root")};
    maker_write(world.root.certificate, &world.roots);
    world.input = (struct admission_input){
        .alliance = bytes_of_text("zy.example"),
        .now = wall_from_seconds(NOW),
        .purpose = TRUST_CALLER,
        .roles = ROLE_ALL,
        .nodes = {.state = node_state},
    };
    return &world;
}

void destroy_world(struct world *world)
{
    trust_destroy(&world->trust);
    maker_fini(&world->root);
    maker_fini(&world->leaf);
    writer_fini(&world->roots);
    writer_fini(&world->crls);
    writer_fini(&world->presented);
}

void add_list(struct world *world, struct maker_list list)
{
    list.issuer = list.issuer == NULL ? &world->root : list.issuer;
    maker_write_list(&list, &world->crls);
}

void present(struct world *world, struct maker_spec spec)
{
    spec.issuer = spec.issuer == NULL ? &world->root : spec.issuer;
    spec.names = spec.names == NULL ? LUOYANG : spec.names;
    maker_fini(&world->leaf);
    world->leaf = maker_make(&spec);
    writer_clear(&world->presented);
    maker_write(world->leaf.certificate, &world->presented);
}

hl_err create_trust(struct world *world)
{
    trust_destroy(&world->trust);
    return trust_create(
        &(struct trust_input){.roots = writer_view(&world->roots),
                              .crls = writer_view(&world->crls)},
        &world->trust, &world->detail);
}

hl_err ask(struct world *world)
{
    assert_ok(create_trust(world));
    world->input.trust = world->trust;
    world->input.presented = writer_view(&world->presented);
    world->detail = (struct hl_detail){0};
    world->verdict = (struct admission_verdict){.valid_until = {.ms = -7}};
    hl_err err =
        admission_check(&world->input, &world->verdict, &world->detail);
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(err == HL_OK, world->detail.text[0] == '\0');
    assert_int_equal(err == HL_OK, world->verdict.valid_until.ms != -7);
    return err;
}

hl_err ask_for(struct maker_spec spec)
{
    struct world *world = make_world();
    add_list(world, (struct maker_list){0});
    present(world, spec);
    hl_err err = ask(world);
    destroy_world(world);
    return err;
}
