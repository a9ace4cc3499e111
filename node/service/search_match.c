/* SPDX-License-Identifier: Apache-2.0 */

/* Search.Match: of a demand what it names, of an instrument or a service item
 * the demands that name it. */

#include <string.h>

#include "node/catalogue/demand.h"
#include "node/catalogue/division.h"
#include "node/catalogue/instrument.h"
#include "node/catalogue/instrument_class.h"
#include "node/catalogue/service_item.h"
#include "node/report/review.h"
#include "node/service/search_call.h"
#include "node/text/hits.h"

enum { MATCHES_USUAL = 20, MATCHES_MAX = 100, KINDS_MAX = 2 };

/* Of either side. */
struct side {
    const struct record_kind *kind;
    struct bytes class_scheme, class_code, division;
    uint64_t money_fen; /* price or budget; 0: none is stated */
    bool usable;
};

struct matching {
    struct search_call search; /* first */
    const Heluo__V1__SearchMatchRequest *asked;
    const struct record_kind *kind;
    union record_room key;
    struct side own;
    struct writer text; /* that is asked */
    Heluo__V1__SearchFindRequest find;
    Heluo__V1__IndexFindRequest request;
    Heluo__V1__RecordKind kinds[KINDS_MAX];
    Heluo__V1__SearchMatchResponse response;
};

/* --- Sides. -------------------------------------------------------------- */

static void take_side(const struct record_kind *kind, const void *record,
                      struct side *out)
{
    *out = (struct side){.kind = kind, .usable = true};
    if (kind->type == &instrument_record) {
        const struct instrument *of = record;
        out->class_scheme = of->class_scheme;
        out->class_code = of->class_code;
        out->division = of->division;
        out->usable = instrument_can_be_used(of);
    } else if (kind->type == &service_item_record) {
        const struct service_item *of = record;
        out->class_scheme = of->class_scheme;
        out->class_code = of->class_code;
        out->division = of->division;
        out->money_fen = of->price_fen;
    } else if (kind->type == &demand_record) {
        const struct demand *of = record;
        out->class_scheme = of->class_scheme;
        out->class_code = of->class_code;
        out->division = of->division;
        out->money_fen = of->budget_fen;
    }
}

static void add_line(struct writer *text, struct bytes line)
{
    if (line.size > 0) {
        writer_bytes(text, line);
        writer_u8(text, '\n');
    }
}

static void add_class(struct writer *text, const struct side *side)
{
    const struct instrument_class *class =
        instrument_class_find(side->class_scheme, side->class_code);
    if (class != NULL && strncmp(class->name_zh, "其他", strlen("其他")) != 0) {
        add_line(text, bytes_of_text(class->name_zh));
    }
}

/* What a demand says, which is searched for names; and by what a demand would
 * name the other, each a line. */
static void take_text(struct matching *matching, const void *record)
{
    struct writer *text = &matching->text;
    if (matching->kind->type == &demand_record) {
        const struct demand *of = record;
        add_line(text, of->title);
        add_line(text, of->text);
        add_class(text, &matching->own);
        matching->request.how = HELUO__V1__INDEX_HOW__INDEX_HOW_NAMES;
        matching->kinds[0] = HELUO__V1__RECORD_KIND__RECORD_KIND_INSTRUMENT;
        matching->kinds[1] = HELUO__V1__RECORD_KIND__RECORD_KIND_SERVICE_ITEM;
        matching->find.n_kinds = 2;
    } else {
        const struct instrument *instrument = record;
        const struct service_item *item = record;
        bool is = matching->kind->type == &instrument_record;
        add_line(text, is ? instrument->name_zh : item->name_zh);
        add_line(text, is ? instrument->name_en : item->name_en);
        add_line(text, is ? instrument->model : (struct bytes){0});
        add_class(text, &matching->own);
        matching->request.how = HELUO__V1__INDEX_HOW__INDEX_HOW_LINES;
        matching->kinds[0] = HELUO__V1__RECORD_KIND__RECORD_KIND_DEMAND;
        matching->find.n_kinds = 1;
    }
    writer_u8(text, 0);
}

/* The record of the key, as its owner states it. */
static hl_err find_own(struct matching *matching, struct hl_detail *detail)
{
    struct bytes after = {0};
    struct search_call *search = &matching->search;
    for (;;) {
        struct journal journal;
        struct bytes name;
        struct row row;
        struct record_home home = {0};
        bool found = false;
        hl_err err =
            journal_next_origin(search->txn, after, &name, &journal, detail);
        if (err == HL_OK && name.data == NULL) {
            return hl_fail(
                detail, HL_ENOTFOUND, "no %s is known here",
                record_name_text(search->call, matching->kind, &matching->key));
        }
        if (err == HL_OK) {
            err = record_find(search->txn, journal.number, matching->kind,
                              &matching->key, &row, &found, detail);
        }
        if (err == HL_OK && found) {
            err = record_home_of(search->txn, matching->kind, name, &row, &home,
                                 detail);
        }
        if (err != HL_OK) {
            return err;
        }
        if (found && !row.retired && !record_is_elsewhere(&home, name, &row)) {
            union record_room record;
            record_decode(matching->kind->type, row.record, &record);
            take_side(matching->kind, &record, &matching->own);
            take_text(matching, &record);
            return HL_OK;
        }
        after = name;
    }
}

/* --- Matches. ------------------------------------------------------------ */

static Heluo__V1__SearchNearness near_of(struct bytes a, struct bytes b)
{
    struct review_wish wish = {.division = a};
    struct instrument there = {.division = b};
    struct review_item item;
    if (a.size == 0 || b.size == 0) {
        return HELUO__V1__SEARCH_NEARNESS__SEARCH_NEARNESS_UNSPECIFIED;
    }
    review_compare(&wish, &there, 0, &item);
    return (Heluo__V1__SearchNearness)(item.near + 1);
}

