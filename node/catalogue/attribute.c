/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/attribute.h"

#include <inttypes.h>
#include <string.h>

#include "node/catalogue/characters.h"
#include "protocol/base/hl_assert.h"

/* --- Words --------------------------------------------------------------- */

static const struct attribute_word unit_kinds[] = {
    {1, "university", "高等院校"},
    {2, "institute", "科研院所"},
    {3, "enterprise", "企业"},
    {4, "hospital", "医疗机构"},
    {5, "platform", "公共服务平台"},
    {6, "government", "政府机构"},
    {7, "other", "其他"},
    {0},
};
static const struct attribute_word instrument_kinds[] = {
    {1, "general", "通用"},
    {2, "special", "专用"},
    {0},
};
static const struct attribute_word sources[] = {
    {1, "bought", "购置"},
    {2, "built", "研制"},
    {3, "given", "赠送"},
    {4, "other", "其他"},
    {0},
};
static const struct attribute_word statuses[] = {
    {1, "normal", "正常"},           {2, "sometimes_down", "偶有故障"},
    {3, "often_down", "故障频繁"},   {4, "in_repair", "待修"},
    {5, "to_be_scrapped", "待报废"}, {6, "standby", "待机"},
    {7, "remote", "远程服务中"},     {0},
};
static const struct attribute_word share_modes[] = {
    {1, "inside", "内部共享"},
    {2, "outside", "外部共享"},
    {3, "none", "不共享"},
    {0},
};
static const struct attribute_word carriers[] = {
    {1, "center", "科学仪器中心"},
    {2, "facility", "重大科研基础设施"},
    {3, "service", "服务单元"},
    {4, "none", "无"},
    {6, "laboratory", "国家重点实验室"},
    {7, "engineering", "国家工程技术研究中心"},
    {8, "biobank", "生物种质资源库馆"},
    {0},
};
static const struct attribute_word funds[] = {
    {1, "central", "中央财政资金"},
    {2, "local", "地方财政资金"},
    {4, "own", "单位自有资金"},
    {8, "other", "其他资金"},
    {0},
};
static const struct attribute_word service_kinds[] = {
    {1, "testing", "检测检验"},
    {2, "technology", "技术交易"},
    {3, "property", "知识产权"},
    {4, "advice", "科技咨询"},
    {5, "incubation", "创业孵化"},
    {6, "other", "其他"},
    {0},
};
/* The default is said as well: a file with 否 says something. */
static const struct attribute_word yes_no[] = {
    {1, "yes", "是"},
    {0, "no", "否"},
    {0},
};

/* --- Tables -------------------------------------------------------------- */

#define HOMED                                                                  \
    {1, "home", "归属节点", ATTRIBUTE_TEXT, NULL},                             \
        {2, "unit_scheme", "单位代码类型", ATTRIBUTE_TEXT, NULL},              \
        {3, "unit_id", "统一社会信用代码", ATTRIBUTE_TEXT, NULL},              \
    {                                                                          \
        4, "inner_id", "编号", ATTRIBUTE_TEXT, NULL                            \
    }

static const struct attribute unit[] = {
    {1, "scheme", "单位代码类型", ATTRIBUTE_TEXT, NULL},
    {2, "id", "统一社会信用代码", ATTRIBUTE_TEXT, NULL},
    {3, "name_zh", "管理单位", ATTRIBUTE_TEXT, NULL},
    {4, "name_en", "英文名称", ATTRIBUTE_TEXT, NULL},
    {5, "kind", "单位类型", ATTRIBUTE_WORD, unit_kinds},
    {6, "division", "行政区划代码", ATTRIBUTE_TEXT, NULL},
    {7, "division_revision", "区划版本", ATTRIBUTE_COUNT, NULL},
    {8, "switchboard", "总机", ATTRIBUTE_TEXT, NULL},
    {9, "mailbox", "公共邮箱", ATTRIBUTE_TEXT, NULL},
};

