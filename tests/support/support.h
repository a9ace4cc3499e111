/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SUPPORT_SUPPORT_H
#define HL_TESTS_SUPPORT_SUPPORT_H

/* What tests share: cmocka with its prerequisites, seeds, files, hex. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/base/hl_err.h"
#include "protocol/base/writer.h"
#include "tests/support/rng.h"

/* Fails with both names when err is another error. */
#define assert_err(actual, expected)                                           \
    assert_string_equal(hl_err_name(actual), hl_err_name(expected))
#define assert_ok(actual) assert_err(actual, HL_OK)

/* Reads `--seed N` from the command line, else HELUO_SEED from the
 * environment, else 1, and prints it with the program's name. Random tests
 * call it first in main(). */
void test_seed_init(int argc, char **argv);
uint64_t test_seed(void);

/* A generator for one test: from the run's seed and the test's own name, so
 * that adding a test changes no other one's values. */
struct rng test_rng(const char *test_name);

/* Appends a file's bytes; ends the program with a message if it cannot. */
void test_read_file(const char *path, struct writer *out);

/* The same for a file below tests/vectors/. */
void test_read_vector(const char *name, struct writer *out);

/* Decodes hex of an even length; ends the program if it is no hex. */
void test_unhex(const char *hex, void *out, size_t size);
/* Appends lower-case hex. */
void test_hex(struct bytes data, struct writer *out);

#endif
