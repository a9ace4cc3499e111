/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_SEARCH_ROOM_H
#define HL_NODE_SERVICE_SEARCH_ROOM_H

/* Who waits for heluo-search: a few threads that ask it, one call after the
 * other, so that the server's threads never wait. Any thread. */

#include "node/client/client.h"

struct search_room;
struct search_asker; /* a thread of the room, and its client */

/* As client_call(). After heluo-search was away a client waits before it
 * connects again: a new one takes its place, and asks once more. While it
 * hangs, HL_EDEADLINE comes at once. */
HL_MUST_USE hl_err search_asker_call(struct search_asker *asker,
                                     const char *path,
                                     const ProtobufCMessage *request,
                                     const ProtobufCMessageDescriptor *answer,
                                     ProtobufCMessage **response,
                                     struct hl_detail *detail);

/* Waits in the room, then asks on a thread of it. */
struct search_wait {
    /* Asks and answers whoever waits. */
    void (*run)(struct search_wait *wait, struct search_asker *asker);
    /* The room is closed: answers that. */
    void (*give_up)(struct search_wait *wait);
    struct search_wait *next; /* the room's */
    int64_t due_ms;           /* the room's; on the monotonic clock */
};

enum {
    SEARCH_ROOM_THREADS = 2,
    SEARCH_ROOM_MAX = 64, /* who wait */
    SEARCH_ROOM_CALL_MS = 5000,
};

/* What is known of heluo-search; it is asked every few seconds. */
struct search_view {
    bool silent; /* for long; the rest is of when it last answered */
    bool loading, disk_full;
    uint64_t records;
};
void search_room_look(struct search_room *room, struct search_view *view);

/* socket: heluo-search's, as a path. */
struct search_room *search_room_open(const char *socket);
/* Those who wait are given up. Sets NULL; NULL is fine. */
void search_room_close(struct search_room **room);

/* HL_EBUSY  it is full; nothing will run. */
HL_MUST_USE hl_err search_room_enter(struct search_room *room,
                                     struct search_wait *wait,
                                     struct hl_detail *detail);

/* The same of who has time: not before so many ms, and after all who entered.
 * The caller bounds how many there are.
 *
 * HL_ESTOPPING  the room is closed; nothing will run. */
HL_MUST_USE hl_err search_room_enter_later(struct search_room *room,
                                           struct search_wait *wait, int64_t ms,
                                           struct hl_detail *detail);

#endif
