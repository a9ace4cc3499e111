/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/queue.h"

#include "protocol/base/alloc.h"

static bool before(const struct event *a, const struct event *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void swap(struct event *a, struct event *b)
{
    struct event kept = *a;
    *a = *b;
    *b = kept;
}

void queue_add(struct queue *queue, int64_t at_ns, event_fn run, void *context,
               uint64_t number)
{
    if (queue->count == queue->capacity) {
        queue->capacity = queue->capacity * 2 + 256;
        queue->items =
            hl_realloc(queue->items, queue->capacity, sizeof(queue->items[0]));
    }
    size_t i = queue->count++;
    queue->items[i] = (struct event){.at_ns = at_ns,
                                     .order = queue->added++,
                                     .run = run,
                                     .context = context,
                                     .number = number};
    while (i > 0 && before(&queue->items[i], &queue->items[(i - 1) / 2])) {
        swap(&queue->items[i], &queue->items[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

static void sink(struct queue *queue)
{
    size_t i = 0;
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++) {
            if (child < queue->count &&
                before(&queue->items[child], &queue->items[least])) {
                least = child;
            }
        }
        if (least == i) {
            return;
        }
        swap(&queue->items[i], &queue->items[least]);
        i = least;
    }
}

bool queue_take(struct queue *queue, int64_t until_ns, struct event *out)
{
    if (queue->count == 0 || queue->items[0].at_ns > until_ns) {
        return false;
    }
    *out = queue->items[0];
    queue->items[0] = queue->items[--queue->count];
    sink(queue);
    return true;
}

void queue_fini(struct queue *queue)
{
    hl_free(queue->items);
    *queue = (struct queue){0};
}
