/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_INSTRUMENT_H
#define HL_NODE_CATALOGUE_INSTRUMENT_H

/* Instruments (大型科学仪器设备), as heluo/v1/instrument.proto states them.
 * Pure. */

#include "node/catalogue/rules.h"

struct instrument {
    struct homed of; /* first */
    struct bytes name_zh;
    struct bytes name_en;
    struct bytes class_scheme;
    struct bytes class_code;
    uint64_t kind;
    uint64_t source;
    uint64_t customs_supervised;
    uint64_t worth_fen;
    struct bytes nation;
    struct bytes manufacturer;
    struct bytes model;
    struct bytes begin_date;
    struct bytes technical;
    struct bytes function;
    struct bytes subjects;
    struct bytes service_content;
    struct bytes achievement;
    struct bytes requirement;
    struct bytes fee;
    struct bytes service_url;
    uint64_t funds;
    uint64_t hours_year;
    uint64_t run_hours_tenths;
    uint64_t service_hours_tenths;
    uint64_t status;
    uint64_t share_mode;
    struct bytes division;
    uint64_t division_revision;
    struct bytes street;
    struct bytes department;
    uint64_t carrier_type;
    struct bytes carrier_id;
    struct bytes carrier_name;
    struct bytes address;
    struct bytes postcode;
    struct bytes contact;
    struct bytes phone;
    struct bytes email;
    struct bytes image_url;
    struct bytes cstr;
};

/* Numbers of bodies as instrument.proto has them. */
enum { INSTRUMENT_BODY_PUT = 5, INSTRUMENT_BODY_RETIRE = 6 };

extern const struct record_type instrument_record; /* struct instrument */
extern const struct record_type
    instrument_retiring; /* struct homed_retire; no row */

/* Whether somebody from outside can use it: it is neither in repair nor to be
 * scrapped, and shared with somebody; what is not stated stands for itself. */
bool instrument_can_be_used(const struct instrument *instrument);

/* What a command checks beyond record_validate(); `record` is a struct
 * instrument.
 *
 * HL_EMALFORMED  detail names the field. */
HL_MUST_USE hl_err instrument_check_new(const void *record,
                                        struct hl_detail *detail);

#endif
