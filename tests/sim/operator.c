/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/operator.h"

#include <inttypes.h>
#include <string.h>

enum {
    MEETING_S = 20,
    HAND_OVER_S = 3,
    COORDINATORS_S = 40,
    UNSURE_MEETINGS = 3
};

void operator_give_charter(struct host *host)
{
    struct alliance *alliance = &host->world->alliance;
    for (size_t i = 1; i < alliance->charter_count; i++) {
        struct engine_event event = {.kind = ENGINE_CHARTER,
                                     .note =
                                         writer_view(&alliance->charters[i])};
        host_event(host, &event);
    }
}

static void give_to_all(struct world *world)
{
    for (size_t i = 0; i < world->host_count; i++) {
        operator_give_charter(world->hosts[i]);
    }
}

/* --- A new journal key, from where partners have the journal. ------------ */

static void admit(void *context, uint64_t boot)
{
    struct host *host = context;
    struct world *world = host->world;
    struct engine_origin_view view;
    host->meeting = false;
    if (!host->up || host->boot != boot || host->own != ENGINE_OWN_NEEDS_KEY ||
        host->disk_due || host->flushing || host->robbed ||
        !host_view(host, host->city, &view)) {
        return;
    }
    struct head head = view.held;
    if (!truth_branch_has(&world->truths[host->city], 0, &head)) {
        world_violation(world, "%s recovered what it never wrote",
                        host_label(host));
        return;
    }
    world_trace(world, "the charter admits a new key of %s from %" PRIu64,
                host_label(host), head.size);
    witness_cut(&world->witness, host->city, head.size);
    platform_cut(&world->platform, host->city, head.size);
    truth_cut(&world->truths[host->city], head.size);
    alliance_journal_key(&world->alliance, host->city, CHARTER_REPLACE, &head);
    operator_give_charter(host);
}

/* --- A new mirror key, for a store that has forgotten what it cosigned. --- */

static void admit_mirror(void *context, uint64_t boot)
{
    struct host *host = context;
    host->meeting = false;
    if (host->up && host->boot == boot && host->mute) {
        operator_new_mirror(host);
    }
}

/* --- Keys that the charter has and the node has not. --------------------- */

static void hand_over(void *context, uint64_t boot)
{
    struct host *host = context;
    host->meeting = false;
    if (host->up && host->boot == boot) {
        host->restart_ns = WORLD_S;
        host_crash(host);
    }
}

static bool has_old_keys(const struct host *host)
{
    const struct city *city = &host->world->alliance.cities[host->city];
    return host->journal_key + 1 < city->journal.count ||
           host->mirror_key + 1 < city->mirror.count;
}

void operator_watch(struct host *host)
{
    if (!host->honest || !host->up || host->meeting) {
        return;
    }
    if (has_old_keys(host)) {
        host->meeting = true;
        world_at(host->world, HAND_OVER_S * WORLD_S, hand_over, host,
                 host->boot);
    } else if (host->mute) {
        host->meeting = true;
        world_at(host->world, MEETING_S * WORLD_S, admit_mirror, host,
                 host->boot);
    } else if (host->own == ENGINE_OWN_NEEDS_KEY) {
        host->meeting = true;
        world_at(host->world, MEETING_S * WORLD_S, admit, host, host->boot);
    }
}

bool operator_rotate(struct host *host)
{
    struct world *world = host->world;
    const struct city *city = &world->alliance.cities[host->city];
    if (!host->up || !host->honest || host->own != ENGINE_OWN_GOOD ||
        host->refusal != HL_OK || host->set_back ||
        city->journal.count >= ALLIANCE_KEYS_MAX) {
        return false;
    }
    struct head head = author_head(host->author);
    alliance_journal_key(&world->alliance, host->city, CHARTER_ROTATE, &head);
    if (!host->early) {
        operator_give_charter(host);
    }
    return true;
}

static void charter_comes(void *context, uint64_t unused)
{
    struct host *host = context;
    (void)unused;
    host->early = false;
    operator_give_charter(host);
}

