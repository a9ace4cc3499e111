/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_QUEUE_H
#define HL_TESTS_SIM_QUEUE_H

/* What will happen, in the order of virtual time; things of one moment in the
 * order in which they were added. One thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void (*event_fn)(void *context, uint64_t number);

struct event {
    int64_t at_ns;
    uint64_t order;
    event_fn run;
    void *context;   /* outlives the event */
    uint64_t number; /* of which boot, stream, ...: whoever runs it finds out
                        whether it still means anything */
};

/* All-zero is empty. */
struct queue {
    struct event *items; /* a heap */
    size_t count, capacity;
    uint64_t added;
};

void queue_add(struct queue *queue, int64_t at_ns, event_fn run, void *context,
               uint64_t number);
/* Takes the next one, if it is due by then. */
bool queue_take(struct queue *queue, int64_t until_ns, struct event *out);
void queue_fini(struct queue *queue);

#endif
