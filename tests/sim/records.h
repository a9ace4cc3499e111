/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_RECORDS_H
#define HL_TESTS_SIM_RECORDS_H

/* What platforms ask about instruments, service items and demands: put,
 * retired, and moved from city to city. Asks at the moment that it suits the
 * node; whether it still does is decided when the node runs it. */

#include "tests/sim/platform.h"

/* A few requests, as they come. */
void records_some(struct platform *platform, struct host *host);
/* What was released to that node is answered, or a part of it. */
void records_answer(struct platform *platform, struct host *host);
/* Some records go to that city, whoever it is. */
void records_release(struct platform *platform, struct host *host, size_t to);

/* The body of the entry. */
hl_err records_run(struct request *request, struct write_context *context,
                   struct hl_detail *detail);

/* At rest: a record of cities that never went back on an entry has one owner,
 * or is on its way; nothing is found of them; and what its new home refused,
 * or was ended before it answered, is its old home's again. */
bool check_homes(struct world *world);

#endif
