/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/policy.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/note/cosignature.h"

static void write_item(struct bytes item, struct writer *out)
{
    if (item.size > 0) {
        writer_u8(out, ' ');
        writer_bytes(out, item);
    }
}

static void write_group(const struct policy *policy, size_t index,
                        struct writer *out)
{
    const struct policy_node *group = &policy->nodes[index];
    writer_text(out, "group");
    write_item(group->name, out);
    writer_format(out, " %zu", group->threshold);
    for (size_t i = 0; i < index; i++) {
        if (policy->nodes[i].is_member && policy->nodes[i].group == index) {
            write_item(policy->nodes[i].name, out);
        }
    }
    writer_u8(out, '\n');
}

static void write_witness(const struct policy_node *node, struct writer *out)
{
    writer_text(out, "witness");
    write_item(node->name, out);
    write_item(node->vkey, out);
    write_item(node->url, out);
    writer_u8(out, '\n');
}

void policy_write(const struct policy *policy, struct writer *out)
{
    for (size_t i = 0; i < policy->log_count; i++) {
        writer_text(out, "log");
        write_item(policy->logs[i].vkey, out);
        write_item(policy->logs[i].url, out);
        writer_u8(out, '\n');
    }
    for (size_t i = 0; i < policy->node_count; i++) {
        if (policy->nodes[i].is_group) {
            write_group(policy, i, out);
        } else {
            write_witness(&policy->nodes[i], out);
        }
    }
    writer_text(out, "quorum");
    write_item(policy->quorum_none ? bytes_of_text("none")
                                   : policy->nodes[policy->quorum].name,
               out);
    writer_u8(out, '\n');
}

/* Members come before their group, so that one walk decides every node. */
bool policy_quorum_met(const struct policy *policy, const bool *cosigned)
{
    if (policy->quorum_none) {
        return true;
    }
    bool met = false;
    size_t *votes = hl_alloc(policy->node_count, sizeof(*votes));
    for (size_t i = 0; i <= policy->quorum; i++) {
        const struct policy_node *node = &policy->nodes[i];
        met = node->is_group ? votes[i] >= node->threshold
                             : cosigned[node->witness];
        if (met && node->is_member) {
            HL_ASSERT(node->group > i);
            votes[node->group]++;
        }
    }
    hl_free(votes);
    return met;
}

hl_err policy_verify_cosignatures(const struct policy *policy,
                                  const struct note *note,
                                  const struct verifier *verifier,
                                  size_t *cosigned, struct hl_detail *detail)
{
    size_t count = policy->witness_count;
    bool *has_cosigned = hl_alloc(count, sizeof(*has_cosigned));
    int64_t *time_s = hl_alloc(count, sizeof(*time_s));
    struct cosignature_verdict verdict = {.time_s = time_s};
    hl_err err = cosignature_verify(note, verifier, policy->witness_keys, count,
                                    &verdict, detail);
    for (size_t i = 0; i < count; i++) {
        has_cosigned[i] = time_s[i] != 0;
    }
    if (err == HL_OK && !policy_quorum_met(policy, has_cosigned)) {
        err = hl_fail(detail, HL_EQUORUM,
                      "the %zu witnesses that cosigned, of %zu, are no quorum",
                      verdict.count, count);
    }
    if (err == HL_OK) {
        *cosigned = verdict.count;
    }
    hl_free(time_s);
    hl_free(has_cosigned);
    return err;
}

static hl_err find_log(const struct policy *policy, const bool *signed_by,
                       const char *origin, size_t *log,
                       struct hl_detail *detail)
{
    for (size_t i = 0; i < policy->log_count; i++) {
        if (signed_by[i] && strcmp(policy->log_keys[i].name, origin) == 0) {
            *log = i;
            return HL_OK;
        }
    }
    return hl_fail_line(detail, 1, HL_ENOKEY,
                        "signed by a log of another name than the origin %s",
                        origin);
}

static hl_err verify_log(const struct policy *policy, const struct note *note,
                         const struct verifier *verifier,
                         struct policy_verdict *out, struct hl_detail *detail)
{
    bool *signed_by = hl_alloc(policy->log_count, sizeof(*signed_by));
    struct note_verdict verdict = {.signed_by = signed_by};
    hl_err err = note_verify(note, verifier, policy->log_keys,
                             policy->log_count, &verdict, detail);
    if (err == HL_OK) {
        err = checkpoint_parse_foreign(note->text, &out->checkpoint, detail);
    }
    if (err == HL_OK) {
        err = find_log(policy, signed_by, out->checkpoint.origin, &out->log,
                       detail);
    }
    hl_free(signed_by);
    return err;
}

hl_err policy_verify(const struct policy *policy, struct bytes raw,
                     const struct verifier *verifier,
                     struct policy_verdict *out, struct hl_detail *detail)
{
    struct note note;
    struct policy_verdict verdict;
    hl_err err = note_parse(raw, &note, detail);
    if (err != HL_OK) {
        return err;
    }
    err = verify_log(policy, &note, verifier, &verdict, detail);
    if (err == HL_OK) {
        err = policy_verify_cosignatures(policy, &note, verifier,
                                         &verdict.cosigned, detail);
    }
    if (err == HL_OK) {
        *out = verdict;
    }
    note_fini(&note);
    return err;
}
