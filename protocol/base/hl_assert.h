/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_BASE_HL_ASSERT_H
#define HL_PROTOCOL_BASE_HL_ASSERT_H

/* HL_ASSERT states what our own code guarantees, one condition each, and
 * stays in every build. Data from disk, peer, configuration or user never
 * asserts: it gets an hl_err. */

#ifdef NDEBUG
#error "assertions stay on: build without NDEBUG"
#endif

#include <assert.h>

#define HL_ASSERT(condition) assert(condition)

#endif