static const struct attribute instrument[] = {
    HOMED,
    {5, "name_zh", "仪器设备名称", ATTRIBUTE_TEXT, NULL},
    {6, "name_en", "英文名称", ATTRIBUTE_TEXT, NULL},
    {7, "class_scheme", "分类标准", ATTRIBUTE_TEXT, NULL},
    {8, "class_code", "设备分类编码", ATTRIBUTE_TEXT, NULL},
    {9, "kind", "类别", ATTRIBUTE_WORD, instrument_kinds},
    {10, "source", "来源", ATTRIBUTE_WORD, sources},
    {11, "customs_supervised", "是否海关监管", ATTRIBUTE_WORD, yes_no},
    {12, "worth", "原值", ATTRIBUTE_MONEY, NULL},
    {13, "nation", "产地国别", ATTRIBUTE_TEXT, NULL},
    {14, "manufacturer", "生产制造商", ATTRIBUTE_TEXT, NULL},
    {15, "model", "规格型号", ATTRIBUTE_TEXT, NULL},
    {16, "begin_date", "启用日期", ATTRIBUTE_TEXT, NULL},
    {17, "technical", "主要技术指标", ATTRIBUTE_TEXT, NULL},
    {18, "function", "主要功能", ATTRIBUTE_TEXT, NULL},
    {19, "subjects", "主要学科领域", ATTRIBUTE_TEXT, NULL},
    {20, "service_content", "服务内容", ATTRIBUTE_TEXT, NULL},
    {21, "achievement", "典型成果", ATTRIBUTE_TEXT, NULL},
    {22, "requirement", "对外开放共享规定", ATTRIBUTE_TEXT, NULL},
    {23, "fee", "参考收费标准", ATTRIBUTE_TEXT, NULL},
    {24, "service_url", "预约服务网址", ATTRIBUTE_TEXT, NULL},
    {25, "funds", "主要购置经费来源", ATTRIBUTE_WORDS, funds},
    {26, "hours_year", "机时年度", ATTRIBUTE_COUNT, NULL},
    {27, "run_hours", "年总运行机时", ATTRIBUTE_TENTHS, NULL},
    {28, "service_hours", "年对外服务机时", ATTRIBUTE_TENTHS, NULL},
    {29, "status", "运行状态", ATTRIBUTE_WORD, statuses},
    {30, "share_mode", "共享模式", ATTRIBUTE_WORD, share_modes},
    {31, "division", "行政区划代码", ATTRIBUTE_TEXT, NULL},
    {32, "division_revision", "区划版本", ATTRIBUTE_COUNT, NULL},
    {33, "street", "街道", ATTRIBUTE_TEXT, NULL},
    {34, "department", "所属单位内部门", ATTRIBUTE_TEXT, NULL},
    {35, "carrier_type", "隶属资源载体类型", ATTRIBUTE_WORD, carriers},
    {36, "carrier_id", "隶属资源载体编号", ATTRIBUTE_TEXT, NULL},
    {37, "carrier_name", "隶属资源载体名称", ATTRIBUTE_TEXT, NULL},
    {38, "address", "通讯地址", ATTRIBUTE_TEXT, NULL},
    {39, "postcode", "邮编", ATTRIBUTE_TEXT, NULL},
    {40, "contact", "联系人", ATTRIBUTE_TEXT, NULL},
    {41, "phone", "电话", ATTRIBUTE_TEXT, NULL},
    {42, "email", "邮箱", ATTRIBUTE_TEXT, NULL},
    {43, "image_url", "图片", ATTRIBUTE_TEXT, NULL},
    {44, "cstr", "科技资源标识", ATTRIBUTE_TEXT, NULL},
};

