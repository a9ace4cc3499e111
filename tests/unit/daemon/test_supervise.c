/* SPDX-License-Identifier: Apache-2.0 */
#include "node/daemon/supervise.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/support.h"

static void a_signal_that_waits_is_told_at_once(void **state)
{
    (void)state;
    supervise_begin();
    assert_int_equal(supervise_wait(0), SUPERVISE_TICK);
    assert_int_equal(kill(getpid(), SIGHUP), 0);
    assert_int_equal(supervise_wait(60000), SUPERVISE_RELOAD);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    assert_int_equal(supervise_wait(60000), SUPERVISE_STOP);
    assert_int_equal(kill(getpid(), SIGINT), 0);
    assert_int_equal(supervise_wait(60000), SUPERVISE_STOP);
    assert_int_equal(supervise_wait(0), SUPERVISE_TICK);
}

static void a_stop_goes_before_a_reload(void **state)
{
    (void)state;
    supervise_begin();
    assert_int_equal(kill(getpid(), SIGHUP), 0);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    assert_int_equal(supervise_wait(60000), SUPERVISE_STOP);
    assert_int_equal(supervise_wait(60000), SUPERVISE_RELOAD);
}

static void a_reader_who_is_gone_ends_nobody(void **state)
{
    (void)state;
    int fds[2];
    supervise_begin();
    assert_int_equal(pipe(fds), 0);
    close(fds[0]);
    assert_int_equal(write(fds[1], "x", 1), -1);
    close(fds[1]);
}

struct listener {
    int fd;
    struct sockaddr_un address;
};

static struct listener listen_as_systemd(void)
{
    struct listener listener = {.address = {.sun_family = AF_UNIX}};
    snprintf(listener.address.sun_path, sizeof(listener.address.sun_path),
             "/tmp/heluo-test-notify-%ld", (long)getpid());
    listener.fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_true(listener.fd >= 0);
    unlink(listener.address.sun_path);
    assert_int_equal(bind(listener.fd,
                          (const struct sockaddr *)&listener.address,
                          sizeof(listener.address)),
                     0);
    assert_int_equal(setenv("NOTIFY_SOCKET", listener.address.sun_path, 1), 0);
    return listener;
}

static void assert_told(const struct listener *listener, const char *expected)
{
    char text[1024];
    ssize_t size = recv(listener->fd, text, sizeof(text) - 1, MSG_DONTWAIT);
    assert_true(size > 0);
    text[size] = '\0';
    assert_string_equal(text, expected);
}

static void each_state_is_told_in_systemds_words(void **state)
{
    (void)state;
    struct listener listener = listen_as_systemd();
    supervise_ready();
    assert_told(&listener, "READY=1");
    supervise_reloading((struct hl_mono){.ns = 1234567891});
    assert_told(&listener, "RELOADING=1\nMONOTONIC_USEC=1234567");
    supervise_stopping();
    assert_told(&listener, "STOPPING=1");
    supervise_watchdog();
    assert_told(&listener, "WATCHDOG=1");
    supervise_status("size %d of %s", 7, "luoyang\nREADY=1");
    assert_told(&listener, "STATUS=size 7 of luoyang?READY=1");
    unsetenv("NOTIFY_SOCKET");
    close(listener.fd);
    unlink(listener.address.sun_path);
}

static void without_systemd_the_words_go_nowhere(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    supervise_ready();
    setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
    supervise_ready();
    unsetenv("NOTIFY_SOCKET");
}

static void the_watchdog_wants_a_word_in_half_its_time(void **state)
{
    (void)state;
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
    assert_int_equal(supervise_watchdog_ms(), 0);
    setenv("WATCHDOG_USEC", "60000000", 1);
    assert_int_equal(supervise_watchdog_ms(), 30000);
    setenv("WATCHDOG_USEC", "1", 1);
    assert_int_equal(supervise_watchdog_ms(), 1);
    setenv("WATCHDOG_USEC", "no number", 1);
    assert_int_equal(supervise_watchdog_ms(), 0);
    unsetenv("WATCHDOG_USEC");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_that_waits_is_told_at_once),
        cmocka_unit_test(a_stop_goes_before_a_reload),
        cmocka_unit_test(a_reader_who_is_gone_ends_nobody),
        cmocka_unit_test(each_state_is_told_in_systemds_words),
        cmocka_unit_test(without_systemd_the_words_go_nowhere),
        cmocka_unit_test(the_watchdog_wants_a_word_in_half_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
