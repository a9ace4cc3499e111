/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/trace.h"

#include <string.h>

/* FNV-1a: what is compared are two runs of one program, not an enemy's. */
static uint64_t mix(uint64_t hash, struct bytes data)
{
    for (size_t i = 0; i < data.size; i++) {
        hash = (hash ^ data.data[i]) * 0x100000001b3u;
    }
    return hash;
}

static bool is_kept(const struct trace *trace, const char *text)
{
    for (const char *const *word = trace->words; word != NULL && *word != NULL;
         word++) {
        if (strstr(text, *word) != NULL) {
            return true;
        }
    }
    return false;
}

void trace_line(struct trace *trace, int64_t now_ns, const char *text)
{
    struct bytes line = bytes_of_text(text);
    trace->hash = mix(trace->hash, bytes_of(&now_ns, sizeof(now_ns)));
    trace->hash = mix(trace->hash, line);
    trace->lines++;
    if (trace->print != NULL) {
        fprintf(trace->print, "%12.6f  %s\n", (double)now_ns / 1e9, text);
    }
    if (is_kept(trace, text)) {
        writer_bytes(&trace->kept, line);
        writer_u8(&trace->kept, '\n');
    }
}

void trace_mix(struct trace *trace, struct bytes data)
{
    trace->hash = mix(trace->hash, data);
}

bool trace_wanted(const struct trace *trace)
{
    return trace->print != NULL || trace->words != NULL;
}

void trace_fini(struct trace *trace)
{
    writer_fini(&trace->kept);
}
