/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo clearing statement`, asking a server that answers from a sample. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "heluo/v1/node.pb-c.h"
#include "node/cli/cmd_clearing_statement.h"
#include "tests/unit/client/tiny_server.h"
#include "tests/unit/statement/golden.h"
#include "tests/unit/statement/statement_sample.h"

#define TEXT(text) (char *)(uintptr_t)(text)
#define DONE 0 /* exit codes: see the table of errors */

static struct sample sample;

static struct serving {
    struct tiny_server *server;
    char socket[300];
    bool without_cycle;
    char asked_name[64], asked_node[64];
} serving;

/* --- The node. ----------------------------------------------------------- */

static void answer_status(struct tiny_call *call)
{
    Heluo__V1__NodeStatusResponse status =
        HELUO__V1__NODE_STATUS_RESPONSE__INIT;
    status.alliance = TEXT("zy.example");
    status.node = TEXT("zhengzhou");
    status.now_ms = (uint64_t)sample.input.now.ms;
    tiny_send_message(call, &status.base);
}

static void answer_cycle(struct tiny_call *call)
{
    struct bytes raw = tiny_request(call);
    Heluo__V1__ClearingGetRequest *request =
        heluo__v1__clearing_get_request__unpack(NULL, raw.size, raw.data);
    Heluo__V1__ClearingGetResponse answer =
        HELUO__V1__CLEARING_GET_RESPONSE__INIT;
    snprintf(serving.asked_name, sizeof(serving.asked_name), "%s",
             request->name);
    heluo__v1__clearing_get_request__free_unpacked(request, NULL);
    answer.alliance = TEXT("zy.example");
    answer.cycle = serving.without_cycle ? NULL : &sample.cycle;
    tiny_send_message(call, &answer.base);
}

static void answer_claims(struct tiny_call *call)
{
    struct bytes raw = tiny_request(call);
    Heluo__V1__ClearingClaimsRequest *request =
        heluo__v1__clearing_claims_request__unpack(NULL, raw.size, raw.data);
    snprintf(serving.asked_node, sizeof(serving.asked_node), "%s",
             request->node);
    for (size_t i = 0; i < SAMPLE_CLAIMS; i++) {
        const Heluo__V1__ClearingClaim *claim = &sample.claims[i];
        if (strcmp(claim->debtor, request->node) == 0 ||
            strcmp(claim->creditor, request->node) == 0) {
            tiny_send_message(call, &claim->base);
        }
    }
    heluo__v1__clearing_claims_request__free_unpacked(request, NULL);
}

static void serve(struct tiny_call *call, void *context)
{
    (void)context;
    if (tiny_is(call, "/heluo.v1.Node/Status")) {
        answer_status(call);
    } else if (tiny_is(call, "/heluo.v1.Clearing/Get")) {
        answer_cycle(call);
    } else if (tiny_is(call, "/heluo.v1.Clearing/Claims")) {
        answer_claims(call);
    }
    tiny_finish(call, 0, NULL, "");
}

static int begin(void **state)
{
    char address[320];
    int failed = here_begin(state);
    assert_non_null(getcwd(serving.socket, sizeof(serving.socket) - 2));
    strcat(serving.socket, "/s");
    snprintf(address, sizeof(address), "unix:%s", serving.socket);
    serving.server =
        tiny_start(&(struct tiny_options){.address = address, .serve = serve});
    return failed;
}

static int end(void **state)
{
    tiny_stop(&serving.server);
    return here_end(state);
}

/* What a test has left is removed before the next. */
static int set_up(void **state)
{
    static const char *const files[] = {"out", "err", "file", "accounts.csv",
                                        "s.xlsx"};
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        unlink(files[i]);
    }
    serving.without_cycle = false;
    sample_init(&sample);
    return 0;
}

/* --- The command. -------------------------------------------------------- */

static int into(const char *path, int fd)
{
    int kept = dup(fd);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(kept >= 0 && file >= 0 && dup2(file, fd) == fd);
    close(file);
    return kept;
}

static void back(int kept, int fd)
{
    assert_int_equal(dup2(kept, fd), fd);
    close(kept);
}

enum { WORDS_MAX = 16 };

/* Runs it with these words, NULL behind the last; its exit code. Standard
 * output comes into the file "out", what is wrong into "err". */
static int run(const char *const *words)
{
    static const struct cli_command clearing[] = {CLEARING_STATEMENT_COMMAND,
                                                  {0}};
    static const struct cli_command groups[] = {
        {.name = "clearing", .summary = "", .subcommands = clearing}, {0}};
    static const struct cli_command root = {
        .name = "heluo", .summary = "", .subcommands = groups};
    char *argv[WORDS_MAX + 5] = {TEXT("heluo"), TEXT("clearing"),
                                 TEXT("statement")};
    int argc = 3;
    for (; words[argc - 3] != NULL; argc++) {
        assert_true(argc < WORDS_MAX);
        argv[argc] = TEXT(words[argc - 3]);
    }
    argv[argc++] = TEXT("--socket");
    argv[argc++] = serving.socket;
    fflush(stdout);
    fflush(stderr);
    int out = into("out", STDOUT_FILENO), err = into("err", STDERR_FILENO);
    int code = cli_main(&root, argc, argv);
    fflush(stdout);
    fflush(stderr);
    back(out, STDOUT_FILENO);
    back(err, STDERR_FILENO);
    return code;
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static void assert_holds(const char *file, const char *text)
{
    struct writer found = {0};
    test_read_file(file, &found);
    writer_u8(&found, 0);
    if (strstr((const char *)found.data, text) == NULL) {
        print_error("'%s' is not in %s:\n%s\n", text, file,
                    (const char *)found.data);
        fail();
    }
    writer_fini(&found);
}

static void assert_is(const char *file, const char *golden)
{
    struct writer found = {0};
    test_read_file(file, &found);
    assert_golden(&found, golden);
    writer_fini(&found);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* --- Rules. -------------------------------------------------------------- */

static void
without_options_it_is_text_of_the_newest_for_the_node_asked(void **state)
{
    (void)state;
    assert_int_equal(RUN("--timeout", "20"), DONE);
    assert_is("out", "both.txt");
    assert_string_equal(serving.asked_name, "");
    assert_string_equal(serving.asked_node, "zhengzhou");
}

static void the_cycle_the_node_and_the_language_are_as_said(void **state)
{
    (void)state;
    assert_int_equal(RUN("heze/1207", "--of", "kaifeng", "--lang", "en"), DONE);
    assert_string_equal(serving.asked_name, "heze/1207");
    assert_string_equal(serving.asked_node, "kaifeng");
    assert_holds("out", "\nzhengzhou  200.00  0.00  -200.00      1\n");
}

static void each_form_comes_into_its_file(void **state)
{
    (void)state;
    assert_int_equal(RUN("--format", "csv", "--out", "file"), DONE);
    assert_is("file", "both.csv");
    assert_holds("out", "heze/1207, zhengzhou: 5 lines, 2 transfers, net "
                        "-1298.52\n");
    unlink("file");
    assert_int_equal(RUN("--format", "hledger", "--out", "file"), DONE);
    assert_is("file", "statement.journal");
    assert_int_equal(RUN("--format", "xlsx", "--out", "s.xlsx", "--json"),
                     DONE);
    assert_holds("s.xlsx", "PK");
    assert_holds("out", "\"owed_fen\": 155001");
}

#define ACCOUNTS                                                               \
    "node,name,account,bank_code,bank\n"                                       \
    "luoyang,\"洛阳市<科学>&\"\"技术\"\"局\",6228480000000000001,"     \
    "103493000017,农业银行洛阳分行\n"

static void a_banks_message_is_nobody_elses_to_read(void **state)
{
    (void)state;
    struct stat found;
    write_here("accounts.csv",
               bytes_of_text(ACCOUNTS
                             "zhengzhou,郑州市科学技术局,1702020109200099999,"
                             "102491000012,工商银行郑州分行\n"));
    assert_int_equal(RUN("--format", "pain001", "--accounts", "accounts.csv",
                         "--out", "file"),
                     DONE);
    assert_is("file", "pain001.xml");
    assert_int_equal(stat("file", &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
}

static void who_has_no_account_is_named_with_the_file(void **state)
{
    (void)state;
    write_here("accounts.csv", bytes_of_text(ACCOUNTS));
    assert_int_equal(RUN("--format", "pain001", "--accounts", "accounts.csv",
                         "--out", "file"),
                     hl_err_exit(HL_ENOTFOUND));
    assert_holds("err", "accounts.csv");
    assert_holds("err", "no account of zhengzhou, which pays");
    assert_false(is_there("file"));
}

static void nothing_is_replaced(void **state)
{
    (void)state;
    write_here("file", bytes_of_text("mine"));
    assert_int_equal(RUN("--format", "csv", "--out", "file"),
                     hl_err_exit(HL_EEXISTS));
    assert_holds("file", "mine");
}

static void an_answer_that_does_not_agree_leaves_no_file(void **state)
{
    (void)state;
    sample.claims[0].amount_fen++;
    assert_int_equal(RUN("--format", "xlsx", "--out", "s.xlsx"),
                     hl_err_exit(HL_EMALFORMED));
    assert_holds("err", "sum up to a net of -1298.53");
    assert_false(is_there("s.xlsx"));
    serving.without_cycle = true;
    assert_int_equal(RUN("--format", "xlsx", "--out", "s.xlsx"),
                     hl_err_exit(HL_EMALFORMED));
    assert_holds("err", "lacks a cycle");
}

static void options_that_do_not_go_together_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        const char *why;
    } bad[] = {
        {{"--format", "pdf"}, "--format is 'pdf'"},
        {{"--format", "xlsx"}, "--format xlsx: with --out"},
        {{"--format", "pain001"}, "--accounts goes with"},
        {{"--accounts", "accounts.csv"}, "--accounts goes with"},
        {{"--lang", "fr"}, "--lang is 'fr'"},
        {{"--format", "hledger", "--lang", "zh"}, "--lang does not go with"},
        {{"--json"}, "--json: with --out"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(run(bad[i].words), hl_err_exit(HL_EUSAGE));
        assert_holds("err", bad[i].why);
    }
}

int main(void)
{
#define RULE(rule) cmocka_unit_test_setup(rule, set_up)
    const struct CMUnitTest tests[] = {
        RULE(without_options_it_is_text_of_the_newest_for_the_node_asked),
        RULE(the_cycle_the_node_and_the_language_are_as_said),
        RULE(each_form_comes_into_its_file),
        RULE(a_banks_message_is_nobody_elses_to_read),
        RULE(who_has_no_account_is_named_with_the_file),
        RULE(nothing_is_replaced),
        RULE(an_answer_that_does_not_agree_leaves_no_file),
        RULE(options_that_do_not_go_together_are_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
