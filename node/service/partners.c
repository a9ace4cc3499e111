/* SPDX-License-Identifier: Apache-2.0 */
#include "node/service/partners.h"

#include "protocol/base/alloc.h"

void partners_view_fini(struct partners_view *view)
{
    hl_free(view->items);
    *view = (struct partners_view){0};
}

const struct partner *partners_find(const struct partners_view *view,
                                    struct bytes id)
{
    for (size_t i = 0; i < view->count; i++) {
        if (bytes_equal_text(id, view->items[i].id)) {
            return &view->items[i];
        }
    }
    return NULL;
}
