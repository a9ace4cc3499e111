/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_REPORT_NRII_RECORD_H
#define HL_NODE_REPORT_NRII_RECORD_H

/* A service as the national interface wants it (type 6, service record), by
 * what an order says. Some of the keys are misspelt there, and so they are
 * here. Behind them stands auditStatus, which is always -1. Pure, any
 * thread. */

#include "node/report/nrii_form.h"
#include "protocol/base/writer.h"

extern const struct nrii_form nrii_form_record;

struct nrii_service {
    struct bytes order;    /* as people name it */
    struct bytes ins_code; /* of the unit; empty: not known */
    struct bytes inner_id; /* of the instrument */
    struct bytes subjects; /* its codes, with commas between */
    bool supervised;       /* by the customs */
    struct bytes content;  /* the service item's name; empty: none is named */
    uint64_t kind;         /* ServiceKind */
    uint64_t income_fen;
    uint64_t from_ms, until_ms;
    uint64_t stars; /* 0: not rated */
    bool contract;  /* there is one */
};

/* Appends the record as one JSON object, in which all keys stand, as
 * nrii_row_put() does. What no journal says is 无 or empty, as the form takes
 * it; subjectArea is the instrument's. Missing are:
 *
 * - serviceAmount of a service that took less than three minutes;
 * - record, of an instrument under the customs' supervision: whether tax is to
 *   be paid for its use, somebody has to say. */
void nrii_record_put(const struct nrii_service *of, struct writer *out,
                     struct nrii_row *row);

/* Hours, in tenths, rounded. */
uint64_t nrii_service_tenths(const struct nrii_service *of);

/* The year in UTC+8. */
uint64_t nrii_year(uint64_t ms);

#endif
