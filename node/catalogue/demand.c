/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/demand.h"

#include "heluo/v1/demand.pb-c.h"

/* In the order of their numbers; the keys first. */
static const struct field fields[] = {
    ROWS_HOMED(demand),
    ROW_NAME(demand, 5, title, 1, 300),
    ROW_TEXT(demand, 6, text, 1, 6000),
    ROW_CODE(demand, 7, class_scheme, 32),
    ROW_RULED(demand, 8, class_code, 6, rule_six_digits),
    ROW_UINT(demand, 9, budget_fen, MONEY_MAX_FEN),
    ROW_RULED(demand, 10, needed_by, 10, rule_date),
    ROW_RULED(demand, 11, division, 6, rule_division),
    ROW_UINT(demand, 12, division_revision, 9999),
    ROW_NAME(demand, 13, contact, 0, 60),
    ROW_RULED(demand, 14, phone, 40, rule_phone),
    ROW_RULED(demand, 15, email, 100, rule_masked_mailbox),
};

static hl_err validate(const void *record, struct hl_detail *detail)
{
    const struct demand *demand = record;
    hl_err err = homed_validate(&demand->of, detail);
    if (err == HL_OK) {
        err =
            rule_class_stated(demand->class_scheme, demand->class_code, detail);
    }
    return err == HL_OK
               ? rule_division_stated(demand->division,
                                      demand->division_revision, detail)
               : err;
}

static void normalise(void *record)
{
    homed_normalise(record);
}

const struct record_type demand_record = {
    .number = 5,
    .name = "demand",
    .size = sizeof(struct demand),
    .fields = fields,
    .field_count = sizeof(fields) / sizeof(fields[0]),
    .schema = &heluo__v1__demand_record__descriptor,
    .validate = validate,
    .normalise = normalise,
};

const struct record_type demand_retiring = {
    .number = 0,
    .name = "demand_retire",
    .size = sizeof(struct homed_retire),
    .fields = homed_retire_fields,
    .field_count = HOMED_RETIRE_FIELDS,
    .schema = &heluo__v1__demand_retire__descriptor,
    .validate = homed_retire_validate,
    .normalise = homed_retire_normalise,
};

hl_err demand_check_new(const void *record, struct hl_detail *detail)
{
    const struct demand *demand = record;
    return rule_division_known(demand->division, demand->division_revision,
                               detail);
}
