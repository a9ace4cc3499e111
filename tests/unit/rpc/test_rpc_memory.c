/* SPDX-License-Identifier: Apache-2.0 */

/* Callers who send large requests and never their last byte: what they can
 * hold of the server's memory is bounded, and others are served. HTTP/2 by
 * hand (RFC 9113), as no client of gRPC does that. */

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "grpc/health/v1/health.pb-c.h"
#include "protocol/base/reader.h"
#include "tests/unit/rpc/rpc_world.h"

#define REQUEST &grpc__health__v1__health_check_request__descriptor
#define RESPONSE &grpc__health__v1__health_check_response__descriptor

enum {
    MESSAGE_BYTES = 1 << 20,
    STREAMS = 150,
    CONNECTIONS = 16,
    PART_BYTES = 16000, /* of a DATA frame; 16384 are always allowed */
    QUIET_MS = 1000,
};

enum { DATA = 0, HEADERS = 1, RESET = 3, SETTINGS = 4, PING = 6, WINDOW = 8 };
enum { ACK = 1, END_HEADERS = 4, INITIAL_WINDOW = 4 };

static void echo(struct rpc_call *call, const ProtobufCMessage *request,
                 void *context)
{
    (void)request;
    (void)context;
    Grpc__Health__V1__HealthCheckResponse response =
        GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    rpc_answer(call, &response.base);
}

static const struct rpc_method methods[] = {{"/heluo.test.T/Echo", RPC_UNARY,
                                             ROLE_ALL, REQUEST, RESPONSE,
                                             MESSAGE_BYTES, 0, echo},
                                            {0}};
static const struct rpc_service services[] = {{"heluo.test.T", methods, NULL},
                                              {0}};

struct hoarder {
    int fd;
    struct writer in;
    int64_t window, initial; /* of the connection; of each stream */
    struct {
        int64_t window;
        size_t left; /* of the message, but for its last byte */
        bool reset;
    } streams[STREAMS];
    size_t resets;
};

/* False: the server has closed the connection. */
static bool send_all(struct hoarder *hoarder, struct bytes data)
{
    for (size_t sent = 0; sent < data.size;) {
        ssize_t now =
            send(hoarder->fd, data.data + sent, data.size - sent, MSG_NOSIGNAL);
        if (now <= 0) {
            return false;
        }
        sent += (size_t)now;
    }
    return true;
}

static bool send_frame(struct hoarder *hoarder, uint8_t type, uint8_t flags,
                       uint32_t stream, struct bytes payload)
{
    struct writer frame = {0};
    writer_u8(&frame, (uint8_t)(payload.size >> 16));
    writer_u16(&frame, (uint16_t)payload.size);
    writer_u8(&frame, type);
    writer_u8(&frame, flags);
    writer_u32(&frame, stream);
    writer_bytes(&frame, payload);
    bool sent = send_all(hoarder, writer_view(&frame));
    writer_fini(&frame);
    return sent;
}

/* RFC 7541 6.2.3: a literal that is not indexed, both strings plain. */
static void add_header(struct writer *out, const char *name, const char *value)
{
    writer_u8(out, 0x10);
    writer_u8(out, (uint8_t)strlen(name));
    writer_text(out, name);
    writer_u8(out, (uint8_t)strlen(value));
    writer_text(out, value);
}

