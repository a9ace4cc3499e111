/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_DAEMON_SUPERVISE_H
#define HL_NODE_DAEMON_SUPERVISE_H

/* What stands between the daemon and whoever runs it: signals in, word of its
 * state out (sd_notify(3); without systemd the words go nowhere). The main
 * thread's. */

#include <stdint.h>

#include "protocol/base/hl_err.h"
#include "protocol/base/hl_time.h"

/* Blocks SIGTERM, SIGINT and SIGHUP for this thread and all that it starts, and
 * ignores SIGPIPE: call it before any other thread is there. */
void supervise_begin(void);

enum supervise_event {
    SUPERVISE_STOP,   /* SIGTERM, SIGINT */
    SUPERVISE_RELOAD, /* SIGHUP */
    SUPERVISE_TICK,   /* neither came in time */
};

/* Waits for one of them. A stop is told before a reload. */
enum supervise_event supervise_wait(uint32_t timeout_ms);

/* now: the monotonic clock, which systemd wants with a reload. */
void supervise_ready(void);
void supervise_reloading(struct hl_mono now);
void supervise_stopping(void);
/* One line for `systemctl status`; control characters become '?'. */
void supervise_status(const char *format, ...) HL_PRINTF(1, 2);

/* How often supervise_watchdog() is wanted, or 0: not at all. Half of the
 * time after which systemd would end the process. */
uint32_t supervise_watchdog_ms(void);
void supervise_watchdog(void);

#endif
