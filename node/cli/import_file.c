/* SPDX-License-Identifier: Apache-2.0 */

/* What may happen to an import from outside: its file changes, and somebody
 * presses Ctrl-C. */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "node/cli/import_run.h"

static hl_err look(struct import_run *run, struct import_file *out)
{
    struct stat now;
    struct hl_detail *detail = cli_about(run->call, run->path);
    if (stat(run->path, &now) != 0) {
        return hl_fail(detail, errno == ENOENT ? HL_ENOTFOUND : HL_EIO, "%s",
                       strerror(errno));
    }
    if (!S_ISREG(now.st_mode)) {
        return hl_fail(detail, HL_EIO,
                       "it is no file: an import reads it more than once; save "
                       "it first");
    }
    *out = (struct import_file){.device = (uint64_t)now.st_dev,
                                .inode = (uint64_t)now.st_ino,
                                .size = (uint64_t)now.st_size,
                                .changed_s = (int64_t)now.st_mtim.tv_sec,
                                .changed_ns = now.st_mtim.tv_nsec};
    return HL_OK;
}

hl_err import_look_at_file(struct import_run *run)
{
    return look(run, &run->file);
}

hl_err import_check_file(struct import_run *run)
{
    struct import_file now;
    const struct import_file *then = &run->file;
    hl_err err = look(run, &now);
    if (err != HL_OK) {
        return err;
    }
    bool same = now.device == then->device && now.inode == then->inode &&
                now.size == then->size && now.changed_s == then->changed_s &&
                now.changed_ns == then->changed_ns;
    return same ? HL_OK
                : hl_fail(cli_about(run->call, run->path), HL_EIO,
                          "the file changed while it was read: import it again "
                          "when it is whole; what was written stays");
}

static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

void import_hold_signals(void)
{
    /* A second one ends the program at once. */
    struct sigaction action = {.sa_handler = stop,
                               .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool import_is_stopped(void)
{
    return stopped != 0;
}
