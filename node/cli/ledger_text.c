/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/ledger_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "node/catalogue/attribute.h"
#include "node/ledger/order_check.h"
#include "node/ledger/refusal.h"
#include "protocol/base/hl_time.h"
#include "protocol/base/text.h"

/* --- Ids. ------------------------------------------------------------------
 */

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c == '\0' ? NULL : strchr(digits, tolower(c));
    return found == NULL ? -1 : (int)(found - digits);
}

hl_err ledger_parse_id(const char *text, uint8_t out[LEDGER_ID_BYTES],
                       struct hl_detail *detail)
{
    bool good = strlen(text) == 2 * LEDGER_ID_BYTES;
    for (size_t i = 0; good && i < LEDGER_ID_BYTES; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        good = high >= 0 && low >= 0;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return good ? HL_OK
                : hl_fail(detail, HL_EMALFORMED,
                          "'%s' is no id: give 32 hex digits", text);
}

hl_err ledger_parse_order(const char *text, struct ledger_order_name *out,
                          struct hl_detail *detail)
{
    const char *slash = strchr(text, '/');
    struct bytes node =
        bytes_of(text, slash == NULL ? 0 : (size_t)(slash - text));
    bool good = slash == NULL ||
                (text_is_label(node) && node.size < sizeof(out->begun_at));
    *out = (struct ledger_order_name){0};
    if (good && node.size > 0) {
        memcpy(out->begun_at, node.data, node.size);
    }
    return good && ledger_parse_id(slash == NULL ? text : slash + 1, out->id,
                                   NULL) == HL_OK
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED,
                         "'%s' is no order: give NODE/HEX as it is printed, or "
                         "the 32 hex digits of one that began at this node",
                         text);
}

void ledger_format_id(ProtobufCBinaryData id, char out[LEDGER_ID_TEXT_BYTES])
{
    out[0] = '\0';
    for (size_t i = 0; id.len == LEDGER_ID_BYTES && i < id.len; i++) {
        snprintf(out + 2 * i, 3, "%02x", id.data[i]);
    }
}

void ledger_format_order(const char *begun_at, ProtobufCBinaryData id,
                         char out[LEDGER_ORDER_BYTES])
{
    char hex[LEDGER_ID_TEXT_BYTES];
    ledger_format_id(id, hex);
    snprintf(out, LEDGER_ORDER_BYTES, "%.63s/%s", begun_at, hex);
}

/* --- Days and times. ---------------------------------------------------------
 */

enum { UTC8_MS = 8 * 3600000, DAY_BYTES = 10, MINUTE_MS = 60000 };

hl_err ledger_parse_day(const char *text, struct hl_detail *detail)
{
    char whole[WALL_TEXT_BYTES];
    struct hl_wall wall;
    snprintf(whole, sizeof(whole), "%.10sT00:00:00Z", text);
    return strlen(text) == DAY_BYTES &&
                   wall_parse(bytes_of_text(whole), &wall) == HL_OK
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED,
                         "'%s' is no day: give it as 2026-11-29", text);
}

static bool is_form(const char *text, const char *form)
{
    for (; *form != '\0'; form++, text++) {
        bool fits =
            *form == '9' ? *text >= '0' && *text <= '9' : *text == *form;
        if (!fits) {
            return false;
        }
    }
    return true;
}

/* Reads the offset from UTC with which a time ends. */
static bool take_offset(const char *text, int64_t *offset_ms)
{
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
        *offset_ms = 0;
        return true;
    }
    if (strlen(text) != 6 ||
        (!is_form(text, "+99:99") && !is_form(text, "-99:99"))) {
        return false;
    }
    int hours = (text[1] - '0') * 10 + text[2] - '0';
    int minutes = (text[4] - '0') * 10 + text[5] - '0';
    *offset_ms =
        (int64_t)(hours * 60 + minutes) * MINUTE_MS * (text[0] == '-' ? -1 : 1);
    return hours < 24 && minutes < 60;
}

/* Takes ".250" off the front. */
static const char *take_fraction(const char *text, uint64_t *ms)
{
    uint64_t unit = 100;
    *ms = 0;
    if (text[0] != '.' || !is_form(text, ".9")) {
        return text;
    }
    for (text++; *text >= '0' && *text <= '9'; text++, unit /= 10) {
        *ms += (uint64_t)(*text - '0') * unit;
    }
    return text;
}

