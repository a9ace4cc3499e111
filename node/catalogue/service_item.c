/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/service_item.h"

#include "heluo/v1/service_item.pb-c.h"

/* In the order of their numbers; the keys first. */
static const struct field fields[] = {
    ROWS_HOMED(service_item),
    ROW_NAME(service_item, 5, name_zh, 0, 300),
    ROW_CODE(service_item, 6, name_en, 300),
    ROW_UINT(service_item, 7, kind, 6),
    ROW_TEXT(service_item, 8, instruments, 0, 2000),
    ROW_CODE(service_item, 9, class_scheme, 32),
    ROW_RULED(service_item, 10, class_code, 6, rule_six_digits),
    ROW_UINT(service_item, 11, price_fen, MONEY_MAX_FEN),
    ROW_NAME(service_item, 12, price_unit, 0, 30),
    ROW_TEXT(service_item, 13, price_note, 0, 2000),
    ROW_TEXT(service_item, 14, content, 0, 2000),
    ROW_TEXT(service_item, 15, standards, 0, 2000),
    ROW_UINT(service_item, 16, days, 3650),
    ROW_RULED(service_item, 17, division, 6, rule_division),
    ROW_UINT(service_item, 18, division_revision, 9999),
    ROW_RULED(service_item, 19, service_url, 500, rule_url),
    ROW_NAME(service_item, 20, contact, 0, 60),
    ROW_RULED(service_item, 21, phone, 40, rule_phone),
    ROW_RULED(service_item, 22, email, 100, rule_masked_mailbox),
};

static hl_err validate(const void *record, struct hl_detail *detail)
{
    const struct service_item *item = record;
    hl_err err = homed_validate(&item->of, detail);
    if (err == HL_OK && item->name_zh.size == 0 && item->name_en.size == 0) {
        err = hl_fail(detail, HL_EMALFORMED,
                      "field name_zh: missing, and name_en too");
    }
    if (err == HL_OK) {
        err = rule_class_stated(item->class_scheme, item->class_code, detail);
    }
    return err == HL_OK ? rule_division_stated(item->division,
                                               item->division_revision, detail)
                        : err;
}

static void normalise(void *record)
{
    homed_normalise(record);
}

const struct record_type service_item_record = {
    .number = 4,
    .name = "service_item",
    .size = sizeof(struct service_item),
    .fields = fields,
    .field_count = sizeof(fields) / sizeof(fields[0]),
    .schema = &heluo__v1__service_item_record__descriptor,
    .validate = validate,
    .normalise = normalise,
};

const struct record_type service_item_retiring = {
    .number = 0,
    .name = "service_item_retire",
    .size = sizeof(struct homed_retire),
    .fields = homed_retire_fields,
    .field_count = HOMED_RETIRE_FIELDS,
    .schema = &heluo__v1__service_item_retire__descriptor,
    .validate = homed_retire_validate,
    .normalise = homed_retire_normalise,
};

hl_err service_item_check_new(const void *record, struct hl_detail *detail)
{
    const struct service_item *item = record;
    return rule_division_known(item->division, item->division_revision, detail);
}
