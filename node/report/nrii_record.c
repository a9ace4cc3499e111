/* SPDX-License-Identifier: Apache-2.0 */
#include "node/report/nrii_record.h"

#include <inttypes.h>
#include <stdlib.h>

#include "node/report/nrii_cell.h"
#include "protocol/base/hl_assert.h"

#define NOTHING "无"
#define UTC8_MS UINT64_C(28800000)
#define TENTH_MS UINT64_C(360000)

enum {
    KIND_TESTING = 1,
    USER_OUTSIDE = 130,
    DIRECTION_OTHER = 138,
    HOUR_BYTES = 13, /* "2026-11-24 17" */
};

/* --- Times ---------------------------------------------------------------- */

static void format_time(uint64_t ms, char out[WALL_TEXT_BYTES])
{
    uint64_t last = (uint64_t)INT64_MAX - UTC8_MS;
    uint64_t shifted = (ms < last ? ms : last) + UTC8_MS;
    wall_format((struct hl_wall){.ms = (int64_t)shifted}, out);
}

uint64_t nrii_year(uint64_t ms)
{
    char text[WALL_TEXT_BYTES];
    format_time(ms, text);
    return strtoull(text, NULL, 10);
}

uint64_t nrii_service_tenths(const struct nrii_service *of)
{
    uint64_t ms = of->until_ms > of->from_ms ? of->until_ms - of->from_ms : 0;
    return ms / TENTH_MS + (ms % TENTH_MS >= TENTH_MS / 2);
}

/* --- Cells ---------------------------------------------------------------- */

static void put_order(struct nrii_cell *cell, const struct nrii_service *of)
{
    nrii_cell_whole(cell, of->order);
}

static void put_ins_code(struct nrii_cell *cell, const struct nrii_service *of)
{
    nrii_cell_ins_code(cell, of->ins_code);
}

static void put_inner_id(struct nrii_cell *cell, const struct nrii_service *of)
{
    nrii_cell_whole(cell, of->inner_id);
}

static void put_amounts(struct nrii_cell *cell, const struct nrii_service *of)
{
    writer_format(cell->out, "%" PRIu64 ".%02" PRIu64, of->income_fen / 100,
                  of->income_fen % 100);
}

static void put_end(struct nrii_cell *cell, const struct nrii_service *of)
{
    char text[WALL_TEXT_BYTES];
    format_time(of->until_ms, text);
    text[HOUR_BYTES - 3] = ' ';
    text[HOUR_BYTES] = '\0';
    nrii_cell_word(cell, text);
}

static void put_hours(struct nrii_cell *cell, const struct nrii_service *of)
{
    uint64_t tenths = nrii_service_tenths(of);
    if (tenths == 0) {
        nrii_cell_lack(cell);
        writer_text(cell->out, "null");
        return;
    }
    writer_format(cell->out, "%" PRIu64 ".%" PRIu64, tenths / 10, tenths % 10);
}

/* The item's name, or what kind of service it was. */
static void put_content(struct nrii_cell *cell, const struct nrii_service *of)
{
    const struct record_kind *kind = record_kind_of_word("service");
    const struct attribute_word *word =
        attribute_find(kind, bytes_of_text("kind"))->words;
    while (word->word != NULL && word->value != of->kind) {
        word++;
    }
    nrii_cell_text(cell, of->content.size > 0 ? of->content
                         : word->word == NULL ? bytes_of_text("其他")
                                              : bytes_of_text(word->word_zh));
}

/* Who pays by voucher has a test made for him. */
static void put_way(struct nrii_cell *cell, const struct nrii_service *of)
{
    nrii_cell_word(cell, of->kind == KIND_TESTING ? "委托共享" : "其他");
}

static void put_user(struct nrii_cell *cell, const struct nrii_service *of)
{
    (void)of;
    writer_format(cell->out, "%d", USER_OUTSIDE);
}

static void put_direction(struct nrii_cell *cell, const struct nrii_service *of)
{
    (void)of;
    writer_format(cell->out, "%d", DIRECTION_OTHER);
}

static void put_nothing(struct nrii_cell *cell, const struct nrii_service *of)
{
    (void)of;
    nrii_cell_word(cell, NOTHING);
}

static void put_empty(struct nrii_cell *cell, const struct nrii_service *of)
{
    (void)of;
    nrii_cell_word(cell, "");
}

