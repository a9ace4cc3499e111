/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_DAEMON_CONFIG_SCHEMA_H
#define HL_NODE_DAEMON_CONFIG_SCHEMA_H

/* The one table of keys. Inside node/daemon only. Any thread. */

#include "node/daemon/config.h"

enum config_kind {
    CONFIG_DOMAIN,
    CONFIG_NODE_ID,
    CONFIG_FILE, /* a path */
    CONFIG_FILES,
    CONFIG_SOCKET, /* a path that fits a socket's address */
    CONFIG_LISTEN, /* list of host:port */
    CONFIG_HASH,   /* 64 hex digits, or base64, which becomes that */
    CONFIG_GROUP,  /* of the system */
    CONFIG_WORD,   /* one of a few */
    CONFIG_COUNT,
    CONFIG_SIZE, /* bytes; units may be written */
};

struct config_key {
    const char *heading; /* set where a group of the help begins */
    const char *name;
    enum config_kind kind;
    size_t offset; /* in struct config */
    bool required;
    bool reloadable;     /* else a change takes effect after a restart */
    const char *initial; /* of texts and lists; "": not given */
    uint64_t number;     /* of numbers: the default, */
    uint64_t min, max;   /* and the bounds, both inside */
    const char *unit;    /* of numbers */
    const char *words;   /* of CONFIG_WORD: with single spaces between */
    const char *example; /* what a line could have behind "=" */
    const char *text;
};

enum { CONFIG_KEYS_MAX = 64 };

size_t config_key_count(void);
const struct config_key *config_key(size_t index);

bool config_kind_is_list(enum config_kind kind);
bool config_kind_is_number(enum config_kind kind);

/* Where a key's value lies. */
char **config_text_at(struct config *config, const struct config_key *key);
uint64_t *config_number_at(struct config *config, const struct config_key *key);
struct config_list *config_list_at(struct config *config,
                                   const struct config_key *key);

/* A size as people write it: the largest unit that divides it. */
enum { CONFIG_SIZE_TEXT_BYTES = 32 };
void config_size_text(uint64_t size, char out[CONFIG_SIZE_TEXT_BYTES]);

#endif
