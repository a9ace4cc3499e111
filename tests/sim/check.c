/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/projection/rebuild.h"
#include "node/sync/cut.h"
#include "protocol/base/alloc.h"
#include "tests/sim/papers.h"

/* --- Converged. ---------------------------------------------------------- */

static bool lags(struct world *world, struct host *host, size_t city,
                 struct head *expected, bool *known, char *why)
{
    struct engine_origin_view view;
    const char *name = world->alliance.cities[city].id;
    if (!host_view(host, city, &view)) {
        view.held = head_empty();
    }
    if (world->witness.sealed_twice[city]) {
        return false; /* until a charter decides, both sides stand */
    }
    if (witness_trusts(world, city)) {
        *expected = truth_head(&world->truths[city], 0);
        *known = true;
    } else if (!*known) {
        *expected = view.held;
        *known = true;
    }
    if (head_equal(&view.held, expected)) {
        return false;
    }
    snprintf(why, 256,
             "%s holds %" PRIu64 " of %s, not %" PRIu64 " (upstream %.*s)",
             host_label(host), view.held.size, name, expected->size,
             BYTES_ARGS(view.upstream));
    return true;
}

/* What one honest node knows to be sealed of an honest author, all know. */
static bool knows_less_sealed(struct world *world, size_t city, char *why)
{
    struct engine_origin_view view;
    uint64_t most = 0;
    for (size_t i = 0; i < world->host_count; i++) {
        const struct host *host = world->hosts[i];
        if (host->honest && !host->away && host_view(host, city, &view) &&
            view.sealed.size > most) {
            most = view.sealed.size;
        }
    }
    for (size_t i = 0; i < world->host_count; i++) {
        struct host *host = world->hosts[i];
        if (host->honest && !host->away && host_view(host, city, &view) &&
            view.sealed.size < most) {
            snprintf(why, 256,
                     "%s knows %" PRIu64 " of %s to be sealed, not %" PRIu64,
                     host_label(host), view.sealed.size,
                     world->alliance.cities[city].id, most);
            return true;
        }
    }
    return false;
}

/* All conclude the same of a city, whoever it is. */
static bool stands_otherwise(struct world *world, size_t city, char why[256])
{
    const struct host *first = NULL;
    enum engine_standing standing = ENGINE_ORIGIN_GOOD;
    for (size_t i = 0; i < world->host_count; i++) {
        struct host *host = world->hosts[i];
        struct engine_origin_view view;
        if (!host->honest || host->away || host->city == city ||
            !host_view(host, city, &view)) {
            continue;
        }
        if (first != NULL && view.standing != standing) {
            snprintf(why, 256, "for %s the standing of %s is %d, for %s %d",
                     host_label(host), world->alliance.cities[city].id,
                     (int)view.standing, host_label(first), (int)standing);
            return true;
        }
        first = host;
        standing = view.standing;
    }
    return false;
}

bool check_converged(struct world *world, char why[256])
{
    char text[256];
    char *say = why == NULL ? text : why;
    for (size_t i = 0; i < world->host_count; i++) {
        struct host *host = world->hosts[i];
        if (host->honest && !host->away &&
            (!host->up || host->own != ENGINE_OWN_GOOD ||
             host->refusal != HL_OK)) {
            snprintf(say, 256, "%s is not well (%s, own state %d)",
                     host_label(host), host->up ? "up" : "down", host->own);
            return false;
        }
    }
    for (size_t city = 0; city < world->alliance.city_count; city++) {
        struct head expected;
        bool known = false;
        for (size_t i = 0; i < world->host_count; i++) {
            if (world->hosts[i]->honest && !world->hosts[i]->away &&
                lags(world, world->hosts[i], city, &expected, &known, say)) {
                return false;
            }
        }
        if (witness_trusts(world, city) &&
            knows_less_sealed(world, city, say)) {
            return false;
        }
        if (!world->witness.sealed_twice[city] &&
            stands_otherwise(world, city, say)) {
            return false;
        }
    }
    return check_papers(world, say);
}