static void put_subjects(struct nrii_cell *cell, const struct nrii_service *of)
{
    nrii_cell_subjects(cell, of->subjects);
}

static void put_comment(struct nrii_cell *cell, const struct nrii_service *of)
{
    static const char *const words[] = {"",     "极差",     "不满意",
                                        "一般", "基本满意", "非常满意"};
    size_t count = sizeof(words) / sizeof(words[0]);
    nrii_cell_word(cell, words[of->stars < count ? of->stars : 0]);
}

static void put_inside(struct nrii_cell *cell, const struct nrii_service *of)
{
    (void)of;
    writer_text(cell->out, "0");
}

/* 0 says yes, and 1 no. */
static void put_agreement(struct nrii_cell *cell, const struct nrii_service *of)
{
    writer_text(cell->out, of->contract ? "0" : "1");
}

static void put_tax(struct nrii_cell *cell, const struct nrii_service *of)
{
    if (of->supervised) {
        nrii_cell_lack(cell);
        nrii_cell_word(cell, "");
    } else {
        nrii_cell_word(cell, NOTHING);
    }
}

/* --- The form ------------------------------------------------------------- */

/* Keys and limits as the code of the interface's clients has them (type 6):
 * adressType is misspelt there. */
static const struct nrii_key keys[] = {
    {"recordInnerId", NULL, 150, true},  {"insCode", NULL, 32, true},
    {"innerId", NULL, 150, true},        {"amounts", NULL, 0, true},
    {"endTime", NULL, 0, true},          {"serviceAmount", NULL, 0, true},
    {"serviceContent", NULL, 200, true}, {"serviceWay", NULL, 0, true},
    {"serviceType", NULL, 0, true},      {"serviceDirection", NULL, 0, true},
    {"subjectName", NULL, 0, false},     {"subjectIncome", NULL, 0, true},
    {"subjectArea", NULL, 0, true},      {"subjectContent", NULL, 200, false},
    {"applicant", NULL, 20, true},       {"applicantPhone", NULL, 20, true},
    {"applicantEmail", NULL, 50, true},  {"applicantUnit", NULL, 100, true},
    {"comment", NULL, 0, false},         {"adressType", NULL, 0, false},
    {"moveAddress", NULL, 0, false},     {"signAgreement", NULL, 0, false},
    {"serviceCode", NULL, 0, false},     {"record", NULL, 0, true},
};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

/* Of each key in turn. */
static const struct {
    const char *name_zh;
    void (*put)(struct nrii_cell *cell, const struct nrii_service *of);
} cells[KEYS] = {
    {"服务记录编号", put_order},
    {"所属单位标识", put_ins_code},
    {"所在单位仪器编号", put_inner_id},
    {"服务金额", put_amounts},
    {"服务结束时间", put_end},
    {"服务机时", put_hours},
    {"服务内容", put_content},
    {"服务方式", put_way},
    {"服务对象", put_user},
    {"服务类型", put_direction},
    {"课题名称", put_nothing},
    {"课题经费来源", put_nothing},
    {"课题主要科学领域", put_subjects},
    {"课题研究内容", put_nothing},
    {"申请人", put_nothing},
    {"申请人电话", put_nothing},
    {"申请人电子邮箱", put_nothing},
    {"申请人单位", put_nothing},
    {"用户评价", put_comment},
    {"是否在单位内使用", put_inside},
    {"对外服务地址", put_empty},
    {"是否签订协议", put_agreement},
    {"海关通知书编号", put_empty},
    {"补税记录", put_tax},
};

static const char *name_zh(size_t at)
{
    HL_ASSERT(at < KEYS);
    return cells[at].name_zh;
}

const struct nrii_form nrii_form_record = {"6", keys, KEYS, name_zh};

void nrii_record_put(const struct nrii_service *of, struct writer *out,
                     struct nrii_row *row)
{
    struct nrii_cell cell = {.out = out, .row = row};
    *row = (struct nrii_row){0};
    writer_u8(out, '{');
    for (size_t i = 0; i < KEYS; i++) {
        cell.key = &keys[i];
        cell.bit = UINT64_C(1) << i;
        writer_format(out, "\"%s\": ", cell.key->key);
        cells[i].put(&cell, of);
        writer_text(out, ", ");
    }
    writer_text(out, "\"auditStatus\": -1}");
}
