/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_LIAR_H
#define HL_TESTS_SIM_LIAR_H

/* Dishonest machines. They run the same node as everybody; what makes them
 * liars stands between it and the network:
 *
 *   two histories    a second machine with the same keys and a copy of the
 *                    disk (world_clone()), each shown to other partners, and
 *                    deaf to what is said of its own journal. A keeper's two
 *                    machines cosign two branches the same way.
 *   changed messages what leaves is changed by the table in liar.c */

#include "federation/message/message.h"
#include "tests/support/rng.h"

enum lie {
    LIE_NONE,
    LIE_CHANGED_ENTRY, /* a bit within a segment's entries */
    LIE_CHANGED_BYTE,  /* anywhere in a message */
    LIE_WRONG_ORIGIN,  /* a segment says it is of another journal */
    LIE_OVERSIZE,
    LIE_CUT_SHORT,       /* half a message as if it were whole */
    LIE_REPLAY,          /* what was said before, once more */
    LIE_NO_ENTRIES,      /* Have, and never a Segment */
    LIE_OLD_TAIL,        /* nothing newer than some moment */
    LIE_FOREIGN_KEY,     /* own checkpoints under a key that has no say */
    LIE_OTHER_CANDIDATE, /* a candidate of another history */
    LIE_KIND_COUNT,
};

struct host;

struct liar {
    enum lie lie;
    uint32_t ppm; /* of messages that are lied about */
    bool deaf;    /* to what concerns its own journal */
    struct rng rng;
    struct segment_codec *codec;
    struct writer kept; /* for LIE_REPLAY */
    uint64_t told;      /* lies so far */
    uint64_t blunt; /* of them: who hears it, and is honest, cannot miss it */
};

const char *lie_name(enum lie lie);

void liar_init(struct liar *liar, struct rng rng);
void liar_fini(struct liar *liar);

/* What leaves to that host in place of raw; false: nothing. Appends to out. To
 * NULL: whoever was there is gone. */
bool liar_tell(struct host *host, const struct host *to, struct bytes raw,
               struct writer *out);
/* What the node gets to hear of that; false: nothing. Appends to heard. */
bool liar_hears(struct host *host, struct bytes raw, struct writer *heard);

#endif
