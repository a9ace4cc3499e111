/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_STATEMENT_GOLDEN_H
#define HL_TESTS_UNIT_STATEMENT_GOLDEN_H

/* What is written, held against files below data/. */

#include "protocol/base/writer.h"

/* Fails, and prints what was written, where it is other. */
void assert_golden(const struct writer *written, const char *name);

/* Of a group of tests: its working folder is one of its own, until its end. */
int here_begin(void **state);
int here_end(void **state);

/* Makes a file there. */
void write_here(const char *name, struct bytes text);

#endif
