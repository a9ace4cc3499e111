/* SPDX-License-Identifier: Apache-2.0 */

/* A statement as pain.001.001.09, held against ISO's schema. */

#include <libxml/xmlschemas.h>
#include <string.h>

#include "node/statement/render.h"
#include "tests/unit/statement/golden.h"
#include "tests/unit/statement/statement_sample.h"

#define TEXT(text) (char *)(uintptr_t)(text)

static struct sample sample;
static struct writer out;

static struct account items[] = {
    {TEXT("heze"), TEXT("菏泽市科学技术局"), TEXT("4100-22X"),
     TEXT("102100000021"), TEXT("中国银行菏泽分行")},
    {TEXT("luoyang"), TEXT("洛阳市<科学>&\"技术\"局"),
     TEXT("6228480000000000001"), TEXT("103493000017"),
     TEXT("农业银行洛阳分行")},
    {TEXT("zhengzhou"), TEXT("郑州市科学技术局"), TEXT("1702020109200099999"),
     TEXT("102491000012"), TEXT("工商银行郑州分行")},
};
static struct accounts accounts = {items, 3};

static int set_up(void **state)
{
    (void)state;
    sample_init(&sample);
    accounts = (struct accounts){items, 3};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    writer_fini(&out);
    return 0;
}

/* --- Reading it. --------------------------------------------------------- */

static void assert_valid(void)
{
    xmlSchemaParserCtxtPtr parser =
        xmlSchemaNewParserCtxt(HELUO_TESTS_DIR "/data/pain.001.001.09.xsd");
    xmlSchemaPtr schema = xmlSchemaParse(parser);
    assert_non_null(schema);
    xmlSchemaValidCtxtPtr valid = xmlSchemaNewValidCtxt(schema);
    xmlDocPtr document = xmlReadMemory((const char *)out.data, (int)out.size,
                                       "statement.xml", NULL, XML_PARSE_NONET);
    assert_non_null(document);
    assert_int_equal(xmlSchemaValidateDoc(valid, document), 0);
    xmlFreeDoc(document);
    xmlSchemaFreeValidCtxt(valid);
    xmlSchemaFree(schema);
    xmlSchemaFreeParserCtxt(parser);
}

static hl_err make(struct hl_detail *detail)
{
    struct statement statement = sample_statement(&sample);
    writer_clear(&out);
    hl_err err = statement_pain001(&statement, &accounts, &out, detail);
    statement_fini(&statement);
    return err;
}

static void assert_made(void)
{
    struct hl_detail detail = {0};
    hl_err err = make(&detail);
    if (err != HL_OK) {
        print_error("%s\n", detail.text);
    }
    assert_ok(err);
    assert_valid();
}

static void assert_refused(hl_err err, const char *why)
{
    struct hl_detail detail = {0};
    assert_err(make(&detail), err);
    assert_int_equal(out.size, 0);
    if (strstr(detail.text, why) == NULL) {
        print_error("'%s' is not in '%s'\n", why, detail.text);
        fail();
    }
}

static size_t count_of(const char *what)
{
    size_t count = 0;
    writer_u8(&out, 0);
    const char *at = (const char *)out.data;
    while ((at = strstr(at, what)) != NULL) {
        at += strlen(what);
        count++;
    }
    writer_shrink(&out, 1);
    return count;
}

/* --- Rules. -------------------------------------------------------------- */

static void what_is_to_pay_is_as_in_the_file_and_valid(void **state)
{
    (void)state;
    assert_made();
    assert_golden(&out, "pain001.xml");
}

static void each_transfer_is_one_credit_transfer(void **state)
{
    (void)state;
    sample.transfers[0].sent_reference = TEXT("");
    sample.transfers[0].sent_day = TEXT("");
    assert_made();
    assert_int_equal(count_of("<CdtTrfTxInf>"), 2);
    assert_int_equal(count_of("<NbOfTxs>2</NbOfTxs>"), 2);
    assert_int_equal(count_of("<CtrlSum>1298.52</CtrlSum>"), 2);
    assert_int_equal(count_of("<EndToEndId>heze/1207/0</EndToEndId>"), 1);
    assert_int_equal(count_of("<EndToEndId>heze/1207/1</EndToEndId>"), 1);
    assert_int_equal(count_of("<InstdAmt Ccy=\"CNY\">1000.00</InstdAmt>"), 1);
    assert_int_equal(count_of("<InstdAmt Ccy=\"CNY\">298.52</InstdAmt>"), 1);
}

