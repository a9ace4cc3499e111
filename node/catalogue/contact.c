/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/contact.h"

#include <string.h>

#include "node/catalogue/attribute.h"
#include "node/catalogue/characters.h"
#include "protocol/base/reader.h"

/* Digits that stay at both ends of a number that has at least so many. */
enum { PHONE_DIGITS_MIN = 10, PHONE_HEAD = 3, PHONE_TAIL = 4 };
enum { EMAIL_STARS = 3, EMAIL_MAX_BYTES = 100 };

static struct bytes *field_of(const struct record_kind *kind, void *record,
                              const char *name)
{
    const struct attribute *attribute =
        attribute_find(kind, bytes_of_text(name));
    if (attribute == NULL) {
        return NULL;
    }
    return (void *)((uint8_t *)record +
                    attribute_field(kind, attribute)->offset);
}

bool contact_has_fields(const struct record_kind *kind)
{
    return attribute_find(kind, bytes_of_text("contact")) != NULL;
}

/* --- Masks ---------------------------------------------------------------- */

static size_t first_character(struct bytes text)
{
    size_t size = text.size == 0 ? 0 : 1;
    while (size < text.size && (text.data[size] & 0xc0u) == 0x80u) {
        size++;
    }
    return size;
}

/* How long a name is does not show. */
static void mask_name(struct bytes name, struct writer *out)
{
    writer_bytes(out, bytes_slice(name, 0, first_character(name)));
    writer_u8(out, '*');
}

/* Its own stars become commas: those of a mask are digits. */
static void mask_phone(struct bytes phone, struct writer *out)
{
    size_t digits = 0;
    for (size_t i = 0; i < phone.size; i++) {
        digits += character_is_digit(phone.data[i]) ? 1 : 0;
    }
    bool ends = digits >= PHONE_DIGITS_MIN;
    size_t seen = 0;
    for (size_t i = 0; i < phone.size; i++) {
        uint8_t byte = phone.data[i];
        if (character_is_digit(byte)) {
            bool shown =
                ends && (seen < PHONE_HEAD || seen >= digits - PHONE_TAIL);
            byte = shown ? byte : '*';
            seen++;
        }
        writer_u8(out, phone.data[i] == '*' ? ',' : byte);
    }
}

/* Not longer than it may be: behind a short name a long one needs the room. */
static void mask_email(struct bytes email, struct writer *out)
{
    const uint8_t *at =
        email.size == 0 ? NULL : memchr(email.data, '@', email.size);
    size_t local = at == NULL ? email.size : (size_t)(at - email.data);
    size_t room = local + EMAIL_MAX_BYTES - email.size;
    size_t first = room > EMAIL_STARS ? first_character(email) : 0;
    writer_bytes(out, bytes_slice(email, 0, first));
    for (size_t i = 0; i < EMAIL_STARS && i < room; i++) {
        writer_u8(out, '*');
    }
    writer_bytes(out, bytes_slice(email, local, email.size - local));
}

/* Of a number alone what is shown cannot be masked again: it has no digits, or
 * those of both ends around as many stars as digits that are missing. */
static bool is_masked_phone(struct bytes phone)
{
    size_t digits = 0, stars = 0, before = 0, after = 0;
    for (size_t i = 0; i < phone.size; i++) {
        bool digit = character_is_digit(phone.data[i]);
        stars += phone.data[i] == '*';
        digits += digit;
        before += digit && stars == 0;
        after = phone.data[i] == '*' ? 0 : after + digit;
    }
    bool ends = before == PHONE_HEAD && after == PHONE_TAIL &&
                digits == PHONE_HEAD + PHONE_TAIL &&
                stars >= PHONE_DIGITS_MIN - digits;
    return stars > 0 && (digits == 0 || ends);
}

static bool masks_to_itself(struct bytes text,
                            void (*mask)(struct bytes text, struct writer *out))
{
    struct writer shown = {0};
    mask(text, &shown);
    bool same = bytes_equal(writer_view(&shown), text);
    writer_fini(&shown);
    return same;
}

