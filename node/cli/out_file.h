/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_OUT_FILE_H
#define HL_NODE_CLI_OUT_FILE_H

/* A file that a command writes piece by piece: under its name it is whole or
 * not there, and it replaces nothing. One thread. */

#include <sys/types.h>

#include "node/cli/cli.h"

struct out_file {
    struct cli_call *call;
    const char *path;
    FILE *out;    /* to write to */
    char *beside; /* its name until it is whole */
};

/* HL_EEXISTS, HL_EFULL, HL_EIO; so below. */
HL_MUST_USE hl_err out_file_open(struct out_file *file, struct cli_call *call,
                                 const char *path, mode_t mode);

/* The error of a write that failed just now, by errno. */
HL_MUST_USE hl_err out_file_fail(const struct out_file *file, const char *what);

/* To the disk, and then under its name. */
HL_MUST_USE hl_err out_file_commit(struct out_file *file);

/* Leaves nothing of a file that was not committed. All zero is fine. */
void out_file_close(struct out_file *file);

#endif
