/* SPDX-License-Identifier: Apache-2.0 */
/* The program `sim`; scripts/sim builds and runs it. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/shrink.h"
#include "tests/sim/strikes.h"

struct run {
    struct trial_options trial;
    struct strikes skip;
    uint64_t seeds;
    bool shrinks;
    bool twice;  /* every seed, and compare the traces */
    bool quiet;  /* nothing per seed, nothing that differs between machines */
    bool covers; /* fails where something never happened */
};

struct total {
    uint64_t seeds, violated;
    int64_t simulated_ns;
    uint64_t events, messages, crashes, commits, requests;
    uint64_t answers[PLATFORM_CLASS_COUNT];
    uint64_t deeds[DEED_COUNT], resumed;
    uint64_t money[MONEY_EVENT_COUNT];
    uint64_t papers[PAPER_EVENT_COUNT];
    uint64_t faults[FAULT_KIND_COUNT];
    uint64_t reports[ENGINE_REPORT_COUNT];
};

static const char help[] =
    "usage: sim [--seeds N] [--seed S] [--nodes K] [--minutes M] [--trace]\n"
    "           [--skip LIST] [--shrink] [--twice] [--quiet] [--unchecked]\n"
    "           [--calm] [--truthful] [--covers] [--export FOLDER]\n"
    "\n"
    "Runs N (1) seeds from S (1) on: alliances of K cities (the seed says) in\n"
    "virtual time, M (10) minutes of faults each, and then the alliance must\n"
    "come to rest. Ends with 1 where a promise was broken, and prints the\n"
    "command that shows it again.\n"
    "\n"
    "--trace      prints everything that happens\n"
    "--skip       leaves these faults out, by their numbers in the trace: a\n"
    "             list as 1-3,7\n"
    "--shrink     of a seed that fails: finds few faults and minutes with\n"
    "             which it fails the same way, and prints the command\n"
    "--twice      runs each seed twice; the traces must be the same\n"
    "--quiet      prints violations and the totals only\n"
    "--unchecked  leaves the checkers out, to measure what they watch\n"
    "--calm       the same without faults\n"
    "--truthful   no platform lies about money\n"
    "--covers     ends with 1 also where something that the ledger does never\n"
    "             happened\n"
    "--export     what a node knows of clearing cycles at last, in files "
    "there,\n"
    "             for tests/clearing/\n";

static uint64_t number(const char *name, const char *text)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = text == NULL ? 0 : strtoull(text, &end, 10);
    if (text == NULL || *text == '\0' || *end != '\0' || errno != 0) {
        fprintf(stderr, "sim: %s needs a whole number\n", name);
        exit(2);
    }
    return value;
}

static void parse_one(struct run *run, char ***at)
{
    const char *name = **at;
    struct trial_options *trial = &run->trial;
    struct {
        const char *name;
        bool *flag;
    } flags[] = {
        {"--twice", &run->twice},           {"--shrink", &run->shrinks},
        {"--quiet", &run->quiet},           {"--covers", &run->covers},
        {"--unchecked", &trial->unchecked}, {"--calm", &trial->calm},
        {"--truthful", &trial->truthful}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strcmp(name, flags[i].name) == 0) {
            *flags[i].flag = true;
            return;
        }
    }
    if (strcmp(name, "--trace") == 0) {
        trial->trace = stdout;
        setvbuf(stdout, NULL, _IOLBF, 0); /* all of it, also of an abort */
        return;
    }
    if (strcmp(name, "--help") == 0) {
        fputs(help, stdout);
        exit(0);
    }
    if (strcmp(name, "--skip") == 0) {
        const char *list = *++*at;
        if (list == NULL || !strikes_parse(list, &run->skip)) {
            fprintf(stderr,
                    "sim: --skip needs a list as 1-3,7, of numbers "
                    "from 1 to %d\n",
                    STRIKES_MAX - 1);
            exit(2);
        }
        trial->skip = &run->skip;
        return;
    }
    if (strcmp(name, "--export") == 0) {
        trial->export = *++*at;
        if (trial->export == NULL) {
            fprintf(stderr, "sim: --export needs a folder\n");
            exit(2);
        }
        return;
    }
    uint64_t value = number(name, *++*at);
    if (strcmp(name, "--seeds") == 0) {
        run->seeds = value;
    } else if (strcmp(name, "--seed") == 0) {
        trial->seed = value;
    } else if (strcmp(name, "--nodes") == 0 && value >= 2 &&
               value <= ALLIANCE_CITIES_MAX - 2) {
        trial->cities = value;
    } else if (strcmp(name, "--minutes") == 0 && value <= 100000) {
        trial->minutes = (int64_t)value;
    } else {
        fprintf(stderr, "sim: %s %" PRIu64 " is not understood\n%s", name,
                value, help);
        exit(2);
    }
}

