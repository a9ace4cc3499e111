/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LOG_LINE_H
#define HL_NODE_LOG_LINE_H

/* One line of the log, put together in a buffer of fixed size. Both formats
 * share one way of quoting, JSON's (RFC 8259), so that whatever reads one
 * value reads the other. Owned by its caller. */

#include "node/log/log.h"

struct line {
    enum log_format format;
    size_t size;
    bool cut; /* something was left out: nothing more is taken */
    char text[LOG_LINE_MAX_BYTES];
};

/* Begins with time, level and event. */
void line_begin(struct line *line, enum log_format format, struct hl_wall now,
                enum log_level level, const char *event);
void line_field(struct line *line, const struct log_field *field);
/* Closes it with a LF. */
void line_end(struct line *line);

#endif
