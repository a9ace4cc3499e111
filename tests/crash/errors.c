/* SPDX-License-Identifier: Apache-2.0 */

/* Errors at each call: a node's writing side runs with its N-th call on a file
 * failing, for each N until it runs through without meeting it, and with each
 * error that the call can answer. It ends well or with an error that says what
 * and where, never of a signal; what it acknowledged is there (verify.h); and
 * without the fault it goes on to its end. */

#define _GNU_SOURCE

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certs/tools/file.h"
#include "tests/crash/log.h"
#include "tests/crash/scene.h"
#include "tests/crash/verify.h"
#include "tests/support/scratch.h"
#include "tests/support/support.h"

enum { SAID_BYTES = SCENE_SAID_BYTES };

static const char *const errors[] = {"EIO", "ENOSPC", "EMFILE", "short"};
enum { ERROR_COUNT = sizeof(errors) / sizeof(errors[0]) };

struct trial {
    const struct scene *scene;
    struct plan plan;
    bool verbose;
    const char *error;
    unsigned long at; /* the call */
    char met[256];    /* what it was; empty: no such call */
    size_t runs, ended_well;
};

static bool complain(const struct trial *trial, const char *what,
                     const char *said)
{
    printf("errors: %s at call %lu (%s): %s: %s\n", trial->error, trial->at,
           trial->met, what, said);
    return false;
}

/* What went wrong outside: nothing of the node's own is out of order. */
static bool is_fitting(const struct trial *trial, hl_err err)
{
    bool room =
        strcmp(trial->error, "EIO") != 0 && strcmp(trial->error, "EMFILE") != 0;
    return err == HL_OK || err == HL_EIO || err == HL_EFLUSH ||
           (err == HL_EFULL && room);
}

static hl_err err_of_exit(int code)
{
    for (int i = 0; i < HL_ERR_COUNT; i++) {
        if (hl_err_exit((hl_err)i) == code) {
            return (hl_err)i;
        }
    }
    return HL_EDIFFERS;
}

static int run_once(struct trial *trial, char said[SAID_BYTES])
{
    struct work_run run = {.folder = trial->scene->folder,
                           .plan = &trial->plan,
                           .notes = trial->scene->log};
    return scene_run(trial->scene, &run, false, said);
}

static void read_met(struct trial *trial)
{
    char path[SCENE_PATH_BYTES + 8];
    struct writer text = {0};
    snprintf(path, sizeof(path), "%s.hit", trial->scene->fault);
    trial->met[0] = '\0';
    if (file_exists(path)) {
        test_read_file(path, &text);
        snprintf(trial->met, sizeof(trial->met), "%.*s",
                 (int)strcspn((const char *)text.data, "\n"),
                 (const char *)text.data);
        unlink(path);
    }
    writer_fini(&text);
}

static bool judge(struct trial *trial, int status, const char *said)
{
    if (WIFSIGNALED(status)) {
        return complain(trial, "it died of a signal",
                        strsignal(WTERMSIG(status)));
    }
    hl_err err = err_of_exit(WEXITSTATUS(status));
    trial->ended_well += err == HL_OK;
    if (trial->verbose) {
        printf("%s\t%s\t%s\n", trial->error, trial->met,
               err == HL_OK ? "goes on" : said);
    }
    if (!is_fitting(trial, err)) {
        return complain(trial, "another error", said);
    }
    return err == HL_OK || strstr(said, trial->scene->root) != NULL ||
           complain(trial, "it does not say where", said);
}

/* done: all of the plan was reported as done, in whichever run. */
static bool check(struct trial *trial, bool done, bool backup)
{
    struct log log;
    struct facts facts = {0};
    struct hl_detail why;
    if (!file_exists(trial->scene->log)) {
        return true; /* it had not come that far */
    }
    log_read(&log, trial->scene->log);
    for (size_t i = 0; i < log.count; i++) {
        log_note(&log.items[i], &facts);
    }
    log_fini(&log);
    if (done) {
        facts.begun = facts.acked = trial->plan.count;
    }
    bool right = (backup ? verify_backup : verify_node)(
        trial->scene->folder, &trial->plan, &facts, &why);
    return right || complain(trial, "afterwards", why.text);
}

/* In a process of its own, as what it looks at may end it. */
static bool check_apart(struct trial *trial, bool done, bool backup)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        bool right = check(trial, done, backup);
        fflush(NULL);
        _exit(right ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("fork");
        exit(1);
    }
    return status == 0 ||
           complain(trial, "checking", WIFSIGNALED(status) ? "died" : "failed");
}

static bool try_call(struct trial *trial)
{
    char rule[256], said[SAID_BYTES];
    const struct scene *scene = trial->scene;
    scratch_remove(scene->folder);
    scene_make_folder(scene->folder);
    unlink(scene->log);
    snprintf(rule, sizeof(rule), "any %s %s/ %lu 1", trial->error,
             scene->folder, trial->at);
    scene_write(scene->fault, rule);
    int status = run_once(trial, said);
    unlink(scene->fault);
    read_met(trial);
    trial->runs++;
    if (!judge(trial, status, said) || !check_apart(trial, false, false)) {
        return false;
    }
    status = run_once(trial, said);
    if (status != 0) {
        return complain(trial, "without the fault it does not go on", said);
    }
    return check_apart(trial, true, false) && check_apart(trial, true, true);
}

static bool try_error(struct trial *trial, unsigned long every, uint64_t seed)
{
    bool right = true;
    trial->runs = 0;
    trial->ended_well = 0;
    trial->at = seed % every;
    do {
        right = try_call(trial) && right;
        trial->at += every;
    } while (trial->met[0] != '\0');
    printf("errors: %s: %lu calls, %zu runs, %zu of them went on\n",
           trial->error, trial->at - every, trial->runs, trial->ended_well);
    return right;
}

static void usage(void)
{
    fputs("usage: crash_errors [--seed N] [--txns N] [--every N] [--verbose]\n"
          "--every: not at each call, but at each N-th.\n",
          stderr);
    exit(2);
}

static unsigned long number_of(const char *text, unsigned long most)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value == 0 || value > most) {
        usage();
    }
    return value;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        {"seed", required_argument, NULL, 's'},
        {"txns", required_argument, NULL, 't'},
        {"every", required_argument, NULL, 'e'},
        {"verbose", no_argument, NULL, 'v'},
        {0}};
    struct scene scene;
    struct trial trial = {.scene = &scene};
    const char *given = getenv("HELUO_SEED");
    uint64_t seed = given == NULL ? 1 : strtoull(given, NULL, 10);
    unsigned long txns = 3, every = 1;
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 's':
            seed = number_of(optarg, UINT32_MAX);
            break;
        case 't':
            txns = number_of(optarg, PLAN_TXNS_MAX);
            break;
        case 'e':
            every = number_of(optarg, UINT32_MAX);
            break;
        case 'v':
            trial.verbose = true;
            break;
        default:
            usage();
        }
    }
    scene_preload(argv);
    printf("errors: seed %" PRIu64 ", %lu transactions\n", seed, txns);
    scene_init(&scene);
    setenv("FAULT_FILE", scene.fault, 1);
    plan_init(&trial.plan, seed, txns);
    bool right = true;
    for (size_t i = 0; i < ERROR_COUNT; i++) {
        trial.error = errors[i];
        right = try_error(&trial, every, seed) && right;
    }
    plan_fini(&trial.plan);
    scene_fini(&scene);
    return right ? 0 : 1;
}
