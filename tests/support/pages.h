/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SUPPORT_PAGES_H
#define HL_TESTS_SUPPORT_PAGES_H

/* LMDB's own pages in a store's file, while nobody has it open. */

#include "protocol/base/bytes.h"

enum { PAGE_KEYS_MAX = 256 };

/* Where the keys of `size` bytes that begin with `prefix` lie on pages that
 * lead to others, or that once did. */
size_t page_branch_keys(const char *path, struct bytes prefix, size_t size,
                        size_t out[PAGE_KEYS_MAX]);

void page_flip(const char *path, size_t at, unsigned bit);

#endif
