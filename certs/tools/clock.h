/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_TOOLS_CLOCK_H
#define HL_CERTS_TOOLS_CLOCK_H

/* The wall clock, for commands of a person: what runs by itself is given its
 * time. And the monotonic one, for threads that wait. Any thread. */

#include <time.h>

#include "protocol/base/hl_time.h"

struct hl_wall clock_wall(void);

/* CLOCK_MONOTONIC: milliseconds, and the moment `ms` from now, as
 * pthread_cond_timedwait() takes it of a condition of that clock. */
int64_t clock_mono_ms(void);
struct timespec clock_mono_in_ms(int64_t ms);

#endif
