/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/desks.h"

#include <inttypes.h>
#include <string.h>

#include "node/ledger/cycle.h"
#include "node/projection/cycles.h"
#include "node/writer/proposal_command.h"
#include "protocol/base/hl_assert.h"
#include "tests/sim/check.h"
#include "tests/sim/trade.h"

enum {
    LOOK_S = 5,        /* between two looks, about */
    SOON_MS = 2,       /* after an entry of its own */
    WISH_S = 90,       /* between two proposals, at most, */
    RETRY_S = 5,       /* and where one had to wait */
    PAIR_PERCENT = 30, /* of proposals that are among some alone */
    BENT_PERCENT = 50, /* of those of a platform that lies */
    DALLY_PERCENT = 40,
};

static uint64_t below(struct desks *desks, uint64_t bound)
{
    return rng_below(&desks->rng, bound);
}

static bool percent(struct desks *desks, unsigned of_hundred)
{
    return below(desks, 100) < of_hundred;
}

/* --- Snapshots. ---------------------------------------------------------- */

static void read_charter(struct desk_sim *desk)
{
    struct bytes raw = engine_charter(driver_engine(desk->host->driver));
    struct hl_hash hash = hash_bytes(raw);
    if (!hash_equal(&hash, &desk->charter_hash)) {
        charter_fini(&desk->charter);
        hl_err err = charter_parse(raw, &desk->charter, NULL);
        HL_ASSERT(err == HL_OK);
        desk->charter_hash = hash;
    }
}

bool desks_look(struct desks *desks, struct host *host,
                struct clearing_view *out)
{
    struct desk_sim *desk = &desks->of[host->port];
    struct journal journal;
    bool found = false;
    *out = (struct clearing_view){0};
    desk->host = host;
    desk->desks = desks;
    if (!host->up) {
        return false;
    }
    read_charter(desk);
    hl_err err = store_begin_read(host->store, &out->txn, NULL);
    if (err == HL_OK) {
        err = journal_find(out->txn, host_origin(host), &journal, &found, NULL);
    }
    HL_ASSERT(err == HL_OK);
    out->number = journal.number;
    out->origin = host_origin(host);
    out->charter = &desk->charter;
    out->now = host_wall(host);
    if (!found) {
        desks_leave(out);
    }
    return found;
}

void desks_leave(struct clearing_view *view)
{
    if (view->txn != NULL) {
        store_abort(&view->txn);
    }
}

static void must(struct desk_sim *desk, hl_err err,
                 const struct hl_detail *detail)
{
    if (err != HL_OK) {
        world_violation(desk->desks->world, "%s cannot look at cycles: %s %s",
                        host_label(desk->host), hl_err_name(err), detail->text);
    }
}

/* --- Entries. ------------------------------------------------------------ */

/* What the step says is asked of the writer. */
static void ask(struct desk_sim *desk)
{
    struct platform *platform = &desk->desks->world->platform;
    const struct proposal *entry = &desk->step.entry;
    struct request *request =
        platform_make(platform, desk->host, REQUEST_DESK, 0);
    struct money_ask *money = &request->money;
    money->body = entry_body_number(entry->body_type);
    money->has_cause = entry->has_cause;
    if (entry->has_cause) {
        money->cause_city = alliance_find_origin(&desk->desks->world->alliance,
                                                 entry->cause.origin);
        money->cause_index = entry->cause.index;
        money->cause_leaf = entry->cause.leaf;
    }
    writer_bytes(&request->body, writer_view(&entry->body));
    desk->asked = request;
    world_trace(desk->desks->world, "%s: %s", host_label(desk->host),
                desk->step.why);
    platform_ask(request, "clearing", money->body);
}

static const struct write_type desk_type = {.name = "desk"};

/* As the daemon's desk hands it to the writer. */
hl_err desks_run(struct request *request, struct write_context *context,
                 struct hl_detail *detail)
{
    const struct money_ask *money = &request->money;
    const struct alliance *alliance = &request->platform->world->alliance;
    struct proposal proposal = {
        .made = true,
        .body_type = entry_body_type(money->body, true),
        .body = request->body, /* borrowed */
        .has_cause = money->has_cause,
    };
    struct proposal_command command;
    if (money->has_cause) {
        proposal.cause = (struct citation){
            bytes_of_text(alliance->cities[money->cause_city].origin),
            money->cause_index, money->cause_leaf};
    }
    proposal_command_init(&command, host_origin(request->host), &proposal,
                          &desk_type);
    hl_err err = proposal_command_run(&command.command, context, detail);
    proposal_command_fini(&command);
    return err;
}

