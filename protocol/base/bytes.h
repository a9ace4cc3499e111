/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_BASE_BYTES_H
#define HL_PROTOCOL_BASE_BYTES_H

/* A borrowed run of bytes, and comparisons of it. Pure, any thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed: whoever made it says how long it lives. data may be NULL iff size
 * is 0. */
struct bytes {
    const uint8_t *data;
    size_t size;
};

struct bytes bytes_of(const void *data, size_t size);

/* The text's bytes without its NUL. */
struct bytes bytes_of_text(const char *text);

bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_text(struct bytes a, const char *text);

/* memcmp order, a prefix before what it begins. */
int bytes_compare(struct bytes a, struct bytes b);

/* The part from offset on, size bytes long; both must lie inside (asserts). */
struct bytes bytes_slice(struct bytes whole, size_t offset, size_t size);

/* For printf("%.*s", BYTES_ARGS(b)); the bytes must be shorter than 2 GiB. */
#define BYTES_ARGS(b) (int)(b).size, (const char *)(b).data

#endif
