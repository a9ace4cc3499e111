/* SPDX-License-Identifier: Apache-2.0 */
#include "node/daemon/supervise.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <systemd/sd-daemon.h>

#include "protocol/base/hl_assert.h"

enum { STATUS_BYTES = 512 };

static void fill(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
}

void supervise_begin(void)
{
    sigset_t signals;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    fill(&signals);
    int blocked = pthread_sigmask(SIG_BLOCK, &signals, NULL);
    HL_ASSERT(blocked == 0);
    int ignored = sigaction(SIGPIPE, &ignore, NULL);
    HL_ASSERT(ignored == 0);
}

/* A signal that waits already is taken without waiting. */
static int take(const sigset_t *signals, uint32_t timeout_ms)
{
    const struct timespec timeout = {.tv_sec = timeout_ms / 1000,
                                     .tv_nsec =
                                         (long)(timeout_ms % 1000) * 1000000};
    int number = sigtimedwait(signals, NULL, &timeout);
    HL_ASSERT(number > 0 || errno == EAGAIN || errno == EINTR);
    return number;
}

enum supervise_event supervise_wait(uint32_t timeout_ms)
{
    sigset_t signals, stops;
    fill(&signals);
    fill(&stops);
    sigdelset(&stops, SIGHUP);
    /* Of several that wait the system gives the lowest number, SIGHUP. */
    if (take(&stops, 0) > 0) {
        return SUPERVISE_STOP;
    }
    int number = take(&signals, timeout_ms);
    return number == SIGHUP ? SUPERVISE_RELOAD
           : number > 0     ? SUPERVISE_STOP
                            : SUPERVISE_TICK;
}

/* That nobody listens, or no longer, is no failure of ours. */
static void tell(const char *state)
{
    (void)sd_notify(0, state);
}

void supervise_ready(void)
{
    tell("READY=1");
}

void supervise_reloading(struct hl_mono now)
{
    char state[64];
    snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
             now.ns / 1000);
    tell(state);
}

void supervise_stopping(void)
{
    tell("STOPPING=1");
}

void supervise_status(const char *format, ...)
{
    char state[STATUS_BYTES] = "STATUS=";
    const size_t head = sizeof("STATUS=") - 1;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(state + head, sizeof(state) - head, format, arguments);
    va_end(arguments);
    for (char *at = state + head; *at != '\0'; at++) {
        *at = (unsigned char)*at < 0x20 || *at == 0x7F ? '?' : *at;
    }
    tell(state);
}

uint32_t supervise_watchdog_ms(void)
{
    uint64_t usec = 0;
    if (sd_watchdog_enabled(0, &usec) <= 0) {
        return 0;
    }
    uint64_t ms = usec / 2000;
    return ms == 0 ? 1 : ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

void supervise_watchdog(void)
{
    tell("WATCHDOG=1");
}
