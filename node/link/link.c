/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/crypto.h>
#include <string.h>

#include "node/link/link_inside.h"
#include "node/rpc/now.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* --- The table. ---------------------------------------------------------- */

struct link *link_add(struct links *links, struct bytes peer)
{
    struct link *link = hl_alloc(1, sizeof(*link));
    HL_ASSERT(peer.size < sizeof(link->peer));
    memcpy(link->peer, peer.data, peer.size);
    link->links = links;
    link->number = links->next_number++;
    link->last = &link->first;
    link->next = links->first;
    links->first = link;
    return link;
}

struct link *link_find(struct links *links, uint64_t number)
{
    struct link *link = links->first;
    while (link != NULL && link->number != number) {
        link = link->next;
    }
    return link;
}

static void drop_parcels(struct link *link)
{
    struct parcel *parcel;
    while ((parcel = link_take(link)) != NULL) {
        hl_free(parcel);
    }
}

void link_remove(struct link *link)
{
    struct link **place = &link->links->first;
    while (*place != link) {
        place = &(*place)->next;
    }
    *place = link->next;
    drop_parcels(link);
    writer_fini(&link->presented);
    hl_free(link);
}

/* --- What is sent. ------------------------------------------------------- */

struct parcel *link_take(struct link *link)
{
    struct parcel *parcel = link->first;
    if (parcel != NULL) {
        link->first = parcel->next;
        link->queued -= parcel->size;
        if (link->first == NULL) {
            link->last = &link->first;
        }
    }
    return parcel;
}

void link_sending(struct link *link, const struct parcel *parcel)
{
    link->sending = parcel->size;
    pace_begin(&link->pace, now_mono());
}

void link_sent(struct link *link)
{
    if (link->sending > 0) {
        pace_end(&link->pace, link->sending, link->first != NULL, now_mono());
        link->sending = 0;
    }
}

bool links_wants_deflate(struct links *links, uint64_t stream)
{
    static const struct pace unknown;
    pthread_mutex_lock(&links->lock);
    const struct link *link = link_find(links, stream);
    bool wants = pace_wants_deflate(link == NULL ? &unknown : &link->pace,
                                    links->options.zlib);
    pthread_mutex_unlock(&links->lock);
    return wants;
}

bool link_ends(const struct link *link)
{
    return link->closing && link->first == NULL;
}

void link_wake(struct link *link)
{
    if (link->call != NULL) {
        rpc_wake(link->call);
    } else {
        dial_wake(link);
    }
}

static void cancel(struct link *link)
{
    if (link->call != NULL) {
        rpc_cancel(link->call, link->err, &link->why);
    } else {
        dial_give_up(link);
    }
}

/* A peer that takes nothing holds what is on its way to it, and its call, for
 * as long as it likes. Looked at when anything is asked of links: where nothing
 * is, there are not more of them. */
static void drop_overdue(struct links *links)
{
    struct hl_mono now = now_mono();
    for (struct link *at = links->first; at != NULL; at = at->next) {
        if (at->closing && mono_since_ns(now, at->close_by) >= 0) {
            cancel(at);
        }
    }
}

static void end(struct link *link, hl_err err, struct bytes why)
{
    int64_t ns = (int64_t)link->links->options.keepalive_ms * 1000000;
    link->closing = true;
    link->close_by = (struct hl_mono){now_mono().ns + ns};
    link->err = err;
    if (link->queued > LINK_LAST_MAX_BYTES) {
        drop_parcels(link);
    }
    link->why = (struct hl_detail){0};
    hl_fail(&link->why, err, "%.*s", BYTES_ARGS(why));
    link_wake(link);
}

static void queue(struct link *link, struct bytes message)
{
    struct parcel *parcel = hl_alloc(1, sizeof(*parcel) + message.size);
    parcel->size = message.size;
    memcpy(parcel->bytes, message.data, message.size);
    *link->last = parcel;
    link->last = &parcel->next;
    link->queued += message.size;
    link_wake(link);
}

void links_send(struct links *links, uint64_t stream, struct bytes message)
{
    pthread_mutex_lock(&links->lock);
    struct link *link = link_find(links, stream);
    bool takes = link != NULL && !link->closing;
    bool lost = takes && link->queued + message.size > LINK_QUEUE_MAX_BYTES;
    drop_overdue(links);
    if (lost) {
        end(link, HL_ELIMIT, bytes_of_text("it does not take what is sent"));
    } else if (takes) {
        queue(link, message);
    }
    pthread_mutex_unlock(&links->lock);
    if (lost) {
        links->options.events.closed(links->options.events.context, stream,
                                     HL_ELIMIT);
    }
}

void links_close(struct links *links, uint64_t stream, hl_err err,
                 struct bytes why)
{
    pthread_mutex_lock(&links->lock);
    struct link *link = link_find(links, stream);
    drop_overdue(links);
    if (link != NULL && !link->closing) {
        end(link, err, why);
    }
    pthread_mutex_unlock(&links->lock);
}

/* --- What comes. --------------------------------------------------------- */

bool link_received(struct link *link, struct bytes message)
{
    struct links *links = link->links;
    const struct link_events *events = &links->options.events;
    pthread_mutex_lock(&links->lock);
    bool wanted = !link->closing;
    uint64_t number = link->number;
    if (wanted) {
        link->untaken++;
        link->untaken_bytes += message.size;
        link->held = link->untaken >= LINK_UNTAKEN_MAX ||
                     link->untaken_bytes >= LINK_UNTAKEN_MAX_BYTES;
    }
    bool more = !link->held;
    pthread_mutex_unlock(&links->lock);
    if (wanted) {
        events->message(events->context, number, message);
    }
    return more;
}

