/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_DIVISION_TABLE_H
#define HL_NODE_CATALOGUE_DIVISION_TABLE_H

/* The lists themselves, made at build time (data/SOURCES.md); for division.c
 * alone. Ascending by code. */

#include "node/catalogue/division.h"

extern const struct division division_2023[];
extern const size_t division_2023_count;

#endif
