/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_CMD_UNIT_H
#define HL_NODE_CLI_CMD_UNIT_H

/* What the files of `heluo unit` share. */

#include "heluo/v1/unit.pb-c.h"
#include "node/cli/cli.h"

enum { UNIT_KINDS_TEXT_BYTES = 128, UNIT_KIND_WORD_BYTES = 32 };

/* The words of --kind, from the schema: "university". */
HL_MUST_USE hl_err unit_kind_parse(struct cli_call *call, const char *word,
                                   Heluo__V1__UnitKind *kind);
void unit_kind_word(int kind, char out[UNIT_KIND_WORD_BYTES]);

json_t *unit_view_json(const Heluo__V1__UnitView *view);

hl_err cmd_unit_put(struct cli_call *call);
hl_err cmd_unit_retire(struct cli_call *call);
hl_err cmd_unit_get(struct cli_call *call);
hl_err cmd_unit_list(struct cli_call *call);
hl_err cmd_unit_watch(struct cli_call *call);

#endif
