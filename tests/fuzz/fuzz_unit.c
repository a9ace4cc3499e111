/* SPDX-License-Identifier: Apache-2.0 */

/* Bodies that state a unit: what canonical_check() accepts is read, judged,
 * written again and shown without harm; what is valid makes a key. Typing is
 * brought into form once and then stands. */

#include "heluo/v1/unit.pb-c.h"
#include "node/catalogue/unit.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/canonical.h"
#include "tests/fuzz/fuzz.h"

static void check_writes_again(const struct unit *unit, struct bytes raw,
                               bool unknown)
{
    struct writer again = {0};
    record_encode(&unit_record, unit, &again);
    HL_ASSERT(unknown || bytes_equal(writer_view(&again), raw));
    struct unit read;
    record_decode(&unit_record, writer_view(&again), &read);
    HL_ASSERT(record_difference(&unit_record, unit, &read) == NULL);
    writer_fini(&again);
}

static void check_valid(const struct unit *unit)
{
    struct writer key = {0};
    record_key(&unit_record, unit, &key);
    HL_ASSERT(key.size > 0);
    HL_ASSERT(key.size <= 128);
    writer_fini(&key);
    struct hl_detail detail = {0};
    hl_err err = unit_check_new(unit, &detail);
    HL_ASSERT(err == HL_OK || detail.text[0] != '\0');
}

static void check_normalises_once(struct unit unit)
{
    struct writer first = {0};
    struct writer second = {0};
    unit_normalise(&unit, &first);
    struct unit once = unit;
    unit_normalise(&unit, &second);
    HL_ASSERT(record_difference(&unit_record, &once, &unit) == NULL);
    writer_fini(&first);
    writer_fini(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = bytes_of(data, size);
    struct canonical_unknown unknown;
    if (canonical_check(raw, &heluo__v1__unit_record__descriptor, &unknown,
                        NULL) != HL_OK) {
        return 0;
    }
    struct unit unit;
    record_decode(&unit_record, raw, &unit);
    check_writes_again(&unit, raw, unknown.present);
    struct hl_detail detail = {0};
    if (record_validate(&unit_record, &unit, &detail) == HL_OK) {
        check_valid(&unit);
    } else {
        HL_ASSERT(detail.text[0] != '\0');
    }
    struct writer line = {0};
    record_dump(&unit_record, &unit, &line);
    writer_fini(&line);
    check_normalises_once(unit);
    return 0;
}
