/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_REPORT_NRII_EFFECT_H
#define HL_NODE_REPORT_NRII_EFFECT_H

/* What a unit's instruments did for others in a year, as the national interface
 * wants it (type 7, service effect), by what orders say. Two forms of it are in
 * use: one with invoices and income, and one of 2016 with services and users.
 * Pure, any thread. */

#include "node/report/nrii_record.h"

extern const struct nrii_form nrii_form_effect;
extern const struct nrii_form nrii_form_effect_2016;

struct nrii_effect {
    uint64_t services, users; /* users: for the caller */
    uint64_t tenths;          /* hours */
    uint64_t income_fen;      /* stays at its end, where the sum is above it */
    uint64_t invoices;
    uint64_t large, large_fen; /* instruments of 500,000 yuan and more */
};

/* A service as nrii_record_put() tells it. */
void nrii_effect_add(struct nrii_effect *effect, const struct nrii_service *of,
                     bool invoice);

/* An instrument that the unit has. */
void nrii_effect_add_worth(struct nrii_effect *effect, uint64_t worth_fen);

/* Appends one JSON object in which all keys of that form stand. What no order
 * says is empty, for the unit to write: a year's results cannot be nothing by
 * default. Of the newer form numbers of 0 are missing, as it takes none. */
void nrii_effect_put(const struct nrii_effect *effect,
                     const struct nrii_form *form, struct bytes ins_code,
                     struct writer *out, struct nrii_row *row);

#endif
