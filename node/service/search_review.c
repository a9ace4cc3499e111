/* SPDX-License-Identifier: Apache-2.0 */

/* Search.Review: what stands already of what somebody wants to buy. */

#include <stdlib.h>
#include <string.h>

#include "node/catalogue/division.h"
#include "node/report/review.h"
#include "node/service/search_call.h"

enum {
    LOOKED_AT_MAX = 100, /* of each question to the index */
    QUESTIONS = 4,
    CANDIDATES_MAX = LOOKED_AT_MAX * QUESTIONS,
    SHOWN_MAX = 30,
    UNLIKE_SHOWN_MAX = 5,
    TEXT_MAX_BYTES = 500,
    LIST_YEAR = 2023, /* of divisions */
};

struct candidate {
    struct review_item item;
    struct search_record record;
    char *origin;
    struct bytes key;
};

struct reviewing {
    struct search_call search; /* first */
    const Heluo__V1__SearchReviewRequest *asked;
    struct review_wish wish;
    Heluo__V1__SearchFindRequest find;
    Heluo__V1__IndexFindRequest request;
    struct candidate *candidates;
    size_t count;
    Heluo__V1__IndexFindResponse *found[QUESTIONS];
    size_t found_count;
    Heluo__V1__SearchReviewResponse response;
};

/* --- The question. ------------------------------------------------------- */

static bool is_digits(const char *text, size_t size)
{
    return strlen(text) == size && strspn(text, "0123456789") == size;
}

static hl_err check(const Heluo__V1__SearchReviewRequest *asked,
                    struct hl_detail *detail)
{
    const char *class = asked->class_code;
    if (asked->name[0] == '\0' && asked->model[0] == '\0' && class[0] == '\0') {
        return hl_fail(detail, HL_EMALFORMED,
                       "name, model, class_code: one is needed, at least");
    }
    if (strlen(asked->name) > TEXT_MAX_BYTES ||
        strlen(asked->model) > TEXT_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "name, model: at most %d bytes",
                       TEXT_MAX_BYTES);
    }
    if (class[0] != '\0' && !is_digits(class, 2) && !is_digits(class, 4) &&
        !is_digits(class, 6)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "class_code: '%.20s': two, four or six digits", class);
    }
    if (asked->division[0] == '\0') {
        return HL_OK;
    }
    if (!is_digits(asked->division, 6)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "division: '%.20s' is no code of six digits",
                       asked->division);
    }
    /* Nothing would be near to a place that there is not. */
    const struct division *at;
    return division_lookup(LIST_YEAR, bytes_of_text(asked->division), &at,
                           detail);
}

static void take_wish(struct reviewing *review)
{
    const Heluo__V1__SearchReviewRequest *asked = review->asked;
    review->wish =
        (struct review_wish){.name = bytes_of_text(asked->name),
                             .model = bytes_of_text(asked->model),
                             .class_code = bytes_of_text(asked->class_code),
                             .division = bytes_of_text(asked->division)};
}

/* --- Candidates. --------------------------------------------------------- */

static bool is_there(const struct reviewing *review, const char *origin,
                     struct bytes key)
{
    for (size_t i = 0; i < review->count; i++) {
        if (strcmp(review->candidates[i].origin, origin) == 0 &&
            bytes_equal(review->candidates[i].key, key)) {
            return true;
        }
    }
    return false;
}

static hl_err take_hit(struct reviewing *review,
                       const Heluo__V1__IndexFindResponse__Hit *hit,
                       struct hl_detail *detail)
{
    struct rpc_call *call = review->search.call;
    struct bytes key = bytes_of_binary(&hit->key);
    if (review->count == CANDIDATES_MAX || is_there(review, hit->origin, key)) {
        return HL_OK;
    }
    struct candidate *candidate = &review->candidates[review->count];
    hl_err err =
        search_record_of(&review->search, hit, &candidate->record, detail);
    if (err != HL_OK || !candidate->record.there) {
        return err;
    }
    review_compare(&review->wish, (const void *)&candidate->record.record,
                   review->asked->quota_hours, &candidate->item);
    candidate->origin = call_text(call, bytes_of_text(hit->origin));
    candidate->key = bytes_of(call_text(call, key), key.size);
    review->count++;
    return HL_OK;
}

/* One question to the index. */
static hl_err ask(struct reviewing *review, const char *text,
                  const char *class_code, Heluo__V1__SearchSort sort,
                  struct hl_detail *detail)
{
    heluo__v1__search_find_request__init(&review->find);
    heluo__v1__index_find_request__init(&review->request);
    review->find.text = (char *)(uintptr_t)text;
    review->find.class_code = (char *)(uintptr_t)class_code;
    review->find.near = review->asked->division;
    review->find.sort = sort;
    review->find.page_size = LOOKED_AT_MAX;
    review->find.facet_values = 1;
    review->request.find = &review->find;
    return search_call_ask(&review->search, &review->request,
                           &review->found[review->found_count++], detail);
}

static hl_err ask_all(struct reviewing *review, struct hl_detail *detail)
{
    const Heluo__V1__SearchReviewRequest *asked = review->asked;
    const Heluo__V1__SearchSort best = HELUO__V1__SEARCH_SORT__SEARCH_SORT_BEST;
    hl_err err = HL_OK;
    if (asked->model[0] != '\0') {
        err = ask(review, asked->model, "", best, detail);
    }
    if (err == HL_OK && asked->name[0] != '\0') {
        err = ask(review, asked->name, "", best, detail);
    }
    /* Far away there may be more that are called just so than are looked at. */
    if (err == HL_OK && asked->name[0] != '\0' && asked->division[0] != '\0') {
        err = ask(review, asked->name, "",
                  HELUO__V1__SEARCH_SORT__SEARCH_SORT_NEAREST, detail);
    }
    if (err == HL_OK && asked->class_code[0] != '\0') {
        err = ask(review, "", asked->class_code, best, detail);
    }
    return err;
}

