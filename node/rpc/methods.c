/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/methods.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/base/alloc.h"

static int by_path(const void *a, const void *b)
{
    const struct method *left = a;
    const struct method *right = b;
    return strcmp(left->row->path, right->row->path);
}

static void add(struct methods *methods, const struct rpc_service *service)
{
    for (const struct rpc_method *row = service->methods; row->path != NULL;
         row++) {
        methods->items = hl_realloc(methods->items, methods->count + 1,
                                    sizeof(*methods->items));
        struct method *method = &methods->items[methods->count++];
        method->row = row;
        method->context = service->context;
        atomic_init(&method->open, 0);
    }
}

static hl_err validate(const struct methods *methods,
                       uint32_t message_max_bytes, struct hl_detail *detail)
{
    for (size_t i = 0; i < methods->count; i++) {
        const struct rpc_method *row = methods->items[i].row;
        if (i > 0 && strcmp(row->path, methods->items[i - 1].row->path) == 0) {
            return hl_fail(detail, HL_ECONFIG, "two methods are named %s",
                           row->path);
        }
        if (row->request_max_bytes > message_max_bytes) {
            return hl_fail(detail, HL_ECONFIG,
                           "requests of %s may have %u bytes, but those of "
                           "the server %u",
                           row->path, row->request_max_bytes,
                           message_max_bytes);
        }
    }
    return HL_OK;
}

hl_err methods_init(struct methods *methods,
                    const struct rpc_service *const *services,
                    uint32_t message_max_bytes, struct hl_detail *detail)
{
    *methods = (struct methods){0};
    for (; *services != NULL; services++) {
        for (const struct rpc_service *s = *services; s->name != NULL; s++) {
            add(methods, s);
        }
    }
    qsort(methods->items, methods->count, sizeof(*methods->items), by_path);
    return validate(methods, message_max_bytes, detail);
}

void methods_fini(struct methods *methods)
{
    hl_free(methods->items);
    *methods = (struct methods){0};
}

struct method *methods_find(struct methods *methods, struct bytes path)
{
    size_t from = 0;
    size_t to = methods->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        struct method *method = &methods->items[middle];
        int order = bytes_compare(path, bytes_of_text(method->row->path));
        if (order == 0) {
            return method;
        }
        if (order < 0) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    return NULL;
}
