/* SPDX-License-Identifier: Apache-2.0 */

/* A wall clock that somebody sets while the program runs. CLOCK_FILE names a
 * file with one number: so many seconds it is ahead (negative: behind). It is
 * read again every hundredth of a second; without it all is as ever.
 *
 * Of who reads the clock: clock_gettime (the wall's clocks; those that only go
 * on are left alone), gettimeofday, time. Of who waits for a moment of it: the
 * futexes of abseil, and so of gRPC, which the kernel would wake by its own
 * clock. A condition of POSIX that waits for a moment of the wall clock is not
 * looked after: nobody in these programs has one. */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/shim/shim.h"

enum {
    NS_PER_S = 1000000000,
    AGAIN_NS = 10000000,
    /* A wait is looked at again: the clock may have been set meanwhile. */
    SLICE_NS = 50000000,
};

typedef int (*clock_fn)(clockid_t clock, struct timespec *out);

/* Preloaded code has nothing but statics. */
static _Atomic(clock_fn) real_clock;
static atomic_llong read_at_ns;
static atomic_llong ahead_s;

static int ask_kernel(clockid_t clock, struct timespec *out)
{
    clock_fn real = atomic_load_explicit(&real_clock, memory_order_relaxed);
    if (real == NULL) {
        real = NEXT(clock_gettime);
        atomic_store(&real_clock, real);
    }
    return real(clock, out);
}

static long long ns_of(const struct timespec *time)
{
    return (long long)time->tv_sec * NS_PER_S + time->tv_nsec;
}

static struct timespec time_of(long long ns)
{
    return (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
}

static long long now_ns(clockid_t clock)
{
    struct timespec now = {0};
    if (ask_kernel(clock, &now) != 0) {
        abort();
    }
    return ns_of(&now);
}

static long long read_ahead_s(void)
{
    char text[32] = "";
    int kept = errno;
    const char *path = getenv("CLOCK_FILE");
    int file = path == NULL ? -1 : NEXT(open)(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        ssize_t size = NEXT(pread)(file, text, sizeof(text) - 1, 0);
        text[size > 0 ? size : 0] = '\0';
        NEXT(close)(file);
    }
    errno = kept;
    return strtoll(text, NULL, 10);
}

static long long ahead(void)
{
    long long now = now_ns(CLOCK_MONOTONIC_COARSE);
    long long last = atomic_load(&read_at_ns);
    if ((last == 0 || now - last >= AGAIN_NS) &&
        atomic_compare_exchange_strong(&read_at_ns, &last, now)) {
        atomic_store(&ahead_s, read_ahead_s());
    }
    return atomic_load(&ahead_s);
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int result = ask_kernel(clock, out);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_TAI ||
                        clock == CLOCK_REALTIME_COARSE)) {
        out->tv_sec += ahead();
    }
    return result;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    (void)zone; /* obsolete, and nobody asks */
    struct timespec now;
    int result = clock_gettime(CLOCK_REALTIME, &now);
    if (result == 0) {
        *out = (struct timeval){.tv_sec = now.tv_sec,
                                .tv_usec = now.tv_nsec / 1000};
    }
    return result;
}

time_t time(time_t *out)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (out != NULL) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}

/* --- Waiting. ------------------------------------------------------------ */

struct call {
    long number;
    long arguments[6];
};

static long ask(const struct call *call)
{
    const long *a = call->arguments;
    return NEXT(syscall)(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

enum { FUTEX_OPERATION = 1, FUTEX_UNTIL = 3 };

static const struct timespec *moment_of(const struct call *call)
{
    long operation = call->arguments[FUTEX_OPERATION];
    bool waits = call->number == SYS_futex &&
                 (operation & FUTEX_CLOCK_REALTIME) != 0 &&
                 (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
    /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
    return waits ? (const struct timespec *)call->arguments[FUTEX_UNTIL] : NULL;
}

/* By the clock that only goes on, a bit at a time. */
static long wait_for(struct call call, const struct timespec *moment)
{
    call.arguments[FUTEX_OPERATION] &= ~(long)FUTEX_CLOCK_REALTIME;
    for (;;) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        long long left = ns_of(moment) - ns_of(&now);
        if (left <= 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        struct timespec until = time_of(now_ns(CLOCK_MONOTONIC) +
                                        (left < SLICE_NS ? left : SLICE_NS));
        call.arguments[FUTEX_UNTIL] = (long)&until;
        long result = ask(&call);
        if (result == 0 || errno != ETIMEDOUT) {
            return result;
        }
    }
}

long syscall(long number, ...)
{
    struct call call = {.number = number};
    va_list list;
    va_start(list, number);
    for (size_t i = 0; i < sizeof(call.arguments) / sizeof(long); i++) {
        call.arguments[i] = va_arg(list, long);
    }
    va_end(list);
    const struct timespec *moment = moment_of(&call);
    return moment == NULL || getenv("CLOCK_FILE") == NULL
               ? ask(&call)
               : wait_for(call, moment);
}
