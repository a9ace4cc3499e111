/* SPDX-License-Identifier: Apache-2.0 */
#include "node/log/log.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "protocol/base/text.h"
#include "tests/support/support.h"

enum { OUT_BYTES = 1 << 20 };

struct taken {
    int fds[2]; /* read from 0, written to 1 */
    struct log *log;
    char text[OUT_BYTES];
};

static struct taken taken;

static void begin(enum log_format format, enum log_level level)
{
    memset(&taken, 0, sizeof(taken));
    assert_int_equal(pipe(taken.fds), 0);
    taken.log = log_create(taken.fds[1], format, level);
}

static void finish(void)
{
    log_destroy(&taken.log);
    assert_null(taken.log);
    close(taken.fds[0]);
    close(taken.fds[1]);
}

/* What waits in the pipe, as a text. */
static const char *take(void)
{
    size_t size = 0;
    struct pollfd ready = {.fd = taken.fds[0], .events = POLLIN};
    while (poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0) {
        ssize_t got =
            read(taken.fds[0], taken.text + size, OUT_BYTES - 1 - size);
        assert_true(got > 0);
        size += (size_t)got;
    }
    taken.text[size] = '\0';
    return taken.text;
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *at = strstr(text, what); at != NULL;
         at = strstr(at + 1, what)) {
        count++;
    }
    return count;
}

static void assert_holds(const char *text, const char *what)
{
    if (strstr(text, what) == NULL) {
        fail_msg("'%s' is not in: %s", what, text);
    }
}

static void a_line_says_time_level_event_and_fields(void **state)
{
    (void)state;
    begin(LOG_AS_TEXT, LOG_INFO);
    log_event(taken.log, LOG_WARN, "call.refused", LOG_TEXT("who", "luoyang"),
              LOG_INT("change", -5), LOG_UINT("size", UINT64_MAX));
    const char *line = take();
    assert_holds(line, " level=warn event=call.refused who=luoyang change=-5 "
                       "size=18446744073709551615\n");
    /* time=2026-11-21T08:30:00.123Z */
    assert_int_equal(strncmp(line, "time=2", 6), 0);
    assert_int_equal(line[5 + 10], 'T');
    assert_int_equal(line[5 + 19], '.');
    assert_int_equal(line[5 + 23], 'Z');
    assert_int_equal(line[5 + 24], ' ');
    finish();
}

static void lines_above_the_level_are_not_written(void **state)
{
    (void)state;
    begin(LOG_AS_TEXT, LOG_WARN);
    log_event(taken.log, LOG_INFO, "a", LOG_INT("n", 1));
    assert_string_equal(take(), "");
    log_set_level(taken.log, LOG_DEBUG);
    assert_int_equal(log_get_level(taken.log), LOG_DEBUG);
    log_event(taken.log, LOG_DEBUG, "b", LOG_INT("n", 1));
    assert_int_equal(count_of(take(), "\n"), 1);
    log_event(NULL, LOG_ERROR, "c", LOG_INT("n", 1));
    finish();
}

static const struct {
    const char *value;
    const char *text; /* in the format of fields */
} quoted[] = {
    {"", "\"\""},
    {NULL, "\"\""},
    {"plain", "plain"},
    {"two words", "\"two words\""},
    {"a=b", "\"a=b\""},
    {"say \"x\"", "\"say \\\"x\\\"\""},
    {"back\\slash", "\"back\\\\slash\""},
    {"x\nlevel=error event=forged", "\"x\\nlevel=error event=forged\""},
    {"\r\t\x1b[31m\x7f", "\"\\u000d\\u0009\\u001b[31m\\u007f\""},
    {"洛阳", "洛阳"},
    {"right\xE2\x80\xAEleft", "\"right\\u202eleft\""},
    {"next\xC2\x85line", "\"next\\u0085line\""},
    {"bad\xFFutf", "\"bad\\ufffdutf\""},
    {"cut\xE6\xB4", "\"cut\\ufffd\\ufffd\""},
};

static void a_foreign_value_stays_one_value_of_one_line(void **state)
{
    (void)state;
    begin(LOG_AS_TEXT, LOG_INFO);
    for (size_t i = 0; i < sizeof(quoted) / sizeof(quoted[0]); i++) {
        char expected[256];
        log_event(taken.log, LOG_INFO, "e", LOG_TEXT("v", quoted[i].value));
        snprintf(expected, sizeof(expected), " event=e v=%s\n", quoted[i].text);
        const char *line = take();
        assert_holds(line, expected);
        assert_int_equal(count_of(line, "\n"), 1);
    }
    finish();
}

