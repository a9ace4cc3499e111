/* SPDX-License-Identifier: Apache-2.0 */

/* What protobuf-c would choke on never reaches it. */

#include <string.h>

#include "grpc/reflection/v1/reflection.pb-c.h"
#include "heluo/v1/catalogue.pb-c.h"
#include "heluo/v1/common.pb-c.h"
#include "node/rpc/guard.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_limits.h"
#include "tests/support/support.h"

#define REFLECTION &grpc__reflection__v1__server_reflection_response__descriptor
#define TOKEN &heluo__v1__watch_token__descriptor
#define PUT &heluo__v1__catalogue_put_request__descriptor
#define GET &heluo__v1__unit_retire__descriptor /* three strings */

static hl_err check(const ProtobufCMessageDescriptor *schema, const void *data,
                    size_t size, struct hl_detail *detail)
{
    *detail = (struct hl_detail){0};
    hl_err err = guard_check(bytes_of(data, size), schema, detail);
    assert_int_equal(err == HL_OK, detail->text[0] == '\0');
    return err;
}

#define CHECK(schema, text)                                                    \
    check((schema), (text), sizeof(text) - 1, &(struct hl_detail){0})

static void every_way_to_write_a_message_is_taken(void **state)
{
    (void)state;
    assert_ok(CHECK(GET, ""));
    assert_ok(CHECK(GET, "\x12\x01"
                         "b"
                         "\x0a\x01"
                         "a")); /* not ascending */
    assert_ok(CHECK(GET, "\x0a\x01"
                         "a"
                         "\x0a\x01"
                         "b")); /* twice: the last counts */
    assert_ok(CHECK(GET, "\x0a\x81\x80\x00"
                         "a"));            /* a padded length */
    assert_ok(CHECK(GET, "\x0a\x00"));     /* a default */
    assert_ok(CHECK(GET, "\xf8\x07\x01")); /* an unknown field */
    assert_ok(CHECK(TOKEN, "\x0a\x02\x10\x05"));
}

