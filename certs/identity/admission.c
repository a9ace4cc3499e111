/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/identity/admission.h"

#include <string.h>

/* The check under way. */
struct check {
    const struct admission_input *input;
    const struct certificate *certificate;
    STACK_OF(X509) * chain; /* from trust_chain() on */
    struct admission_verdict verdict;
    struct hl_detail *detail;
};

static struct hl_wall earlier(struct hl_wall a, struct hl_wall b)
{
    return a.ms < b.ms ? a : b;
}

static hl_err check_chain(struct check *check)
{
    return trust_chain(check->input->trust, check->certificate,
                       check->input->now, check->input->purpose, &check->chain,
                       check->detail);
}

static hl_err fail_time(struct check *check, int depth, hl_err err,
                        struct hl_wall bound)
{
    char text[WALL_TEXT_BYTES];
    wall_format(bound, text);
    const char *whose = depth == 0 ? "it" : "its authority's certificate";
    const char *remedy = err == HL_ENOTYET ? "check the clocks of both sides"
                         : depth == 0
                             ? "renew it with 'heluo ca renew'"
                             : "the alliance needs a new one, 'heluo ca init'";
    return hl_fail(check->detail, err, "%s %s at %s: %s", whose,
                   err == HL_ENOTYET ? "begins" : "ended", text, remedy);
}

static hl_err check_not_yet(struct check *check)
{
    for (int i = 0; i < sk_X509_num(check->chain); i++) {
        struct hl_wall from = {0}, to = {0};
        hl_err err =
            certificate_validity(sk_X509_value(check->chain, i), &from, &to);
        if (err != HL_OK) {
            return hl_fail(check->detail, HL_ECHAIN,
                           "its validity cannot be read");
        }
        if (check->input->now.ms < from.ms) {
            return fail_time(check, i, HL_ENOTYET, from);
        }
        check->verdict.valid_until = earlier(check->verdict.valid_until, to);
    }
    return HL_OK;
}

static hl_err check_expired(struct check *check)
{
    for (int i = 0; i < sk_X509_num(check->chain); i++) {
        struct hl_wall from = {0}, to = {0};
        hl_err err =
            certificate_validity(sk_X509_value(check->chain, i), &from, &to);
        if (err != HL_OK || check->input->now.ms >= to.ms) {
            return fail_time(check, i, HL_EEXPIRED, to);
        }
    }
    return HL_OK;
}

static hl_err check_revocation(struct check *check)
{
    struct hl_wall until = {0};
    hl_err err = trust_revocation(check->input->trust, check->chain,
                                  check->input->now, &until, check->detail);
    if (err == HL_OK) {
        check->verdict.valid_until = earlier(check->verdict.valid_until, until);
    }
    return err;
}

static hl_err check_identity(struct check *check)
{
    return certificate_identity(check->certificate->leaf,
                                check->input->alliance,
                                &check->verdict.identity, check->detail);
}

static hl_err check_node(struct check *check)
{
    const struct identity *identity = &check->verdict.identity;
    const struct admission_nodes *nodes = &check->input->nodes;
    if (!role_has_node(identity->role)) {
        return HL_OK;
    }
    switch (nodes->state(nodes->context, bytes_of_text(identity->node))) {
    case ADMISSION_NODE_MEMBER:
        return HL_OK;
    case ADMISSION_NODE_ENDED:
        return hl_fail(check->detail, HL_EENDED,
                       "the charter ended node '%s': ask the coordinators",
                       identity->node);
    case ADMISSION_NODE_UNKNOWN:
        break;
    }
    return hl_fail(check->detail, HL_EUNKNOWNNODE,
                   "node '%s' is not in the charter that holds here: is it "
                   "the newest?",
                   identity->node);
}

static hl_err check_role(struct check *check)
{
    enum role role = check->verdict.identity.role;
    if ((check->input->roles & ROLE_BIT(role)) == 0) {
        return hl_fail(check->detail, HL_EDENIED, "the role '%s' may not do it",
                       role_word(role));
    }
    return HL_OK;
}

static hl_err check_lifetime(struct check *check)
{
    const int64_t day_ms = INT64_C(86400000);
    struct hl_wall from = {0}, to = {0};
    hl_err err = certificate_validity(check->certificate->leaf, &from, &to);
    if (err != HL_OK ||
        wall_since_ms(to, from) > CERTIFICATE_LIFE_MAX_DAYS * day_ms) {
        return hl_fail(check->detail, HL_ELIFETIME,
                       "it lives longer than %d days: make a shorter one "
                       "with 'heluo ca renew'",
                       CERTIFICATE_LIFE_MAX_DAYS);
    }
    return HL_OK;
}

static const char issue_it[] =
    ": ask the coordinators for one made with 'heluo ca issue'";

/* The order of admission.h; and what to do, where the step does not say. */
static const struct {
    hl_err (*run)(struct check *);
    const char *remedy;
} steps[] = {
    {check_chain, issue_it}, {check_not_yet, ""},        {check_expired, ""},
    {check_revocation, ""},  {check_identity, issue_it}, {check_node, ""},
    {check_role, ""},        {check_lifetime, ""},
};

/* Adds to what a step said what to do, and who it is. */
static void name_it(const X509 *leaf, const char *remedy,
                    struct hl_detail *detail)
{
    if (detail == NULL) {
        return;
    }
    char who[CERTIFICATE_WHO_BYTES];
    char why[HL_DETAIL_TEXT_BYTES];
    certificate_who(leaf, who);
    memcpy(why, detail->text, sizeof(why));
    hl_fail(detail, HL_OK, "%s%s (%s)", why, remedy, who);
}

static hl_err run_steps(struct check *check)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        hl_err err = steps[i].run(check);
        if (err != HL_OK) {
            name_it(check->certificate->leaf, steps[i].remedy, check->detail);
            return err;
        }
    }
    return HL_OK;
}

hl_err admission_check(const struct admission_input *input,
                       struct admission_verdict *out, struct hl_detail *detail)
{
    struct certificate certificate = {0};
    hl_err err = certificate_parse(input->presented, &certificate, detail);
    if (err != HL_OK) {
        return err;
    }
    struct check check = {
        .input = input,
        .certificate = &certificate,
        .verdict = {.valid_until = {.ms = INT64_MAX}},
        .detail = detail,
    };
    err = run_steps(&check);
    if (err == HL_OK) {
        check.verdict.fingerprint = certificate_fingerprint(certificate.leaf);
        *out = check.verdict;
    }
    sk_X509_pop_free(check.chain, X509_free);
    certificate_fini(&certificate);
    return err;
}