static const struct attribute service_item[] = {
    HOMED,
    {5, "name_zh", "服务名称", ATTRIBUTE_TEXT, NULL},
    {6, "name_en", "英文名称", ATTRIBUTE_TEXT, NULL},
    {7, "kind", "服务类型", ATTRIBUTE_WORD, service_kinds},
    {8, "instruments", "仪器编号", ATTRIBUTE_TEXT, NULL},
    {9, "class_scheme", "分类标准", ATTRIBUTE_TEXT, NULL},
    {10, "class_code", "设备分类编码", ATTRIBUTE_TEXT, NULL},
    {11, "price", "价格", ATTRIBUTE_MONEY, NULL},
    {12, "price_unit", "计价单位", ATTRIBUTE_TEXT, NULL},
    {13, "price_note", "价格说明", ATTRIBUTE_TEXT, NULL},
    {14, "content", "服务内容", ATTRIBUTE_TEXT, NULL},
    {15, "standards", "依据标准", ATTRIBUTE_TEXT, NULL},
    {16, "days", "服务周期", ATTRIBUTE_COUNT, NULL},
    {17, "division", "行政区划代码", ATTRIBUTE_TEXT, NULL},
    {18, "division_revision", "区划版本", ATTRIBUTE_COUNT, NULL},
    {19, "service_url", "预约服务网址", ATTRIBUTE_TEXT, NULL},
    {20, "contact", "联系人", ATTRIBUTE_TEXT, NULL},
    {21, "phone", "电话", ATTRIBUTE_TEXT, NULL},
    {22, "email", "邮箱", ATTRIBUTE_TEXT, NULL},
};

static const struct attribute demand[] = {
    HOMED,
    {5, "title", "需求名称", ATTRIBUTE_TEXT, NULL},
    {6, "text", "需求内容", ATTRIBUTE_TEXT, NULL},
    {7, "class_scheme", "分类标准", ATTRIBUTE_TEXT, NULL},
    {8, "class_code", "设备分类编码", ATTRIBUTE_TEXT, NULL},
    {9, "budget", "预算", ATTRIBUTE_MONEY, NULL},
    {10, "needed_by", "期望日期", ATTRIBUTE_TEXT, NULL},
    {11, "division", "行政区划代码", ATTRIBUTE_TEXT, NULL},
    {12, "division_revision", "区划版本", ATTRIBUTE_COUNT, NULL},
    {13, "contact", "联系人", ATTRIBUTE_TEXT, NULL},
    {14, "phone", "电话", ATTRIBUTE_TEXT, NULL},
    {15, "email", "邮箱", ATTRIBUTE_TEXT, NULL},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *kind;
    const struct attribute *items;
    size_t count;
} tables[] = {
    {"unit", unit, COUNT(unit)},
    {"instrument", instrument, COUNT(instrument)},
    {"service", service_item, COUNT(service_item)},
    {"demand", demand, COUNT(demand)},
};

const struct attribute *attributes_of(const struct record_kind *kind,
                                      size_t *count)
{
    for (size_t i = 0; i < COUNT(tables); i++) {
        if (strcmp(tables[i].kind, kind->word) == 0) {
            *count = tables[i].count;
            return tables[i].items;
        }
    }
    HL_ASSERT(false); /* a kind without attributes */
    return NULL;
}

const struct attribute *attribute_find(const struct record_kind *kind,
                                       struct bytes name)
{
    size_t count;
    const struct attribute *all = attributes_of(kind, &count);
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal_text(name, all[i].name) ||
            bytes_equal_text(name, all[i].name_zh)) {
            return &all[i];
        }
    }
    return NULL;
}

const struct field *attribute_field(const struct record_kind *kind,
                                    const struct attribute *attribute)
{
    for (size_t i = 0; i < kind->type->field_count; i++) {
        if (kind->type->fields[i].number == attribute->field) {
            return &kind->type->fields[i];
        }
    }
    HL_ASSERT(false); /* an attribute without a field */
    return NULL;
}

/* --- Reading ------------------------------------------------------------- */

enum { NUMBER_TEXT_BYTES = 96 };

/* Whether commas stand between thousands only: 79,5 is 79.5 to some, and not
 * 795 to anybody. */
static bool commas_part_thousands(struct bytes number)
{
    size_t digits = 0;
    bool comma = false;
    for (size_t i = 0; i <= number.size; i++) {
        if (i == number.size || number.data[i] == '.' ||
            number.data[i] == ',') {
            if (comma
                    ? digits != 3
                    : digits > 3 && i < number.size && number.data[i] == ',') {
                return false;
            }
            if (i == number.size || number.data[i] == '.') {
                return true;
            }
            comma = true;
            digits = 0;
        } else {
            digits++;
        }
    }
    return true;
}