static void what_is_no_message_is_refused(void **state)
{
    (void)state;
    assert_err(CHECK(GET, "\x0a"), HL_EMALFORMED);
    assert_err(CHECK(GET, "\x0a\x02"
                          "a"),
               HL_EMALFORMED);
    assert_err(CHECK(GET, "\x02\x00"), HL_EMALFORMED); /* field 0 */
    assert_err(CHECK(GET, "\x0b\x0c"), HL_EMALFORMED); /* a group */
    assert_err(CHECK(GET, "\x0f\x01"), HL_EMALFORMED);
    assert_err(CHECK(GET, "\x08\x01"), HL_EMALFORMED); /* no string */
    assert_err(CHECK(GET, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
               HL_EMALFORMED);
    assert_err(CHECK(TOKEN, "\x0a\x05\x10\x05"), HL_EMALFORMED);
    assert_err(CHECK(TOKEN, "\x0a\x02\x10\x85"), HL_EMALFORMED);
}

static void a_string_is_utf8_without_nul(void **state)
{
    (void)state;
    struct hl_detail detail;
    assert_err(CHECK(GET, "\x0a\x01\xff"), HL_EMALFORMED);
    assert_err(CHECK(GET, "\x0a\x03"
                          "a\0b"),
               HL_EMALFORMED);
    assert_err(check(TOKEN, "\x0a\x03\x0a\x01\xff", 5, &detail), HL_EMALFORMED);
    assert_int_equal(detail.where, HL_AT_OFFSET);
    assert_int_equal(detail.at, 4);
    assert_non_null(strstr(detail.text, "origin"));
    assert_ok(CHECK(GET, "\x0a\x06\xe6\xb4\x9b\xe9\x98\xb3"));
}

/* Wraps it in so many messages more. */
static void nest(unsigned levels, struct writer *out)
{
    for (unsigned i = 0; i < levels; i++) {
        struct writer inner = {0};
        writer_u8(&inner, 0x12); /* original_request: a message */
        size_t size = out->size;
        do {
            uint8_t low = size & 0x7f;
            size >>= 7;
            writer_u8(&inner, size > 0 ? low | 0x80 : low);
        } while (size > 0);
        writer_bytes(&inner, writer_view(out));
        writer_fini(out);
        *out = inner;
    }
}

/* A schema whose message holds itself, as none of ours does. */
static void nesting_is_bounded(void **state)
{
    (void)state;
    struct hl_detail detail;
    struct writer deep = {0};
    ProtobufCMessageDescriptor self =
        grpc__reflection__v1__server_reflection_response__descriptor;
    ProtobufCFieldDescriptor fields[8];
    assert_true(self.n_fields <= 8);
    memcpy(fields, self.fields, self.n_fields * sizeof(fields[0]));
    fields[1].descriptor = &self;
    self.fields = fields;
    nest(HL_MESSAGE_DEPTH_MAX - 1, &deep);
    assert_ok(check(&self, deep.data, deep.size, &detail));
    nest(1, &deep);
    assert_err(check(&self, deep.data, deep.size, &detail), HL_ELIMIT);
    nest(20000 - HL_MESSAGE_DEPTH_MAX, &deep);
    assert_err(check(&self, deep.data, deep.size, &detail), HL_ELIMIT);
    writer_fini(&deep);
}

/* Of `count` times the same two bytes. */
static hl_err many(const ProtobufCMessageDescriptor *schema, uint8_t tag,
                   size_t count)
{
    struct hl_detail detail;
    struct writer raw = {0};
    for (size_t i = 0; i < count; i++) {
        writer_u8(&raw, tag);
        writer_u8(&raw, 0);
    }
    hl_err err = check(schema, raw.data, raw.size, &detail);
    writer_fini(&raw);
    return err;
}

static void memory_is_bounded_by_size(void **state)
{
    (void)state;
    assert_ok(many(TOKEN, 0x0a, 100));
    assert_err(many(TOKEN, 0x0a, 2 << 20), HL_ELIMIT); /* messages */
    assert_err(many(GET, 0x0a, 2 << 20), HL_ELIMIT);   /* strings */
    assert_err(many(GET, 0x7a, 2 << 20), HL_ELIMIT);   /* unknown */
    assert_err(many(GET, 0x78, 2 << 20), HL_ELIMIT);
}

/* A batch of `count` records, each with nothing but its key and a name. */
static struct writer batch(Heluo__V1__Record *record, size_t count)
{
    Heluo__V1__CataloguePutBatchRequest request =
        HELUO__V1__CATALOGUE_PUT_BATCH_REQUEST__INIT;
    Heluo__V1__CataloguePutBatchRequest__Item item =
        HELUO__V1__CATALOGUE_PUT_BATCH_REQUEST__ITEM__INIT;
    struct writer out = {0};
    item.record = record;
    request.items = hl_alloc(count, sizeof(request.items[0]));
    request.n_items = count;
    for (size_t i = 0; i < count; i++) {
        request.items[i] = &item;
    }
    size_t size = protobuf_c_message_get_packed_size(&request.base);
    protobuf_c_message_pack(&request.base, writer_extend(&out, size));
    hl_free(request.items);
    return out;
}

static void as_many_of_the_shortest_records_as_may_be_are_taken(void **state)
{
    (void)state;
    static char scheme[] = "ror", id[] = "05hs6h993", text[] = "x";
    Heluo__V1__InstrumentRecord instrument = HELUO__V1__INSTRUMENT_RECORD__INIT;
    Heluo__V1__ServiceItemRecord service = HELUO__V1__SERVICE_ITEM_RECORD__INIT;
    Heluo__V1__DemandRecord demand = HELUO__V1__DEMAND_RECORD__INIT;
    Heluo__V1__Record records[3];
    instrument.unit_scheme = service.unit_scheme = demand.unit_scheme = scheme;
    instrument.unit_id = service.unit_id = demand.unit_id = id;
    instrument.inner_id = service.inner_id = demand.inner_id = text;
    instrument.name_zh = service.name_zh = demand.title = text;
    demand.text = text;
    for (size_t i = 0; i < 3; i++) {
        heluo__v1__record__init(&records[i]);
        records[i].record_case =
            (Heluo__V1__Record__RecordCase)(HELUO__V1__RECORD__RECORD_INSTRUMENT +
                                            i);
    }
    records[0].instrument = &instrument;
    records[1].service_item = &service;
    records[2].demand = &demand;
    static const size_t counts[] = {1, 20, 1000, 8190};
    for (size_t i = 0; i < 3; i++) {
        for (size_t n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
            struct writer raw = batch(&records[i], counts[n]);
            struct hl_detail detail;
            assert_ok(check(&heluo__v1__catalogue_put_batch_request__descriptor,
                            raw.data, raw.size, &detail));
            writer_fini(&raw);
        }
    }
}

static void large_fields_are_no_abuse(void **state)
{
    (void)state;
    struct hl_detail detail;
    Heluo__V1__UnitRetire request = HELUO__V1__UNIT_RETIRE__INIT;
    struct writer text = {0};
    memset(writer_extend(&text, 1 << 20), 'a', 1 << 20);
    writer_u8(&text, 0);
    request.id = (char *)text.data;
    size_t size = protobuf_c_message_get_packed_size(&request.base);
    struct writer raw = {0};
    protobuf_c_message_pack(&request.base, writer_extend(&raw, size));
    assert_ok(check(GET, raw.data, raw.size, &detail));
    writer_fini(&raw);
    writer_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_write_a_message_is_taken),
        cmocka_unit_test(what_is_no_message_is_refused),
        cmocka_unit_test(a_string_is_utf8_without_nul),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(memory_is_bounded_by_size),
        cmocka_unit_test(as_many_of_the_shortest_records_as_may_be_are_taken),
        cmocka_unit_test(large_fields_are_no_abuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
