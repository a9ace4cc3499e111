/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_BASE_HL_TIME_H
#define HL_PROTOCOL_BASE_HL_TIME_H

/* Two kinds of time that the compiler keeps apart. No clock is read here:
 * time reaches pure code as an argument. Any thread. */

#include <stdint.h>

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

/* Since some moment of this boot; never goes back; for intervals only. */
struct hl_mono {
    int64_t ns;
};

/* POSIX time, milliseconds since 1970-01-01T00:00:00Z; may jump. */
struct hl_wall {
    int64_t ms;
};

/* later - earlier, saturating. */
int64_t mono_since_ns(struct hl_mono later, struct hl_mono earlier);
int64_t wall_since_ms(struct hl_wall later, struct hl_wall earlier);

/* Whole seconds, rounded towards the past. */
int64_t wall_seconds(struct hl_wall wall);
struct hl_wall wall_from_seconds(int64_t seconds);

enum { WALL_TEXT_BYTES = 21 }; /* "2026-11-21T08:30:00Z" and its NUL */

/* RFC 3339 in UTC to the second. Years outside 0000..9999 are shown as the
 * nearest bound. */
void wall_format(struct hl_wall wall, char out[WALL_TEXT_BYTES]);

/* Exactly the form above: 'T', 'Z', no fraction, no leap second, a date that
 * exists.
 *
 * HL_EMALFORMED  anything else. */
HL_MUST_USE hl_err wall_parse(struct bytes text, struct hl_wall *out);

#endif
