/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/alliance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/hl_assert.h"
#include "tests/sim/cheap_keys.h"

static const struct {
    const char *id, *region;
} places[ALLIANCE_CITIES_MAX] = {
    {"zhengzhou", "410100"}, {"jinan", "370100"},        {"luoyang", "410300"},
    {"kaifeng", "410200"},   {"qingdao", "370200"},      {"wuhan", "420100"},
    {"hefei", "340100"},     {"xian", "610100"},         {"taiyuan", "140100"},
    {"nanjing", "320100"},   {"yichang", "420500"},      {"xinxiang", "410700"},
    {"anyang", "410500"},    {"zibo", "370300"},         {"yantai", "370600"},
    {"weifang", "370700"},   {"xuzhou", "320300"},       {"suzhou", "320500"},
    {"wuhu", "340200"},      {"baoji", "610300"},        {"datong", "140200"},
    {"changsha", "430100"},  {"nanchang", "360100"},     {"hangzhou", "330100"},
    {"shenyang", "210100"},  {"harbin", "230100"},       {"chengdu", "510100"},
    {"guiyang", "520100"},   {"kunming", "530100"},      {"lanzhou", "620100"},
    {"guangzhou", "440100"}, {"shijiazhuang", "130100"},
};

static void must(hl_err err, const struct hl_detail *detail)
{
    if (err != HL_OK) {
        fprintf(stderr, "sim: charter: %s: %s\n", hl_err_name(err),
                detail->text);
        abort();
    }
}

/* --- Keys. --------------------------------------------------------------- */

static void make_signer(struct alliance *alliance, const char *name,
                        enum vkey_kind kind, struct signer *out)
{
    uint8_t seed[32];
    rng_fill(&alliance->rng, seed, sizeof(seed));
    struct bytes text = bytes_of_text(name);
    struct hl_detail detail = {0};
    must(alliance->options.ed25519 ? signer_ed25519(text, kind, seed, out)
                                   : cheap_signer(text, kind, seed, out),
         &detail);
}

static struct signer *add_key(struct alliance *alliance, struct city *city,
                              enum vkey_kind kind)
{
    bool mirror = kind == VKEY_COSIGNATURE;
    struct keyring *ring = mirror ? &city->mirror : &city->journal;
    HL_ASSERT(ring->count < ALLIANCE_KEYS_MAX);
    char name[160];
    snprintf(name, sizeof(name), "%s%s", city->origin, mirror ? "/mirror" : "");
    struct signer *signer = &ring->keys[ring->count++];
    make_signer(alliance, name, kind, signer);
    return signer;
}

const struct signer *keyring_newest(const struct keyring *ring)
{
    return &ring->keys[ring->count - 1];
}

static void keyring_fini(struct keyring *ring)
{
    for (size_t i = 0; i < ring->count; i++) {
        signer_fini(&ring->keys[i]);
    }
}

/* --- Charters. ----------------------------------------------------------- */

/* Signed by two of the three, which is more than half. Its number. */
static size_t sign(struct alliance *alliance, const struct charter *draft)
{
    HL_ASSERT(alliance->charter_count < ALLIANCE_CHARTERS_MAX);
    struct hl_detail detail = {0};
    struct writer text = {0};
    struct writer *raw = &alliance->charters[alliance->charter_count];
    must(charter_validate(draft, &detail), &detail);
    charter_write(draft, &text);
    note_begin(writer_view(&text), raw);
    for (size_t i = 0; i < 2; i++) {
        must(note_sign(writer_view(&text), &alliance->coordinators[i], raw),
             &detail);
    }
    writer_fini(&text);
    return alliance->charter_count++;
}

static void publish(struct alliance *alliance, const struct charter *draft)
{
    struct hl_detail detail = {0};
    struct charter next = {0};
    size_t number = sign(alliance, draft);
    must(
        charter_parse(writer_view(&alliance->charters[number]), &next, &detail),
        &detail);
    if (next.version > 1) {
        must(charter_check_next(&alliance->charter, &next, &alliance->verifier,
                                &detail),
             &detail);
        charter_fini(&alliance->charter);
    }
    alliance->charter = next;
    alliance->former = alliance->newest;
    alliance->newest = number;
}

static void follow(const struct charter *previous, struct charter *draft)
{
    struct hl_detail detail = {0};
    struct writer text = {0};
    *draft = (struct charter){0};
    charter_write(previous, &text);
    must(charter_parse_text(writer_view(&text), draft, &detail), &detail);
    writer_fini(&text);
    draft->version = previous->version + 1;
    draft->previous = previous->hash;
    for (size_t i = 0; i < draft->node_count; i++) {
        draft->nodes[i].has_keepers_from = false;
    }
}

