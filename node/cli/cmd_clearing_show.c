/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo clearing list`, `show`, `claims` and `explain`. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "certs/tools/clock.h"
#include "node/cli/cmd_clearing.h"
#include "node/cli/message_json.h"
#include "node/cli/paging.h"
#include "node/cli/term.h"
#include "node/ledger/scheme.h"

enum { PAUSE_MS = 300 };

static void today_of(char out[DAY_TEXT_BYTES])
{
    day_of(clock_wall(), 0, out);
}

static void format_fen(uint64_t fen, char out[YUAN_TEXT_BYTES])
{
    yuan_format((int64_t)fen, out);
}

static size_t count_answers(const Heluo__V1__CycleView *cycle,
                            Heluo__V1__CycleAnswer answer)
{
    size_t count = 0;
    for (size_t i = 0; i < cycle->n_answers; i++) {
        count += cycle->answers[i]->answer == answer ? 1 : 0;
    }
    return count;
}

/* --- List. --------------------------------------------------------------- */

enum { LIST_COLUMNS = 7 };

struct listing {
    struct cli_call *call;
    struct term_table table;
    bool headed;
};

static void add_cycle(struct listing *listing,
                      const Heluo__V1__CycleView *cycle)
{
    char when[DAY_TIME_BYTES], count[24], answers[32];
    char gross[YUAN_TEXT_BYTES];
    struct writer waits = {0};
    day_time(cycle->proposed_at_ms, when);
    snprintf(count, sizeof(count), "%" PRIu64, cycle->count);
    format_fen(cycle->gross_fen, gross);
    snprintf(
        answers, sizeof(answers), "%zu/%zu",
        count_answers(cycle, HELUO__V1__CYCLE_ANSWER__CYCLE_ANSWER_APPROVED),
        cycle->n_answers);
    if (cycle->held) {
        writer_text(&waits, "a person 待人工确认: ");
    }
    writer_text(&waits, cycle->waits[0] != '\0' ? cycle->waits : cycle->reason);
    writer_u8(&waits, 0);
    const char *const cells[LIST_COLUMNS] = {
        cycle->name,
        when,
        clearing_standing_word(cycle->standing),
        count,
        gross,
        answers,
        (const char *)waits.data,
    };
    term_table_add(&listing->table, cells);
    writer_fini(&waits);
}

static const ProtobufCBinaryData *
take_page(void *context, const ProtobufCMessage *message, hl_err *err)
{
    static const char *const heads[LIST_COLUMNS] = {
        "CYCLE", "PROPOSED", "STATE", "CLAIMS", "GROSS", "APPROVED", "WHY"};
    struct listing *listing = context;
    const Heluo__V1__ClearingListResponse *page =
        (const Heluo__V1__ClearingListResponse *)message;
    for (size_t i = 0; *err == HL_OK && i < page->n_cycles; i++) {
        if (listing->call->json) {
            ledger_print_line(message_json(&page->cycles[i]->base));
            continue;
        }
        if (!listing->headed) {
            term_table_add(&listing->table, heads);
            listing->headed = true;
        }
        add_cycle(listing, page->cycles[i]);
    }
    term_table_print(&listing->table, stdout);
    return &page->next_page_token;
}

hl_err cmd_clearing_list(struct cli_call *call)
{
    Heluo__V1__ClearingListRequest request =
        HELUO__V1__CLEARING_LIST_REQUEST__INIT;
    struct listing listing = {.call = call, .table.column_count = LIST_COLUMNS};
    request.open = cli_has(call, "open");
    const struct paging paging = {
        .call = call,
        .path = "/heluo.v1.Clearing/List",
        .request = &request.base,
        .token = &request.page_token,
        .answer = &heluo__v1__clearing_list_response__descriptor,
        .take = take_page,
        .context = &listing,
    };
    hl_err err = paging_run(&paging);
    term_table_fini(&listing.table);
    return err;
}

const struct cli_option clearing_list_options[] = {
    {"open", NULL, "Those alone that are not over.", CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0}};

/* --- Show. --------------------------------------------------------------- */

static void print_count(const char *name, uint64_t count)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, count);
    ledger_print_field(name, text);
}

static void print_time(const char *name, uint64_t ms)
{
    char when[DAY_TIME_BYTES];
    if (ms > 0) {
        day_time(ms, when);
        ledger_print_field(name, when);
    }
}

static const char *place_name(const Heluo__V1__CycleView *cycle, uint32_t place)
{
    return place < cycle->n_places ? cycle->places[place]->node : "?";
}

static void print_parties(const Heluo__V1__CycleView *cycle)
{
    enum { COLUMNS = 6 };
    static const char *const heads[COLUMNS] = {"PARTY 参与方",  "GETS 应收净额",
                                               "PAYS 应付净额", "ANSWER 答复",
                                               "ENTRY",         "TEXT"};
    struct term_table table = {.column_count = COLUMNS};
    term_table_add(&table, heads);
    for (size_t i = 0; i < cycle->n_nets && i < cycle->n_answers; i++) {
        const Heluo__V1__CycleNet *net = cycle->nets[i];
        const Heluo__V1__CycleAnswerView *answer = cycle->answers[i];
        char gets[YUAN_TEXT_BYTES], pays[YUAN_TEXT_BYTES], index[24] = "";
        format_fen(net->gets_fen, gets);
        format_fen(net->pays_fen, pays);
        if (answer->answer != 0) {
            snprintf(index, sizeof(index), "%" PRIu64, answer->index);
        }
        const char *const cells[COLUMNS] = {
            place_name(cycle, net->place),
            net->gets_fen > 0 ? gets : "",
            net->pays_fen > 0 ? pays : "",
            clearing_answer_word(answer->answer),
            index,
            answer->text,
        };
        term_table_add(&table, cells);
    }
    putchar('\n');
    term_table_print(&table, stdout);
    term_table_fini(&table);
}

static void print_transfers(const Heluo__V1__CycleView *cycle)
{
    enum { COLUMNS = 6 };
    static const char *const heads[COLUMNS] = {"TRANSFER 划转", "FROM 付款方",
                                               "TO 收款方",     "AMOUNT 金额",
                                               "BY 付款期限",   "STATE 状态"};
    char today[DAY_TEXT_BYTES];
    struct term_table table = {.column_count = COLUMNS};
    if (cycle->n_transfers == 0) {
        return;
    }
    today_of(today);
    term_table_add(&table, heads);
    for (size_t i = 0; i < cycle->n_transfers; i++) {
        const Heluo__V1__TransferView *transfer = cycle->transfers[i];
        char name[CLEARING_NAME_BYTES + 16], amount[YUAN_TEXT_BYTES];
        struct writer state = {0};
        bool is_final =
            cycle->standing == HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_FINAL;
        snprintf(name, sizeof(name), "%s/%" PRIu32, cycle->name,
                 transfer->number);
        format_fen(transfer->amount_fen, amount);
        if (is_final) {
            clearing_transfer_state(transfer, today, &state);
        }
        writer_u8(&state, 0);
        const char *const cells[COLUMNS] = {
            name,   transfer->from,   transfer->to,
            amount, transfer->pay_by, (const char *)state.data};
        term_table_add(&table, cells);
        writer_fini(&state);
    }
    putchar('\n');
    term_table_print(&table, stdout);
    term_table_fini(&table);
}

static void print_cut(const Heluo__V1__CycleView *cycle)
{
    enum { COLUMNS = 4 };
    static const char *const heads[COLUMNS] = {"JOURNAL 日志", "SIZE 截止",
                                               "TAKES PART 参与", "ROOT"};
    struct term_table table = {.column_count = COLUMNS};
    term_table_add(&table, heads);
    for (size_t i = 0; i < cycle->n_places; i++) {
        const Heluo__V1__CyclePlace *place = cycle->places[i];
        char size[24];
        struct writer root = {0};
        snprintf(size, sizeof(size), "%" PRIu64, place->size);
        term_hex(bytes_of(place->root.data, place->root.len), &root);
        writer_u8(&root, 0);
        const char *const cells[COLUMNS] = {place->node, size,
                                            place->takes_part ? "yes 是" : "",
                                            (const char *)root.data};
        term_table_add(&table, cells);
        writer_fini(&root);
    }
    putchar('\n');
    term_table_print(&table, stdout);
    term_table_fini(&table);
}

static void print_cycle(const Heluo__V1__CycleView *cycle, bool cut)
{
    ledger_print_field("cycle 清算周期", cycle->name);
    ledger_print_field("state 状态", clearing_standing_word(cycle->standing));
    print_time("proposed 提案时间", cycle->proposed_at_ms);
    print_time("answers until 答复期限", cycle->answer_by_ms);
    print_time("decided 定论时间", cycle->decided_at_ms);
    ledger_print_field("reason 原因", cycle->reason);
    if (cycle->waits[0] != '\0') {
        ledger_print_field(cycle->held ? "a person 待人工确认"
                                       : "waits 本节点等待",
                           cycle->waits);
    }
    print_count("claims 债权笔数", cycle->count);
    ledger_print_yuan("gross 总额", cycle->gross_fen);
    ledger_print_digest("digest 摘要", cycle->digest);
    print_parties(cycle);
    print_transfers(cycle);
    if (cut) {
        print_cut(cycle);
    }
}

#define STANDING(name) HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_##name

/* Whether it has come to what is waited for; HL_ESTATE: it will not. */
static hl_err has_come(struct cli_call *call, const char *wait,
                       const Heluo__V1__CycleView *cycle, bool *come)
{
    bool is_final = cycle->standing == STANDING(FINAL);
    bool is_over = cycle->standing != STANDING(OPEN) &&
                   cycle->standing != STANDING(DECLARED);
    *come = wait == NULL || (strcmp(wait, "final") == 0 ? is_final : is_over);
    if (wait != NULL && !*come && is_over) {
        return hl_fail(cli_about(call, cycle->name), HL_ESTATE,
                       "it is %s, and will not be final: %s",
                       clearing_standing_word(cycle->standing), cycle->reason);
    }
    return HL_OK;
}

hl_err cmd_clearing_show(struct cli_call *call)
{
    const char *wait = cli_get(call, "wait");
    const char *name = call->operand_count > 0 ? call->operands[0] : "";
    Heluo__V1__ClearingGetResponse *answer = NULL;
    struct node_link link;
    bool come = false;
    if (wait != NULL && strcmp(wait, "final") != 0 &&
        strcmp(wait, "over") != 0) {
        return cli_usage(call, "--wait: 'final' or 'over'");
    }
    hl_err err = node_link_open(call, &link);
    if (err != HL_OK) {
        return err;
    }
    int64_t until = node_link_now_ms() + link.timeout_ms;
    for (;;) {
        err = clearing_get_cycle(call, &link, name, &answer);
        if (err == HL_OK) {
            err = has_come(call, wait, answer->cycle, &come);
        }
        /* It may be on its way. */
        bool waits = err == HL_OK ? !come : err == HL_ENOTFOUND && wait != NULL;
        if (!waits || node_link_now_ms() >= until) {
            break;
        }
        heluo__v1__clearing_get_response__free_unpacked(answer, NULL);
        answer = NULL;
        node_link_pause(PAUSE_MS);
    }
    if (err == HL_OK && !come) {
        err = hl_fail(cli_about(call, answer->cycle->name), HL_EDEADLINE,
                      "it is %s, and not %s",
                      clearing_standing_word(answer->cycle->standing), wait);
    }
    node_link_close(&link);
    if (err == HL_OK && call->json) {
        ledger_print_line(message_json(&answer->cycle->base));
    } else if (err == HL_OK) {
        print_cycle(answer->cycle, cli_has(call, "cut"));
    }
    if (answer != NULL) {
        heluo__v1__clearing_get_response__free_unpacked(answer, NULL);
    }
    return err;
}

const struct cli_option clearing_show_options[] = {
    {"cut", NULL, "With the cut: how far each journal is looked at.",
     CLI_OPTIONAL},
    {"wait", "WORD",
     "Until it is here and 'final', or 'over' (also aborted), up to\n"
     "--timeout.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0}};

/* --- Claims. ------------------------------------------------------------- */

enum { CLAIM_COLUMNS = 7 };

static void add_claim(struct term_table *table,
                      const Heluo__V1__ClearingClaim *claim)
{
    char entry[96], amount[YUAN_TEXT_BYTES], when[DAY_TIME_BYTES] = "";
    snprintf(entry, sizeof(entry), "%s/%" PRIu64, claim->journal, claim->index);
    format_fen(claim->amount_fen, amount);
    if (claim->recorded_at_ms > 0) {
        day_time(claim->recorded_at_ms, when);
    }
    const char *const cells[CLAIM_COLUMNS] = {
        claim->debtor,
        claim->creditor,
        amount,
        clearing_claim_word(claim->kind),
        claim->order[0] != '\0' ? claim->order : claim->transfer,
        claim->journal[0] != '\0' ? entry : "",
        when,
    };
    term_table_add(table, cells);
}

static void print_claims(const struct clearing_claims *claims)
{
    static const char *const heads[CLAIM_COLUMNS] = {
        "DEBTOR 债务方", "CREDITOR 债权方", "AMOUNT 金额",      "KIND 种类",
        "OF 订单或划转", "ENTRY 条目",      "RECORDED 记账时间"};
    struct term_table table = {.column_count = CLAIM_COLUMNS};
    term_table_add(&table, heads);
    for (size_t i = 0; i < claims->count; i++) {
        add_claim(&table, claims->items[i]);
    }
    term_table_print(&table, stdout);
    term_table_fini(&table);
}

hl_err cmd_clearing_claims(struct cli_call *call)
{
    const char *of = cli_get(call, "of");
    struct clearing_claims claims = {0};
    struct node_link link;
    hl_err err = node_link_open(call, &link);
    if (err != HL_OK) {
        return err;
    }
    err = clearing_get_claims(call, &link, call->operands[0],
                              of == NULL ? "" : of, &claims);
    node_link_close(&link);
    for (size_t i = 0; err == HL_OK && call->json && i < claims.count; i++) {
        ledger_print_line(message_json(&claims.items[i]->base));
    }
    if (err == HL_OK && !call->json) {
        print_claims(&claims);
    }
    clearing_claims_free(&claims);
    return err;
}

const struct cli_option clearing_claims_options[] = {
    {"of", "NODE", "Those alone of which it is debtor or creditor.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0}};

/* --- Position. ----------------------------------------------------------- */

static void print_positions(const Heluo__V1__ClearingPositionResponse *all)
{
    enum { COLUMNS = 5 };
    static const char *const heads[COLUMNS] = {"PARTNER 对方", "GETS 应收",
                                               "PAYS 应付", "TO GET 在途应收",
                                               "TO PAY 待付款"};
    struct term_table table = {.column_count = COLUMNS};
    term_table_add(&table, heads);
    for (size_t i = 0; i < all->n_positions; i++) {
        const Heluo__V1__ClearingPosition *of = all->positions[i];
        const uint64_t sums[] = {of->gets_fen, of->pays_fen, of->to_get_fen,
                                 of->to_pay_fen};
        char texts[COLUMNS - 1][YUAN_TEXT_BYTES];
        const char *cells[COLUMNS] = {of->partner};
        for (size_t k = 0; k < COLUMNS - 1; k++) {
            format_fen(sums[k], texts[k]);
            cells[k + 1] = texts[k];
        }
        term_table_add(&table, cells);
    }
    term_table_print(&table, stdout);
    term_table_fini(&table);
}

hl_err cmd_clearing_position(struct cli_call *call)
{
    Heluo__V1__ClearingPositionRequest request =
        HELUO__V1__CLEARING_POSITION_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    hl_err err = node_link_ask_once(
        call, "/heluo.v1.Clearing/Position", &request.base,
        &heluo__v1__clearing_position_response__descriptor, &answer);
    if (err == HL_OK && call->json) {
        ledger_print_line(message_json(answer));
    } else if (err == HL_OK) {
        print_positions((const Heluo__V1__ClearingPositionResponse *)answer);
    }
    if (answer != NULL) {
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    return err;
}

/* --- Explain. ------------------------------------------------------------ */

/* What a node gets and pays by a cycle, by partner. */
struct position {
    const char *partner;
    uint64_t gets_fen, pays_fen;
};

static struct position *find_position(struct position *all, size_t *count,
                                      const char *partner)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(all[i].partner, partner) == 0) {
            return &all[i];
        }
    }
    all[*count] = (struct position){.partner = partner};
    return &all[(*count)++];
}

static void print_position(const char *node,
                           const struct clearing_claims *claims)
{
    enum { COLUMNS = 3 };
    const char *const heads[COLUMNS] = {"PARTNER 对方", "GETS 应收",
                                        "PAYS 应付"};
    struct position *all = calloc(claims->count + 1, sizeof(*all));
    struct term_table table = {.column_count = COLUMNS};
    size_t count = 0;
    int64_t net = 0;
    char text[YUAN_TEXT_BYTES];
    for (size_t i = 0; i < claims->count; i++) {
        const Heluo__V1__ClearingClaim *claim = claims->items[i];
        bool gets = strcmp(claim->creditor, node) == 0;
        struct position *position =
            find_position(all, &count, gets ? claim->debtor : claim->creditor);
        *(gets ? &position->gets_fen : &position->pays_fen) +=
            claim->amount_fen;
        net += gets ? (int64_t)claim->amount_fen : -(int64_t)claim->amount_fen;
    }
    term_table_add(&table, heads);
    for (size_t i = 0; i < count; i++) {
        char gets[YUAN_TEXT_BYTES], pays[YUAN_TEXT_BYTES];
        format_fen(all[i].gets_fen, gets);
        format_fen(all[i].pays_fen, pays);
        const char *const cells[COLUMNS] = {all[i].partner, gets, pays};
        term_table_add(&table, cells);
    }
    yuan_format(net, text);
    printf("\nposition of ");
    term_put(stdout, node);
    printf(" 轧差头寸: net %s\n\n", text);
    term_table_print(&table, stdout);
    term_table_fini(&table);
    free(all);
    putchar('\n');
    print_claims(claims);
}

static hl_err explain_side(struct cli_call *call, struct node_link *link,
                           const char *name, const char *node, json_t *into)
{
    struct clearing_claims claims = {0};
    hl_err err = clearing_get_claims(call, link, name, node, &claims);
    if (err == HL_OK && into != NULL) {
        json_t *list = json_array();
        for (size_t i = 0; i < claims.count; i++) {
            json_array_append_new(list, message_json(&claims.items[i]->base));
        }
        json_object_set_new(into, node, list);
    } else if (err == HL_OK) {
        print_position(node, &claims);
    }
    clearing_claims_free(&claims);
    return err;
}

static void print_transfer(const Heluo__V1__CycleView *cycle,
                           const Heluo__V1__TransferView *transfer)
{
    char today[DAY_TEXT_BYTES], name[CLEARING_NAME_BYTES + 16];
    struct writer state = {0};
    today_of(today);
    clearing_transfer_state(transfer, today, &state);
    writer_u8(&state, 0);
    snprintf(name, sizeof(name), "%s/%" PRIu32, cycle->name, transfer->number);
    ledger_print_field("transfer 划转", name);
    ledger_print_field("from 付款方", transfer->from);
    ledger_print_field("to 收款方", transfer->to);
    ledger_print_yuan("amount 金额", transfer->amount_fen);
    ledger_print_field("pay by 付款期限", transfer->pay_by);
    ledger_print_field("state 状态", (const char *)state.data);
    ledger_print_field("cycle 清算周期",
                       clearing_standing_word(cycle->standing));
    writer_fini(&state);
}

static void print_proofs(const char *alliance,
                         const Heluo__V1__CycleView *cycle)
{
    printf("\nits proofs 凭证, each an entry with a receipt that heluo verify "
           "checks:\n");
    printf("  proposal 提案: heluo journal receipt %" PRIu64
           " --origin %s/%s --out FILE\n",
           cycle->index, alliance, cycle->proposer);
    for (size_t i = 0; i < cycle->n_answers; i++) {
        const Heluo__V1__CycleAnswerView *answer = cycle->answers[i];
        if (answer->answer == HELUO__V1__CYCLE_ANSWER__CYCLE_ANSWER_APPROVED) {
            printf("  approval of %s 确认: heluo journal receipt %" PRIu64
                   " --origin %s/%s --out FILE\n",
                   answer->node, answer->index, alliance, answer->node);
        }
    }
    if (cycle->decided_leaf.len > 0) {
        printf("  decision 定论: heluo journal receipt %" PRIu64
               " --origin %s/%s --out FILE\n",
               cycle->decided_index, alliance, cycle->proposer);
    }
    printf("  a claim at NODE/INDEX 上列条目: heluo journal receipt INDEX "
           "--origin %s/NODE --out FILE\n",
           alliance);
}

static hl_err explain(struct cli_call *call, struct node_link *link,
                      const Heluo__V1__ClearingGetResponse *answer,
                      uint32_t number)
{
    const Heluo__V1__CycleView *cycle = answer->cycle;
    if (number >= cycle->n_transfers) {
        return hl_fail(cli_about(call, cycle->name), HL_ENOTFOUND,
                       "it has %zu transfers, counted from 0",
                       cycle->n_transfers);
    }
    const Heluo__V1__TransferView *transfer = cycle->transfers[number];
    json_t *sides = call->json ? json_object() : NULL;
    if (!call->json) {
        print_transfer(cycle, transfer);
    }
    hl_err err = explain_side(call, link, cycle->name, transfer->from, sides);
    if (err == HL_OK) {
        err = explain_side(call, link, cycle->name, transfer->to, sides);
    }
    if (err == HL_OK && call->json) {
        json_t *all = json_object();
        json_object_set_new(all, "transfer", message_json(&transfer->base));
        json_object_set_new(all, "cycle", message_json(&cycle->base));
        json_object_set(all, "claims", sides);
        ledger_print_line(all);
    } else if (err == HL_OK) {
        print_proofs(answer->alliance, cycle);
    }
    json_decref(sides);
    return err;
}

hl_err cmd_clearing_explain(struct cli_call *call)
{
    char name[CLEARING_NAME_BYTES];
    uint32_t number = 0;
    Heluo__V1__ClearingGetResponse *answer = NULL;
    struct node_link link;
    hl_err err = clearing_take_transfer(call, name, &number);
    if (err == HL_OK) {
        err = node_link_open(call, &link);
    }
    if (err != HL_OK) {
        return err;
    }
    err = clearing_get_cycle(call, &link, name, &answer);
    if (err == HL_OK) {
        err = explain(call, &link, answer, number);
    }
    node_link_close(&link);
    if (answer != NULL) {
        heluo__v1__clearing_get_response__free_unpacked(answer, NULL);
    }
    return err;
}

const struct cli_option clearing_explain_options[] = {CONNECT_OPTIONS, {0}};
