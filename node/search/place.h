/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_PLACE_H
#define HL_NODE_SEARCH_PLACE_H

/* Where heluod and heluo-search meet, as the one configuration says. */

#include "node/daemon/config.h"

enum {
    SEARCH_PATH_BYTES = 4096,
    SEARCH_SOCKET_MAX_BYTES = 107, /* sockaddr_un */
};

/* HL_ECONFIG  the store's path is too long for a socket in it, or the node has
 *             no socket of its own to be followed through. */
HL_MUST_USE hl_err search_paths(const struct config *config,
                                char folder[SEARCH_PATH_BYTES],
                                char socket[SEARCH_PATH_BYTES],
                                struct hl_detail *detail);

#endif
