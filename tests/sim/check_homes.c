/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/projection/home.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/sim/records.h"
#include "tests/sim/world.h"

/* --- Who has what. -------------------------------------------------------- */

/* A record, as all halves of one store have it. */
struct found {
    char name[96];   /* kind, home, inner id */
    unsigned states; /* halves that state it, and did not release it */
    char stated_by[64];
    bool under_way;
    char owner[HL_NAME_MAX_BYTES + 1];
    bool moved;
    bool clean; /* nobody in its story ever went back on an entry */
};

struct homes {
    struct world *world;
    struct host *host;
    struct store_txn *txn;
    struct found *items;
    size_t count, capacity;
};

/* Its journal is what it wrote, all of it. */
static bool is_clean(struct world *world, struct bytes node)
{
    size_t city = alliance_find(&world->alliance, node);
    return city != SIZE_MAX && witness_trusts(world, city) &&
           world->truths[city].branch_count == 1 &&
           world->truths[city].epochs == 0;
}

static struct found *find(struct homes *homes, const struct home_key *key)
{
    char name[96];
    snprintf(name, sizeof(name), "%u %.*s %.*s", (unsigned)key->kind,
             BYTES_ARGS(key->of.home), BYTES_ARGS(key->of.inner_id));
    for (size_t i = 0; i < homes->count; i++) {
        if (strcmp(homes->items[i].name, name) == 0) {
            return &homes->items[i];
        }
    }
    if (homes->count == homes->capacity) {
        homes->capacity = homes->capacity * 2 + 64;
        homes->items =
            hl_realloc(homes->items, homes->capacity, sizeof(homes->items[0]));
    }
    struct found *out = &homes->items[homes->count++];
    *out = (struct found){.clean = is_clean(homes->world, key->of.home)};
    memcpy(out->name, name, sizeof(name));
    return out;
}

static struct bytes node_of(struct bytes origin)
{
    size_t at = origin.size;
    while (at > 0 && origin.data[at - 1] != '/') {
        at--;
    }
    return bytes_slice(origin, at, origin.size - at);
}

typedef hl_err (*row_fn)(struct homes *homes, struct bytes origin,
                         const struct record_kind *kind, struct bytes key,
                         const struct row *row);

static hl_err each_row(struct homes *homes, struct bytes origin,
                       uint32_t number, const struct record_type *type,
                       const struct record_kind *kind, row_fn visit)
{
    struct writer at = {0};
    bool found = true;
    hl_err err = HL_OK;
    while (err == HL_OK && found) {
        struct row row;
        struct bytes key;
        err = projection_next(homes->txn, type, number, writer_view(&at), &row,
                              &key, &found, NULL);
        if (err == HL_OK && found) {
            writer_clear(&at);
            writer_bytes(&at, key);
            err = visit(homes, origin, kind, key, &row);
        }
    }
    writer_fini(&at);
    return err;
}

static hl_err see_record(struct homes *homes, struct bytes origin,
                         const struct record_kind *kind, struct bytes key,
                         const struct row *row)
{
    union record_room record;
    struct home_key of = {.kind = kind->number};
    struct record_home home;
    record_decode(kind->type, row->record, &record);
    of.of = *(const struct homed *)(const void *)&record;
    struct found *found = find(homes, &of);
    hl_err err = projection_home(homes->txn, kind->type, key, &home, NULL);
    found->clean = found->clean && is_clean(homes->world, node_of(origin));
    found->moved = home.moved;
    found->under_way = home.moving_to[0] != '\0';
    memcpy(found->owner, home.owner, sizeof(home.owner));
    if (!row->released) {
        found->states++;
        snprintf(found->stated_by, sizeof(found->stated_by), "%.*s",
                 BYTES_ARGS(origin));
    }
    return err;
}

