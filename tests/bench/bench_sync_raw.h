/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_SYNC_RAW_H
#define HL_TESTS_BENCH_SYNC_RAW_H

/* What a node would send of a journal, for the raw limits of it. */

#include "protocol/base/writer.h"
#include "protocol/entry/segment.h"
#include "protocol/tree/frontier.h"

struct raw_segment {
    uint64_t first;
    uint32_t count;
    struct writer bundle, message; /* as on the wire, not deflated */
    struct frontier after;         /* set where it is hashed */
};

struct segments {
    struct raw_segment *items;
    size_t count;
    uint64_t entries, bytes; /* of messages */
    struct writer note;
    struct segment_codec *codec;
};

/* Of a store that no node has open. */
struct segments segments_read(const char *folder, const char *origin);
void segments_fini(struct segments *segments);

#endif
