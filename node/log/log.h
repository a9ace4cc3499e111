/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LOG_LOG_H
#define HL_NODE_LOG_LOG_H

/* The daemon's log: one event a line, as key=value or as JSON, to a file
 * descriptor. Any thread; a line is written in one piece. Where the reader is
 * slow or gone a line is dropped, counted, and the count said later: nothing
 * waits for the log. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/base/hl_err.h"
#include "protocol/base/hl_time.h"

enum {
    /* A line, its LF included: what a pipe takes in one piece (PIPE_BUF).
     * What does not fit is left out, and the line ends with cut=1. */
    LOG_LINE_MAX_BYTES = 4096,
    LOG_VALUE_MAX_BYTES = 1024, /* of one text; the rest is "..." */
};

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_LEVELS };
enum log_format { LOG_AS_TEXT, LOG_AS_JSON };

struct log;

/* fd stays the caller's, outlives the log, and is not made non-blocking for
 * others who have it. SIGPIPE must be ignored or blocked where it is a pipe. */
struct log *log_create(int fd, enum log_format format, enum log_level level);
/* Says what was dropped, if it can; releases and sets NULL; NULL is fine. */
void log_destroy(struct log **log);

void log_set_level(struct log *log, enum log_level level);
enum log_level log_get_level(const struct log *log);
/* False where the word is none of error, warn, info, debug. */
bool log_level_parse(const char *word, enum log_level *level);
const char *log_level_word(enum log_level level);
/* False where the word is none of text, json. */
bool log_format_parse(const char *word, enum log_format *format);

/* A field of a line. Values are quoted as needed and may be foreign: what is
 * no UTF-8, controls, or turns the direction of text is escaped. Keys are
 * ours: letters, digits, '_'. A NULL text is "". */
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

/* Appends err's name, detail's place and text as fields `error`, `line` or
 * `offset`, and `why`; what (may be NULL) says of which file or peer. */
void log_failure(struct log *log, enum log_level level, const char *event,
                 const char *what, hl_err err, const struct hl_detail *detail);

/* Holds back what a caller could repeat at will: `burst` at once, then one
 * each interval. Any thread. */
struct log_limiter {
    pthread_mutex_t lock;
    int64_t interval_ns;
    int64_t burst;
    int64_t due_ns; /* when all that was let through would have been due */
    uint64_t held;
};
#define LOG_LIMITER(every_ms, at_once)                                         \
    {                                                                          \
        .lock = PTHREAD_MUTEX_INITIALIZER,                                     \
        .interval_ns = (int64_t)(every_ms)*1000000, .burst = (at_once)         \
    }

/* Whether to write; *suppressed is how many were held back since the last time
 * that it said yes, for a field of the line, and unset on no. */
bool log_limit(struct log_limiter *limiter, struct hl_mono now,
               uint64_t *suppressed);

#endif
