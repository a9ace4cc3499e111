/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_CMD_CA_H
#define HL_NODE_CLI_CMD_CA_H

/* What the commands below `heluo ca` share. */

#include "certs/tools/authority.h"
#include "node/cli/cli.h"

/* Returns err. Where the authority put a file of --dir in front of its text,
 * the error becomes one about that file. */
HL_MUST_USE hl_err ca_in_folder(struct cli_call *call, hl_err err);

/* Opens the authority of --dir for signing, with a passphrase if it needs
 * one. */
HL_MUST_USE hl_err ca_open(struct cli_call *call, struct authority **out);

/* Reads a certificate file's leaf; the caller frees. */
HL_MUST_USE hl_err ca_read_certificate(struct cli_call *call, const char *path,
                                       X509 **out);

hl_err ca_run_check(struct cli_call *call);
hl_err ca_run_issue(struct cli_call *call);
hl_err ca_run_list(struct cli_call *call);
hl_err ca_run_renew(struct cli_call *call);

#endif
