/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_CLIENT_CLIENT_WORLD_H
#define HL_TESTS_UNIT_CLIENT_CLIENT_WORLD_H

/* A client of a tiny server, over a socket in a folder of its own. */

#include "node/client/client.h"
#include "tests/support/support.h"
#include "tests/unit/client/tiny_server.h"

struct client_world {
    char folder[64];
    char target[96]; /* "unix:..." */
    struct tiny_server *server;
    struct client *client;
};

/* serve NULL: nobody listens. */
void world_init(struct client_world *world, tiny_serve_fn serve, void *context);
void world_fini(struct client_world *world);

#endif
