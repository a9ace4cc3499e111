/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_UNIT_H
#define HL_NODE_CATALOGUE_UNIT_H

/* Managing units (管理单位), as heluo/v1/unit.proto states them. Pure. */

#include "node/record/record.h"
#include "protocol/base/hl_err.h"

struct unit {
    struct bytes scheme;
    struct bytes id;
    struct bytes name_zh;
    struct bytes name_en;
    uint64_t kind;
    struct bytes division;
    uint64_t division_revision;
    struct bytes switchboard;
    struct bytes mailbox;
};

struct unit_retire {
    struct bytes scheme;
    struct bytes id;
    struct bytes reason;
};

/* The bodies of entries; numbers as unit.proto has them. */
enum { UNIT_BODY_PUT = 1, UNIT_BODY_RETIRE = 2 };

/* Their validity is form alone, the same for ever and for every program: the
 * check characters, the two digits of the province, what an address looks
 * like. Whether a division exists is not: lists grow. */
extern const struct record_type unit_record;   /* struct unit */
extern const struct record_type unit_retiring; /* struct unit_retire; no row */

/* What a command checks beyond record_validate(): the division stands in the
 * list of its year where this program carries that list, and the year is one
 * that can be; only units abroad have none. `record` is a struct unit.
 *
 * HL_EMALFORMED  detail names the field. */
HL_MUST_USE hl_err unit_check_new(const void *record, struct hl_detail *detail);

#endif