static struct charter_node *begin_change(struct alliance *alliance, size_t city,
                                         struct charter *draft)
{
    follow(&alliance->charter, draft);
    return charter_find_node_mutable(draft,
                                     bytes_of_text(alliance->cities[city].id));
}

static void add_mirror(struct charter_node *node, const struct vkey *key,
                       int64_t from_s)
{
    struct hl_detail detail = {0};
    struct charter_key mirror = {.purpose = CHARTER_MIRROR,
                                 .from_s = from_s,
                                 .until_s = CHARTER_NO_END,
                                 .vkey = *key};
    must(charter_add_key(node, &mirror, &detail), &detail);
}

static void add_journal(struct charter_node *node, const struct vkey *key,
                        enum charter_succession how, const struct head *from)
{
    struct hl_detail detail = {0};
    struct charter_journal_key journal = {
        .succession = how, .from = *from, .vkey = *key};
    must(charter_add_journal_key(node, &journal, &detail), &detail);
}

void alliance_journal_key(struct alliance *alliance, size_t city,
                          enum charter_succession how, const struct head *from)
{
    struct charter draft;
    struct charter_node *node = begin_change(alliance, city, &draft);
    add_journal(node,
                &add_key(alliance, &alliance->cities[city], VKEY_ED25519)->vkey,
                how, from);
    publish(alliance, &draft);
    charter_fini(&draft);
}

void alliance_mirror_key(struct alliance *alliance, size_t city, int64_t now_s)
{
    struct charter draft;
    struct charter_node *node = begin_change(alliance, city, &draft);
    for (size_t i = 0; i < node->key_count; i++) {
        struct charter_key *key = &node->keys[i];
        if (key->purpose == CHARTER_MIRROR && key->until_s > now_s) {
            key->until_s = now_s > key->from_s ? now_s : key->from_s + 1;
        }
    }
    add_mirror(
        node,
        &add_key(alliance, &alliance->cities[city], VKEY_COSIGNATURE)->vkey,
        now_s);
    publish(alliance, &draft);
    charter_fini(&draft);
}

void alliance_keepers_from(struct alliance *alliance, size_t city,
                           const struct head *from)
{
    struct charter draft;
    struct charter_node *node = begin_change(alliance, city, &draft);
    node->has_keepers_from = true;
    node->keepers_from = *from;
    publish(alliance, &draft);
    charter_fini(&draft);
}

