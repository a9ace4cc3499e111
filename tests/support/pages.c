/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/pages.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "protocol/base/writer.h"
#include "tests/support/support.h"

enum {
    PAGE_BYTES = 4096,
    FLAGS_AT = 10,
    LOWER_AT = 12,
    NODES_AT = 16,
    NODE_KEY_SIZE_AT = 6,
    NODE_KEY_AT = 8,
    IS_BRANCH = 1,
};

static unsigned u16_at(const uint8_t *page, size_t at)
{
    return (unsigned)(page[at] | page[at + 1] << 8);
}

size_t page_branch_keys(const char *path, struct bytes prefix, size_t size,
                        size_t out[PAGE_KEYS_MAX])
{
    struct writer file = {0};
    size_t count = 0;
    test_read_file(path, &file);
    for (size_t at = 2 * PAGE_BYTES; at + PAGE_BYTES <= file.size;
         at += PAGE_BYTES) {
        const uint8_t *page = file.data + at;
        if (u16_at(page, FLAGS_AT) != IS_BRANCH) {
            continue;
        }
        size_t nodes = (u16_at(page, LOWER_AT) - NODES_AT) / 2;
        /* The first one's key is not looked at. */
        for (size_t i = 1; i < nodes && count < PAGE_KEYS_MAX; i++) {
            size_t node = u16_at(page, NODES_AT + 2 * i);
            if (node + NODE_KEY_AT + size <= PAGE_BYTES &&
                u16_at(page, node + NODE_KEY_SIZE_AT) == size &&
                memcmp(page + node + NODE_KEY_AT, prefix.data, prefix.size) ==
                    0) {
                out[count++] = at + node + NODE_KEY_AT;
            }
        }
    }
    writer_fini(&file);
    return count;
}

void page_flip(const char *path, size_t at, unsigned bit)
{
    uint8_t byte;
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
    byte ^= (uint8_t)(1u << bit);
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
    close(fd);
}
