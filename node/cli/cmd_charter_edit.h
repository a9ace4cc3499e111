/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_CMD_CHARTER_EDIT_H
#define HL_NODE_CLI_CMD_CHARTER_EDIT_H

/* The frame of the commands that change a charter: read, change, check, write,
 * tell what changed. */

#include "node/cli/cmd_charter.h"

struct charter_edit {
    struct charter before; /* as the file has it */
    struct charter draft;  /* the same, to be changed */
    const char *path;      /* where the draft goes */
    int lock;      /* of the folder, while a file is changed in place; or -1 */
    bool replaces; /* the file that was read */
};

/* Reads the first operand. *edit is set, and owned, only on HL_OK; it is
 * released by charter_edit_end().
 *
 * HL_EUSAGE  it is signed and --out is missing. */
HL_MUST_USE hl_err charter_edit_begin(struct cli_call *call,
                                      struct charter_edit *edit);

/* If err is HL_OK, writes the draft and tells what changed; in any case
 * releases the edit. Returns err, or what went wrong here. */
HL_MUST_USE hl_err charter_edit_end(struct cli_call *call,
                                    struct charter_edit *edit, hl_err err);

/* The vkey in an option's text. HL_EUSAGE  it is none, or of another kind. */
HL_MUST_USE hl_err charter_edit_vkey(struct cli_call *call, const char *name,
                                     const char *text, enum vkey_kind kind,
                                     struct vkey *out);

#endif
