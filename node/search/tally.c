/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/catalogue/division.h"
#include "protocol/base/alloc.h"

enum {
    CODE_DIGITS = 6,
    PROVINCE_DIGITS = 2,
    LIST_YEAR = 2023,
    NEAR_COUNTY = 0,
    NEAR_CITY = 1,
    NEAR_PROVINCE = 2,
    NEAR_NOT = 3,
};

/* --- Conditions. --------------------------------------------------------- */

static bool begins_with(const char *code, struct bytes prefix)
{
    return strlen(code) >= prefix.size &&
           memcmp(code, prefix.data, prefix.size) == 0;
}

static uint8_t nearness(const struct place_code *place, const char *near,
                        const char *near_city)
{
    if (place->code[0] == '\0') {
        return NEAR_NOT;
    }
    if (strcmp(place->code, near) == 0) {
        return NEAR_COUNTY;
    }
    if (near_city[0] != '\0' && strcmp(place->city, near_city) == 0) {
        return NEAR_CITY;
    }
    return memcmp(place->code, near, PROVINCE_DIGITS) == 0 ? NEAR_PROVINCE
                                                           : NEAR_NOT;
}

static void measure_places(struct tally *tally)
{
    const struct search_index *index = tally->index;
    struct bytes near = tally->query->near;
    char code[CODE_DIGITS + 1] = "";
    tally->place_count = index->place_count;
    if (near.size != CODE_DIGITS) {
        return;
    }
    memcpy(code, near.data, CODE_DIGITS);
    const struct division *at = division_find(LIST_YEAR, near);
    tally->near = hl_alloc(index->place_count + 1, 1);
    for (size_t i = 0; i < index->place_count; i++) {
        tally->near[i] =
            nearness(&index->places[i], code, at == NULL ? "" : at->city);
    }
}

/* Of a city by its code: what lies in it. A prefix of digits would not do:
 * 4190 is no city. */
static bool place_is_in(const struct place_code *place, struct bytes prefix)
{
    return begins_with(place->code, prefix) ||
           (prefix.size == CODE_DIGITS && begins_with(place->city, prefix));
}

static void choose_places(struct tally *tally)
{
    const struct search_index *index = tally->index;
    struct bytes prefix = tally->query->division_prefix;
    /* A province is known by two digits. */
    if (prefix.size == CODE_DIGITS &&
        memcmp(prefix.data + PROVINCE_DIGITS, "0000", 4) == 0) {
        prefix.size = PROVINCE_DIGITS;
    }
    if (prefix.size > 0) {
        tally->place_fits = hl_alloc(index->place_count + 1, 1);
    }
    for (size_t i = 0; i < index->place_count && prefix.size > 0; i++) {
        tally->place_fits[i] = place_is_in(&index->places[i], prefix);
    }
}

static void choose_classes(struct tally *tally)
{
    const struct search_index *index = tally->index;
    struct bytes prefix = tally->query->class_prefix;
    tally->class_count = index->class_count;
    while (prefix.size == CODE_DIGITS - 2 || prefix.size == CODE_DIGITS) {
        if (memcmp(prefix.data + prefix.size - 2, "00", 2) != 0) {
            break;
        }
        prefix.size -= 2; /* a major or middle class, and all in it */
    }
    if (prefix.size > 0) {
        tally->class_fits = hl_alloc(index->class_count + 1, 1);
    }
    for (size_t i = 0; i < index->class_count && prefix.size > 0; i++) {
        tally->class_fits[i] = begins_with(index->classes[i].code, prefix);
    }
}

static grn_id choose_one(struct tally *tally, enum reference ref,
                         struct bytes key)
{
    if (key.size == 0) {
        return GRN_ID_NIL;
    }
    grn_id id = grn_table_get(tally->ctx, tally->index->schema.targets[ref],
                              key.data, (unsigned)key.size);
    tally->nothing = tally->nothing || id == GRN_ID_NIL;
    return id;
}

void tally_begin(struct tally *tally, struct search_index *index, grn_ctx *ctx,
                 const struct search_query *query)
{
    const struct schema *schema = &index->schema;
    *tally = (struct tally){.index = index, .ctx = ctx, .query = query};
    for (unsigned i = 0; i < FACTS; i++) {
        tally->facts[i] = grn_column_cache_open(ctx, schema->facts[i]);
    }
    for (unsigned i = 0; i < REFS; i++) {
        tally->sizes[i] = grn_table_size(ctx, schema->targets[i]) + 1;
        if (query->facets > 0) {
            tally->counts[i] = hl_alloc(tally->sizes[i], sizeof(uint32_t));
        }
    }
    measure_places(tally);
    choose_places(tally);
    choose_classes(tally);
    tally->unit = choose_one(tally, REF_UNIT, query->unit);
    tally->origin = choose_one(tally, REF_ORIGIN, query->origin);
    tally->room =
        query->hits < SEARCH_HITS_MAX ? query->hits + 1 : SEARCH_HITS_MAX + 1;
}

