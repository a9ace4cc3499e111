/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/note/checkpoint.h"
#include "protocol/note/cosignature.h"
#include "tests/sim/describe.h"
#include "tests/sim/witness_inside.h"

/* What a key said: of a journal key the root at each size, of a mirror key the
 * longest that it cosigned since a charter last cut the journal; what else it
 * cosigned must lie on a branch with that. */
struct signed_by {
    struct signed_by *next;
    const struct signer *by;
    size_t journal; /* city */
    unsigned epoch;
    struct head longest;
    uint64_t most; /* the longest ever, whatever was cut since */
    struct hl_hash *roots;
    bool *has;
    size_t capacity;
};

void signed_by_destroy(struct witness *witness)
{
    while (witness->first != NULL) {
        struct signed_by *gone = witness->first;
        witness->first = gone->next;
        hl_free(gone->roots);
        hl_free(gone->has);
        hl_free(gone);
    }
}

static struct signed_by *find(struct witness *witness, const struct signer *by,
                              size_t journal)
{
    for (struct signed_by *s = witness->first; s != NULL; s = s->next) {
        if (s->by == by && s->journal == journal) {
            return s;
        }
    }
    struct signed_by *made = hl_alloc(1, sizeof(*made));
    made->by = by;
    made->journal = journal;
    made->longest = head_empty();
    made->next = witness->first;
    witness->first = made;
    return made;
}

bool signed_by_keeper(const struct witness *witness, size_t keeper,
                      size_t journal, uint64_t size)
{
    const struct keyring *ring =
        &witness->world->alliance.cities[keeper].mirror;
    for (struct signed_by *s = witness->first; s != NULL; s = s->next) {
        if (s->journal == journal && s->most >= size && s->by >= ring->keys &&
            s->by < ring->keys + ring->count) {
            return true;
        }
    }
    return false;
}

/* False: another root at that size. */
static bool remember_root(struct signed_by *said, const struct head *head)
{
    if (head->size >= said->capacity) {
        size_t before = said->capacity;
        said->capacity = head->size * 2 + 64;
        said->roots =
            hl_realloc(said->roots, said->capacity, sizeof(said->roots[0]));
        said->has = hl_realloc(said->has, said->capacity, sizeof(said->has[0]));
        memset(said->has + before, 0, said->capacity - before);
    }
    if (said->has[head->size]) {
        return hash_equal(&said->roots[head->size], &head->root);
    }
    said->has[head->size] = true;
    said->roots[head->size] = head->root;
    return true;
}

/* False: it contradicts the longest. */
static bool remember_cosigned(struct signed_by *said, const struct truth *truth,
                              const struct head *head)
{
    if (said->epoch != truth->epochs) {
        said->epoch = truth->epochs;
        said->longest = head_empty();
    }
    if (head->size > said->most) {
        said->most = head->size;
    }
    unsigned on = truth_branches_of(truth, head);
    bool fits = (truth_branches_of(truth, &said->longest) & on) != 0;
    if (!fits && truth->epochs > 0 && (on & 1) != 0) {
        said->longest = *head; /* the charter that cut it came only now */
        return true;
    }
    if (head->size > said->longest.size) {
        said->longest = *head;
    }
    return fits;
}

static void judge(struct witness *witness, const struct signer *by,
                  size_t journal, const struct head *head)
{
    struct world *world = witness->world;
    const struct truth *truth = &world->truths[journal];
    struct signed_by *said = find(witness, by, journal);
    unsigned on = truth_branches_of(truth, head);
    bool fits = by->vkey.kind == VKEY_COSIGNATURE
                    ? remember_cosigned(said, truth, head)
                    : remember_root(said, head);
    if (!fits || on == 0) {
        world_violation(
            world, "the honest key %s signed size %" PRIu64 " of %s, %s",
            by->vkey.name, head->size, world->alliance.cities[journal].id,
            on == 0 ? "which nobody wrote"
                    : "and another history of it before");
    }
}

