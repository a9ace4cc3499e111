/* SPDX-License-Identifier: Apache-2.0 */

/* What the commands of vouchers, orders and accounts share. */

#include <string.h>

#include "node/cli/cmd_ledger.h"
#include "node/cli/term.h"
#include "node/ledger/refusal.h"

/* --- Options.
 * ------------------------------------------------------------------ */

char *ledger_text_option(const struct cli_call *call, const char *name)
{
    const char *text = cli_get(call, name);
    return (char *)(uintptr_t)(text == NULL ? "" : text);
}

static hl_err wrong(struct cli_call *call, const char *name,
                    const struct hl_detail *why)
{
    return cli_usage(call, "--%s: %s", name, why->text);
}

hl_err ledger_take_yuan(struct cli_call *call, const char *name, uint64_t *fen)
{
    struct hl_detail why = {0};
    const char *text = cli_get(call, name);
    return text == NULL || yuan_parse(bytes_of_text(text), fen, &why) == HL_OK
               ? HL_OK
               : wrong(call, name, &why);
}

hl_err ledger_take_day(struct cli_call *call, const char *name, char **out)
{
    struct hl_detail why = {0};
    *out = ledger_text_option(call, name);
    return (*out)[0] == '\0' || ledger_parse_day(*out, &why) == HL_OK
               ? HL_OK
               : wrong(call, name, &why);
}

hl_err ledger_take_time(struct cli_call *call, const char *name, uint64_t *ms)
{
    struct hl_detail why = {0};
    const char *text = cli_get(call, name);
    return text == NULL || ledger_parse_time(text, ms, &why) == HL_OK
               ? HL_OK
               : wrong(call, name, &why);
}

hl_err ledger_take_new_id(struct cli_call *call,
                          const uint8_t command_id[LEDGER_ID_BYTES],
                          uint8_t out[LEDGER_ID_BYTES])
{
    struct hl_detail why = {0};
    const char *text = cli_get(call, "id");
    if (text == NULL) {
        memcpy(out, command_id, LEDGER_ID_BYTES);
        return HL_OK;
    }
    return ledger_parse_id(text, out, &why) == HL_OK ? HL_OK
                                                     : wrong(call, "id", &why);
}

hl_err ledger_take_id(struct cli_call *call, uint8_t out[LEDGER_ID_BYTES])
{
    struct hl_detail why = {0};
    return ledger_parse_id(call->operands[0], out, &why) == HL_OK
               ? HL_OK
               : cli_usage(call, "%s", why.text);
}

hl_err ledger_take_order(struct cli_call *call, struct ledger_order_name *out)
{
    struct hl_detail why = {0};
    return ledger_parse_order(call->operands[0], out, &why) == HL_OK
               ? HL_OK
               : cli_usage(call, "%s", why.text);
}

/* --- Calls.
 * -------------------------------------------------------------------- */

hl_err ledger_write(struct cli_call *call, const struct ledger_command *command)
{
    hl_err err = record_write_as(call, command->path, command->request,
                                 &heluo__v1__ledger_response__descriptor,
                                 command->id, command->subject);
    if (ledger_is_refusal(err) && !call->json) {
        ledger_explain(&call->detail);
    }
    return err;
}

/* --- Told.
 * --------------------------------------------------------------------- */

void ledger_print_line(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(object);
}

enum { NAME_COLUMNS = 22 };

void ledger_print_field(const char *name, const char *text)
{
    if (text == NULL || text[0] == '\0') {
        return;
    }
    term_put_padded(stdout, name, NAME_COLUMNS);
    putchar(' ');
    term_put(stdout, text);
    putchar('\n');
}

void ledger_print_yuan(const char *name, uint64_t fen)
{
    char text[YUAN_TEXT_BYTES];
    char shown[YUAN_TEXT_BYTES + sizeof("¥")];
    yuan_format((int64_t)fen, text);
    snprintf(shown, sizeof(shown), "¥%s", text);
    ledger_print_field(name, shown);
}

void ledger_print_digest(const char *name, ProtobufCBinaryData digest)
{
    struct writer hex = {0};
    term_hex(bytes_of(digest.data, digest.len), &hex);
    writer_u8(&hex, 0);
    ledger_print_field(name, (const char *)hex.data);
    writer_fini(&hex);
}