static bool take_time(const char *text, uint64_t *ms)
{
    bool plain = is_form(text, "9999-99-99 99:99");
    if (!plain && !is_form(text, "9999-99-99T99:99:99") &&
        !is_form(text, "9999-99-99t99:99:99")) {
        return false;
    }
    char whole[WALL_TEXT_BYTES];
    bool seconds = is_form(text + 16, ":99");
    const char *rest = text + (seconds ? 19 : 16);
    int64_t offset_ms = UTC8_MS;
    uint64_t fraction_ms = 0;
    struct hl_wall wall;
    snprintf(whole, sizeof(whole), "%.10sT%.5s%.3sZ", text, text + 11,
             seconds ? text + 16 : ":00");
    rest = seconds ? take_fraction(rest, &fraction_ms) : rest;
    if (wall_parse(bytes_of_text(whole), &wall) != HL_OK ||
        (*rest == '\0' ? !plain : !seconds || !take_offset(rest, &offset_ms)) ||
        wall.ms < offset_ms) {
        return false;
    }
    *ms = (uint64_t)(wall.ms - offset_ms) + fraction_ms;
    return true;
}

hl_err ledger_parse_time(const char *text, uint64_t *ms,
                         struct hl_detail *detail)
{
    return take_time(text, ms)
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED,
                         "'%s' is no time: give '2026-11-29 16:30', in UTC+8, "
                         "or 2026-11-29T16:30:00+08:00",
                         text);
}

/* --- Words. ------------------------------------------------------------------
 */

#define WORD_OF(words, at)                                                     \
    word_of(words, sizeof(words) / sizeof((words)[0]), (uint64_t)(at))

static const char *word_of(const char *const *words, size_t count, uint64_t at)
{
    return at < count && words[at] != NULL ? words[at] : "unknown 未知";
}

/* Of one that the provider asked for: nobody accepts what he wants, and a
 * request that is denied never was an order. */
static const char *state_at_desk(const Heluo__V1__OrderView *view)
{
    bool placed = view->order->placed_leaf.len > 0;
    if (view->state == HELUO__V1__ORDER_STATE__ORDER_STATE_PLACED) {
        return "granted 已批待服务";
    }
    return view->state == HELUO__V1__ORDER_STATE__ORDER_STATE_DENIED && !placed
               ? "denied 已拒"
               : NULL;
}

/* Nobody accepts what he may spend. */
static const char *state_of_allotment(Heluo__V1__OrderState state)
{
    return state == HELUO__V1__ORDER_STATE__ORDER_STATE_PLACED
               ? "allotted 可支用"
           : state == HELUO__V1__ORDER_STATE__ORDER_STATE_ACCEPTED
               ? "spending 支用中"
               : NULL;
}

const char *ledger_order_state(const Heluo__V1__OrderView *view)
{
    static const char *const words[] = {
        [HELUO__V1__ORDER_STATE__ORDER_STATE_PLACED] = "placed 待接单",
        [HELUO__V1__ORDER_STATE__ORDER_STATE_ACCEPTED] = "accepted 已接单",
        [HELUO__V1__ORDER_STATE__ORDER_STATE_DECLINED] = "declined 已拒单",
        [HELUO__V1__ORDER_STATE__ORDER_STATE_DELIVERED] =
            "delivered 已交付待兑付",
        [HELUO__V1__ORDER_STATE__ORDER_STATE_CAPTURED] = "captured 已兑付",
        [HELUO__V1__ORDER_STATE__ORDER_STATE_RELEASED] = "released 已退还",
        [HELUO__V1__ORDER_STATE__ORDER_STATE_DENIED] = "denied 不予兑付",
        [HELUO__V1__ORDER_STATE__ORDER_STATE_CLOSED] = "closed 额度已关闭",
        [HELUO__V1__ORDER_STATE__ORDER_STATE_REQUESTED] = "pending 待批",
    };
    const Heluo__V1__OrderRow *order = view->order;
    const char *word = NULL;
    if (order != NULL && order->allotted != 0) {
        word = state_of_allotment(view->state);
    } else if (order != NULL && order->request_leaf.len > 0) {
        word = state_at_desk(view);
    }
    return word != NULL ? word : WORD_OF(words, view->state);
}

