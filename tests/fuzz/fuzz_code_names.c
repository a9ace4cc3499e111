/* SPDX-License-Identifier: Apache-2.0 */

/* Lines of any bytes as codes and names of the code tables: what is found has
 * that code or name, what is not is said, and a name's key is its own key. */

#include <string.h>

#include "node/catalogue/division.h"
#include "node/catalogue/instrument_class.h"
#include "node/catalogue/name_key.h"
#include "node/catalogue/nation.h"
#include "node/catalogue/subject.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"
#include "tests/fuzz/fuzz.h"

enum { LINES = 3 };

static void split(struct bytes raw, struct bytes lines[LINES])
{
    size_t at = 0;
    for (size_t i = 0; i < LINES; i++) {
        size_t end = at;
        while (end < raw.size && raw.data[end] != '\n') {
            end++;
        }
        lines[i] = bytes_slice(raw, at, end - at);
        at = end < raw.size ? end + 1 : end;
    }
}

static void check_key(struct bytes name)
{
    uint8_t space[NAME_KEY_BYTES];
    uint8_t again[NAME_KEY_BYTES];
    struct bytes key = name_key(name, space);
    HL_ASSERT(key.size <= name.size);
    if (text_utf8_valid(name)) {
        HL_ASSERT(bytes_equal(name_key(key, again), key));
    }
}

static void check_class(struct bytes code, struct bytes name)
{
    struct bytes nrii = bytes_of_text("nrii");
    struct hl_detail detail = {0};
    char digits[CLASS_CODE_DIGITS + 1];
    bool healed = false;
    if (instrument_class_heal(code, digits, &healed, &detail) == HL_OK) {
        HL_ASSERT(strlen(digits) == CLASS_CODE_DIGITS);
        HL_ASSERT(!healed || digits[0] == '0');
    } else {
        HL_ASSERT(detail.text[0] != '\0');
    }
    struct instrument_class_comparison comparison =
        instrument_class_compare(nrii, code, name);
    HL_ASSERT((comparison.of_code == NULL) ==
              (comparison.verdict == CLASS_CODE_UNKNOWN));
    detail.text[0] = '\0';
    hl_err err = instrument_class_explain(&comparison, code, name, &detail);
    HL_ASSERT((err == HL_OK) == (detail.text[0] == '\0'));
}

static void check_others(struct bytes name)
{
    const struct nation *nation = nation_find(name);
    HL_ASSERT(nation == NULL ||
              name_equal(bytes_of_text(nation->name_zh), name));
    const struct subject *subject = subject_find_name(name);
    HL_ASSERT(subject == NULL || subject_find(bytes_of_text(subject->code)));
}

static void check_division(const struct bytes lines[LINES])
{
    struct division_names names = {lines[0], lines[1], lines[2]};
    const struct division *at = NULL;
    struct hl_detail detail = {0};
    if (division_find_names(2023, &names, &at, &detail) == HL_OK) {
        bool is_province = strcmp(at->code, at->province) == 0;
        HL_ASSERT(at->city[0] != '\0' || is_province);
        HL_ASSERT(division_find(2023, bytes_of_text(at->code)) == at);
    } else {
        HL_ASSERT(at == NULL);
        HL_ASSERT(detail.text[0] != '\0');
    }
    detail.text[0] = '\0';
    if (division_lookup(2023, lines[0], &at, &detail) != HL_OK) {
        HL_ASSERT(detail.text[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes lines[LINES];
    split(bytes_of(data, size), lines);
    for (size_t i = 0; i < LINES; i++) {
        check_key(lines[i]);
        check_others(lines[i]);
    }
    check_class(lines[0], lines[1]);
    check_division(lines);
    return 0;
}
