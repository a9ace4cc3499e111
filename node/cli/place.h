/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_PLACE_H
#define HL_NODE_CLI_PLACE_H

/* Options that name a place or a class, by a code or as people do. One
 * thread. */

#include "node/cli/cli.h"

/* The option's code: digits as they are; the name of a province or a city, else
 * of a county that is there once. "" where it is absent. The text lives for
 * ever, or as long as the call.
 *
 * HL_ENOTFOUND  there is no such place. */
HL_MUST_USE hl_err place_find(struct cli_call *call, const char *option,
                              char **code);

/* The same of a text, which may be empty. */
HL_MUST_USE hl_err place_find_text(const char *text, char **code,
                                   struct hl_detail *detail);

/* The same of a class of the national list.
 *
 * HL_ENOTFOUND  there is none of that name, or more than one. */
HL_MUST_USE hl_err place_find_class(struct cli_call *call, const char *option,
                                    char **code);

#endif
