/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "tests/sim/shrink.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/base/alloc.h"
#include "tests/sim/strikes.h"

struct search {
    struct trial_options trial;  /* the smallest that fails */
    struct strikes skip;         /* of it */
    const char *kind;            /* how it fails; NULL: by an assertion */
    struct trial_result result;  /* of it */
    struct trial_result *shared; /* with the process that runs one */
    unsigned runs;
};

static void run(const struct trial_options *trial, struct trial_result *out)
{
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDERR_FILENO);
    trial_run(trial, out);
    _exit(0);
}

/* In a process of its own, which an assertion may end. The result is in
 * search->shared. */
static bool fails(struct search *search, const struct trial_options *trial)
{
    int status = 0;
    struct trial_result *result = search->shared;
    search->runs++;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        run(trial, result);
    }
    bool ran = child > 0 && waitpid(child, &status, 0) == child;
    if (ran && WIFSIGNALED(status)) {
        result->violated = true;
        strcpy(result->violation, "an assertion failed");
    }
    return ran && result->violated;
}

/* Whether it fails as the whole does; then it is what is shrunk further. */
static bool take(struct search *search, const struct trial_options *trial,
                 const struct strikes *skip)
{
    struct trial_options smaller = *trial;
    smaller.skip = skip;
    bool same = fails(search, &smaller) &&
                search->shared->violation_kind == search->kind;
    if (same) {
        search->trial = *trial;
        search->skip = *skip;
        search->trial.skip = &search->skip;
        search->result = *search->shared;
    }
    return same;
}

static void shrink_minutes(struct search *search)
{
    int64_t step = search->trial.minutes / 2;
    while (step > 0) {
        struct trial_options shorter = search->trial;
        struct strikes skip = search->skip;
        shorter.minutes -= step;
        if (shorter.minutes < 1 || !take(search, &shorter, &skip)) {
            step /= 2;
        }
    }
}

/* The strikes that are still in, in their order. */
static size_t list(const struct search *search, uint64_t *out)
{
    size_t count = 0;
    for (uint64_t i = 1; i < STRIKES_MAX; i++) {
        if (search->result.kind_of[i] != 0 && !search->skip.out[i]) {
            out[count++] = i;
        }
    }
    return count;
}

/* Leaves out runs of that length, one after the other. */
static void leave_out(struct search *search, const uint64_t *strikes,
                      size_t count, size_t length)
{
    for (size_t first = 0; first < count; first += length) {
        struct trial_options trial = search->trial;
        struct strikes skip = search->skip;
        for (size_t i = first; i < count && i < first + length; i++) {
            skip.out[strikes[i]] = true;
        }
        (void)take(search, &trial, &skip);
    }
}

static void shrink_strikes(struct search *search)
{
    uint64_t *strikes = hl_alloc(STRIKES_MAX, sizeof(*strikes));
    size_t count = list(search, strikes);
    for (size_t length = (count + 1) / 2; length > 0; length /= 2) {
        leave_out(search, strikes, count, length);
        count = list(search, strikes);
    }
    hl_free(strikes);
}

static void report(const struct search *search)
{
    char *command = hl_alloc(COMMAND_MAX_BYTES, 1);
    trial_command(&search->trial, command);
    printf("after %u runs: %s\n", search->runs, search->result.violation);
    for (uint64_t i = 1; i < STRIKES_MAX; i++) {
        if (search->result.kind_of[i] != 0) {
            printf("%6" PRIu64 "  %s\n", i,
                   fault_name(search->result.kind_of[i] - 1u));
        }
    }
    printf("  again: %s --trace\n", command);
    hl_free(command);
}

int shrink(const struct trial_options *trial)
{
    struct search search = {.trial = *trial};
    search.shared = mmap(NULL, sizeof(*search.shared), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (search.shared == MAP_FAILED) {
        perror("sim: mmap");
        return 2;
    }
    if (trial->skip != NULL) {
        search.skip = *trial->skip;
    }
    bool failed = fails(&search, trial);
    if (failed) {
        search.result = *search.shared;
        search.kind = search.result.violation_kind;
        search.trial.skip = &search.skip;
        printf("seed %" PRIu64 ": %s\n", trial->seed, search.result.violation);
        shrink_minutes(&search);
        shrink_strikes(&search);
        shrink_minutes(&search);
        report(&search);
    } else {
        printf("seed %" PRIu64 " passes\n", trial->seed);
    }
    munmap(search.shared, sizeof(*search.shared));
    return failed ? 1 : 0;
}
