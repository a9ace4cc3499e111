/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_CMD_CLEARING_H
#define HL_NODE_CLI_CMD_CLEARING_H

/* What the files of `heluo clearing` share. Functions that ask a node return
 * its errors, with their texts in the call. */

#include "heluo/v1/clearing.pb-c.h"
#include "node/cli/cmd_ledger.h"
#include "node/cli/connect.h"

/* "final 已终局"; "approved 已确认", "rejected 已拒绝", "no answer 未答复". */
const char *clearing_standing_word(Heluo__V1__CycleStanding standing);
const char *clearing_answer_word(Heluo__V1__CycleAnswer answer);
/* "owed 应付", and so on. */
const char *clearing_claim_word(Heluo__V1__ClaimKind kind);
/* "received 已到账", "sent 已付款", "replaced 已转入 ...", "overdue 已逾期",
 * "to pay 待付款"; `today` is a day. */
void clearing_transfer_state(const Heluo__V1__TransferView *transfer,
                             const char *today, struct writer *out);

/* The cycle of that name; "" or NULL: the newest. The caller's to free:
 * heluo__v1__clearing_get_response__free_unpacked(). */
HL_MUST_USE hl_err clearing_get_cycle(struct cli_call *call,
                                      struct node_link *link, const char *name,
                                      Heluo__V1__ClearingGetResponse **out);

/* All claims of a cycle in which that node is debtor or creditor ("": all). The
 * array is the caller's: clearing_claims_free(). */
struct clearing_claims {
    Heluo__V1__ClearingClaim **items;
    size_t count;
};
HL_MUST_USE hl_err clearing_get_claims(struct cli_call *call,
                                       struct node_link *link, const char *name,
                                       const char *node,
                                       struct clearing_claims *out);
void clearing_claims_free(struct clearing_claims *claims);

/* Whether it is NODE/INDEX; the node borrows from it. */
bool clearing_is_name(struct bytes text, struct bytes *node, uint64_t *index);
/* NAME/NUMBER of the first operand: the cycle's name into `name`.
 *
 * HL_EUSAGE */
enum { CLEARING_NAME_BYTES = 96 };
HL_MUST_USE hl_err clearing_take_transfer(struct cli_call *call,
                                          char name[CLEARING_NAME_BYTES],
                                          uint32_t *number);

hl_err cmd_clearing_show(struct cli_call *call);
hl_err cmd_clearing_list(struct cli_call *call);
hl_err cmd_clearing_position(struct cli_call *call);
hl_err cmd_clearing_claims(struct cli_call *call);
hl_err cmd_clearing_explain(struct cli_call *call);
extern const struct cli_option clearing_show_options[];
extern const struct cli_option clearing_list_options[];
extern const struct cli_option clearing_claims_options[];
extern const struct cli_option clearing_explain_options[];

#endif