const char *ledger_voucher_state(const Heluo__V1__VoucherView *voucher)
{
    static const char *const words[] = {
        [HELUO__V1__VOUCHER_END__VOUCHER_END_CANCELLED] = "cancelled 已撤销",
        [HELUO__V1__VOUCHER_END__VOUCHER_END_RETURNED] = "returned 已退回",
        [HELUO__V1__VOUCHER_END__VOUCHER_END_EXPIRED] = "expired 已过期",
    };
    if (voucher->voucher != NULL && voucher->voucher->ended != 0) {
        return WORD_OF(words, voucher->voucher->ended);
    }
    return voucher->open_fen > 0 ? "open 可用" : "used 已用";
}

const char *ledger_dispute_state(Heluo__V1__OrderDisputed disputed)
{
    static const char *const words[] = {
        [HELUO__V1__ORDER_DISPUTED__ORDER_DISPUTED_UNSPECIFIED] = "none 无",
        [HELUO__V1__ORDER_DISPUTED__ORDER_DISPUTED_OPEN] = "open 待处理",
        [HELUO__V1__ORDER_DISPUTED__ORDER_DISPUTED_RESOLVED] =
            "resolved 已处理",
    };
    return WORD_OF(words, disputed);
}

void ledger_format_checks(uint64_t checks, struct writer *out)
{
    for (unsigned i = 0; i < 64; i++) {
        uint64_t one = checks & UINT64_C(1) << i;
        if (one != 0) {
            writer_text(out, out->size == 0 ? "" : ", ");
            order_check_words(one, false, out);
            writer_text(out, " ");
            order_check_words(one, true, out);
        }
    }
}

const char *ledger_account_name(Heluo__V1__LedgerAccount account)
{
    static const char *const words[] = {
        [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_FUND] = "fund 专项资金",
        [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_BUDGET] = "budget 未发放",
        [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_ISSUED] = "issued 已发放",
        [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_HELD] = "held 已预占",
        [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_PAYABLE] = "payable 应付",
        [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_SETTLED] = "settled 自付",
        [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_ADJUSTED] = "adjusted 退回",
        [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_RECEIVABLE] =
            "receivable 应收",
        [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_EARNED] = "earned 服务收入",
        [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_ALLOTTED] =
            "allotted 已授额度",
        [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_DRAWN] = "drawn 额度已支用",
    };
    return WORD_OF(words, account);
}

const char *ledger_body_word(uint32_t body)
{
    static const char *const words[] = {
        [SCHEME_BODY_PUT] = "scheme 办法",
        [VOUCHER_BODY_ISSUE] = "issued 发放",
        [VOUCHER_BODY_END] = "ended 终止",
        [ORDER_BODY_PLACE] = "placed 下单",
        [ORDER_BODY_ACCEPT] = "accepted 接单",
        [ORDER_BODY_DECLINE] = "declined 拒单",
        [ORDER_BODY_DELIVER] = "delivered 交付",
        [ORDER_BODY_RELEASE] = "released 退还",
        [ORDER_BODY_CAPTURE] = "captured 兑付",
        [ORDER_BODY_DENY] = "denied 不予兑付",
        [ORDER_BODY_DISPUTE] = "disputed 异议",
        [ORDER_BODY_RESOLVE] = "resolved 裁定",
        [ORDER_BODY_CONFIRM] = "confirmed 确认",
        [ORDER_BODY_CANCEL] = "cancelled 取消",
        [ORDER_BODY_ADJUST] = "adjusted 退款",
        [ORDER_BODY_REVIEW] = "reviewed 评价",
        [ORDER_BODY_WAIT] = "waits 待核",
        [ORDER_BODY_REQUEST] = "requested 申请预占",
        [ORDER_BODY_HOLD_DENY] = "denied 不予预占",
        [ORDER_BODY_ALLOT] = "allotted 授予额度",
        [ORDER_BODY_SPEND] = "spent 支用",
        [ORDER_BODY_CLOSE] = "closed 关闭额度",
        [ORDER_BODY_RETURN] = "returned 收回额度",
    };
    return WORD_OF(words, body);
}