static const struct signer *owner(const struct keyring *ring,
                                  const struct note_signature *line)
{
    for (size_t i = 0; i < ring->count; i++) {
        if (bytes_equal_text(line->name, ring->keys[i].vkey.name) &&
            ring->keys[i].vkey.id == line->id) {
            return &ring->keys[i];
        }
    }
    return NULL;
}

static bool verifies(struct world *world, const struct note *note,
                     const struct vkey *key)
{
    bool signed_by = false;
    int64_t time_s = 0;
    struct note_verdict author = {.signed_by = &signed_by};
    struct cosignature_verdict keeper = {.time_s = &time_s};
    const struct verifier *verifier = &world->alliance.verifier;
    return key->kind == VKEY_COSIGNATURE
               ? cosignature_verify(note, verifier, key, 1, &keeper, NULL) ==
                         HL_OK &&
                     time_s != 0
               : note_verify(note, verifier, key, 1, &author, NULL) == HL_OK;
}

/* A copy that evidence cut back is shorter than what was cosigned before. */
static bool was_cut(const struct host *host, size_t city)
{
    struct engine_origin_view view;
    return host_view(host, city, &view) && view.standing != ENGINE_ORIGIN_GOOD;
}

static bool holds(const struct truth *truth, const struct frontier *frontier,
                  const struct head *head)
{
    struct head held = {.size = frontier->size,
                        .root = frontier_root(frontier)};
    return held.size >= head->size && (truth_branches_of(truth, &held) &
                                       truth_branches_of(truth, head)) != 0;
}

/* What stands in the store: entries, and what was cosigned. */
static bool is_kept(const struct host *host, size_t city,
                    const struct head *head)
{
    struct frontier held;
    struct head kept = host_kept(host, city, &held);
    return kept.size >= head->size &&
           (was_cut(host, city) ||
            holds(&host->world->truths[city], &held, head));
}

/* A cosignature says: I hold this, on disk; and what it says is there first. It
 * may be said again when a charter or evidence has cut that. */
static void check_held(struct world *world, const struct host *host,
                       size_t journal, const struct head *head)
{
    if (!is_kept(host, journal, head)) {
        world_violation(
            world, "%s cosigned %" PRIu64 " of %s, which is not on its disk",
            host_label(host), head->size, world->alliance.cities[journal].id);
    }
}

static void look_at_lines(struct witness *witness, const struct host *host,
                          const struct note *note, size_t journal,
                          const struct head *head)
{
    struct world *world = witness->world;
    for (size_t l = 0; l < note->signature_count; l++) {
        for (size_t c = 0; c < world->alliance.city_count; c++) {
            const struct city *city = &world->alliance.cities[c];
            const struct signer *by =
                owner(&city->journal, &note->signatures[l]);
            by = by == NULL ? owner(&city->mirror, &note->signatures[l]) : by;
            if (by != NULL && witness_trusts(world, c) &&
                verifies(world, note, &by->vkey)) {
                bool first = head->size > find(witness, by, journal)->most;
                judge(witness, by, journal, head);
                if (first && by == &city->mirror.keys[host->mirror_key] &&
                    c == host->city && journal != c) {
                    check_held(world, host, journal, head);
                }
            }
        }
    }
}

static bool seen(struct witness *witness, struct bytes note)
{
    struct hl_hash hash = hash_bytes(note);
    uint64_t at = 0;
    memcpy(&at, hash.bytes, sizeof(at));
    struct hl_hash *slot = &witness->seen[at % witness->seen_size];
    bool known = hash_equal(slot, &hash);
    *slot = hash;
    return known;
}

void signed_look(struct witness *witness, const struct host *host,
                 struct bytes raw)
{
    struct world *world = witness->world;
    struct note note;
    struct checkpoint checkpoint;
    if (raw.size == 0 || world->options.unchecked || seen(witness, raw) ||
        note_parse(raw, &note, NULL) != HL_OK) {
        return;
    }
    if (checkpoint_parse(note.text, &checkpoint, NULL) == HL_OK) {
        size_t journal = alliance_find_origin(&world->alliance,
                                              bytes_of_text(checkpoint.origin));
        if (journal != SIZE_MAX) {
            look_at_lines(witness, host, &note, journal, &checkpoint.head);
        }
    }
    note_fini(&note);
}
