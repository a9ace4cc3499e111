/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_CHEAP_KEYS_H
#define HL_TESTS_SIM_CHEAP_KEYS_H

/* A signature scheme for simulations: 64 bytes of SHA-256 over public key and
 * message. Anyone could make them; nobody in a simulation does who does not
 * hold the signer. Thirty times faster than Ed25519. */

#include "protocol/note/signer.h"

/* As signer_ed25519(). HL_EMALFORMED  the name may not stand in a note. */
HL_MUST_USE hl_err cheap_signer(struct bytes name, enum vkey_kind kind,
                                const uint8_t seed[32], struct signer *out);

struct verifier cheap_verifier(void);

#endif
