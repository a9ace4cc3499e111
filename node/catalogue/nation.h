/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_NATION_H
#define HL_NODE_CATALOGUE_NATION_H

/* Names of nations that the national platform accepts for 产地国别. Pure, any
 * thread. */

#include "protocol/base/bytes.h"

struct nation {
    const char *name_zh;
};

/* By its name on the list, whatever its width and blanks (name_key). NULL: the
 * list does not have it; it knows no other names (俄罗斯 is not on it,
 * 俄罗斯联邦 is). */
const struct nation *nation_find(struct bytes name);

#endif
