/* SPDX-License-Identifier: Apache-2.0 */
#include "node/log/log.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "node/log/line.h"
#include "node/log/sink.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

struct log {
    enum log_format format;
    atomic_int level;
    pthread_mutex_t lock; /* over what follows */
    struct sink sink;
    uint64_t dropped;
};

static const char *const level_words[LOG_LEVELS] = {"error", "warn", "info",
                                                    "debug"};

struct log *log_create(int fd, enum log_format format, enum log_level level)
{
    struct log *log = hl_alloc(1, sizeof(*log));
    log->format = format;
    atomic_init(&log->level, (int)level);
    HL_ASSERT(pthread_mutex_init(&log->lock, NULL) == 0);
    sink_open(&log->sink, fd);
    return log;
}

void log_set_level(struct log *log, enum log_level level)
{
    HL_ASSERT(level < LOG_LEVELS);
    atomic_store(&log->level, (int)level);
}

enum log_level log_get_level(const struct log *log)
{
    return (enum log_level)atomic_load(&log->level);
}

bool log_level_parse(const char *word, enum log_level *level)
{
    for (size_t i = 0; i < LOG_LEVELS; i++) {
        if (strcmp(word, level_words[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

const char *log_level_word(enum log_level level)
{
    HL_ASSERT(level < LOG_LEVELS);
    return level_words[level];
}

bool log_format_parse(const char *word, enum log_format *format)
{
    bool json = strcmp(word, "json") == 0;
    if (!json && strcmp(word, "text") != 0) {
        return false;
    }
    *format = json ? LOG_AS_JSON : LOG_AS_TEXT;
    return true;
}

static struct hl_wall wall_now(void)
{
    struct timespec now = {0};
    HL_ASSERT(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (struct hl_wall){.ms = (int64_t)now.tv_sec * 1000 +
                                  now.tv_nsec / 1000000};
}

/* Under the lock. */
static void say_dropped(struct log *log)
{
    struct line line;
    if (log->dropped == 0) {
        return;
    }
    line_begin(&line, log->format, wall_now(), LOG_WARN, "log.dropped");
    line_field(&line, &LOG_UINT("count", log->dropped));
    line_end(&line);
    if (sink_write(&log->sink, line.text, line.size)) {
        log->dropped = 0;
    }
}

static void deliver(struct log *log, const struct line *line)
{
    pthread_mutex_lock(&log->lock);
    say_dropped(log);
    /* While the count cannot be said nothing else is: lines stay in order. */
    if (log->dropped > 0 || !sink_write(&log->sink, line->text, line->size)) {
        log->dropped++;
    }
    pthread_mutex_unlock(&log->lock);
}

void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t count)
{
    struct line line;
    if (log == NULL || level > log_get_level(log)) {
        return;
    }
    line_begin(&line, log->format, wall_now(), level, event);
    for (size_t i = 0; i < count; i++) {
        line_field(&line, &fields[i]);
    }
    line_end(&line);
    deliver(log, &line);
}

void log_failure(struct log *log, enum log_level level, const char *event,
                 const char *what, hl_err err, const struct hl_detail *detail)
{
    struct log_field fields[4];
    size_t count = 0;
    if (what != NULL) {
        fields[count++] = LOG_TEXT("what", what);
    }
    fields[count++] = LOG_TEXT("error", hl_err_name(err));
    if (detail != NULL && detail->where != HL_NOWHERE) {
        const char *key = detail->where == HL_AT_LINE ? "line" : "offset";
        fields[count++] = LOG_UINT(key, detail->at);
    }
    bool said = detail != NULL && detail->text[0] != '\0';
    fields[count++] = LOG_TEXT("why", said ? detail->text : hl_err_text(err));
    log_write(log, level, event, fields, count);
}

void log_destroy(struct log **log)
{
    if (*log == NULL) {
        return;
    }
    say_dropped(*log);
    sink_close(&(*log)->sink);
    pthread_mutex_destroy(&(*log)->lock);
    hl_free(*log);
    *log = NULL;
}
