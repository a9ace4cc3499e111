/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_DEMAND_H
#define HL_NODE_CATALOGUE_DEMAND_H

/* Demands (需求), as heluo/v1/demand.proto states them. Pure. */

#include "node/catalogue/rules.h"

struct demand {
    struct homed of; /* first */
    struct bytes title;
    struct bytes text;
    struct bytes class_scheme;
    struct bytes class_code;
    uint64_t budget_fen;
    struct bytes needed_by;
    struct bytes division;
    uint64_t division_revision;
    struct bytes contact;
    struct bytes phone;
    struct bytes email;
};

/* Numbers of bodies as demand.proto has them. */
enum { DEMAND_BODY_PUT = 9, DEMAND_BODY_RETIRE = 10 };

extern const struct record_type demand_record; /* struct demand */
extern const struct record_type
    demand_retiring; /* struct homed_retire; no row */

/* What a command checks beyond record_validate(); `record` is a struct
 * demand.
 *
 * HL_EMALFORMED  detail names the field. */
HL_MUST_USE hl_err demand_check_new(const void *record,
                                    struct hl_detail *detail);

#endif