/* --- Equal. -------------------------------------------------------------- */

struct dump {
    struct hl_hash state, lines; /* lines: chained */
};

static void add_line(void *context, struct bytes line)
{
    struct dump *dump = context;
    static const char own[] = "command"; /* the table of the own half */
    if (line.size >= sizeof(own) - 1 &&
        memcmp(line.data, own, sizeof(own) - 1) == 0) {
        return;
    }
    struct bytes parts[] = {bytes_of(dump->lines.bytes, HL_HASH_BYTES), line};
    dump->lines = hash_parts(parts, 2);
}

/* What a projection may depend on: the journals as they are held, and whose
 * is quarantined. */
static void hash_state(struct host *host, struct dump *dump)
{
    struct writer state = {0};
    struct engine_origin_view view;
    const struct engine *engine = driver_engine(host->driver);
    for (size_t i = 0; engine_origin_at(engine, i, &view); i++) {
        if (view.held.size > 0) {
            writer_bytes(&state, view.origin);
            writer_u64(&state, view.held.size);
            writer_bytes(&state, bytes_of(view.held.root.bytes, HL_HASH_BYTES));
        }
    }
    dump->state = hash_bytes(writer_view(&state));
    writer_fini(&state);
}

static bool dump_of(struct host *host, struct dump *dump)
{
    struct store_txn *txn = NULL;
    struct hl_detail detail = {0};
    *dump = (struct dump){0};
    hash_state(host, dump);
    hl_err err = store_begin_read(host->store, &txn, &detail);
    if (err == HL_OK) {
        err = projection_dump(txn, add_line, dump, &detail);
    }
    store_abort(&txn);
    if (err != HL_OK) {
        world_violation(host->world, "%s cannot dump: %s %s", host_label(host),
                        hl_err_name(err), detail.text);
    }
    return err == HL_OK;
}

/* Between two events of a host its store may be ahead of its engine. */
static bool at_rest(const struct host *host)
{
    return host->honest && host->up && !host->disk_due && !host->flushing;
}

bool check_digests(struct world *world)
{
    struct dump dumps[WORLD_HOSTS_MAX];
    struct host *hosts[WORLD_HOSTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < world->host_count; i++) {
        if (!at_rest(world->hosts[i])) {
            continue;
        }
        hosts[count] = world->hosts[i];
        if (!dump_of(hosts[count], &dumps[count])) {
            return false;
        }
        for (size_t k = 0; k < count; k++) {
            if (hash_equal(&dumps[k].state, &dumps[count].state) &&
                !hash_equal(&dumps[k].lines, &dumps[count].lines)) {
                world_violation(world,
                                "%s and %s hold equal journals and "
                                "have unequal projections",
                                host_label(hosts[k]), host_label(hosts[count]));
                return false;
            }
        }
        count++;
    }
    return true;
}

/* --- Computed again. ----------------------------------------------------- */

static hl_err step(struct store *store, struct rebuild **rebuild,
                   struct bytes own, struct rebuild_progress *progress,
                   struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    hl_err err = store_begin_write(store, &txn, detail);
    if (err == HL_OK && *rebuild == NULL) {
        err = rebuild_begin(txn, REBUILD_CHECK, bytes_of(NULL, 0), own, rebuild,
                            detail);
    }
    if (err == HL_OK) {
        err = rebuild_step(*rebuild, txn, 2000, progress, detail);
    }
    if (err != HL_OK) {
        store_abort(&txn);
        return err;
    }
    return store_commit(&txn, detail);
}

static bool rebuild_equals(struct host *host)
{
    struct rebuild *rebuild = NULL;
    struct rebuild_progress progress = {0};
    struct hl_detail detail = {0};
    hl_err err = HL_OK;
    while (err == HL_OK && !progress.done) {
        err =
            step(host->store, &rebuild, host_origin(host), &progress, &detail);
    }
    rebuild_end(&rebuild);
    if (err != HL_OK || progress.rows_different > 0) {
        world_violation(host->world,
                        "%s: rebuild differs in %" PRIu64 " rows: %s %s",
                        host_label(host), progress.rows_different,
                        hl_err_name(err), detail.text);
        return false;
    }
    return true;
}

