/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700
#include "tests/support/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void die(const char *what, const char *path)
{
    fprintf(stderr, "scratch: cannot %s %s: %s\n", what, path, strerror(errno));
    abort();
}

static void make(const char *otherwise, char *folder, size_t size)
{
    const char *base = getenv("TMPDIR");
    int length = snprintf(folder, size, "%s/heluo-test-XXXXXX",
                          base == NULL || *base == '\0' ? otherwise : base);
    if (length < 0 || (size_t)length >= size) {
        errno = ENAMETOOLONG;
        die("make", folder);
    }
    if (mkdtemp(folder) == NULL) {
        die("make", folder);
    }
}

void scratch_make(char *folder, size_t size)
{
    make("/tmp", folder, size);
}

void scratch_make_in_memory(char *folder, size_t size)
{
    make(access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp", folder,
         size);
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void scratch_remove(const char *folder)
{
    if (nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 &&
        errno != ENOENT) {
        die("remove", folder);
    }
}
