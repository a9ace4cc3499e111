/* SPDX-License-Identifier: Apache-2.0 */
#include "node/service/search_room.h"

#include <heluo/v1/index.pb-c.h>
#include <pthread.h>

#include "certs/tools/clock.h"
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
    struct search_wait *later; /* in no order */
    bool closing;
    bool asking;                 /* one of the threads asks how it is */
    bool hangs;                  /* it let somebody wait; until it says how */
    int64_t ask_ms, answered_ms; /* when next, and when it did */
    struct search_view view;
};

/* Silent: longer than a start takes. */
enum { STATE_EVERY_MS = 2000, STATE_MS = 2000, SILENT_MS = 10000 };

static struct search_wait *pop_first(struct search_room *room)
{
    struct search_wait *wait = room->first;
    if (wait != NULL) {
        room->first = wait->next;
        room->end = room->first == NULL ? &room->first : room->end;
        room->count--;
    }
    return wait;
}

/* *next_ms: when one will be due, if that is before. */
static struct search_wait *pop_due(struct search_room *room, int64_t now_ms,
                                   int64_t *next_ms)
{
    for (struct search_wait **at = &room->later; *at != NULL;
         at = &(*at)->next) {
        struct search_wait *wait = *at;
        if (wait->due_ms <= now_ms) {
            *at = wait->next;
            return wait;
        }
        *next_ms = wait->due_ms < *next_ms ? wait->due_ms : *next_ms;
    }
    return NULL;
}

/* NULL: the room is closed, or it is time to ask how it is (*ask). */
static struct search_wait *take(struct search_room *room, bool *ask)
{
    struct search_wait *wait = NULL;
    *ask = false;
    pthread_mutex_lock(&room->mutex);
    while (!room->closing) {
        int64_t now_ms = clock_mono_ms();
        int64_t next_ms = room->asking ? now_ms + STATE_EVERY_MS : room->ask_ms;
        *ask = !room->asking && now_ms >= room->ask_ms;
        wait = *ask ? NULL : pop_first(room);
        wait = wait == NULL && !*ask ? pop_due(room, now_ms, &next_ms) : wait;
        if (wait != NULL || *ask) {
            break;
        }
        struct timespec until = clock_mono_in_ms(next_ms - now_ms);
        pthread_cond_timedwait(&room->wake, &room->mutex, &until);
    }
    room->asking = room->asking || *ask;
    pthread_mutex_unlock(&room->mutex);
    return wait;
}

struct search_asker {
    struct search_room *room;
    struct client *client;
};

static void connect(struct search_asker *asker)
{
    struct client_options options = {.target = asker->room->target,
                                     .timeout_ms = SEARCH_ROOM_CALL_MS};
    client_destroy(&asker->client);
    hl_err err = client_create(&options, &asker->client, NULL);
    HL_ASSERT(err == HL_OK); /* a socket's path that was looked at before */
}

static hl_err call(struct search_asker *asker, const char *path,
                   const ProtobufCMessage *request,
                   const ProtobufCMessageDescriptor *answer,
                   ProtobufCMessage **response, struct hl_detail *detail)
{
    hl_err err =
        client_call(asker->client, path, request, answer, response, detail);
    if (err == HL_ECONNECT) {
        connect(asker);
        err =
            client_call(asker->client, path, request, answer, response, detail);
    }
    return err;
}

static void set_hangs(struct search_room *room, bool hangs)
{
    pthread_mutex_lock(&room->mutex);
    room->hangs = hangs;
    pthread_mutex_unlock(&room->mutex);
}

static bool hangs(struct search_room *room)
{
    pthread_mutex_lock(&room->mutex);
    bool hangs = room->hangs;
    pthread_mutex_unlock(&room->mutex);
    return hangs;
}

/* Not those who come behind wait for it, each as long as the first. */
hl_err search_asker_call(struct search_asker *asker, const char *path,
                         const ProtobufCMessage *request,
                         const ProtobufCMessageDescriptor *answer,
                         ProtobufCMessage **response, struct hl_detail *detail)
{
    if (hangs(asker->room)) {
        return hl_fail(detail, HL_EDEADLINE, "heluo-search hangs");
    }
    hl_err err = call(asker, path, request, answer, response, detail);
    if (err == HL_EDEADLINE) {
        set_hangs(asker->room, true);
    }
    return err;
}

static void ask_state(struct search_room *room, struct search_asker *asker)
{
    Heluo__V1__IndexStateRequest request = HELUO__V1__INDEX_STATE_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    client_set_timeout(asker->client, STATE_MS);
    hl_err err =
        call(asker, "/heluo.v1.Index/State", &request.base,
             &heluo__v1__index_state_response__descriptor, &answer, NULL);
    client_set_timeout(asker->client, SEARCH_ROOM_CALL_MS);
    const Heluo__V1__IndexStateResponse *state =
        (const Heluo__V1__IndexStateResponse *)answer;
    pthread_mutex_lock(&room->mutex);
    if (err == HL_OK) {
        room->answered_ms = clock_mono_ms();
        room->view.loading = state->loading;
        room->view.disk_full = state->disk_full;
        room->view.records = state->records;
    }
    /* One that is gone does not hang: whoever asks is told so at once. */
    room->hangs = err == HL_EDEADLINE;
    room->asking = false;
    room->ask_ms = clock_mono_ms() + STATE_EVERY_MS;
    pthread_mutex_unlock(&room->mutex);
    protobuf_c_message_free_unpacked(answer, NULL);
}

void search_room_look(struct search_room *room, struct search_view *view)
{
    pthread_mutex_lock(&room->mutex);
    *view = room->view;
    view->silent = clock_mono_ms() - room->answered_ms > SILENT_MS;
    pthread_mutex_unlock(&room->mutex);
}

static void *run(void *context)
{
    struct search_room *room = context;
    struct search_asker asker = {.room = room};
    struct search_wait *wait;
    bool ask = false;
    connect(&asker);
    while ((wait = take(room, &ask)) != NULL || ask) {
        if (ask) {
            ask_state(room, &asker);
        } else {
            wait->run(wait, &asker);
        }
    }
    client_destroy(&asker.client);
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
    room->answered_ms = clock_mono_ms();
    pthread_mutex_init(&room->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&room->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    for (unsigned i = 0; i < SEARCH_ROOM_THREADS; i++) {
        int failed = pthread_create(&room->threads[i], NULL, run, room);
        HL_ASSERT(failed == 0);
    }
    return room;
}

static void give_up_all(struct search_wait *wait)
{
    while (wait != NULL) {
        struct search_wait *next = wait->next;
        wait->give_up(wait);
        wait = next;
    }
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
    give_up_all(closing->first);
    give_up_all(closing->later);
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

hl_err search_room_enter_later(struct search_room *room,
                               struct search_wait *wait, int64_t ms,
                               struct hl_detail *detail)
{
    hl_err err = HL_OK;
    wait->due_ms = clock_mono_ms() + ms;
    pthread_mutex_lock(&room->mutex);
    if (room->closing) {
        err = hl_fail(detail, HL_ESTOPPING, "the node is shutting down");
    } else {
        wait->next = room->later;
        room->later = wait;
        pthread_cond_signal(&room->wake);
    }
    pthread_mutex_unlock(&room->mutex);
    return err;
}
