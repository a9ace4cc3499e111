/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE

#include "tests/crash/scene.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/scratch.h"

static void die(const char *what)
{
    perror(what);
    exit(1);
}

void scene_preload(char **argv)
{
    const char *loaded = getenv("LD_PRELOAD");
    if (loaded != NULL && strstr(loaded, HELUO_FAULT) != NULL) {
        return;
    }
    char options[1024];
    const char *given = getenv("ASAN_OPTIONS");
    snprintf(options, sizeof(options), "%s:verify_asan_link_order=0",
             given == NULL ? "" : given);
    if (setenv("LD_PRELOAD", HELUO_FAULT, 1) != 0 ||
        setenv("ASAN_OPTIONS", options, 1) != 0) {
        die("setenv");
    }
    execv("/proc/self/exe", argv);
    die(argv[0]);
}

static void set_path(const struct scene *scene, const char *name,
                     char out[SCENE_PATH_BYTES])
{
    snprintf(out, SCENE_PATH_BYTES, "%.64s/%s", scene->root, name);
}

void scene_init(struct scene *scene)
{
    scratch_make_in_memory(scene->root, sizeof(scene->root));
    set_path(scene, "node", scene->folder);
    set_path(scene, "state", scene->state);
    set_path(scene, "log", scene->log);
    set_path(scene, "fault", scene->fault);
}

void scene_fini(struct scene *scene)
{
    scratch_remove(scene->root);
}

void scene_make_folder(const char *path)
{
    if (mkdir(path, 0700) != 0) {
        die(path);
    }
}

void scene_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
        die(path);
    }
}

/* --- Runs. --------------------------------------------------------------- */

static void run_here(const struct scene *scene, struct work_run *run,
                     bool recorded, char *said)
{
    struct hl_detail detail = {0};
    if (recorded && (setenv("RECORD_FOLDER", scene->folder, 1) != 0 ||
                     setenv("RECORD_FILE", scene->log, 1) != 0)) {
        die("setenv");
    }
    hl_err err = work_run(run, &detail);
    if (err != HL_OK) {
        snprintf(said, SCENE_SAID_BYTES, "%s: %s: %s", run->about,
                 hl_err_name(err), detail.text);
    }
    exit(hl_err_exit(err));
}

int scene_run(const struct scene *scene, struct work_run *run, bool recorded,
              char said[SCENE_SAID_BYTES])
{
    int status = 0;
    char *shared = mmap(NULL, SCENE_SAID_BYTES, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        die("mmap");
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        run_here(scene, run, recorded, shared);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        die("fork");
    }
    memcpy(said, shared, SCENE_SAID_BYTES);
    munmap(shared, SCENE_SAID_BYTES);
    return status;
}
