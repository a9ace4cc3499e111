/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/contact.h"

#include <string.h>

#include "node/catalogue/instrument.h"
#include "tests/support/support.h"

#define TEXT(text) bytes_of_text(text)

static const struct contact nobody;

static void assert_masks(const char *name, const char *phone, const char *email,
                         const char *name_shown, const char *phone_shown,
                         const char *email_shown)
{
    const struct record_kind *kind = record_kind_of_word("instrument");
    struct instrument instrument = {
        .contact = TEXT(name), .phone = TEXT(phone), .email = TEXT(email)};
    struct contact clear;
    struct writer out = {0};
    contact_mask(kind, &instrument, &nobody, &clear, &out);
    assert_true(bytes_equal_text(instrument.contact, name_shown));
    assert_true(bytes_equal_text(instrument.phone, phone_shown));
    assert_true(bytes_equal_text(instrument.email, email_shown));
    assert_true(bytes_equal_text(clear.name, name));
    assert_true(bytes_equal_text(clear.phone, phone));
    assert_true(bytes_equal_text(clear.email, email));
    writer_fini(&out);
}

static void a_mask_hides_the_person_and_keeps_the_form(void **state)
{
    (void)state;
    assert_masks("张三", "13812341234", "zhang@zzu.edu.cn", "张*",
                 "138****1234", "z***@zzu.edu.cn");
    assert_masks("欧阳修远", "0371-67781234", "", "欧*", "037*-****1234", "");
    assert_masks("J. Smith", "+86 371 6778 1234", "a@b.cn", "J*",
                 "+86 3** **** 1234", "a***@b.cn");
    assert_masks("", "6778123", "", "", "*******", "");
    assert_masks("李", "12345", "", "李*", "*****", "");
}

static void what_comes_masked_keeps_what_is_known(void **state)
{
    (void)state;
    const struct record_kind *kind = record_kind_of_word("instrument");
    const struct contact former = {TEXT("张三"), TEXT("13812341234"),
                                   TEXT("zhang@zzu.edu.cn")};
    struct instrument instrument = {.contact = TEXT("张*"),
                                    .phone = TEXT("138****9999"),
                                    .email = TEXT("z***@zzu.edu.cn")};
    struct contact clear;
    struct writer out = {0};
    contact_mask(kind, &instrument, &former, &clear, &out);
    assert_true(bytes_equal_text(clear.name, "张三"));
    assert_int_equal(clear.phone.size, 0); /* shows another number */
    assert_true(bytes_equal_text(clear.email, "zhang@zzu.edu.cn"));
    assert_true(bytes_equal_text(instrument.contact, "张*"));
    assert_true(bytes_equal_text(instrument.phone, "138****9999"));
    writer_clear(&out);
    instrument = (struct instrument){0};
    contact_mask(kind, &instrument, &former, &clear, &out);
    assert_true(contact_is_empty(&clear)); /* left out: erased */
    writer_fini(&out);
}

/* A star is written for other things, too: an extension, or who is in charge.
 * What is published is a mask, and a mask is not masked again. */
static void a_star_alone_is_no_mask(void **state)
{
    (void)state;
    static const struct {
        const char *name, *phone, *email;
    } people[] = {
        {"张三丰*", "13912345678*8012", "zhang*san@zzu.edu.cn"},
        {"*李四", "*0371-67781234", "*@zzu.edu.cn"},
        {"*", "123*4567", "z**@zzu.edu.cn"},
        {"**", "1381234****", "z****@zzu.edu.cn"},
        {"张**", "138***12345678", ""},
        {"*张", "138****", ""},
        {"", "****5678", ""},
        {"", "1***3***8***5678", ""},
    };
    const struct record_kind *kind = record_kind_of_word("instrument");
    for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
        struct instrument instrument = {.contact = TEXT(people[i].name),
                                        .phone = TEXT(people[i].phone),
                                        .email = TEXT(people[i].email)};
        struct contact clear, again;
        struct writer out = {0}, more = {0};
        contact_mask(kind, &instrument, &nobody, &clear, &out);
        assert_true(bytes_equal_text(clear.name, people[i].name) ||
                    bytes_equal_text(instrument.contact, "**"));
        assert_true(bytes_equal_text(clear.phone, people[i].phone));
        assert_true(bytes_equal_text(clear.email, people[i].email));
        struct instrument shown = instrument;
        contact_mask(kind, &instrument, &clear, &again, &more);
        assert_true(contact_equal(&again, &clear));
        assert_true(bytes_equal(shown.contact, instrument.contact));
        assert_true(bytes_equal(shown.phone, instrument.phone));
        assert_true(bytes_equal(shown.email, instrument.email));
        writer_fini(&more);
        writer_fini(&out);
    }
}

/* What is masked passes the record's own rules. */
static void a_mask_is_valid(void **state)
{
    (void)state;
    const struct record_kind *kind = record_kind_of_word("instrument");
    struct instrument instrument = {
        .of = {TEXT("zhengzhou"), TEXT("uscc"), TEXT("12410000415800018L"),
               TEXT("1")},
        .name_zh = TEXT("电镜"),
        .contact = TEXT("张三、李四"),
        .phone = TEXT("0371-67781234,13812341234"),
        .email = TEXT("x@zzu.edu.cn"),
    };
    struct contact clear, again;
    /* What is masked again lies in the former one. */
    struct writer outs[11] = {{0}}, *out = outs;
    assert_ok(record_validate(kind->type, &instrument, NULL));
    contact_mask(kind, &instrument, &nobody, &clear, out++);
    assert_ok(record_validate(kind->type, &instrument, NULL));
    /* The longest mailboxes, with a name of one letter, two, and so on. */
    for (size_t local = 1; local < 6; local++) {
        char email[101] = {0};
        memset(email, 'a', 100);
        email[local] = '@';
        email[50] = email[97] = '.';
        instrument.email = TEXT(email);
        assert_ok(record_validate(kind->type, &instrument, NULL));
        contact_mask(kind, &instrument, &nobody, &clear, out++);
        assert_true(bytes_equal_text(clear.email, email));
        assert_ok(record_validate(kind->type, &instrument, NULL));
        assert_false(bytes_equal_text(instrument.email, email));
        contact_mask(kind, &instrument, &clear, &again, out++);
        assert_true(bytes_equal_text(again.email, email));
    }
    while (out > outs) {
        writer_fini(--out);
    }
}

static void it_is_kept_and_read_back(void **state)
{
    (void)state;
    const struct contact contact = {TEXT("张三"), TEXT(""), TEXT("a@b.cn")};
    struct contact read;
    struct writer value = {0};
    contact_encode(&contact, &value);
    assert_ok(contact_decode(writer_view(&value), &read, NULL));
    assert_true(contact_equal(&contact, &read));
    for (size_t size = 0; size < value.size; size++) {
        assert_err(contact_decode(bytes_of(value.data, size), &read, NULL),
                   HL_EDAMAGED);
    }
    writer_u8(&value, 0);
    assert_err(contact_decode(writer_view(&value), &read, NULL), HL_EDAMAGED);
    writer_fini(&value);
    assert_false(contact_has_fields(record_kind_of_word("unit")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mask_hides_the_person_and_keeps_the_form),
        cmocka_unit_test(what_comes_masked_keeps_what_is_known),
        cmocka_unit_test(a_star_alone_is_no_mask),
        cmocka_unit_test(a_mask_is_valid),
        cmocka_unit_test(it_is_kept_and_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