static hl_err see_release(struct homes *homes, struct bytes origin,
                          const struct record_kind *kind, struct bytes key,
                          const struct row *row)
{
    struct home_release_row release;
    (void)kind, (void)key;
    record_decode(&home_release_record, row->record, &release);
    struct found *found = find(homes, &release.key);
    found->clean = found->clean && is_clean(homes->world, node_of(origin)) &&
                   is_clean(homes->world, release.to);
    return HL_OK;
}

static hl_err see_answer(struct homes *homes, struct bytes origin,
                         const struct record_kind *kind, struct bytes key,
                         const struct row *row)
{
    struct home_answer_row answer;
    (void)kind, (void)key;
    record_decode(&home_answer_record, row->record, &answer);
    struct found *found = find(homes, &answer.key);
    found->clean = found->clean && is_clean(homes->world, node_of(origin)) &&
                   is_clean(homes->world, node_of(answer.cause_origin));
    return HL_OK;
}

static hl_err see_half(struct homes *homes, struct bytes origin,
                       uint32_t number)
{
    hl_err err = HL_OK;
    for (size_t i = 0; i < RECORD_KINDS && err == HL_OK; i++) {
        if (record_kinds[i].homed) {
            err = each_row(homes, origin, number, record_kinds[i].type,
                           &record_kinds[i], see_record);
        }
    }
    if (err == HL_OK) {
        err = each_row(homes, origin, number, &home_release_record, NULL,
                       see_release);
    }
    return err == HL_OK ? each_row(homes, origin, number, &home_answer_record,
                                   NULL, see_answer)
                        : err;
}

static hl_err see_all(struct homes *homes)
{
    char after[HL_NAME_MAX_BYTES + 1] = "";
    for (;;) {
        struct bytes name;
        struct journal journal;
        hl_err err = journal_next_origin(homes->txn, bytes_of_text(after),
                                         &name, &journal, NULL);
        if (err != HL_OK || name.data == NULL) {
            return err;
        }
        snprintf(after, sizeof(after), "%.*s", BYTES_ARGS(name));
        err = see_half(homes, bytes_of_text(after), journal.number);
        if (err != HL_OK) {
            return err;
        }
    }
}

/* --- One owner. ----------------------------------------------------------- */

static bool has_one_owner(const struct homes *homes, const struct found *found)
{
    const char *label = host_label(homes->host);
    if (!found->clean) {
        return true;
    }
    if (found->states > 1) {
        world_violation(homes->world, "%s: %u nodes state record %s as theirs",
                        label, found->states, found->name);
    } else if (found->states == 0 && !found->under_way) {
        world_violation(homes->world, "%s: record %s is lost", label,
                        found->name);
    } else if (found->states == 1 && found->under_way) {
        world_violation(homes->world, "%s: record %s is stated and under way",
                        label, found->name);
    } else if (found->states == 1 && found->moved &&
               strcmp(found->owner, found->stated_by) != 0) {
        world_violation(homes->world, "%s: record %s is %s's, and stated by %s",
                        label, found->name, found->owner, found->stated_by);
    }
    return !homes->world->violated;
}

/* Nobody whose word all stand is found fault with. */
static bool nothing_is_found(struct homes *homes)
{
    struct writer key = {0};
    bool found = true;
    bool all_clean = true;
    for (size_t i = 0; i < homes->world->alliance.city_count; i++) {
        all_clean =
            all_clean &&
            is_clean(homes->world,
                     bytes_of_text(homes->world->alliance.cities[i].id));
    }
    while (all_clean && found && !homes->world->violated) {
        struct finding finding;
        hl_err err = projection_next_finding(homes->txn, writer_view(&key),
                                             &finding, &key, &found, NULL);
        if (err != HL_OK) {
            break;
        }
        if (found && strncmp(finding.kind, "record_", 7) == 0) {
            world_violation(homes->world, "%s finds of %.*s: %s",
                            host_label(homes->host), BYTES_ARGS(finding.origin),
                            finding.text_en);
        }
    }
    writer_fini(&key);
    return !homes->world->violated;
}

