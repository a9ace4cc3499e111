/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/client/client_world.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/scratch.h"

void world_init(struct client_world *world, tiny_serve_fn serve, void *context)
{
    *world = (struct client_world){0};
    scratch_make(world->folder, sizeof(world->folder));
    snprintf(world->target, sizeof(world->target), "unix:%s/s", world->folder);
    if (serve != NULL) {
        world->server = tiny_start(&(struct tiny_options){
            .address = world->target, .serve = serve, .context = context});
    }
    struct client_options options = {.target = world->target,
                                     .timeout_ms = 20000};
    struct hl_detail detail = {0};
    assert_ok(client_create(&options, &world->client, &detail));
}

void world_fini(struct client_world *world)
{
    client_destroy(&world->client);
    if (world->server != NULL) {
        tiny_stop(&world->server);
    }
    scratch_remove(world->folder);
}
