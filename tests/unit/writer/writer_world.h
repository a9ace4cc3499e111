/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_WRITER_WORLD_H
#define HL_TESTS_WRITER_WORLD_H

/* A store in a folder of its own, a journal key, a mark in memory, and
 * commands that put units. */

#include <stdatomic.h>

#include "node/catalogue/unit.h"
#include "node/writer/author.h"

#define WORLD_ORIGIN "zy.example/zhengzhou"

struct world {
    char folder[64];
    struct store *store;
    struct signer signer;
    struct mark mark;
    struct head key_from;
    bool key_replaces;
    uint32_t refusals_per_second; /* 0: no bound */
    bool mark_fails;
    bool has_mark;
    struct author *author;
    hl_err refusal;
    struct hl_detail why;
};

void world_init(struct world *world);
/* Opens store and author; what was acknowledged is there again. */
void world_open(struct world *world);
void world_close(struct world *world);
void world_new_key(struct world *world); /* and its mark; while closed */
void world_fini(struct world *world);

/* A command to put a unit; keeps its answer. */
struct put {
    struct write_command command; /* first */
    struct unit unit;
    char id[40], name[40];
    atomic_int answers; /* the last thing that is set */
    hl_err err;
    struct hl_detail said;
    struct write_answer answer;
    hl_err refuse; /* what run() answers, unless HL_OK */
    struct writer checkpoint;
};

/* number gives the unit and the command id; name what may differ. */
void put_init(struct put *put, unsigned number, const char *name);
void put_fini(struct put *put);

#endif
