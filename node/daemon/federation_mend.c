/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "node/daemon/federation_inside.h"

/* Entries that the scrub found to be lost: the engine asks partners. */

void federation_mend(void *context, struct scrub_mend *mend)
{
    struct federation *federation = context;
    pthread_mutex_lock(&federation->lock);
    bool ended = federation->ended;
    if (!ended) {
        mend->next = federation->new_mends;
        federation->new_mends = mend;
    }
    struct writer_thread *writer = federation->writer;
    pthread_mutex_unlock(&federation->lock);
    if (ended) {
        mend->done(mend, HL_ESTOPPING, "the node is shutting down");
    } else {
        writer_wake(writer);
    }
}

static struct scrub_mend *take_new(struct federation *federation)
{
    pthread_mutex_lock(&federation->lock);
    struct scrub_mend *all = federation->new_mends;
    federation->new_mends = NULL;
    pthread_mutex_unlock(&federation->lock);
    return all;
}

void federation_begin_mends(struct federation *federation)
{
    struct scrub_mend *next = take_new(federation);
    while (next != NULL) {
        struct scrub_mend *mend = next;
        struct clock_reading now = federation->options.clock();
        next = mend->next;
        mend->number = federation->next_wait++;
        mend->next = federation->mends;
        federation->mends = mend;
        struct engine_event event = {.kind = ENGINE_MEND,
                                     .mono = now.mono,
                                     .wall = now.wall,
                                     .origin = bytes_of_text(mend->origin),
                                     .from = mend->first,
                                     .next = mend->end,
                                     .wait = mend->number};
        driver_event(federation->driver, &event);
        federation->changed = true;
    }
}

void federation_mend_done(void *context, const struct engine_action *action)
{
    struct federation *federation = context;
    char text[HL_DETAIL_TEXT_BYTES];
    struct scrub_mend **place = &federation->mends;
    while (*place != NULL && (*place)->number != action->wait) {
        place = &(*place)->next;
    }
    struct scrub_mend *mend = *place;
    if (mend != NULL) {
        *place = mend->next;
        snprintf(text, sizeof(text), "%.*s", BYTES_ARGS(action->text));
        mend->done(mend, action->err, text);
    }
}

void federation_end_mends(struct federation *federation)
{
    struct scrub_mend *lists[] = {take_new(federation), federation->mends};
    federation->mends = NULL;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        while (lists[i] != NULL) {
            struct scrub_mend *mend = lists[i];
            lists[i] = mend->next;
            mend->done(mend, HL_ESTOPPING, "the node is shutting down");
        }
    }
}
