/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_BASE_HL_ERR_H
#define HL_PROTOCOL_BASE_HL_ERR_H

/* The one error table: name, gRPC status, exit code, text.
 *
 * Every function that can fail returns an hl_err and writes its outputs only
 * on HL_OK. Where a person will read about the failure, the function also
 * fills a struct hl_detail that says where in the input and why; the caller,
 * who knows the file's name or the peer, adds what and prints it once. Pure,
 * any thread. */

#include <stdint.h>

#define HL_MUST_USE __attribute__((warn_unused_result))
#define HL_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* gRPC status codes (google.rpc.Code); the numbers are the wire's. */
enum hl_grpc {
    GRPC_OK = 0,
    GRPC_CANCELLED = 1,
    GRPC_INVALID_ARGUMENT = 3,
    GRPC_DEADLINE_EXCEEDED = 4,
    GRPC_NOT_FOUND = 5,
    GRPC_ALREADY_EXISTS = 6,
    GRPC_PERMISSION_DENIED = 7,
    GRPC_RESOURCE_EXHAUSTED = 8,
    GRPC_FAILED_PRECONDITION = 9,
    GRPC_UNIMPLEMENTED = 12,
    GRPC_INTERNAL = 13,
    GRPC_UNAVAILABLE = 14,
    GRPC_DATA_LOSS = 15,
    GRPC_UNAUTHENTICATED = 16,
};

/* X(name, gRPC status, exit code, text). Exit codes are unique and, once
 * released, never change their meaning; 1 stays free (a shell's own), as do
 * 126 and above. */
#define HL_ERR_TABLE(X)                                                        \
    X(HL_OK, GRPC_OK, 0, "success")                                            \
    X(HL_EUSAGE, GRPC_INVALID_ARGUMENT, 2, "command line not understood")      \
    X(HL_EMALFORMED, GRPC_INVALID_ARGUMENT, 3, "malformed input")              \
    X(HL_ELIMIT, GRPC_RESOURCE_EXHAUSTED, 4, "over a limit")                   \
    X(HL_ENONCANONICAL, GRPC_INVALID_ARGUMENT, 5, "not in canonical form")     \
    X(HL_EUNSUPPORTED, GRPC_UNIMPLEMENTED, 6,                                  \
      "not supported by this version of the program")                          \
    X(HL_EPROOF, GRPC_INVALID_ARGUMENT, 7, "Merkle proof does not verify")     \
    X(HL_ESIGNATURE, GRPC_UNAUTHENTICATED, 8, "signature does not verify")     \
    X(HL_ENOKEY, GRPC_UNAUTHENTICATED, 9, "no signature by a known key")       \
    X(HL_EAMBIGUOUS, GRPC_FAILED_PRECONDITION, 10,                             \
      "two known keys share one name and key id")                              \
    X(HL_EQUORUM, GRPC_FAILED_PRECONDITION, 11, "too few signatures")          \
    X(HL_EIO, GRPC_UNAVAILABLE, 12, "cannot read or write")                    \
    X(HL_EEXISTS, GRPC_ALREADY_EXISTS, 13, "exists already")                   \
    X(HL_ENOTFOUND, GRPC_NOT_FOUND, 14, "not found")                           \
    X(HL_EPASSPHRASE, GRPC_UNAUTHENTICATED, 15, "wrong or missing passphrase") \
    X(HL_EFILEMODE, GRPC_FAILED_PRECONDITION, 16,                              \
      "file is open to other users")                                           \
    X(HL_ENOCERT, GRPC_UNAUTHENTICATED, 17, "no certificate")                  \
    X(HL_EEXPIRED, GRPC_UNAUTHENTICATED, 18, "certificate has expired")        \
    X(HL_ENOTYET, GRPC_UNAUTHENTICATED, 19, "certificate is not valid yet")    \
    X(HL_EREVOKED, GRPC_UNAUTHENTICATED, 20, "certificate is revoked")         \
    X(HL_ECHAIN, GRPC_UNAUTHENTICATED, 21,                                     \
      "certificate was not issued by the alliance's authority")                \
    X(HL_EIDENTITY, GRPC_UNAUTHENTICATED, 22,                                  \
      "certificate carries no usable identity")                                \
    X(HL_EALLIANCE, GRPC_UNAUTHENTICATED, 23, "another alliance")              \
    X(HL_EROLE, GRPC_PERMISSION_DENIED, 24, "unknown role")                    \
    X(HL_EDENIED, GRPC_PERMISSION_DENIED, 25, "role may not do this")          \
    X(HL_EUNKNOWNNODE, GRPC_PERMISSION_DENIED, 26,                             \
      "node is not in the charter")                                            \
    X(HL_ECRL, GRPC_UNAVAILABLE, 27, "revocation list is not usable")          \
    X(HL_EVERSIONGAP, GRPC_FAILED_PRECONDITION, 28, "charter version gap")     \
    X(HL_ESUCCESSORS, GRPC_FAILED_PRECONDITION, 29,                            \
      "two charters have one predecessor")                                     \
    X(HL_EPREDECESSOR, GRPC_FAILED_PRECONDITION, 30,                           \
      "charter does not follow the one named as its predecessor")              \
    X(HL_EDUPNODE, GRPC_INVALID_ARGUMENT, 31, "node is listed twice")          \
    X(HL_EKEYREUSE, GRPC_INVALID_ARGUMENT, 32,                                 \
      "one key is used for two purposes")                                      \
    X(HL_ECHARTER, GRPC_INVALID_ARGUMENT, 33, "charter breaks a rule")         \
    X(HL_ENOTFORK, GRPC_INVALID_ARGUMENT, 34,                                  \
      "evidence shows no contradiction")                                       \
    X(HL_EPIN, GRPC_FAILED_PRECONDITION, 35, "charter is not the pinned one")  \
    X(HL_EENDED, GRPC_PERMISSION_DENIED, 36, "node or role is ended")          \
    X(HL_ECRYPTO, GRPC_INTERNAL, 37, "cryptographic library failed")           \
    X(HL_ESETTLED, GRPC_FAILED_PRECONDITION, 39,                               \
      "a charter has settled this already")                                    \
    X(HL_ELIFETIME, GRPC_UNAUTHENTICATED, 38, "certificate lives too long")    \
    X(HL_EFULL, GRPC_RESOURCE_EXHAUSTED, 40, "no room for writes")             \
    X(HL_EBUSY, GRPC_RESOURCE_EXHAUSTED, 41, "too much at once: try again")    \
    X(HL_EFLUSH, GRPC_UNAVAILABLE, 42, "outcome of the write is unknown")      \
    X(HL_EDAMAGED, GRPC_DATA_LOSS, 43, "stored data is damaged")               \
    X(HL_ENEWER, GRPC_FAILED_PRECONDITION, 44, "store is of a newer program")  \
    X(HL_ELOCKED, GRPC_FAILED_PRECONDITION, 45, "in use by another process")   \
    X(HL_EMARK, GRPC_FAILED_PRECONDITION, 46, "mark is missing or disagrees")  \
    X(HL_ESTOPPING, GRPC_UNAVAILABLE, 47, "node is shutting down")             \
    X(HL_EDEADLINE, GRPC_DEADLINE_EXCEEDED, 48, "deadline has passed")         \
    X(HL_ECANCELLED, GRPC_CANCELLED, 49, "caller has gone")                    \
    X(HL_ECLOCK, GRPC_UNAVAILABLE, 50, "clock cannot be trusted")              \
    X(HL_ECONFIG, GRPC_INVALID_ARGUMENT, 51, "configuration is wrong")         \
    X(HL_ECONNECT, GRPC_UNAVAILABLE, 52, "node cannot be reached")             \
    X(HL_EDIFFERS, GRPC_INTERNAL, 53, "two copies that must be equal differ")  \
    X(HL_EAHEAD, GRPC_FAILED_PRECONDITION, 54,                                 \
      "caller knows more than this node")                                      \
    X(HL_EPEER, GRPC_INVALID_ARGUMENT, 55, "partner broke the protocol")       \
    X(HL_EFORK, GRPC_FAILED_PRECONDITION, 56, "journal was forked")            \
    X(HL_EKEEPERS, GRPC_FAILED_PRECONDITION, 57,                               \
      "journal has not so many keepers")                                       \
    X(HL_ESUPERSEDED, GRPC_UNAVAILABLE, 58, "another stream lives on")         \
    X(HL_EPAUSED, GRPC_UNAVAILABLE, 59, "paused by an operator")               \
    X(HL_EBACKUP, GRPC_FAILED_PRECONDITION, 60,                                \
      "store is a backup, or is none")                                         \
    X(HL_EHOME, GRPC_FAILED_PRECONDITION, 61, "record is another node's")      \
    X(HL_EAWAY, GRPC_UNAVAILABLE, 62, "a part of the node is away for now")    \
    X(HL_ESTATE, GRPC_FAILED_PRECONDITION, 63, "the ledger does not allow it") \
    X(HL_EUNSEALED, GRPC_UNAVAILABLE, 64, "not sealed yet: try again")

