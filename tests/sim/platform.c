/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/platform.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/catalogue/unit.h"
#include "node/ledger/order.h"
#include "node/projection/conduct.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/sim/papers.h"
#include "tests/sim/records.h"
#include "tests/sim/trade.h"
#include "tests/sim/world.h"

enum {
    UNITS = 40,  /* of a city, so that edits meet */
    WAIT_S = 20, /* for keepers; then it is asked again */
    WORK_THINK_S = 10,
    TRADE_THINK_S = 10,
    PAPERS_THINK_S = 40,
    TRIES_MAX = 6, /* for a durability that does not come */
    DOUBTED = 200, /* requests of all cities before a loss */
};

/* --- Commands. ----------------------------------------------------------- */

static void unit_id(const struct request *request, unsigned unit, char id[33])
{
    snprintf(id, 33, "%016zx%016x", request->host->city, unit * 2654435761u);
}

/* Only what stands here and is active can be retired. */
static hl_err check_retire(struct request *request,
                           struct write_context *context,
                           struct hl_detail *detail)
{
    struct unit_retire retire;
    record_decode(&unit_retiring, writer_view(&request->body), &retire);
    struct unit unit = {.scheme = retire.scheme, .id = retire.id};
    struct writer key = {0};
    struct row row;
    bool found = false;
    record_key(&unit_record, &unit, &key);
    hl_err err = projection_get(context->txn, &unit_record, context->number,
                                writer_view(&key), &row, &found, detail);
    writer_fini(&key);
    if (err == HL_OK && (!found || row.retired)) {
        err = hl_fail(detail, HL_ENOTFOUND, "nothing to retire");
    }
    return err;
}

static hl_err run(struct write_command *command, struct write_context *context,
                  struct hl_detail *detail)
{
    struct request *request = (struct request *)command;
    static const struct {
        uint32_t number;
        bool critical;
    } bodies[] = {[REQUEST_PUT] = {UNIT_BODY_PUT, false},
                  [REQUEST_RETIRE] = {UNIT_BODY_RETIRE, false},
                  [REQUEST_RULES] = {CONDUCT_BODY_RULES, true}};
    if (request->kind == REQUEST_RECORD) {
        return records_run(request, context, detail);
    }
    if (request->kind == REQUEST_MONEY) {
        return trade_run(request, context, detail);
    }
    if (request->kind == REQUEST_PAPER) {
        return papers_run(request, context, detail);
    }
    if (request->kind == REQUEST_DESK) {
        return desks_run(request, context, detail);
    }
    if (request->kind == REQUEST_RETIRE) {
        hl_err err = check_retire(request, context, detail);
        if (err != HL_OK) {
            return err;
        }
    }
    context->body_type = entry_body_type(bodies[request->kind].number,
                                         bodies[request->kind].critical);
    writer_bytes(context->body, writer_view(&request->body));
    return HL_OK;
}

static const char *difference(const struct write_command *command,
                              const struct entry *former)
{
    (void)command;
    (void)former;
    return "body";
}

static void answer(struct write_command *command,
                   const struct write_answer *result)
{
    (void)command;
    (void)result;
}

static const struct write_type request_type = {
    .name = "request", .run = run, .difference = difference, .answer = answer};

static const struct write_type money_type = {.name = "money",
                                             .remembers = true,
                                             .run = run,
                                             .difference = difference,
                                             .answer = answer};

/* --- Asking. ------------------------------------------------------------- */

static void ask(struct request *request);

static void ask_again(void *context, uint64_t tries)
{
    struct request *request = context;
    if (!request->done && !request->at_host && request->tries == tries) {
        ask(request);
    }
}

void platform_ask_later(struct request *request)
{
    struct platform *platform = request->platform;
    int64_t in =
        WORLD_S + (int64_t)rng_below(&platform->rng, 4 * (uint64_t)WORLD_S);
    world_at(platform->world, in, ask_again, request, request->tries);
}

static void ask(struct request *request)
{
    request->tries++;
    request->command.result = (struct write_answer){0};
    request->at_host = true;
    if (!host_submit(request->host, request)) {
        request_lost(request);
    }
}

struct request *platform_make(struct platform *platform, struct host *host,
                              enum request_kind kind, uint32_t keepers)
{
    struct request *request = hl_alloc(1, sizeof(*request));
    request->command.type = kind == REQUEST_MONEY ? &money_type : &request_type;
    request->platform = platform;
    request->host = host;
    request->kind = kind;
    request->keepers = keepers;
    request->number = ++platform->count;
    request->next = platform->first;
    platform->first = request;
    platform->world->tally.requests++;
    memcpy(request->command.id.id, &request->number, sizeof(request->number));
    request->command.id.caller = hash_bytes(bytes_of_text(host_id(host)));
    return request;
}

