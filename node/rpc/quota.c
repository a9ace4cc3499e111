/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/quota.h"

#include <pthread.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

enum {
    SLOTS = 4096,
    LINGER = 16, /* answered calls beside open_max of them */
    PROBES = 16, /* places that an identity may stand in */
};
static const int64_t ns_per_s = 1000000000;

struct slot {
    struct hl_hash who;
    uint32_t open, answered;
    bool used;
    int64_t full_at_ns; /* when the bucket is full again: a call moves it on */
};

struct quota {
    struct quota_limits limits;
    pthread_mutex_t lock;
    struct slot slots[SLOTS];
};

struct quota *quota_create(const struct quota_limits *limits)
{
    struct quota *quota = hl_alloc(1, sizeof(*quota));
    quota->limits = *limits;
    pthread_mutex_init(&quota->lock, NULL);
    return quota;
}

void quota_destroy(struct quota **quota)
{
    if (*quota != NULL) {
        pthread_mutex_destroy(&(*quota)->lock);
        hl_free(*quota);
        *quota = NULL;
    }
}

static struct slot *probe(struct quota *quota, const struct hl_hash *who,
                          size_t step)
{
    size_t start = (size_t)who->bytes[0] << 8 | who->bytes[1];
    return &quota->slots[(start + step) % SLOTS];
}

static struct slot *find(struct quota *quota, const struct hl_hash *who)
{
    for (size_t i = 0; i < PROBES; i++) {
        struct slot *slot = probe(quota, who, i);
        if (slot->used && hash_equal(&slot->who, who)) {
            return slot;
        }
    }
    return NULL;
}

static struct slot *take(struct quota *quota, const struct hl_hash *who,
                         int64_t now_ns)
{
    for (size_t i = 0; i < PROBES; i++) {
        struct slot *slot = probe(quota, who, i);
        if (!slot->used ||
            (slot->open + slot->answered == 0 && slot->full_at_ns <= now_ns)) {
            *slot = (struct slot){.who = *who, .used = true};
            return slot;
        }
    }
    return NULL;
}

/* The bucket is kept as the moment at which it is full again. */
static bool spend(const struct quota_limits *limits, struct slot *slot,
                  int64_t now_ns)
{
    if (limits->rate_per_s == 0) {
        return true;
    }
    int64_t each_ns = ns_per_s / limits->rate_per_s;
    int64_t from_ns = slot->full_at_ns > now_ns ? slot->full_at_ns : now_ns;
    if (from_ns + each_ns - now_ns > each_ns * limits->burst) {
        return false;
    }
    slot->full_at_ns = from_ns + each_ns;
    return true;
}

static hl_err enter(struct quota *quota, const struct hl_hash *who,
                    int64_t now_ns, struct hl_detail *detail)
{
    struct slot *slot = find(quota, who);
    if (slot == NULL) {
        slot = take(quota, who, now_ns);
    }
    if (slot == NULL) {
        return hl_fail(detail, HL_EBUSY,
                       "too many callers at once: try again later");
    }
    if (slot->open >= quota->limits.open_max) {
        return hl_fail(detail, HL_EBUSY,
                       "%u calls of yours are open, and no more may be: wait "
                       "for answers",
                       slot->open);
    }
    if (slot->answered >= quota->limits.open_max + LINGER) {
        return hl_fail(detail, HL_EBUSY,
                       "%u answers wait for you to take them: read",
                       slot->answered);
    }
    if (!spend(&quota->limits, slot, now_ns)) {
        return hl_fail(detail, HL_EBUSY,
                       "more than %u calls a second: call less often",
                       quota->limits.rate_per_s);
    }
    slot->open++;
    return HL_OK;
}

hl_err quota_enter(struct quota *quota, const struct hl_hash *who,
                   struct hl_mono now, struct hl_detail *detail)
{
    pthread_mutex_lock(&quota->lock);
    hl_err err = enter(quota, who, now.ns, detail);
    pthread_mutex_unlock(&quota->lock);
    return err;
}

/* Under the lock. */
static struct slot *slot_of(struct quota *quota, const struct hl_hash *who)
{
    struct slot *slot = find(quota, who);
    HL_ASSERT(slot != NULL);
    return slot;
}

void quota_answer(struct quota *quota, const struct hl_hash *who)
{
    pthread_mutex_lock(&quota->lock);
    struct slot *slot = slot_of(quota, who);
    HL_ASSERT(slot->open > 0);
    slot->open--;
    slot->answered++;
    pthread_mutex_unlock(&quota->lock);
}

void quota_leave(struct quota *quota, const struct hl_hash *who, bool answered)
{
    pthread_mutex_lock(&quota->lock);
    struct slot *slot = slot_of(quota, who);
    uint32_t *count = answered ? &slot->answered : &slot->open;
    HL_ASSERT(*count > 0);
    (*count)--;
    pthread_mutex_unlock(&quota->lock);
}
