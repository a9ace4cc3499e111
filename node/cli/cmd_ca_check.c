/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo ca check`: what a node would say of a certificate. */

#include <string.h>

#include "certs/charter/charter_judge.h"
#include "certs/identity/admission.h"
#include "certs/tools/clock.h"
#include "certs/tools/file.h"
#include "node/cli/cmd_ca.h"
#include "node/cli/cmd_charter.h"

struct check {
    struct writer certificate, roots, crls;
    struct trust *trust;
    struct charter charter;
    struct hl_wall now;
};

static void check_fini(struct check *check)
{
    writer_fini(&check->certificate);
    writer_fini(&check->roots);
    writer_fini(&check->crls);
    trust_destroy(&check->trust);
    charter_fini(&check->charter);
}

static hl_err read_option(struct cli_call *call, const char *name,
                          size_t max_bytes, struct writer *out)
{
    const char *path = cli_get(call, name);
    return file_read(path, max_bytes, out, cli_about(call, path));
}

static hl_err read_trust(struct cli_call *call, struct check *check)
{
    hl_err err = read_option(call, "root", HL_CERT_MAX_BYTES, &check->roots);
    if (err == HL_OK) {
        err = read_option(call, "crl", HL_CRL_MAX_BYTES, &check->crls);
    }
    if (err == HL_OK) {
        struct trust_input input = {writer_view(&check->roots),
                                    writer_view(&check->crls)};
        cli_about(call, "--root and --crl");
        err = trust_create(&input, &check->trust, &call->detail);
    }
    return err;
}

static hl_err read_time(struct cli_call *call, struct hl_wall *now)
{
    const char *text = cli_get(call, "at");
    *now = clock_wall();
    if (text != NULL && wall_parse(bytes_of_text(text), now) != HL_OK) {
        return cli_usage(
            call, "--at is '%s': write it like 2026-11-21T08:30:00Z", text);
    }
    return HL_OK;
}

static hl_err read_all(struct cli_call *call, struct check *check)
{
    const char *charter = cli_get(call, "charter");
    hl_err err = read_time(call, &check->now);
    if (err == HL_OK) {
        err = read_trust(call, check);
    }
    if (err == HL_OK && charter != NULL) {
        err = cmd_charter_read_signed(call, charter, &check->charter);
    }
    if (err == HL_OK && charter != NULL &&
        strcmp(check->charter.alliance, cli_get(call, "alliance")) != 0) {
        return hl_fail(&call->detail, HL_EALLIANCE, "the charter is of '%s'",
                       check->charter.alliance);
    }
    if (err == HL_OK) {
        const char *path = call->operands[0];
        err = file_read(path, HL_CERT_MAX_BYTES, &check->certificate,
                        cli_about(call, path));
    }
    return err;
}

static enum admission_node any_node(const void *context, struct bytes node)
{
    (void)context;
    (void)node;
    return ADMISSION_NODE_MEMBER;
}

static void answer(const struct cli_call *call, const struct check *check,
                   const struct admission_verdict *verdict)
{
    struct writer who = {0};
    char until[WALL_TEXT_BYTES];
    unsigned long long version = check->charter.version;
    spiffe_write(&verdict->identity, &who);
    writer_u8(&who, 0);
    wall_format(verdict->valid_until, until);
    if (call->json) {
        cli_print_json(json_pack(
            "{s:s, s:s, s:I}", "identity", (const char *)who.data,
            "admitted_until", until, "charter_version", (json_int_t)version));
    } else {
        printf("admitted     %s\nuntil        %s\n", (const char *)who.data,
               until);
        if (version > 0) {
            printf("charter      version %llu, whose signatures 'heluo charter "
                   "verify' checks\n",
                   version);
        } else {
            printf("charter      not given: any node counts\n");
        }
    }
    writer_fini(&who);
}

hl_err ca_run_check(struct cli_call *call)
{
    struct check check = {0};
    struct admission_verdict verdict;
    hl_err err = read_all(call, &check);
    if (err == HL_OK) {
        struct admission_input input = {
            .presented = writer_view(&check.certificate),
            .trust = check.trust,
            .alliance = bytes_of_text(cli_get(call, "alliance")),
            .now = check.now,
            .purpose = cli_has(call, "server") ? TRUST_SERVER : TRUST_CALLER,
            .roles = ROLE_ALL,
            .nodes = {.state = any_node}};
        if (cli_has(call, "charter")) {
            charter_admit_by(&check.charter, &input);
        }
        err = admission_check(&input, &verdict, &call->detail);
    }
    if (err == HL_OK) {
        answer(call, &check, &verdict);
    }
    check_fini(&check);
    return err;
}
