/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo clearing statement`. */

#include "node/cli/cmd_clearing_statement.h"

#include <string.h>

#include "node/cli/cmd_clearing.h"
#include "node/cli/report_walk.h"
#include "node/cli/statement_file.h"

const struct cli_option clearing_statement_options[] = {
    {"of", "NODE", "Whose; that of the node that is asked, if not given.",
     CLI_OPTIONAL},
    STATEMENT_FILE_OPTIONS,
    CONNECT_OPTIONS,
    {0}};

struct gathering {
    struct cli_call *call;
    struct node_link link;
    struct report_self self;
    const char *node; /* whose statement */
    Heluo__V1__ClearingGetResponse *answer;
    struct clearing_claims claims;
};

/* A journal's name is that of the alliance, and of the node behind the '/'. */
static hl_err choose_node(struct gathering *gathering)
{
    const char *given = cli_get(gathering->call, "of");
    hl_err err =
        report_ask_self(gathering->call, &gathering->link, &gathering->self);
    if (err == HL_OK) {
        const char *slash = strchr(gathering->self.origin, '/');
        gathering->node = given != NULL   ? given
                          : slash == NULL ? gathering->self.origin
                                          : slash + 1;
    }
    return err;
}

static hl_err gather(struct gathering *gathering)
{
    hl_err err = node_link_open(gathering->call, &gathering->link);
    if (err == HL_OK) {
        err = choose_node(gathering);
    }
    if (err == HL_OK) {
        err = clearing_get_cycle(gathering->call, &gathering->link,
                                 gathering->call->operand_count > 0
                                     ? gathering->call->operands[0]
                                     : "",
                                 &gathering->answer);
    }
    return err == HL_OK
               ? clearing_get_claims(gathering->call, &gathering->link,
                                     gathering->answer->cycle->name,
                                     gathering->node, &gathering->claims)
               : err;
}

static void release(struct gathering *gathering)
{
    clearing_claims_free(&gathering->claims);
    if (gathering->answer != NULL) {
        heluo__v1__clearing_get_response__free_unpacked(gathering->answer,
                                                        NULL);
    }
    node_link_close(&gathering->link);
}

hl_err cmd_clearing_statement(struct cli_call *call)
{
    struct gathering gathering = {.call = call};
    struct statement_order order = {0};
    hl_err err = statement_order_take(call, &order);
    if (err == HL_OK) {
        err = gather(&gathering);
    }
    if (err == HL_OK) {
        const struct statement_input input = {
            .cycle = gathering.answer->cycle,
            .alliance = gathering.answer->alliance,
            .node = gathering.node,
            .claims = gathering.claims.items,
            .claim_count = gathering.claims.count,
            .now = {(int64_t)gathering.self.now_ms},
        };
        err = statement_order_fill(call, &order, &input);
    }
    release(&gathering);
    return err;
}