static void look_once(void *context, uint64_t port);

void desks_over(struct request *request)
{
    struct world *world = request->platform->world;
    struct desk_sim *desk = &world->desks.of[request->host->port];
    if (desk->asked == request) {
        desk->asked = NULL;
        world_at(world, SOON_MS * WORLD_MS, look_once, &world->desks,
                 request->host->port);
    }
}

/* --- Answers. ------------------------------------------------------------ */

/* A person is asked: who says no, or nothing for long, or yes at last. */
static bool asks_person(struct desk_sim *desk, const struct cycle *cycle,
                        struct clearing_word *word)
{
    enum { LAST_MS = 10000 };
    struct desks *desks = desk->desks;
    int64_t left_ms =
        (int64_t)cycle->of.answer_by_ms - host_wall(desk->host).ms;
    if (desk->dallies && !desks->draining && left_ms > LAST_MS) {
        return false;
    }
    uint64_t what = below(desks, 100);
    *word = (struct clearing_word){.key = desk->step.about,
                                   .yes = true,
                                   .text = bytes_of_text("not this one")};
    if (!desks->draining && what < 20) {
        word->yes = false;
        desks->world->tally.money[MONEY_PERSON_NO]++;
        return true;
    }
    return desks->draining || what < 55;
}

/* One answer to one open proposal. */
static hl_err answer_open(struct desk_sim *desk,
                          const struct clearing_view *view,
                          struct hl_detail *detail)
{
    struct writer position = {0};
    struct clearing_word word;
    struct cycle cycle;
    bool found = true;
    hl_err err = HL_OK;
    while (err == HL_OK && desk->step.did != CLEARING_ENTRY) {
        err = clearing_next_open(view, &position, &cycle, &found, detail);
        if (err != HL_OK || !found) {
            break;
        }
        err = clearing_answer(view, &desk->options, &cycle.key, NULL,
                              &desk->step, detail);
        if (err == HL_OK && desk->step.did == CLEARING_HELD &&
            asks_person(desk, &cycle, &word)) {
            err = clearing_answer(view, &desk->options, &cycle.key, &word,
                                  &desk->step, detail);
        }
    }
    writer_fini(&position);
    return err;
}

/* --- Proposals. ---------------------------------------------------------- */

/* Who is up, and nobody's liar. */
static size_t who_can(const struct world *world, struct bytes *nodes)
{
    size_t count = 0;
    for (size_t i = 0; i < world->alliance.city_count; i++) {
        if (world->hosts[i]->up && witness_trusts(world, i)) {
            nodes[count++] = bytes_of_text(world->alliance.cities[i].id);
        }
    }
    return count;
}

/* All, or some: none is all. */
static size_t who_is_asked(struct desk_sim *desk, struct bytes *nodes)
{
    const struct world *world = desk->desks->world;
    size_t count = 0;
    if (desk->desks->draining) {
        return who_can(world, nodes);
    }
    if (percent(desk->desks, PAIR_PERCENT)) {
        for (size_t i = 0; i < world->alliance.city_count; i++) {
            if (percent(desk->desks, 60)) {
                nodes[count++] = bytes_of_text(world->alliance.cities[i].id);
            }
        }
    }
    return count;
}

static hl_err propose(struct desk_sim *desk, const struct clearing_view *view,
                      struct hl_detail *detail)
{
    struct desks *desks = desk->desks;
    struct bytes nodes[ALLIANCE_CITIES_MAX];
    struct clearing_only only = {.nodes = nodes};
    struct cycle last = {0};
    bool found = false;
    if (desks->world->now_ns < desk->propose_ns) {
        return HL_OK;
    }
    hl_err err = clearing_last(view, &last, &found, detail);
    bool follows = found && last.state == CYCLE_ABORTED &&
                   !(desk->has_followed && desk->followed == last.key.index);
    char why[256];
    if (desks->draining && !follows && check_all_counted(desks->world, why)) {
        return err;
    }
    only.count = follows ? 0 : who_is_asked(desk, nodes);
    desk->options.waited_ms =
        desk->busy_ns == 0 ? 0
                           : (desks->world->now_ns - desk->busy_ns) / WORLD_MS;
    if (err == HL_OK) {
        err = clearing_propose(view, &desk->options, &only,
                               follows ? &last : NULL, &desk->step, detail);
    }
    if (!desk->step.busy) {
        desk->busy_ns = 0;
    } else if (desk->busy_ns == 0) {
        desk->busy_ns = desks->world->now_ns;
    }
    bool waits = desk->step.did == CLEARING_WAITS;
    desk->propose_ns =
        desks->world->now_ns +
        (waits || desks->draining
             ? RETRY_S * WORLD_S
             : (int64_t)below(desks, WISH_S * (uint64_t)WORLD_S));
    if (err == HL_OK && follows && !waits) {
        desk->has_followed = true;
        desk->followed = last.key.index;
        desks->world->tally.money[MONEY_FOLLOWED] +=
            desk->step.did == CLEARING_ENTRY;
    }
    return err;
}