void platform_ask(struct request *request, const char *what, unsigned unit)
{
    request->command.id.request = hash_bytes(writer_view(&request->body));
    world_trace(request->platform->world, "%s is asked %" PRIu64 ": %s %u",
                host_label(request->host), request->number, what, unit);
    ask(request);
}

struct request *platform_put(struct platform *platform, struct host *host,
                             unsigned unit, const char *name, uint32_t keepers)
{
    struct request *request =
        platform_make(platform, host, REQUEST_PUT, keepers);
    char id[33];
    unit_id(request, unit, id);
    struct unit record = {
        .scheme = bytes_of_text("nrii"),
        .id = bytes_of_text(id),
        .name_zh = bytes_of_text(name),
        .kind = 1,
        .division = bytes_of_text("410100"),
        .division_revision = 2023,
    };
    record_encode(&unit_record, &record, &request->body);
    platform_ask(request, "put", unit);
    return request;
}

struct request *platform_retire(struct platform *platform, struct host *host,
                                unsigned unit, uint32_t keepers)
{
    struct request *request =
        platform_make(platform, host, REQUEST_RETIRE, keepers);
    char id[33];
    unit_id(request, unit, id);
    struct unit_retire record = {.scheme = bytes_of_text("nrii"),
                                 .id = bytes_of_text(id),
                                 .reason = bytes_of_text("merged")};
    record_encode(&unit_retiring, &record, &request->body);
    platform_ask(request, "retire", unit);
    return request;
}

struct request *platform_rules(struct platform *platform, struct host *host)
{
    struct request *request = platform_make(platform, host, REQUEST_RULES, 0);
    struct rules_activate record = {.version = 1};
    record_encode(&rules_activating, &record, &request->body);
    platform_ask(request, "rules", 1);
    return request;
}

/* --- Answers. ------------------------------------------------------------ */

static unsigned promised_to(const struct world *world,
                            const struct request *request,
                            enum platform_class class)
{
    const struct charter_node *node = charter_find_node(
        &world->alliance.charter, bytes_of_text(host_id(request->host)));
    return class == PLATFORM_DISK     ? 0
           : class == PLATFORM_SEALED ? (unsigned)node->quorum
                                      : request->keepers;
}

static void acknowledge(struct request *request, enum platform_class class)
{
    struct world *world = request->platform->world;
    if (!request->acknowledged[class]) {
        request->acknowledged[class] = true;
        request->losses[class] = platform_losses(world, request->host->city);
        request->promised[class] = promised_to(world, request, class);
        world->tally.answers[class]++;
    }
}

static void wait_for_keepers(struct request *request)
{
    struct host *host = request->host;
    struct engine_event event = {
        .kind = ENGINE_WAIT,
        .wait = request->number,
        .index = request->index,
        .keepers = request->keepers,
        .until = {host_mono(host).ns + WAIT_S * WORLD_S},
    };
    request->at_host = true;
    host_event(host, &event);
}

void request_made(struct platform *platform, const struct host *host,
                  const struct entry *entry, const struct hl_hash *leaf)
{
    uint64_t number = 0;
    memcpy(&number, entry->command.id, sizeof(number));
    struct request *request = platform_find(platform, number);
    if (request->made++ > 0) {
        world_violation(platform->world,
                        "request %" PRIu64 " of %s made entry %" PRIu64
                        " and then %" PRIu64,
                        request->number, host_label(host), request->index,
                        entry->index);
    }
    request->index = entry->index;
    request->leaf = *leaf;
    request->refused =
        entry_body_number(entry->body_type) == LEDGER_BODY_REFUSED;
    if (request->refused) {
        trade_note_refusal(request, entry->body);
    }
    platform->world->tally.money[MONEY_LIES] += request->money.forged;
    if (request->kind == REQUEST_PAPER) {
        platform->world->tally
            .papers[request->paper.size > 0 ? PAPER_PUT : PAPER_ERASED]++;
    }
}

/* The same id has one effect, whenever and however often it is answered. */
static void check_once(struct request *request)
{
    const struct write_answer *result = &request->command.result;
    if (request->refused || request->index != result->index ||
        !hash_equal(&request->leaf, &result->leaf)) {
        world_violation(request->platform->world,
                        "%s answers request %" PRIu64 " with entry %" PRIu64
                        ", not %" PRIu64,
                        host_label(request->host), request->number,
                        result->index, request->index);
    }
}

