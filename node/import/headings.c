/* SPDX-License-Identifier: Apache-2.0 */

/* What headings mean that people's files have beside the attributes' own two
 * names. */

#include <string.h>

#include "node/catalogue/characters.h"
#include "node/catalogue/name_key.h"
#include "node/import/mapping.h"

/* Of all kinds that have such an attribute. "-": not taken. */
static const struct {
    const char *heading;
    const char *attribute;
} synonyms[] = {
    {"仪器编号", "inner_id"},
    {"资产编号", "inner_id"},
    {"设备编号", "inner_id"},
    {"所在单位仪器编号", "inner_id"},
    {"服务编号", "inner_id"},
    {"需求编号", "inner_id"},
    {"单位代码", "unit_id"},
    {"信用代码", "unit_id"},
    {"单位统一社会信用代码", "unit_id"},
    {"单位代码", "id"},
    {"信用代码", "id"},
    {"单位统一社会信用代码", "id"},
    {"企业统一社会信用代码", "unit_id"},
    {"仪器名称", "name_zh"},
    {"设备名称", "name_zh"},
    {"名称", "name_zh"},
    {"中文名称", "name_zh"},
    {"单位名称", "name_zh"},
    {"企业名称", "name_zh"},
    {"服务项目名称", "name_zh"},
    {"服务项目", "name_zh"},
    {"仪器英文名称", "name_en"},
    {"需求标题", "title"},
    {"标题", "title"},
    {"需求描述", "text"},
    {"内容", "text"},
    {"分类方案", "class_scheme"},
    {"仪器来源", "source"},
    {"服务类别", "kind"},
    {"安放省", "province"},
    {"安放市", "city"},
    {"安放区县", "county"},
    {"安放街道", "street"},
    {"所在省", "province"},
    {"所在市", "city"},
    {"所在区县", "county"},
    {"单位邮箱", "mailbox"},
    {"所用仪器编号", "instruments"},
    {"检测依据", "standards"},
    {"报告周期", "days"},
    {"服务网址", "service_url"},
    {"需求单位", "-"},
    {"分类编码", "class_code"},
    {"分类代码", "class_code"},
    {"仪器分类编码", "class_code"},
    {"分类名称", "class_name"},
    {"设备分类", "class_name"},
    {"分类", "class_name"},
    {"仪器类别", "kind"},
    {"设备来源", "source"},
    {"海关监管", "customs_supervised"},
    {"仪器原值", "worth"},
    {"设备原值", "worth"},
    {"价值", "worth"},
    {"国别", "nation"},
    {"生产国别", "nation"},
    {"制造商", "manufacturer"},
    {"生产厂家", "manufacturer"},
    {"生产厂商", "manufacturer"},
    {"型号", "model"},
    {"型号规格", "model"},
    {"启用时间", "begin_date"},
    {"建账日期", "begin_date"},
    {"购置日期", "begin_date"},
    {"技术指标", "technical"},
    {"功能", "function"},
    {"学科领域", "subjects"},
    {"开放共享规定", "requirement"},
    {"用户须知", "requirement"},
    {"收费标准", "fee"},
    {"参考收费", "fee"},
    {"预约网址", "service_url"},
    {"经费来源", "funds"},
    {"购置经费来源", "funds"},
    {"年运行机时", "run_hours"},
    {"运行机时", "run_hours"},
    {"年服务机时", "service_hours"},
    {"年(对外)服务机时", "service_hours"},
    {"对外服务机时", "service_hours"},
    {"统计年度", "hours_year"},
    {"年度", "hours_year"},
    {"状态", "status"},
    {"所在部门", "department"},
    {"部门", "department"},
    {"区划代码", "division"},
    {"所在区划", "division"},
    {"行政区划", "division"},
    {"省", "province"},
    {"省份", "province"},
    {"市", "city"},
    {"城市", "city"},
    {"区县", "county"},
    {"县", "county"},
    {"县区", "county"},
    {"通信地址", "address"},
    {"地址", "address"},
    {"邮政编码", "postcode"},
    {"联系电话", "phone"},
    {"手机", "phone"},
    {"电子邮箱", "email"},
    {"邮件", "email"},
    {"公共邮箱", "mailbox"},
    {"单位性质", "kind"},
    {"参考价格", "price"},
    {"单价", "price"},
    {"服务价格", "price"},
    {"使用仪器", "instruments"},
    {"所用仪器", "instruments"},
    {"服务天数", "days"},
    {"周期", "days"},
    {"执行标准", "standards"},
    {"标准", "standards"},
    {"预算金额", "budget"},
    {"截止日期", "needed_by"},
    {"期望完成日期", "needed_by"},
    {"CSTR", "cstr"},
    {"图片网址", "image_url"},
    /* Names of what the unit's code says already. */
    {"管理单位", "-"},
    {"所属单位", "-"},
    {"序号", "-"},
    {"#", "-"},
    {"No.", "-"},
    /* What heluo import adds to rows that it refused. */
    {"heluo_line", "-"},
    {"heluo_column", "-"},
    {"heluo_reason", "-"},
};

static const struct {
    const char *name;
    enum target_kind kind;
} specials[] = {
    {"class_name", TARGET_CLASS_NAME},
    {"province", TARGET_PROVINCE},
    {"city", TARGET_CITY},
    {"county", TARGET_COUNTY},
    {"-", TARGET_NOTHING},
};