static void json_lines_are_valid_and_give_the_values_back(void **state)
{
    (void)state;
    begin(LOG_AS_JSON, LOG_INFO);
    for (size_t i = 0; i < sizeof(quoted) / sizeof(quoted[0]); i++) {
        log_event(taken.log, LOG_INFO, "e", LOG_TEXT("v", quoted[i].value),
                  LOG_INT("n", -3));
        const char *line = take();
        assert_int_equal(count_of(line, "\n"), 1);
        json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(json);
        const char *back = json_string_value(json_object_get(json, "v"));
        const char *value = quoted[i].value == NULL ? "" : quoted[i].value;
        assert_non_null(back);
        if (text_utf8_valid(bytes_of_text(value))) {
            assert_string_equal(back, value);
        }
        assert_int_equal(json_integer_value(json_object_get(json, "n")), -3);
        json_decref(json);
    }
    finish();
}

static void random_bytes_make_one_valid_line(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    begin(LOG_AS_JSON, LOG_INFO);
    for (int round = 0; round < 500; round++) {
        char value[2000];
        rng_fill(&rng, value, sizeof(value));
        value[rng_below(&rng, sizeof(value))] = '\0';
        log_event(taken.log, LOG_INFO, "e", LOG_TEXT("a", value),
                  LOG_TEXT("b", value), LOG_TEXT("c", value),
                  LOG_TEXT("d", value), LOG_TEXT("e", value));
        const char *line = take();
        assert_int_equal(count_of(line, "\n"), 1);
        json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(json);
        json_decref(json);
    }
    finish();
}

static void what_does_not_fit_a_line_is_left_out_and_said(void **state)
{
    (void)state;
    static char big[8192];
    memset(big, '\x01', sizeof(big) - 1);
    begin(LOG_AS_TEXT, LOG_INFO);
    log_event(taken.log, LOG_INFO, "e", LOG_TEXT("a", big), LOG_INT("n", 7));
    const char *line = take();
    assert_holds(line, "...\" n=7\n");
    log_event(taken.log, LOG_INFO, "e", LOG_TEXT("a", big), LOG_TEXT("b", big),
              LOG_TEXT("c", big), LOG_TEXT("d", big));
    line = take();
    assert_true(strlen(line) <= LOG_LINE_MAX_BYTES);
    assert_holds(line, " c=");
    assert_null(strstr(line, " d="));
    assert_holds(line, "\" cut=1\n");
    finish();
}

static void a_full_pipe_drops_lines_and_the_count_is_told_later(void **state)
{
    (void)state;
    begin(LOG_AS_TEXT, LOG_INFO);
    for (int i = 0; i < 20000; i++) {
        log_event(taken.log, LOG_INFO, "fill", LOG_INT("n", i));
    }
    size_t written = count_of(take(), "event=fill");
    assert_true(written > 0 && written < 20000);
    log_event(taken.log, LOG_INFO, "after", LOG_INT("n", 1));
    const char *text = take();
    char expected[64];
    snprintf(expected, sizeof(expected), "event=log.dropped count=%zu\n",
             20000 - written);
    assert_holds(text, expected);
    assert_true(strstr(text, "event=after") > strstr(text, "log.dropped"));
    log_event(taken.log, LOG_INFO, "again", LOG_INT("n", 1));
    assert_null(strstr(take(), "log.dropped"));
    finish();
}

static void others_find_the_pipe_as_blocking_as_it_was(void **state)
{
    (void)state;
    begin(LOG_AS_TEXT, LOG_INFO);
    assert_int_equal(fcntl(taken.fds[1], F_GETFL) & O_NONBLOCK, 0);
    finish();
}

static void a_reader_who_is_gone_stops_nothing(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    begin(LOG_AS_TEXT, LOG_INFO);
    close(taken.fds[0]);
    log_event(taken.log, LOG_INFO, "e", LOG_INT("n", 1));
    log_event(taken.log, LOG_INFO, "e", LOG_INT("n", 2));
    finish();
}

