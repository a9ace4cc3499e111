/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/place.h"

#include <string.h>

#include "node/catalogue/division.h"
#include "node/catalogue/instrument_class.h"

enum { LIST_YEAR = 2023 };

static char *text_of(const char *text)
{
    return (char *)(uintptr_t)(text == NULL ? "" : text);
}

static bool is_digits(const char *text)
{
    return text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
}

hl_err place_find_text(const char *text, char **code, struct hl_detail *detail)
{
    const struct division *at = NULL;
    *code = text_of(text);
    if (text[0] == '\0' || is_digits(text)) {
        return HL_OK;
    }
    struct division_names names = {.province = bytes_of_text(text)};
    hl_err err = division_find_names(LIST_YEAR, &names, &at, NULL);
    if (err != HL_OK) {
        names = (struct division_names){.city = bytes_of_text(text)};
        err = division_find_names(LIST_YEAR, &names, &at, detail);
    }
    if (err == HL_OK) {
        *code = text_of(at->code);
    }
    return err;
}

hl_err place_find(struct cli_call *call, const char *option, char **code)
{
    const char *given = cli_get(call, option);
    hl_err err =
        place_find_text(given == NULL ? "" : given, code, &call->detail);
    if (err != HL_OK) {
        cli_name(call, option);
    }
    return err;
}

hl_err place_find_class(struct cli_call *call, const char *option, char **code)
{
    const char *given = cli_get(call, option);
    *code = text_of(given);
    if (given == NULL || is_digits(given)) {
        return HL_OK;
    }
    struct instrument_class_named named =
        instrument_class_find_name(bytes_of_text("nrii"), bytes_of_text(given));
    if (named.count != 1) {
        return hl_fail(cli_about(call, option), HL_ENOTFOUND,
                       "'%s' is the name of %s class in the national list: "
                       "give a code",
                       given, named.count == 0 ? "no" : "more than one");
    }
    *code = text_of(named.items[0]->code);
    return HL_OK;
}
