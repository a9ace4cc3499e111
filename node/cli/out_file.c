/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/out_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/tools/file.h"
#include "protocol/base/alloc.h"

hl_err out_file_fail(const struct out_file *file, const char *what)
{
    int error = errno;
    return hl_fail(cli_about(file->call, file->path),
                   error == ENOSPC ? HL_EFULL : HL_EIO, "%s: %s", what,
                   strerror(error));
}

hl_err out_file_open(struct out_file *file, struct cli_call *call,
                     const char *path, mode_t mode)
{
    struct writer name = {0};
    *file = (struct out_file){.call = call, .path = path};
    if (file_exists(path)) {
        return hl_fail(cli_about(call, path), HL_EEXISTS,
                       "nothing is replaced");
    }
    writer_format(&name, "%s.XXXXXX", path);
    char *beside = hl_copy(name.data, name.size);
    writer_fini(&name);
    int fd = mkstemp(beside);
    if (fd < 0) {
        hl_free(beside);
        return out_file_fail(file, "make a file beside it");
    }
    file->beside = beside;
    if (fchmod(fd, mode) == 0) {
        file->out = fdopen(fd, "wb");
    }
    if (file->out == NULL) {
        close(fd);
        return out_file_fail(file, "open");
    }
    return HL_OK;
}

hl_err out_file_commit(struct out_file *file)
{
    if (fflush(file->out) != 0 || fsync(fileno(file->out)) != 0) {
        return out_file_fail(file, "write");
    }
    hl_err err =
        file_move(file->beside, file->path, cli_about(file->call, file->path));
    if (err == HL_OK) {
        hl_free(file->beside);
        file->beside = NULL;
    }
    return err;
}

void out_file_close(struct out_file *file)
{
    if (file->out != NULL) {
        fclose(file->out);
        file->out = NULL;
    }
    if (file->beside != NULL) {
        unlink(file->beside);
        hl_free(file->beside);
        file->beside = NULL;
    }
}