static void add(struct total *total, const struct trial_result *result)
{
    total->seeds++;
    total->violated += result->violated ? 1 : 0;
    total->simulated_ns += result->simulated_ns;
    total->events += result->tally.events;
    total->messages += result->messages;
    total->crashes += result->tally.crashes;
    total->commits += result->tally.commits;
    total->requests += result->tally.requests;
    for (size_t i = 0; i < PLATFORM_CLASS_COUNT; i++) {
        total->answers[i] += result->tally.answers[i];
    }
    for (size_t i = 0; i < DEED_COUNT; i++) {
        total->deeds[i] += result->tally.deeds[i];
    }
    total->resumed += result->tally.resumed;
    for (size_t i = 0; i < MONEY_EVENT_COUNT; i++) {
        total->money[i] += result->tally.money[i];
    }
    for (size_t i = 0; i < PAPER_EVENT_COUNT; i++) {
        total->papers[i] += result->tally.papers[i];
    }
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++) {
        total->faults[i] += result->faults[i];
    }
    for (size_t i = 0; i < ENGINE_REPORT_COUNT; i++) {
        total->reports[i] += result->tally.reports[i];
    }
}

/* Of the seed that runs, for a run that ends by an assertion. */
static char last_words[COMMAND_MAX_BYTES + 128];

static void on_abort(int number)
{
    (void)number;
    ssize_t written = write(STDOUT_FILENO, last_words, strlen(last_words));
    (void)written; /* nobody is left to be told */
}

static void say(const struct run *run, const struct trial_options *trial,
                const struct trial_result *result)
{
    if (!run->quiet || result->violated) {
        printf("seed %" PRIu64 ": %zu cities%s, %.0f s, %" PRIu64
               " events, %" PRIu64 " messages, %" PRIu64 " crashes, trace "
               "%016" PRIx64 "%s%s\n",
               trial->seed, result->cities, result->ed25519 ? " (Ed25519)" : "",
               (double)result->simulated_ns / 1e9, result->tally.events,
               result->messages, result->tally.crashes, result->trace_hash,
               result->violated ? ": " : "", result->violation);
    }
    if (result->violated) {
        char command[COMMAND_MAX_BYTES];
        trial_command(trial, command);
        printf("  again: %s --trace\n", command);
    }
    fflush(stdout);
}

static void run_seed(const struct run *run, const struct trial_options *trial,
                     struct total *total)
{
    struct trial_result result, second;
    char command[COMMAND_MAX_BYTES];
    trial_command(trial, command);
    snprintf(last_words, sizeof(last_words),
             "seed %" PRIu64 ": an assertion failed\n  again: %s --trace\n",
             trial->seed, command);
    trial_run(trial, &result);
    add(total, &result);
    say(run, trial, &result);
    if (run->twice) {
        trial_run(trial, &second);
        if (second.trace_hash != result.trace_hash ||
            second.trace_lines != result.trace_lines) {
            printf("seed %" PRIu64 " runs otherwise the second time\n",
                   trial->seed);
            total->violated++;
        }
    }
}

static const char *const report_words[ENGINE_REPORT_COUNT] = {
    "peer-fault",   "evidence", "quarantine",      "return",
    "sealed-twice", "charter",  "charter-contest", "charter-refused",
    "digest",       "mirror"};

static const char *const paper_words[PAPER_EVENT_COUNT] = {"put", "erased",
                                                           "fetched", "torn"};

