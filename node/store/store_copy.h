/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STORE_STORE_COPY_H
#define HL_NODE_STORE_STORE_COPY_H

/* A copy of a store's file, while its node runs or not. */

#include "protocol/base/hl_err.h"

/* Copies the store in one folder, as of one commit and without its free pages,
 * into another one that has none; synced. Of a store that is in use its node
 * goes on meanwhile: this is one more reader of it, of the same user. Nothing
 * is verified but that pages are where they are looked for. The copy gets
 * its name when it is whole and on the disk: one that was broken off is no
 * store, and it matters, as LMDB may die of a file that lacks pages.
 *
 * HL_ENOTFOUND  there is no such folder, or no store in it.
 * HL_EEXISTS    there is one in the other.
 * HL_EDAMAGED   it is no store, or damaged beyond copying.
 * HL_EFULL      no room for it; HL_EIO. */
HL_MUST_USE hl_err store_copy(const char *from, const char *into,
                              struct hl_detail *detail);

#endif