void tally_end(struct tally *tally)
{
    for (unsigned i = 0; i < FACTS; i++) {
        grn_column_cache_close(tally->ctx, tally->facts[i]);
    }
    for (unsigned i = 0; i < REFS; i++) {
        hl_free(tally->counts[i]);
    }
    hl_free(tally->near);
    hl_free(tally->place_fits);
    hl_free(tally->class_fits);
}

/* --- One document. ------------------------------------------------------- */

static uint64_t fact_of(const struct tally *tally, enum fact fact, grn_id id)
{
    size_t size = 0;
    uint64_t value = 0;
    const void *at =
        grn_column_cache_ref(tally->ctx, tally->facts[fact], id, &size);
    if (at != NULL && size == sizeof(value)) {
        memcpy(&value, at, sizeof(value));
    }
    return value;
}

static bool fits_facts(const struct search_query *query, uint32_t facts)
{
    unsigned kind = fact_byte(facts, BYTE_KIND);
    unsigned status = fact_byte(facts, BYTE_STATUS);
    return kind < 32 && (query->kinds >> kind & 1) != 0 &&
           (query->statuses == 0 ||
            (status < 32 && (query->statuses >> status & 1) != 0)) &&
           (!query->usable ||
            fact_byte(facts, BYTE_STANDING) == STANDING_USABLE);
}

static bool fits_worth(const struct tally *tally, grn_id id)
{
    const struct search_query *query = tally->query;
    if (query->min_worth_fen == 0 && query->max_worth_fen == UINT64_MAX) {
        return true;
    }
    uint64_t worth = fact_of(tally, FACT_WORTH, id);
    return worth > 0 && worth >= query->min_worth_fen &&
           worth <= query->max_worth_fen;
}

static bool fits(const struct tally *tally, grn_id id,
                 const struct document_facts *of)
{
    grn_id place = of->refs[REF_PLACE], class = of->refs[REF_CLASS];
    return fits_facts(tally->query, of->kind) &&
           (tally->unit == GRN_ID_NIL || of->refs[REF_UNIT] == tally->unit) &&
           (tally->origin == GRN_ID_NIL ||
            of->refs[REF_ORIGIN] == tally->origin) &&
           (tally->place_fits == NULL ||
            (place < tally->place_count && tally->place_fits[place])) &&
           (tally->class_fits == NULL ||
            (class < tally->class_count && tally->class_fits[class])) &&
           fits_worth(tally, id);
}

static uint64_t near_of(const struct tally *tally,
                        const struct document_facts *of)
{
    grn_id place = of->refs[REF_PLACE];
    return tally->near == NULL           ? 0
           : place == GRN_ID_NIL         ? NEAR_NOT
           : place >= tally->place_count ? NEAR_NOT
                                         : tally->near[place];
}

/* level 3 bits, missing 5, standing 2, near 2, the score's complement 32. */
static uint64_t best_rank(uint64_t level, uint64_t missing, uint64_t standing,
                          uint64_t near, double score)
{
    uint64_t points = score <= 0            ? 0
                      : score >= UINT32_MAX ? UINT32_MAX
                                            : (uint64_t)score;
    missing = missing > 31 ? 31 : missing;
    return level << 41 | missing << 36 | standing << 34 | near << 32 |
           (UINT32_MAX - points);
}

static uint64_t rank_of(const struct tally *tally, grn_id id,
                        const struct document_facts *of, unsigned level,
                        unsigned missing, double score)
{
    const uint64_t mask = UINT64_C(1) << 62;
    uint64_t loose = level == LEVEL_LOOSE ? UINT64_C(1) << 63 : 0;
    uint64_t near = near_of(tally, of), worth;
    uint64_t best = best_rank(level, missing,
                              fact_byte(of->kind, BYTE_STANDING), near, score);
    switch (tally->query->sort) {
    case SEARCH_DEAREST:
        return loose |
               (mask - 1 - (fact_of(tally, FACT_WORTH, id) & (mask - 1)));
    case SEARCH_CHEAPEST:
        worth = fact_of(tally, FACT_WORTH, id);
        return loose | (worth == 0 ? mask - 1 : worth & (mask - 1));
    case SEARCH_NEWEST:
        return loose |
               (mask - 1 - (fact_of(tally, FACT_TIME, id) & (mask - 1)));
    case SEARCH_NEAREST:
        return loose | near << 60 | (best & ((UINT64_C(1) << 60) - 1));
    default:
        return best;
    }
}

