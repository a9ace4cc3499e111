/* SPDX-License-Identifier: Apache-2.0 */
#include "node/statement/sheet.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/text/columns.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* --- Cells. -------------------------------------------------------------- */

struct filling {
    const struct statement *statement;
    enum statement_lang lang;
    struct sheet *sheet;
};

static void put(struct filling *filling, struct sheet_cell cell)
{
    struct sheet *sheet = filling->sheet;
    sheet->cells =
        hl_realloc(sheet->cells, sheet->count + 1, sizeof(*sheet->cells));
    sheet->cells[sheet->count++] = cell;
}

static char *text_of(struct writer *text)
{
    char *copy = hl_copy(text->data, text->size);
    writer_fini(text);
    return copy;
}

static void put_text(struct filling *filling, const char *text)
{
    struct writer clean = {0};
    text_clean(text, &clean);
    put(filling, (struct sheet_cell){.text = text_of(&clean)});
}

static void put_words(struct filling *filling, struct words words)
{
    struct writer text = {0};
    words_put(words, filling->lang, &text);
    put(filling, (struct sheet_cell){.text = text_of(&text)});
}

static void put_count(struct filling *filling, uint64_t count)
{
    struct writer text = {0};
    writer_format(&text, "%" PRIu64, count);
    put(filling, (struct sheet_cell){.kind = CELL_COUNT,
                                     .text = text_of(&text),
                                     .value = count});
}

static void put_money(struct filling *filling, uint64_t fen, bool below_zero)
{
    char text[STATEMENT_YUAN_BYTES];
    statement_yuan(fen, below_zero, text);
    put(filling, (struct sheet_cell){.kind = CELL_MONEY,
                                     .text = hl_copy(text, strlen(text)),
                                     .value = fen,
                                     .below_zero = below_zero && fen > 0});
}

/* What is above 0 is got. */
static void put_net(struct filling *filling, uint64_t owed, uint64_t due)
{
    put_money(filling, owed > due ? owed - due : due - owed, owed > due);
}

static void put_time(struct filling *filling, uint64_t ms)
{
    char text[DAY_TIME_BYTES] = "";
    if (ms > 0) {
        day_time(ms, text);
    }
    put_text(filling, text);
}

static void put_hex(struct filling *filling, ProtobufCBinaryData data)
{
    struct writer text = {0};
    writer_hex(&text, bytes_of(data.data, data.len));
    put(filling, (struct sheet_cell){.text = text_of(&text)});
}

/* "heze 1207"; nothing where there is none. */
static void put_entry(struct filling *filling, const char *journal,
                      uint64_t index, bool there)
{
    struct writer text = {0};
    if (there) {
        writer_format(&text, "%s %" PRIu64, journal, index);
    }
    put(filling, (struct sheet_cell){.text = text_of(&text)});
}

static void put_transfer_name(struct filling *filling, const char *before,
                              uint32_t number)
{
    struct writer text = {0};
    writer_format(&text, "%s%s/%" PRIu32, before,
                  filling->statement->of.cycle->name, number);
    put(filling, (struct sheet_cell){.text = text_of(&text)});
}

/* --- Summary. ------------------------------------------------------------ */

static const struct words summary_headings[] = {{"项目", "item"},
                                                {"内容", "value"}};

static void put_item(struct filling *filling, const char *zh, const char *en)
{
    put_words(filling, (struct words){zh, en});
}

static void fill_whole(struct filling *filling)
{
    const struct statement_input *of = &filling->statement->of;
    put_item(filling, "清算周期", "cycle");
    put_text(filling, of->cycle->name);
    put_item(filling, "联盟", "alliance");
    put_text(filling, of->alliance);
    put_item(filling, "节点", "node");
    put_text(filling, of->node);
    put_item(filling, "状态", "standing");
    put_words(filling, words_of_standing(of->cycle->standing));
    put_item(filling, "章程版本", "charter");
    put_count(filling, of->cycle->charter);
    put_item(filling, "清算日", "day");
    put_text(filling, of->cycle->day);
    put_item(filling, "付款日", "pay by");
    put_text(filling, of->cycle->pay_by);
}

