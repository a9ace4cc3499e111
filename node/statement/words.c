/* SPDX-License-Identifier: Apache-2.0 */
#include "node/statement/words.h"

#include "node/ledger/order.h"

void words_put(struct words words, enum statement_lang lang, struct writer *out)
{
    if (lang != STATEMENT_EN) {
        writer_text(out, words.zh);
    }
    if (lang == STATEMENT_BOTH) {
        writer_text(out, " / ");
    }
    if (lang != STATEMENT_ZH) {
        writer_text(out, words.en);
    }
}

#define WORDS_OF(table, at)                                                    \
    words_of(table, sizeof(table) / sizeof((table)[0]), (size_t)(at))

static struct words words_of(const struct words *table, size_t count, size_t at)
{
    return at < count && table[at].zh != NULL
               ? table[at]
               : (struct words){"未知", "unknown"};
}

struct words words_of_standing(Heluo__V1__CycleStanding standing)
{
    static const struct words table[] = {
        [HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_OPEN] = {"待确认", "open"},
        [HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_ABORTED] = {"已中止",
                                                               "aborted"},
        [HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_ABANDONED] = {"已废止",
                                                                 "abandoned"},
        [HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_DECLARED] = {"待封存",
                                                                "declared"},
        [HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_FINAL] = {"已终局", "final"},
        [HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_VOID] = {"无效", "void"},
    };
    return WORDS_OF(table, standing);
}

struct words words_of_transfer(enum transfer_state state)
{
    static const struct words table[] = {
        [TRANSFER_NOT_FINAL] = {"待终局", "not final"},
        [TRANSFER_VOID] = {"不生效", "void"},
        [TRANSFER_TO_PAY] = {"待付", "to pay"},
        [TRANSFER_TO_GET] = {"待收", "to get"},
        [TRANSFER_SENT] = {"已付待确认", "sent"},
        [TRANSFER_OVERDUE] = {"逾期", "overdue"},
        [TRANSFER_REPLACED] = {"逾期转入后期", "overdue, replaced"},
        [TRANSFER_RECEIVED] = {"已到账", "received"},
    };
    return WORDS_OF(table, state);
}

struct words words_of_claim(const Heluo__V1__ClearingClaim *claim)
{
    static const struct words table[] = {
        [HELUO__V1__CLAIM_KIND__CLAIM_KIND_OWED] = {"券款", "captured"},
        [HELUO__V1__CLAIM_KIND__CLAIM_KIND_SPENT] = {"额度支用",
                                                     "spent of allotment"},
        [HELUO__V1__CLAIM_KIND__CLAIM_KIND_REPAYMENT] = {"重付退回",
                                                         "repayment"},
        [HELUO__V1__CLAIM_KIND__CLAIM_KIND_TRANSFER] = {"前期逾期划转",
                                                        "overdue transfer"},
    };
    bool back = claim->kind == HELUO__V1__CLAIM_KIND__CLAIM_KIND_OWED &&
                claim->body == ORDER_BODY_ADJUST;
    return back ? (struct words){"退款", "adjusted"}
                : WORDS_OF(table, claim->kind);
}

struct words words_of_answer(const Heluo__V1__CycleAnswerView *answer)
{
    static const struct words table[] = {
        [HELUO__V1__CYCLE_ANSWER__CYCLE_ANSWER_NONE] = {"未答复", "none"},
        [HELUO__V1__CYCLE_ANSWER__CYCLE_ANSWER_APPROVED] = {"已确认",
                                                            "approved"},
        [HELUO__V1__CYCLE_ANSWER__CYCLE_ANSWER_REJECTED] = {"已拒绝",
                                                            "rejected"},
    };
    return WORDS_OF(table, answer->answer);
}
