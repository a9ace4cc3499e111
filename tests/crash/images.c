/* SPDX-License-Identifier: Apache-2.0 */

/* Crash images: a node's writing side runs once while the shim remembers what
 * it does to its files; then every disk that a power loss could have left, at
 * every flush of the run, is made and opened with the real code (verify.h).
 *
 * At a flush these are: each prefix of what is uncertain, all but one of it,
 * one of it, and seeded parts, torn at sectors. What is kept less of was as
 * possible before. */

#define _GNU_SOURCE

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/crash/disk.h"
#include "tests/crash/log.h"
#include "tests/crash/scene.h"
#include "tests/crash/verify.h"
#include "tests/support/rng.h"
#include "tests/support/scratch.h"

enum { SEEN_SLOTS = 1 << 20, WORDS_BYTES = 1024 };

/* Shared with the processes that look at states: one that dies must not take
 * with it what it was looking at. */
struct progress {
    uint64_t tried, distinct, flushes, backups;
    uint64_t pending_most;
    char words[WORDS_BYTES];
    uint64_t seen[SEEN_SLOTS];
};

struct options {
    uint64_t seed;
    size_t txns, subsets, ends;
    enum log_breakage breakage;
    bool all_breakages;
};

struct images {
    const struct options *options;
    const struct scene *scene;
    struct plan plan;
    struct log log;
    struct facts facts;
    struct disk *disk;
    struct progress *progress;
    struct rng rng;
    const char *where; /* in words: the flush */
};

/* --- One state. ---------------------------------------------------------- */

/* True when it was not there yet. */
static bool remember(struct progress *progress, uint64_t key)
{
    key += key == 0;
    size_t slot = key % SEEN_SLOTS;
    while (progress->seen[slot] != 0 && progress->seen[slot] != key) {
        slot = (slot + 1) % SEEN_SLOTS;
    }
    bool fresh = progress->seen[slot] == 0;
    progress->seen[slot] = key;
    HL_ASSERT(progress->distinct + progress->backups < SEEN_SLOTS / 2);
    return fresh;
}

static uint64_t key_of(const struct facts *facts)
{
    return ((((uint64_t)facts->acked << 16 ^ facts->begun) << 4) +
            (facts->marked ? 1u : 0u) + (facts->backed_up ? 2u : 0u) +
            (facts->restored ? 4u : 0u)) *
           UINT64_C(0x9e3779b97f4a7c15);
}

static bool look(struct images *images, bool backup, struct hl_detail *why)
{
    const char *folder = images->scene->state;
    scene_make_folder(folder);
    disk_write(images->disk, folder);
    bool right = (backup ? verify_backup : verify_node)(folder, &images->plan,
                                                        &images->facts, why);
    scratch_remove(folder);
    return right;
}

static bool try_state(struct images *images, const struct disk_choice *choice,
                      const char *words)
{
    struct progress *progress = images->progress;
    struct hl_detail why = {0};
    uint64_t facts = key_of(&images->facts);
    bool right = true;
    snprintf(progress->words, sizeof(progress->words), "%s: %s", images->where,
             words);
    progress->tried++;
    uint64_t backup = disk_hash(images->disk, choice, "backup") +
                      disk_hash(images->disk, choice, "restored") * 3;
    uint64_t hash = disk_hash(images->disk, choice, "");
    if (remember(progress, hash ^ facts)) {
        progress->distinct++;
        right = look(images, false, &why);
    }
    if (right && (images->facts.backup_from > 0) &&
        remember(progress, backup * 7 ^ facts)) {
        progress->backups++;
        (void)disk_hash(images->disk, choice, "");
        right = look(images, true, &why);
    }
    if (!right) {
        size_t used = strlen(progress->words);
        snprintf(progress->words + used, sizeof(progress->words) - used, ": %s",
                 why.text);
    }
    return right;
}

/* --- The states of a flush. ---------------------------------------------- */

static void set_fates(struct disk_choice *choice, size_t from, size_t to,
                      enum disk_fate fate)
{
    for (size_t i = from; i < to; i++) {
        choice->fates[i] = fate;
    }
}

static bool try_prefixes(struct images *images, struct disk_choice *choice)
{
    char words[64];
    size_t count = disk_pending(images->disk);
    bool right = true;
    for (size_t i = 0; right && i <= count; i++) {
        set_fates(choice, 0, i, DISK_KEPT);
        set_fates(choice, i, count, DISK_LOST);
        snprintf(words, sizeof(words), "the first %zu of %zu", i, count);
        right = try_state(images, choice, words);
    }
    return right;
}

static bool try_single(struct images *images, struct disk_choice *choice,
                       enum disk_fate one, enum disk_fate others)
{
    char words[512];
    size_t count = disk_pending(images->disk);
    bool right = true;
    for (size_t i = 0; right && i < count; i++) {
        set_fates(choice, 0, count, others);
        choice->fates[i] = one;
        snprintf(words, sizeof(words), "%s %s",
                 one == DISK_LOST ? "all but" : "nothing but",
                 disk_describe(images->disk, i));
        right = try_state(images, choice, words);
    }
    return right;
}

