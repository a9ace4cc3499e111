/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_FINDING_H
#define HL_NODE_PROJECTION_FINDING_H

/* Findings as they are kept: under a key made of what they are about, so that
 * they can be taken back exactly. Inside this folder. Functions return
 * store.h's errors. */

#include "node/projection/tables.h"
#include "protocol/base/writer.h"

/* Second part of keys in STORE_FINDINGS, after the number of the origin whose
 * journal it is about; never reused. */
enum finding_kind {
    FINDING_INVALID_ENTRY = 1, /* then the entry's index */
    FINDING_UNIT_IN_TWO_HOMES, /* then the record's name */
    FINDING_UNRELEASED_TAKE,   /* so below */
    FINDING_RESUMED_TAKEN,
    FINDING_RECORD_IN_TWO_HOMES,
    FINDING_ANSWER_UNFOUNDED,
    FINDING_RESOLUTION_UNFOUNDED,
    FINDING_GRANT_UNFOUNDED,
    FINDING_DELIVERY_BREAKS_RULE,
    FINDING_INVOICE_TWICE,
    FINDING_MACHINE_TWICE,
    FINDING_CONTRACT_SPLIT,
    FINDING_CYCLE_ANSWER_UNFOUNDED,
    FINDING_APPROVAL_OVERLAPS,
    FINDING_FINAL_UNFOUNDED,
    FINDING_PAYMENT_UNFOUNDED,
    FINDING_KIND_END
};
const char *finding_kind_word(enum finding_kind kind);

/* A finding to keep. Control characters in its texts are replaced. */
struct finding_text {
    uint64_t index;
    const char *subject;
    const char *en;
    const char *zh;
};

struct store_key finding_key(uint32_t number, enum finding_kind kind);

HL_MUST_USE hl_err finding_put(const struct tables *tables,
                               const struct store_key *key,
                               const struct finding_text *text,
                               struct hl_detail *detail);

#endif
