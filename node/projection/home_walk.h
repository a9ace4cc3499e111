/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_HOME_WALK_H
#define HL_NODE_PROJECTION_HOME_WALK_H

/* The way of a record from home to home, through the halves that are here.
 * Reads alone; what is borrowed is the store's. Inside this folder. Functions
 * return store.h's errors.
 *
 * A half's stays with the record begin with its first statement, a take or a
 * resumption, and end with a release; each release is answered by at most one
 * take. So the way from the first statement on never meets itself. */

#include "node/projection/home_key.h"

struct home_walk {
    const struct tables *tables;
    struct bytes alliance; /* with its '/' */
    struct home_key key;   /* of the record */
};

/* A node's half. */
struct holder {
    char origin[HL_NAME_MAX_BYTES + 1];
    bool known; /* its journal is here */
    uint32_t number;
    uint64_t size; /* entries applied */
    bool has;      /* the record, as: */
    struct row row;
};

HL_MUST_USE hl_err home_holder(const struct home_walk *walk,
                               struct bytes origin, struct holder *out,
                               struct hl_detail *detail);
HL_MUST_USE hl_err home_holder_of_node(const struct home_walk *walk,
                                       struct bytes node, struct holder *out,
                                       struct hl_detail *detail);

struct release {
    bool found;
    uint64_t index;
    uint64_t resumed; /* index of the resumption; 0: none */
    struct bytes to;
    struct hl_hash leaf;
};

/* The first release of that half at or behind `from`. */
HL_MUST_USE hl_err home_release_from(const struct home_walk *walk,
                                     uint32_t number, uint64_t from,
                                     struct release *out,
                                     struct hl_detail *detail);

HL_MUST_USE hl_err home_count_releases(const struct tables *tables,
                                       uint32_t number,
                                       const struct home_key *key,
                                       unsigned *count,
                                       struct hl_detail *detail);

struct take {
    bool found;
    uint64_t index;
    struct citation cause;
};

/* The half's take by that cause; its last take below `below`. */
HL_MUST_USE hl_err home_take_of(const struct home_walk *walk, uint32_t number,
                                const struct citation *cause, struct take *out,
                                struct hl_detail *detail);
HL_MUST_USE hl_err home_take_below(const struct home_walk *walk,
                                   uint32_t number, uint64_t below,
                                   struct take *out, struct hl_detail *detail);

/* Who answered that release of that half by taking it; taker->known may be
 * false, and take->found with it. */
HL_MUST_USE hl_err home_taker(const struct home_walk *walk,
                              const struct holder *from,
                              const struct release *release,
                              struct holder *taker, struct take *take,
                              struct hl_detail *detail);

/* Where the way from the record's home ends. end->has is false where it does
 * not begin: the home is not here, or never stated it. moving_to is empty
 * unless the record is under way from there. */
HL_MUST_USE hl_err home_follow(const struct home_walk *walk, struct holder *end,
                               struct bytes *moving_to,
                               struct hl_detail *detail);

/* How the statement of a half came about, backwards from its last take. */
enum home_proof {
    HOME_PROVEN,     /* back to the record's home */
    HOME_UNRELEASED, /* it cites what is no release of it to that node */
    HOME_UNFOUNDED,  /* an earlier one does, or they go round */
    HOME_OPEN,       /* not all journals that it goes back to reach that far
                        here */
};
HL_MUST_USE hl_err home_prove(const struct home_walk *walk,
                              const struct holder *holder,
                              enum home_proof *proof, struct take *last,
                              struct hl_detail *detail);

#endif
