/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_MESSAGE_SAMPLES_H
#define HL_TESTS_UNIT_MESSAGE_SAMPLES_H

/* One message of each kind, twice: as our struct and as protobuf-c's, which
 * checks and bounds nothing. Both borrow static memory. */

#include "federation/message/message.h"
#include "heluo/v1/sync.pb-c.h"
#include "tests/support/support.h"

/* What a foreign sender's message is made of; message.kind_case says which of
 * the others is in it. */
struct foreign {
    Heluo__V1__SyncMessage message;
    union {
        Heluo__V1__SyncMessage__Hello hello;
        Heluo__V1__SyncMessage__Have have;
        Heluo__V1__SyncMessage__Want want;
        Heluo__V1__SyncMessage__Credit credit;
        Heluo__V1__Segment segment;
        Heluo__V1__SyncMessage__ProofWant proof_want;
        Heluo__V1__SyncMessage__Proof proof;
        Heluo__V1__SyncMessage__KeptWant kept_want;
        Heluo__V1__SyncMessage__Kept kept;
        Heluo__V1__SyncMessage__Charter charter;
        Heluo__V1__SyncMessage__Evidence evidence;
        Heluo__V1__SyncMessage__DigestWant digest_want;
        Heluo__V1__SyncMessage__Digest digest;
        Heluo__V1__SyncMessage__BlobWant blob_want;
        Heluo__V1__SyncMessage__BlobPart blob_part;
    };
    Heluo__V1__SyncMessage__Head claim;
    Heluo__V1__SyncMessage__DigestAt digest_at;
    Heluo__V1__Start start;
};

/* Every field set. foreign points into itself: it does not move. */
void sample_foreign(enum sync_kind kind, struct foreign *foreign);
struct sync_message sample_message(enum sync_kind kind);

/* Replaces what writer holds by the packed message. */
void foreign_pack(const struct foreign *foreign, struct writer *out);

/* size bytes that are 0 where nobody wrote into them. */
uint8_t *sample_zeros(size_t size);

void assert_message(const struct sync_message *a, const struct sync_message *b);

#endif
