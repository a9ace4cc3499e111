/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/passphrase.h"

#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "certs/tools/file.h"

/* One line; its end, LF or CR LF, is not part of it. */
static hl_err take_line(struct cli_call *call, struct writer *out)
{
    while (out->size > 0 && (out->data[out->size - 1] == '\n' ||
                             out->data[out->size - 1] == '\r')) {
        writer_shrink(out, 1);
    }
    for (size_t i = 0; i < out->size; i++) {
        if (out->data[i] < 0x20) {
            return hl_fail(&call->detail, HL_EMALFORMED,
                           "a passphrase is one line of text");
        }
    }
    return HL_OK;
}

hl_err passphrase_from_file(struct cli_call *call, struct writer *out)
{
    const char *path = cli_get(call, "passphrase-file");
    if (path == NULL) {
        return HL_OK;
    }
    struct writer text = {0};
    secret_reserve(&text, SECRET_FILE_MAX_BYTES * 4);
    hl_err err = file_read_secret(path, SECRET_PASSPHRASE_MAX_BYTES, &text,
                                  cli_about(call, path));
    if (err == HL_OK) {
        err = take_line(call, &text);
    }
    if (err == HL_OK && text.size == 0) {
        err = hl_fail(&call->detail, HL_EMALFORMED, "the passphrase is empty");
    }
    if (err != HL_OK) {
        secret_fini(&text);
        return err;
    }
    *out = text;
    return HL_OK;
}

bool passphrase_can_ask(const struct cli_call *call)
{
    return cli_get(call, "passphrase-file") == NULL && isatty(STDIN_FILENO);
}

/* Signals end the read, so that echo is switched on again before they act. */
static void on_signal(int number)
{
    (void)number;
}

static const int held[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP};
enum { HELD_COUNT = sizeof(held) / sizeof(held[0]) };

static void hold_signals(struct sigaction old[HELD_COUNT])
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < HELD_COUNT; i++) {
        sigaction(held[i], &action, &old[i]);
    }
}

static void release_signals(const struct sigaction old[HELD_COUNT])
{
    for (size_t i = 0; i < HELD_COUNT; i++) {
        sigaction(held[i], &old[i], NULL);
    }
}

/* The prompt comes when echo is off: what is typed after it is taken. */
static ssize_t read_quietly(const char *prompt, struct writer *out)
{
    struct termios before;
    struct sigaction old[HELD_COUNT];
    if (tcgetattr(STDIN_FILENO, &before) != 0) {
        return -1;
    }
    struct termios quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    hold_signals(old);
    ssize_t got = -1;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0) {
        fputs(prompt, stderr);
        uint8_t *to = writer_extend(out, SECRET_PASSPHRASE_MAX_BYTES);
        got = read(STDIN_FILENO, to, SECRET_PASSPHRASE_MAX_BYTES);
        writer_shrink(out, SECRET_PASSPHRASE_MAX_BYTES -
                               (got > 0 ? (size_t)got : 0));
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    }
    release_signals(old);
    return got;
}

hl_err passphrase_ask(struct cli_call *call, const char *prompt,
                      struct writer *out)
{
    struct writer text = {0};
    secret_reserve(&text, SECRET_PASSPHRASE_MAX_BYTES);
    cli_about(call, "");
    ssize_t got = read_quietly(prompt, &text);
    fputc('\n', stderr);
    hl_err err =
        got <= 0 ? hl_fail(&call->detail, HL_EPASSPHRASE, "nothing was typed")
                 : take_line(call, &text);
    if (err != HL_OK) {
        secret_fini(&text);
        return err;
    }
    *out = text;
    return HL_OK;
}

static hl_err ask_twice(struct cli_call *call, struct writer *out)
{
    struct writer again = {0};
    hl_err err = passphrase_ask(call, "Passphrase (empty for none): ", out);
    if (err != HL_OK || out->size == 0) {
        return err;
    }
    err = passphrase_ask(call, "The same again: ", &again);
    if (err == HL_OK && !bytes_equal(writer_view(out), writer_view(&again))) {
        err = hl_fail(&call->detail, HL_EPASSPHRASE, "the two differ");
    }
    secret_fini(&again);
    return err;
}

hl_err passphrase_for_new(struct cli_call *call, struct writer *out)
{
    if (cli_has(call, "no-passphrase")) {
        return cli_has(call, "passphrase-file")
                   ? cli_usage(call, "--passphrase-file and --no-passphrase "
                                     "exclude each other")
                   : HL_OK;
    }
    return passphrase_can_ask(call) ? ask_twice(call, out)
                                    : passphrase_from_file(call, out);
}

hl_err passphrase_for_new_of_person(struct cli_call *call, struct writer *out)
{
    bool decided = cli_has(call, "no-passphrase") ||
                   cli_has(call, "passphrase-file") || passphrase_can_ask(call);
    return decided ? passphrase_for_new(call, out)
                   : hl_fail(cli_about(call, ""), HL_EPASSPHRASE,
                             "there is no terminal to ask at: give "
                             "--passphrase-file FILE, or --no-passphrase to "
                             "leave the key in the clear");
}
