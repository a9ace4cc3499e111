/* SPDX-License-Identifier: Apache-2.0 */
#include "node/service/search_room.h"

#include <pthread.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/writer.h"

struct search_room {
    char *target;
    pthread_t threads[SEARCH_ROOM_THREADS];
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t wake;
    struct search_wait *first, **end;
    unsigned count;
    bool closing;
};

/* NULL: the room is closed. */
static struct search_wait *take(struct search_room *room)
{
    pthread_mutex_lock(&room->mutex);
    while (room->first == NULL && !room->closing) {
        pthread_cond_wait(&room->wake, &room->mutex);
    }
    struct search_wait *wait = room->closing ? NULL : room->first;
    if (wait != NULL) {
        room->first = wait->next;
        room->end = room->first == NULL ? &room->first : room->end;
        room->count--;
    }
    pthread_mutex_unlock(&room->mutex);
    return wait;
}

static void *run(void *context)
{
    struct search_room *room = context;
    struct client_options options = {.target = room->target,
                                     .timeout_ms = SEARCH_ROOM_CALL_MS};
    struct client *client = NULL;
    struct search_wait *wait;
    hl_err err = client_create(&options, &client, NULL);
    HL_ASSERT(err == HL_OK); /* a socket's path that was looked at before */
    while ((wait = take(room)) != NULL) {
        wait->run(wait, client);
    }
    client_destroy(&client);
    return NULL;
}

struct search_room *search_room_open(const char *socket)
{
    struct search_room *room = hl_alloc(1, sizeof(*room));
    struct writer target = {0};
    writer_format(&target, "unix:%s", socket);
    writer_u8(&target, 0);
    room->target = (char *)target.data;
    room->end = &room->first;
    pthread_mutex_init(&room->mutex, NULL);
    pthread_cond_init(&room->wake, NULL);
    for (unsigned i = 0; i < SEARCH_ROOM_THREADS; i++) {
        int failed = pthread_create(&room->threads[i], NULL, run, room);
        HL_ASSERT(failed == 0);
    }
    return room;
}

void search_room_close(struct search_room **room)
{
    struct search_room *closing = *room;
    *room = NULL;
    if (closing == NULL) {
        return;
    }
    pthread_mutex_lock(&closing->mutex);
    closing->closing = true;
    pthread_cond_broadcast(&closing->wake);
    pthread_mutex_unlock(&closing->mutex);
    for (unsigned i = 0; i < SEARCH_ROOM_THREADS; i++) {
        pthread_join(closing->threads[i], NULL);
    }
    while (closing->first != NULL) {
        struct search_wait *wait = closing->first;
        closing->first = wait->next;
        wait->give_up(wait);
    }
    pthread_cond_destroy(&closing->wake);
    pthread_mutex_destroy(&closing->mutex);
    hl_free(closing->target);
    hl_free(closing);
}

hl_err search_room_enter(struct search_room *room, struct search_wait *wait,
                         struct hl_detail *detail)
{
    hl_err err = HL_OK;
    wait->next = NULL;
    pthread_mutex_lock(&room->mutex);
    if (room->count == SEARCH_ROOM_MAX || room->closing) {
        err = hl_fail(detail, HL_EBUSY,
                      "%d searches wait already: try again in a moment",
                      SEARCH_ROOM_MAX);
    } else {
        *room->end = wait;
        room->end = &wait->next;
        room->count++;
        pthread_cond_signal(&room->wake);
    }
    pthread_mutex_unlock(&room->mutex);
    return err;
}
