/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_NOTE_VERIFIED_H
#define HL_PROTOCOL_NOTE_VERIFIED_H

/* A verifier that remembers what verified: an Ed25519 signature costs a hundred
 * times what it costs to know it again, and whoever keeps notes judges the same
 * one each time that something else about its journal has changed. Only what
 * verified is remembered, by the SHA-256 of key, message and signature, in a
 * table of fixed size whose places are taken over by who comes later. Pure; one
 * thread at a time. */

#include "protocol/note/signer.h"

enum { VERIFIED_MAX = 1024 };

struct verified;

/* Over another verifier, which is borrowed. */
struct verified *verified_create(const struct verifier *by);
void verified_destroy(struct verified **verified); /* sets NULL; NULL is fine */

/* Lives as long as `verified`; its errors are those of the other one. */
struct verifier verified_verifier(struct verified *verified);

#endif
