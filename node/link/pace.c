/* SPDX-License-Identifier: Apache-2.0 */
#include "node/link/pace.h"

#include <string.h>

#include "protocol/entry/segment.h"

static const uint64_t mib = 1 << 20;
static const uint64_t ns_per_s = 1000000000;

void pace_begin(struct pace *pace, struct hl_mono now)
{
    if (!pace->busy) {
        pace->busy = true;
        pace->since = now;
        pace->bytes = 0;
    }
}

static void take_sample(struct pace *pace, struct hl_mono now)
{
    int64_t passed_ns = mono_since_ns(now, pace->since);
    uint64_t passed = passed_ns > 0 ? (uint64_t)passed_ns : 1;
    uint64_t sample =
        passed / pace->bytes * mib + passed % pace->bytes * mib / pace->bytes;
    sample = sample > 0 ? sample : 1;
    pace->ns_per_mib = pace->ns_per_mib == 0
                           ? sample
                           : pace->ns_per_mib - pace->ns_per_mib / PACE_WEIGHT +
                                 sample / PACE_WEIGHT;
    pace->since = now;
    pace->bytes = 0;
}

void pace_end(struct pace *pace, size_t bytes, bool more, struct hl_mono now)
{
    pace->bytes += bytes;
    if (pace->bytes >= PACE_SAMPLE_BYTES) {
        take_sample(pace, now);
    }
    pace->busy = more;
}

uint64_t pace_bytes_per_s(const struct pace *pace)
{
    return pace->ns_per_mib == 0 ? 0 : ns_per_s * mib / pace->ns_per_mib;
}

bool pace_zlib_parse(const char *word, enum pace_zlib *out)
{
    static const char *const words[] = {
        [PACE_ZLIB_AUTO] = "auto",
        [PACE_ZLIB_NEVER] = "never",
        [PACE_ZLIB_ALWAYS] = "always",
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i]) == 0) {
            *out = (enum pace_zlib)i;
            return true;
        }
    }
    return false;
}

bool pace_wants_deflate(const struct pace *pace, enum pace_zlib zlib)
{
    return zlib == PACE_ZLIB_ALWAYS ||
           (zlib == PACE_ZLIB_AUTO &&
            segment_wants_deflate(pace_bytes_per_s(pace),
                                  PACE_DEFLATE_BYTES_PER_S));
}
