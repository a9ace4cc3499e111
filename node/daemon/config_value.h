/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_DAEMON_CONFIG_VALUE_H
#define HL_NODE_DAEMON_CONFIG_VALUE_H

/* One value: its form and bounds. Inside node/daemon only. Any thread. */

#include "node/daemon/config_schema.h"

struct config_place {
    const struct config_key *key;
    uint64_t line;
    struct bytes folder; /* that relative paths are taken from */
};

/* HL_ECONFIG  form or bounds. *out is the caller's. */
HL_MUST_USE hl_err config_value_text(const struct config_place *place,
                                     const char *text, char **out,
                                     struct hl_detail *detail);
HL_MUST_USE hl_err config_value_number(const struct config_place *place,
                                       const char *text, uint64_t *out,
                                       struct hl_detail *detail);

#endif
