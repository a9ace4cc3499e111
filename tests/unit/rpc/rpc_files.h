/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_RPC_RPC_FILES_H
#define HL_TESTS_UNIT_RPC_RPC_FILES_H

/* Certificates of an alliance, in a folder of their own: an authority, and
 * whoever is to call. */

#include "protocol/base/writer.h"
#include "tests/unit/certs/cert_maker.h"

enum { FILES_PATH_BYTES = 96, FILES_CALLERS_MAX = 16 };

struct files_caller {
    struct maker_pair pair;
    char certificate[FILES_PATH_BYTES], key[FILES_PATH_BYTES];
};

struct files {
    char folder[64];
    char roots[FILES_PATH_BYTES];
    struct maker_pair root;
    struct files_caller callers[FILES_CALLERS_MAX];
    size_t count;
};

void files_init(struct files *files);
void files_fini(struct files *files);

/* An authority's; one more caller, by the names of its certificate. */
struct maker_pair files_root(void);
struct maker_pair files_leaf(const struct maker_pair *issuer, const char *names,
                             int64_t from_s, int64_t to_s, long serial);
const struct files_caller *files_add(struct files *files,
                                     struct maker_pair pair);

/* PEM, appended. */
void files_key(const struct maker_pair *pair, struct writer *out);

#endif