/* --- Services. ---------------------------------------------------------------
 */

static const struct attribute_word *service_words(void)
{
    const struct record_kind *kind = record_kind_of_word("service");
    return attribute_find(kind, bytes_of_text("kind"))->words;
}

hl_err ledger_parse_service(const char *text, uint32_t *kind,
                            struct hl_detail *detail)
{
    struct writer all = {0};
    const struct attribute_word *word = service_words();
    for (; word->word != NULL; word++) {
        if (strcmp(word->word, text) == 0 || strcmp(word->word_zh, text) == 0) {
            *kind = (uint32_t)word->value;
            writer_fini(&all);
            return HL_OK;
        }
        writer_format(&all, "%s%s", all.size == 0 ? "" : ", ", word->word);
    }
    hl_err err = hl_fail(detail, HL_EMALFORMED, "'%s' is none of %.*s", text,
                         BYTES_ARGS(writer_view(&all)));
    writer_fini(&all);
    return err;
}

void ledger_format_service(uint32_t kind, char out[LEDGER_SERVICE_BYTES])
{
    const struct attribute_word *word = service_words();
    while (word->word != NULL && word->value != kind) {
        word++;
    }
    snprintf(out, LEDGER_SERVICE_BYTES, "%s %s",
             word->word == NULL ? "unknown" : word->word,
             word->word == NULL ? "未知" : word->word_zh);
}

/* --- Refusals. ---------------------------------------------------------------
 */

