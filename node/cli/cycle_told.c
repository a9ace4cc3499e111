/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/cycle_told.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/cli/cmd_charter.h"
#include "node/cli/cmd_ledger.h"
#include "node/cli/term.h"

/* --- Words. -------------------------------------------------------------- */

static const char *place_word(const struct cycle_told *told, size_t place)
{
    static const char *const words[] = {
        [CYCLE_PLACE_RIGHT] = "right 一致",
        [CYCLE_PLACE_ABSENT] = "missing 缺失",
        [CYCLE_PLACE_SHORT] = "too short 过短",
        [CYCLE_PLACE_PAUSED] = "newer version 版本较新",
        [CYCLE_PLACE_OTHER_ROOT] = "another root 根不符",
        [CYCLE_PLACE_UNSEALED] = "not sealed 未封存",
    };
    return words[told->audit->places[place].is];
}

static const char *vote_word(enum cycle_vote_is is)
{
    static const char *const words[] = {
        [CYCLE_VOTE_RIGHT] = "approved, sealed 已确认并封存",
        [CYCLE_VOTE_ABSENT] = "missing 缺失",
        [CYCLE_VOTE_OTHER] = "another 不符",
        [CYCLE_VOTE_REJECTED] = "rejected 已拒绝",
        [CYCLE_VOTE_UNSEALED] = "approved, not sealed 已确认未封存",
    };
    return words[is];
}

static const char *standing_word(enum cycle_standing_as as)
{
    static const char *const words[] = {
        [CYCLE_AS_OPEN] = "open 待确认",
        [CYCLE_AS_ABORTED] = "aborted 已中止",
        [CYCLE_AS_ABANDONED] = "abandoned 已作废",
        [CYCLE_AS_DECLARED] = "declared final 已宣告终局",
        [CYCLE_AS_FINAL] = "final 已终局",
        [CYCLE_AS_VOID] = "void 无效",
    };
    return words[as];
}

static const char *verdict_word(hl_err err)
{
    return err == HL_OK ? "final and right 已终局且核对无误"
                        : "not final and right 未通过核对";
}

static void node_of(const struct cycle_told *told, uint64_t place, char out[64])
{
    snprintf(out, 64, "%.*s",
             BYTES_ARGS(told->audit->lists.places[place].node));
}

/* --- Told as JSON. ------------------------------------------------------- */

static json_t *json_hex(struct bytes bytes)
{
    struct writer hex = {0};
    term_hex(bytes, &hex);
    writer_u8(&hex, 0);
    json_t *text = json_string((const char *)hex.data);
    writer_fini(&hex);
    return text;
}

/* The English of both: for programs. */
static json_t *json_word(const char *both)
{
    size_t size = 0;
    while (both[size] != '\0' && (unsigned char)both[size + 1] < 0x80) {
        size++;
    }
    return json_stringn(both, size);
}

static json_t *json_places(const struct cycle_told *told)
{
    const struct cycle_audit *cycle = told->audit;
    json_t *list = json_array();
    for (size_t i = 0; i < cycle->lists.place_count; i++) {
        const struct cycle_place *place = &cycle->lists.places[i];
        const struct cycle_place_audit *audit = &cycle->places[i];
        char node[64];
        node_of(told, i, node);
        json_array_append_new(
            list,
            json_pack("{s:s, s:I, s:I, s:I, s:o, s:b, s:o}", "node", node,
                      "size", (json_int_t)audit->size, "sealed",
                      (json_int_t)audit->sealed, "cut", (json_int_t)place->size,
                      "root", json_hex(place->root), "takes_part",
                      (int)(place->takes_part != 0), "is",
                      json_word(place_word(told, i))));
    }
    return list;
}

static json_t *json_votes(const struct cycle_told *told)
{
    const struct cycle_audit *cycle = told->audit;
    json_t *list = json_array();
    for (size_t i = 0; i < cycle->lists.net_count; i++) {
        char node[64];
        node_of(told, cycle->lists.nets[i].place, node);
        json_array_append_new(
            list, json_pack("{s:s, s:I, s:o}", "node", node, "index",
                            (json_int_t)cycle->votes[i].index, "is",
                            json_word(vote_word(cycle->votes[i].is))));
    }
    return list;
}

