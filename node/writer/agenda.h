/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_WRITER_AGENDA_H
#define HL_NODE_WRITER_AGENDA_H

/* What the author's reactors are still to look at: names that one transaction
 * had no room for, how far the look at all that is open has come, and items
 * that wait for a seal. A transaction takes from it, and gives that back where
 * it does not come to be. Inside this folder. */

#include "protocol/base/bytes.h"
#include "protocol/base/writer.h"

/* What a look at all that is open was begun for. */
struct agenda_reasons {
    uint64_t endings; /* that charters said */
    int64_t day;
    bool unsure; /* nothing was over, as the time was not sure */
};

struct agenda_look {
    struct agenda_reasons reasons;
    bool due;               /* once more, from the beginning on */
    bool walking;           /* up to that position */
    struct writer position; /* of reactor_next() */
    struct writer names;    /* each behind its size of 16 bits */
    size_t names_at;        /* so many bytes of them are done with */
    bool behind;            /* a transaction ended before all of it did */
};

/* Items that wait until a node's journal may be relied upon beyond an entry, by
 * that entry. */
struct agenda_item {
    uint64_t index;
    struct writer name;
};

struct agenda_node {
    char node[64];
    struct agenda_item *items; /* from `begin` on; before `at`: looked at */
    size_t begin, at, count, capacity;
};

struct agenda {
    struct agenda_look now, open; /* as committed; in the open transaction */
    struct agenda_node *nodes;
    size_t node_count;
};

void agenda_init(struct agenda *agenda);
void agenda_fini(struct agenda *agenda);

/* The transaction begins to take, from what stands. */
void agenda_open(struct agenda *agenda);
/* What it took is done; or is not. */
void agenda_keep(struct agenda *agenda);
void agenda_drop(struct agenda *agenda);

/* A name for the next transaction. */
void agenda_leave(struct agenda *agenda, struct bytes name);
/* The next of them, until agenda_leave(); false: that was all. */
bool agenda_next_left(struct agenda *agenda, struct bytes *name);

/* Each (node, index) once. */
void agenda_wait(struct agenda *agenda, struct bytes node, uint64_t index,
                 struct bytes name);
/* The next item of that node, where it waits for an entry below `relied`. */
bool agenda_next_ripe(struct agenda_node *node, uint64_t relied,
                      struct bytes *name);
bool agenda_has_ripe(const struct agenda_node *node, uint64_t relied);

#endif
