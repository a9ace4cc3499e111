/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LOG_LOG_H
#define HL_NODE_LOG_LOG_H

/* The daemon's log: one event a line, as key=value or as JSON, to a file
 * descriptor. Any thread; a line is written in one piece. Where the reader is
 * slow or gone a line is dropped, counted, and the count said later: nothing
 * waits for the log. */

#include <stdbool.h>
#include <stdint.h>

#include "protocol/base/hl_err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_LEVELS };
enum log_format { LOG_AS_TEXT, LOG_AS_JSON };

struct log;

/* fd stays the caller's and is not made non-blocking for others: pass one of
 * your own (dup). */
struct log *log_create(int fd, enum log_format format, enum log_level level);
void log_destroy(struct log **log);

void log_set_level(struct log *log, enum log_level level);
enum log_level log_get_level(const struct log *log);
/* False where the word is none of error, warn, info, debug. */
bool log_level_parse(const char *word, enum log_level *level);
const char *log_level_word(enum log_level level);

/* A field of a line. Values are quoted as needed and may be foreign. */
struct log_field {
    const char *key;
    enum { LOG_FIELD_TEXT, LOG_FIELD_INT, LOG_FIELD_UINT } kind;
    const char *text;
    int64_t number;
    uint64_t count;
};
#define LOG_TEXT(k, v) ((struct log_field){.key = (k), .text = (v)})
#define LOG_INT(k, v)                                                          \
    ((struct log_field){.key = (k), .kind = LOG_FIELD_INT, .number = (v)})
#define LOG_UINT(k, v)                                                         \
    ((struct log_field){.key = (k), .kind = LOG_FIELD_UINT, .count = (v)})

/* event: a stable word or two, dots between ("call.refused"). A NULL log
 * drops it. */
void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t count);
#define log_event(log, level, event, ...)                                      \
    log_write((log), (level), (event), (struct log_field[]){__VA_ARGS__},      \
              sizeof((struct log_field[]){__VA_ARGS__}) /                      \
                  sizeof(struct log_field))

/* Appends err's name, detail's place and text as fields `error` and `why`. */
void log_failure(struct log *log, enum log_level level, const char *event,
                 const char *what, hl_err err, const struct hl_detail *detail);

#endif
