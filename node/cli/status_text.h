/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_STATUS_TEXT_H
#define HL_NODE_CLI_STATUS_TEXT_H

/* A node's status in a person's words, Chinese or English, out of one table.
 * One thread. */

#include <stdio.h>

#include "heluo/v1/node.pb-c.h"
#include "node/cli/cli.h"

enum lang { LANG_EN, LANG_ZH, LANG_COUNT };

/* The one that --lang asks for, else LC_ALL, LC_MESSAGES or LANG.
 *
 * HL_EUSAGE  --lang is another word than zh and en. */
HL_MUST_USE hl_err lang_choose(struct cli_call *call, enum lang *lang);

/* First the verdict, in one line; then how things are; then what is wrong and
 * what to do. */
void status_print(const Heluo__V1__NodeStatusResponse *status, enum lang lang,
                  FILE *out);

/* The verdict alone. */
void status_print_verdict(const Heluo__V1__NodeStatusResponse *status,
                          enum lang lang, FILE *out);

/* HL_OK where the node takes writes; else the error that stops it. */
hl_err status_error(const Heluo__V1__NodeStatusResponse *status);

#endif