static void fill_sums(struct filling *filling)
{
    const struct statement *statement = filling->statement;
    put_item(filling, "应付总额(元)", "owed, gross (yuan)");
    put_money(filling, statement->owed_fen, false);
    put_item(filling, "应收总额(元)", "due, gross (yuan)");
    put_money(filling, statement->due_fen, false);
    put_item(filling, "净额(元,负为应付)", "net (yuan; below 0: to pay)");
    put_net(filling, statement->owed_fen, statement->due_fen);
    put_item(filling, "本节点笔数", "lines of this node");
    put_count(filling, statement->of.claim_count);
    put_item(filling, "全体笔数", "lines of all");
    put_count(filling, statement->of.cycle->count);
    put_item(filling, "全体总额(元)", "gross of all (yuan)");
    put_money(filling, statement->of.cycle->gross_fen, false);
}

static void fill_decision(struct filling *filling)
{
    const Heluo__V1__CycleView *cycle = filling->statement->of.cycle;
    bool decided = cycle->decided_leaf.len > 0;
    put_item(filling, "提案条目", "proposal, entry");
    put_entry(filling, cycle->proposer, cycle->index, true);
    put_item(filling, "提案叶哈希", "proposal, leaf");
    put_hex(filling, cycle->leaf);
    put_item(filling, "提案时间(UTC+8)", "proposal, time (UTC+8)");
    put_time(filling, cycle->proposed_at_ms);
    put_item(filling, "周期摘要", "digest");
    put_hex(filling, cycle->digest);
    put_item(filling, "决定条目", "decision, entry");
    put_entry(filling, cycle->proposer, cycle->decided_index, decided);
    put_item(filling, "决定叶哈希", "decision, leaf");
    put_hex(filling, cycle->decided_leaf);
    put_item(filling, "决定时间(UTC+8)", "decision, time (UTC+8)");
    put_time(filling, cycle->decided_at_ms);
    if (cycle->reason[0] != '\0') {
        put_item(filling, "原因", "reason");
        put_text(filling, cycle->reason);
    }
}

static void fill_checks(struct filling *filling)
{
    const struct statement *statement = filling->statement;
    struct writer command = {0};
    put_item(filling, "制表时间(UTC+8)", "made at (UTC+8)");
    put_time(filling, (uint64_t)statement->of.now.ms);
    put_item(filling, "核验", "verify");
    writer_format(&command, "heluo clearing verify %s",
                  statement->of.cycle->name);
    put(filling, (struct sheet_cell){.text = text_of(&command)});
    for (size_t i = 0; i < statement->transfer_count; i++) {
        put_item(filling, "追溯划转", "explain a transfer");
        put_transfer_name(filling, "heluo clearing explain ",
                          statement->transfers[i].view->number);
    }
}

static void fill_summary(struct filling *filling)
{
    fill_whole(filling);
    fill_sums(filling);
    fill_decision(filling);
    fill_checks(filling);
}

/* --- Partners. ----------------------------------------------------------- */

static const struct words partner_headings[] = {
    {"伙伴", "partner"}, {"应付", "owed"},  {"应收", "due"},
    {"净额", "net"},     {"笔数", "lines"},
};

static void fill_partners(struct filling *filling)
{
    const struct statement *statement = filling->statement;
    for (size_t i = 0; i < statement->partner_count; i++) {
        const struct statement_partner *partner = &statement->partners[i];
        put_text(filling, partner->node);
        put_money(filling, partner->owed_fen, false);
        put_money(filling, partner->due_fen, false);
        put_net(filling, partner->owed_fen, partner->due_fen);
        put_count(filling, partner->lines);
    }
    put_item(filling, "合计", "sum");
    put_money(filling, statement->owed_fen, false);
    put_money(filling, statement->due_fen, false);
    put_net(filling, statement->owed_fen, statement->due_fen);
    put_count(filling, statement->of.claim_count);
}

/* --- Lines. -------------------------------------------------------------- */

static const struct words line_headings[] = {
    {"序号", "no."},         {"伙伴", "partner"},
    {"类别", "kind"},        {"日志", "journal"},
    {"条目", "index"},       {"订单或划转", "order or transfer"},
    {"时间(UTC+8)", "time"}, {"应付", "owed"},
    {"应收", "due"},
};