bool operator_rotate_early(struct host *host, int64_t charter_ns)
{
    if (host->early || host->flushing || host->crash != CRASH_NONE) {
        return false;
    }
    host->early = true;
    if (!operator_rotate(host)) {
        host->early = false;
        return false;
    }
    host->restart_ns = WORLD_S / 10;
    host_crash(host);
    world_at(host->world, charter_ns, charter_comes, host, 0);
    return true;
}

void operator_throw_out(struct host *owner)
{
    struct world *world = owner->world;
    for (size_t i = world->alliance.city_count; i < world->host_count; i++) {
        struct host *host = world->hosts[i];
        if (host->city == owner->city) {
            host->away = true;
            host->restart_ns = 0;
            if (host->up) {
                host_crash(host);
            }
        }
    }
}

/* --- From where an author may return. ------------------------------------ */

/* Keepers say what they cosigned last, and nodes what they know to be sealed.
 * They cosign no more: whoever signed in the city's name is off the net, or
 * they have evidence. */
struct hearing {
    const struct truth *truth;
    const struct charter_node *author;
    struct head kept[HL_KEEPERS_MAX];
    size_t heard;
    struct head sealed; /* the longest that anybody knows to be, under whatever
                           charter */
};

static void hear(const struct world *world, size_t city,
                 struct hearing *hearing)
{
    hearing->sealed = head_empty();
    for (size_t i = 0; i < world->host_count; i++) {
        struct engine_origin_view view;
        if (world->hosts[i]->honest &&
            host_view(world->hosts[i], city, &view) &&
            view.sealed.size > hearing->sealed.size) {
            hearing->sealed = view.sealed;
        }
    }
    for (size_t k = 0; k < hearing->author->keeper_count; k++) {
        size_t keeper = alliance_find(
            &world->alliance, bytes_of_text(hearing->author->keepers[k]));
        const struct host *host = world->hosts[keeper];
        struct engine_origin_view view;
        struct frontier held;
        if (host->honest && !host->disk_due && !host->flushing &&
            host_view(host, city, &view) &&
            engine_vouches(driver_engine(host->driver), view.origin)) {
            hearing->kept[hearing->heard++] = host_kept(host, city, &held);
        }
    }
}

/* Whether a quorum may have sealed it: those who have, and all who were not
 * heard. What is known to be sealed goes before: keepers who were dismissed
 * since may have sealed it, and who is left was no quorum then. */
static bool may_be_sealed(const struct hearing *hearing,
                          const struct head *head)
{
    size_t keepers = hearing->author->keeper_count - hearing->heard;
    if (head_equal(head, &hearing->sealed)) {
        return true;
    }
    if (hearing->sealed.size > 0 &&
        (truth_branches_of(hearing->truth, &hearing->sealed) &
         truth_branches_of(hearing->truth, head)) == 0) {
        return false;
    }
    for (size_t i = 0; i < hearing->heard; i++) {
        keepers += hearing->kept[i].size >= head->size &&
                   (truth_branches_of(hearing->truth, &hearing->kept[i]) &
                    truth_branches_of(hearing->truth, head)) != 0;
    }
    return keepers >= hearing->author->quorum;
}

static struct head head_at(const struct truth *truth, size_t branch,
                           uint64_t size)
{
    struct head head = head_empty();
    if (size > 0) {
        head = (struct head){.size = size,
                             .root = truth->branches[branch].roots[size - 1]};
    }
    return head;
}

/* The one head of that size that may be sealed. False: none, or it is beside
 * what was found above. */
static bool find_at(const struct hearing *hearing, uint64_t size,
                    unsigned within, struct head *out, bool *beside)
{
    const struct truth *truth = hearing->truth;
    bool found = false;
    for (size_t b = 0; b < truth->branch_count; b++) {
        if (truth->branches[b].count < size) {
            continue;
        }
        struct head head = head_at(truth, b, size);
        if (!may_be_sealed(hearing, &head)) {
            continue;
        }
        *beside = *beside || (found && !head_equal(&head, out)) ||
                  (truth_branches_of(truth, &head) & within) == 0;
        *out = head;
        found = true;
    }
    return found;
}

