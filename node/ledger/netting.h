/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LEDGER_NETTING_H
#define HL_NODE_LEDGER_NETTING_H

/* From multilateral nets to transfers (design section 10). Pure. */

#include "node/ledger/cycle.h"

/* Transfers by which all nets become zero: each from who has most left to pay
 * to who has most left to get, of equals the lower place, for as much as both
 * have; at most one less than there are nets. `nets` sum up to zero, each has
 * one side at most, and places ascend. `out` has room for as many as nets.
 * Returns how many there are. */
size_t netting_transfers(const struct cycle_net *nets, size_t count,
                         struct cycle_transfer *out);

#endif
