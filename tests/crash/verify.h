/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_CRASH_VERIFY_H
#define HL_TESTS_CRASH_VERIFY_H

/* Opens what a crash left of work.h's folder with the real code, and says
 * whether promises 4 to 7 of the design hold:
 *
 *   the store opens; each acknowledged entry is there, exactly, and nothing
 *   that nobody asked for; the mark is not behind what was answered, and the
 *   author goes on from it; the journal has each root that was signed, signs no
 *   other one, and answers repeats as before; what lives equals what is
 *   rebuilt; and a backup is good, or is not taken.
 *
 * Changes the folder. False: detail says what is wrong. */

#include "tests/crash/plan.h"

bool verify_node(const char *folder, const struct plan *plan,
                 const struct facts *facts, struct hl_detail *detail);
bool verify_backup(const char *folder, const struct plan *plan,
                   const struct facts *facts, struct hl_detail *detail);

#endif
