/* SPDX-License-Identifier: Apache-2.0 */

/* Compiled into every file of a build that is broken on purpose (see run.py),
 * before anything of its own: so without includes. */

extern char *getenv(const char *);
extern int strcmp(const char *, const char *);

static inline _Bool mutant(const char *name)
{
    const char *chosen = getenv("HELUO_MUTANT");
    return chosen != (void *)0 && strcmp(chosen, name) == 0;
}
