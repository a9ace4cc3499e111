/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* O_DIRECT */

#include "node/store/store_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/store/store_files.h"

enum {
    PATH_BYTES = 4096,
    TABLES_MAX = 64,
    ROOM_TO_GROW_BYTES = 64 << 20,
};

static hl_err fail_copy(int code, const char *from, const char *into,
                        struct hl_detail *detail)
{
    if (code == ENOSPC || code == EDQUOT) {
        return hl_fail(detail, HL_EFULL, "no room for the copy in '%s'", into);
    }
    if (code == EEXIST) {
        return hl_fail(detail, HL_EEXISTS, "'%s' holds a store already", into);
    }
    hl_err err = code == MDB_INCOMPATIBLE || code == MDB_CORRUPTED ||
                         code == MDB_INVALID || code == MDB_PAGE_NOTFOUND
                     ? HL_EDAMAGED
                     : HL_EIO;
    return hl_fail(detail, err, "cannot copy the store '%s' into '%s': %s",
                   from, into, mdb_strerror(code));
}

/* The new file, to be written past the system's memory where that can be: of a
 * copy nothing is read again soon. */
static hl_err create_copy(const char *into, int *fd, struct hl_detail *detail)
{
    char path[PATH_BYTES];
    struct stat state;
    int size = snprintf(path, sizeof(path), "%s/data.mdb", into);
    if (size >= PATH_BYTES - 4) {
        return hl_fail(detail, HL_EIO, "the path '%s' is too long", into);
    }
    if (lstat(path, &state) == 0) {
        return fail_copy(EEXIST, "", into, detail);
    }
    snprintf(path, sizeof(path), "%s/" STORE_FILES_NEW, into);
    *fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (*fd < 0) {
        return errno == ENOSPC || errno == EDQUOT
                   ? fail_copy(errno, "", into, detail)
                   : hl_fail(detail, HL_EIO, "cannot make '%s': %s", path,
                             strerror(errno));
    }
    (void)fcntl(*fd, F_SETFL, O_DIRECT);
    return HL_OK;
}

/* LMDB does not flush it. */
static hl_err finish_copy(int fd, const char *into, struct hl_detail *detail)
{
    if (fchmod(fd, 0600) != 0 || fsync(fd) != 0) {
        return hl_fail(detail, HL_EIO, "cannot flush the copy in '%s': %s",
                       into, strerror(errno));
    }
    return store_files_place(into, detail);
}

static hl_err copy_into(MDB_env *env, const char *from, const char *into,
                        struct hl_detail *detail)
{
    int fd = -1;
    hl_err err = create_copy(into, &fd, detail);
    if (err != HL_OK) {
        return err;
    }
    int code = mdb_env_copyfd2(env, fd, MDB_CP_COMPACT);
    err = code == MDB_SUCCESS ? finish_copy(fd, into, detail)
                              : fail_copy(code, from, into, detail);
    close(fd);
    if (err != HL_OK) {
        store_files_forget_new(into);
    }
    return err;
}

hl_err store_copy(const char *from, const char *into, struct hl_detail *detail)
{
    struct store_file file;
    MDB_env *env = NULL;
    hl_err err = store_files_inspect(from, &file, detail);
    if (err != HL_OK) {
        return err;
    }
    if (file.pages == 0) {
        return hl_fail(detail, HL_ENOTFOUND, "there is no store in '%s'", from);
    }
    int code = mdb_env_create(&env);
    if (code == MDB_SUCCESS) {
        code = mdb_env_set_maxdbs(env, TABLES_MAX);
    }
    /* The file says how large a range its last user had, which may be more than
     * this process gets; it may grow meanwhile. */
    if (code == MDB_SUCCESS) {
        code = mdb_env_set_mapsize(env, 2 * file.pages * file.page_bytes +
                                            ROOM_TO_GROW_BYTES);
    }
    if (code == MDB_SUCCESS) {
        code = mdb_env_open(env, from, MDB_RDONLY | MDB_NOTLS, 0600);
    }
    err = code == MDB_SUCCESS ? copy_into(env, from, into, detail)
                              : fail_copy(code, from, into, detail);
    mdb_env_close(env);
    return err;
}
