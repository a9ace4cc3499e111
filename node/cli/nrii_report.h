/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_NRII_REPORT_H
#define HL_NODE_CLI_NRII_REPORT_H

/* What the files of `heluo report nrii` share. Inside them alone. */

#include "node/cli/ins_codes.h"
#include "node/cli/nrii_file.h"
#include "node/cli/report_walk.h"

struct nrii_report {
    struct cli_call *call;
    struct node_link link;
    struct report_self self;
    struct ins_codes codes;
    struct nrii_file file; /* open */
    uint64_t year;         /* 0: all of them */
    uint64_t unmatched;    /* services of no instrument of this node */
};

/* What a service record or a year's effect is made of, by the orders that this
 * node delivered: form 6, or one of form 7. */
HL_MUST_USE hl_err nrii_report_services(struct nrii_report *report);

#endif
