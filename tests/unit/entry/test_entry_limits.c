/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/entry/entry.h"

#include <string.h>

#include "heluo/v1/entry.pb-c.h"
#include "tests/support/support.h"

/* A foreign author's entry, in protobuf-c's terms, which bound nothing. */
struct foreign {
    Heluo__V1__Entry entry;
    Heluo__V1__Citation cause;
    Heluo__V1__Citation seen;
    Heluo__V1__Citation *seen_list[HL_ENTRY_SEEN_MAX + 1];
    Heluo__V1__Command command;
    char origin[HL_NAME_MAX_BYTES + 2];
    uint8_t long_bytes[HL_ENTRY_MAX_BYTES];
};

static ProtobufCBinaryData hash_field(struct foreign *foreign)
{
    return (ProtobufCBinaryData){.len = 32, .data = foreign->long_bytes};
}

static void foreign_init(struct foreign *foreign)
{
    memset(foreign, 0, sizeof(*foreign));
    heluo__v1__entry__init(&foreign->entry);
    heluo__v1__citation__init(&foreign->cause);
    heluo__v1__command__init(&foreign->command);
    foreign->cause.origin = "a.b/c";
    foreign->cause.index = 1;
    foreign->cause.leaf_hash = hash_field(foreign);
    foreign->seen = foreign->cause;
    for (size_t i = 0; i <= HL_ENTRY_SEEN_MAX; i++) {
        foreign->seen_list[i] = &foreign->seen;
    }
    foreign->command.id = hash_field(foreign);
    foreign->command.id.len = HL_COMMAND_ID_BYTES;
    foreign->command.caller_hash = hash_field(foreign);
    foreign->command.request_digest = hash_field(foreign);
    foreign->entry.origin = "a.b/c";
    foreign->entry.index = 1;
    foreign->entry.recorded_at_ms = 1;
    foreign->entry.cause = &foreign->cause;
    foreign->entry.n_seen = 1;
    foreign->entry.seen = foreign->seen_list;
    foreign->entry.command = &foreign->command;
    foreign->entry.body_type = 2;
    foreign->entry.body.data = foreign->long_bytes;
    foreign->entry.body.len = 1;
}

static void foreign_pack(const struct foreign *foreign, struct writer *out)
{
    size_t size = heluo__v1__entry__get_packed_size(&foreign->entry);
    heluo__v1__entry__pack(&foreign->entry, writer_extend(out, size));
}

static hl_err foreign_decode(const struct foreign *foreign,
                             struct hl_detail *detail)
{
    struct writer raw = {0};
    struct entry entry = {.index = 77};
    struct canonical_unknown unknown = {.number = 77};
    foreign_pack(foreign, &raw);
    hl_err err = entry_decode(writer_view(&raw), &entry, &unknown, detail);
    assert_int_equal(unknown.number, err == HL_OK ? 0 : 77);
    assert_true(err == HL_OK || entry.index == 77);
    writer_fini(&raw);
    return err;
}

/* "<253 or so of a domain>/<node>" of exactly that size. */
static char *long_origin(struct foreign *foreign, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        foreign->origin[i] = i % 60 == 59 ? '.' : 'a';
    }
    foreign->origin[size - 10] = '/';
    foreign->origin[size] = '\0';
    return foreign->origin;
}

static void fit_body(struct foreign *foreign, size_t entry_size)
{
    foreign->entry.body.len = 1000;
    size_t now = heluo__v1__entry__get_packed_size(&foreign->entry);
    /* From 1000 to 64 KiB the length of the length grows by one. */
    foreign->entry.body.len += entry_size - now - 1;
    assert_int_equal(heluo__v1__entry__get_packed_size(&foreign->entry),
                     entry_size);
}

static void at_index_max(struct foreign *foreign)
{
    foreign->entry.index = ENTRY_INDEX_MAX;
    foreign->cause.index = ENTRY_INDEX_MAX;
}
static void at_time_max(struct foreign *foreign)
{
    foreign->entry.recorded_at_ms = INT64_MAX;
}
static void at_seen_max(struct foreign *foreign)
{
    foreign->entry.n_seen = HL_ENTRY_SEEN_MAX;
}
static void at_origin_max(struct foreign *foreign)
{
    foreign->entry.origin = long_origin(foreign, HL_NAME_MAX_BYTES);
    foreign->cause.origin = foreign->origin;
}
static void at_size_max(struct foreign *foreign)
{
    fit_body(foreign, HL_ENTRY_MAX_BYTES);
}
static void at_body_type_max(struct foreign *foreign)
{
    foreign->entry.body_type = UINT32_MAX;
}
static void without_options(struct foreign *foreign)
{
    foreign->entry.cause = NULL;
    foreign->entry.n_seen = 0;
    foreign->entry.command = NULL;
    foreign->entry.body.len = 0;
    foreign->entry.index = 0;
    foreign->entry.recorded_at_ms = 0;
}

static void every_bound_itself_is_within(void **state)
{
    (void)state;
    static void (*const shapes[])(struct foreign *) = {
        at_index_max, at_time_max,      at_seen_max,     at_origin_max,
        at_size_max,  at_body_type_max, without_options,
    };
    static struct foreign foreign;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct hl_detail detail = {0};
        foreign_init(&foreign);
        shapes[i](&foreign);
        hl_err err = foreign_decode(&foreign, &detail);
        assert_string_equal(detail.text, "");
        assert_ok(err);
    }
}

