/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_DIVISION_TABLE_H
#define HL_NODE_CATALOGUE_DIVISION_TABLE_H

/* The lists themselves, made at build time (data/SOURCES.md); for division.c
 * and division_name.c alone. Ascending by code. */

#include "node/catalogue/division.h"
#include "node/catalogue/name_key.h"

extern const struct division division_2023[];
extern const size_t division_2023_count;

/* Names, and names without what kind of place it is, where that leaves two
 * characters or more (郑州 for 郑州市). */
extern const struct name_index division_2023_names;
extern const struct name_index division_2023_bares;

/* Codes that former lists had and that of 2023 has not. */
extern const struct division_withdrawn division_withdrawn[];
extern const size_t division_withdrawn_count;

#endif