/* The shortest word of a keeper's that goes through it: who said that has the
 * note and, cut or not, the entries. */
static struct head shortest_word(const struct hearing *hearing,
                                 const struct head *through)
{
    struct head found = *through;
    bool any = head_equal(through, &hearing->sealed);
    for (size_t i = 0; i < hearing->heard; i++) {
        const struct head *word = &hearing->kept[i];
        if (word->size >= through->size && (!any || word->size < found.size) &&
            (truth_branches_of(hearing->truth, word) &
             truth_branches_of(hearing->truth, through)) != 0) {
            found = *word;
            any = true;
        }
    }
    return found;
}

/* The longest head that may be sealed, if that leaves out none that may.
 * Keepers who cosigned two histories stand together for what is the same in
 * both, so that it may be shorter than all that they said. All are waited for:
 * what only one who was not heard may have sealed stands nowhere any more when
 * evidence has cut it. False: more must be heard. */
static bool point_of_return(const struct hearing *hearing, struct head *out)
{
    uint64_t size = 0;
    bool beside = false;
    unsigned within = ~0u;
    for (size_t i = 0; i < hearing->heard; i++) {
        size = hearing->kept[i].size > size ? hearing->kept[i].size : size;
    }
    *out = head_empty();
    if (hearing->sealed.size > size) {
        size = hearing->sealed.size;
    }
    for (; size > 0; size--) {
        struct head head;
        if (find_at(hearing, size, within, &head, &beside) && out->size == 0) {
            *out = head;
            within = truth_branches_of(hearing->truth, &head);
        }
    }
    *out = shortest_word(hearing, out);
    return !beside && hearing->heard == hearing->author->keeper_count;
}

/* --- Keepers who cannot be asked. ---------------------------------------- */

static bool names(const struct world *world, size_t author, size_t keeper)
{
    const struct charter_node *node =
        charter_find_node(&world->alliance.charter,
                          bytes_of_text(world->alliance.cities[author].id));
    bool named = false;
    for (size_t k = 0; node != NULL && k < node->keeper_count; k++) {
        named = named || strcmp(node->keepers[k],
                                world->alliance.cities[keeper].id) == 0;
    }
    return named;
}

/* Whether it does not know what it cosigned, or what it must extend. */
static bool is_silent(const struct host *keeper, size_t author)
{
    struct engine *engine = driver_engine(keeper->driver);
    struct bytes origin =
        bytes_of_text(keeper->world->alliance.cities[author].origin);
    return !engine_vouches(engine, origin) || engine_asks(engine, origin);
}

/* Of those who keep the city's journal honestly, does one not know that, and
 * cannot learn it? */
static bool has_silent_keeper(const struct world *world, size_t author)
{
    bool silent = false;
    for (size_t k = 0; k < world->alliance.city_count; k++) {
        const struct host *keeper = world->hosts[k];
        silent =
            silent || (keeper->honest && keeper->up && !keeper->mute &&
                       names(world, author, k) && is_silent(keeper, author));
    }
    return silent;
}

/* The longest that anybody honest has, of how the journal stands. */
static struct head longest_copy(const struct world *world, size_t author)
{
    struct head longest = head_empty();
    for (size_t i = 0; i < world->host_count; i++) {
        struct engine_origin_view view;
        if (world->hosts[i]->honest &&
            host_view(world->hosts[i], author, &view) &&
            view.held.size > longest.size &&
            truth_branch_has(&world->truths[author], 0, &view.held)) {
            longest = view.held;
        }
    }
    return longest;
}

