/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_CRASH_SCENE_H
#define HL_TESTS_CRASH_SCENE_H

/* What the programs of this folder share: a folder in memory where one is to be
 * had, the shim before everything, processes that may die. */

#include "protocol/base/hl_err.h"
#include "tests/crash/work.h"

enum { SCENE_PATH_BYTES = 128 };

struct scene {
    char root[SCENE_PATH_BYTES];   /* holds the others */
    char folder[SCENE_PATH_BYTES]; /* of the node */
    char state[SCENE_PATH_BYTES];  /* of a state that is looked at */
    char log[SCENE_PATH_BYTES];    /* of the run */
    char fault[SCENE_PATH_BYTES];  /* the shim's rules */
};

/* Starts the program again with the shim preloaded, unless it is. */
void scene_preload(char **argv);

void scene_init(struct scene *scene);
void scene_fini(struct scene *scene);

void scene_make_folder(const char *path);
void scene_write(const char *path, const char *text);

/* Runs work_run() in a process of its own. Its status as waitpid() has it; what
 * it said, an error's name and detail, in `said`. */
enum { SCENE_SAID_BYTES = 640 };
int scene_run(const struct scene *scene, struct work_run *run, bool recorded,
              char said[SCENE_SAID_BYTES]);

#endif