/* --- Looks. -------------------------------------------------------------- */

static void pass(struct desk_sim *desk, const struct clearing_view *view)
{
    struct hl_detail detail = {0};
    hl_err err = clearing_decide(view, &desk->options, &desk->step, &detail);
    bool silent = desk->silent && !desk->desks->draining;
    if (err == HL_OK && desk->step.did != CLEARING_ENTRY && !silent) {
        err = answer_open(desk, view, &detail);
    }
    if (err == HL_OK && desk->step.did != CLEARING_ENTRY) {
        err = propose(desk, view, &detail);
    }
    must(desk, err, &detail);
}

/* Its platform says something else instead. */
static bool is_bent(struct desk_sim *desk)
{
    struct desks *desks = desk->desks;
    return !desks->draining && desks->world->crooked[desk->host->city] &&
           entry_body_number(desk->step.entry.body_type) ==
               CYCLE_BODY_PROPOSAL &&
           rng_below(&desks->whims, 100) < BENT_PERCENT;
}

static void look_once(void *context, uint64_t port)
{
    struct desks *desks = context;
    struct desk_sim *desk = &desks->of[port];
    struct host *host = desks->world->hosts[port];
    struct clearing_view view;
    if ((desks->draining && !host->honest) || !host->up || host->flushing ||
        host->disk_due || desk->asked != NULL || !host_may_write(host) ||
        !desks_look(desks, host, &view)) {
        return;
    }
    pass(desk, &view);
    bool entry = desk->step.did == CLEARING_ENTRY;
    desks_leave(&view);
    if (!entry || desks->world->violated) {
        return;
    }
    if (is_bent(desk)) {
        trade_lie_instead(&desks->world->platform, host,
                          writer_view(&desk->step.entry.body));
    } else {
        ask(desk);
    }
}

static void look(void *context, uint64_t port)
{
    struct desks *desks = context;
    look_once(desks, port);
    world_at(desks->world,
             (int64_t)below(desks, 2 * LOOK_S * (uint64_t)WORLD_S), look, desks,
             port);
}

static void choose_bounds(struct desk_sim *desk)
{
    struct desks *desks = desk->desks;
    bool asks = percent(desks, 50), limits = percent(desks, 20);
    desk->dallies = rng_below(&desks->whims, 100) < DALLY_PERCENT;
    desk->options = (struct clearing_options){
        .pay_max_fen = asks ? below(desks, 3000) : UINT64_MAX,
        .debtor_max_fen = limits ? 20000 + below(desks, 60000) : UINT64_MAX,
        .answer_ms = 15000 + below(desks, 45000),
        .pay_days = percent(desks, 80) ? 0 : 1,
    };
}

void desks_begin(struct desks *desks, struct host *host)
{
    struct desk_sim *desk = &desks->of[host->port];
    desk->desks = desks;
    desk->host = host;
    choose_bounds(desk);
    desk->silent = desks->world->crooked[host->city] && percent(desks, 30);
    desk->propose_ns = desks->world->now_ns +
                       (int64_t)below(desks, WISH_S * (uint64_t)WORLD_S);
    world_at(desks->world,
             (int64_t)below(desks, 2 * LOOK_S * (uint64_t)WORLD_S), look, desks,
             host->port);
}

void desks_drain(struct desks *desks)
{
    desks->draining = true;
    for (size_t i = 0; i < desks->world->host_count; i++) {
        struct desk_sim *desk = &desks->of[i];
        desk->options.pay_max_fen = desk->options.debtor_max_fen = UINT64_MAX;
        desk->options.answer_ms = 60000;
        desk->propose_ns = 0;
    }
}

void desks_init(struct desks *desks, struct world *world)
{
    desks->world = world;
    desks->rng = world_rng(world, "desks");
    desks->whims = world_rng(world, "whims of desks");
}

void desks_fini(struct desks *desks)
{
    for (size_t i = 0; i < sizeof(desks->of) / sizeof(desks->of[0]); i++) {
        clearing_step_fini(&desks->of[i].step);
        charter_fini(&desks->of[i].charter);
    }
}
