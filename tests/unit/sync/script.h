/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_SYNC_SCRIPT_H
#define HL_TESTS_UNIT_SYNC_SCRIPT_H

/* An engine that does as it is told: the test says what each step gives, and
 * looks at what it was given. The codec is as simple. script.c stands in for
 * both. */

#include "node/sync/driver.h"
#include "protocol/base/writer.h"

enum { SCRIPT_MAX = 256 };

struct script_event {
    enum engine_event_kind kind;
    engine_stream stream;
    hl_err err;
    uint64_t ticket, from, next, bytes, digest_size;
    char origin[64];
    bool inside; /* given while another step was under way */
};

/* Called within each step: gives actions that live until the next one. */
typedef void (*script_fn)(const struct engine_event *event,
                          struct engine_actions *out);

struct script {
    script_fn step;
    struct script_event events[SCRIPT_MAX]; /* the first ones */
    size_t count;
    unsigned stored, failed; /* answers in all, in order of their tickets */
    bool stepping;
    struct engine_actions start;
    hl_err start_err;
    struct engine_tree tree;
    unsigned charters, evidence, journals;
};
extern struct script script;

/* Forgets everything. */
void script_reset(void);

#endif
