/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo review` and `heluo match`. */

#include <heluo/v1/search.pb-c.h>
#include <inttypes.h>
#include <string.h>

#include "node/cli/cmd_record.h"
#include "node/cli/commands.h"
#include "node/cli/connect.h"
#include "node/cli/place.h"
#include "node/cli/search_text.h"
#include "node/cli/status_text.h"
#include "node/cli/term.h"

enum { QUOTA_MAX_HOURS = 8784, PAGE_USUAL = 10, PAGE_MAX = 100 };

static char *text_of(const char *text)
{
    return (char *)(uintptr_t)(text == NULL ? "" : text);
}

static const char *const nearness[] = {"", "county", "city", "province",
                                       "elsewhere"};

static const char *near_word(Heluo__V1__SearchNearness near)
{
    return (size_t)near < sizeof(nearness) / sizeof(nearness[0])
               ? nearness[near]
               : "";
}

/* Asks, and tells what was answered by one of the two. */
static hl_err ask(struct cli_call *call, const char *path,
                  const ProtobufCMessage *request,
                  const ProtobufCMessageDescriptor *schema, enum lang lang,
                  void (*print)(struct cli_call *call, enum lang lang,
                                const ProtobufCMessage *answer))
{
    struct node_link link = {0};
    ProtobufCMessage *answer = NULL;
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = node_link_ask(call, &link, path, request, schema, &answer);
    }
    if (err == HL_OK) {
        print(call, lang, answer);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    node_link_close(&link);
    return err;
}

/* --- Review. ------------------------------------------------------------- */

const struct cli_option review_options[] = {
    {"name", "TEXT", "What it is called, in Chinese or English.", CLI_OPTIONAL},
    {"model", "TEXT", "Its model.", CLI_OPTIONAL},
    {"class", "CODE",
     "Its class: two to six digits, or its name in the national list.",
     CLI_OPTIONAL},
    {"worth", "YUAN", "What it costs; told again, and not compared.",
     CLI_OPTIONAL},
    {"division", "PLACE",
     "Where it would stand: a county's code, or the name of a city or a\n"
     "province.",
     CLI_OPTIONAL},
    {"quota", "HOURS",
     "What use is measured by, of all instruments; their kind's quota if not\n"
     "given.",
     CLI_OPTIONAL},
    {"lang", "WORD", "zh or en; as LC_ALL or LANG say if not given.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

static const char *const advices[][3] = {
    {"", "", ""},
    {"share", "SHARE", "建议共享"},
    {"consult", "ASK FIRST", "建议先协商"},
    {"buy", "CAN BE BOUGHT", "可以购置"},
};

static const char *const *advice_words(Heluo__V1__SearchAdvice advice)
{
    size_t count = sizeof(advices) / sizeof(advices[0]);
    return advices[(size_t)advice < count ? (size_t)advice : 0];
}

static json_t *
review_item_json(const Heluo__V1__SearchReviewResponse__Item *item)
{
    json_t *object = search_hit_json(item->hit);
    json_object_set_new(object, "likeness", json_integer(item->likeness));
    json_object_set_new(object, "same_model", json_boolean(item->same_model));
    json_object_set_new(object, "same_name", json_boolean(item->same_name));
    json_object_set_new(object, "same_class", json_boolean(item->same_class));
    json_object_set_new(object, "near", json_string(near_word(item->near)));
    json_object_set_new(object, "usable", json_boolean(item->usable));
    json_object_set_new(object, "use_bp",
                        item->use_stated ? json_integer(item->use_bp)
                                         : json_null());
    return object;
}

static void print_review_json(const Heluo__V1__SearchReviewResponse *review)
{
    json_t *object = json_object();
    json_t *items = json_array();
    for (size_t i = 0; i < review->n_items; i++) {
        json_array_append_new(items, review_item_json(review->items[i]));
    }
    json_object_set_new(object, "advice",
                        json_string(advice_words(review->advice)[0]));
    json_object_set_new(object, "reason_en", cli_json_text(review->reason_en));
    json_object_set_new(object, "reason_zh", cli_json_text(review->reason_zh));
    json_object_set_new(object, "alike",
                        json_integer((json_int_t)review->alike));
    json_object_set_new(object, "items", items);
    json_object_set_new(object, "as_of",
                        search_as_of_json(review->as_of, review->n_as_of));
    cli_print_json(object);
}

static void print_reasons(const Heluo__V1__SearchReviewResponse__Item *item,
                          bool chinese)
{
    printf("    %s %" PRIu32 " %%%s%s%s", chinese ? "相似度" : "alike to",
           item->likeness,
           !item->same_model ? ""
           : chinese         ? "，型号相同"
                             : ", same model",
           !item->same_name ? ""
           : chinese        ? "，名称相同"
                            : ", same name",
           !item->same_class ? ""
           : chinese         ? "，分类相同"
                             : ", same class");
    static const char *const near_zh[] = {"", "本区县", "本市", "本省", "外省"};
    static const char *const near_en[] = {"", "the same county",
                                          "the same city", "the same province",
                                          "another province"};
    if (item->near != 0 && (size_t)item->near < 5) {
        printf("%s%s", chinese ? "；" : "; in ",
               chinese ? near_zh[item->near] : near_en[item->near]);
    }
    if (!item->usable) {
        fputs(chinese ? "；不可用" : "; cannot be used", stdout);
    }
    if (item->use_stated) {
        printf(chinese ? "；机时利用率 %" PRIu32 " %%"
                       : "; busy for %" PRIu32 " %% of its quota",
               item->use_bp / 100);
    }
    putchar('\n');
}

static void print_review(struct cli_call *call, enum lang lang,
                         const ProtobufCMessage *answer)
{
    const Heluo__V1__SearchReviewResponse *review =
        (const Heluo__V1__SearchReviewResponse *)answer;
    if (call->json) {
        print_review_json(review);
        return;
    }
    bool chinese = lang == LANG_ZH;
    printf("%s\n", advice_words(review->advice)[chinese ? 2 : 1]);
    term_put(stdout, chinese ? review->reason_zh : review->reason_en);
    puts("\n");
    for (size_t i = 0; i < review->n_items; i++) {
        search_print_hit(review->items[i]->hit, stdout);
        print_reasons(review->items[i], chinese);
    }
    fputs(review->n_items > 0 ? "\n" : "", stdout);
    search_print_as_of(review->as_of, review->n_as_of, stdout);
}

hl_err cmd_review(struct cli_call *call)
{
    Heluo__V1__SearchReviewRequest request =
        HELUO__V1__SEARCH_REVIEW_REQUEST__INIT;
    uint64_t quota = 0, worth = 0;
    request.name = text_of(cli_get(call, "name"));
    request.model = text_of(cli_get(call, "model"));
    enum lang lang = LANG_EN;
    hl_err err = lang_choose(call, &lang);
    if (err == HL_OK) {
        err = place_find_class(call, "class", &request.class_code);
    }
    if (err == HL_OK) {
        err = place_find(call, "division", &request.division);
    }
    if (err == HL_OK) {
        err = cli_get_decimal(call, "quota", 1, QUOTA_MAX_HOURS, 0, &quota);
    }
    if (err == HL_OK && cli_get(call, "worth") != NULL) {
        err = attribute_parse_money(bytes_of_text(cli_get(call, "worth")), 100,
                                    &worth, cli_about(call, "worth"));
    }
    if (err == HL_OK && request.name[0] == '\0' && request.model[0] == '\0' &&
        request.class_code[0] == '\0') {
        err = cli_usage(call, "--name, --model, --class: one is needed");
    }
    request.quota_hours = (uint32_t)quota;
    return err != HL_OK ? err
                        : ask(call, "/heluo.v1.Search/Review", &request.base,
                              &heluo__v1__search_review_response__descriptor,
                              lang, print_review);
}

/* --- Match. -------------------------------------------------------------- */

const struct cli_option match_options[] = {
    {"kind", "WORD",
     "Of what: demand (if not given), for which instruments and services are\n"
     "found; instrument or service, for which demands are.",
     CLI_OPTIONAL},
    {"home", "NODE", "First home of the record; this node if not given.",
     CLI_OPTIONAL},
    {"unit-scheme", "WORD", "uscc (if not given), org, nrii, ror.",
     CLI_OPTIONAL},
    {"unit-id", "ID", "Of the unit or firm whose it is.", CLI_REQUIRED},
    {"inner-id", "TEXT", "Its number there.", CLI_REQUIRED},
    {"size", "N", "How many, up to 100; 10 if not given.", CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

static json_t *match_json(const Heluo__V1__SearchMatchResponse__Match *match)
{
    json_t *object = search_hit_json(match->hit);
    json_object_set_new(object, "named", json_integer(match->named));
    json_object_set_new(object, "near", json_string(near_word(match->near)));
    json_object_set_new(object, "same_class", json_boolean(match->same_class));
    json_object_set_new(object, "usable", json_boolean(match->usable));
    json_object_set_new(object, "budget",
                        match->within_budget ? json_string("within")
                        : match->over_budget ? json_string("over")
                                             : json_null());
    return object;
}

static void print_matches_json(const Heluo__V1__SearchMatchResponse *found)
{
    json_t *object = json_object();
    json_t *matches = json_array(), *words = json_array();
    for (size_t i = 0; i < found->n_matches; i++) {
        json_array_append_new(matches, match_json(found->matches[i]));
    }
    for (size_t i = 0; i < found->n_words; i++) {
        json_array_append_new(words, cli_json_text(found->words[i]));
    }
    json_object_set_new(object, "total",
                        json_integer((json_int_t)found->total));
    json_object_set_new(object, "words", words);
    json_object_set_new(object, "matches", matches);
    json_object_set_new(object, "as_of",
                        search_as_of_json(found->as_of, found->n_as_of));
    cli_print_json(object);
}

static void print_why(const Heluo__V1__SearchMatchResponse__Match *match)
{
    printf("    because: %" PRIu32 " of the words%s%s%s%s%s%s\n", match->named,
           match->same_class ? ", same class" : "",
           match->near == 0 ? "" : ", in ",
           match->near == 0   ? ""
           : match->near == 4 ? "another province"
                              : "the same ",
           match->near == 0 || match->near == 4 ? "" : near_word(match->near),
           match->within_budget ? ", within the budget"
           : match->over_budget ? ", over the budget"
                                : "",
           match->usable ? "" : ", cannot be used now");
}

static void print_matches(struct cli_call *call, enum lang lang,
                          const ProtobufCMessage *answer)
{
    (void)lang;
    const Heluo__V1__SearchMatchResponse *found =
        (const Heluo__V1__SearchMatchResponse *)answer;
    if (call->json) {
        print_matches_json(found);
        return;
    }
    printf("%" PRIu64 " found by:", found->total);
    for (size_t i = 0; i < found->n_words; i++) {
        fputs(i == 0 ? " " : ", ", stdout);
        term_put(stdout, found->words[i]);
    }
    puts(found->n_words == 0 ? " nothing that is known by a name\n" : "\n");
    for (size_t i = 0; i < found->n_matches; i++) {
        search_print_hit(found->matches[i]->hit, stdout);
        print_why(found->matches[i]);
    }
    fputs(found->n_matches > 0 ? "\n" : "", stdout);
    search_print_as_of(found->as_of, found->n_as_of, stdout);
}

hl_err cmd_match(struct cli_call *call)
{
    Heluo__V1__SearchMatchRequest request =
        HELUO__V1__SEARCH_MATCH_REQUEST__INIT;
    Heluo__V1__RecordKey key = HELUO__V1__RECORD_KEY__INIT;
    const char *word = cli_get(call, "kind");
    const char *scheme = cli_get(call, "unit-scheme");
    const struct record_kind *kind =
        record_kind_of_word(word == NULL ? "demand" : word);
    uint64_t size = 0;
    if (kind == NULL || !kind->homed) {
        return cli_usage(call,
                         "--kind: '%s' is none of demand, instrument, "
                         "service",
                         word);
    }
    key.kind = (Heluo__V1__RecordKind)kind->number;
    key.home = text_of(cli_get(call, "home"));
    key.unit_scheme = text_of(scheme == NULL ? "uscc" : scheme);
    key.unit_id = text_of(cli_get(call, "unit-id"));
    key.inner_id = text_of(cli_get(call, "inner-id"));
    hl_err err = cli_get_decimal(call, "size", 1, PAGE_MAX, PAGE_USUAL, &size);
    request.key = &key;
    request.page_size = (uint32_t)size;
    return err != HL_OK ? err
                        : ask(call, "/heluo.v1.Search/Match", &request.base,
                              &heluo__v1__search_match_response__descriptor,
                              LANG_EN, print_matches);
}
