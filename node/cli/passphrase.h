/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_PASSPHRASE_H
#define HL_NODE_CLI_PASSPHRASE_H

/* Passphrases: from --passphrase-file, or typed at the terminal without echo
 * when standard input is one; never from the command line, which others see.
 * The writers are secrets: secret_fini(). One thread. */

#include "certs/tools/secret.h"
#include "node/cli/cli.h"

/* The rows that commands put in their tables. */
#define PASSPHRASE_OPTION                                                      \
    {                                                                          \
        .name = "passphrase-file", .value = "FILE",                            \
        .help = "The passphrase: the one line of FILE, which only its owner\n" \
                "may read (mode 0600). Without it, it is asked for at the\n"   \
                "terminal, if there is one."                                   \
    }
#define NO_PASSPHRASE_OPTION                                                   \
    {                                                                          \
        .name = "no-passphrase",                                               \
        .help = "Do not ask at the terminal; the key is written in the\n"      \
                "clear, protected by the file's mode alone. Without a\n"       \
                "terminal, a key of persons (authority, coordinator) needs\n"  \
                "this or --passphrase-file."                                   \
    }

/* The passphrase of --passphrase-file; empty where that is not given.
 *
 * HL_EMALFORMED  no single line of text of a sensible length.
 * Errors of file_read_secret(). */
HL_MUST_USE hl_err passphrase_from_file(struct cli_call *call,
                                        struct writer *out);

/* For a key that is opened: whether it may be asked for, and asking. */
bool passphrase_can_ask(const struct cli_call *call);
HL_MUST_USE hl_err passphrase_ask(struct cli_call *call, const char *prompt,
                                  struct writer *out);

/* For a key that is made: of the file, or typed twice; empty for none. The
 * command has both options above. */
HL_MUST_USE hl_err passphrase_for_new(struct cli_call *call,
                                      struct writer *out);

/* The same for a key that persons keep, where none has to be asked for.
 *
 * HL_EPASSPHRASE  no option says which, and there is no terminal. */
HL_MUST_USE hl_err passphrase_for_new_of_person(struct cli_call *call,
                                                struct writer *out);

#endif
