/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_INDEX_SERVICE_H
#define HL_NODE_SEARCH_INDEX_SERVICE_H

/* What heluo-search answers heluod (heluo/v1/index.proto). */

#include "node/rpc/rpc.h"
#include "node/search/follower.h"

struct index_service {
    struct search_index *index;
    struct follower *follower;
    struct rpc_service table[2]; /* for rpc_server_options */
};

/* What is given outlives the server. */
void index_service_init(struct index_service *service,
                        struct search_index *index, struct follower *follower);

#endif
