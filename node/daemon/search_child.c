/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* posix_spawn_file_actions_addclosefrom_np */

#include "node/daemon/search_child.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "certs/tools/clock.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

enum {
    LOOK_MS = 50,   /* at whether it has ended */
    AGAIN_MS = 500, /* after its end, and twice as long each time */
    AGAIN_MAX_MS = 60000,
    STEADY_MS = 120000, /* after which it counts as well */
    PATH_BYTES = 4096,
};

struct search_child {
    char *config_path;
    struct log *log;
    pthread_t thread;
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t wake;
    bool stopping;
    int64_t grace_ms;
};

/* Up to that long; true: it is to stop. */
static bool pause_ms(struct search_child *child, int64_t ms)
{
    struct timespec until = clock_mono_in_ms(ms);
    pthread_mutex_lock(&child->mutex);
    while (!child->stopping &&
           pthread_cond_timedwait(&child->wake, &child->mutex, &until) == 0) {
    }
    bool stopping = child->stopping;
    pthread_mutex_unlock(&child->mutex);
    return stopping;
}

/* --- Starting. ----------------------------------------------------------- */

static bool find_program(char path[PATH_BYTES])
{
    ssize_t size = readlink("/proc/self/exe", path, PATH_BYTES - 1);
    if (size <= 0) {
        return false;
    }
    path[size] = '\0';
    char *name = strrchr(path, '/');
    if (name == NULL ||
        (size_t)(name - path) + sizeof("/heluo-search") > PATH_BYTES) {
        return false;
    }
    memcpy(name, "/heluo-search", sizeof("/heluo-search"));
    return access(path, X_OK) == 0;
}

/* With no file of ours open but the three that everybody has, and the signals
 * as they were before supervise_begin(). */
static int spawn(const char *path, char *const argv[], pid_t *pid)
{
    extern char **environ;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    int failed = posix_spawn(pid, path, &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

static bool start_program(struct search_child *child, const char *path,
                          pid_t *pid)
{
    char parent[24];
    snprintf(parent, sizeof(parent), "%ld", (long)getpid());
    char *argv[] = {(char *)(uintptr_t)path,
                    (char *)(uintptr_t) "--config",
                    child->config_path,
                    (char *)(uintptr_t) "--parent",
                    parent,
                    NULL};
    int failed = spawn(path, argv, pid);
    if (failed != 0) {
        log_event(child->log, LOG_ERROR, "search.unstarted",
                  LOG_TEXT("program", path), LOG_TEXT("why", strerror(failed)));
        return false;
    }
    log_event(child->log, LOG_INFO, "search.started",
              LOG_INT("pid", (int64_t)*pid));
    return true;
}

/* --- Waiting. ------------------------------------------------------------ */

static void log_end(struct search_child *child, int status)
{
    log_event(child->log, LOG_WARN, "search.died",
              LOG_INT("exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
              LOG_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
}

/* True: it has ended. */
static bool has_ended(pid_t pid, int *status)
{
    return waitpid(pid, status, WNOHANG) != 0;
}

static void end_program(struct search_child *child, pid_t pid)
{
    int status;
    int64_t until = clock_mono_ms() + child->grace_ms;
    kill(pid, SIGTERM);
    while (!has_ended(pid, &status)) {
        struct timespec moment = {0, LOOK_MS * 1000000L};
        if (clock_mono_ms() >= until) {
            kill(pid, SIGKILL);
        }
        nanosleep(&moment, NULL);
    }
}

static void *run(void *context)
{
    struct search_child *child = context;
    char path[PATH_BYTES];
    int64_t again_ms = AGAIN_MS;
    if (!find_program(path)) {
        log_event(child->log, LOG_ERROR, "search.unstarted",
                  LOG_TEXT("why", "heluo-search does not stand beside heluod"));
        return NULL;
    }
    for (;;) {
        pid_t pid;
        int status = 0;
        int64_t from = clock_mono_ms();
        if (start_program(child, path, &pid)) {
            while (!has_ended(pid, &status)) {
                if (pause_ms(child, LOOK_MS)) {
                    end_program(child, pid);
                    return NULL;
                }
            }
            log_end(child, status);
        }
        again_ms = clock_mono_ms() - from > STEADY_MS ? AGAIN_MS : again_ms;
        if (pause_ms(child, again_ms)) {
            return NULL;
        }
        again_ms = again_ms * 2 > AGAIN_MAX_MS ? AGAIN_MAX_MS : again_ms * 2;
    }
}

void search_child_start(const char *config_path, struct log *log,
                        struct search_child **out)
{
    struct search_child *child = hl_alloc(1, sizeof(*child));
    pthread_condattr_t attributes;
    child->config_path = hl_copy(config_path, strlen(config_path));
    child->log = log;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&child->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&child->mutex, NULL);
    int failed = pthread_create(&child->thread, NULL, run, child);
    HL_ASSERT(failed == 0);
    *out = child;
}

void search_child_stop(struct search_child **child, int64_t grace_ms)
{
    struct search_child *gone = *child;
    *child = NULL;
    if (gone == NULL) {
        return;
    }
    pthread_mutex_lock(&gone->mutex);
    gone->grace_ms = grace_ms;
    gone->stopping = true;
    pthread_cond_broadcast(&gone->wake);
    pthread_mutex_unlock(&gone->mutex);
    pthread_join(gone->thread, NULL);
    pthread_cond_destroy(&gone->wake);
    pthread_mutex_destroy(&gone->mutex);
    hl_free(gone->config_path);
    hl_free(gone);
}