/* A journal is cut where a charter or evidence says so, and now and then to see
 * which of two histories is longer: not for ever. */
static hl_err check_cuts(struct store_txn *txn, const struct journal *journal,
                         struct hl_detail *detail)
{
    enum { CUTS_MAX = 30 };
    struct cut cut = {0};
    bool found = false;
    hl_err err = cut_find_newest(txn, journal->number, &cut, &found, detail);
    return err == HL_OK && found && cut.cut >= CUTS_MAX
               ? hl_fail(detail, HL_ELIMIT, "it was cut %u times",
                         (unsigned)cut.cut + 1)
               : err;
}

static hl_err verify_all(struct store_txn *txn, struct hl_detail *detail)
{
    char after[HL_NAME_MAX_BYTES + 1] = "";
    for (;;) {
        struct bytes name;
        struct journal journal;
        uint64_t entries = 0;
        hl_err err = journal_next_origin(txn, bytes_of_text(after), &name,
                                         &journal, detail);
        if (err != HL_OK || name.data == NULL) {
            return err;
        }
        snprintf(after, sizeof(after), "%.*s", BYTES_ARGS(name));
        err = journal_verify(txn, &journal, &entries, detail);
        if (err == HL_OK) {
            err = check_cuts(txn, &journal, detail);
        }
        if (err != HL_OK) {
            return err;
        }
    }
}

static bool journals_verify(struct host *host)
{
    struct store_txn *txn = NULL;
    struct hl_detail detail = {0};
    hl_err err = store_begin_read(host->store, &txn, &detail);
    if (err == HL_OK) {
        err = verify_all(txn, &detail);
    }
    store_abort(&txn);
    if (err != HL_OK) {
        world_violation(host->world, "%s: a journal does not verify: %s %s",
                        host_label(host), hl_err_name(err), detail.text);
    }
    return err == HL_OK;
}

bool check_rebuild(struct world *world)
{
    for (size_t i = 0; i < world->host_count; i++) {
        struct host *host = world->hosts[i];
        if (at_rest(host) &&
            (!journals_verify(host) || !rebuild_equals(host))) {
            return false;
        }
    }
    return true;
}

/* --- Caught. ------------------------------------------------------------- */

/* Somebody honest holds each of two histories, and somebody does not know that
 * there are two. */
static bool is_unseen(struct world *world, size_t city)
{
    unsigned shown = 0;
    bool trusted = false;
    for (size_t i = 0; i < world->host_count; i++) {
        struct host *host = world->hosts[i];
        struct engine_origin_view view;
        if (!host->honest || !host_view(host, city, &view)) {
            continue;
        }
        unsigned on = truth_branches_of(&world->truths[city], &view.held);
        shown |= (on & (on - 1)) == 0 ? on : 0;
        trusted = trusted || view.standing == ENGINE_ORIGIN_GOOD;
    }
    return trusted && (shown & (shown - 1)) != 0;
}

/* A few may be lost with their streams, or come where nobody listens. */
static bool is_found_out(struct world *world, const struct host *host)
{
    enum { ENOUGH = 10 };
    if (host->liar.blunt >= ENOUGH && world->witness.faulted[host->city] == 0) {
        world_violation(world,
                        "%s sent %" PRIu64 " wrong messages, and nobody minded",
                        host_label(host), host->liar.blunt);
        return false;
    }
    return true;
}

bool check_caught(struct world *world)
{
    for (size_t i = 0; i < world->host_count; i++) {
        if (!is_found_out(world, world->hosts[i])) {
            return false;
        }
    }
    for (size_t city = 0; city < world->alliance.city_count; city++) {
        if (!witness_trusts(world, city) && is_unseen(world, city)) {
            world_violation(world,
                            "two histories of %s stand unseen beside each "
                            "other",
                            world->alliance.cities[city].id);
            return false;
        }
    }
    return true;
}
