/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_UNIT_H
#define HL_NODE_CATALOGUE_UNIT_H

/* Managing units (管理单位), as heluo/v1/unit.proto states them. Pure. */

#include "node/projection/record.h"
#include "protocol/base/hl_err.h"
#include "protocol/base/writer.h"

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

extern const struct record_type unit_record;   /* struct unit */
extern const struct record_type unit_retiring; /* struct unit_retire; no row */

/* Brings what a person typed into the one written form: white space around it
 * dropped, full-width to half-width, letters to the scheme's case. Appends to
 * `out`, which the unit's texts then borrow (it must not move again: reserve,
 * or use what is returned at once). Does not validate. */
void unit_normalise(struct unit *unit, struct writer *out);

#endif
