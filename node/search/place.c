/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/place.h"

#include <stdio.h>
#include <string.h>

hl_err search_paths(const struct config *config, char folder[SEARCH_PATH_BYTES],
                    char socket[SEARCH_PATH_BYTES], struct hl_detail *detail)
{
    snprintf(folder, SEARCH_PATH_BYTES, "%s/search", config->store);
    snprintf(socket, SEARCH_PATH_BYTES, "%s/search/socket", config->store);
    if (config->socket[0] == '\0') {
        return hl_fail(detail, HL_ECONFIG,
                       "socket is \"\": heluo-search follows the node through "
                       "it; give one, or say  search = off");
    }
    return strlen(socket) <= SEARCH_SOCKET_MAX_BYTES
               ? HL_OK
               : hl_fail(detail, HL_ECONFIG,
                         "%s is too long for a socket (%d bytes): give the "
                         "store a shorter path, or say  search = off",
                         socket, SEARCH_SOCKET_MAX_BYTES);
}