void link_broken(struct link *link)
{
    struct links *links = link->links;
    const struct link_events *events = &links->options.events;
    pthread_mutex_lock(&links->lock);
    bool told = !link->closing;
    uint64_t number = link->number;
    pthread_mutex_unlock(&links->lock);
    if (told) {
        events->broken(events->context, number, false);
    }
}

void links_taken(struct links *links, uint64_t stream, size_t message_bytes)
{
    pthread_mutex_lock(&links->lock);
    struct link *link = link_find(links, stream);
    if (link != NULL && link->untaken > 0) {
        link->untaken--;
        link->untaken_bytes -= message_bytes;
        if (link->held && link->untaken <= LINK_UNTAKEN_MAX / 2 &&
            link->untaken_bytes <= LINK_UNTAKEN_MAX_BYTES / 2) {
            link->held = false;
            if (link->call != NULL) {
                rpc_read_on(link->call);
            } else {
                dial_wake(link);
            }
        }
    }
    pthread_mutex_unlock(&links->lock);
}

/* --- Admission, again. --------------------------------------------------- */

/* A dialled stream, to be looked at without the lock. */
struct look {
    uint64_t number;
    char peer[CHARTER_LABEL_BYTES];
    struct writer presented;
};

static size_t collect(struct links *links, struct look **out)
{
    size_t count = 0;
    pthread_mutex_lock(&links->lock);
    for (struct link *at = links->first; at != NULL; at = at->next) {
        if (at->dial == NULL || !at->opened || at->closing) {
            continue;
        }
        *out = hl_realloc(*out, count + 1, sizeof(**out));
        struct look *look = &(*out)[count++];
        *look = (struct look){.number = at->number};
        memcpy(look->peer, at->peer, sizeof(look->peer));
        writer_bytes(&look->presented, writer_view(&at->presented));
    }
    pthread_mutex_unlock(&links->lock);
    return count;
}

static void turn_out(struct links *links, uint64_t number, hl_err err)
{
    pthread_mutex_lock(&links->lock);
    struct link *link = link_find(links, number);
    bool there = link != NULL && !link->closing;
    if (there) {
        end(link, err, bytes_of_text("it is not admitted any more"));
    }
    pthread_mutex_unlock(&links->lock);
    if (there) {
        links->options.events.closed(links->options.events.context, number,
                                     err);
    }
}

void links_admit_again(struct links *links)
{
    struct look *looks = NULL;
    size_t count = collect(links, &looks);
    for (size_t i = 0; i < count; i++) {
        hl_err err =
            dial_admit(links, looks[i].peer, writer_view(&looks[i].presented));
        if (err != HL_OK) {
            turn_out(links, looks[i].number, err);
        }
        writer_fini(&looks[i].presented);
    }
    hl_free(looks);
}

/* --- Life. --------------------------------------------------------------- */

struct links *links_create(const struct links_options *options)
{
    struct links *links = hl_alloc(1, sizeof(*links));
    links->options = *options;
    links->next_number = 1;
    pthread_mutex_init(&links->lock, NULL);
    pthread_cond_init(&links->none_dialled, NULL);
    links->queue = grpc_completion_queue_create_for_next(NULL);
    int failed = pthread_create(&links->thread, NULL, dial_run, links);
    HL_ASSERT(failed == 0);
    return links;
}

struct rpc_service links_service(struct links *links)
{
    return (struct rpc_service){.name = "heluo.v1.Federation",
                                .methods = link_methods,
                                .context = links};
}

static void set_text(struct writer *to, struct bytes from)
{
    writer_clear(to);
    writer_bytes(to, from);
    writer_u8(to, 0); /* the core takes texts */
}

void links_set_credentials(struct links *links,
                           const struct rpc_credentials *credentials)
{
    pthread_mutex_lock(&links->lock);
    OPENSSL_cleanse(links->key.data, links->key.size);
    set_text(&links->roots, credentials->roots);
    set_text(&links->chain, credentials->chain);
    set_text(&links->key, credentials->key);
    links->has_credentials = true;
    pthread_mutex_unlock(&links->lock);
}

void links_dial(struct links *links, struct bytes peer, struct bytes endpoint)
{
    pthread_mutex_lock(&links->lock);
    for (struct link *at = links->first; at != NULL; at = at->next) {
        if (at->dial != NULL && !at->opened && !at->closing &&
            bytes_equal_text(peer, at->peer)) {
            at->closing = true;
            dial_give_up(at);
        }
    }
    if (links->has_credentials && !links->stopping) {
        dial_start(links, peer, endpoint);
    }
    pthread_mutex_unlock(&links->lock);
}

void links_stop(struct links *links)
{
    pthread_mutex_lock(&links->lock);
    links->stopping = true;
    for (struct link *at = links->first; at != NULL; at = at->next) {
        at->closing = true;
        if (at->dial != NULL) {
            dial_give_up(at);
        }
    }
    while (links->dialled > 0) {
        pthread_cond_wait(&links->none_dialled, &links->lock);
    }
    pthread_mutex_unlock(&links->lock);
}

void links_destroy(struct links **links)
{
    struct links *gone = *links;
    if (gone == NULL) {
        return;
    }
    links_stop(gone);
    grpc_completion_queue_shutdown(gone->queue);
    pthread_join(gone->thread, NULL);
    grpc_completion_queue_destroy(gone->queue);
    HL_ASSERT(gone->first == NULL);
    pthread_cond_destroy(&gone->none_dialled);
    pthread_mutex_destroy(&gone->lock);
    OPENSSL_cleanse(gone->key.data, gone->key.size);
    writer_fini(&gone->roots);
    writer_fini(&gone->chain);
    writer_fini(&gone->key);
    hl_free(gone);
    *links = NULL;
}
