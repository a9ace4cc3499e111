/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_CMD_REPORT_H
#define HL_NODE_CLI_CMD_REPORT_H

/* What the files of `heluo report` share. */

#include "node/cli/cli.h"

extern const struct cli_option report_nrii_options[];
hl_err cmd_report_nrii(struct cli_call *call);
extern const struct cli_option report_quality_options[];
hl_err cmd_report_quality(struct cli_call *call);

#endif
