/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_DAEMON_CONFIG_H
#define HL_NODE_DAEMON_CONFIG_H

/* heluod's one configuration file: one table of keys (config.c) from which
 * reading, bounds, defaults, --check-config and `heluo help config` derive.
 * libconfuse reads the syntax. One thread. */

#include <stdbool.h>
#include <stdio.h>

#include "protocol/base/hl_err.h"
#include "protocol/base/writer.h"

enum {
    CONFIG_LIST_MAX = 16,
    CONFIG_FILE_MAX_BYTES = 1 << 20,
};

struct config_list {
    char *items[CONFIG_LIST_MAX];
    size_t count;
};

/* Texts are owned; "" where a text was not given. Paths are absolute: relative
 * ones are taken from the configuration file's folder. */
struct config {
    char *alliance;
    char *node;

    char *store;       /* folder */
    char *journal_key; /* files, so below */
    char *mark;
    char *mirror_key;
    char *mirror_mark;
    struct config_list encryption_keys; /* the newest first */
    char *fingerprint_key;
    struct config_list charters;
    char *charter_pin; /* 64 hex digits */
    char *tls_certificate;
    char *tls_key;
    char *tls_roots;
    char *tls_crl;

    struct config_list listen;
    char *socket;
    char *socket_group; /* "": only the user that heluod runs as */

    uint64_t max_store_bytes;
    uint64_t map_bytes;
    uint64_t reserve_bytes;
    uint64_t readers_max;
    uint64_t scrub_interval_hours;

    uint64_t max_blob_bytes;
    uint64_t max_blobs_bytes;
    uint64_t carry_blobs_bytes;

    char *search; /* run, apart, off */

    uint64_t queue_commands; /* waiting for the writer */
    uint64_t commit_entries; /* in one transaction */
    uint64_t commit_ms;
    uint64_t refusals_per_second; /* that are journalled */
    uint64_t clock_jump_s;        /* wall against monotonic clock */

    uint64_t allotted_max_fen; /* to one partner; 0: no bound, so below */
    uint64_t unsealed_max_fen; /* of one issuer */

    uint64_t clearing_hour;           /* of the day; 24: never */
    uint64_t clearing_pay_max_fen;    /* approved without a person */
    uint64_t clearing_debtor_max_fen; /* 0: no bound */
    uint64_t clearing_pay_days;

    uint64_t threads;
    uint64_t calls;
    uint64_t calls_per_caller;
    uint64_t rate_per_s;
    uint64_t rate_burst;
    uint64_t connections;
    uint64_t message_bytes;
    uint64_t handshake_ms;
    uint64_t idle_ms;
    uint64_t keepalive_ms;
    uint64_t admission_interval_s;
    uint64_t reload_interval_s; /* certificates, CRL and charters are looked at
                                   this often */
    uint64_t drain_s;

    char *segment_zlib;

    char *log_format;
    char *log_level;
};

/* Reads and validates everything that one file alone can get wrong: syntax,
 * unknown and repeated keys, bounds, forms, keys that are missing.
 *
 * HL_ENOTFOUND, HL_EIO  the file itself; it must be a regular one.
 * HL_ELIMIT             over CONFIG_FILE_MAX_BYTES.
 * HL_ECONFIG            detail has the line, as far as there is one, and says
 *                       what and how. */
HL_MUST_USE hl_err config_read(const char *path, struct config *out,
                               struct hl_detail *detail);

/* The same of a text; relative paths are taken from folder, an absolute path.
 *
 * HL_ECONFIG */
HL_MUST_USE hl_err config_parse(struct bytes text, struct bytes folder,
                                struct config *out, struct hl_detail *detail);

/* Releases; all-zero is fine. */
void config_fini(struct config *config);

/* What changed between two and takes effect only after a restart: the name of
 * the first such key, or NULL. */
const char *config_restart_needed(const struct config *running,
                                  const struct config *next);

/* Takes over the values of keys that need no restart. */
void config_take_reloadable(struct config *running, struct config *next);

/* Prints each key: default, bounds, unit, text: `heluo help config`. */
void config_print_help(FILE *out);

#endif