uint64_t money_unit(struct bytes name)
{
    static const struct {
        const char *name;
        uint64_t fen;
    } units[] = {
        {"分", 1},
        {"fen", 1},
        {"元", 100},
        {"yuan", 100},
        {"千元", 100000},
        {"万元", 1000000},
        {"亿元", 10000000000},
    };
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (name_equal(name, bytes_of_text(units[i].name))) {
            return units[i].fen;
        }
    }
    return 0;
}

static bool has_attribute(const struct record_kind *kind, const char *name)
{
    return attribute_find(kind, bytes_of_text(name)) != NULL;
}

/* Whether a record of the kind has a place for it. */
static bool is_special(const struct record_kind *kind, struct bytes name,
                       enum target_kind *out)
{
    for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
        if (!bytes_equal_text(name, specials[i].name)) {
            continue;
        }
        *out = specials[i].kind;
        return *out == TARGET_NOTHING
                   ? true
                   : has_attribute(kind, *out == TARGET_CLASS_NAME
                                             ? "class_code"
                                             : "division");
    }
    return false;
}

/* A star, of either width, marks what a form wants to have filled. */
static struct bytes without_stars(struct bytes heading)
{
    static const char *const stars[] = {"*", "＊", " "};
    for (size_t i = 0; i < 3; i++) {
        size_t size = strlen(stars[i]);
        if (heading.size > size && memcmp(heading.data, stars[i], size) == 0) {
            return without_stars(
                bytes_slice(heading, size, heading.size - size));
        }
        if (heading.size > size &&
            memcmp(heading.data + heading.size - size, stars[i], size) == 0) {
            return without_stars(bytes_slice(heading, 0, heading.size - size));
        }
    }
    return heading;
}

/* "原值(万元)": the name before the bracket, and what stands in it. */
static struct bytes without_unit(struct bytes key, struct bytes *unit)
{
    const uint8_t *open =
        key.size == 0 ? NULL : memchr(key.data, '(', key.size);
    *unit = (struct bytes){0};
    if (open == NULL || key.data[key.size - 1] != ')') {
        return key;
    }
    size_t at = (size_t)(open - key.data);
    *unit = bytes_slice(key, at + 1, key.size - at - 2);
    return bytes_slice(key, 0, at);
}

uint64_t heading_unit(struct bytes heading, bool *known)
{
    uint8_t room[NAME_KEY_BYTES];
    struct bytes unit;
    without_unit(name_key(without_stars(heading), room), &unit);
    uint64_t fen = money_unit(unit);
    *known = unit.size == 0 || fen > 0;
    return fen;
}

/* Whether the attribute's numbers are of that unit: a remark such as 必填 would
 * be one to others. Money in dollars is not money in yuan. */
static bool takes_unit(const struct attribute *attribute, struct bytes unit)
{
    static const char *const hours[] = {"小时", "时", "h", "hour", "hours"};
    static const char *const days[] = {"天", "日", "工作日", "d", "days"};
    if (attribute == NULL || unit.size == 0) {
        return true;
    }
    if (attribute->form == ATTRIBUTE_MONEY) {
        return money_unit(unit) > 0;
    }
    if (attribute->form != ATTRIBUTE_TENTHS &&
        strcmp(attribute->name, "days") != 0) {
        return true;
    }
    const char *const *units =
        attribute->form == ATTRIBUTE_TENTHS ? hours : days;
    for (size_t i = 0; i < 5; i++) {
        if (name_equal(unit, bytes_of_text(units[i]))) {
            return true;
        }
    }
    return false;
}

bool target_named(const struct target *target, const char *name)
{
    return target->attribute != NULL &&
           strcmp(target->attribute->name, name) == 0;
}

bool target_is_date(const struct target *target)
{
    return target_named(target, "begin_date") ||
           target_named(target, "needed_by");
}

static bool take_name(const struct record_kind *kind, struct bytes name,
                      struct target *out)
{
    if (is_special(kind, name, &out->kind)) {
        return true;
    }
    size_t count;
    const struct attribute *all = attributes_of(kind, &count);
    for (size_t i = 0; i < count; i++) {
        if (name_equal(name, bytes_of_text(all[i].name)) ||
            name_equal(name, bytes_of_text(all[i].name_zh))) {
            out->kind = TARGET_ATTRIBUTE;
            out->attribute = &all[i];
            return true;
        }
    }
    return false;
}

/* By the key of a heading. */
static bool take_synonym(const struct record_kind *kind, struct bytes key,
                         struct target *out)
{
    for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++) {
        uint8_t room[NAME_KEY_BYTES];
        if (key.size > 0 &&
            bytes_equal(key,
                        name_key(bytes_of_text(synonyms[i].heading), room)) &&
            take_name(kind, bytes_of_text(synonyms[i].attribute), out)) {
            return true;
        }
    }
    return false;
}

struct target heading_target(const struct record_kind *kind,
                             struct bytes heading, bool *known)
{
    struct target target = {.kind = TARGET_NOTHING};
    uint8_t room[NAME_KEY_BYTES];
    struct bytes unit;
    heading = without_stars(heading);
    struct bytes key = name_key(heading, room);
    /* As it is, and without what stands in brackets. */
    *known =
        take_name(kind, heading, &target) || take_synonym(kind, key, &target);
    if (!*known) {
        struct bytes name = without_unit(key, &unit);
        *known =
            take_name(kind, name, &target) || take_synonym(kind, name, &target);
        *known = *known && takes_unit(target.attribute, unit);
        if (!*known) {
            return (struct target){.kind = TARGET_NOTHING};
        }
        bool money = target.attribute != NULL &&
                     target.attribute->form == ATTRIBUTE_MONEY;
        target.unit_fen = money ? money_unit(unit) : 0;
    }
    return target;
}
