/* SPDX-License-Identifier: Apache-2.0 */

/* What the commands of `heluo clearing` ask, and the words they use. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "node/cli/cmd_clearing.h"
#include "node/client/client.h"
#include "protocol/base/alloc.h"
#include "protocol/base/text.h"

/* As many as a sheet has rows, nearly. */
enum { CLAIMS_MAX = 1000000 };

/* --- Words. -------------------------------------------------------------- */

#define STANDING(name) HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_##name

const char *clearing_standing_word(Heluo__V1__CycleStanding standing)
{
    static const char *const words[] = {
        [STANDING(OPEN)] = "open 待确认",
        [STANDING(ABORTED)] = "aborted 已中止",
        [STANDING(ABANDONED)] = "abandoned 已废止",
        [STANDING(DECLARED)] = "declared 待封存",
        [STANDING(FINAL)] = "final 已终局",
        [STANDING(VOID)] = "void 无效",
    };
    size_t i = (size_t)standing;
    return i < sizeof(words) / sizeof(words[0]) && words[i] != NULL
               ? words[i]
               : "unknown 未知";
}

const char *clearing_answer_word(Heluo__V1__CycleAnswer answer)
{
    switch (answer) {
    case HELUO__V1__CYCLE_ANSWER__CYCLE_ANSWER_APPROVED:
        return "approved 已确认";
    case HELUO__V1__CYCLE_ANSWER__CYCLE_ANSWER_REJECTED:
        return "rejected 已拒绝";
    default:
        return "no answer 未答复";
    }
}

const char *clearing_claim_word(Heluo__V1__ClaimKind kind)
{
    switch (kind) {
    case HELUO__V1__CLAIM_KIND__CLAIM_KIND_OWED:
        return "owed 应付";
    case HELUO__V1__CLAIM_KIND__CLAIM_KIND_SPENT:
        return "spent 额度支用";
    case HELUO__V1__CLAIM_KIND__CLAIM_KIND_REPAYMENT:
        return "repayment 退还";
    case HELUO__V1__CLAIM_KIND__CLAIM_KIND_TRANSFER:
        return "overdue 逾期划转";
    default:
        return "unknown 未知";
    }
}

void clearing_transfer_state(const Heluo__V1__TransferView *transfer,
                             const char *today, struct writer *out)
{
    if (transfer->received_day[0] != '\0') {
        writer_format(out, "received 已到账 %s", transfer->received_day);
    } else if (transfer->replaced_by[0] != '\0') {
        writer_format(out, "replaced 已转入 %s", transfer->replaced_by);
    } else if (transfer->sent_day[0] != '\0') {
        writer_format(out, "sent 已付款 %s %s", transfer->sent_day,
                      transfer->sent_reference);
    } else {
        writer_text(out, strcmp(transfer->pay_by, today) < 0 ? "overdue 已逾期"
                                                             : "to pay 待付款");
    }
}

/* --- Questions. ---------------------------------------------------------- */

hl_err clearing_get_cycle(struct cli_call *call, struct node_link *link,
                          const char *name,
                          Heluo__V1__ClearingGetResponse **out)
{
    Heluo__V1__ClearingGetRequest request =
        HELUO__V1__CLEARING_GET_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    request.name = (char *)(uintptr_t)(name == NULL ? "" : name);
    hl_err err =
        node_link_ask(call, link, "/heluo.v1.Clearing/Get", &request.base,
                      &heluo__v1__clearing_get_response__descriptor, &answer);
    *out = (Heluo__V1__ClearingGetResponse *)answer;
    if (err == HL_OK && (*out)->cycle == NULL) {
        err = hl_fail(cli_about(call, ""), HL_EMALFORMED,
                      "the node's answer lacks a cycle");
    }
    return err;
}

static void add_claim(struct clearing_claims *claims, size_t *capacity,
                      ProtobufCMessage *message)
{
    if (claims->count == *capacity) {
        *capacity = *capacity == 0 ? 64 : 2 * *capacity;
        claims->items =
            hl_realloc(claims->items, *capacity, sizeof(claims->items[0]));
    }
    claims->items[claims->count++] = (Heluo__V1__ClearingClaim *)message;
}

hl_err clearing_get_claims(struct cli_call *call, struct node_link *link,
                           const char *name, const char *node,
                           struct clearing_claims *out)
{
    Heluo__V1__ClearingClaimsRequest request =
        HELUO__V1__CLEARING_CLAIMS_REQUEST__INIT;
    size_t capacity = 0;
    hl_err err = HL_OK;
    request.name = (char *)(uintptr_t)name;
    request.node = (char *)(uintptr_t)node;
    *out = (struct clearing_claims){0};
    struct client_stream *stream = client_stream_open(
        link->client, "/heluo.v1.Clearing/Claims", &request.base,
        &heluo__v1__clearing_claim__descriptor);
    for (;;) {
        ProtobufCMessage *message = NULL;
        bool timed_out = false;
        err = client_stream_next(stream, link->timeout_ms, &message, &timed_out,
                                 cli_about(call, name));
        if (err == HL_OK && timed_out) {
            err = hl_fail(&call->detail, HL_EDEADLINE,
                          "no answer within %" PRId64
                          " s: the count takes longer, give --timeout more",
                          link->timeout_ms / 1000);
        }
        if (err != HL_OK || message == NULL) {
            break;
        }
        if (out->count == CLAIMS_MAX) {
            protobuf_c_message_free_unpacked(message, NULL);
            err = hl_fail(&call->detail, HL_ELIMIT,
                          "the cycle counts more than %d claims: ask for those "
                          "of one node",
                          CLAIMS_MAX);
            break;
        }
        add_claim(out, &capacity, message);
    }
    client_stream_close(&stream);
    return err;
}

void clearing_claims_free(struct clearing_claims *claims)
{
    for (size_t i = 0; i < claims->count; i++) {
        heluo__v1__clearing_claim__free_unpacked(claims->items[i], NULL);
    }
    hl_free(claims->items);
    *claims = (struct clearing_claims){0};
}

bool clearing_is_name(struct bytes text, struct bytes *node, uint64_t *index)
{
    size_t slash = 0;
    while (slash < text.size && text.data[slash] != '/') {
        slash++;
    }
    *node = bytes_slice(text, 0, slash);
    return slash < text.size && text_is_label(*node) &&
           text_decimal(bytes_slice(text, slash + 1, text.size - slash - 1),
                        INT64_MAX, index) == HL_OK;
}

hl_err clearing_take_transfer(struct cli_call *call,
                              char name[CLEARING_NAME_BYTES], uint32_t *number)
{
    const char *text = call->operands[0];
    const char *slash = strrchr(text, '/');
    struct bytes node;
    uint64_t index = 0, value = 0;
    if (slash == NULL || (size_t)(slash - text) >= CLEARING_NAME_BYTES ||
        !clearing_is_name(
            bytes_of((const uint8_t *)text, (size_t)(slash - text)), &node,
            &index) ||
        text_decimal(bytes_of_text(slash + 1), UINT32_MAX, &value) != HL_OK) {
        return cli_usage(call,
                         "'%s': a transfer is called by its cycle and its "
                         "number there, as zhengzhou/12/0",
                         text);
    }
    memcpy(name, text, (size_t)(slash - text));
    name[slash - text] = '\0';
    *number = (uint32_t)value;
    return HL_OK;
}