/* How many of the words stand in what the other one is called. */
static uint32_t count_named(const Heluo__V1__IndexFindResponse *found,
                            const Heluo__V1__SearchHit *hit)
{
    uint32_t count = 0;
    for (size_t i = 0; i < found->n_words; i++) {
        struct bytes word = bytes_of_text(found->words[i]);
        bool named = false;
        for (size_t k = 0; k < hit->n_snippets && !named; k++) {
            struct hits hits;
            named = hits_mark(bytes_of_text(hit->snippets[k]->text), &word, 1,
                              1000, &hits);
        }
        count += named ? 1 : 0;
    }
    return count;
}

static Heluo__V1__SearchMatchResponse__Match *
make_match(struct matching *matching, const struct search_record *record,
           const Heluo__V1__IndexFindResponse *found,
           const Heluo__V1__IndexFindResponse__Hit *from)
{
    struct search_call *search = &matching->search;
    Heluo__V1__SearchMatchResponse__Match *match =
        rpc_call_alloc(search->call, sizeof(*match));
    struct side other;
    const struct side *own = &matching->own;
    heluo__v1__search_match_response__match__init(match);
    take_side(record->kind, &record->record, &other);
    match->hit = search_hit_of(search, record, bytes_of_text(from->origin),
                               found->words, found->n_words);
    match->hit->level = from->level;
    match->named = count_named(found, match->hit);
    match->near = near_of(own->division, other.division);
    match->same_class = own->class_code.size > 0 &&
                        bytes_equal(own->class_scheme, other.class_scheme) &&
                        bytes_equal(own->class_code, other.class_code);
    match->usable = own->usable && other.usable;
    bool demands = own->kind->type == &demand_record;
    uint64_t budget = demands ? own->money_fen : other.money_fen;
    uint64_t price = demands ? other.money_fen : own->money_fen;
    match->within_budget = budget > 0 && price > 0 && price <= budget;
    match->over_budget = budget > 0 && price > budget;
    return match;
}

static hl_err make_answer(struct matching *matching,
                          const Heluo__V1__IndexFindResponse *found,
                          struct hl_detail *detail)
{
    struct search_call *search = &matching->search;
    Heluo__V1__SearchMatchResponse *response = &matching->response;
    response->total = found->total;
    response->matches = rpc_call_alloc(
        search->call, (found->n_hits + 1) * sizeof(response->matches[0]));
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < found->n_hits; i++) {
        struct search_record record;
        err = search_record_of(search, found->hits[i], &record, detail);
        if (err == HL_OK && record.there) {
            response->matches[response->n_matches++] =
                make_match(matching, &record, found, found->hits[i]);
        }
    }
    response->words = rpc_call_alloc(
        search->call, (found->n_words + 1) * sizeof(response->words[0]));
    for (size_t i = 0; i < found->n_words; i++) {
        response->words[response->n_words++] =
            call_text(search->call, bytes_of_text(found->words[i]));
    }
    return err == HL_OK
               ? search_as_of(search, &found->position, &response->n_as_of,
                              &response->as_of, detail)
               : err;
}

static void take_question(struct matching *matching)
{
    uint32_t size = matching->asked->page_size;
    matching->find.text = (char *)matching->text.data;
    matching->find.kinds = matching->kinds;
    matching->find.near = (char *)"";
    if (matching->own.division.size == 6) {
        matching->find.near =
            call_text(matching->search.call, matching->own.division);
    }
    matching->find.page_size = size == 0 ? MATCHES_USUAL : size;
    matching->find.facet_values = 1;
    matching->request.find = &matching->find;
}

static hl_err run(struct search_call *search, struct hl_detail *detail)
{
    struct matching *matching = (struct matching *)search;
    Heluo__V1__IndexFindResponse *found = NULL;
    heluo__v1__search_match_response__init(&matching->response);
    heluo__v1__search_find_request__init(&matching->find);
    heluo__v1__index_find_request__init(&matching->request);
    hl_err err = search_call_read(search, detail);
    if (err == HL_OK) {
        err = find_own(matching, detail);
    }
    if (err == HL_OK) {
        take_question(matching);
        err = search_call_ask(search, &matching->request, &found, detail);
    }
    if (err == HL_OK) {
        err = make_answer(matching, found, detail);
    }
    writer_fini(&matching->text);
    if (err == HL_OK) {
        store_abort(&search->txn);
        rpc_answer(search->call, &matching->response.base);
    }
    if (found != NULL) {
        protobuf_c_message_free_unpacked(&found->base, NULL);
    }
    return err;
}

void search_match(struct rpc_call *call, const ProtobufCMessage *message,
                  void *context)
{
    struct matching *matching = rpc_call_alloc(call, sizeof(*matching));
    struct hl_detail detail = {0};
    matching->search =
        (struct search_call){.call = call, .services = context, .run = run};
    matching->asked = (const void *)message;
    hl_err err =
        record_key_of_request(call, context, matching->asked->key, "",
                              &matching->kind, &matching->key, &detail);
    if (err == HL_OK && !matching->kind->homed) {
        err = hl_fail(&detail, HL_EMALFORMED,
                      "key: of an instrument, a service item or a demand");
    }
    if (err == HL_OK && matching->asked->page_size > MATCHES_MAX) {
        err = hl_fail(&detail, HL_ELIMIT, "page_size: at most %d", MATCHES_MAX);
    }
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    search_call_enter(&matching->search);
}