static void say_total(const struct total *total)
{
    printf("%" PRIu64 " seeds, %.1f h simulated, %" PRIu64 " events, %" PRIu64
           " messages, %" PRIu64 " commits, %" PRIu64 " crashes\n",
           total->seeds, (double)total->simulated_ns / 3600e9, total->events,
           total->messages, total->commits, total->crashes);
    printf("%" PRIu64 " requests; acknowledged on disk %" PRIu64
           ", by keepers %" PRIu64 ", sealed %" PRIu64 "\n",
           total->requests, total->answers[PLATFORM_DISK],
           total->answers[PLATFORM_KEEPERS], total->answers[PLATFORM_SEALED]);
    printf("records: %" PRIu64 " put, %" PRIu64 " retired, %" PRIu64
           " released, %" PRIu64 " taken, %" PRIu64 " refused, %" PRIu64
           " resumed\nmoney:",
           total->deeds[DEED_PUT], total->deeds[DEED_RETIRE],
           total->deeds[DEED_RELEASE], total->deeds[DEED_TAKE],
           total->deeds[DEED_REFUSE], total->resumed);
    for (size_t i = 0; i < MONEY_EVENT_COUNT; i++) {
        printf(" %s %" PRIu64, money_event_name((enum money_event)i),
               total->money[i]);
    }
    printf("\npapers:");
    for (size_t i = 0; i < PAPER_EVENT_COUNT; i++) {
        printf(" %s %" PRIu64, paper_words[i], total->papers[i]);
    }
    printf("\nfaults:");
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++) {
        if (total->faults[i] > 0) {
            printf(" %s %" PRIu64, fault_name(i), total->faults[i]);
        }
    }
    printf("\nreports:");
    for (size_t i = 0; i < ENGINE_REPORT_COUNT; i++) {
        if (total->reports[i] > 0) {
            printf(" %s %" PRIu64, report_words[i], total->reports[i]);
        }
    }
    printf("\n%" PRIu64 " violations\n", total->violated);
}

/* What a few seeds may do without; of cycles more where minutes are few. */
static bool is_seldom(const struct run *run, size_t event)
{
    enum { MANY_MINUTES = 10 };
    bool of_cycles = event == MONEY_CYCLE_LIES_FOUND ||
                     event == MONEY_PERSON_NO || event == MONEY_REJECTED_TRUE ||
                     event == MONEY_LATE ||
                     (event >= MONEY_GAVE_WAY && event <= MONEY_BENT_AGAIN);
    return event == MONEY_REPAID || event == MONEY_UNSPENT ||
           (of_cycles && run->trial.minutes < MANY_MINUTES);
}

/* Whether all paths of ledger and papers were taken; says which were not. */
static bool is_covered(const struct run *run, const struct total *total)
{
    bool covered = true;
    for (size_t i = 0; i < MONEY_EVENT_COUNT; i++) {
        if (total->money[i] == 0 && !is_seldom(run, i)) {
            printf("never happened: %s\n",
                   money_event_name((enum money_event)i));
            covered = false;
        }
    }
    for (size_t i = 0; i < PAPER_EVENT_COUNT; i++) {
        if (total->papers[i] == 0 && i != PAPER_TORN) { /* that is seldom */
            printf("never happened: a paper %s\n", paper_words[i]);
            covered = false;
        }
    }
    return covered;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct run run = {.seeds = 1, .trial = {.seed = 1, .minutes = 10}};
    (void)argc;
    for (char **at = argv + 1; *at != NULL; at++) {
        parse_one(&run, &at);
    }
    if (run.shrinks) {
        return shrink(&run.trial);
    }
    struct total total = {0};
    signal(SIGABRT, on_abort);
    struct trial_options trial = run.trial;
    double began = seconds();
    for (uint64_t i = 0; i < run.seeds; i++) {
        run_seed(&run, &trial, &total);
        trial.seed++;
    }
    double took = seconds() - began;
    say_total(&total);
    if (!run.quiet) {
        printf("%.1f s of processor: %.1f us an event, %.0f times real time\n",
               took, took * 1e6 / (double)(total.events + 1),
               (double)total.simulated_ns / 1e9 / took);
    }
    bool covered = !run.covers || is_covered(&run, &total);
    return total.violated == 0 && covered ? 0 : 1;
}
