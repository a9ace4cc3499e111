/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_DAEMON_CONFIG_SYNTAX_H
#define HL_NODE_DAEMON_CONFIG_SYNTAX_H

/* What the file says, key by key, before anything is made of it. Inside
 * node/daemon only. One thread: libconfuse's scanner is one per process. */

#include "node/daemon/config_schema.h"

struct config_said {
    char *texts[CONFIG_LIST_MAX]; /* owned */
    size_t count;
    uint64_t line; /* of the last; 0: the key is not there */
};

struct config_draft {
    struct config_said keys[CONFIG_KEYS_MAX]; /* as in the table */
};

/* HL_ECONFIG  syntax, unknown or repeated key, too long a list, no UTF-8; the
 *             draft is to be released all the same. */
HL_MUST_USE hl_err config_draft_read(struct bytes text,
                                     struct config_draft *draft,
                                     struct hl_detail *detail);
void config_draft_fini(struct config_draft *draft);

#endif
