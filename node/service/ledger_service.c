/* SPDX-License-Identifier: Apache-2.0 */

/* The methods of Scheme, Voucher, Order and Ledger. */

#include "node/service/ledger_call.h"

enum {
    REQUEST_MAX_BYTES = 65536,
    READ_MAX_BYTES = 4096,
    BATCH_MAX_BYTES = 4194304,
};

#define WRITERS (ROLE_BIT(ROLE_PLATFORM) | ROLE_BIT(ROLE_OPERATOR))
#define READERS (WRITERS | ROLE_BIT(ROLE_COORDINATOR) | ROLE_BIT(ROLE_CLEARING))

#define METHOD(path_, kind_, roles_, request_, response_, max_, handle_)       \
    {                                                                          \
        .path = "/heluo.v1." path_, .kind = (kind_), .roles = (roles_),        \
        .request = &heluo__v1__##request_##__descriptor,                       \
        .response = &heluo__v1__##response_##__descriptor,                     \
        .request_max_bytes = (max_), .handle = (handle_)                       \
    }
#define WRITE(path, request)                                                   \
    METHOD(path, RPC_UNARY, WRITERS, request, ledger_response,                 \
           REQUEST_MAX_BYTES, ledger_write)
#define READ(path, roles, request, response, handle)                           \
    METHOD(path, RPC_UNARY, roles, request, response, READ_MAX_BYTES, handle)
#define WATCH(path, roles, request, response, handle)                          \
    METHOD(path, RPC_SERVER_STREAM, roles, request, response, TOKEN_MAX_BYTES, \
           handle)

const struct rpc_method scheme_methods[] = {
    READ("Scheme/List", READERS, scheme_list_request, scheme_list_response,
         scheme_list),
    WRITE("Scheme/Put", scheme_put_request),
    {0},
};

const struct rpc_method voucher_methods[] = {
    WRITE("Voucher/End", voucher_end_request),
    READ("Voucher/Get", WRITERS, voucher_get_request, voucher_get_response,
         voucher_get),
    WRITE("Voucher/Issue", voucher_issue_request),
    READ("Voucher/List", WRITERS, voucher_list_request, voucher_list_response,
         voucher_list),
    WATCH("Voucher/Watch", WRITERS, voucher_watch_request, voucher_change,
          voucher_watch),
    {0},
};

const struct rpc_method order_methods[] = {
    WRITE("Order/Accept", order_accept_request),
    WRITE("Order/Adjust", order_adjust_request),
    WRITE("Order/Allot", order_allot_request),
    WRITE("Order/Cancel", order_cancel_request),
    WRITE("Order/Close", order_close_request),
    WRITE("Order/Confirm", order_confirm_request),
    WRITE("Order/Decline", order_decline_request),
    WRITE("Order/Deliver", order_deliver_request),
    WRITE("Order/Dispute", order_dispute_request),
    READ("Order/Get", READERS, order_get_request, order_get_response,
         order_get),
    READ("Order/List", READERS, order_list_request, order_list_response,
         order_list),
    WRITE("Order/Place", order_place_request),
    WRITE("Order/Request", order_request_request),
    WRITE("Order/Resolve", order_resolve_request),
    WRITE("Order/Review", order_review_request),
    WRITE("Order/Spend", order_spend_request),
    WATCH("Order/Watch", READERS, order_watch_request, order_change,
          order_watch),
    {0},
};

const struct rpc_method ledger_methods[] = {
    READ("Ledger/Balance", READERS, ledger_balance_request,
         ledger_balance_response, ledger_balance),
    METHOD("Ledger/Batch", RPC_UNARY, WRITERS, ledger_batch_request,
           ledger_batch_response, BATCH_MAX_BYTES, ledger_batch),
    READ("Ledger/Postings", READERS, ledger_postings_request,
         ledger_postings_response, ledger_postings),
    {0},
};
