/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_FUZZ_FUZZ_H
#define HL_TESTS_FUZZ_FUZZ_H

/* What libFuzzer, and replay_main.c, call with each input. A target aborts
 * (HL_ASSERT) where a property does not hold; it never just runs a parser
 * without asking anything of the result. */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