/* Digits with up to `decimals` behind a point; thousands may have commas. The
 * value in units of the last decimal. */
static hl_err parse_decimal(struct bytes text, unsigned decimals, uint64_t *out,
                            struct hl_detail *detail)
{
    uint8_t room[NUMBER_TEXT_BYTES];
    struct bytes narrow = {0};
    uint64_t value = 0;
    unsigned after = 0;
    bool point = false;
    bool digits = false;
    if (text.size <= sizeof(room)) {
        narrow = character_narrow(text, CHARACTER_NARROW_ALL, room);
    }
    for (size_t i = 0; i < narrow.size; i++) {
        uint8_t byte = narrow.data[i];
        if (byte == '.' && !point) {
            point = true;
        } else if (byte == ',' && !point && digits) {
            continue;
        } else if (character_is_digit(byte)) {
            digits = true;
            after += point ? 1 : 0;
            if (after > decimals && byte == '0') {
                continue; /* 79.5000 */
            }
            if (after > decimals) {
                return hl_fail(detail, HL_EMALFORMED,
                               "'%.*s' has more than %u decimals: round it",
                               BYTES_ARGS(text), decimals);
            }
            if (value > (UINT64_MAX - 9) / 10) {
                return hl_fail(detail, HL_ELIMIT, "'%.*s' is too large",
                               BYTES_ARGS(text));
            }
            value = value * 10 + (uint64_t)(byte - '0');
        } else {
            digits = false;
            break;
        }
    }
    if (!digits || !commas_part_thousands(narrow)) {
        return hl_fail(detail, HL_EMALFORMED, "'%.*s' is no number",
                       BYTES_ARGS(text));
    }
    for (; after < decimals; after++) {
        if (value > UINT64_MAX / 10) {
            return hl_fail(detail, HL_ELIMIT, "'%.*s' is too large",
                           BYTES_ARGS(text));
        }
        value *= 10;
    }
    *out = value;
    return HL_OK;
}

hl_err attribute_parse_money(struct bytes text, uint64_t unit_fen,
                             uint64_t *fen, struct hl_detail *detail)
{
    unsigned decimals = 0;
    for (uint64_t left = unit_fen; left > 1; left /= 10) {
        HL_ASSERT(left % 10 == 0);
        decimals++;
    }
    return parse_decimal(text, decimals, fen, detail);
}

static void name_words(const struct attribute_word *words, struct bytes text,
                       struct hl_detail *detail)
{
    struct writer all = {0};
    for (; words->word != NULL; words++) {
        writer_format(&all, "%s%s (%s)", all.size == 0 ? "" : ", ", words->word,
                      words->word_zh);
    }
    hl_fail(detail, HL_EMALFORMED, "'%.*s' is none of %.*s", BYTES_ARGS(text),
            BYTES_ARGS(writer_view(&all)));
    writer_fini(&all);
}

static hl_err parse_word(const struct attribute_word *words, struct bytes text,
                         uint64_t *out, struct hl_detail *detail)
{
    for (const struct attribute_word *at = words; at->word != NULL; at++) {
        if (bytes_equal_text(text, at->word) ||
            bytes_equal_text(text, at->word_zh)) {
            *out = at->value;
            return HL_OK;
        }
    }
    name_words(words, text, detail);
    return HL_EMALFORMED;
}

/* Bytes of the separator that begins there; 0: none does. */
static size_t separator_at(struct bytes text, size_t at)
{
    static const char *const separators[] = {",", ";", "，", "、", "；"};
    for (size_t i = 0; i < COUNT(separators); i++) {
        size_t size = strlen(separators[i]);
        if (text.size - at >= size &&
            memcmp(text.data + at, separators[i], size) == 0) {
            return size;
        }
    }
    return 0;
}