/* A transfer of a former cycle is no entry: its own name says where it is. */
static void put_place(struct filling *filling,
                      const Heluo__V1__ClearingClaim *claim)
{
    bool entry = claim->kind != HELUO__V1__CLAIM_KIND__CLAIM_KIND_TRANSFER;
    put_text(filling, entry ? claim->journal : "");
    if (entry) {
        put_count(filling, claim->index);
    } else {
        put_text(filling, "");
    }
    put_text(filling, claim->order[0] != '\0' ? claim->order : claim->transfer);
}

static void put_side(struct filling *filling,
                     const Heluo__V1__ClearingClaim *claim, bool here)
{
    if (here) {
        put_money(filling, claim->amount_fen, false);
    } else {
        put_text(filling, "");
    }
}

static void fill_lines(struct filling *filling)
{
    const struct statement *statement = filling->statement;
    for (size_t i = 0; i < statement->of.claim_count; i++) {
        const Heluo__V1__ClearingClaim *claim = statement->of.claims[i];
        bool owes = statement_owes(statement, claim);
        put_count(filling, i + 1);
        put_text(filling, owes ? claim->creditor : claim->debtor);
        put_words(filling, words_of_claim(claim));
        put_place(filling, claim);
        put_time(filling, claim->recorded_at_ms);
        put_side(filling, claim, owes);
        put_side(filling, claim, !owes);
    }
}

/* --- Transfers. ---------------------------------------------------------- */

static const struct words transfer_headings[] = {
    {"划转", "transfer"},
    {"付款方", "from"},
    {"收款方", "to"},
    {"金额", "amount"},
    {"付款日", "pay by"},
    {"状态", "state"},
    {"端到端编号", "payment id"},
    {"付款凭证号", "sent, reference"},
    {"付款日期", "sent, day"},
    {"到账凭证号", "received, reference"},
    {"到账日期", "received, day"},
    {"转入周期", "replaced by"},
};

static void fill_transfers(struct filling *filling)
{
    const struct statement *statement = filling->statement;
    for (size_t i = 0; i < statement->transfer_count; i++) {
        const struct statement_transfer *transfer = &statement->transfers[i];
        const Heluo__V1__TransferView *view = transfer->view;
        char payment[STATEMENT_PAYMENT_BYTES];
        statement_payment_name(statement, view, payment);
        put_transfer_name(filling, "", view->number);
        put_text(filling, view->from);
        put_text(filling, view->to);
        put_money(filling, view->amount_fen, false);
        put_text(filling, view->pay_by);
        put_words(filling, words_of_transfer(transfer->state));
        put_text(filling, payment);
        put_text(filling, view->sent_reference);
        put_text(filling, view->sent_day);
        put_text(filling, view->received_reference);
        put_text(filling, view->received_day);
        put_text(filling, view->replaced_by);
    }
}

/* --- Answers. ------------------------------------------------------------ */

static const struct words answer_headings[] = {
    {"参与方", "party"}, {"答复", "answer"},      {"条目", "index"},
    {"叶哈希", "leaf"},  {"时间(UTC+8)", "time"}, {"已封存", "sealed"},
};

static void fill_answers(struct filling *filling)
{
    const Heluo__V1__CycleView *cycle = filling->statement->of.cycle;
    for (size_t i = 0; i < cycle->n_answers; i++) {
        const Heluo__V1__CycleAnswerView *answer = cycle->answers[i];
        bool said =
            answer->answer != HELUO__V1__CYCLE_ANSWER__CYCLE_ANSWER_NONE;
        put_text(filling, answer->node);
        put_words(filling, words_of_answer(answer));
        put_entry(filling, answer->node, answer->index, said);
        put_hex(filling, answer->leaf);
        put_time(filling, answer->at_ms);
        put_words(filling, answer->sealed ? (struct words){"是", "yes"}
                                          : (struct words){"否", "no"});
    }
}

/* --- The cut. ------------------------------------------------------------ */

static const struct words cut_headings[] = {
    {"日志", "journal"},
    {"截止条数", "size"},
    {"根哈希", "root"},
    {"参加清算", "takes part"},
    {"额度支用计至", "spends counted up to"},
};

