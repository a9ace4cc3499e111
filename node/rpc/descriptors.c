/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/descriptors.h"

#include "protocol/base/hl_assert.h"
#include "protocol/entry/wire.h"

/* C11 has no #embed. */
__asm__(".section .rodata\n"
        ".global heluo_descriptors\n"
        "heluo_descriptors:\n"
        ".incbin \"" HELUO_DESCRIPTORS "\"\n"
        ".global heluo_descriptors_end\n"
        "heluo_descriptors_end:\n"
        ".byte 0\n"
        ".previous\n");
extern const uint8_t heluo_descriptors[], heluo_descriptors_end[];

/* Field numbers of descriptor.proto. */
enum {
    SET_FILE = 1,
    NAME = 1, /* of everything */
    FILE_PACKAGE = 2,
    FILE_DEPENDENCY = 3,
};

/* What stands in what, and under which field. */
enum scope { FILE_SCOPE, MESSAGE_SCOPE, ENUM_SCOPE, SERVICE_SCOPE, LEAF_SCOPE };

static const struct {
    enum scope in;
    uint32_t number;
    enum scope is;
} members[] = {
    {FILE_SCOPE, 4, MESSAGE_SCOPE},
    {FILE_SCOPE, 5, ENUM_SCOPE},
    {FILE_SCOPE, 6, SERVICE_SCOPE},
    {MESSAGE_SCOPE, 2, LEAF_SCOPE}, /* fields */
    {MESSAGE_SCOPE, 3, MESSAGE_SCOPE},
    {MESSAGE_SCOPE, 4, ENUM_SCOPE},
    {MESSAGE_SCOPE, 8, LEAF_SCOPE}, /* oneofs */
    {ENUM_SCOPE, 2, LEAF_SCOPE},    /* values */
    {SERVICE_SCOPE, 2, LEAF_SCOPE}, /* methods */
};

static bool next_of(struct wire *wire, uint32_t number, struct bytes *out)
{
    struct wire_field field;
    while (wire_next(wire, &field)) {
        if (field.number == number && field.type == WIRE_LENGTH) {
            *out = field.bytes;
            return true;
        }
    }
    return false;
}

static struct bytes first_of(struct bytes raw, uint32_t number)
{
    struct wire wire;
    struct bytes found = {0};
    wire_init(&wire, raw, 0);
    next_of(&wire, number, &found);
    return found;
}

static struct bytes all(void)
{
    return bytes_of(heluo_descriptors,
                    (size_t)(heluo_descriptors_end - heluo_descriptors));
}

size_t descriptors_count(void)
{
    struct wire wire;
    struct bytes file;
    size_t count = 0;
    wire_init(&wire, all(), 0);
    while (next_of(&wire, SET_FILE, &file)) {
        count++;
    }
    HL_ASSERT(count <= DESCRIPTORS_MAX);
    return count;
}

struct bytes descriptors_file(size_t file)
{
    struct wire wire;
    struct bytes raw = {0};
    wire_init(&wire, all(), 0);
    for (size_t i = 0; i <= file; i++) {
        bool found = next_of(&wire, SET_FILE, &raw);
        HL_ASSERT(found);
    }
    return raw;
}

size_t descriptors_by_name(struct bytes name)
{
    size_t count = descriptors_count();
    size_t file = 0;
    while (file < count &&
           !bytes_equal(first_of(descriptors_file(file), NAME), name)) {
        file++;
    }
    return file;
}

/* "name" or "name.rest"; the rest is then *rest. */
static bool begins(struct bytes path, struct bytes name, struct bytes *rest)
{
    if (name.size == 0 || path.size < name.size ||
        !bytes_equal(bytes_slice(path, 0, name.size), name)) {
        return false;
    }
    *rest = bytes_slice(path, name.size, path.size - name.size);
    if (rest->size > 0 && rest->data[0] == '.') {
        *rest = bytes_slice(*rest, 1, rest->size - 1);
        return rest->size > 0;
    }
    return rest->size == 0;
}

static bool has(struct bytes raw, enum scope scope, struct bytes path)
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        struct wire wire;
        struct bytes member;
        struct bytes rest;
        wire_init(&wire, raw, 0);
        while (members[i].in == scope &&
               next_of(&wire, members[i].number, &member)) {
            if (begins(path, first_of(member, NAME), &rest) &&
                (rest.size == 0 || has(member, members[i].is, rest))) {
                return true;
            }
        }
    }
    return false;
}

size_t descriptors_by_symbol(struct bytes symbol)
{
    size_t count = descriptors_count();
    for (size_t file = 0; file < count; file++) {
        struct bytes raw = descriptors_file(file);
        struct bytes path = symbol;
        struct bytes package = first_of(raw, FILE_PACKAGE);
        if (package.size > 0 &&
            (!begins(symbol, package, &path) || path.size == 0)) {
            continue;
        }
        if (has(raw, FILE_SCOPE, path)) {
            return file;
        }
    }
    return count;
}

void descriptors_closure(size_t file, bool marks[DESCRIPTORS_MAX])
{
    struct wire wire;
    struct bytes name;
    if (marks[file]) {
        return;
    }
    marks[file] = true;
    wire_init(&wire, descriptors_file(file), 0);
    while (next_of(&wire, FILE_DEPENDENCY, &name)) {
        size_t other = descriptors_by_name(name);
        HL_ASSERT(other < descriptors_count());
        descriptors_closure(other, marks);
    }
}