static const char *const refusals_zh[LEDGER_REFUSAL_END] = {
    [LEDGER_SCHEME_VERSION] = "办法版本号须依次递增",
    [LEDGER_BUDGET_BELOW_ISSUED] = "预算低于已发放金额",
    [LEDGER_VOUCHER_EXISTS] = "券号已存在",
    [LEDGER_NO_SCHEME] = "无此办法",
    [LEDGER_OTHER_VERSION] = "办法已有新版本",
    [LEDGER_AMOUNT_UNIT] = "金额不是发放单位的整数倍",
    [LEDGER_AMOUNT_MAX] = "超过单张券上限",
    [LEDGER_ISSUE_CLOSED] = "不在发放期内",
    [LEDGER_BUDGET_LEFT] = "预算余额不足",
    [LEDGER_BEGUN_ELSEWHERE] = "订单不是在本节点发起",
    [LEDGER_AT_HOME] = "本节点发放的创新券应直接下单",
    [LEDGER_ORDER_EXISTS] = "订单号已存在",
    [LEDGER_NO_VOUCHER] = "无此创新券",
    [LEDGER_VOUCHER_ENDED] = "创新券已终止",
    [LEDGER_NOT_EXPIRED] = "创新券尚未过期",
    [LEDGER_AMOUNT_OPEN] = "金额与可用余额不符",
    [LEDGER_USE_OVER] = "已过使用期限",
    [LEDGER_UNTIL_RANGE] = "截止日超出兑付期限",
    [LEDGER_NOT_AT_DESK] = "该办法不支持在服务方发起订单",
    [LEDGER_KIND_EXCLUDED] = "该类服务不在支持范围",
    [LEDGER_PARTNER_EXCLUDED] = "该城市不在通兑范围",
    [LEDGER_PROVIDER_EXCLUDED] = "该机构不在服务机构名录",
    [LEDGER_PAYS_HOLDER] = "该办法补助企业，不能授予额度",
    [LEDGER_NO_RATE] = "无适用的补助比例",
    [LEDGER_HOLD_SHARE] = "超过本单可补助金额",
    [LEDGER_VOUCHER_LEFT] = "创新券余额不足",
    [LEDGER_HOLDER_YEAR] = "超过持券人年度限额",
    [LEDGER_CONTROLLER_YEAR] = "超过实际控制人年度限额",
    [LEDGER_NO_PROVIDER] = "联盟中无此城市节点",
    [LEDGER_NO_ISSUER] = "联盟中无此发券方节点",
    [LEDGER_ALLOTTED_MAX] = "超过对该节点的授予额度上限",
    [LEDGER_NO_ORDER] = "无此订单",
    [LEDGER_OTHER_PROVIDER] = "订单属于其他服务方",
    [LEDGER_OTHER_ORDER] = "已答复同号的另一订单",
    [LEDGER_RESOLVED] = "订单已办结",
    [LEDGER_DECLINED] = "订单已拒绝",
    [LEDGER_ACCEPTED] = "订单已接受",
    [LEDGER_DELIVERED] = "订单已交付",
    [LEDGER_NOT_ACCEPTED] = "订单尚未接受",
    [LEDGER_NOT_DELIVERED] = "订单尚未交付",
    [LEDGER_SERVICE_TIMES] = "服务起止时间有误",
    [LEDGER_WAITS] = "订单已在待兑付核查中",
    [LEDGER_DISPUTED] = "订单已有异议",
    [LEDGER_NOTHING_OPEN] = "没有待裁定事项",
    [LEDGER_MAX_HOLD] = "超过预占金额",
    [LEDGER_CONFIRMED] = "已经确认",
    [LEDGER_CANCELLED] = "已经申请取消",
    [LEDGER_NOT_OVER] = "期限未到",
    [LEDGER_HOLD_SUM] = "预占金额不符",
    [LEDGER_CAPTURE_SUM] = "兑付金额不符",
    [LEDGER_ALLOTTED] = "这是授予的额度",
    [LEDGER_NOT_ALLOTTED] = "不是授予的额度",
    [LEDGER_CLOSED] = "额度已关闭",
    [LEDGER_OTHER_LIMIT] = "与原额度不符",
    [LEDGER_EXPIRED] = "额度已过期",
    [LEDGER_SPENT_SUM] = "累计支用金额不符",
    [LEDGER_LIMIT_LEFT] = "额度余额不足",
    [LEDGER_NOT_CAPTURED] = "订单尚未兑付",
    [LEDGER_REVIEWED] = "已经评价",
    [LEDGER_NOTHING_OWED] = "没有可退的款项",
    [LEDGER_ADJUST_SUM] = "退款超过已兑付金额",
    [LEDGER_CYCLE_DAY] = "提案日期晚于今日",
    [LEDGER_CYCLE_STANDS] = "本节点尚有未决的清算提案",
    [LEDGER_NO_CYCLE] = "无此清算提案",
    [LEDGER_CYCLE_DECIDED] = "该清算周期已有定论",
    [LEDGER_CYCLE_ANSWERED] = "已答复该清算提案",
    [LEDGER_APPROVAL_CLOSES] = "所引先前的确认并不存在",
    [LEDGER_CYCLE_VOTES] = "所引确认与参与方不符",
    [LEDGER_CYCLE_UNDECIDED] = "该清算周期尚未终局",
    [LEDGER_NO_TRANSFER] = "该清算周期无此划转",
    [LEDGER_OTHER_SIDE] = "该笔划转应由对方登记",
    [LEDGER_PAYMENT_SUM] = "金额或付款方与划转不符",
    [LEDGER_PAYMENT_SAID] = "该笔划转已登记",
    [LEDGER_ACCOUNT_ROOM] = "金额超出账户上限",
};

const char *ledger_refusal_zh(struct bytes text)
{
    const uint8_t *colon =
        text.size == 0 ? NULL : memchr(text.data, ':', text.size);
    if (colon == NULL) {
        return NULL;
    }
    struct bytes word = bytes_slice(text, 0, (size_t)(colon - text.data));
    for (int i = 0; i < LEDGER_REFUSAL_END; i++) {
        if (bytes_equal_text(word,
                             ledger_refusal_word((enum ledger_refusal)i))) {
            return refusals_zh[i];
        }
    }
    return NULL;
}

void ledger_explain(struct hl_detail *detail)
{
    struct hl_detail told = *detail;
    const char *zh = ledger_refusal_zh(bytes_of_text(told.text));
    if (zh == NULL) {
        return;
    }
    const char *colon = strchr(told.text, ':');
    hl_fail(detail, HL_ESTATE, "%.*s %s%s", (int)(colon - told.text), told.text,
            zh, colon);
    detail->where = told.where;
    detail->at = told.at;
}
