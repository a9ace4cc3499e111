/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/records.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/catalogue/demand.h"
#include "node/catalogue/instrument.h"
#include "node/catalogue/service_item.h"
#include "node/projection/home.h"
#include "protocol/base/hl_assert.h"
#include "tests/sim/world.h"

enum {
    KINDS_FIRST = 2, /* RecordKind: instrument, service item, demand */
    KINDS = 3,
    NUMBERS = 6, /* of each kind and city, so that requests meet */
    TRIES = 12,
};

#define UNIT_ID "0123456789abcdef0123456789abcdef"

/* --- Which record. -------------------------------------------------------- */

static struct home_key key_of(const struct request *request)
{
    const struct record_deed *of = &request->deed;
    return (struct home_key){
        .of = {.home = bytes_of_text(of->home),
               .unit_scheme = bytes_of_text("nrii"),
               .unit_id = bytes_of_text(UNIT_ID),
               .inner_id = bytes_of_text(of->inner_id)},
        .kind = of->kind,
    };
}

static const char *deed_word(enum deed deed)
{
    static const char *const words[] = {[DEED_PUT] = "put",
                                        [DEED_RETIRE] = "retire",
                                        [DEED_RELEASE] = "release",
                                        [DEED_TAKE] = "take",
                                        [DEED_REFUSE] = "refuse"};
    return words[deed];
}

static void ask(struct platform *platform, struct host *host,
                const struct record_deed *deed)
{
    struct request *request = platform_make(
        platform, host, REQUEST_RECORD, platform_some_keepers(platform, host));
    char what[192];
    request->deed = *deed;
    writer_format(&request->body, "%s %u %s %s %s %" PRIx64,
                  deed_word(deed->deed), deed->kind, deed->home, deed->inner_id,
                  deed->to, deed->edition);
    snprintf(what, sizeof(what), "%s %s/%s%s%s, kind", deed_word(deed->deed),
             deed->home, deed->inner_id, deed->to[0] == '\0' ? "" : " to ",
             deed->to);
    platform_ask(request, what, deed->kind);
}

static size_t some_city(struct platform *platform)
{
    return (size_t)rng_below(&platform->rng,
                             platform->world->alliance.city_count);
}

/* Of this city, or now and then of another that may have moved here. */
static struct record_deed some_record(struct platform *platform,
                                      struct host *host, enum deed deed)
{
    size_t city =
        rng_below(&platform->rng, 4) == 0 ? some_city(platform) : host->city;
    struct record_deed out = {
        .deed = deed,
        .kind = KINDS_FIRST + (unsigned)rng_below(&platform->rng, KINDS),
        .edition = rng_next(&platform->rng),
    };
    snprintf(out.home, sizeof(out.home), "%s",
             platform->world->alliance.cities[city].id);
    snprintf(out.inner_id, sizeof(out.inner_id), "%u",
             (unsigned)rng_below(&platform->rng, NUMBERS));
    return out;
}

static bool suits(enum deed deed, const struct home_standing *now)
{
    bool active = now->is == HOME_IS_OURS && !now->row.retired;
    switch (deed) {
    case DEED_PUT:
        return now->is == HOME_IS_NEW || now->is == HOME_IS_OURS;
    case DEED_RETIRE:
    case DEED_RELEASE:
        return active;
    case DEED_TAKE:
    case DEED_REFUSE:
    case DEED_COUNT:
        break;
    }
    return now->is == HOME_IS_OFFERED;
}

/* Whether that host's store says that the deed suits it. */
static bool suits_now(struct host *host, const struct record_deed *deed)
{
    struct store_txn *txn = NULL;
    struct journal journal;
    struct home_standing now;
    struct request request = {.deed = *deed};
    struct home_key key = key_of(&request);
    bool found = false;
    if (!host->up) {
        return false;
    }
    hl_err err = store_begin_read(host->store, &txn, NULL);
    if (err == HL_OK) {
        err = journal_find(txn, host_origin(host), &journal, &found, NULL);
    }
    if (err == HL_OK && found) {
        err = projection_home_standing(txn, journal.number, host_origin(host),
                                       &key, &now, NULL);
    }
    bool good = err == HL_OK && found && suits(deed->deed, &now);
    store_abort(&txn);
    return good;
}

static bool is_member(const struct world *world, size_t city)
{
    const struct charter_node *node =
        charter_find_node(&world->alliance.charter,
                          bytes_of_text(world->alliance.cities[city].id));
    return node != NULL && !node->ended;
}

void records_release(struct platform *platform, struct host *host, size_t to)
{
    if (!is_member(platform->world, to)) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        struct record_deed put = some_record(platform, host, DEED_PUT);
        snprintf(put.home, sizeof(put.home), "%s", host_id(host));
        struct record_deed release = put;
        release.deed = DEED_RELEASE;
        snprintf(release.to, sizeof(release.to), "%s",
                 platform->world->alliance.cities[to].id);
        ask(platform, host, &put);
        ask(platform, host, &release);
    }
}

void records_some(struct platform *platform, struct host *host)
{
    uint64_t what = rng_below(&platform->rng, 10);
    enum deed which = what < 5   ? DEED_PUT
                      : what < 6 ? DEED_RETIRE
                                 : DEED_RELEASE;
    struct record_deed deed = some_record(platform, host, which);
    for (int i = 0; i < TRIES && !suits_now(host, &deed); i++) {
        deed = some_record(platform, host, which);
    }
    if (deed.deed == DEED_RELEASE) {
        size_t to = some_city(platform);
        if (to == host->city || !is_member(platform->world, to)) {
            return;
        }
        snprintf(deed.to, sizeof(deed.to), "%s",
                 platform->world->alliance.cities[to].id);
    }
    ask(platform, host, &deed);
}

