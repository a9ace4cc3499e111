/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SYNC_ORIGIN_LIST_H
#define HL_NODE_SYNC_ORIGIN_LIST_H

/* A few origins by name, each once, in the order in which they came. Inside
 * this folder; owned by whoever has it. */

#include "protocol/base/bytes.h"

struct origin_item {
    struct bytes name; /* a copy */
    bool mark;         /* its owner's */
};

struct origin_list {
    struct origin_item *items;
    size_t count, capacity;
};

/* Absent: added, without a mark. */
struct origin_item *origin_list_add(struct origin_list *list,
                                    struct bytes name);
void origin_list_remove(struct origin_list *list, size_t at);
void origin_list_clear(struct origin_list *list);
void origin_list_fini(struct origin_list *list);

#endif