/* "zhengzhou 45, kaifeng 60": of whose allotments not all is counted. */
static void put_stops(struct filling *filling, size_t place)
{
    const Heluo__V1__CycleView *cycle = filling->statement->of.cycle;
    struct writer text = {0};
    for (size_t i = 0; i < cycle->n_stops; i++) {
        const Heluo__V1__CycleStop *stop = cycle->stops[i];
        if (stop->provider == place) {
            writer_format(&text, "%s%s %" PRIu64, text.size == 0 ? "" : ", ",
                          cycle->places[stop->issuer]->node, stop->index);
        }
    }
    put(filling, (struct sheet_cell){.text = text_of(&text)});
}

static void fill_cut(struct filling *filling)
{
    const Heluo__V1__CycleView *cycle = filling->statement->of.cycle;
    for (size_t i = 0; i < cycle->n_places; i++) {
        const Heluo__V1__CyclePlace *place = cycle->places[i];
        put_text(filling, place->node);
        put_count(filling, place->size);
        put_hex(filling, place->root);
        put_words(filling, place->takes_part != 0 ? (struct words){"是", "yes"}
                                                  : (struct words){"否", "no"});
        put_stops(filling, i);
    }
}

/* --- All. ---------------------------------------------------------------- */

#define HEADED(table) table, sizeof(table) / sizeof((table)[0])

static const struct {
    struct words title;
    const struct words *headings;
    size_t columns;
    void (*fill)(struct filling *filling);
} table[SHEETS] = {
    [SHEET_SUMMARY] = {{"摘要", "summary"},
                       HEADED(summary_headings),
                       fill_summary},
    [SHEET_PARTNERS] = {{"按伙伴", "by partner"},
                        HEADED(partner_headings),
                        fill_partners},
    [SHEET_LINES] = {{"明细", "lines"}, HEADED(line_headings), fill_lines},
    [SHEET_TRANSFERS] = {{"划转", "transfers"},
                         HEADED(transfer_headings),
                         fill_transfers},
    [SHEET_ANSWERS] = {{"答复", "answers"},
                       HEADED(answer_headings),
                       fill_answers},
    [SHEET_CUT] = {{"截止点", "cut"}, HEADED(cut_headings), fill_cut},
};

void sheets_make(const struct statement *statement, enum statement_lang lang,
                 struct sheet out[SHEETS])
{
    for (size_t i = 0; i < SHEETS; i++) {
        out[i] = (struct sheet){.title = table[i].title,
                                .headings = table[i].headings,
                                .columns = table[i].columns};
        struct filling filling = {statement, lang, &out[i]};
        HL_ASSERT(out[i].columns <= SHEET_COLUMNS_MAX);
        table[i].fill(&filling);
        HL_ASSERT(out[i].count % out[i].columns == 0);
    }
}

void sheets_fini(struct sheet sheets[SHEETS])
{
    for (size_t i = 0; i < SHEETS; i++) {
        for (size_t k = 0; k < sheets[i].count; k++) {
            hl_free(sheets[i].cells[k].text);
        }
        hl_free(sheets[i].cells);
        sheets[i] = (struct sheet){0};
    }
}

size_t sheet_rows(const struct sheet *sheet)
{
    return sheet->count / sheet->columns;
}

const struct sheet_cell *sheet_at(const struct sheet *sheet, size_t row,
                                  size_t column)
{
    HL_ASSERT(column < sheet->columns && row < sheet_rows(sheet));
    return &sheet->cells[row * sheet->columns + column];
}

void sheets_facts(const struct statement *statement, const char *before,
                  struct writer *out)
{
    struct sheet sheets[SHEETS];
    const struct sheet *summary = &sheets[SHEET_SUMMARY];
    const struct sheet *cut = &sheets[SHEET_CUT];
    sheets_make(statement, STATEMENT_BOTH, sheets);
    for (size_t row = 0; row < sheet_rows(summary); row++) {
        writer_format(out, "%s%s: %s\n", before,
                      sheet_at(summary, row, 0)->text,
                      sheet_at(summary, row, 1)->text);
    }
    for (size_t row = 0; row < sheet_rows(cut); row++) {
        const char *root = sheet_at(cut, row, 2)->text;
        writer_format(out, "%s截止点 / cut: %s %s%s%s\n", before,
                      sheet_at(cut, row, 0)->text, sheet_at(cut, row, 1)->text,
                      root[0] == '\0' ? "" : " ", root);
    }
    sheets_fini(sheets);
}
