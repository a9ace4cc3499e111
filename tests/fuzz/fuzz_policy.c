/* SPDX-License-Identifier: Apache-2.0 */

/* A policy that is read has one written form, which reads as the same policy;
 * its groups are a forest whose members come first; and more cosignatures
 * never unmeet a quorum. */

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/note/policy.h"
#include "tests/fuzz/fuzz.h"

static void check_shape(const struct policy *policy)
{
    size_t witnesses = 0;
    size_t members = 0;
    size_t counted = 0;
    for (size_t i = 0; i < policy->node_count; i++) {
        const struct policy_node *node = &policy->nodes[i];
        if (node->is_member) {
            HL_ASSERT(node->group > i);
            HL_ASSERT(node->group < policy->node_count);
            HL_ASSERT(policy->nodes[node->group].is_group);
            members++;
        }
        if (node->is_group) {
            HL_ASSERT(node->threshold >= 1);
            HL_ASSERT(node->threshold <= node->member_count);
            counted += node->member_count;
        } else {
            HL_ASSERT(node->witness == witnesses);
            witnesses++;
        }
    }
    HL_ASSERT(witnesses == policy->witness_count);
    HL_ASSERT(members == counted);
    HL_ASSERT(policy->quorum_none || policy->quorum < policy->node_count);
}

static void check_form(const struct policy *policy)
{
    struct writer once = {0};
    struct writer twice = {0};
    struct policy again;
    policy_write(policy, &once);
    HL_ASSERT(policy_parse(writer_view(&once), &again, NULL) == HL_OK);
    policy_write(&again, &twice);
    HL_ASSERT(bytes_equal(writer_view(&once), writer_view(&twice)));
    HL_ASSERT(again.log_count == policy->log_count);
    HL_ASSERT(again.node_count == policy->node_count);
    HL_ASSERT(again.quorum_none == policy->quorum_none);
    HL_ASSERT(again.quorum == policy->quorum);
    policy_fini(&again);
    writer_fini(&twice);
    writer_fini(&once);
}

static void check_quorum(const struct policy *policy)
{
    bool *cosigned = hl_alloc(policy->witness_count, sizeof(*cosigned));
    bool met = policy_quorum_met(policy, cosigned);
    HL_ASSERT(met == policy->quorum_none);
    for (size_t i = 0; i < policy->witness_count; i++) {
        cosigned[i] = true;
        bool more = policy_quorum_met(policy, cosigned);
        HL_ASSERT(more || !met);
        met = more;
    }
    HL_ASSERT(met);
    hl_free(cosigned);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy policy;
    struct hl_detail detail = {0};
    hl_err err = policy_parse(bytes_of(data, size), &policy, &detail);
    HL_ASSERT((err == HL_OK) == (detail.text[0] == '\0'));
    if (err != HL_OK) {
        return 0;
    }
    check_shape(&policy);
    check_form(&policy);
    check_quorum(&policy);
    policy_fini(&policy);
    return 0;
}
