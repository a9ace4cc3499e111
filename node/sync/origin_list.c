/* SPDX-License-Identifier: Apache-2.0 */
#include "node/sync/origin_list.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

struct origin_item *origin_list_add(struct origin_list *list, struct bytes name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (bytes_equal(list->items[i].name, name)) {
            return &list->items[i];
        }
    }
    if (list->count == list->capacity) {
        list->capacity = list->capacity * 2 + 8;
        list->items =
            hl_realloc(list->items, list->capacity, sizeof(*list->items));
    }
    struct origin_item *item = &list->items[list->count++];
    *item = (struct origin_item){
        .name = bytes_of(hl_copy(name.data, name.size), name.size)};
    return item;
}

void origin_list_remove(struct origin_list *list, size_t at)
{
    HL_ASSERT(at < list->count);
    hl_free((void *)(uintptr_t)list->items[at].name.data);
    list->count--;
    memmove(list->items + at, list->items + at + 1,
            (list->count - at) * sizeof(*list->items));
}

void origin_list_clear(struct origin_list *list)
{
    while (list->count > 0) {
        origin_list_remove(list, list->count - 1);
    }
}

void origin_list_fini(struct origin_list *list)
{
    origin_list_clear(list);
    hl_free(list->items);
    *list = (struct origin_list){0};
}