static bool is_masked_name(struct bytes name)
{
    return masks_to_itself(name, mask_name);
}

static bool is_masked_email(struct bytes email)
{
    return masks_to_itself(email, mask_email);
}

struct masking {
    void (*mask)(struct bytes text, struct writer *out);
    bool (*is_masked)(struct bytes text);
    struct bytes *field; /* of the record */
    struct bytes former; /* what is known of it */
    struct bytes *clear;
    size_t masked_at, clear_at; /* in the writer, while it may move */
    size_t masked_size, clear_size;
};

/* Appends both texts, and says where. */
static void mask_one(struct masking *masking, struct writer *out)
{
    struct bytes text = *masking->field;
    struct bytes clear = {0};
    masking->masked_at = out->size;
    if (text.size > 0 && masking->is_masked(text)) {
        writer_bytes(out, text);
        struct writer shown = {0};
        if (masking->former.size > 0) {
            masking->mask(masking->former, &shown);
        }
        if (bytes_equal(writer_view(&shown), text)) {
            clear = masking->former;
        }
        writer_fini(&shown);
    } else if (text.size > 0) {
        masking->mask(text, out);
        clear = text;
    }
    masking->masked_size = out->size - masking->masked_at;
    masking->clear_at = out->size;
    masking->clear_size = clear.size;
    writer_bytes(out, clear);
}

void contact_mask(const struct record_kind *kind, void *record,
                  const struct contact *former, struct contact *clear,
                  struct writer *out)
{
    *clear = (struct contact){0};
    if (!contact_has_fields(kind)) {
        return;
    }
    struct masking fields[] = {
        {mask_name, is_masked_name, field_of(kind, record, "contact"),
         former->name, &clear->name, 0, 0, 0, 0},
        {mask_phone, is_masked_phone, field_of(kind, record, "phone"),
         former->phone, &clear->phone, 0, 0, 0, 0},
        {mask_email, is_masked_email, field_of(kind, record, "email"),
         former->email, &clear->email, 0, 0, 0, 0},
    };
    enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };
    for (size_t i = 0; i < FIELDS; i++) {
        mask_one(&fields[i], out);
    }
    for (size_t i = 0; i < FIELDS; i++) {
        struct masking *at = &fields[i];
        *at->field =
            bytes_slice(writer_view(out), at->masked_at, at->masked_size);
        *at->clear =
            bytes_slice(writer_view(out), at->clear_at, at->clear_size);
    }
}

/* --- The private store ---------------------------------------------------- */

bool contact_is_empty(const struct contact *contact)
{
    return contact->name.size == 0 && contact->phone.size == 0 &&
           contact->email.size == 0;
}

bool contact_equal(const struct contact *a, const struct contact *b)
{
    return bytes_equal(a->name, b->name) && bytes_equal(a->phone, b->phone) &&
           bytes_equal(a->email, b->email);
}

void contact_encode(const struct contact *contact, struct writer *out)
{
    const struct bytes texts[] = {contact->name, contact->phone,
                                  contact->email};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        writer_u16(out, (uint16_t)texts[i].size);
        writer_bytes(out, texts[i]);
    }
}

hl_err contact_decode(struct bytes value, struct contact *out,
                      struct hl_detail *detail)
{
    struct reader reader;
    reader_init(&reader, value);
    struct contact contact;
    contact.name = reader_bytes(&reader, reader_u16(&reader));
    contact.phone = reader_bytes(&reader, reader_u16(&reader));
    contact.email = reader_bytes(&reader, reader_u16(&reader));
    if (reader_finish(&reader) != HL_OK) {
        return hl_fail(detail, HL_EDAMAGED,
                       "a contact in the private store cannot be read: put "
                       "its record again");
    }
    *out = contact;
    return HL_OK;
}
