/* SPDX-License-Identifier: Apache-2.0 */

/* Search.Match: of a demand what it names, of an instrument or a service item
 * the demands that name it. */

#include "node/service/search_pair.h"

enum { MATCHES_USUAL = 20 };

struct matching {
    struct search_call search; /* first */
    const Heluo__V1__SearchMatchRequest *asked;
    const struct record_kind *kind;
    union record_room key;
    union record_room own;
    struct search_side side;
    struct search_pair_question question;
    Heluo__V1__SearchMatchResponse response;
};

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
            record_decode(matching->kind->type, row.record, &matching->own);
            search_side_of(matching->kind, &matching->own, &matching->side);
            return HL_OK;
        }
        after = name;
    }
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
            response->matches[response->n_matches++] = search_pair(
                search, &matching->side, &record, found, found->hits[i]);
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

static hl_err run(struct search_call *search, struct hl_detail *detail)
{
    struct matching *matching = (struct matching *)search;
    Heluo__V1__IndexFindResponse *found = NULL;
    heluo__v1__search_match_response__init(&matching->response);
    hl_err err = search_call_read(search, detail);
    if (err == HL_OK) {
        err = find_own(matching, detail);
    }
    if (err == HL_OK) {
        uint32_t size = matching->asked->page_size;
        search_pair_ask(matching->kind, &matching->own, &matching->question);
        matching->question.find.page_size = size == 0 ? MATCHES_USUAL : size;
        store_abort(&search->txn); /* what is found is read as of later */
        err = search_call_ask(search, &matching->question.request, &found,
                              detail);
    }
    if (err == HL_OK) {
        err = search_call_read(search, detail);
    }
    if (err == HL_OK) {
        err = find_own(matching, detail);
    }
    if (err == HL_OK) {
        err = make_answer(matching, found, detail);
    }
    search_pair_question_fini(&matching->question);
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
    if (err == HL_OK && matching->asked->page_size > PAIRS_MAX) {
        err = hl_fail(&detail, HL_ELIMIT, "page_size: at most %d", PAIRS_MAX);
    }
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    search_call_enter(&matching->search);
}