/* Whole writes, or sectors of them, with a quarter to three quarters kept. */
static bool try_subsets(struct images *images, struct disk_choice *choice)
{
    char words[64];
    size_t count = disk_pending(images->disk);
    bool right = true;
    for (size_t i = 0; right && i < images->options->subsets; i++) {
        uint64_t part = 2 + 2 * rng_below(&images->rng, 3);
        bool torn = rng_below(&images->rng, 2) == 0;
        choice->salt = rng_next(&images->rng);
        choice->kept_of_8 = (unsigned)part;
        for (size_t j = 0; j < count; j++) {
            bool kept = rng_below(&images->rng, 8) < part;
            choice->fates[j] = torn && rng_below(&images->rng, 4) > 0
                                   ? DISK_TORN
                               : kept ? DISK_KEPT
                                      : DISK_LOST;
        }
        snprintf(words, sizeof(words), "seeded part %zu of %zu", i, count);
        right = try_state(images, choice, words);
    }
    return right;
}

static bool try_flush(struct images *images)
{
    size_t count = disk_pending(images->disk);
    struct progress *progress = images->progress;
    struct disk_choice choice = {
        .fates = hl_alloc(count + 1, sizeof(choice.fates[0]))};
    progress->pending_most =
        count > progress->pending_most ? count : progress->pending_most;
    bool right = try_prefixes(images, &choice) &&
                 try_single(images, &choice, DISK_LOST, DISK_KEPT) &&
                 try_single(images, &choice, DISK_KEPT, DISK_LOST) &&
                 try_subsets(images, &choice);
    hl_free(choice.fates);
    return right;
}

/* In a process of its own: what is damaged enough may end it. */
static bool try_apart(struct images *images)
{
    int status = 0;
    struct progress *progress = images->progress;
    progress->flushes++;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        _exit(try_flush(images) ? 0 : 1);
    }
    (void)rng_next(&images->rng); /* the child's are its own */
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("fork");
        exit(1);
    }
    if (WIFSIGNALED(status)) {
        size_t used = strlen(progress->words);
        snprintf(progress->words + used, sizeof(progress->words) - used,
                 ": signal %d", WTERMSIG(status));
    }
    scratch_remove(images->scene->state);
    return status == 0;
}

/* --- A run. -------------------------------------------------------------- */

static void tell_where(const struct log_item *item, size_t index, char out[256])
{
    bool flush = item->record.kind == RECORD_FLUSH ||
                 item->record.kind == RECORD_FLUSH_FOLDER;
    snprintf(out, 256, "record %zu, %s%.*s", index,
             flush ? "the flush of " : "a flushed write",
             flush ? (int)item->record.size : 0, (const char *)item->data);
}

static bool try_log(struct images *images)
{
    char where[256];
    images->where = where;
    for (size_t i = 0; i < images->log.count; i++) {
        const struct log_item *item = &images->log.items[i];
        if (item->record.kind == RECORD_NOTE) {
            log_note(item, &images->facts);
            continue;
        }
        disk_apply(images->disk, &item->record, item->data);
        if (disk_flushes(&item->record)) {
            tell_where(item, i, where);
            if (!try_apart(images)) {
                return false;
            }
            disk_settle(images->disk, &item->record, item->data);
        }
    }
    snprintf(where, sizeof(where), "the end");
    return try_apart(images);
}

/* The roots that were signed are known from the start, the rest as it comes. */
static void read_roots(struct images *images)
{
    struct facts all = {0};
    for (size_t i = 0; i < images->log.count; i++) {
        if (images->log.items[i].record.kind == RECORD_NOTE) {
            log_note(&images->log.items[i], &all);
        }
    }
    memcpy(images->facts.root, all.root, sizeof(all.root));
    memcpy(images->facts.has_root, all.has_root, sizeof(all.has_root));
}

/* How it ends: while it writes a head page (the first two are of a store
 * without entries), because a flush fails, at a write, at any call. */
static void write_rule(const struct scene *scene, size_t ends, struct rng *rng)
{
    char rule[256];
    static const char *const forms[] = {
        "any kill %s/ %" PRIu64, "dwrite kill %s/store/ %" PRIu64,
        "any lost %s/ %" PRIu64 " 1", "write kill %s/ %" PRIu64};
    static const uint64_t most[] = {90, 4, 12, 30};
    size_t form = ends % (sizeof(forms) / sizeof(forms[0]));
    snprintf(rule, sizeof(rule), forms[form], scene->folder,
             2 + rng_below(rng, most[form]));
    scene_write(scene->fault, rule);
}

