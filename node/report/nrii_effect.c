/* SPDX-License-Identifier: Apache-2.0 */
#include "node/report/nrii_effect.h"

#include <inttypes.h>
#include <string.h>

#include "node/report/nrii_cell.h"
#include "protocol/base/hl_assert.h"

#define LARGE_FEN UINT64_C(50000000)

static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void nrii_effect_add(struct nrii_effect *effect, const struct nrii_service *of,
                     bool invoice)
{
    effect->services++;
    effect->invoices += invoice;
    effect->tenths = add(effect->tenths, nrii_service_tenths(of));
    effect->income_fen = add(effect->income_fen, of->income_fen);
}

void nrii_effect_add_worth(struct nrii_effect *effect, uint64_t worth_fen)
{
    if (worth_fen >= LARGE_FEN) {
        effect->large++;
        effect->large_fen = add(effect->large_fen, worth_fen);
    }
}

/* --- Cells ---------------------------------------------------------------- */

static void put_count(struct nrii_cell *cell, uint64_t count)
{
    if (count == 0) {
        nrii_cell_lack(cell);
    }
    writer_format(cell->out, "%" PRIu64, count);
}

/* In 万元. */
static void put_sum(struct nrii_cell *cell, uint64_t fen)
{
    if (nrii_cell_wan(cell, fen) == 0) {
        nrii_cell_lack(cell);
    }
}

static void put_invoices(struct nrii_cell *cell, const struct nrii_effect *of)
{
    put_count(cell, of->invoices);
}

static void put_income(struct nrii_cell *cell, const struct nrii_effect *of)
{
    put_sum(cell, of->income_fen);
}

static void put_large(struct nrii_cell *cell, const struct nrii_effect *of)
{
    put_count(cell, of->large);
}

static void put_large_worth(struct nrii_cell *cell,
                            const struct nrii_effect *of)
{
    put_sum(cell, of->large_fen);
}

static void put_services(struct nrii_cell *cell, const struct nrii_effect *of)
{
    writer_format(cell->out,
                  "\"对外服务机时%" PRIu64 ".%" PRIu64 "小时；服务%" PRIu64
                  "次\"",
                  of->tenths / 10, of->tenths % 10, of->services);
}

static void put_users(struct nrii_cell *cell, const struct nrii_effect *of)
{
    writer_format(cell->out,
                  "\"共服务用户%" PRIu64 "次，其中企业%" PRIu64 "家\"",
                  of->services, of->users);
}

/* Its numbers are texts. */
static void put_income_text(struct nrii_cell *cell,
                            const struct nrii_effect *of)
{
    writer_u8(cell->out, '"');
    (void)nrii_cell_wan(cell, of->income_fen);
    writer_u8(cell->out, '"');
}

static void put_empty(struct nrii_cell *cell, const struct nrii_effect *of)
{
    (void)of;
    nrii_cell_word(cell, "");
}

/* --- The forms ------------------------------------------------------------ */

/* Keys as the code of the interface's clients has them (type 7). */
static const struct nrii_key keys[] = {
    {"insCode", NULL, 32, true},
    {"serviceUrl", NULL, 100, false},
    {"serviceUrlyear", NULL, 0, false},
    {"billNum", NULL, 0, true},
    {"billWorth", NULL, 0, true},
    {"billWorthInstr", NULL, 0, true},
    {"intensityFileIdName", NULL, 0, false},
    {"intensityFileUrl", NULL, 0, false},
    {"instrNum", NULL, 0, true},
    {"instrWorth", NULL, 0, true},
    {"specializationFileIdName", NULL, 0, false},
    {"specializationFileUrl", NULL, 0, false},
    {"remark", NULL, 2000, false},
    {"remarks", NULL, 2000, false},
    {"remarkOne", NULL, 2000, false},
    {"remarkTwo", NULL, 2000, false},
};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

