/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger/refusal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "protocol/base/hl_assert.h"

#define LEDGER_REFUSAL_ROW(name, word, err) {#word, err},
static const struct {
    const char *word;
    hl_err err;
} refusals[] = {LEDGER_REFUSALS(LEDGER_REFUSAL_ROW)};

const char *ledger_refusal_word(enum ledger_refusal refusal)
{
    HL_ASSERT(refusal < LEDGER_REFUSAL_END);
    return refusals[refusal].word;
}

/* Entries say it, as a line: and that ends in no space, also where it is cut.
 */
static void trim(char *text)
{
    size_t size = strlen(text);
    while (size > 0 && text[size - 1] == ' ') {
        text[--size] = '\0';
    }
}

hl_err ledger_refuse(struct hl_detail *detail, enum ledger_refusal refusal,
                     const char *format, ...)
{
    char text[HL_DETAIL_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    hl_err err = hl_fail(detail, refusals[refusal].err, "%s: %s",
                         ledger_refusal_word(refusal), text);
    if (detail != NULL) {
        trim(detail->text);
    }
    return err;
}

bool ledger_is_refusal(hl_err err)
{
    return err == HL_ESTATE || err == HL_ENOTFOUND || err == HL_EEXISTS;
}

bool ledger_is_refused(const struct hl_detail *detail,
                       enum ledger_refusal refusal)
{
    const char *word = ledger_refusal_word(refusal);
    size_t size = strlen(word);
    return memcmp(detail->text, word, size) == 0 && detail->text[size] == ':';
}