#define HL_ERR_ENUM(name, grpc, exit, text) name,
typedef enum hl_err { HL_ERR_TABLE(HL_ERR_ENUM) HL_ERR_COUNT } hl_err;
#undef HL_ERR_ENUM

/* The table's columns. An err outside the table is a bug and asserts. */
const char *hl_err_name(hl_err err);
const char *hl_err_text(hl_err err);
enum hl_grpc hl_err_grpc(hl_err err);
int hl_err_exit(hl_err err);

enum hl_where {
    HL_NOWHERE,
    HL_AT_LINE,   /* at = line of a text, counted from 1 */
    HL_AT_OFFSET, /* at = offset in bytes, counted from 0 */
};

enum { HL_DETAIL_TEXT_BYTES = 256 };

/* Where in the input, and why. Plain memory: nothing to release. */
struct hl_detail {
    enum hl_where where;
    uint64_t at;
    char text[HL_DETAIL_TEXT_BYTES]; /* cut, never overrun */
};

/* Each fills *detail (which may be NULL: the caller does not care) and
 * returns err, so that a parser can say `return hl_fail_line(...)`. Control
 * characters, and marks that turn the direction of text, are replaced by '?',
 * because foreign input may be quoted and will reach a terminal. */
hl_err hl_fail(struct hl_detail *detail, hl_err err, const char *format, ...)
    HL_PRINTF(3, 4);
hl_err hl_fail_line(struct hl_detail *detail, uint64_t line, hl_err err,
                    const char *format, ...) HL_PRINTF(4, 5);
hl_err hl_fail_at(struct hl_detail *detail, uint64_t offset, hl_err err,
                  const char *format, ...) HL_PRINTF(4, 5);

#endif