static const struct nrii_key keys_2016[] = {
    {"insCode", NULL, 32, true},
    {"submittedRates", NULL, 0, false},
    {"activatedRates", NULL, 0, false},
    {"totalShareRates", NULL, 0, false},
    {"externalShareRates", NULL, 0, false},
    {"innovation", NULL, 500, false},
    {"serviceAmounts", NULL, 200, false},
    {"user", NULL, 0, false},
    {"project", NULL, 200, false},
    {"thesis", NULL, 200, false},
    {"book", NULL, 200, false},
    {"report", NULL, 200, false},
    {"patent", NULL, 200, false},
    {"output", NULL, 200, false},
    {"achievements", NULL, 0, false},
    {"serviceIncome", NULL, 0, false},
    {"socialBenefit", NULL, 500, false},
    {"remark", NULL, 500, false},
};
enum { KEYS_2016 = sizeof(keys_2016) / sizeof(keys_2016[0]) };

/* Of each key in turn, behind insCode. */
struct effect_cell {
    const char *name_zh;
    void (*put)(struct nrii_cell *cell, const struct nrii_effect *of);
};

static const struct effect_cell cells[KEYS] = {
    {"所属单位标识", NULL},
    {"在线服务平台网址", put_empty},
    {"在线平台建设年份", put_empty},
    {"开放服务发票凭证数量", put_invoices},
    {"服务收入总金额", put_income},
    {"对外服务收入总金额", put_income},
    {"对外服务收入汇总表名称", put_empty},
    {"对外服务收入汇总表", put_empty},
    {"50万元以上仪器总数量", put_large},
    {"50万元以上仪器总原值", put_large_worth},
    {"50万元以上仪器资产明细表名称", put_empty},
    {"50万元以上仪器资产明细表", put_empty},
    {"支撑本单位科技创新成效", put_empty},
    {"支撑外单位科技创新成效", put_empty},
    {"重大科研基础设施开放共享情况", put_empty},
    {"管理制度及实验队伍建设情况", put_empty},
};

static const struct effect_cell cells_2016[KEYS_2016] = {
    {"所属单位标识", NULL},          {"入网比例", put_empty},
    {"正常运行设备比例", put_empty}, {"参与共享比例", put_empty},
    {"外部共享比例", put_empty},     {"仪器创新开发", put_empty},
    {"服务总量", put_services},      {"用户类型及数量", put_users},
    {"支撑项目", put_empty},         {"支撑论文", put_empty},
    {"支撑论著", put_empty},         {"支撑科技报告", put_empty},
    {"支撑发明专利", put_empty},     {"产出科学数据", put_empty},
    {"科技成果", put_empty},         {"服务收入", put_income_text},
    {"社会效益", put_empty},         {"备注", put_empty},
};

static const char *name_zh(size_t at)
{
    HL_ASSERT(at < KEYS);
    return cells[at].name_zh;
}

static const char *name_zh_2016(size_t at)
{
    HL_ASSERT(at < KEYS_2016);
    return cells_2016[at].name_zh;
}

const struct nrii_form nrii_form_effect = {"7", keys, KEYS, name_zh};
const struct nrii_form nrii_form_effect_2016 = {"7-2016", keys_2016, KEYS_2016,
                                                name_zh_2016};

void nrii_effect_put(const struct nrii_effect *effect,
                     const struct nrii_form *form, struct bytes ins_code,
                     struct writer *out, struct nrii_row *row)
{
    const struct effect_cell *put =
        form == &nrii_form_effect ? cells : cells_2016;
    struct nrii_cell cell = {.out = out, .row = row};
    *row = (struct nrii_row){0};
    for (size_t i = 0; i < form->count; i++) {
        cell.key = &form->keys[i];
        cell.bit = UINT64_C(1) << i;
        writer_format(out, "%s\"%s\": ", i == 0 ? "{" : ", ", cell.key->key);
        if (i == 0) {
            nrii_cell_ins_code(&cell, ins_code);
        } else {
            put[i].put(&cell, effect);
        }
    }
    writer_u8(out, '}');
}
