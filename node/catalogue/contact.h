/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_CONTACT_H
#define HL_NODE_CATALOGUE_CONTACT_H

/* Who answers the phone: a person, whose name and number stay at the home node
 * and are published masked. A record states all three in its fields contact,
 * phone and email; contact_mask() parts what stays from what is published.
 * Pure, any thread. */

#include "node/catalogue/kinds.h"
#include "protocol/base/writer.h"

struct contact {
    struct bytes name, phone, email;
};

/* Whether records of the kind name a person. */
bool contact_has_fields(const struct record_kind *kind);

/* Replaces the record's three fields by what may be published, and gives in
 * *clear what was there. A field that has the form of a mask was masked before:
 * it stays as it is, and *clear has the same of `former` if that is what it
 * shows, else nothing. A '*' alone is no mask: people write it for an
 * extension, or behind a name. Texts appended to `out`, which the record and
 * *clear then borrow.
 *
 *   张三               张*
 *   John Smith         J*
 *   13812341234        138****1234   three digits, and four of those behind
 *   0371-67781234      037*-****1234
 *   6778123            *******       below ten digits none
 *   zhang@zzu.edu.cn   z***@zzu.edu.cn
 *
 * No mask is longer than its field may be. */
void contact_mask(const struct record_kind *kind, void *record,
                  const struct contact *former, struct contact *clear,
                  struct writer *out);

bool contact_is_empty(const struct contact *contact);
bool contact_equal(const struct contact *a, const struct contact *b);

/* As a value of the private store: each text with its length, u16, before it.
 *
 * HL_EDAMAGED  not what contact_encode() writes. */
void contact_encode(const struct contact *contact, struct writer *out);
HL_MUST_USE hl_err contact_decode(struct bytes value, struct contact *out,
                                  struct hl_detail *detail);

#endif