static void begin(struct hoarder *hoarder, const char *path)
{
    struct writer headers = {0};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *hoarder = (struct hoarder){.window = 65535, .initial = 65535};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    hoarder->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(
        connect(hoarder->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_true(
        send_all(hoarder, bytes_of_text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")));
    assert_true(send_frame(hoarder, SETTINGS, 0, 0, bytes_of("", 0)));
    add_header(&headers, ":method", "POST");
    add_header(&headers, ":scheme", "http");
    add_header(&headers, ":path", methods[0].path);
    add_header(&headers, ":authority", "localhost");
    add_header(&headers, "te", "trailers");
    add_header(&headers, "content-type", "application/grpc");
    for (uint32_t i = 0; i < STREAMS; i++) {
        hoarder->streams[i].window = hoarder->initial;
        hoarder->streams[i].left = MESSAGE_BYTES - 1;
        assert_true(send_frame(hoarder, HEADERS, END_HEADERS, 2 * i + 1,
                               writer_view(&headers)));
    }
    writer_fini(&headers);
}

static void take_settings(struct hoarder *hoarder, struct bytes payload)
{
    struct reader reader;
    reader_init(&reader, payload);
    while (reader_left(&reader) >= 6) {
        uint16_t key = reader_u16(&reader);
        int64_t value = reader_u32(&reader);
        if (key == INITIAL_WINDOW) {
            for (size_t i = 0; i < STREAMS; i++) {
                hoarder->streams[i].window += value - hoarder->initial;
            }
            hoarder->initial = value;
        }
    }
    send_frame(hoarder, SETTINGS, ACK, 0, bytes_of("", 0));
}

static void take_frame(struct hoarder *hoarder, uint8_t type, uint8_t flags,
                       uint32_t stream, struct bytes payload)
{
    struct reader reader;
    size_t i = stream / 2;
    reader_init(&reader, payload);
    if (type == SETTINGS && (flags & ACK) == 0) {
        take_settings(hoarder, payload);
    } else if (type == PING && (flags & ACK) == 0) {
        send_frame(hoarder, PING, ACK, 0, payload);
    } else if (type == WINDOW && stream == 0) {
        hoarder->window += reader_u32(&reader);
    } else if (type == WINDOW && i < STREAMS) {
        hoarder->streams[i].window += reader_u32(&reader);
    } else if (type == RESET && i < STREAMS && !hoarder->streams[i].reset) {
        hoarder->streams[i].reset = true;
        hoarder->resets++;
    }
}

static void take_all(struct hoarder *hoarder)
{
    struct reader reader;
    size_t taken = 0;
    reader_init(&reader, writer_view(&hoarder->in));
    while (reader_left(&reader) >= 9) {
        size_t size = (size_t)reader_u8(&reader) << 16;
        size |= reader_u16(&reader);
        uint8_t type = reader_u8(&reader);
        uint8_t flags = reader_u8(&reader);
        uint32_t stream = reader_u32(&reader);
        if (reader_left(&reader) < size) {
            break;
        }
        take_frame(hoarder, type, flags, stream, reader_bytes(&reader, size));
        taken = reader.offset;
    }
    struct writer rest = {0};
    struct bytes all = writer_view(&hoarder->in);
    writer_bytes(&rest, bytes_slice(all, taken, all.size - taken));
    writer_fini(&hoarder->in);
    hoarder->in = rest;
}

/* False: nothing came for long, or never will. */
static bool hear(struct hoarder *hoarder)
{
    struct pollfd ready = {.fd = hoarder->fd, .events = POLLIN};
    if (poll(&ready, 1, QUIET_MS) != 1) {
        return false;
    }
    uint8_t *data = writer_extend(&hoarder->in, PART_BYTES);
    ssize_t got = recv(hoarder->fd, data, PART_BYTES, 0);
    writer_shrink(&hoarder->in, PART_BYTES - (got > 0 ? (size_t)got : 0));
    take_all(hoarder);
    return got > 0;
}

static size_t least(size_t a, int64_t b, int64_t c)
{
    size_t size = a < PART_BYTES ? a : PART_BYTES;
    size = (int64_t)size < b ? size : (size_t)(b > 0 ? b : 0);
    return (int64_t)size < c ? size : (size_t)(c > 0 ? c : 0);
}

static bool hoard_of(struct hoarder *hoarder, uint32_t i)
{
    /* The prefix of a gRPC message: not deflated, its size. */
    static uint8_t part[PART_BYTES] = {0, 0, 0x10, 0, 0};
    static const uint8_t zeros[PART_BYTES];
    bool first = hoarder->streams[i].left == MESSAGE_BYTES - 1;
    size_t size = least(hoarder->streams[i].left, hoarder->streams[i].window,
                        hoarder->window);
    if (hoarder->streams[i].reset || size < sizeof("size")) {
        return false;
    }
    hoarder->streams[i].left -= size;
    hoarder->streams[i].window -= (int64_t)size;
    hoarder->window -= (int64_t)size;
    return send_frame(hoarder, DATA, 0, 2 * i + 1,
                      bytes_of(first ? part : zeros, size));
}

static bool hoard(struct hoarder *hoarder)
{
    bool sent = false;
    for (uint32_t i = 0; i < STREAMS; i++) {
        while (hoard_of(hoarder, i)) {
            sent = true;
        }
    }
    return sent;
}

static size_t held_bytes(const struct hoarder *hoarder)
{
    size_t bytes = 0;
    for (size_t i = 0; i < STREAMS; i++) {
        bytes += hoarder->streams[i].reset
                     ? 0
                     : MESSAGE_BYTES - hoarder->streams[i].left;
    }
    return bytes;
}

static void unfinished_requests_are_bounded_together(void **state)
{
    (void)state;
    static struct hoarder hoarder;
    struct world world;
    struct hl_detail detail;
    struct rpc_limits limits = world_limits();
    limits.message_max_bytes = MESSAGE_BYTES;
    limits.connections_max = CONNECTIONS;
    world_init(&world, services, &limits);
    struct client *client = world_client(&world, world.li);
    begin(&hoarder, world.socket);
    do {
        hoard(&hoarder);
    } while (hear(&hoarder));
    assert_true(hoarder.resets > 0);
    /* 64 messages and 128 KiB for each connection, as rpc.h says; and what is
     * under way. */
    assert_in_range(held_bytes(&hoarder), 1,
                    64 * MESSAGE_BYTES + CONNECTIONS * (128 << 10) +
                        16 * MESSAGE_BYTES);
    assert_ok(world_call(client, &methods[0], &detail));
    close(hoarder.fd);
    writer_fini(&hoarder.in);
    client_destroy(&client);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unfinished_requests_are_bounded_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
