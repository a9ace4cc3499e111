/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo match`. */

#include <heluo/v1/search.pb-c.h>
#include <inttypes.h>

#include "node/cli/cmd_record.h"
#include "node/cli/commands.h"
#include "node/cli/search_text.h"
#include "node/cli/term.h"
#include "node/cli/watching.h"

enum { PAGE_USUAL = 10, PAGE_MAX = 100 };

const struct cli_option match_options[] = {
    {"kind", "WORD",
     "Of what: demand (if not given), for which instruments and services are\n"
     "found; instrument or service, for which demands are.",
     CLI_OPTIONAL},
    {"home", "NODE", "First home of the record; this node if not given.",
     CLI_OPTIONAL},
    {"unit-scheme", "WORD", "uscc (if not given), org, nrii, ror.",
     CLI_OPTIONAL},
    {"unit-id", "ID", "Of the unit or firm whose it is.", CLI_OPTIONAL},
    {"inner-id", "TEXT", "Its number there.", CLI_OPTIONAL},
    {"size", "N", "How many, up to 100; 10 if not given.", CLI_OPTIONAL},
    {"watch", NULL,
     "Instead: print new matches as they come, until stopped. Of one record,\n"
     "or without one of all that are at home at this node.",
     CLI_OPTIONAL},
    WATCHING_OPTIONS,
    CONNECT_OPTIONS,
    {0},
};

static json_t *match_json(const Heluo__V1__SearchMatchResponse__Match *match)
{
    json_t *object = search_hit_json(match->hit);
    json_object_set_new(object, "named", json_integer(match->named));
    json_object_set_new(object, "near",
                        json_string(search_near_word(match->near)));
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
           match->near == 0 || match->near == 4 ? ""
                                                : search_near_word(match->near),
           match->within_budget ? ", within the budget"
           : match->over_budget ? ", over the budget"
                                : "",
           match->usable ? "" : ", cannot be used now");
}

static void print_matches(struct cli_call *call,
                          const Heluo__V1__SearchMatchResponse *found)
{
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

/* --- As they come. ------------------------------------------------------- */

static struct watched tell(struct cli_call *call,
                           const ProtobufCMessage *message)
{
    const Heluo__V1__SearchNewMatch *new =
        (const Heluo__V1__SearchNewMatch *)message;
    struct watched watched = {.token = new->token, .current = new->current};
    if (new->record == NULL || new->match == NULL || new->match->hit == NULL) {
        return watched;
    }
    if (call->json) {
        json_t *object = match_json(new->match);
        json_object_set_new(object, "of", record_view_json(new->record));
        json_object_set_new(object, "changed", json_boolean(new->changed));
        json_dumpf(object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(object);
        return watched;
    }
    Heluo__V1__SearchHit hit = HELUO__V1__SEARCH_HIT__INIT;
    hit.record = new->record;
    puts(new->changed ? "changed:" : "new:");
    search_print_hit(&hit, stdout);
    puts("goes with:");
    search_print_hit(new->match->hit, stdout);
    print_why(new->match);
    putchar('\n');
    return watched;
}

static hl_err watch(struct cli_call *call, Heluo__V1__RecordKey *key)
{
    Heluo__V1__SearchWatchMatchesRequest request =
        HELUO__V1__SEARCH_WATCH_MATCHES_REQUEST__INIT;
    struct watching watching = {
        .call = call,
        .path = "/heluo.v1.Search/WatchMatches",
        .request = &request.base,
        .token = &request.token,
        .message = &heluo__v1__search_new_match__descriptor,
        .tell = tell,
    };
    request.key = key;
    return watching_run(&watching);
}

/* --- The command. -------------------------------------------------------- */

static char *text_of(const char *text)
{
    return (char *)(uintptr_t)(text == NULL ? "" : text);
}

static hl_err take_key(struct cli_call *call, Heluo__V1__RecordKey *key,
                       bool *given)
{
    const char *word = cli_get(call, "kind");
    const char *scheme = cli_get(call, "unit-scheme");
    const char *unit = cli_get(call, "unit-id");
    const char *inner = cli_get(call, "inner-id");
    const struct record_kind *kind =
        record_kind_of_word(word == NULL ? "demand" : word);
    if (kind == NULL || !kind->homed) {
        return cli_usage(
            call, "--kind: '%s' is none of demand, instrument, service", word);
    }
    *given = unit != NULL && inner != NULL;
    if (unit == NULL ? inner != NULL || word != NULL || scheme != NULL
                     : inner == NULL) {
        return cli_usage(call, "--unit-id, --inner-id: only together");
    }
    key->kind = (Heluo__V1__RecordKind)kind->number;
    key->home = text_of(cli_get(call, "home"));
    key->unit_scheme = text_of(scheme == NULL ? "uscc" : scheme);
    key->unit_id = text_of(unit);
    key->inner_id = text_of(inner);
    return HL_OK;
}

static hl_err ask(struct cli_call *call, Heluo__V1__RecordKey *key,
                  uint64_t size)
{
    struct node_link link = {0};
    ProtobufCMessage *answer = NULL;
    Heluo__V1__SearchMatchRequest request =
        HELUO__V1__SEARCH_MATCH_REQUEST__INIT;
    request.key = key;
    request.page_size = (uint32_t)size;
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = node_link_ask(
            call, &link, "/heluo.v1.Search/Match", &request.base,
            &heluo__v1__search_match_response__descriptor, &answer);
    }
    if (err == HL_OK) {
        print_matches(call, (const Heluo__V1__SearchMatchResponse *)answer);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    node_link_close(&link);
    return err;
}

hl_err cmd_match(struct cli_call *call)
{
    Heluo__V1__RecordKey key = HELUO__V1__RECORD_KEY__INIT;
    bool watches = cli_has(call, "watch"), given = false;
    uint64_t size = 0;
    hl_err err = cli_get_decimal(call, "size", 1, PAGE_MAX, PAGE_USUAL, &size);
    if (err == HL_OK) {
        err = take_key(call, &key, &given);
    }
    if (err == HL_OK && !watches && !given) {
        err =
            cli_usage(call, "--unit-id and --inner-id say of what; or --watch "
                            "for all that is at home here");
    }
    if (err == HL_OK && !watches &&
        (cli_has(call, "token") || cli_has(call, "until-current"))) {
        err = cli_usage(call, "--token, --until-current: with --watch");
    }
    if (err != HL_OK) {
        return err;
    }
    return watches ? watch(call, given ? &key : NULL) : ask(call, &key, size);
}