/* --- What is open is answered. ---------------------------------------------
 */

/* Whether all of an ended journal that counts is here. */
static bool is_at_end(const struct homes *homes, struct bytes to)
{
    struct head end;
    struct engine_origin_view view;
    size_t city = alliance_find_origin(&homes->world->alliance, to);
    return city != SIZE_MAX &&
           engine_ended(driver_engine(homes->host->driver), to, &end) &&
           host_view(homes->host, city, &view) && head_equal(&view.held, &end);
}

static hl_err judge_open(struct homes *homes, struct bytes name)
{
    struct writer texts = {0}, to = {0};
    struct home_key key;
    struct journal own, theirs;
    struct open_release release;
    struct home_answered answered = {0};
    bool here = false, known = false, open = false;
    struct bytes origin = host_origin(homes->host);
    bool moves = home_of_name(name, &texts, &key);
    HL_ASSERT(moves);
    hl_err err = journal_find(homes->txn, origin, &own, &here, NULL);
    if (err == HL_OK && here) {
        err = projection_open_release(homes->txn, own.number, &key, &release,
                                      &open, NULL);
    }
    if (err == HL_OK && open) {
        writer_bytes(
            &to, bytes_slice(origin, 0, origin.size - node_of(origin).size));
        writer_bytes(&to, release.to);
        err = journal_find(homes->txn, writer_view(&to), &theirs, &known, NULL);
    }
    if (err == HL_OK && known) {
        release.cite.origin = origin;
        err = projection_home_answer(homes->txn, theirs.number, &key,
                                     &release.cite, &answered, NULL);
    }
    if (err == HL_OK && answered.answer == HOME_REFUSED) {
        world_violation(homes->world, "%s did not take back what %.*s refused",
                        host_label(homes->host), BYTES_ARGS(release.to));
    } else if (err == HL_OK && open && answered.answer == 0 &&
               is_at_end(homes, writer_view(&to))) {
        world_violation(homes->world,
                        "%s did not take back what it released to %.*s, which "
                        "is ended",
                        host_label(homes->host), BYTES_ARGS(release.to));
    }
    writer_fini(&to);
    writer_fini(&texts);
    return err;
}

static hl_err judge_all_open(struct homes *homes)
{
    struct writer position = {0}, name = {0};
    struct transit_query query = {.owner = host_origin(homes->host)};
    bool found = host_may_write(homes->host);
    hl_err err = HL_OK;
    while (err == HL_OK && found && !homes->world->violated) {
        err = projection_next_transit(homes->txn, &query, &position, &name,
                                      &found, NULL);
        if (err == HL_OK && found) {
            err = judge_open(homes, writer_view(&name));
        }
    }
    writer_fini(&name);
    writer_fini(&position);
    return err;
}

static bool check_host(struct world *world, struct host *host)
{
    struct homes homes = {.world = world, .host = host};
    hl_err err = store_begin_read(host->store, &homes.txn, NULL);
    if (err == HL_OK) {
        err = see_all(&homes);
    }
    for (size_t i = 0; err == HL_OK && i < homes.count && !world->violated;
         i++) {
        has_one_owner(&homes, &homes.items[i]);
    }
    if (err == HL_OK && !world->violated && nothing_is_found(&homes)) {
        err = judge_all_open(&homes);
    }
    store_abort(&homes.txn);
    hl_free(homes.items);
    if (err != HL_OK) {
        world_violation(world, "%s cannot say whose a record is: %s",
                        host_label(host), hl_err_name(err));
    }
    return !world->violated;
}

bool check_homes(struct world *world)
{
    for (size_t i = 0; i < world->host_count; i++) {
        struct host *host = world->hosts[i];
        if (host->honest && host->up && !host->disk_due && !host->flushing &&
            !check_host(world, host)) {
            return false;
        }
    }
    return true;
}