static int compare_places(const struct search_place *a,
                          const struct search_place *b)
{
    return a->rank != b->rank ? (a->rank < b->rank ? -1 : 1)
           : a->tie != b->tie ? (a->tie < b->tie ? -1 : 1)
                              : 0;
}

static bool is_before(const struct tally_item *a, const struct tally_item *b)
{
    return compare_places(&a->place, &b->place) < 0;
}

/* Down from the root, where the worst one stands. */
static void sink(struct tally *tally)
{
    struct tally_item *items = tally->items;
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= tally->count) {
            return;
        }
        if (child + 1 < tally->count &&
            is_before(&items[child], &items[child + 1])) {
            child++;
        }
        if (!is_before(&items[at], &items[child])) {
            return;
        }
        struct tally_item item = items[at];
        items[at] = items[child];
        items[child] = item;
        at = child;
    }
}

static void rise(struct tally *tally)
{
    struct tally_item *items = tally->items;
    size_t at = tally->count - 1;
    while (at > 0 && is_before(&items[(at - 1) / 2], &items[at])) {
        struct tally_item item = items[at];
        items[at] = items[(at - 1) / 2];
        items[(at - 1) / 2] = item;
        at = (at - 1) / 2;
    }
}

static void offer(struct tally *tally, const struct tally_item *item)
{
    const struct search_query *query = tally->query;
    if (query->goes_on && compare_places(&item->place, &query->after) <= 0) {
        return;
    }
    if (tally->count < tally->room) {
        tally->items[tally->count++] = *item;
        rise(tally);
    } else if (is_before(item, &tally->items[0])) {
        tally->items[0] = *item;
        sink(tally);
    }
}

void tally_add(struct tally *tally, grn_id id, unsigned level, unsigned missing,
               double score)
{
    const struct document_facts *of = &tally->index->facts[id];
    if (tally->nothing || !fits(tally, id, of)) {
        return;
    }
    tally->total++;
    for (unsigned i = 0; i < REFS && tally->counts[i] != NULL; i++) {
        tally->counts[i][of->refs[i]]++;
    }
    uint64_t rank = rank_of(tally, id, of, level, missing, score);
    if (tally->count == tally->room && rank > tally->items[0].place.rank) {
        return; /* whatever its tie */
    }
    struct tally_item item = {
        .id = id,
        .level = level,
        .missing = missing,
        .place = {rank, fact_of(tally, FACT_TIE, id)},
    };
    offer(tally, &item);
}

/* --- Telling. ------------------------------------------------------------ */

static int by_place(const void *a, const void *b)
{
    const struct tally_item *left = a, *right = b;
    return compare_places(&left->place, &right->place);
}

static struct bytes keep_key(struct tally *tally, grn_obj *table, grn_id id,
                             struct writer *out)
{
    char key[GRN_TABLE_MAX_KEY_SIZE];
    int size = id == GRN_ID_NIL
                   ? 0
                   : grn_table_get_key(tally->ctx, table, id, key, sizeof(key));
    size_t from = out->size;
    writer_bytes(out, bytes_of(key, size > 0 ? (size_t)size : 0));
    return bytes_of(NULL, out->size - from);
}

/* The texts move while they are written: sizes first, places at the end. */
static void tell_hits(struct tally *tally, struct search_result *out)
{
    const struct schema *schema = &tally->index->schema;
    qsort(tally->items, tally->count, sizeof(tally->items[0]), by_place);
    out->hit_count =
        tally->count < tally->room ? tally->count : tally->room - 1;
    out->more = tally->count == tally->room;
    size_t from = out->texts.size;
    for (size_t i = 0; i < out->hit_count; i++) {
        struct search_hit *hit = &out->hits[i];
        grn_id id = tally->items[i].id;
        hit->place = tally->items[i].place;
        hit->level = tally->items[i].level;
        hit->missing = tally->items[i].missing;
        hit->id = keep_key(tally, schema->items, id, &out->texts);
        hit->origin =
            keep_key(tally, schema->targets[REF_ORIGIN],
                     tally->index->facts[id].refs[REF_ORIGIN], &out->texts);
        out->last = hit->place;
    }
    for (size_t i = 0; i < out->hit_count; i++) {
        struct search_hit *hit = &out->hits[i];
        hit->id.data = out->texts.data + from;
        hit->origin.data = hit->id.data + hit->id.size;
        from += hit->id.size + hit->origin.size;
    }
}