/* The run; it is ended so many times and started again. */
static void record(const struct options *options, const struct scene *scene,
                   const struct plan *plan)
{
    char said[SCENE_SAID_BYTES];
    struct rng rng;
    struct work_run run = {.folder = scene->folder,
                           .plan = plan,
                           .notes = scene->log,
                           .online = true};
    rng_init(&rng, options->seed + 1);
    for (size_t ends = options->ends;; ends--) {
        unlink(scene->fault);
        if (ends > 0) {
            write_rule(scene, ends, &rng);
        }
        int status = scene_run(scene, &run, true, said);
        if (status == 0) {
            break;
        }
        bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        bool failed = WIFEXITED(status) &&
                      (WEXITSTATUS(status) == hl_err_exit(HL_EFLUSH) ||
                       WEXITSTATUS(status) == hl_err_exit(HL_EIO));
        if (ends == 0 || (!killed && !failed)) {
            fprintf(stderr, "crash: the run ended with %d: %s\n", status, said);
            exit(1);
        }
    }
    unlink(scene->fault);
}

static bool try_breakage(const struct options *options,
                         const struct scene *scene, const struct plan *plan,
                         enum log_breakage breakage)
{
    struct images images = {.options = options, .scene = scene, .plan = *plan};
    images.progress =
        mmap(NULL, sizeof(struct progress), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    HL_ASSERT(images.progress != MAP_FAILED);
    rng_init(&images.rng, options->seed);
    log_read(&images.log, scene->log);
    log_break(&images.log, breakage);
    read_roots(&images);
    images.disk = disk_create();
    bool right = try_log(&images);
    const struct progress *progress = images.progress;
    printf("crash: %s: %zu records, %" PRIu64 " flushes, %" PRIu64
           " uncertain at most, %" PRIu64 " states tried, %" PRIu64
           " distinct, %" PRIu64 " of backups\n",
           log_breakage_names[breakage], images.log.count, progress->flushes,
           progress->pending_most, progress->tried, progress->distinct,
           progress->backups);
    if (!right) {
        printf("crash: %s: at %s\n", log_breakage_names[breakage],
               progress->words);
    }
    munmap(images.progress, sizeof(struct progress));
    disk_destroy(images.disk);
    log_fini(&images.log);
    return right;
}

/* The sound one passes; each other one is caught. */
static bool try_all(const struct options *options, const struct scene *scene)
{
    struct plan plan;
    bool right = true;
    plan_init(&plan, options->seed, options->txns);
    scene_make_folder(scene->folder);
    record(options, scene, &plan);
    if (!options->all_breakages) {
        right = try_breakage(options, scene, &plan, options->breakage);
    }
    for (int i = 1; options->all_breakages && i < LOG_BREAKAGES; i++) {
        if (try_breakage(options, scene, &plan, (enum log_breakage)i)) {
            printf("crash: %s was not caught\n", log_breakage_names[i]);
            right = false;
        }
    }
    plan_fini(&plan);
    return right;
}

static void usage(void)
{
    fputs(
        "usage: crash_images [--seed N] [--txns N] [--subsets N] [--ends N]\n"
        "                    [--break NAME|all]\n"
        "--ends: the run is killed, or its disk fails, so often, and goes on. "
        "--break: with a\n"
        "log whose order is broken; all is right when each is caught. Names:\n",
        stderr);
    for (int i = 0; i < LOG_BREAKAGES; i++) {
        fprintf(stderr, "  %s\n", log_breakage_names[i]);
    }
    exit(2);
}

static enum log_breakage breakage_of(const char *name)
{
    for (int i = 0; i < LOG_BREAKAGES; i++) {
        if (strcmp(log_breakage_names[i], name) == 0) {
            return (enum log_breakage)i;
        }
    }
    usage();
    return LOG_SOUND;
}

static size_t number_of(const char *text, size_t most)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value > most) {
        usage();
    }
    return value;
}

static void parse(int argc, char **argv, struct options *out)
{
    static const struct option known[] = {
        {"seed", required_argument, NULL, 's'},
        {"txns", required_argument, NULL, 't'},
        {"subsets", required_argument, NULL, 'u'},
        {"ends", required_argument, NULL, 'e'},
        {"break", required_argument, NULL, 'b'},
        {0}};
    int option;
    const char *seed = getenv("HELUO_SEED");
    *out = (struct options){.seed = seed == NULL ? 1 : strtoull(seed, NULL, 10),
                            .txns = 12,
                            .subsets = 64};
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 's':
            out->seed = number_of(optarg, SIZE_MAX);
            break;
        case 't':
            out->txns = number_of(optarg, PLAN_TXNS_MAX);
            break;
        case 'u':
            out->subsets = number_of(optarg, 1 << 16);
            break;
        case 'e':
            out->ends = number_of(optarg, 1 << 16);
            break;
        case 'b':
            out->all_breakages = strcmp(optarg, "all") == 0;
            out->breakage =
                out->all_breakages ? LOG_SOUND : breakage_of(optarg);
            break;
        default:
            usage();
        }
    }
}

int main(int argc, char **argv)
{
    struct options options;
    struct scene scene;
    parse(argc, argv, &options);
    scene_preload(argv);
    printf("crash: seed %" PRIu64 ", %zu transactions\n", options.seed,
           options.txns);
    scene_init(&scene);
    setenv("FAULT_FILE", scene.fault, 1);
    bool right = try_all(&options, &scene);
    scene_fini(&scene);
    return right ? 0 : 1;
}