static json_t *json_figures(const struct cycle_told *told,
                            const struct cycle_lists *lists, uint64_t count,
                            uint64_t gross_fen, struct bytes digest)
{
    json_t *nets = json_array(), *transfers = json_array();
    char node[64], to[64];
    for (size_t i = 0; i < lists->net_count; i++) {
        const struct cycle_net *net = &lists->nets[i];
        node_of(told, net->place, node);
        json_array_append_new(nets,
                              json_pack("{s:s, s:I, s:I}", "node", node,
                                        "gets_fen", (json_int_t)net->gets_fen,
                                        "pays_fen", (json_int_t)net->pays_fen));
    }
    for (size_t i = 0; i < lists->transfer_count; i++) {
        const struct cycle_transfer *transfer = &lists->transfers[i];
        node_of(told, transfer->from, node);
        node_of(told, transfer->to, to);
        json_array_append_new(transfers,
                              json_pack("{s:s, s:s, s:I}", "from", node, "to",
                                        to, "amount_fen",
                                        (json_int_t)transfer->amount_fen));
    }
    return json_pack("{s:I, s:I, s:o, s:o, s:o}", "count", (json_int_t)count,
                     "gross_fen", (json_int_t)gross_fen, "digest",
                     json_hex(digest), "nets", nets, "transfers", transfers);
}

static void add_cycle(const struct cycle_told *told, json_t *object)
{
    const struct cycle_audit *cycle = told->audit;
    const struct cycle_proposal *of = &cycle->cycle.of;
    const struct counting *counting = &cycle->counting;
    json_object_set_new(object, "journals", json_places(told));
    json_object_set_new(object, "approvals", json_votes(told));
    json_object_set_new(object, "decision",
                        json_pack("{s:o, s:I, s:b}", "is",
                                  json_word(standing_word(cycle->as)), "index",
                                  (json_int_t)cycle->cycle.decided_index,
                                  "sealed", (int)cycle->decision_sealed));
    json_object_set_new(object, "stated",
                        json_figures(told, &cycle->lists, of->count,
                                     of->gross_fen, of->digest));
    if (cycle->counted) {
        struct bytes digest = bytes_of(counting->digest.bytes, HL_HASH_BYTES);
        json_object_set_new(object, "computed",
                            json_figures(told, &counting->lists,
                                         counting->count, counting->gross_fen,
                                         digest));
    }
}

json_t *cycle_told_json(const struct cycle_told *told)
{
    const struct cycle_audit *cycle = told->audit;
    const struct charter *holds = told->charter;
    char hash[HASH_TEXT_BYTES];
    json_t *faults = json_array();
    for (size_t i = 0; i < cycle->fault_count; i++) {
        json_array_append_new(
            faults,
            json_pack("{s:s, s:o}", "error", hl_err_name(cycle->faults[i].err),
                      "text", cli_json_text(cycle->faults[i].text)));
    }
    json_t *object = json_pack("{s:s, s:{s:I, s:s, s:b}}", "cycle", told->name,
                               "charter", "version", (json_int_t)holds->version,
                               "hash", cmd_hash_text(&holds->hash, hash),
                               "pinned", (int)told->pinned);
    if (cycle->found) {
        add_cycle(told, object);
    }
    json_object_set_new(object, "faults", faults);
    json_object_set_new(object, "verdict",
                        json_word(verdict_word(told->verdict)));
    return object;
}

/* --- Told to people. ----------------------------------------------------- */

static void number(uint64_t value, char out[24])
{
    snprintf(out, 24, "%" PRIu64, value);
}

static void print_places(const struct cycle_told *told)
{
    enum { COLUMNS = 5 };
    static const char *const heads[COLUMNS] = {"JOURNAL 日志", "ENTRIES 条目",
                                               "SEALED 封存", "CUT 截止",
                                               "ROOT AT THE CUT 截止处的根"};
    const struct cycle_audit *cycle = told->audit;
    struct term_table table = {.column_count = COLUMNS};
    term_table_add(&table, heads);
    for (size_t i = 0; i < cycle->lists.place_count; i++) {
        char node[64], size[24], sealed[24], cut[24];
        node_of(told, i, node);
        number(cycle->places[i].size, size);
        number(cycle->places[i].sealed, sealed);
        number(cycle->lists.places[i].size, cut);
        const char *const cells[COLUMNS] = {node, size, sealed, cut,
                                            place_word(told, i)};
        term_table_add(&table, cells);
    }
    putchar('\n');
    term_table_print(&table, stdout);
    term_table_fini(&table);
}

