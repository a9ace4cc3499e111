/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_NOTE_POLICY_SUPPORT_H
#define HL_TESTS_UNIT_NOTE_POLICY_SUPPORT_H

/* Policies as patterns, so that a table shows lines and not keys: @L0 .. @L9
 * are logs' keys (01), @W0 .. @W9 witnesses' (04), @M one of ML-DSA (06). */

#include "protocol/note/policy.h"

/* Appends the pattern with its keys filled in. */
void policy_expand(const char *pattern, struct writer *out);

/* Reads the expanded pattern. */
hl_err policy_parse_pattern(const char *pattern, struct policy *out,
                            struct hl_detail *detail);

/* The same for patterns that are right; ends the program if one is not. */
struct policy must_policy(const char *pattern);

#endif