/* What was found, as it is now. */
static hl_err take_all(struct reviewing *review, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    review->candidates = rpc_call_alloc(
        review->search.call, CANDIDATES_MAX * sizeof(review->candidates[0]));
    for (size_t i = 0; err == HL_OK && i < review->found_count; i++) {
        const Heluo__V1__IndexFindResponse *found = review->found[i];
        for (size_t k = 0; err == HL_OK && k < found->n_hits; k++) {
            err = take_hit(review, found->hits[k], detail);
        }
    }
    return err;
}

static void forget_found(struct reviewing *review)
{
    for (size_t i = 0; i < review->found_count; i++) {
        if (review->found[i] != NULL) {
            protobuf_c_message_free_unpacked(&review->found[i]->base, NULL);
        }
    }
}

/* --- The answer. --------------------------------------------------------- */

static int by_use(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    int order = review_order(&left->item, &right->item);
    return order != 0 ? order : bytes_compare(left->key, right->key);
}

static Heluo__V1__SearchReviewResponse__Item *
show(struct reviewing *review, const struct candidate *candidate)
{
    static const Heluo__V1__SearchNearness nearness[] = {
        [REVIEW_COUNTY] = HELUO__V1__SEARCH_NEARNESS__SEARCH_NEARNESS_COUNTY,
        [REVIEW_CITY] = HELUO__V1__SEARCH_NEARNESS__SEARCH_NEARNESS_CITY,
        [REVIEW_PROVINCE] =
            HELUO__V1__SEARCH_NEARNESS__SEARCH_NEARNESS_PROVINCE,
        [REVIEW_ELSEWHERE] =
            HELUO__V1__SEARCH_NEARNESS__SEARCH_NEARNESS_ELSEWHERE,
        [REVIEW_UNPLACED] =
            HELUO__V1__SEARCH_NEARNESS__SEARCH_NEARNESS_UNSPECIFIED,
    };
    const struct review_item *item = &candidate->item;
    Heluo__V1__SearchReviewResponse__Item *out =
        rpc_call_alloc(review->search.call, sizeof(*out));
    heluo__v1__search_review_response__item__init(out);
    out->hit = search_hit_of(&review->search, &candidate->record,
                             bytes_of_text(candidate->origin), NULL, 0);
    out->likeness = item->likeness;
    out->same_model = item->same_model;
    out->same_name = item->same_name;
    out->same_class = item->same_class;
    out->near = nearness[item->near];
    out->usable = item->usable;
    out->use_stated = item->use_stated;
    out->use_bp =
        item->use_bp > UINT32_MAX ? UINT32_MAX : (uint32_t)item->use_bp;
    return out;
}

static void show_items(struct reviewing *review)
{
    Heluo__V1__SearchReviewResponse *response = &review->response;
    size_t unlike = 0;
    response->items = rpc_call_alloc(review->search.call,
                                     SHOWN_MAX * sizeof(response->items[0]));
    for (size_t i = 0; i < review->count && response->n_items < SHOWN_MAX;
         i++) {
        const struct candidate *candidate = &review->candidates[i];
        bool alike = candidate->item.likeness >= REVIEW_ALIKE;
        unlike += alike ? 0 : 1;
        if (alike || unlike <= UNLIKE_SHOWN_MAX) {
            response->items[response->n_items++] = show(review, candidate);
        }
    }
}

static void judge(struct reviewing *review)
{
    struct rpc_call *call = review->search.call;
    char text[REVIEW_TEXT_BYTES];
    struct review_item *items =
        rpc_call_alloc(call, (review->count + 1) * sizeof(items[0]));
    for (size_t i = 0; i < review->count; i++) {
        items[i] = review->candidates[i].item;
    }
    struct review_verdict verdict = review_judge(items, review->count);
    review->response.advice = (Heluo__V1__SearchAdvice)(verdict.advice + 1);
    review->response.alike = verdict.alike;
    review_text(&verdict, false, text);
    review->response.reason_en = call_text(call, bytes_of_text(text));
    review_text(&verdict, true, text);
    review->response.reason_zh = call_text(call, bytes_of_text(text));
}

static hl_err make_answer(struct reviewing *review, struct hl_detail *detail)
{
    Heluo__V1__SearchReviewResponse *response = &review->response;
    hl_err err = take_all(review, detail);
    if (err == HL_OK) {
        err = search_as_of(&review->search, &review->found[0]->position,
                           &response->n_as_of, &response->as_of, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    if (review->count > 0) {
        qsort(review->candidates, review->count, sizeof(review->candidates[0]),
              by_use);
    }
    judge(review);
    show_items(review);
    return HL_OK;
}

static hl_err run(struct search_call *search, struct hl_detail *detail)
{
    struct reviewing *review = (struct reviewing *)search;
    heluo__v1__search_review_response__init(&review->response);
    hl_err err = ask_all(review, detail);
    if (err == HL_OK) {
        err = search_call_read(search, detail);
    }
    if (err == HL_OK) {
        err = make_answer(review, detail);
    }
    forget_found(review);
    if (err == HL_OK) {
        store_abort(&search->txn);
        rpc_answer(search->call, &review->response.base);
    }
    return err;
}

void search_review(struct rpc_call *call, const ProtobufCMessage *message,
                   void *context)
{
    struct reviewing *review = rpc_call_alloc(call, sizeof(*review));
    struct hl_detail detail = {0};
    review->search =
        (struct search_call){.call = call, .services = context, .run = run};
    review->asked = (const void *)message;
    hl_err err = check(review->asked, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    take_wish(review);
    search_call_enter(&review->search);
}
