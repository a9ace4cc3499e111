/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LINK_PACE_H
#define HL_NODE_LINK_PACE_H

/* How fast a line takes what is sent, and whether deflating pays on it
 * (protocol/entry/segment.h). Measured over the bytes of one busy stretch after
 * the other, from the first message that is given to the core until it says
 * that one is out: while nothing is sent nothing is learnt. What buffers take
 * counts as fast until they are full, so stretches count by their time for a
 * byte: a slow one is felt at once. Pure; whoever owns it locks. */

#include <stdbool.h>
#include <stddef.h>

#include "protocol/base/hl_time.h"

enum {
    PACE_SAMPLE_BYTES = 512 << 10,
    PACE_WEIGHT = 4, /* a sample counts for a quarter */
    /* Of entries, by zlib's first level on one core: 50 to 120 MiB a second
     * where it was measured (scripts/bench protocol). */
    PACE_DEFLATE_BYTES_PER_S = 64 << 20,
};

struct pace {
    uint64_t ns_per_mib;  /* smoothed; 0: not known */
    bool busy;            /* something is on its way out */
    struct hl_mono since; /* of the sample that is being taken, so below */
    uint64_t bytes;
};

/* A message is given to the core. */
void pace_begin(struct pace *pace, struct hl_mono now);
/* It is out; `more`: the next one is given at once. */
void pace_end(struct pace *pace, size_t bytes, bool more, struct hl_mono now);

/* 0: not known yet. */
uint64_t pace_bytes_per_s(const struct pace *pace);

enum pace_zlib { PACE_ZLIB_AUTO, PACE_ZLIB_NEVER, PACE_ZLIB_ALWAYS };

/* auto, never, always. False: another word. */
bool pace_zlib_parse(const char *word, enum pace_zlib *out);

bool pace_wants_deflate(const struct pace *pace, enum pace_zlib zlib);

#endif
