/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_PACKAGE_H
#define HL_NODE_TABLE_PACKAGE_H

/* The zip that an xlsx is, and its parts as streams. What inflates beyond its
 * bounds, in bytes or in proportion, is an error where that shows. libzip stays
 * in package.c. Inside node/table/ only. One thread. */

#include "node/table/source.h"

struct package;
struct part;

/* Borrows the source.
 *
 * HL_EMALFORMED, HL_ELIMIT, HL_EIO */
HL_MUST_USE hl_err package_open(const struct source *source,
                                struct package **out, struct hl_detail *detail);
void package_close(struct package *package); /* NULL is fine */

bool package_has(const struct package *package, const char *name);

/* HL_ENOTFOUND     there is no part of that name, whatever its letters' case.
 * HL_EUNSUPPORTED  encrypted, or not deflated. */
HL_MUST_USE hl_err part_open(struct package *package, const char *name,
                             struct part **out, struct hl_detail *detail);
void part_close(struct part *part); /* NULL is fine */

/* 0 at the end, when the checksum is right.
 *
 * HL_EMALFORMED, HL_ELIMIT */
HL_MUST_USE hl_err part_read(struct part *part, void *buffer, size_t size,
                             size_t *got, struct hl_detail *detail);

#endif
