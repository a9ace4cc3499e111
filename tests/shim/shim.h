/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SHIM_SHIM_H
#define HL_TESTS_SHIM_SHIM_H

/* What the parts of the preloaded library share: fault.c stands before the
 * calls, rules.c says which of them fail, record.c writes down what they did.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include "tests/shim/record.h"

enum { SHIM_PATH_BYTES = 4352 };

/* The function that would have been called. */
void *shim_next(const char *name);

/* ISO C has no conversion from an object pointer to a function's. */
#define NEXT(function)                                                         \
    (*(union {                                                                 \
          void *found;                                                         \
          __typeof__(&function) call;                                          \
      }){shim_next(#function)}                                                 \
          .call)

/* The path of what is open, or an absolute path of what is named. Empty where
 * there is none. Leaves errno. */
void shim_path_of(int fd, char out[SHIM_PATH_BYTES]);
void shim_path_at(int folder, const char *path, char out[SHIM_PATH_BYTES]);

/* --- rules.c ------------------------------------------------------------- */

enum shim_call {
    CALL_FALLOCATE,
    CALL_FSYNC,
    CALL_WRITE,
    CALL_OPEN,
    CALL_READ,
    CALL_TRUNCATE,
    CALL_NAME, /* rename, link, unlink, mkdir, rmdir */
    CALL_MAP,
    CALL_SOCKET, /* of no file */
    CALL_ANY,    /* in a rule: each of a file's */
    CALL_COUNT
};

/* 0, an errno, or one of these. Leaves errno. */
enum {
    SHIM_SHORT = -1, /* a write of half the bytes */
    /* A write that is the last thing the process does, in the machine's memory
     * and never flushed; any other call is not reached. */
    SHIM_KILL = -2,
    /* A flush that fails, and what it was of is taken for flushed from then
     * on, as Linux does it. */
    SHIM_LOST = -3,
};
int shim_fault_of(enum shim_call call, int fd);
int shim_fault_at(enum shim_call call, int folder, const char *path);

/* --- record.c ------------------------------------------------------------ */

/* Calls and their records are one step each: between these two. */
void shim_begin(void);
void shim_end(void); /* leaves errno */

bool shim_records(void);

/* What a call that went well did. Nothing where the file is not below the
 * folder. */
/* flushed: if the descriptor does that by itself. */
void shim_record_bytes(int fd, off_t offset, const void *data, size_t size,
                       bool flushed);
void shim_record_fd(enum shim_record kind, int fd, uint64_t offset);
void shim_record_at(enum shim_record kind, int folder, const char *path);
void shim_record_rename(int from_folder, const char *from, int to_folder,
                        const char *to);

#endif
