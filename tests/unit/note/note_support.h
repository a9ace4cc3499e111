/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_NOTE_SUPPORT_H
#define HL_TESTS_UNIT_NOTE_SUPPORT_H

/* What the tests of protocol/note share: published keys and notes (sources
 * and licences in tests/vectors/note/SOURCES.md), keys made up here, and a
 * scheme that costs nothing. A failure ends the program with a message. */

#include "protocol/note/note.h"
#include "tests/support/support.h"

/* The note of the package documentation of golang.org/x/mod/sumdb/note. */
#define PETER_VKEY                                                             \
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define PETER_SKEY                                                             \
    "PRIVATE+KEY+PeterNeumann+c74f20a3+"                                       \
    "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define ENOCH_VKEY                                                             \
    "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
#define PETER_TEXT                                                             \
    "If you think cryptography is the answer to your problem,\n"               \
    "then you don't know what your problem is.\n"
#define PETER_LINE                                                             \
    "\xe2\x80\x94 PeterNeumann "                                               \
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfq"    \
    "dngotpRZb6KE6RyyBwJnAM=\n"
#define ENOCH_LINE                                                             \
    "\xe2\x80\x94 EnochRoot "                                                  \
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01o"    \
    "OTGwnWLox33WWd1RvMc+QQ=\n"

/* The c2sp.org/tlog-cosignature witness of torchwood's tests. */
#define WITNESS_SEED                                                           \
    "31ffc2116ecbe003acaa800ab70757bd7d53206e3febef6a6d0796d95530b34f"
#define WITNESS_KEY                                                            \
    "64848ad8abed6e85981b3b3875b252b8767ebb4b02f703aca3b1e71bbd6a8e50"

struct vkey must_vkey(const char *text);
struct note must_note(struct bytes raw);

/* A signer whose seed (or scalar) is 32 times the byte. */
struct signer must_signer(const char *name, enum vkey_kind kind, uint8_t byte);

/* Appends a note: text and one line of each signer. */
void must_sign_note(const char *text, const struct signer *signers,
                    size_t count, struct writer *out);

/* A scheme whose signature is a hash over key and message: for tests that
 * verify thousands of notes, and because the interface promises it. */
struct signer cheap_signer(const char *name, enum vkey_kind kind, uint8_t byte);
struct verifier cheap_verifier(void);

/* A signer of the kind that always fails with HL_ECRYPTO. */
struct signer failing_signer(const char *name, enum vkey_kind kind);

/* A root that no tree of ours has: 32 times the byte. */
struct hl_hash test_root(uint8_t byte);

#endif
