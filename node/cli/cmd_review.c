/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo review`. */

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
     "province. Without it nothing is taken to be near, or far.",
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
    json_object_set_new(object, "near",
                        json_string(search_near_word(item->near)));
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
