/* SPDX-License-Identifier: Apache-2.0 */

/* What can be said of a node without running it. */

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/tools/clock.h"
#include "certs/tools/mark_file.h"
#include "node/daemon/credentials.h"
#include "node/daemon/node.h"
#include "node/service/services.h"
#include "protocol/base/hl_assert.h"

static hl_err check_store_folder(const struct config *config,
                                 char about[NODE_ABOUT_BYTES],
                                 struct hl_detail *detail)
{
    struct stat folder;
    snprintf(about, NODE_ABOUT_BYTES, "%s", config->store);
    if (stat(config->store, &folder) != 0) {
        return hl_fail(detail, errno == ENOENT ? HL_ENOTFOUND : HL_EIO,
                       "store: %s: make the folder, for the user that heluod "
                       "runs as",
                       strerror(errno));
    }
    if (!S_ISDIR(folder.st_mode)) {
        return hl_fail(detail, HL_EIO, "store: is no folder");
    }
    if (access(config->store, W_OK | X_OK) != 0) {
        return hl_fail(detail, HL_EIO, "store: cannot be written: %s",
                       strerror(errno));
    }
    return HL_OK;
}

static hl_err check_group(const struct config *config,
                          char about[NODE_ABOUT_BYTES],
                          struct hl_detail *detail)
{
    snprintf(about, NODE_ABOUT_BYTES, "socket_group");
    if (config->socket_group[0] != '\0' &&
        getgrnam(config->socket_group) == NULL) {
        return hl_fail(detail, HL_ECONFIG, "this machine has no group '%s'",
                       config->socket_group);
    }
    return HL_OK;
}

/* One that is held by a node that runs is about to be reloaded, and fine. */
static hl_err check_mark(const char *path, char about[NODE_ABOUT_BYTES],
                         struct hl_detail *detail)
{
    struct mark_file mark = {.fd = -1};
    snprintf(about, NODE_ABOUT_BYTES, "%s", path);
    hl_err err = mark_file_open(path, &mark, detail);
    mark_file_close(&mark);
    return err == HL_ELOCKED ? HL_OK : err;
}

static hl_err check_marks(const struct config *config,
                          char about[NODE_ABOUT_BYTES],
                          struct hl_detail *detail)
{
    hl_err err = check_mark(config->mark, about, detail);
    if (err != HL_OK || config->mirror_key[0] == '\0') {
        return err;
    }
    snprintf(about, NODE_ABOUT_BYTES, "mirror_mark");
    return config->mirror_mark[0] == '\0'
               ? hl_fail(detail, HL_ECONFIG,
                         "is not given, and without it the mirror key cosigns "
                         "nothing")
               : check_mark(config->mirror_mark, about, detail);
}

hl_err node_check(const struct config *config, char about[NODE_ABOUT_BYTES],
                  struct hl_detail *detail)
{
    struct credentials loaded = {0};
    hl_err err =
        credentials_load(config, NULL, clock_wall(), &loaded, about, detail);
    if (err == HL_OK && loaded.time.err != HL_OK) {
        err = loaded.time.err;
        *detail = loaded.time.why;
    } else if (err == HL_OK && loaded.signing.err != HL_OK) {
        err = loaded.signing.err;
        *detail = loaded.signing.why;
    }
    credentials_fini(&loaded);
    if (err == HL_OK) {
        err = check_store_folder(config, about, detail);
    }
    if (err == HL_OK) {
        err = check_marks(config, about, detail);
    }
    return err == HL_OK ? check_group(config, about, detail) : err;
}

void node_all_services(const struct rpc_service *services, struct links *links,
                       struct rpc_service out[NODE_SERVICES_MAX])
{
    size_t count = 0;
    for (; services[count].name != NULL; count++) {
        HL_ASSERT(count + 2 < NODE_SERVICES_MAX);
        out[count] = services[count];
    }
    out[count++] = links_service(links);
    out[count] = (struct rpc_service){0};
}

hl_err node_print_methods(FILE *out, struct hl_detail *detail)
{
    struct services *services =
        services_create(&(struct services_options){.node = "", .origin = ""});
    struct rpc_service table[NODE_SERVICES_MAX];
    node_all_services(services_table(services), NULL, table);
    hl_err err = rpc_print_methods(table, out, detail);
    services_destroy(&services);
    return err;
}
