/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol/base/hl_assert.h"
#include "protocol/base/writer.h"

enum { HOST_BYTES = 256 };

/* "host:port", "[::1]:port". */
static bool split(const char *address, char host[HOST_BYTES], const char **port)
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon == address || colon[1] == '\0') {
        return false;
    }
    const char *begin = address;
    const char *end = colon;
    if (*begin == '[' && end[-1] == ']') {
        begin++;
        end--;
    }
    if (end <= begin || end - begin >= HOST_BYTES) {
        return false;
    }
    memcpy(host, begin, (size_t)(end - begin));
    host[end - begin] = '\0';
    *port = colon + 1;
    return true;
}

/* Binds as the core did, to learn from the system what the core only says in
 * its log. NULL: it can be bound. */
static const char *bind_fault(const char *address)
{
    char host[HOST_BYTES];
    const char *port = NULL;
    struct addrinfo *found = NULL;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE};
    bool whole = split(address, host, &port);
    HL_ASSERT(whole);
    int failed = getaddrinfo(host, port, &hints, &found);
    if (failed != 0) {
        return gai_strerror(failed);
    }
    const char *fault = NULL;
    int on = 1;
    int fd = socket(found->ai_family, SOCK_STREAM, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
        bind(fd, found->ai_addr, found->ai_addrlen) != 0 ||
        listen(fd, 1) != 0) {
        fault = strerror(errno);
    }
    if (fd >= 0) {
        close(fd);
    }
    freeaddrinfo(found);
    return fault;
}

hl_err listen_tcp(grpc_server *core, const char *address,
                  struct tls_credentials *credentials, uint16_t *port,
                  struct hl_detail *detail)
{
    char host[HOST_BYTES];
    const char *service = NULL;
    if (!split(address, host, &service)) { /* the core would guess a port */
        return hl_fail(detail, HL_EIO,
                       "cannot listen on %s: it is not of the form host:port",
                       address);
    }
    grpc_server_credentials *ours = tls_credentials_core(credentials);
    int bound = grpc_server_add_http2_port(core, address, ours);
    grpc_server_credentials_release(ours);
    if (bound > 0) {
        *port = (uint16_t)bound;
        return HL_OK;
    }
    const char *fault = bind_fault(address);
    if (fault == NULL) {
        return hl_fail(detail, HL_EIO,
                       "cannot listen on %s: the certificate, its key and the "
                       "roots cannot be used together",
                       address);
    }
    return hl_fail(detail, HL_EIO, "cannot listen on %s: %s", address, fault);
}

/* Nobody listens there, and what stands there is a socket or nothing. The
 * core removes a socket's file that is in its way. */
static hl_err check_free(const char *path, const struct sockaddr_un *address,
                         struct hl_detail *detail)
{
    struct stat there;
    if (lstat(path, &there) != 0) {
        return errno == ENOENT
                   ? HL_OK
                   : hl_fail(detail, HL_EIO, "cannot look at %s: %s", path,
                             strerror(errno));
    }
    if (!S_ISSOCK(there.st_mode)) {
        return hl_fail(detail, HL_EIO,
                       "cannot listen on %s: something that is no socket is "
                       "there",
                       path);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return hl_fail(detail, HL_EIO, "cannot make a socket: %s",
                       strerror(errno));
    }
    int failed =
        connect(fd, (const struct sockaddr *)address, sizeof(*address));
    int error = errno;
    close(fd);
    if (failed != 0 && error == ECONNREFUSED) {
        return HL_OK;
    }
    return hl_fail(detail, HL_EIO, "cannot listen on %s: %s", path,
                   failed == 0 ? "another process listens there"
                               : strerror(error));
}

/* The core reads a target as a URI: of a path that holds a '#' or '%' it would
 * take another one, and say nothing. */
static void write_target(const char *path, struct writer *target)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789/._-";
    writer_text(target, "unix:");
    for (const char *c = path; *c != '\0'; c++) {
        if (strchr(plain, *c) != NULL) {
            writer_u8(target, (uint8_t)*c);
        } else {
            writer_format(target, "%%%02X", (unsigned)(uint8_t)*c);
        }
    }
    writer_u8(target, 0);
}

hl_err listen_unix(grpc_server *core, const char *path, unsigned mode,
                   struct hl_detail *detail)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct writer target = {0};
    if (strlen(path) >= sizeof(address.sun_path)) {
        return hl_fail(detail, HL_EIO,
                       "the socket's path is longer than %zu bytes: %s",
                       sizeof(address.sun_path) - 1, path);
    }
    strcpy(address.sun_path, path);
    hl_err err = check_free(path, &address, detail);
    if (err != HL_OK) {
        return err;
    }
    write_target(path, &target);
    grpc_server_credentials *plain = grpc_insecure_server_credentials_create();
    mode_t before = umask(~(mode_t)mode & 0777);
    int bound =
        grpc_server_add_http2_port(core, (const char *)target.data, plain);
    int error = errno;
    umask(before);
    grpc_server_credentials_release(plain);
    writer_fini(&target);
    if (bound > 0) {
        return HL_OK;
    }
    return hl_fail(detail, HL_EIO, "cannot listen on %s: %s", path,
                   access(path, F_OK) == 0 ? "it cannot be replaced"
                                           : strerror(error));
}
