/* SPDX-License-Identifier: Apache-2.0 */
#include "node/log/log.h"

/* The generic cell rate algorithm (ITU-T I.371): one number instead of a
 * bucket. */
bool log_limit(struct log_limiter *limiter, struct hl_mono now,
               uint64_t *suppressed)
{
    pthread_mutex_lock(&limiter->lock);
    int64_t due = limiter->due_ns > now.ns ? limiter->due_ns : now.ns;
    bool free = due - now.ns <= (limiter->burst - 1) * limiter->interval_ns;
    if (free) {
        limiter->due_ns = due + limiter->interval_ns;
        *suppressed = limiter->held;
        limiter->held = 0;
    } else {
        limiter->held++;
    }
    pthread_mutex_unlock(&limiter->lock);
    return free;
}
