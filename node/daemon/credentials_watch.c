/* SPDX-License-Identifier: Apache-2.0 */
#include "node/daemon/credentials.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "protocol/base/hl_assert.h"

static int64_t ns_of(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void look(struct credentials_watch *watch, const char *path)
{
    struct stat status;
    struct credentials_look seen = {0};
    if (path[0] == '\0' || stat(path, &status) != 0) {
        seen.error = path[0] == '\0' ? ENOENT : errno;
    } else {
        seen.device = (uint64_t)status.st_dev;
        seen.inode = (uint64_t)status.st_ino;
        seen.size = (int64_t)status.st_size;
        seen.modified_ns = ns_of(status.st_mtim);
        seen.mode = (uint32_t)status.st_mode;
        seen.owner = (uint32_t)status.st_uid;
    }
    HL_ASSERT(watch->count < CREDENTIALS_FILES_MAX);
    watch->looks[watch->count++] = seen;
}

static bool look_equal(const struct credentials_look *a,
                       const struct credentials_look *b)
{
    return a->error == b->error && a->device == b->device &&
           a->inode == b->inode && a->size == b->size &&
           a->modified_ns == b->modified_ns && a->mode == b->mode &&
           a->owner == b->owner;
}

bool credentials_changed(struct credentials_watch *watch,
                         const struct config *config)
{
    struct credentials_watch now = {0};
    const char *const single[] = {config->tls_roots,       config->tls_crl,
                                  config->tls_certificate, config->tls_key,
                                  config->journal_key,     config->mirror_key,
                                  config->fingerprint_key};
    for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
        look(&now, single[i]);
    }
    for (size_t i = 0; i < config->charters.count; i++) {
        look(&now, config->charters.items[i]);
    }
    bool same = now.count == watch->count;
    for (size_t i = 0; same && i < now.count; i++) {
        same = look_equal(&now.looks[i], &watch->looks[i]);
    }
    *watch = now;
    return !same;
}
