/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SUPPORT_SCRATCH_H
#define HL_TESTS_SUPPORT_SCRATCH_H

/* Folders that a test makes and removes. They stand in TMPDIR: so whoever runs
 * tests that may end in the middle (tests/in_scratch, tests/mutants) removes
 * what they left, by removing that. */

#include <stddef.h>

/* Makes a folder; in /tmp where TMPDIR is not set. Ends the program with a
 * message if it cannot, or if its name takes more than size - 1 bytes. */
void scratch_make(char *folder, size_t size);

/* The same in memory (/dev/shm) where there is some and TMPDIR is not set: for
 * many small files that are soon gone. */
void scratch_make_in_memory(char *folder, size_t size);

/* Removes it with all in it, if it is there; ends the program if it cannot. */
void scratch_remove(const char *folder);

#endif
