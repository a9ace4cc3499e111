/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_CMD_LEDGER_H
#define HL_NODE_CLI_CMD_LEDGER_H

/* What the files of `heluo voucher`, `heluo order` and `heluo ledger` share.
 * Inside them alone. */

#include "node/cli/cmd_record.h"
#include "node/cli/ledger_text.h"
#include "node/cli/yuan.h"

/* --- Options, read. Each is HL_EUSAGE with a text that names it. -------------
 */

/* protobuf-c's texts are not const, and it does not change them; "" where the
 * option is absent. */
char *ledger_text_option(const struct cli_call *call, const char *name);

/* Yuan; untouched where it is absent. */
HL_MUST_USE hl_err ledger_take_yuan(struct cli_call *call, const char *name,
                                    uint64_t *fen);
HL_MUST_USE hl_err ledger_take_day(struct cli_call *call, const char *name,
                                   char **out);
HL_MUST_USE hl_err ledger_take_time(struct cli_call *call, const char *name,
                                    uint64_t *ms);
/* The id of --id, or that of the command. */
HL_MUST_USE hl_err ledger_take_new_id(struct cli_call *call,
                                      const uint8_t command_id[LEDGER_ID_BYTES],
                                      uint8_t out[LEDGER_ID_BYTES]);

/* The first operand. */
HL_MUST_USE hl_err ledger_take_id(struct cli_call *call,
                                  uint8_t out[LEDGER_ID_BYTES]);
HL_MUST_USE hl_err ledger_take_order(struct cli_call *call,
                                     struct ledger_order_name *out);

static inline ProtobufCBinaryData ledger_bytes(const uint8_t *id)
{
    return (ProtobufCBinaryData){.len = LEDGER_ID_BYTES,
                                 .data = (uint8_t *)(uintptr_t)id};
}

/* --- Calls.
 * -------------------------------------------------------------------- */

/* record_write_as() to the answer that all of them have; a refusal is explained
 * in Chinese, too, where people read it. */
struct ledger_command {
    const char *path; /* "/heluo.v1.Order/Accept" */
    ProtobufCMessage *request;
    uint8_t id[LEDGER_ID_BYTES];
    const struct record_subject *subject; /* or NULL */
};
HL_MUST_USE hl_err ledger_write(struct cli_call *call,
                                const struct ledger_command *command);

/* One JSON object and a line end; releases it. */
void ledger_print_line(json_t *object);

/* "name 名称   text", clean; what is empty is left out. */
void ledger_print_field(const char *name, const char *text);
void ledger_print_yuan(const char *name, uint64_t fen);
void ledger_print_digest(const char *name, ProtobufCBinaryData digest);

/* --- Views.
 * -------------------------------------------------------------------- */

hl_err cmd_voucher_issue(struct cli_call *call);
hl_err cmd_voucher_issue_file(struct cli_call *call);
hl_err cmd_voucher_show(struct cli_call *call);
hl_err cmd_voucher_list(struct cli_call *call);
hl_err cmd_voucher_watch(struct cli_call *call);

/* With "name", by which commands know it. */
json_t *order_json(const Heluo__V1__OrderView *view);
/* HL_EMALFORMED: an answer without one. */
hl_err order_is_lacking(struct cli_call *call);
hl_err cmd_order_show(struct cli_call *call);
/* The node whose voucher pays for it. HL_ENOTFOUND: no such order is here. */
HL_MUST_USE hl_err order_issuer(struct cli_call *call,
                                const struct ledger_order_name *name,
                                char out[LEDGER_NODE_BYTES]);
/* Until it is placed, and shows it. */
hl_err order_wait(struct cli_call *call, const struct ledger_order_name *name);
hl_err cmd_order_list(struct cli_call *call);
hl_err cmd_order_watch(struct cli_call *call);
extern const struct cli_option order_show_options[];
extern const struct cli_option order_list_options[];
extern const struct cli_option order_watch_options[];

hl_err cmd_ledger_export(struct cli_call *call);
extern const struct cli_option ledger_export_options[];

#define LEDGER_ORIGIN_OPTION                                                   \
    {                                                                          \
        "origin", "NAME",                                                      \
            "Of that journal, as zy.example/luoyang; the "                     \
            "node's\n"                                                         \
            "own, if not given.",                                              \
            CLI_OPTIONAL                                                       \
    }

#endif
