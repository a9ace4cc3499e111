/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/keeping.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/tools/file.h"

/* Of the form of the index and of what documents hold: another one is made
 * anew. */
#define KEPT_HEADER "heluo search index 2\n"
#define KEPT_NAME "kept"
#define INDEX_PREFIX "heluo.grn"

enum { PATH_BYTES = 4096, TOKEN_MAX_BYTES = 1 << 20, FOLDER_MODE = 0700 };

static hl_err fail(struct hl_detail *detail, const char *what, const char *path)
{
    return hl_fail(detail, HL_EIO, "%s cannot be %s: %s", path, what,
                   strerror(errno));
}

/* Not waited for: who holds it holds it for as long as it runs. */
static hl_err lock_folder(struct keeping *keeping, struct hl_detail *detail)
{
    if (mkdir(keeping->folder, FOLDER_MODE) != 0 && errno != EEXIST) {
        return fail(detail, "made", keeping->folder);
    }
    keeping->lock = open(keeping->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (keeping->lock < 0) {
        return fail(detail, "opened", keeping->folder);
    }
    if (flock(keeping->lock, LOCK_EX | LOCK_NB) != 0) {
        return hl_fail(detail, HL_ELOCKED,
                       "%s is another heluo-search's: one at a time",
                       keeping->folder);
    }
    return HL_OK;
}

static void path_of(const struct keeping *keeping, const char *name,
                    char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s", keeping->folder, name);
}

/* --- The file. ----------------------------------------------------------- */

/* False: there is none that can be used. */
static bool read_kept(const struct keeping *keeping, struct writer *token)
{
    char path[PATH_BYTES];
    struct writer content = {0};
    path_of(keeping, KEPT_NAME, path);
    bool read = file_read(path, TOKEN_MAX_BYTES, &content, NULL) == HL_OK;
    struct bytes all = writer_view(&content);
    size_t header = strlen(KEPT_HEADER);
    read = read && all.size >= header &&
           memcmp(all.data, KEPT_HEADER, header) == 0;
    if (read) {
        writer_bytes(token, bytes_slice(all, header, all.size - header));
    }
    writer_fini(&content);
    return read;
}

static hl_err write_kept(const struct keeping *keeping, struct bytes token,
                         struct hl_detail *detail)
{
    char path[PATH_BYTES];
    struct writer content = {0};
    path_of(keeping, KEPT_NAME, path);
    writer_text(&content, KEPT_HEADER);
    writer_bytes(&content, token);
    hl_err err = file_replace(path, 0600, writer_view(&content), detail);
    writer_fini(&content);
    return err;
}

/* On the disk before the index is touched. */
static hl_err remove_kept(const struct keeping *keeping,
                          struct hl_detail *detail)
{
    char path[PATH_BYTES];
    path_of(keeping, KEPT_NAME, path);
    if (unlink(path) != 0 && errno != ENOENT) {
        return fail(detail, "removed", path);
    }
    return fsync(keeping->lock) == 0 ? HL_OK
                                     : fail(detail, "synced", keeping->folder);
}

/* --- The index. ---------------------------------------------------------- */

static hl_err throw_away(const struct keeping *keeping,
                         struct hl_detail *detail)
{
    DIR *folder = opendir(keeping->folder);
    hl_err err = folder == NULL ? fail(detail, "read", keeping->folder) : HL_OK;
    struct dirent *entry;
    while (err == HL_OK && (entry = readdir(folder)) != NULL) {
        char path[PATH_BYTES];
        if (strncmp(entry->d_name, INDEX_PREFIX, strlen(INDEX_PREFIX)) != 0) {
            continue;
        }
        path_of(keeping, entry->d_name, path);
        if (unlink(path) != 0) {
            err = fail(detail, "removed", path);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return err;
}

static hl_err open_index(struct keeping *keeping, struct search_index **index,
                         struct writer *token, struct hl_detail *detail)
{
    struct hl_detail why = {0};
    bool kept = read_kept(keeping, token);
    keeping->why = kept ? "" : "it was not closed whole, or is not there";
    hl_err err = remove_kept(keeping, detail);
    if (err == HL_OK && kept) {
        if (search_index_open(keeping->folder, index, &why) == HL_OK) {
            return HL_OK;
        }
        keeping->why = "what was kept cannot be read";
    }
    writer_clear(token);
    keeping->fresh = true;
    if (err == HL_OK) {
        err = throw_away(keeping, detail);
    }
    return err == HL_OK ? search_index_create(keeping->folder, index, detail)
                        : err;
}

hl_err keeping_open(struct keeping *keeping, const char *folder,
                    struct search_index **index, struct writer *token,
                    struct hl_detail *detail)
{
    *keeping = (struct keeping){.folder = folder, .lock = -1, .why = ""};
    hl_err err = lock_folder(keeping, detail);
    if (err == HL_OK) {
        err = open_index(keeping, index, token, detail);
    }
    if (err != HL_OK) {
        keeping_close(keeping);
    }
    return err;
}

hl_err keeping_keep(struct keeping *keeping, struct search_index **index,
                    struct bytes token, struct hl_detail *detail)
{
    hl_err err = search_index_close(index, true, detail);
    return err == HL_OK ? write_kept(keeping, token, detail) : err;
}

void keeping_close(struct keeping *keeping)
{
    if (keeping->lock >= 0) {
        close(keeping->lock);
        keeping->lock = -1;
    }
}