static void print_votes(const struct cycle_told *told)
{
    enum { COLUMNS = 5 };
    static const char *const heads[COLUMNS] = {"PARTY 参与方", "GETS 应收净额",
                                               "PAYS 应付净额", "ENTRY 条目",
                                               "APPROVAL 确认"};
    const struct cycle_audit *cycle = told->audit;
    struct term_table table = {.column_count = COLUMNS};
    term_table_add(&table, heads);
    for (size_t i = 0; i < cycle->lists.net_count; i++) {
        const struct cycle_net *net = &cycle->lists.nets[i];
        const struct cycle_vote_audit *vote = &cycle->votes[i];
        char node[64], gets[YUAN_TEXT_BYTES], pays[YUAN_TEXT_BYTES];
        char index[24] = "";
        node_of(told, net->place, node);
        yuan_format((int64_t)net->gets_fen, gets);
        yuan_format((int64_t)net->pays_fen, pays);
        if (vote->index > 0) {
            number(vote->index, index);
        }
        const char *const cells[COLUMNS] = {node, net->gets_fen > 0 ? gets : "",
                                            net->pays_fen > 0 ? pays : "",
                                            index, vote_word(vote->is)};
        term_table_add(&table, cells);
    }
    putchar('\n');
    term_table_print(&table, stdout);
    term_table_fini(&table);
}

static const char *same_word(bool same)
{
    return same ? "same 一致" : "DIFFERS 不符";
}

static void add_figure(const struct cycle_told *told, struct term_table *table,
                       enum cycle_figure which, const char *name,
                       const char *stated, const char *computed)
{
    const struct cycle_audit *cycle = told->audit;
    const char *const cells[] = {name, stated, cycle->counted ? computed : "",
                                 cycle->counted ? same_word(cycle->same[which])
                                                : "not computed 未能重算"};
    term_table_add(table, cells);
}

static void short_hex(struct bytes digest, char out[24])
{
    struct writer hex = {0};
    term_hex(bytes_slice(digest, 0, digest.size < 8 ? digest.size : 8), &hex);
    snprintf(out, 24, "%.*s...", (int)hex.size, (const char *)hex.data);
    writer_fini(&hex);
}

static void print_figures(const struct cycle_told *told)
{
    const struct cycle_audit *cycle = told->audit;
    const struct cycle_proposal *of = &cycle->cycle.of;
    const struct counting *counting = &cycle->counting;
    char heads[2][96], stated[YUAN_TEXT_BYTES], computed[YUAN_TEXT_BYTES];
    struct term_table table = {.column_count = 4};
    snprintf(heads[0], sizeof(heads[0]), "STATED BY %.*s 提案所载",
             BYTES_ARGS(told->audit->cycle.key.proposer));
    const char *const head[] = {"FIGURE 数字", heads[0], "COMPUTED 重算", ""};
    term_table_add(&table, head);
    number(of->count, stated);
    number(counting->count, computed);
    add_figure(told, &table, CYCLE_COUNT, "claims 债权笔数", stated, computed);
    yuan_format((int64_t)of->gross_fen, stated);
    yuan_format((int64_t)counting->gross_fen, computed);
    add_figure(told, &table, CYCLE_GROSS, "gross 总额", stated, computed);
    short_hex(of->digest, stated);
    short_hex(bytes_of(counting->digest.bytes, HL_HASH_BYTES), computed);
    add_figure(told, &table, CYCLE_DIGEST, "digest 摘要", stated, computed);
    number(cycle->lists.net_count, stated);
    number(counting->lists.net_count, computed);
    add_figure(told, &table, CYCLE_NETS, "nets 轧差净额", stated, computed);
    number(cycle->lists.transfer_count, stated);
    number(counting->lists.transfer_count, computed);
    add_figure(told, &table, CYCLE_TRANSFERS, "transfers 划转", stated,
               computed);
    number(cycle->lists.item_count, stated);
    number(counting->lists.item_count, computed);
    add_figure(told, &table, CYCLE_ITEMS, "counted anew 重计的划转", stated,
               computed);
    putchar('\n');
    term_table_print(&table, stdout);
    term_table_fini(&table);
}

