/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_WRITE_UNIT_H
#define HL_TESTS_BENCH_WRITE_UNIT_H

/* The units that are written: number n is the same unit on every side. Their
 * ids, and the commands', are scattered as random ones are, so that puts touch
 * the whole of a table. */

#include "protocol/base/bytes.h"
#include "protocol/entry/entry.h"

struct bench_unit {
    char id[33];
    char name_zh[64];
    char name_en[64];
    uint8_t command[HL_COMMAND_ID_BYTES];
};

#define BENCH_UNIT_SCHEME "nrii"
#define BENCH_UNIT_DIVISION "410105"
enum { BENCH_UNIT_KIND = 1, BENCH_UNIT_DIVISION_REVISION = 2023 };

/* `run` tells runs over one store apart. */
void bench_unit_make(uint32_t run, uint64_t number, struct bench_unit *out);

#endif
