/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_write_unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "protocol/base/hash.h"

void bench_unit_make(uint32_t run, uint64_t number, struct bench_unit *out)
{
    struct {
        uint64_t run, number;
    } seed = {run, number};
    struct hl_hash hash = hash_bytes(bytes_of(&seed, sizeof(seed)));
    for (size_t i = 0; i < 16; i++) {
        snprintf(out->id + 2 * i, 3, "%02x", hash.bytes[i]);
    }
    memcpy(out->command, hash.bytes + 16, sizeof(out->command));
    snprintf(out->name_zh, sizeof(out->name_zh),
             "郑州大学分析测试中心 %" PRIu64, number);
    snprintf(out->name_en, sizeof(out->name_en),
             "Zhengzhou University, Laboratory Centre %" PRIu64, number);
}