static void end(struct request *request)
{
    request->done = true;
    if (request->kind == REQUEST_DESK) {
        desks_over(request);
    }
}

void request_written(struct request *request)
{
    struct world *world = request->platform->world;
    const struct write_answer *result = &request->command.result;
    request->at_host = false;
    if (result->err != HL_OK && request->kind == REQUEST_MONEY) {
        trade_refused(request);
        return;
    }
    if (result->err != HL_OK) {
        end(request);
        return;
    }
    check_once(request);
    if (rng_below(&request->platform->rng, 1000000) <
        request->platform->answers_lost_ppm) {
        platform_ask_later(request);
        return;
    }
    world_trace(world, "%s answers %" PRIu64 " with entry %" PRIu64,
                host_label(request->host), request->number, request->index);
    acknowledge(request, PLATFORM_DISK);
    if (request->kind == REQUEST_MONEY) {
        trade_over(request);
    }
    if (request->keepers == 0) {
        end(request);
    } else {
        wait_for_keepers(request);
    }
}

void request_waited(struct request *request, hl_err err, uint32_t keepers,
                    bool sealed)
{
    request->at_host = false;
    if (request->done) {
        return;
    }
    struct world *world = request->platform->world;
    world_trace(world, "%s says of %" PRIu64 ": %s, %u keepers%s",
                host_label(request->host), request->number, hl_err_name(err),
                keepers, sealed ? ", sealed" : "");
    if (err != HL_OK) {
        request->done = request->tries >= TRIES_MAX;
        if (!request->done) {
            platform_ask_later(request);
        }
        return;
    }
    bool enough = request->keepers == ENGINE_SEALED
                      ? sealed
                      : keepers >= request->keepers;
    if (!enough) {
        world_violation(world, "%s ends the wait of %" PRIu64 " too early",
                        host_label(request->host), request->number);
    }
    acknowledge(request, request->keepers == ENGINE_SEALED ? PLATFORM_SEALED
                                                           : PLATFORM_KEEPERS);
    request->done = true;
}

void request_lost(struct request *request)
{
    request->at_host = false;
    if (!request->done && request->kind == REQUEST_DESK) {
        end(request); /* a desk looks anew */
    } else if (!request->done) {
        platform_ask_later(request);
    }
}

void platform_ask_again(struct request *request)
{
    request->done = false;
    request->tries = 0;
    platform_ask_later(request);
}

/* What was answered as well: an answer may have crossed with the loss. */
void platform_doubt(struct platform *platform, struct host *host)
{
    for (struct request *r = platform->first; r != NULL; r = r->next) {
        if (r->host == host && r->done && r->made > 0 &&
            r->kind != REQUEST_DESK && r->number + DOUBTED > platform->count) {
            platform_ask_again(r);
        }
    }
}

struct request *platform_find(struct platform *platform, uint64_t number)
{
    struct request *request = platform->first;
    while (request != NULL && request->number != number) {
        request = request->next;
    }
    HL_ASSERT(request != NULL);
    return request;
}

/* --- By itself. ---------------------------------------------------------- */

uint32_t platform_some_keepers(struct platform *platform, struct host *host)
{
    const struct charter_node *node = charter_find_node(
        &platform->world->alliance.charter, bytes_of_text(host_id(host)));
    uint64_t what = rng_below(&platform->rng, 10);
    if (what < 6 || node->keeper_count == 0) {
        return 0;
    }
    return what < 8
               ? ENGINE_SEALED
               : 1 + (uint32_t)rng_below(&platform->rng, node->keeper_count);
}

static void put_some(struct platform *platform, struct host *host)
{
    char name[40];
    uint64_t edition = rng_next(&platform->rng);
    snprintf(name, sizeof(name), "\xe6\x89\x80 %" PRIx64, edition);
    platform_put(platform, host, (unsigned)rng_below(&platform->rng, UNITS),
                 name, platform_some_keepers(platform, host));
}

static void retire_one(struct platform *platform, struct host *host)
{
    platform_retire(platform, host, (unsigned)rng_below(&platform->rng, UNITS),
                    platform_some_keepers(platform, host));
}

static void burst(struct platform *platform, struct host *host)
{
    for (uint64_t n = 5 + rng_below(&platform->rng, 60); n > 0; n--) {
        put_some(platform, host);
    }
}

static void large(struct platform *platform, struct host *host)
{
    char name[301];
    memset(name, 'a' + (int)rng_below(&platform->rng, 26), 300);
    name[300] = '\0';
    platform_put(platform, host, (unsigned)rng_below(&platform->rng, UNITS),
                 name, 0);
}