static void dismiss_keeper(struct charter_node *node, const char *gone)
{
    for (size_t k = 0; k < node->keeper_count; k++) {
        if (strcmp(node->keepers[k], gone) == 0) {
            memmove(node->keepers[k], node->keepers[k + 1],
                    (node->keeper_count - k - 1) * sizeof(node->keepers[0]));
            node->keeper_count--;
            node->quorum = node->keeper_count / 2 + 1;
        }
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void add_keeper(struct charter_node *node, const char *id)
{
    if (node->keeper_count < HL_KEEPERS_MAX) {
        snprintf(node->keepers[node->keeper_count++], CHARTER_LABEL_BYTES, "%s",
                 id);
        node->quorum = node->keeper_count / 2 + 1;
        qsort(node->keepers, node->keeper_count, sizeof(node->keepers[0]),
              by_name);
    }
}

static void note_keepers(struct alliance *alliance, const struct charter *draft)
{
    for (size_t i = 0; i < draft->node_count; i++) {
        const struct charter_node *node = &draft->nodes[i];
        struct city *city =
            &alliance->cities[alliance_find(alliance, bytes_of_text(node->id))];
        if (city->quorum_min == 0 || node->quorum < city->quorum_min) {
            city->quorum_min = node->quorum;
        }
        for (size_t k = 0; k < node->keeper_count; k++) {
            city->kept_by |= 1ull << alliance_find(
                                 alliance, bytes_of_text(node->keepers[k]));
        }
    }
}

/* In a draft that follows that charter; false, and nothing: it may not. */
static bool change_keepers(struct alliance *alliance,
                           const struct charter *previous,
                           struct charter *draft,
                           const struct keeper_change *change)
{
    struct city *city = &alliance->cities[change->city];
    struct charter_node *node =
        charter_find_node_mutable(draft, bytes_of_text(city->id));
    if (node == NULL) {
        return false;
    }
    struct charter_node before = *node;
    if (change->out != SIZE_MAX) {
        dismiss_keeper(node, alliance->cities[change->out].id);
    }
    if (change->in != SIZE_MAX) {
        add_keeper(node, alliance->cities[change->in].id);
    }
    if (node->keeper_count == 0 || charter_validate(draft, NULL) != HL_OK ||
        charter_check_change(previous, draft, NULL) != HL_OK) {
        *node = before;
        return false;
    }
    city->keeper_changes++;
    note_keepers(alliance, draft);
    return true;
}

bool alliance_change_keepers(struct alliance *alliance,
                             const struct keeper_change *change)
{
    struct charter draft;
    (void)begin_change(alliance, change->city, &draft);
    bool done = change_keepers(alliance, &alliance->charter, &draft, change);
    if (done) {
        publish(alliance, &draft);
    }
    charter_fini(&draft);
    return done;
}

void alliance_retire(struct alliance *alliance, size_t city,
                     const struct head *at)
{
    struct charter draft;
    struct charter_node *node = begin_change(alliance, city, &draft);
    node->ended = true;
    node->end = *at;
    for (size_t i = 0; i < draft.node_count; i++) {
        dismiss_keeper(&draft.nodes[i], alliance->cities[city].id);
    }
    note_keepers(alliance, &draft);
    publish(alliance, &draft);
    charter_fini(&draft);
}

void alliance_grant_clearing(struct alliance *alliance, size_t city)
{
    struct charter draft;
    begin_change(alliance, city, &draft)->roles[CHARTER_CLEARING].granted =
        true;
    publish(alliance, &draft);
    charter_fini(&draft);
}

void alliance_end_clearing(struct alliance *alliance, size_t city,
                           const struct head *at)
{
    struct charter draft;
    struct charter_grant *role =
        &begin_change(alliance, city, &draft)->roles[CHARTER_CLEARING];
    role->ended = true;
    role->end = *at;
    publish(alliance, &draft);
    charter_fini(&draft);
}

static void set_endpoint(const struct alliance *alliance,
                         struct charter_node *node)
{
    snprintf(node->endpoints[0], CHARTER_ENDPOINT_BYTES,
             "%s-%zu.example.org:7443", node->id, alliance->charter_count);
}

void alliance_move(struct alliance *alliance, size_t city)
{
    struct charter draft;
    set_endpoint(alliance, begin_change(alliance, city, &draft));
    publish(alliance, &draft);
    charter_fini(&draft);
}

void alliance_rival(struct alliance *alliance, size_t city,
                    const struct keeper_change *change)
{
    HL_ASSERT(alliance->charter.version > 1);
    struct hl_detail detail = {0};
    struct charter former = {0}, draft;
    must(charter_parse(writer_view(&alliance->charters[alliance->former]),
                       &former, &detail),
         &detail);
    follow(&former, &draft);
    set_endpoint(alliance,
                 charter_find_node_mutable(
                     &draft, bytes_of_text(alliance->cities[city].id)));
    if (change != NULL) {
        (void)change_keepers(alliance, &former, &draft, change);
    }
    sign(alliance, &draft);
    charter_fini(&draft);
    charter_fini(&former);
}

/* --- Founding. ----------------------------------------------------------- */

static void join(struct alliance *alliance, struct charter *draft, size_t i)
{
    struct hl_detail detail = {0};
    struct city *city = &alliance->cities[i];
    struct charter_node *node = NULL;
    must(charter_add_node(draft, bytes_of_text(city->id), &node, &detail),
         &detail);
    memcpy(node->region, places[i].region, CHARTER_REGION_BYTES);
    snprintf(node->endpoints[0], CHARTER_ENDPOINT_BYTES, "%s.example.org:7443",
             city->id);
    node->endpoint_count = 1;
    struct head empty = head_empty();
    node->roles[CHARTER_CLEARING].granted =
        alliance->options.clears && (i == 0 || i % 3 == 1);
    add_journal(node, &add_key(alliance, city, VKEY_ED25519)->vkey,
                CHARTER_FIRST, &empty);
    add_mirror(node, &add_key(alliance, city, VKEY_COSIGNATURE)->vkey,
               alliance->options.from_s);
}

static size_t usual_keepers(size_t cities)
{
    size_t others = cities - 1;
    size_t wanted = cities < 8 ? 3 : cities < 16 ? 5 : HL_KEEPERS_MAX;
    return others < wanted ? others : wanted;
}

static bool is_ended(const struct alliance *alliance,
                     const struct charter *draft, size_t city)
{
    const struct charter_node *node =
        charter_find_node(draft, bytes_of_text(alliance->cities[city].id));
    return node == NULL || node->ended;
}

/* The next ones in the list keep, so that everybody keeps as much. */
static void appoint(struct alliance *alliance, struct charter *draft, size_t i)
{
    const struct alliance_options *options = &alliance->options;
    struct charter_node *node =
        charter_find_node_mutable(draft, bytes_of_text(alliance->cities[i].id));
    size_t wanted = options->keepers != 0 ? options->keepers
                                          : usual_keepers(options->cities);
    for (size_t k = 1; k <= options->cities && node->keeper_count < wanted;
         k++) {
        size_t keeper = (i + k) % options->cities;
        if (keeper != i && !is_ended(alliance, draft, keeper)) {
            add_keeper(node, alliance->cities[keeper].id);
        }
    }
    if (options->quorum != 0) {
        node->quorum = options->quorum;
    }
}

void alliance_admit(struct alliance *alliance, size_t city)
{
    struct charter draft;
    size_t other = city % alliance->options.cities;
    begin_change(alliance, city, &draft);
    while (is_ended(alliance, &draft, other)) {
        other = (other + 1) % alliance->options.cities;
    }
    join(alliance, &draft, city);
    appoint(alliance, &draft, city);
    add_keeper(charter_find_node_mutable(
                   &draft, bytes_of_text(alliance->cities[other].id)),
               alliance->cities[city].id);
    note_keepers(alliance, &draft);
    publish(alliance, &draft);
    charter_fini(&draft);
}

static void name_cities(struct alliance *alliance)
{
    for (size_t i = 0; i < alliance->city_count; i++) {
        struct city *city = &alliance->cities[i];
        city->id = places[i].id;
        snprintf(city->origin, sizeof(city->origin), ALLIANCE_NAME "/%s",
                 city->id);
    }
}

void alliance_init(struct alliance *alliance,
                   const struct alliance_options *options, struct rng rng)
{
    HL_ASSERT(options->cities >= 2);
    HL_ASSERT(options->cities + options->joiners <= ALLIANCE_CITIES_MAX);
    static const char *const names[] = {"li", "wang", "zhao"};
    *alliance = (struct alliance){
        .options = *options,
        .rng = rng,
        .verifier = options->ed25519 ? verifier_openssl() : cheap_verifier(),
        .city_count = options->cities + options->joiners,
    };
    name_cities(alliance);
    struct hl_detail detail = {0};
    struct charter draft;
    charter_init(&draft);
    snprintf(draft.alliance, sizeof(draft.alliance), ALLIANCE_NAME);
    draft.threshold = 2;
    for (size_t i = 0; i < ALLIANCE_COORDINATORS; i++) {
        char name[160];
        snprintf(name, sizeof(name), ALLIANCE_NAME "/coordinator/%s", names[i]);
        make_signer(alliance, name, VKEY_ED25519, &alliance->coordinators[i]);
        must(charter_add_coordinator(&draft, &alliance->coordinators[i].vkey,
                                     &detail),
             &detail);
    }
    for (size_t i = 0; i < options->cities; i++) {
        join(alliance, &draft, i);
    }
    for (size_t i = 0; i < options->cities; i++) {
        appoint(alliance, &draft, i);
    }
    note_keepers(alliance, &draft);
    publish(alliance, &draft);
    alliance->pin = alliance->charter.hash;
    charter_fini(&draft);
}

void alliance_fini(struct alliance *alliance)
{
    for (size_t i = 0; i < ALLIANCE_COORDINATORS; i++) {
        signer_fini(&alliance->coordinators[i]);
    }
    for (size_t i = 0; i < alliance->city_count; i++) {
        keyring_fini(&alliance->cities[i].journal);
        keyring_fini(&alliance->cities[i].mirror);
    }
    for (size_t i = 0; i < alliance->charter_count; i++) {
        writer_fini(&alliance->charters[i]);
    }
    charter_fini(&alliance->charter);
}

size_t alliance_find(const struct alliance *alliance, struct bytes id)
{
    for (size_t i = 0; i < alliance->city_count; i++) {
        if (bytes_equal_text(id, alliance->cities[i].id)) {
            return i;
        }
    }
    return SIZE_MAX;
}

size_t alliance_find_origin(const struct alliance *alliance,
                            struct bytes origin)
{
    size_t skip = sizeof(ALLIANCE_NAME);
    return origin.size <= skip
               ? SIZE_MAX
               : alliance_find(alliance,
                               bytes_slice(origin, skip, origin.size - skip));
}