/* Takes three of four, and refuses the rest. */
static void answer(struct platform *platform, struct host *host,
                   const struct home_key *key)
{
    struct record_deed deed = {
        .deed = rng_below(&platform->rng, 4) == 0 ? DEED_REFUSE : DEED_TAKE,
        .kind = (unsigned)key->kind,
        .edition = rng_next(&platform->rng),
    };
    snprintf(deed.home, sizeof(deed.home), "%.*s", BYTES_ARGS(key->of.home));
    snprintf(deed.inner_id, sizeof(deed.inner_id), "%.*s",
             BYTES_ARGS(key->of.inner_id));
    ask(platform, host, &deed);
}

enum { OFFERS_MAX = 16 };

void records_answer(struct platform *platform, struct host *host)
{
    struct store_txn *txn = NULL;
    struct writer position = {0}, name = {0}, texts[OFFERS_MAX] = {{0}};
    struct home_key keys[OFFERS_MAX];
    struct transit_query query = {.to = host_origin(host)};
    size_t count = 0;
    bool found = host->up;
    hl_err err = found ? store_begin_read(host->store, &txn, NULL) : HL_OK;
    while (err == HL_OK && found && count < OFFERS_MAX) {
        err = projection_next_transit(txn, &query, &position, &name, &found,
                                      NULL);
        if (err == HL_OK && found) {
            bool moves =
                home_of_name(writer_view(&name), &texts[count], &keys[count]);
            HL_ASSERT(moves);
            count++;
        }
    }
    store_abort(&txn);
    for (size_t i = 0; i < count; i++) {
        if (rng_below(&platform->rng, 3) != 0) {
            answer(platform, host, &keys[i]);
        }
        writer_fini(&texts[i]);
    }
    writer_fini(&name);
    writer_fini(&position);
}

/* --- What the node makes of it. ------------------------------------------- */

static void put_record(const struct request *request, struct writer *out)
{
    struct home_key key = key_of(request);
    char name[32];
    snprintf(name, sizeof(name), "%" PRIx64, request->deed.edition);
    struct bytes text = bytes_of_text(name);
    if (key.kind == KINDS_FIRST) {
        struct instrument record = {.of = key.of, .name_zh = text};
        record_encode(&instrument_record, &record, out);
    } else if (key.kind == KINDS_FIRST + 1) {
        struct service_item record = {.of = key.of, .name_zh = text};
        record_encode(&service_item_record, &record, out);
    } else {
        struct demand record = {.of = key.of, .title = text, .text = text};
        record_encode(&demand_record, &record, out);
    }
}

static hl_err take_record(const struct home_key *key,
                          const struct home_standing *now,
                          struct write_context *context,
                          struct hl_detail *detail)
{
    const struct record_kind *kind = home_kind(key->kind);
    struct homed_retire of = {.of = key->of};
    struct writer bytes = {0};
    struct row row;
    bool found = false;
    record_key(kind->retiring, &of, &bytes);
    hl_err err = projection_get(context->txn, kind->type, now->releaser,
                                writer_view(&bytes), &row, &found, detail);
    writer_fini(&bytes);
    if (err == HL_OK) {
        HL_ASSERT(found);
        writer_bytes(context->body, row.record);
    }
    return err;
}

static void write_body(const struct request *request,
                       struct write_context *context)
{
    const struct home_key key = key_of(request);
    const struct record_kind *kind = home_kind(key.kind);
    struct homed_retire retire = {.of = key.of};
    struct home_release release = {.key = key,
                                   .to = bytes_of_text(request->deed.to)};
    struct home_refuse refuse = {.key = key};
    switch (request->deed.deed) {
    case DEED_PUT:
        put_record(request, context->body);
        break;
    case DEED_RETIRE:
        context->body_type = entry_body_type(kind->body_retire, false);
        record_encode(kind->retiring, &retire, context->body);
        break;
    case DEED_RELEASE:
        context->body_type = entry_body_type(HOME_BODY_RELEASE, true);
        record_encode(&home_releasing, &release, context->body);
        break;
    case DEED_REFUSE:
        context->body_type = entry_body_type(HOME_BODY_REFUSE, true);
        record_encode(&home_refusing, &refuse, context->body);
        break;
    case DEED_TAKE:
    case DEED_COUNT:
        break;
    }
}

hl_err records_run(struct request *request, struct write_context *context,
                   struct hl_detail *detail)
{
    const struct home_key key = key_of(request);
    const struct record_kind *kind = home_kind(key.kind);
    struct home_standing now;
    enum deed deed = request->deed.deed;
    hl_err err = projection_home_standing(context->txn, context->number,
                                          host_origin(request->host), &key,
                                          &now, detail);
    if (err == HL_OK && !suits(deed, &now)) {
        err = hl_fail(detail, HL_EHOME, "not now");
    }
    if (err != HL_OK) {
        return err;
    }
    context->body_type = entry_body_type(kind->body_put, false);
    write_body(request, context);
    if (deed == DEED_TAKE || deed == DEED_REFUSE) {
        context->has_cause = true;
        context->cause_index = now.release_index;
        context->cause_leaf = now.release_leaf;
        memcpy(context->cause_origin, now.home.owner, sizeof(now.home.owner));
    }
    request->platform->world->tally.deeds[deed]++;
    return deed == DEED_TAKE ? take_record(&key, &now, context, detail) : HL_OK;
}