static void what_was_sent_received_or_replaced_is_not_paid_again(void **state)
{
    (void)state;
    Heluo__V1__TransferView *view = &sample.transfers[1];
    view->received_day = TEXT("2026-12-04");
    assert_refused(HL_ESTATE,
                   "zhengzhou has nothing to pay of cycle heze/1207");
    view->received_day = TEXT("");
    view->replaced_by = TEXT("heze/1900");
    assert_refused(HL_ESTATE, "nothing to pay");
    view->replaced_by = TEXT("");
    view->sent_reference = TEXT("77");
    assert_refused(HL_ESTATE, "nothing to pay");
    view->sent_reference = TEXT("");
    assert_made();
    assert_int_equal(count_of("<CdtTrfTxInf>"), 1);
}

static void who_pays_nothing_has_no_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        sample.transfers[i].to = sample.transfers[i].from;
        sample.transfers[i].from = TEXT(i == 0 ? "heze" : "luoyang");
    }
    for (size_t i = 0; i < SAMPLE_CLAIMS; i++) {
        char *debtor = sample.claims[i].debtor;
        sample.claims[i].debtor = sample.claims[i].creditor;
        sample.claims[i].creditor = debtor;
    }
    sample.nets[3].gets_fen = sample.nets[3].pays_fen;
    sample.nets[3].pays_fen = 0;
    assert_refused(HL_ESTATE, "zhengzhou has nothing to pay");
}

static void what_is_not_final_is_not_paid(void **state)
{
    (void)state;
    sample.cycle.standing = HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_DECLARED;
    assert_refused(HL_ESTATE, "heze/1207 is not final");
}

static void who_has_no_account_is_named(void **state)
{
    (void)state;
    accounts.count = 2;
    assert_refused(HL_ENOTFOUND, "no account of zhengzhou, which pays");
    accounts = (struct accounts){items + 2, 1};
    assert_refused(HL_ENOTFOUND, "no account of luoyang, which is paid");
}

/* The value of the first element of that name. */
static void value_of(const char *name, char value[64])
{
    char open[32];
    snprintf(open, sizeof(open), "<%s>", name);
    writer_u8(&out, 0);
    const char *at = strstr((const char *)out.data, open);
    assert_non_null(at);
    at += strlen(open);
    snprintf(value, 64, "%.*s", (int)strcspn(at, "<"), at);
    writer_shrink(&out, 1);
}

/* So that a bank notices the second of two. */
static void the_same_payments_are_the_same_message(void **state)
{
    (void)state;
    char first[64], again[64], other[64], when[64], later[64];
    assert_made();
    value_of("MsgId", first);
    value_of("CreDtTm", when);
    sample.input.now.ms += 60000;
    assert_made();
    value_of("MsgId", again);
    value_of("CreDtTm", later);
    assert_string_equal(first, again);
    assert_string_not_equal(when, later);
    assert_string_equal(when, "2026-12-04T08:00:00+08:00");
    struct account *luoyang = &items[1];
    char *account = luoyang->account;
    luoyang->account = TEXT("6228480000000000002");
    assert_made();
    value_of("MsgId", other);
    luoyang->account = account;
    assert_string_not_equal(first, other);
}

static void a_long_name_is_known_by_the_proposals_leaf(void **state)
{
    (void)state;
    static char proposer[64], name[96];
    memset(proposer, 'h', 63);
    snprintf(name, sizeof(name), "%s/18446744073709551615", proposer);
    sample.cycle.index = UINT64_MAX;
    sample.places[0].node = proposer;
    sample.cycle.proposer = proposer;
    sample.cycle.name = name;
    assert_made();
    assert_int_equal(
        count_of(
            "<EndToEndId>1e1e1e1e1e1e1e1e1e1e1e1e1e1e/000001</EndToEndId>"),
        1);
    assert_int_equal(count_of("hhh/18446744073709551615/1</Ustrd>"), 1);
}

/* Two of them end a comment; a node's name may have them. */
static void hyphens_end_no_comment(void **state)
{
    (void)state;
    sample.places[0].node = TEXT("a---b--c");
    assert_made();
    assert_int_equal(count_of("a- - -b- -c 1200"), 1);
}

int main(void)
{
#define RULE(rule) cmocka_unit_test_setup_teardown(rule, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        RULE(what_is_to_pay_is_as_in_the_file_and_valid),
        RULE(each_transfer_is_one_credit_transfer),
        RULE(what_was_sent_received_or_replaced_is_not_paid_again),
        RULE(who_pays_nothing_has_no_message),
        RULE(what_is_not_final_is_not_paid),
        RULE(who_has_no_account_is_named),
        RULE(the_same_payments_are_the_same_message),
        RULE(a_long_name_is_known_by_the_proposals_leaf),
        RULE(hyphens_end_no_comment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
