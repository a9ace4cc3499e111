/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_DAEMON_CREDENTIALS_H
#define HL_NODE_DAEMON_CREDENTIALS_H

/* Everything that says who this node is and whom it believes, read from the
 * files that the configuration names and checked as one: a set is whole or is
 * not there. Where a new set cannot be used the former one stays in use; that
 * is the caller's to do. One thread. */

#include <stdbool.h>

#include "certs/charter/charter.h"
#include "certs/identity/trust.h"
#include "certs/tools/keyfile.h"
#include "node/daemon/config.h"
#include "protocol/blob/blob.h"

/* What stands in the way of part of the node's work, and no more: HL_OK, or an
 * error and its reason. */
struct credentials_doubt {
    hl_err err;
    struct hl_detail why; /* names the file */
};

/* All of it is owned; the caller may take trust and charter away by setting
 * them to NULL, and the journal key by setting it to all-zero. */
struct credentials {
    struct trust *trust;
    struct charter *charter; /* on the heap, as gate_set() takes it */
    bool charter_contested;  /* two follow it, and neither holds: an operator
                                wants to know */
    struct writer roots;     /* PEM, as rpc_credentials has them */
    struct writer chain;
    struct writer key; /* a secret */
    struct keyfile journal_key;
    struct keyfile mirror_key;                        /* all-zero: none */
    struct blob_key encryption_keys[CONFIG_LIST_MAX]; /* secret */
    size_t encryption_key_count;
    struct hl_hash pin;
    struct writer charters[CONFIG_LIST_MAX]; /* raw, as the files are */
    size_t charter_count;
    struct charter_journal_key journal_key_entry; /* as the charter has it */

    /* The charter, as far as it is known here, does not let this node sign:
     * HL_EENDED, HL_ENOKEY (it does not have the key, or has replaced it). It
     * reads and serves, and partners may have a newer charter. */
    struct credentials_doubt signing;
    /* Certificate or revocation list are not good at this time: HL_EEXPIRED,
     * HL_ENOTYET, HL_ECRL. Nobody gets in over TLS; the city's own programs
     * on the unix socket do, for a line that is cut stops nobody at home. */
    struct credentials_doubt time;

    struct hl_wall certificate_until; /* of the leaf */
    struct hl_wall crl_until;
};

enum { CREDENTIALS_SUBJECT_BYTES = 512 };

/* Charters (raw) that this node has beside the files: those in its store. */
struct credentials_known {
    const struct bytes *charters;
    size_t count;
};

/* Reads and checks the files of the configuration; `known` may be NULL. On an
 * error subject says
 * which file, or which key of the configuration, detail says why.
 *
 * HL_ENOTFOUND, HL_EIO, HL_ELIMIT  a file.
 * HL_EFILEMODE     others may read a key.
 * HL_EMALFORMED    a file is not what it should be; the TLS key is not the
 *                  certificate's.
 * HL_EPASSPHRASE   a key is encrypted, and nobody is there to be asked.
 * HL_EALLIANCE, HL_EIDENTITY  certificate, charter or key is of another
 *                  alliance or node.
 * HL_EUNKNOWNNODE  the charter does not have this node.
 * and those of trust_create(), charter_parse(), charter_resolve() and
 * admission_check(). */
HL_MUST_USE hl_err credentials_load(const struct config *config,
                                    const struct credentials_known *known,
                                    struct hl_wall now, struct credentials *out,
                                    char subject[CREDENTIALS_SUBJECT_BYTES],
                                    struct hl_detail *detail);

/* How the charter has that journal key of the node; from a size that no journal
 * reaches where it does not have it. *doubt is set where the key may not sign
 * (on). */
struct charter_journal_key
credentials_key_entry(const struct charter *charter, const char *id,
                      const struct vkey *key, struct credentials_doubt *doubt);

/* Wipes and releases; all-zero is fine. */
void credentials_fini(struct credentials *credentials);

enum { CREDENTIALS_FILES_MAX = CONFIG_LIST_MAX + 7 };

/* How the files looked when they were last looked at, that of fingerprints'
 * keys too. All-zero: not yet. */
struct credentials_watch {
    size_t count;
    struct credentials_look {
        int error; /* errno where it cannot be looked at */
        uint64_t device, inode;
        int64_t size;
        int64_t modified_ns;
        uint32_t mode, owner; /* chmod mends a key too */
    } looks[CREDENTIALS_FILES_MAX];
};

/* Whether a file changed since the last call; the first call says yes. Reads
 * no file. Call it before credentials_load(), so that what changes meanwhile is
 * seen the next time. A set may also come to hold by the time alone (a
 * certificate that begins later): after a failure a watch set to all-zero has
 * it tried again. */
bool credentials_changed(struct credentials_watch *watch,
                         const struct config *config);

#endif
