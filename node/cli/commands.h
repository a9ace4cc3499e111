/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_COMMANDS_H
#define HL_NODE_CLI_COMMANDS_H

/* The groups of `heluo`, each a table in a file of its own. */

#include "node/cli/cli.h"

extern const struct cli_command blob_commands[];
extern const struct cli_command ca_commands[];
extern const struct cli_command charter_commands[];
extern const struct cli_command clearing_commands[];
extern const struct cli_command fingerprint_commands[];
extern const struct cli_command journal_commands[];
extern const struct cli_command key_commands[];
extern const struct cli_command clock_commands[];
extern const struct cli_command peer_commands[];
extern const struct cli_command ledger_commands[];
extern const struct cli_command order_commands[];
extern const struct cli_command scheme_commands[];
extern const struct cli_command voucher_commands[];
extern const struct cli_command report_commands[];
extern const struct cli_command unit_commands[];
extern const struct cli_command instrument_commands[];
extern const struct cli_command service_commands[];
extern const struct cli_command demand_commands[];
/* Before these four are used. */
void record_commands_init(void);

/* Of one row each, which stand at the root. */
extern const struct cli_option backup_options[];
hl_err cmd_backup(struct cli_call *call);
extern const struct cli_option restore_options[];
hl_err cmd_restore(struct cli_call *call);
extern const struct cli_option recover_options[];
hl_err cmd_recover(struct cli_call *call);
extern const struct cli_option catalogue_export_options[];
hl_err cmd_export(struct cli_call *call);
extern const struct cli_option catalogue_import_options[];
hl_err cmd_import(struct cli_call *call);
extern const struct cli_option findings_options[];
hl_err cmd_findings(struct cli_call *call);
extern const struct cli_option log_level_options[];
hl_err cmd_log_level(struct cli_call *call);
extern const struct cli_option rebuild_options[];
hl_err cmd_rebuild(struct cli_call *call);
extern const struct cli_option search_options[];
hl_err cmd_search(struct cli_call *call);
extern const struct cli_option review_options[];
hl_err cmd_review(struct cli_call *call);
extern const struct cli_option match_options[];
hl_err cmd_match(struct cli_call *call);
extern const struct cli_option scrub_options[];
hl_err cmd_scrub(struct cli_call *call);
extern const struct cli_option status_options[];
hl_err cmd_status(struct cli_call *call);
hl_err cmd_help(struct cli_call *call);

extern const struct cli_option verify_options[];
hl_err cmd_verify(struct cli_call *call);

#endif