static int by_count(const void *a, const void *b)
{
    const struct search_count *left = a, *right = b;
    return left->count != right->count ? (left->count > right->count ? -1 : 1)
                                       : strcmp(left->value, right->value);
}

static int by_value(const void *a, const void *b)
{
    const struct search_count *left = a, *right = b;
    return strcmp(left->value, right->value);
}

static int by_number(const void *a, const void *b)
{
    const uint32_t *left = a, *right = b;
    return *left > *right ? -1 : *left < *right;
}

static void value_of(struct tally *tally, enum search_facet facet, grn_id id,
                     char out[SEARCH_VALUE_BYTES])
{
    const struct search_index *index = tally->index;
    if (facet == FACET_CITY) {
        snprintf(out, SEARCH_VALUE_BYTES, "%s",
                 id < index->place_count ? index->places[id].city : "");
    } else if (facet == FACET_CLASS) {
        snprintf(out, SEARCH_VALUE_BYTES, "%s",
                 id < index->class_count ? index->classes[id].code : "");
    } else {
        enum reference ref = facet == FACET_UNIT ? REF_UNIT : REF_ORIGIN;
        char key[GRN_TABLE_MAX_KEY_SIZE];
        int size = grn_table_get_key(tally->ctx, index->schema.targets[ref], id,
                                     key, sizeof(key));
        snprintf(out, SEARCH_VALUE_BYTES, "%.*s", size > 0 ? size : 0, key);
    }
}

/* The count that a value must have to be told, where each id is a value: of
 * others the text is not asked for. */
static uint32_t least_count(const struct tally *tally, enum reference ref)
{
    uint32_t *counts = hl_alloc(tally->sizes[ref], sizeof(*counts));
    size_t count = 0;
    for (grn_id id = 1; id < tally->sizes[ref]; id++) {
        if (tally->counts[ref][id] > 0) {
            counts[count++] = tally->counts[ref][id];
        }
    }
    uint32_t least = 1;
    if (count > tally->query->facets) {
        qsort(counts, count, sizeof(*counts), by_number);
        least = counts[tally->query->facets - 1];
    }
    hl_free(counts);
    return least;
}

/* Of one value together: cities, of which each has many places. */
static size_t sum_values(struct search_count *items, size_t count)
{
    size_t kept = 0;
    qsort(items, count, sizeof(items[0]), by_value);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && strcmp(items[kept - 1].value, items[i].value) == 0) {
            items[kept - 1].count += items[i].count;
        } else {
            items[kept++] = items[i];
        }
    }
    return kept;
}

static void tell_facet(struct tally *tally, enum search_facet facet,
                       enum reference ref, struct search_result *out)
{
    uint32_t least = facet == FACET_UNIT || facet == FACET_ORIGIN
                         ? least_count(tally, ref)
                         : 1;
    struct search_count *items = NULL;
    size_t count = 0, room = 0;
    for (grn_id id = 1; id < tally->sizes[ref]; id++) {
        if (tally->counts[ref][id] < least) {
            continue;
        }
        if (count == room) {
            room = room * 2 + 64;
            items = hl_realloc(items, room, sizeof(items[0]));
        }
        items[count].count = tally->counts[ref][id];
        value_of(tally, facet, id, items[count].value);
        count += items[count].value[0] != '\0';
    }
    if (count > 0) {
        count = sum_values(items, count);
        qsort(items, count, sizeof(items[0]), by_count);
        count = count < tally->query->facets ? count : tally->query->facets;
        memcpy(out->facets[facet], items, count * sizeof(items[0]));
    }
    out->facet_count[facet] = count;
    hl_free(items);
}

void tally_tell(struct tally *tally, struct search_result *out)
{
    const enum reference refs[FACETS] = {
        [FACET_CITY] = REF_PLACE,
        [FACET_CLASS] = REF_CLASS,
        [FACET_UNIT] = REF_UNIT,
        [FACET_ORIGIN] = REF_ORIGIN,
    };
    out->total = tally->total;
    tell_hits(tally, out);
    for (unsigned i = 0; i < FACETS && tally->query->facets > 0; i++) {
        tell_facet(tally, (enum search_facet)i, refs[i], out);
    }
}
