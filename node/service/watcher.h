/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_WATCHER_H
#define HL_NODE_SERVICE_WATCHER_H

/* Calls that want to look again after each commit. Any thread. */

#include "node/service/services.h"

struct watcher {
    struct rpc_call *call;
    struct watcher *next, **place;
};

void watcher_add(struct services *services, struct watcher *watcher,
                 struct rpc_call *call);
/* After it nobody wakes the call. */
void watcher_remove(struct services *services, struct watcher *watcher);

#endif
