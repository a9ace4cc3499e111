/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LOG_SINK_H
#define HL_NODE_LOG_SINK_H

/* Where lines go, without ever waiting for it. A descriptor that came from
 * outside (standard error) shares its flags with other processes, so that it
 * may not be made non-blocking: a pipe is opened once more, a socket is asked
 * with each send, anything else is polled. One thread at a time. */

#include <stdbool.h>
#include <stddef.h>

struct sink {
    int fd;
    bool owned;  /* opened here */
    bool socket; /* sent to, not written to */
    bool polled; /* asked before each write */
    bool torn;   /* the last line was written in part */
};

void sink_open(struct sink *sink, int fd);
void sink_close(struct sink *sink);

/* Writes a line with one call of the system. False: it was not taken, or not
 * wholly; what stands there of it is ended before the next line. */
bool sink_write(struct sink *sink, const char *line, size_t size);

#endif