static void print_transfers(const struct cycle_told *told,
                            const struct cycle_lists *lists, const char *title)
{
    enum { COLUMNS = 4 };
    static const char *const heads[COLUMNS] = {"TRANSFER 划转", "FROM 付款方",
                                               "TO 收款方", "AMOUNT 金额"};
    struct term_table table = {.column_count = COLUMNS};
    term_table_add(&table, heads);
    for (size_t i = 0; i < lists->transfer_count; i++) {
        const struct cycle_transfer *transfer = &lists->transfers[i];
        char name[128], from[64], to[64], amount[YUAN_TEXT_BYTES];
        snprintf(name, sizeof(name), "%s/%zu", told->name, i);
        node_of(told, transfer->from, from);
        node_of(told, transfer->to, to);
        yuan_format((int64_t)transfer->amount_fen, amount);
        const char *const cells[COLUMNS] = {name, from, to, amount};
        term_table_add(&table, cells);
    }
    printf("\n%s\n", title);
    term_table_print(&table, stdout);
    term_table_fini(&table);
}

/* The computed ones, where those of the table of parties are others. */
static void print_nets(const struct cycle_told *told)
{
    enum { COLUMNS = 3 };
    static const char *const heads[COLUMNS] = {"PARTY 参与方", "GETS 应收净额",
                                               "PAYS 应付净额"};
    const struct cycle_lists *lists = &told->audit->counting.lists;
    struct term_table table = {.column_count = COLUMNS};
    term_table_add(&table, heads);
    for (size_t i = 0; i < lists->net_count; i++) {
        char node[64], gets[YUAN_TEXT_BYTES], pays[YUAN_TEXT_BYTES];
        node_of(told, lists->nets[i].place, node);
        yuan_format((int64_t)lists->nets[i].gets_fen, gets);
        yuan_format((int64_t)lists->nets[i].pays_fen, pays);
        const char *const cells[COLUMNS] = {node, gets, pays};
        term_table_add(&table, cells);
    }
    printf("\nas computed 按重算结果:\n");
    term_table_print(&table, stdout);
    term_table_fini(&table);
}

/* The computed ones; what is stated as well, where that is another. */
static void print_results(const struct cycle_told *told)
{
    const struct cycle_audit *cycle = told->audit;
    if (cycle->counted && !cycle->same[CYCLE_NETS]) {
        print_nets(told);
    }
    if (!cycle->counted || !cycle->same[CYCLE_TRANSFERS]) {
        print_transfers(told, &cycle->lists, "as stated 按提案所载:");
    }
    if (cycle->counted) {
        print_transfers(told, &cycle->counting.lists,
                        "as computed 按重算结果:");
    }
}

static void print_decision(const struct cycle_told *told)
{
    const struct cycle_audit *cycle = told->audit;
    char text[192];
    snprintf(text, sizeof(text), "%s", standing_word(cycle->as));
    if (cycle->cycle.state != CYCLE_OPEN) {
        snprintf(text, sizeof(text), "%s, %.*s/%" PRIu64 ", %s",
                 standing_word(cycle->as),
                 BYTES_ARGS(told->audit->cycle.key.proposer),
                 cycle->cycle.decided_index,
                 cycle->decision_sealed ? "sealed 已封存"
                                        : "not sealed 未封存");
    }
    ledger_print_field("decision 定论", text);
}

static void print_charter(const struct cycle_told *told)
{
    const struct charter *holds = told->charter;
    char hash[HASH_TEXT_BYTES], text[160];
    snprintf(text, sizeof(text), "version %" PRIu64 ", %s%s", holds->version,
             cmd_hash_text(&holds->hash, hash),
             told->pinned ? "" : " (not pinned: compare it 未核对指纹)");
    ledger_print_field("charter 章程", text);
}

void cycle_told_print(const struct cycle_told *told)
{
    const struct cycle_audit *cycle = told->audit;
    ledger_print_field("cycle 清算周期", told->name);
    print_charter(told);
    if (cycle->found) {
        print_decision(told);
        print_places(told);
        print_votes(told);
        print_figures(told);
        print_results(told);
    }
    putchar('\n');
    for (size_t i = 0; i < cycle->fault_count; i++) {
        printf("%-14s ", hl_err_name(cycle->faults[i].err));
        term_put(stdout, cycle->faults[i].text);
        putchar('\n');
    }
    if (cycle->counted) {
        struct writer hex = {0};
        term_hex(bytes_of(cycle->counting.digest.bytes, HL_HASH_BYTES), &hex);
        writer_u8(&hex, 0);
        ledger_print_field("digest 摘要", (const char *)hex.data);
        writer_fini(&hex);
    }
    ledger_print_field("verdict 结论", verdict_word(told->verdict));
}