static void a_full_socket_drops_lines_too(void **state)
{
    (void)state;
    memset(&taken, 0, sizeof(taken));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, taken.fds), 0);
    taken.log = log_create(taken.fds[1], LOG_AS_TEXT, LOG_INFO);
    for (int i = 0; i < 20000; i++) {
        log_event(taken.log, LOG_INFO, "fill", LOG_INT("n", i));
    }
    assert_true(count_of(take(), "event=fill") < 20000);
    log_event(taken.log, LOG_INFO, "after", LOG_INT("n", 1));
    const char *text = take();
    assert_holds(text, "event=log.dropped count=");
    assert_holds(text, "event=after");
    finish();
}

enum { WRITERS = 4, LINES_EACH = 500 };

static void *write_lines(void *context)
{
    struct log *log = context;
    for (int i = 0; i < LINES_EACH; i++) {
        log_event(log, LOG_INFO, "e", LOG_INT("n", i), LOG_TEXT("v", "x y"));
    }
    return NULL;
}

static void lines_of_many_threads_stay_whole(void **state)
{
    (void)state;
    pthread_t threads[WRITERS];
    struct writer text = {0};
    char path[] = "/tmp/heluo-test-log-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct log *log = log_create(fd, LOG_AS_TEXT, LOG_INFO);
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, log),
                         0);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
    }
    log_destroy(&log);
    test_read_file(path, &text);
    writer_u8(&text, 0);
    const char *all = (const char *)text.data;
    assert_int_equal(count_of(all, "\n"), WRITERS * LINES_EACH);
    assert_int_equal(count_of(all, " v=\"x y\"\n"), WRITERS * LINES_EACH);
    assert_int_equal(count_of(all, "time="), WRITERS * LINES_EACH);
    assert_int_equal(count_of(all, "e n=499 "), WRITERS);
    writer_fini(&text);
    close(fd);
    unlink(path);
}

static void a_failure_is_told_with_its_place(void **state)
{
    (void)state;
    struct hl_detail detail;
    begin(LOG_AS_TEXT, LOG_INFO);
    hl_err err = hl_fail_line(&detail, 7, HL_ECONFIG, "no such key");
    log_failure(taken.log, LOG_ERROR, "config.refused", "/etc/x", err, &detail);
    assert_holds(take(), "event=config.refused what=/etc/x error=HL_ECONFIG "
                         "line=7 why=\"no such key\"\n");
    err = hl_fail_at(&detail, 9, HL_EIO, "short");
    log_failure(taken.log, LOG_ERROR, "e", NULL, err, &detail);
    assert_holds(take(), "event=e error=HL_EIO offset=9 why=short\n");
    log_failure(taken.log, LOG_ERROR, "e", NULL, HL_EIO, NULL);
    assert_holds(take(), "error=HL_EIO why=\"cannot read or write\"\n");
    finish();
}

static void words_of_levels_and_formats_are_read_back(void **state)
{
    (void)state;
    enum log_level level;
    enum log_format format;
    for (size_t i = 0; i < LOG_LEVELS; i++) {
        assert_true(log_level_parse(log_level_word((enum log_level)i), &level));
        assert_int_equal(level, i);
    }
    assert_false(log_level_parse("INFO", &level));
    assert_false(log_level_parse("", &level));
    assert_true(log_format_parse("json", &format));
    assert_int_equal(format, LOG_AS_JSON);
    assert_true(log_format_parse("text", &format));
    assert_int_equal(format, LOG_AS_TEXT);
    assert_false(log_format_parse("xml", &format));
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_says_time_level_event_and_fields),
        cmocka_unit_test(lines_above_the_level_are_not_written),
        cmocka_unit_test(a_foreign_value_stays_one_value_of_one_line),
        cmocka_unit_test(json_lines_are_valid_and_give_the_values_back),
        cmocka_unit_test(random_bytes_make_one_valid_line),
        cmocka_unit_test(what_does_not_fit_a_line_is_left_out_and_said),
        cmocka_unit_test(a_full_pipe_drops_lines_and_the_count_is_told_later),
        cmocka_unit_test(others_find_the_pipe_as_blocking_as_it_was),
        cmocka_unit_test(a_reader_who_is_gone_stops_nothing),
        cmocka_unit_test(a_full_socket_drops_lines_too),
        cmocka_unit_test(lines_of_many_threads_stay_whole),
        cmocka_unit_test(a_failure_is_told_with_its_place),
        cmocka_unit_test(words_of_levels_and_formats_are_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
