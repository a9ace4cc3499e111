/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo search`. */

#include <heluo/v1/search.pb-c.h>
#include <string.h>

#include "node/catalogue/attribute.h"
#include "node/cli/commands.h"
#include "node/cli/connect.h"
#include "node/cli/place.h"
#include "node/cli/search_text.h"
#include "protocol/base/alloc.h"
#include "protocol/entry/origin.h"

enum {
    KINDS_MAX = 4,
    STATUSES_MAX = 8,
    PAGE_USUAL = 10,
    PAGE_MAX = 100,
    TOKEN_MAX_BYTES = 256,
    YUAN_FEN = 100,
};

const struct cli_option search_options[] = {
    {"kind", "WORD",
     "What is searched: instrument (if not given), unit, service or demand.",
     CLI_REPEATED},
    {"class", "CODE",
     "Of that class: two to six digits, or its name in the national list.",
     CLI_OPTIONAL},
    {"region", "PLACE",
     "There: a division's code, its first two or four digits, or the name of\n"
     "a province or a city.",
     CLI_OPTIONAL},
    {"unit", "ID", "Of that managing unit.", CLI_OPTIONAL},
    {"origin", "NODE", "Stated by that city's node.", CLI_OPTIONAL},
    {"min-worth", "YUAN",
     "Worth, price or budget, at least; what states none is left out.",
     CLI_OPTIONAL},
    {"max-worth", "YUAN", "The same, at most.", CLI_OPTIONAL},
    {"status", "WORD", "Of an instrument: 正常, or normal, and so on.",
     CLI_REPEATED},
    {"usable", NULL, "Not what is in repair, or shared with nobody.",
     CLI_OPTIONAL},
    {"near", "PLACE",
     "Of equally good ones, those in the same county, city, province first.\n"
     "Given as --region is, a county by its code.",
     CLI_OPTIONAL},
    {"sort", "WORD", "best (if not given), nearest, dearest, cheapest, newest.",
     CLI_OPTIONAL},
    {"size", "N", "Hits of a page, up to 100; 10 if not given.", CLI_OPTIONAL},
    {"facets", "N", "Values of each facet, up to 100; 5 if not given.",
     CLI_OPTIONAL},
    {"suggest", NULL,
     "Instead: names, models and classes that begin with the text, for those\n"
     "who make a search field; with --size.",
     CLI_OPTIONAL},
    {"page", "TOKEN", "Go on where the page that gave it ended.", CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

struct asking {
    struct cli_call *call;
    Heluo__V1__SearchFindRequest request;
    Heluo__V1__RecordKind kinds[KINDS_MAX];
    uint32_t statuses[STATUSES_MAX];
    uint8_t token[TOKEN_MAX_BYTES];
    struct writer text;
    char node[64];
};

static char *text_of(const char *text)
{
    return (char *)(uintptr_t)(text == NULL ? "" : text);
}

/* --- The question. ------------------------------------------------------- */

static hl_err take_kinds(struct asking *asking)
{
    const char *word;
    for (size_t i = 0; (word = cli_get_nth(asking->call, "kind", i)) != NULL;
         i++) {
        const struct record_kind *kind = record_kind_of_word(word);
        if (kind == NULL || i == KINDS_MAX) {
            return cli_usage(asking->call,
                             "--kind: '%s' is none of unit, instrument, "
                             "service, demand",
                             word);
        }
        asking->kinds[i] = (Heluo__V1__RecordKind)kind->number;
        asking->request.n_kinds = i + 1;
    }
    asking->request.kinds = asking->kinds;
    return HL_OK;
}

static hl_err take_statuses(struct asking *asking)
{
    const struct record_kind *kind = record_kind_of_word("instrument");
    const struct attribute *status =
        attribute_find(kind, bytes_of_text("status"));
    const char *word;
    for (size_t i = 0; (word = cli_get_nth(asking->call, "status", i)) != NULL;
         i++) {
        union record_room record = {0};
        hl_err err = attribute_parse(kind, status, bytes_of_text(word), &record,
                                     cli_about(asking->call, "status"));
        if (err != HL_OK) {
            return err;
        }
        if (i == STATUSES_MAX) {
            return cli_usage(asking->call, "--status: too many of them");
        }
        asking->statuses[i] =
            (uint32_t) *
            (const uint64_t *)(const void *)(record.bytes +
                                             attribute_field(kind, status)
                                                 ->offset);
        asking->request.n_statuses = i + 1;
    }
    asking->request.statuses = asking->statuses;
    return HL_OK;
}

static hl_err take_sort(struct asking *asking)
{
    static const char *const words[] = {"best", "nearest", "dearest",
                                        "cheapest", "newest"};
    const char *given = cli_get(asking->call, "sort");
    for (size_t i = 0; given != NULL && i < sizeof(words) / sizeof(words[0]);
         i++) {
        if (strcmp(given, words[i]) == 0) {
            asking->request.sort = (Heluo__V1__SearchSort)i;
            return HL_OK;
        }
    }
    return given == NULL
               ? HL_OK
               : cli_usage(asking->call,
                           "--sort: '%s' is none of best, nearest, dearest, "
                           "cheapest, newest",
                           given);
}

static hl_err take_money(struct asking *asking, const char *option,
                         uint64_t *out)
{
    const char *given = cli_get(asking->call, option);
    return given == NULL
               ? HL_OK
               : attribute_parse_money(bytes_of_text(given), YUAN_FEN, out,
                                       cli_about(asking->call, option));
}

static int hex_digit(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                                          : -1;
}

static hl_err take_token(struct asking *asking)
{
    const char *given = cli_get(asking->call, "page");
    size_t size = given == NULL ? 0 : strlen(given);
    if (size % 2 != 0 || size / 2 > TOKEN_MAX_BYTES) {
        return cli_usage(asking->call, "--page: not what a page gave");
    }
    for (size_t i = 0; i < size; i += 2) {
        int high = hex_digit(given[i]), low = hex_digit(given[i + 1]);
        if (high < 0 || low < 0) {
            return cli_usage(asking->call, "--page: not what a page gave");
        }
        asking->token[i / 2] = (uint8_t)(high << 4 | low);
    }
    asking->request.page_token =
        (ProtobufCBinaryData){.len = size / 2, .data = asking->token};
    return HL_OK;
}

static hl_err take_numbers(struct asking *asking)
{
    uint64_t size = 0, facets = 0;
    hl_err err =
        cli_get_decimal(asking->call, "size", 1, PAGE_MAX, PAGE_USUAL, &size);
    if (err == HL_OK) {
        err = cli_get_decimal(asking->call, "facets", 1, PAGE_MAX, 5, &facets);
    }
    if (err == HL_OK) {
        err = take_money(asking, "min-worth", &asking->request.min_worth_fen);
    }
    if (err == HL_OK) {
        err = take_money(asking, "max-worth", &asking->request.max_worth_fen);
    }
    asking->request.page_size = (uint32_t)size;
    asking->request.facet_values = (uint32_t)facets;
    return err;
}

/* A node's id, or its journal's origin. */
static void take_origin(struct asking *asking)
{
    const char *given = cli_get(asking->call, "origin");
    struct bytes origin = bytes_of_text(given == NULL ? "" : given);
    struct bytes node =
        strchr(text_of(given), '/') == NULL ? origin : origin_node(origin);
    snprintf(asking->node, sizeof(asking->node), "%.*s", BYTES_ARGS(node));
    asking->request.node = asking->node;
}

/* Words that the shell took apart are one text. */
static void take_text(struct asking *asking)
{
    for (size_t i = 0; i < asking->call->operand_count; i++) {
        writer_text(&asking->text, i == 0 ? "" : " ");
        writer_text(&asking->text, asking->call->operands[i]);
    }
    writer_u8(&asking->text, 0);
    asking->request.text = (char *)asking->text.data;
}

static hl_err take_request(struct asking *asking)
{
    struct cli_call *call = asking->call;
    heluo__v1__search_find_request__init(&asking->request);
    take_text(asking);
    take_origin(asking);
    asking->request.unit = text_of(cli_get(call, "unit"));
    asking->request.usable = cli_has(call, "usable");
    hl_err err = take_kinds(asking);
    if (err == HL_OK) {
        err = take_statuses(asking);
    }
    if (err == HL_OK) {
        err = place_find_class(call, "class", &asking->request.class_code);
    }
    if (err == HL_OK) {
        err = place_find(call, "region", &asking->request.region);
    }
    if (err == HL_OK) {
        err = place_find(call, "near", &asking->request.near);
    }
    if (err == HL_OK) {
        err = take_sort(asking);
    }
    if (err == HL_OK) {
        err = take_numbers(asking);
    }
    return err == HL_OK ? take_token(asking) : err;
}

static hl_err suggest(struct asking *asking)
{
    struct node_link link = {0};
    ProtobufCMessage *answer = NULL;
    Heluo__V1__SearchSuggestRequest request =
        HELUO__V1__SEARCH_SUGGEST_REQUEST__INIT;
    request.text = asking->request.text;
    request.count = asking->request.page_size;
    hl_err err = node_link_open(asking->call, &link);
    if (err == HL_OK) {
        err = node_link_ask(
            asking->call, &link, "/heluo.v1.Search/Suggest", &request.base,
            &heluo__v1__search_suggest_response__descriptor, &answer);
    }
    if (err == HL_OK) {
        search_print_suggestions(
            (const Heluo__V1__SearchSuggestResponse *)answer,
            asking->call->json);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    node_link_close(&link);
    return err;
}

hl_err cmd_search(struct cli_call *call)
{
    struct asking asking = {.call = call};
    struct node_link link = {0};
    ProtobufCMessage *answer = NULL;
    hl_err err = take_request(&asking);
    if (err == HL_OK && cli_has(call, "suggest")) {
        err = suggest(&asking);
        writer_fini(&asking.text);
        return err;
    }
    if (err == HL_OK) {
        err = node_link_open(call, &link);
    }
    if (err == HL_OK) {
        err = node_link_ask(
            call, &link, "/heluo.v1.Search/Find", &asking.request.base,
            &heluo__v1__search_find_response__descriptor, &answer);
    }
    if (err == HL_OK && call->json) {
        search_print_json((const Heluo__V1__SearchFindResponse *)answer);
    } else if (err == HL_OK) {
        search_print((const Heluo__V1__SearchFindResponse *)answer, stdout);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    node_link_close(&link);
    writer_fini(&asking.text);
    return err;
}