static const struct {
    unsigned weight;
    void (*run)(struct platform *platform, struct host *host);
} works[] = {{30, put_some}, {10, retire_one},   {5, burst},
             {5, large},     {35, records_some}, {15, records_answer}};

static void work(struct platform *platform, struct host *host)
{
    uint64_t pick = rng_below(&platform->rng, 100);
    for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
        if (pick < works[i].weight) {
            works[i].run(platform, host);
            break;
        }
        pick -= works[i].weight;
    }
}

/* Goes on by itself while the platform is busy. */
static void pursue(void *context, uint64_t port)
{
    const struct pursuit *pursuit = context;
    struct platform *platform = pursuit->platform;
    struct world *world = platform->world;
    struct host *host = world->hosts[port];
    if (!platform->busy) {
        return;
    }
    if (host->up || !pursuit->when_up) {
        pursuit->run(platform, host);
    }
    uint64_t think_ns = (uint64_t)(pursuit->think_s * WORLD_S);
    world_at(world, (int64_t)rng_below(pursuit->rng, 2 * think_ns), pursue,
             context, port);
}

void platform_begin(struct platform *platform, struct host *host)
{
    struct world *world = platform->world;
    desks_begin(&world->desks, host);
    world_at(world, PAPERS_THINK_S * WORLD_S, pursue,
             &platform->pursuits[PURSUIT_PAPERS], host->port);
    pursue(&platform->pursuits[PURSUIT_TRADE], host->port);
    world_at(world, (int64_t)rng_below(&platform->rng, WORK_THINK_S * WORLD_S),
             pursue, &platform->pursuits[PURSUIT_WORK], host->port);
}

void platform_init(struct platform *platform, struct world *world)
{
    *platform = (struct platform){.world = world,
                                  .rng = world_rng(world, "platform"),
                                  .trade = {.rng = world_rng(world, "trade")},
                                  .answers_lost_ppm = 20000};
    platform->papers = hl_alloc(1, sizeof(*platform->papers));
    platform->papers->rng = world_rng(world, "papers");
    struct pursuit pursuits[PURSUITS] = {
        {platform, work, &platform->rng, WORK_THINK_S, false},
        {platform, trade_some, &platform->trade.rng, TRADE_THINK_S, true},
        {platform, papers_some, &platform->papers->rng, PAPERS_THINK_S, true},
    };
    memcpy(platform->pursuits, pursuits, sizeof(pursuits));
}

void platform_fini(struct platform *platform)
{
    trade_fini(&platform->trade);
    papers_fini(platform->papers);
    hl_free(platform->papers);
    while (platform->first != NULL) {
        struct request *gone = platform->first;
        platform->first = gone->next;
        writer_fini(&gone->body);
        writer_fini(&gone->paper);
        hl_free(gone);
    }
}

/* --- What may be lost. --------------------------------------------------- */

unsigned platform_losses(const struct world *world, size_t city)
{
    /* A keeper that a charter dismisses may alone have had an entry. */
    unsigned losses = world->alliance.cities[city].keeper_changes;
    for (size_t keeper = 0; keeper < world->alliance.city_count; keeper++) {
        if ((world->alliance.cities[city].kept_by >> keeper & 1) != 0) {
            losses += world->hosts[keeper]->losses;
        }
    }
    return losses;
}

unsigned platform_liars(const struct world *world, size_t city)
{
    unsigned liars = 0;
    for (size_t keeper = 0; keeper < world->alliance.city_count; keeper++) {
        bool keeps = (world->alliance.cities[city].kept_by >> keeper & 1) != 0;
        liars += keeps && !witness_trusts(world, keeper);
    }
    return liars;
}

void platform_cut(struct platform *platform, size_t city, uint64_t size)
{
    struct world *world = platform->world;
    unsigned losses = platform_losses(world, city);
    unsigned liars = platform_liars(world, city); /* also when they promised */
    for (struct request *r = platform->first; r != NULL; r = r->next) {
        if (r->host->city != city || r->made == 0 || r->index < size) {
            continue;
        }
        r->made = 0;
        r->refused = r->answered = false;
        for (size_t c = PLATFORM_KEEPERS; c < PLATFORM_CLASS_COUNT; c++) {
            unsigned promised = r->promised[c];
            if (witness_trusts(world, city) && r->acknowledged[c] &&
                losses - r->losses[c] + liars < promised) {
                world_violation(world,
                                "entry %" PRIu64 " of %s was acknowledged by "
                                "%u keepers, and is cut at %" PRIu64,
                                r->index, host_id(r->host), promised, size);
            }
        }
    }
}
