/* SPDX-License-Identifier: Apache-2.0 */
#include "node/link/pace.h"

#include "tests/support/support.h"

enum { MESSAGE_BYTES = 1 << 20 };

struct line {
    struct pace pace;
    struct hl_mono now;
};

static void pass_ms(struct line *line, int64_t ms)
{
    line->now.ns += ms * 1000000;
}

/* Messages one behind the other, each out after so long. */
static void send(struct line *line, unsigned count, size_t bytes, int64_t ms)
{
    for (unsigned i = 0; i < count; i++) {
        pace_begin(&line->pace, line->now);
        pass_ms(line, ms);
        pace_end(&line->pace, bytes, i + 1 < count, line->now);
    }
}

static bool deflates(const struct line *line)
{
    return pace_wants_deflate(&line->pace, PACE_ZLIB_AUTO);
}

static void a_line_that_was_not_measured_counts_as_slow(void **state)
{
    (void)state;
    struct line line = {0};
    assert_int_equal(pace_bytes_per_s(&line.pace), 0);
    assert_true(deflates(&line));
    send(&line, 20, 300, 0); /* too little to tell */
    assert_int_equal(pace_bytes_per_s(&line.pace), 0);
    assert_true(deflates(&line));
}

static void a_fast_line_is_sent_plain(void **state)
{
    (void)state;
    struct line line = {0};
    send(&line, 8, MESSAGE_BYTES, 2); /* 500 MiB a second */
    assert_in_range(pace_bytes_per_s(&line.pace), 499 << 20, 501 << 20);
    assert_false(deflates(&line));
}

static void a_slow_line_is_deflated_for(void **state)
{
    (void)state;
    struct line line = {0};
    send(&line, 8, MESSAGE_BYTES, 100); /* 10 MiB a second */
    assert_in_range(pace_bytes_per_s(&line.pace), 9 << 20, 11 << 20);
    assert_true(deflates(&line));
}

/* At first the core's and the system's buffers take everything. */
static void buffers_deceive_for_one_message_alone(void **state)
{
    (void)state;
    struct line line = {0};
    send(&line, 4, MESSAGE_BYTES, 0);
    assert_false(deflates(&line));
    send(&line, 1, MESSAGE_BYTES, 200);
    assert_true(deflates(&line));
}

static void a_line_that_gets_faster_is_believed_in_time(void **state)
{
    (void)state;
    struct line line = {0};
    send(&line, 8, MESSAGE_BYTES, 200);
    assert_true(deflates(&line));
    send(&line, 16, MESSAGE_BYTES, 2);
    assert_false(deflates(&line));
}

static void what_passes_while_nothing_is_sent_does_not_count(void **state)
{
    (void)state;
    struct line line = {0};
    for (unsigned i = 0; i < 8; i++) {
        send(&line, 1, MESSAGE_BYTES, 2);
        pass_ms(&line, 60000);
    }
    assert_in_range(pace_bytes_per_s(&line.pace), 499 << 20, 501 << 20);
    for (unsigned i = 0; i < 100; i++) {
        send(&line, 1, 300, 1); /* live: says nothing of the line */
        pass_ms(&line, 1000);
    }
    assert_false(deflates(&line));
}

static void the_operator_has_the_last_word(void **state)
{
    (void)state;
    struct line slow = {0}, fast = {0};
    enum pace_zlib zlib = PACE_ZLIB_AUTO;
    send(&slow, 8, MESSAGE_BYTES, 200);
    send(&fast, 8, MESSAGE_BYTES, 2);
    assert_true(pace_zlib_parse("never", &zlib));
    assert_false(pace_wants_deflate(&slow.pace, zlib));
    assert_true(pace_zlib_parse("always", &zlib));
    assert_true(pace_wants_deflate(&fast.pace, zlib));
    assert_true(pace_zlib_parse("auto", &zlib));
    assert_true(pace_wants_deflate(&slow.pace, zlib));
    assert_false(pace_wants_deflate(&fast.pace, zlib));
    assert_false(pace_zlib_parse("sometimes", &zlib));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_that_was_not_measured_counts_as_slow),
        cmocka_unit_test(a_fast_line_is_sent_plain),
        cmocka_unit_test(a_slow_line_is_deflated_for),
        cmocka_unit_test(buffers_deceive_for_one_message_alone),
        cmocka_unit_test(a_line_that_gets_faster_is_believed_in_time),
        cmocka_unit_test(what_passes_while_nothing_is_sent_does_not_count),
        cmocka_unit_test(the_operator_has_the_last_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
