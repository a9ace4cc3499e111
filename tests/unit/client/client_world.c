/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/client/client_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void world_init(struct client_world *world, tiny_serve_fn serve, void *context)
{
    *world = (struct client_world){.folder = "/tmp/heluo-client-XXXXXX"};
    assert_non_null(mkdtemp(world->folder));
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
    unlink(world->target + strlen("unix:"));
    assert_int_equal(rmdir(world->folder), 0);
}
