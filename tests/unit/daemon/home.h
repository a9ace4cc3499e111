/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_DAEMON_HOME_H
#define HL_TESTS_UNIT_DAEMON_HOME_H

/* The files of one node, luoyang of zhongyuan.example, in a folder of their
 * own: an authority, a certificate, keys, a charter, and a configuration that
 * names them. Tests spoil one file at a time. */

#include "certs/tools/authority.h"
#include "node/daemon/credentials.h"
#include "tests/unit/certs/charter_world.h"

struct home {
    char folder[64];
    struct world world;
    struct authority *authority;
    struct charter draft; /* of version 1 */
    struct charter charter;
    struct config config;
    struct hl_wall now;

    struct credentials made;
    char subject[CREDENTIALS_SUBJECT_BYTES];
    struct hl_detail detail;
};

void home_init(struct home *home, const char *test_name);
/* Removes the folder and all in it. */
void home_fini(struct home *home);

void home_write(struct home *home, const char *path, mode_t mode,
                struct bytes content);

/* A certificate and its key in their files; uri's end behind the alliance. */
void home_certify(struct home *home, const char *who, uint64_t days);

/* A key of that kind and node in the file of the journal key; its public half
 * into *public, if that is not NULL. */
void home_key(struct home *home, enum key_kind kind, const char *node,
              const char *passphrase, struct vkey *public);

/* Signs the draft as version 1, pins it, and names it alone. */
void home_charter(struct home *home);
/* Names one more charter; the file is called so. */
void home_add_charter(struct home *home, const char *name,
                      const struct charter *charter);

hl_err home_load(struct home *home);
/* Fails the test where it is another error, another subject, or does not say
 * why. The end of subject is compared. */
void home_assert_refused(struct home *home, hl_err err, const char *subject,
                         const char *why);

#endif
