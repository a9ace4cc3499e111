/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_RPC_RPC_WORLD_H
#define HL_TESTS_UNIT_RPC_RPC_WORLD_H

/* Node zhengzhou of zy.example, which serves a table of test methods over
 * mTLS and a unix socket, and its callers. Its log is kept in a file. */

#include "node/client/client.h"
#include "node/rpc/rpc.h"
#include "tests/support/support.h"
#include "tests/unit/rpc/rpc_files.h"

#define WORLD_LI "URI:spiffe://zy.example/operator/zhengzhou/li"
#define WORLD_WEB "URI:spiffe://zy.example/platform/zhengzhou/web"

struct world {
    struct files files;
    const struct files_caller *li, *web; /* operator and platform here */
    struct maker_pair server_pair;
    struct gate *gate;
    struct rpc_server *server;
    struct log *log;
    int log_fd;
    size_t threads_before;
    char listen[64], socket[96], socket_target[128];
    char target[64];
};

struct rpc_limits world_limits(void); /* wide ones */

void world_init(struct world *world, const struct rpc_service *services,
                const struct rpc_limits *limits);
void world_fini(struct world *world);

/* A new list of revoked serials, up to a 0, and a charter of these nodes, up
 * to a NULL; or NULL for as it is. */
void world_revoke(struct world *world, const long *serials);
void world_charter(struct world *world, const char *const *nodes);

/* By certificate; NULL: through the socket. */
struct client *world_client(struct world *world,
                            const struct files_caller *caller);

/* A call with an empty or given request; frees the answer. */
hl_err world_call(struct client *client, const struct rpc_method *method,
                  struct hl_detail *detail);

/* How often the log has that text, since its beginning. */
size_t world_log_count(const struct world *world, const char *text);

/* Waits until it is so; fails after long. */
#define world_until(condition)                                                 \
    do {                                                                       \
        int tries_ = 0;                                                        \
        while (!(condition)) {                                                 \
            assert_true(tries_++ < 20000);                                     \
            world_pause();                                                     \
        }                                                                      \
    } while (0)
void world_pause(void); /* a millisecond */

#endif
