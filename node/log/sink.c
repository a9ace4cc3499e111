/* SPDX-License-Identifier: Apache-2.0 */
#include "node/log/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int open_again(int fd)
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

void sink_open(struct sink *sink, int fd)
{
    struct stat stat = {0};
    *sink = (struct sink){.fd = fd};
    if (fstat(fd, &stat) != 0 || S_ISREG(stat.st_mode)) {
        return;
    }
    if (S_ISSOCK(stat.st_mode)) {
        sink->socket = true;
        return;
    }
    int again = S_ISFIFO(stat.st_mode) ? open_again(fd) : -1;
    sink->owned = again >= 0;
    sink->fd = sink->owned ? again : fd;
    /* A terminal, or a pipe of another user's: asked each time. Nobody else
     * writes there as a rule, and a line fits what "writable" promises. */
    sink->polled = !sink->owned;
}

void sink_close(struct sink *sink)
{
    if (sink->owned) {
        close(sink->fd);
    }
    *sink = (struct sink){.fd = -1};
}

static bool would_wait(const struct sink *sink)
{
    struct pollfd poll_fd = {.fd = sink->fd, .events = POLLOUT};
    return sink->polled && poll(&poll_fd, 1, 0) != 1;
}

static ssize_t write_once(const struct sink *sink, struct iovec *parts,
                          int count)
{
    if (sink->socket) {
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
        return sendmsg(sink->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    return writev(sink->fd, parts, count);
}

bool sink_write(struct sink *sink, const char *line, size_t size)
{
    static char newline[] = "\n";
    struct iovec parts[] = {{.iov_base = newline, .iov_len = 1},
                            {.iov_base = (void *)line, .iov_len = size}};
    int first = sink->torn ? 0 : 1;
    size_t whole = size + (sink->torn ? 1 : 0);
    if (would_wait(sink)) {
        return false;
    }
    ssize_t written;
    do {
        written = write_once(sink, parts + first, 2 - first);
    } while (written < 0 && errno == EINTR);
    if (written > 0) {
        sink->torn = (size_t)written < whole;
    }
    return written == (ssize_t)whole;
}
