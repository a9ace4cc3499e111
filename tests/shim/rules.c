/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/shim/shim.h"

static const char *const call_names[CALL_COUNT] = {
    "fallocate", "fsync", "write", "open",   "read",
    "truncate",  "name",  "map",   "socket", "any"};

/* Preloaded code has nothing but statics. */
static atomic_ulong calls_seen[CALL_COUNT];

enum { RULES_MAX_BYTES = 2048 };

static int error_of(const char *word)
{
    static const struct {
        const char *word;
        int error;
    } words[] = {{"ENOSPC", ENOSPC},  {"EIO", EIO},       {"EROFS", EROFS},
                 {"EDQUOT", EDQUOT},  {"EMFILE", EMFILE}, {"short", SHIM_SHORT},
                 {"kill", SHIM_KILL}, {"lost", SHIM_LOST}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].word, word) == 0) {
            return words[i].error;
        }
    }
    fprintf(stderr, "fault: no such word: %s\n", word);
    abort();
}

/* What a call is about. */
struct subject {
    const char *path;
    bool regular; /* file; also where only a path is known */
    bool flushes; /* by itself */
};

/* What the system would never answer is no test. */
static bool can_happen(enum shim_call call, int error,
                       const struct subject *subject)
{
    switch (error) {
    case SHIM_LOST:
        return subject->regular &&
               (call == CALL_FSYNC || (call == CALL_WRITE && subject->flushes));
    case EMFILE:
        return call == CALL_OPEN || call == CALL_SOCKET;
    case SHIM_SHORT:
        return call == CALL_WRITE;
    case ENOSPC:
    case EDQUOT:
        return call == CALL_WRITE || call == CALL_FALLOCATE ||
               call == CALL_OPEN || call == CALL_NAME;
    default:
        return true;
    }
}

struct rule {
    char call[16], what[16], name[256];
    unsigned long after, times;
};

static bool is_of(const struct rule *rule, const char *path, bool regular)
{
    size_t size = strlen(path), end = strlen(rule->name);
    if (end > 1 && rule->name[end - 1] == '/') {
        return strncmp(path, rule->name, end) == 0 ||
               (size == end - 1 && strncmp(path, rule->name, size) == 0);
    }
    return regular &&
           (strcmp(rule->name, "*") == 0 ||
            (size >= end && strcmp(path + size - end, rule->name) == 0));
}

/* Tells whoever counts that the one call was met. */
static void tell(enum shim_call call, const char *path)
{
    char line[SHIM_PATH_BYTES + 64], file[SHIM_PATH_BYTES];
    snprintf(file, sizeof(file), "%s.hit", getenv("FAULT_FILE"));
    int size = snprintf(line, sizeof(line), "%s %s\n", call_names[call], path);
    int fd = NEXT(open)(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || NEXT(write)(fd, line, (size_t)size) != size) {
        abort();
    }
    NEXT(close)(fd);
}

static bool is_call(const struct rule *rule, enum shim_call call, int error,
                    const struct subject *subject)
{
    if (strcmp(rule->call, "any") == 0) {
        return call != CALL_SOCKET && can_happen(call, error, subject);
    }
    if (strcmp(rule->call, "dwrite") == 0) {
        return call == CALL_WRITE && subject->flushes;
    }
    return strcmp(rule->call, call_names[call]) == 0;
}

static int apply_line(const char *line, enum shim_call call,
                      const struct subject *subject)
{
    struct rule rule = {.name = "*"};
    int fields = sscanf(line, "%15s %15s %255s %lu %lu", rule.call, rule.what,
                        rule.name, &rule.after, &rule.times);
    if (fields < 2) {
        return 0;
    }
    int error = error_of(rule.what);
    if (!is_call(&rule, call, error, subject) ||
        (call != CALL_SOCKET &&
         !is_of(&rule, subject->path, subject->regular))) {
        return 0;
    }
    bool counts_all = strcmp(rule.call, "any") == 0;
    unsigned long seen =
        atomic_fetch_add(&calls_seen[counts_all ? CALL_ANY : call], 1);
    if (seen < rule.after || (fields > 4 && seen - rule.after >= rule.times)) {
        return 0;
    }
    if (fields > 4) {
        tell(call, subject->path);
    }
    return error;
}

static ssize_t read_rules(char rules[RULES_MAX_BYTES])
{
    const char *path = getenv("FAULT_FILE");
    int file = path == NULL ? -1 : NEXT(open)(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return 0;
    }
    ssize_t size = NEXT(pread)(file, rules, RULES_MAX_BYTES - 1, 0);
    NEXT(close)(file);
    return size;
}

static void look_at(int fd, struct subject *out, char path[SHIM_PATH_BYTES])
{
    struct stat file;
    int flags = fcntl(fd, F_GETFL);
    out->regular = fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
    out->flushes = flags >= 0 && (flags & O_DSYNC) != 0;
    shim_path_of(fd, path);
}

static int fault_of(enum shim_call call, int fd, int folder, const char *name)
{
    char rules[RULES_MAX_BYTES], path[SHIM_PATH_BYTES] = "";
    struct subject subject = {.path = path, .regular = true};
    int kept = errno, fault = 0;
    ssize_t size = read_rules(rules);
    if (size <= 0) {
        errno = kept;
        return 0;
    }
    if (name != NULL) {
        shim_path_at(folder, name, path);
    } else if (fd >= 0) {
        look_at(fd, &subject, path);
    }
    rules[size] = '\0';
    char *rest = NULL;
    for (char *line = strtok_r(rules, "\n", &rest); line != NULL && fault == 0;
         line = strtok_r(NULL, "\n", &rest)) {
        fault = apply_line(line, call, &subject);
    }
    if (fault == SHIM_KILL && call != CALL_WRITE) {
        raise(SIGKILL);
    }
    errno = kept;
    return fault;
}

int shim_fault_of(enum shim_call call, int fd)
{
    return fault_of(call, fd, -1, NULL);
}

int shim_fault_at(enum shim_call call, int folder, const char *path)
{
    return fault_of(call, -1, folder, path);
}