static hl_err parse_words(const struct attribute_word *words, struct bytes text,
                          uint64_t *out, struct hl_detail *detail)
{
    size_t from = 0;
    for (size_t at = 0; at <= text.size;) {
        size_t gap = at == text.size ? 1 : separator_at(text, at);
        if (gap == 0) {
            at++;
            continue;
        }
        uint8_t room[NUMBER_TEXT_BYTES];
        struct bytes word = bytes_slice(text, from, at - from);
        uint64_t bit = 0;
        if (word.size <= sizeof(room)) {
            word = character_narrow(word, CHARACTER_NARROW_ALL, room);
        }
        hl_err err = parse_word(words, word, &bit, detail);
        if (err != HL_OK) {
            return err;
        }
        *out |= bit;
        at += gap;
        from = at;
    }
    return HL_OK;
}

static hl_err parse_number(const struct attribute *attribute, struct bytes text,
                           uint64_t *out, struct hl_detail *detail)
{
    switch (attribute->form) {
    case ATTRIBUTE_MONEY:
        return parse_decimal(text, 2, out, detail);
    case ATTRIBUTE_TENTHS:
        return parse_decimal(text, 1, out, detail);
    case ATTRIBUTE_WORD:
        return parse_word(attribute->words, text, out, detail);
    case ATTRIBUTE_WORDS:
        return parse_words(attribute->words, text, out, detail);
    case ATTRIBUTE_TEXT:
    case ATTRIBUTE_COUNT:
        break;
    }
    return parse_decimal(text, 0, out, detail);
}

hl_err attribute_parse(const struct record_kind *kind,
                       const struct attribute *attribute, struct bytes text,
                       void *record, struct hl_detail *detail)
{
    const struct field *field = attribute_field(kind, attribute);
    void *place = (uint8_t *)record + field->offset;
    if (attribute->form == ATTRIBUTE_TEXT) {
        *(struct bytes *)place = text;
        return HL_OK;
    }
    uint64_t value = 0;
    if (text.size > 0) {
        hl_err err = parse_number(attribute, text, &value, detail);
        if (err != HL_OK) {
            return err;
        }
    }
    *(uint64_t *)place = value;
    return HL_OK;
}

/* --- Writing ------------------------------------------------------------- */

static void format_words(const struct attribute_word *words, uint64_t bits,
                         struct writer *out)
{
    const char *between = "";
    for (; words->word != NULL; words++) {
        if ((bits & words->value) != 0) {
            writer_format(out, "%s%s", between, words->word);
            between = ",";
        }
    }
}

static void format_word(const struct attribute_word *words, uint64_t value,
                        struct writer *out)
{
    for (; words->word != NULL; words++) {
        if (words->value == value) {
            writer_text(out, words->word);
            return;
        }
    }
    /* Of a newer program's enumerator. */
    if (value != 0) {
        writer_format(out, "%" PRIu64, value);
    }
}

void attribute_format(const struct record_kind *kind,
                      const struct attribute *attribute, const void *record,
                      struct writer *out)
{
    const struct field *field = attribute_field(kind, attribute);
    const void *place = (const uint8_t *)record + field->offset;
    if (attribute->form == ATTRIBUTE_TEXT) {
        writer_bytes(out, *(const struct bytes *)place);
        return;
    }
    uint64_t value = *(const uint64_t *)place;
    switch (attribute->form) {
    case ATTRIBUTE_MONEY:
        writer_format(out, "%" PRIu64 ".%02" PRIu64, value / 100, value % 100);
        break;
    case ATTRIBUTE_TENTHS:
        writer_format(out, "%" PRIu64 ".%" PRIu64, value / 10, value % 10);
        break;
    case ATTRIBUTE_WORD:
        format_word(attribute->words, value, out);
        break;
    case ATTRIBUTE_WORDS:
        format_words(attribute->words, value, out);
        break;
    case ATTRIBUTE_TEXT:
    case ATTRIBUTE_COUNT:
        if (value != 0) {
            writer_format(out, "%" PRIu64, value);
        }
        break;
    }
}
