/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heluo/v1/node.pb-c.h"
#include "node/service/services_internal.h"
#include "protocol/base/alloc.h"

enum { DAMAGES_IN_ONE = 50 };

/* A call that looks on. */
struct scrub_call {
    struct scrub_call *next, **place; /* under the services' mutex */
    struct services *services;
    struct rpc_call *call;
    uint64_t run;  /* that it asked for */
    uint64_t told; /* beats */
    size_t listed; /* findings that were told */
    bool done;     /* all of them */
    hl_err err;    /* why it ended early */
    struct hl_detail why;
};

void services_scrubbed(struct services *services)
{
    pthread_mutex_lock(&services->mutex);
    for (struct scrub_call *at = services->scrubs; at != NULL; at = at->next) {
        rpc_wake(at->call);
    }
    pthread_mutex_unlock(&services->mutex);
}

void node_scrub_facts(struct services *services, struct node_facts *facts)
{
    struct scrubber_view view = {0};
    if (services->scrubber == NULL) {
        return;
    }
    scrubber_view(services->scrubber, &view);
    facts->damaged = view.left;
    facts->damaged_why = view.left_why;
}

/* --- What is told. -------------------------------------------------------- */

static Heluo__V1__NodeDamage *show(struct rpc_call *call,
                                   const struct scrub_finding *finding)
{
    Heluo__V1__NodeDamage *shown = rpc_call_alloc(call, sizeof(*shown));
    char text[SCRUB_TEXT_BYTES];
    heluo__v1__node_damage__init(shown);
    shown->table =
        call_text(call, bytes_of_text(store_table_name(finding->table)));
    shown->origin = call_text(call, bytes_of_text(finding->origin));
    shown->first = finding->first;
    shown->end = finding->end;
    shown->repaired = finding->repaired;
    scrub_finding_text(finding, false, text);
    shown->text_en = call_text(call, bytes_of_text(text));
    scrub_finding_text(finding, true, text);
    shown->text_zh = call_text(call, bytes_of_text(text));
    return shown;
}

/* The next findings; *last: that was all. */
static void put_damages(struct scrub_call *scrub,
                        Heluo__V1__NodeScrubProgress *message)
{
    struct scrub_finding finding;
    message->damages = rpc_call_alloc(
        scrub->call, DAMAGES_IN_ONE * sizeof(message->damages[0]));
    while (
        message->n_damages < DAMAGES_IN_ONE &&
        scrubber_finding(scrub->services->scrubber, scrub->listed, &finding)) {
        message->damages[message->n_damages++] = show(scrub->call, &finding);
        scrub->listed++;
    }
    scrub->done = message->n_damages < DAMAGES_IN_ONE;
}

static void tell(struct scrub_call *scrub, const struct scrubber_view *view)
{
    Heluo__V1__NodeScrubProgress message = HELUO__V1__NODE_SCRUB_PROGRESS__INIT;
    message.rows = view->rows;
    message.entries = view->entries;
    message.found = view->found;
    message.repaired = view->repaired;
    if (view->ended >= scrub->run) {
        put_damages(scrub, &message);
        scrub->err = view->err;
        scrub->why = view->why;
    }
    message.done = scrub->done && scrub->err == HL_OK;
    rpc_send(scrub->call, &message.base);
}

/* What was found is told also where it ended early; and whoever waits for the
 * one that goes on, that it does. */
static void pump(struct rpc_call *call, void *context)
{
    struct scrub_call *scrub = context;
    struct scrubber_view view;
    scrubber_view(scrub->services->scrubber, &view);
    if (scrub->done && scrub->err != HL_OK) {
        rpc_fail(call, scrub->err, &scrub->why);
    } else if (scrub->done) {
        rpc_finish(call);
    } else if (view.ended >= scrub->run ||
               (view.running > 0 && view.beats != scrub->told)) {
        scrub->told = view.beats;
        tell(scrub, &view);
    }
}

static void gone(struct rpc_call *call, void *context)
{
    struct scrub_call *scrub = context;
    (void)call;
    pthread_mutex_lock(&scrub->services->mutex);
    *scrub->place = scrub->next;
    if (scrub->next != NULL) {
        scrub->next->place = scrub->place;
    }
    pthread_mutex_unlock(&scrub->services->mutex);
    hl_free(scrub);
}

/* It goes on when the caller goes away. */
void node_scrub(struct rpc_call *call, const ProtobufCMessage *request,
                void *context)
{
    struct services *services = context;
    struct hl_detail detail = {0};
    (void)request;
    if (services->scrubber == NULL) {
        rpc_fail(call, hl_fail(&detail, HL_ESTOPPING, "no scrub runs here"),
                 &detail);
        return;
    }
    struct scrub_call *scrub = hl_alloc(1, sizeof(*scrub));
    scrub->services = services;
    scrub->call = call;
    scrub->run = scrubber_ask(services->scrubber);
    pthread_mutex_lock(&services->mutex);
    scrub->next = services->scrubs;
    scrub->place = &services->scrubs;
    if (scrub->next != NULL) {
        scrub->next->place = &scrub->next;
    }
    services->scrubs = scrub;
    pthread_mutex_unlock(&services->mutex);
    struct rpc_stream stream = {.pump = pump, .gone = gone, .context = scrub};
    rpc_stream_start(call, &stream);
}
