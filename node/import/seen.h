/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_IMPORT_SEEN_H
#define HL_NODE_IMPORT_SEEN_H

/* Which records a file has had already: 16 bytes for each, in memory twice as
 * large at most. One thread. */

#include <stdbool.h>
#include <stdint.h>

struct seen;

struct seen *seen_create(void);
void seen_destroy(struct seen **seen);

/* False: it was added. True: it was there, with that line and content. */
bool seen_add(struct seen *seen, uint64_t key, uint32_t content, uint32_t line,
              uint32_t *former_content, uint32_t *former_line);
bool seen_has(const struct seen *seen, uint64_t key);

#endif
