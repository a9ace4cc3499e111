/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "node/daemon/federation_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* What is shown of partners: a copy, so that asking never waits for the
 * writer. */

static int64_t retry_in_ms(const struct engine_peer_view *peer,
                           struct hl_mono now)
{
    if (peer->retry_at.ns == INT64_MAX) {
        return -1;
    }
    int64_t ms = mono_since_ns(peer->retry_at, now) / 1000000;
    return ms < 0 ? 0 : ms;
}

static void copy_id(char out[CHARTER_LABEL_BYTES], struct bytes id)
{
    HL_ASSERT(id.size < CHARTER_LABEL_BYTES);
    if (id.size > 0) {
        memcpy(out, id.data, id.size);
    }
}

static struct partner show(const struct engine_peer_view *peer,
                           const struct engine_origin_view *origin,
                           struct hl_mono now)
{
    struct partner shown = {
        .link = peer->link,
        .paused = peer->paused,
        .retry_in_ms = retry_in_ms(peer, now),
        .faults = peer->faults,
        .last = peer->last,
        .keeps = peer->keeps,
        .answered = peer->answered,
        .cosigned = peer->cosigned,
        .held = origin->held,
        .newest = origin->newest.size,
        .sealed = origin->sealed.size,
        .as_of = origin->as_of,
        .standing = origin->standing,
        .keepers = origin->keepers,
        .quorum = origin->quorum,
        .asks = origin->asks,
    };
    copy_id(shown.id, peer->id);
    copy_id(shown.upstream, origin->upstream);
    return shown;
}

/* Nothing but the texts of faults lives on from one look to the next. */
static void carry_faults(const struct partners_view *from,
                         struct partners_view *to)
{
    for (size_t i = 0, k = 0; i < to->count && k < from->count;) {
        int order = strcmp(to->items[i].id, from->items[k].id);
        if (order == 0 && to->items[i].faults > 0) {
            memcpy(to->items[i].fault, from->items[k].fault,
                   sizeof(to->items[i].fault));
        }
        i += order <= 0;
        k += order >= 0;
    }
}

void federation_look(struct federation *federation)
{
    const struct engine *engine = driver_engine(federation->driver);
    struct engine_peer_view peer;
    struct engine_origin_view origin;
    size_t count = 0;
    while (engine_peer_at(engine, count, &peer)) {
        count++;
    }
    struct clock_reading clock = federation->options.clock();
    struct hl_mono now = clock.mono;
    struct partners_view next = {
        .own = engine_own_state(engine),
        .own_known = engine_own_known(engine),
        .contested = engine_is_contested(engine),
        .time_unsure = !engine_time_is_sure(engine, clock.wall),
        .items = hl_alloc(count, sizeof(struct partner)),
        .count = count,
    };
    for (size_t i = 0; engine_peer_at(engine, i, &peer) &&
                       engine_origin_at(engine, i, &origin);
         i++) {
        next.items[i] = show(&peer, &origin, now);
        next.items[i].self =
            bytes_equal_text(peer.id, federation->options.node);
    }
    federation->looked = now;
    federation->changed = false;
    pthread_mutex_lock(&federation->lock);
    carry_faults(&federation->shown, &next);
    struct partners_view former = federation->shown;
    federation->shown = next;
    pthread_mutex_unlock(&federation->lock);
    partners_view_fini(&former);
}

static void view(void *context, struct partners_view *out)
{
    struct federation *federation = context;
    pthread_mutex_lock(&federation->lock);
    *out = federation->shown;
    out->items = hl_copy(out->items, out->count * sizeof(struct partner));
    pthread_mutex_unlock(&federation->lock);
}

static void charter_now(void *context, struct writer *out)
{
    struct federation *federation = context;
    pthread_mutex_lock(&federation->lock);
    writer_bytes(out, writer_view(&federation->charter));
    pthread_mutex_unlock(&federation->lock);
}

/* When the next look is due, where anything has changed. */
int64_t federation_look_in_ms(const struct federation *federation,
                              struct hl_mono now)
{
    if (!federation->changed) {
        return INT64_MAX;
    }
    int64_t ago_ms = mono_since_ns(now, federation->looked) / 1000000;
    return ago_ms >= LOOK_MS ? 0 : LOOK_MS - ago_ms;
}

void federation_keep_fault(struct federation *federation, struct bytes peer,
                           const char *text)
{
    pthread_mutex_lock(&federation->lock);
    for (size_t i = 0; i < federation->shown.count; i++) {
        struct partner *partner = &federation->shown.items[i];
        if (bytes_equal_text(peer, partner->id)) {
            snprintf(partner->fault, sizeof(partner->fault), "%s", text);
        }
    }
    pthread_mutex_unlock(&federation->lock);
}

struct partners federation_partners(struct federation *federation)
{
    return (struct partners){.context = federation,
                             .view = view,
                             .tell = federation_tell,
                             .import = federation_import,
                             .charter = charter_now};
}