/* Whoever will not answer, or not truly, is given up. */
static void give_up_liars(struct host *host)
{
    struct world *world = host->world;
    for (size_t k = 0; k < world->alliance.city_count; k++) {
        if (!witness_trusts(world, k) && names(world, host->city, k)) {
            struct engine_event event = {
                .kind = ENGINE_LOST,
                .peer = bytes_of_text(world->alliance.cities[k].id)};
            host_event(host, &event);
        }
    }
}

/* A keeper that is down comes back, and may know what is sealed. */
static bool is_waited_for(const struct world *world, size_t author)
{
    bool waited = false;
    for (size_t k = 0; k < world->alliance.city_count; k++) {
        const struct host *keeper = world->hosts[k];
        waited = waited || (keeper->honest && !keeper->up && !keeper->away &&
                            names(world, author, k));
    }
    return waited;
}

/* Too few are left who could be heard: the charter says where it goes on. */
static void go_on_from(struct host *host, struct head from)
{
    struct world *world = host->world;
    world_trace(world, "the charter has %s go on from %" PRIu64,
                host_label(host), from.size);
    witness_cut(&world->witness, host->city, from.size);
    platform_cut(&world->platform, host->city, from.size);
    truth_cut(&world->truths[host->city], from.size);
    alliance_journal_key(&world->alliance, host->city, CHARTER_REPLACE, &from);
    host->set_back = true;
    give_to_all(world);
}

static void meet(void *context, uint64_t unused)
{
    struct world *world = context;
    (void)unused;
    for (size_t city = 0; city < world->alliance.city_count; city++) {
        struct host *host = world->hosts[city];
        bool silent = has_silent_keeper(world, city);
        if (silent && world->silent[city]) {
            struct head from = longest_copy(world, city);
            world_trace(world,
                        "the charter has keepers of %s begin at %" PRIu64,
                        host_label(host), from.size);
            alliance_keepers_from(&world->alliance, city, &from);
            give_to_all(world);
            silent = false;
        }
        world->silent[city] = silent;
        bool unsure = host->up && host->honest && !host->robbed &&
                      host->own == ENGINE_OWN_UNSURE;
        world->unsure[city] = unsure ? world->unsure[city] + 1 : 0;
        if (unsure) {
            give_up_liars(host);
        }
        if (world->unsure[city] >= UNSURE_MEETINGS &&
            !is_waited_for(world, city) &&
            world->alliance.cities[city].journal.count < ALLIANCE_KEYS_MAX) {
            world->unsure[city] = 0; /* it may lose its disk again */
            go_on_from(host, longest_copy(world, city));
        }
    }
    world_at(world, COORDINATORS_S * WORLD_S, meet, world, 0);
}

void operator_begin(struct world *world)
{
    world_at(world, COORDINATORS_S * WORLD_S, meet, world, 0);
}

bool operator_return(struct host *host)
{
    struct world *world = host->world;
    struct truth *truth = &world->truths[host->city];
    const struct city *city = &world->alliance.cities[host->city];
    struct hearing hearing = {.truth = truth,
                              .author =
                                  charter_find_node(&world->alliance.charter,
                                                    bytes_of_text(city->id))};
    struct head head;
    hear(world, host->city, &hearing);
    if (!point_of_return(&hearing, &head) ||
        city->journal.count >= ALLIANCE_KEYS_MAX) {
        return false;
    }
    unsigned on = truth_branches_of(truth, &head);
    operator_throw_out(host);
    size_t branch = 0;
    while ((on >> branch & 1) == 0) {
        branch++;
    }
    world_trace(world, "the charter lets %s return from %" PRIu64,
                host_label(host), head.size);
    witness_cut(&world->witness, host->city, head.size);
    platform_cut(&world->platform, host->city,
                 truth_return(truth, branch, head.size));
    host->honest = true;
    host->robbed = false;
    host->set_back = true;
    host->liar.deaf = false;
    host->liar.lie = LIE_NONE;
    alliance_journal_key(&world->alliance, host->city, CHARTER_REPLACE, &head);
    alliance_mirror_key(&world->alliance, host->city,
                        world_wall_ms(world) / 1000);
    give_to_all(world);
    return true;
}