static void over_index(struct foreign *foreign)
{
    foreign->entry.index = ENTRY_INDEX_MAX + 1;
}
static void over_cited_index(struct foreign *foreign)
{
    foreign->seen.index = UINT64_MAX;
}
static void over_time(struct foreign *foreign)
{
    foreign->entry.recorded_at_ms = (uint64_t)INT64_MAX + 1;
}
static void over_seen(struct foreign *foreign)
{
    foreign->entry.n_seen = HL_ENTRY_SEEN_MAX + 1;
}
static void over_origin(struct foreign *foreign)
{
    foreign->entry.origin = long_origin(foreign, HL_NAME_MAX_BYTES + 1);
}
static void over_size(struct foreign *foreign)
{
    fit_body(foreign, HL_ENTRY_MAX_BYTES + 1);
}
static void no_origin(struct foreign *foreign)
{
    foreign->entry.origin = "";
}
static void no_cited_origin(struct foreign *foreign)
{
    foreign->cause.origin = "";
}
static void origin_without_node(struct foreign *foreign)
{
    foreign->entry.origin = "a.b";
}
static void origin_of_three_parts(struct foreign *foreign)
{
    foreign->entry.origin = "a.b/c/d";
}
static void origin_of_upper_case(struct foreign *foreign)
{
    foreign->entry.origin = "A.b/c";
}
static void origin_not_utf8(struct foreign *foreign)
{
    foreign->entry.origin = "a\xff/c";
}
static void short_leaf(struct foreign *foreign)
{
    foreign->cause.leaf_hash.len = 31;
}
static void long_leaf(struct foreign *foreign)
{
    foreign->seen.leaf_hash.len = 33;
}
static void no_leaf(struct foreign *foreign)
{
    foreign->cause.leaf_hash.len = 0;
}
static void short_id(struct foreign *foreign)
{
    foreign->command.id.len = 15;
}
static void long_id(struct foreign *foreign)
{
    foreign->command.id.len = 17;
}
static void short_caller(struct foreign *foreign)
{
    foreign->command.caller_hash.len = 31;
}
static void no_request(struct foreign *foreign)
{
    foreign->command.request_digest.len = 0;
}
static void no_body_type(struct foreign *foreign)
{
    foreign->entry.body_type = 0;
}

/* The entry's fields begin at: origin 0, index 7, recorded_at_ms 9, cause 11
 * (its content 13), seen 56 (58), command 101 (103), body_type 189. */
static void each_rule_of_the_frame_is_refused_by_name_and_place(void **state)
{
    (void)state;
    static const struct {
        void (*spoil)(struct foreign *);
        hl_err err;
        uint64_t at;
        const char *text;
    } cases[] = {
        {over_index, HL_ELIMIT, 7,
         "Entry.index 9223372036854775807 is above 9223372036854775806"},
        {over_cited_index, HL_ELIMIT, 65,
         "Citation.index 18446744073709551615 is above 9223372036854775806"},
        {over_time, HL_ELIMIT, 9,
         "Entry.recorded_at_ms 9223372036854775808 is above "
         "9223372036854775807"},
        {over_seen, HL_ELIMIT, 56 + 64 * 45,
         "Entry.seen has more than 64 citations"},
        {over_origin, HL_ELIMIT, 0, "Entry.origin of 256 bytes is over 255"},
        {over_size, HL_ELIMIT, 0, "entry of 65536 bytes is over 65535"},
        {no_origin, HL_EMALFORMED, 0,
         "Entry.origin '' is not <alliance>/<node>"},
        {no_cited_origin, HL_EMALFORMED, 13,
         "Citation.origin '' is not <alliance>/<node>"},
        {origin_without_node, HL_EMALFORMED, 0,
         "Entry.origin 'a.b' is not <alliance>/<node>"},
        {origin_of_three_parts, HL_EMALFORMED, 0,
         "Entry.origin 'a.b/c/d' is not <alliance>/<node>"},
        {origin_of_upper_case, HL_EMALFORMED, 0,
         "Entry.origin 'A.b/c' is not <alliance>/<node>"},
        {origin_not_utf8, HL_EMALFORMED, 0, "Entry.origin is not UTF-8"},
        {short_leaf, HL_EMALFORMED, 22,
         "Citation.leaf_hash has 31 bytes, not 32"},
        {long_leaf, HL_EMALFORMED, 67,
         "Citation.leaf_hash has 33 bytes, not 32"},
        {no_leaf, HL_EMALFORMED, 13, "Citation.leaf_hash has 0 bytes, not 32"},
        {short_id, HL_EMALFORMED, 103, "Command.id has 15 bytes, not 16"},
        {long_id, HL_EMALFORMED, 103, "Command.id has 17 bytes, not 16"},
        {short_caller, HL_EMALFORMED, 121,
         "Command.caller_hash has 31 bytes, not 32"},
        {no_request, HL_EMALFORMED, 103,
         "Command.request_digest has 0 bytes, not 32"},
        {no_body_type, HL_EMALFORMED, 0, "Entry.body_type is missing"},
    };
    static struct foreign foreign;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hl_detail detail = {0};
        foreign_init(&foreign);
        cases[i].spoil(&foreign);
        assert_err(foreign_decode(&foreign, &detail), cases[i].err);
        assert_string_equal(detail.text, cases[i].text);
        assert_int_equal(detail.at, cases[i].at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bound_itself_is_within),
        cmocka_unit_test(each_rule_of_the_frame_is_refused_by_name_and_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
