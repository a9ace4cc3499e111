/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/store_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/store/store_files.h"

enum { PATH_BYTES = 4096, TABLES_MAX = 64 };

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

/* LMDB writes the copy, open to all as the umask has it, and does not flush it.
 */
static hl_err flush_copy(const char *into, struct hl_detail *detail)
{
    char path[PATH_BYTES];
    int size = snprintf(path, sizeof(path), "%s/data.mdb", into);
    int file = size < PATH_BYTES ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    int folder = open(into, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = file >= 0 && folder >= 0 && fchmod(file, 0600) == 0 &&
                fsync(file) == 0 && fsync(folder) == 0;
    int cause = errno;
    if (file >= 0) {
        close(file);
    }
    if (folder >= 0) {
        close(folder);
    }
    return done ? HL_OK
                : hl_fail(detail, HL_EIO, "cannot flush '%s': %s", path,
                          strerror(cause));
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
    if (code == MDB_SUCCESS) {
        code = mdb_env_open(env, from, MDB_RDONLY | MDB_NOTLS, 0600);
    }
    if (code == MDB_SUCCESS) {
        code = mdb_env_copy2(env, into, MDB_CP_COMPACT);
    }
    mdb_env_close(env);
    return code == MDB_SUCCESS ? flush_copy(into, detail)
                               : fail_copy(code, from, into, detail);
}
