/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/instrument.h"

#include "heluo/v1/instrument.pb-c.h"
#include "node/catalogue/characters.h"

/* Up to four codes of three digits, with commas between. */
static hl_err validate_subjects(struct bytes value, struct hl_detail *detail)
{
    bool good = value.size == 0 || value.size % 4 == 3;
    for (size_t i = 0; i < value.size; i++) {
        good = good && (i % 4 == 3 ? value.data[i] == ','
                                   : character_is_digit(value.data[i]));
    }
    return good ? HL_OK
                : hl_fail(detail, HL_EMALFORMED,
                          "up to four codes of three digits, with commas "
                          "between");
}

/* In the order of their numbers; the keys first. */
static const struct field fields[] = {
    ROWS_HOMED(instrument),
    ROW_NAME(instrument, 5, name_zh, 0, 300),
    ROW_CODE(instrument, 6, name_en, 300),
    ROW_CODE(instrument, 7, class_scheme, 32),
    ROW_RULED(instrument, 8, class_code, 6, rule_six_digits),
    ROW_UINT(instrument, 9, kind, 2),
    ROW_UINT(instrument, 10, source, 4),
    ROW_UINT(instrument, 11, customs_supervised, 1),
    ROW_UINT(instrument, 12, worth_fen, MONEY_MAX_FEN),
    ROW_NAME(instrument, 13, nation, 0, 60),
    ROW_NAME(instrument, 14, manufacturer, 0, 300),
    ROW_CODE(instrument, 15, model, 300),
    ROW_RULED(instrument, 16, begin_date, 10, rule_date),
    ROW_TEXT(instrument, 17, technical, 0, 2000),
    ROW_TEXT(instrument, 18, function, 0, 2000),
    ROW_RULED(instrument, 19, subjects, 15, validate_subjects),
    ROW_TEXT(instrument, 20, service_content, 0, 2000),
    ROW_TEXT(instrument, 21, achievement, 0, 2000),
    ROW_TEXT(instrument, 22, requirement, 0, 2000),
    ROW_TEXT(instrument, 23, fee, 0, 2000),
    ROW_RULED(instrument, 24, service_url, 500, rule_url),
    ROW_UINT(instrument, 25, funds, 15),
    ROW_UINT(instrument, 26, hours_year, 9999),
    ROW_UINT(instrument, 27, run_hours_tenths, HOURS_MAX_TENTHS),
    ROW_UINT(instrument, 28, service_hours_tenths, HOURS_MAX_TENTHS),
    ROW_UINT(instrument, 29, status, 7),
    ROW_UINT(instrument, 30, share_mode, 3),
    ROW_RULED(instrument, 31, division, 6, rule_division),
    ROW_UINT(instrument, 32, division_revision, 9999),
    ROW_NAME(instrument, 33, street, 0, 300),
    ROW_NAME(instrument, 34, department, 0, 300),
    ROW_UINT(instrument, 35, carrier_type, 8),
    ROW_CODE(instrument, 36, carrier_id, 150),
    ROW_NAME(instrument, 37, carrier_name, 0, 300),
    ROW_NAME(instrument, 38, address, 0, 300),
    ROW_RULED(instrument, 39, postcode, 6, rule_six_digits),
    ROW_NAME(instrument, 40, contact, 0, 60),
    ROW_RULED(instrument, 41, phone, 40, rule_phone),
    ROW_RULED(instrument, 42, email, 100, rule_masked_mailbox),
    ROW_RULED(instrument, 43, image_url, 500, rule_url),
    ROW_CODE(instrument, 44, cstr, 128),
};

static hl_err validate(const void *record, struct hl_detail *detail)
{
    const struct instrument *instrument = record;
    hl_err err = homed_validate(&instrument->of, detail);
    if (err == HL_OK && instrument->name_zh.size == 0 &&
        instrument->name_en.size == 0) {
        err = hl_fail(detail, HL_EMALFORMED,
                      "field name_zh: missing, and name_en too");
    }
    if (err == HL_OK) {
        err = rule_class_stated(instrument->class_scheme,
                                instrument->class_code, detail);
    }
    return err == HL_OK
               ? rule_division_stated(instrument->division,
                                      instrument->division_revision, detail)
               : err;
}

static void normalise(void *record)
{
    homed_normalise(record);
}

const struct record_type instrument_record = {
    .number = 3,
    .name = "instrument",
    .size = sizeof(struct instrument),
    .fields = fields,
    .field_count = sizeof(fields) / sizeof(fields[0]),
    .schema = &heluo__v1__instrument_record__descriptor,
    .validate = validate,
    .normalise = normalise,
};

const struct record_type instrument_retiring = {
    .number = 0,
    .name = "instrument_retire",
    .size = sizeof(struct homed_retire),
    .fields = homed_retire_fields,
    .field_count = HOMED_RETIRE_FIELDS,
    .schema = &heluo__v1__instrument_retire__descriptor,
    .validate = homed_retire_validate,
    .normalise = homed_retire_normalise,
};

hl_err instrument_check_new(const void *record, struct hl_detail *detail)
{
    const struct instrument *instrument = record;
    return rule_division_known(instrument->division,
                               instrument->division_revision, detail);
}

/* Numbers of instrument.proto. */
enum { STATUS_IN_REPAIR = 4, STATUS_TO_BE_SCRAPPED = 5, SHARED_NOWHERE = 3 };

bool instrument_can_be_used(const struct instrument *instrument)
{
    return instrument->status != STATUS_IN_REPAIR &&
           instrument->status != STATUS_TO_BE_SCRAPPED &&
           instrument->share_mode != SHARED_NOWHERE;
}
