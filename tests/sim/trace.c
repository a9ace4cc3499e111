/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/trace.h"

#include <stdarg.h>

/* FNV-1a: what is compared are two runs of one program, not an enemy's. */
static uint64_t mix(uint64_t hash, struct bytes data)
{
    for (size_t i = 0; i < data.size; i++) {
        hash = (hash ^ data.data[i]) * 0x100000001b3u;
    }
    return hash;
}

void trace_line(struct trace *trace, int64_t now_ns, enum trace_kind kind,
                const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (size < 0) {
        return;
    }
    size_t shown =
        (size_t)size < sizeof(text) ? (size_t)size : sizeof(text) - 1;
    trace->hash = mix(trace->hash, bytes_of(&now_ns, sizeof(now_ns)));
    trace->hash = mix(trace->hash, bytes_of(text, shown));
    trace->lines++;
    if (trace->print != NULL) {
        fprintf(trace->print, "%12.6f  %s\n", (double)now_ns / 1e9, text);
    }
    if ((trace->keep >> kind & 1) != 0) {
        writer_bytes(&trace->kept, bytes_of(text, shown));
        writer_u8(&trace->kept, '\n');
    }
}

void trace_mix(struct trace *trace, struct bytes data)
{
    trace->hash = mix(trace->hash, data);
}

bool trace_wanted(const struct trace *trace)
{
    return trace->print != NULL || trace->keep != 0;
}

void trace_fini(struct trace *trace)
{
    writer_fini(&trace->kept);
}
