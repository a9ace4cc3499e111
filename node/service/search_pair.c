/* SPDX-License-Identifier: Apache-2.0 */
#include "node/service/search_pair.h"

#include <stdio.h>
#include <string.h>

#include "node/catalogue/demand.h"
#include "node/catalogue/division.h"
#include "node/catalogue/instrument.h"
#include "node/catalogue/instrument_class.h"
#include "node/catalogue/service_item.h"
#include "node/report/review.h"

/* --- One. ---------------------------------------------------------------- */

void search_side_of(const struct record_kind *kind, const void *record,
                    struct search_side *out)
{
    *out = (struct search_side){.kind = kind, .usable = true};
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

static void add_class(struct writer *text, const struct search_side *side)
{
    const struct instrument_class *class =
        instrument_class_find(side->class_scheme, side->class_code);
    if (class != NULL && strncmp(class->name_zh, "其他", strlen("其他")) != 0) {
        add_line(text, bytes_of_text(class->name_zh));
    }
}

/* What a demand says, which is searched for names; and by what a demand would
 * name the other, each a line. */
void search_pair_ask(const struct record_kind *kind, const void *record,
                     struct search_pair_question *out)
{
    struct search_side side;
    struct writer *text = &out->text;
    *out = (struct search_pair_question){0};
    heluo__v1__search_find_request__init(&out->find);
    heluo__v1__index_find_request__init(&out->request);
    search_side_of(kind, record, &side);
    if (kind->type == &demand_record) {
        const struct demand *of = record;
        add_line(text, of->title);
        add_line(text, of->text);
        out->request.how = HELUO__V1__INDEX_HOW__INDEX_HOW_NAMES;
        out->kinds[0] = HELUO__V1__RECORD_KIND__RECORD_KIND_INSTRUMENT;
        out->kinds[1] = HELUO__V1__RECORD_KIND__RECORD_KIND_SERVICE_ITEM;
        out->find.n_kinds = 2;
    } else {
        const struct instrument *instrument = record;
        const struct service_item *item = record;
        bool is = kind->type == &instrument_record;
        add_line(text, is ? instrument->name_zh : item->name_zh);
        add_line(text, is ? instrument->name_en : item->name_en);
        add_line(text, is ? instrument->model : (struct bytes){0});
        out->request.how = HELUO__V1__INDEX_HOW__INDEX_HOW_LINES;
        out->kinds[0] = HELUO__V1__RECORD_KIND__RECORD_KIND_DEMAND;
        out->find.n_kinds = 1;
    }
    add_class(text, &side);
    writer_u8(text, 0);
    if (side.division.size == 6) {
        snprintf(out->near, sizeof(out->near), "%.*s",
                 BYTES_ARGS(side.division));
    }
    out->find.text = (char *)text->data;
    out->find.kinds = out->kinds;
    out->find.near = out->near;
    out->find.page_size = PAIRS_MAX;
    out->find.facet_values = 1;
    out->request.find = &out->find;
}

void search_pair_question_fini(struct search_pair_question *question)
{
    writer_fini(&question->text);
}

/* --- Two together. ------------------------------------------------------- */

static Heluo__V1__SearchNearness near_of(struct bytes a, struct bytes b)
{
    struct review_wish wish = {.division = a};
    struct instrument there = {.division = b};
    struct review_item item;
    review_compare(&wish, &there, 0, &item);
    return item.near == REVIEW_UNPLACED
               ? HELUO__V1__SEARCH_NEARNESS__SEARCH_NEARNESS_UNSPECIFIED
               : (Heluo__V1__SearchNearness)(item.near + 1);
}

Heluo__V1__SearchMatchResponse__Match *
search_pair(struct search_call *search, const struct search_side *own,
            const struct search_record *other,
            const Heluo__V1__IndexFindResponse *found,
            const Heluo__V1__IndexFindResponse__Hit *from)
{
    Heluo__V1__SearchMatchResponse__Match *match =
        rpc_call_alloc(search->call, sizeof(*match));
    struct search_side side;
    heluo__v1__search_match_response__match__init(match);
    search_side_of(other->kind, &other->record, &side);
    match->hit = search_hit_of(search, other, bytes_of_text(from->origin),
                               found->words, found->n_words);
    match->hit->level = from->level;
    match->named = from->parts;
    match->near = near_of(own->division, side.division);
    match->same_class = own->class_code.size > 0 &&
                        bytes_equal(own->class_scheme, side.class_scheme) &&
                        bytes_equal(own->class_code, side.class_code);
    match->usable = own->usable && side.usable;
    bool demands = own->kind->type == &demand_record;
    uint64_t budget = demands ? own->money_fen : side.money_fen;
    uint64_t price = demands ? side.money_fen : own->money_fen;
    match->within_budget = budget > 0 && price > 0 && price <= budget;
    match->over_budget = budget > 0 && price > budget;
    return match;
}
