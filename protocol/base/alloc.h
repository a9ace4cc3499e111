/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_BASE_ALLOC_H
#define HL_PROTOCOL_BASE_ALLOC_H

/* Memory that is there or the process is not: running out aborts (the store
 * makes that safe), so allocation has no error path. Sizes that come from
 * outside are checked against hl_limits.h before they reach this. Any
 * thread. */

#include <stddef.h>

/* Zeroed memory for count items of size bytes; overflow aborts. count or size
 * of 0 gives a valid pointer that only hl_free may have. Never NULL. */
void *hl_alloc(size_t count, size_t size);

/* As realloc over count items; new bytes are not zeroed. Never NULL. */
void *hl_realloc(void *memory, size_t count, size_t size);

/* A copy of size bytes with a NUL behind it, for text as well as bytes. */
void *hl_copy(const void *data, size_t size);

/* Releases; NULL is fine. */
void hl_free(void *memory);

#endif
