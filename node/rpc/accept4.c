/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* syscall() */

#include "node/rpc/accept4.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "protocol/base/alloc.h"

struct connection {
    int fd;
    ino_t inode; /* tells a socket from a later one of the same number */
};

/* The one state of the one symbol. */
static struct {
    pthread_mutex_t lock;
    int spare; /* given up to accept, and so close, where no other is left */
    struct connection *open;
    uint32_t count, limit;
    uint64_t refused, out_of_files;
} self = {.lock = PTHREAD_MUTEX_INITIALIZER, .spare = -1};

static void hold_spare(void)
{
    if (self.spare < 0) {
        self.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
}

/* Nobody tells us when the core closes a connection: so we look. */
static void sweep(void)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < self.count; i++) {
        struct stat now;
        if (fstat(self.open[i].fd, &now) == 0 &&
            now.st_ino == self.open[i].inode) {
            self.open[kept++] = self.open[i];
        }
    }
    self.count = kept;
}

void accept4_set_limit(uint32_t connections_max)
{
    pthread_mutex_lock(&self.lock);
    hold_spare();
    sweep();
    uint32_t room = connections_max > self.count ? connections_max : self.count;
    self.open = hl_realloc(self.open, room, sizeof(*self.open));
    self.limit = connections_max;
    pthread_mutex_unlock(&self.lock);
}

void accept4_statistics(struct accept4_statistics *out)
{
    pthread_mutex_lock(&self.lock);
    sweep();
    *out = (struct accept4_statistics){.open = self.count,
                                       .refused = self.refused,
                                       .out_of_files = self.out_of_files};
    pthread_mutex_unlock(&self.lock);
}

/* False: one too many. */
static bool count_in(const struct connection *connection)
{
    if (self.limit == 0) {
        return true;
    }
    if (self.count >= self.limit) {
        sweep();
    }
    if (self.count >= self.limit) {
        self.refused++;
        return false;
    }
    self.open[self.count++] = *connection;
    return true;
}

static bool may_stay(int fd)
{
    int domain = AF_UNIX;
    socklen_t size = sizeof(domain);
    struct stat now;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 ||
        domain == AF_UNIX || fstat(fd, &now) != 0) {
        return true;
    }
    pthread_mutex_lock(&self.lock);
    bool in = count_in(&(struct connection){fd, now.st_ino});
    pthread_mutex_unlock(&self.lock);
    return in;
}

static int kernel_accept(int fd, struct sockaddr *address, socklen_t *size,
                         int flags)
{
    return (int)syscall(SYS_accept4, fd, address, size, flags);
}

/* With the spare descriptor free, takes one that waits and drops it: to leave
 * it waiting would be worse, as an edge-triggered listener is told only of
 * newcomers. False: nobody waits any more. */
static bool drop_one(int fd)
{
    pthread_mutex_lock(&self.lock);
    if (self.spare >= 0) {
        close(self.spare);
        self.spare = -1;
    }
    int dropped = kernel_accept(fd, NULL, NULL, SOCK_CLOEXEC);
    if (dropped >= 0) {
        close(dropped);
        self.out_of_files++;
    }
    hold_spare();
    pthread_mutex_unlock(&self.lock);
    return dropped >= 0;
}

/* accept(2): errors of the connection that waited, not of the listener. */
static bool of_the_connection(int error)
{
    switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPERM:
    case EPROTO:
    case ENOPROTOOPT:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
        return true;
    default:
        return false;
    }
}

/* Whether to look again; else errno says what the caller is told. */
static bool survive(int fd, int error)
{
    if (error == EMFILE || error == ENFILE) {
        if (drop_one(fd)) {
            return true;
        }
        errno = EAGAIN;
        return false;
    }
    errno = error == ENOBUFS || error == ENOMEM ? EAGAIN : error;
    return of_the_connection(error);
}

int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    socklen_t room = size == NULL ? 0 : *size;
    for (;;) {
        if (size != NULL) {
            *size = room;
        }
        int accepted = kernel_accept(fd, address, size, flags);
        if (accepted >= 0 && may_stay(accepted)) {
            return accepted;
        }
        if (accepted >= 0) {
            close(accepted);
        } else if (!survive(fd, errno)) {
            return -1;
        }
    }
}