/* --- The clearing role. -------------------------------------------------- */

/* The longest that anybody honest knows to be sealed. */
static struct head longest_sealed(const struct world *world, size_t city)
{
    struct head longest = head_empty();
    for (size_t i = 0; i < world->host_count; i++) {
        struct engine_origin_view view;
        if (world->hosts[i]->honest &&
            host_view(world->hosts[i], city, &view) &&
            view.sealed.size > longest.size) {
            longest = view.sealed;
        }
    }
    return longest;
}

void operator_settle_roles(struct world *world)
{
    struct alliance *alliance = &world->alliance;
    size_t left = 0, other = SIZE_MAX;
    for (size_t i = 0; i < alliance->city_count; i++) {
        const struct charter_node *node = charter_find_node(
            &alliance->charter, bytes_of_text(alliance->cities[i].id));
        if (node == NULL || node->ended) {
            continue;
        }
        const struct charter_grant role = node->roles[CHARTER_CLEARING];
        if (!witness_trusts(world, i)) {
            struct head head = longest_sealed(world, i);
            if (role.granted && !role.ended) {
                world_trace(world, "%s may propose up to %" PRIu64 " alone",
                            alliance->cities[i].id, head.size);
                alliance_end_clearing(alliance, i, &head);
            }
            continue;
        }
        left += role.granted && !role.ended;
        other = role.granted ? other : i;
    }
    if (left == 0 && other != SIZE_MAX) {
        alliance_grant_clearing(alliance, other);
    }
    give_to_all(world);
}

/* --- The end of a node. -------------------------------------------------- */

/* The longest that has a note, of how the journal stands. */
static struct head longest_word(const struct world *world, size_t city)
{
    struct head longest = head_empty();
    for (size_t i = 0; i < world->host_count; i++) {
        const struct host *host = world->hosts[i];
        struct engine_origin_view view;
        struct frontier held;
        if (!host->honest || !host_view(host, city, &view)) {
            continue;
        }
        struct head heads[] = {host_kept(host, city, &held), view.sealed};
        for (size_t k = 0; k < 2; k++) {
            if (heads[k].size > longest.size &&
                truth_branch_has(&world->truths[city], 0, &heads[k])) {
                longest = heads[k];
            }
        }
    }
    return longest;
}

static void end(void *context, uint64_t unused)
{
    struct host *host = context;
    struct world *world = host->world;
    struct hearing hearing = {
        .truth = &world->truths[host->city],
        .author = charter_find_node(&world->alliance.charter,
                                    bytes_of_text(host_id(host)))};
    (void)unused;
    hear(world, host->city, &hearing);
    size_t honest = 0;
    for (size_t k = 0; k < world->alliance.city_count; k++) {
        honest += names(world, host->city, k) && witness_trusts(world, k);
    }
    if (hearing.heard < honest) {
        world_at(world, MEETING_S * WORLD_S, end, host, 0); /* wait for them */
        return;
    }
    struct head head = longest_word(world, host->city);
    world_trace(world, "the charter ends %s at %" PRIu64, host_label(host),
                head.size);
    host->losses++; /* what it alone had is gone */
    witness_cut(&world->witness, host->city, head.size);
    platform_cut(&world->platform, host->city, head.size);
    truth_cut(&world->truths[host->city], head.size);
    alliance_retire(&world->alliance, host->city, &head);
    give_to_all(world);
}

void operator_close(struct host *host)
{
    enum { CLOSE_S = 30 };
    host->away = true;
    host->restart_ns = 0;
    host_crash(host);
    world_at(host->world, CLOSE_S * WORLD_S, end, host, 0);
}

void operator_new_mirror(struct host *host)
{
    struct world *world = host->world;
    alliance_mirror_key(&world->alliance, host->city,
                        world_wall_ms(world) / 1000);
    give_to_all(world);
}

void operator_lost(struct host *host)
{
    host->losses++;
    operator_new_mirror(host);
}
