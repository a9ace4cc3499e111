/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/instrument_class.h"

#include <string.h>

#include "node/catalogue/characters.h"
#include "node/catalogue/nrii_table.h"

bool instrument_class_scheme_known(struct bytes scheme)
{
    return bytes_equal_text(scheme, "nrii");
}

static const struct instrument_class *find_in_nrii(struct bytes code)
{
    size_t low = 0;
    size_t high = nrii_classes_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct instrument_class *at = &nrii_classes[middle];
        int order = bytes_compare(code, bytes_of_text(at->code));
        if (order == 0) {
            return at;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const struct instrument_class *instrument_class_find(struct bytes scheme,
                                                     struct bytes code)
{
    return instrument_class_scheme_known(scheme) ? find_in_nrii(code) : NULL;
}

const struct instrument_class *
instrument_class_parent(const struct instrument_class *of)
{
    return find_in_nrii(bytes_of_text(of->parent));
}

/* Those of the rows whose code begins with the first `digits` of `of_code`. */
static struct instrument_class_named named(struct name_index rows,
                                           const char *of_code, size_t digits)
{
    struct instrument_class_named out = {{NULL}, 0};
    for (size_t i = 0; i < rows.count; i++) {
        const struct instrument_class *row = &nrii_classes[rows.rows[i].row];
        if (memcmp(row->code, of_code, digits) != 0) {
            continue;
        }
        if (out.count < CLASS_NAMED_MAX) {
            out.items[out.count] = row;
        }
        out.count++;
    }
    return out;
}

struct instrument_class_named instrument_class_find_name(struct bytes scheme,
                                                         struct bytes name)
{
    if (!instrument_class_scheme_known(scheme)) {
        return (struct instrument_class_named){{NULL}, 0};
    }
    return named(name_index_find(&nrii_classes_names, name), "", 0);
}

/* --- healing ------------------------------------------------------------ */

hl_err instrument_class_heal(struct bytes text,
                             char code[CLASS_CODE_DIGITS + 1], bool *healed,
                             struct hl_detail *detail)
{
    uint8_t space[NAME_KEY_BYTES];
    struct bytes digits = name_key(text, space);
    bool good = digits.size == CLASS_CODE_DIGITS ||
                digits.size == CLASS_CODE_DIGITS - 1;
    for (size_t i = 0; good && i < digits.size; i++) {
        good = character_is_digit(digits.data[i]);
    }
    if (!good) {
        return hl_fail(detail, HL_EMALFORMED,
                       "a class code has six digits, not \"%.*s\"",
                       BYTES_ARGS(name_shown(text)));
    }
    size_t missing = CLASS_CODE_DIGITS - digits.size;
    memset(code, '0', missing);
    memcpy(code + missing, digits.data, digits.size);
    code[CLASS_CODE_DIGITS] = '\0';
    *healed = missing > 0;
    return HL_OK;
}

/* --- code and name ------------------------------------------------------ */

static bool has_name(const struct instrument_class *class, struct bytes name)
{
    for (; class != NULL; class = instrument_class_parent(class)) {
        if (name_equal(bytes_of_text(class->name_zh), name)) {
            return true;
        }
    }
    return false;
}

static struct instrument_class_named
nearest(struct bytes name, const struct instrument_class *of_code)
{
    struct name_index rows = name_index_find(&nrii_classes_names, name);
    for (size_t digits = of_code == NULL ? 0 : 4; digits > 0; digits -= 2) {
        struct instrument_class_named near = named(rows, of_code->code, digits);
        if (near.count > 0) {
            return near;
        }
    }
    return named(rows, "", 0);
}

struct instrument_class_comparison instrument_class_compare(struct bytes scheme,
                                                            struct bytes code,
                                                            struct bytes name)
{
    struct instrument_class_comparison out = {
        CLASS_NOT_CHECKED, NULL, {{NULL}, 0}};
    if (!instrument_class_scheme_known(scheme)) {
        return out;
    }
    uint8_t space[NAME_KEY_BYTES];
    bool no_name = name.size == 0 || (name.size <= NAME_KEY_BYTES &&
                                      name_key(name, space).size == 0);
    out.of_code = find_in_nrii(code);
    out.of_name = nearest(name, out.of_code);
    if (out.of_code == NULL) {
        out.verdict = CLASS_CODE_UNKNOWN;
    } else if (no_name) {
        out.verdict = CLASS_NOT_CHECKED;
    } else if (has_name(out.of_code, name)) {
        out.verdict = CLASS_AGREES;
    } else if (out.of_name.count == 0) {
        out.verdict = CLASS_NAME_UNKNOWN;
    } else {
        out.verdict = CLASS_NAME_OF_OTHER;
    }
    return out;
}

/* --- for people --------------------------------------------------------- */

/* What the name's code would be. */
static struct bytes of_name_text(const struct instrument_class_named *of_name,
                                 char out[64])
{
    size_t size = 0;
    for (size_t i = 0; i < of_name->count && i < CLASS_NAMED_MAX; i++) {
        if (i > 0) {
            memcpy(out + size, " or ", 4);
            size += 4;
        }
        memcpy(out + size, of_name->items[i]->code, CLASS_CODE_DIGITS);
        size += CLASS_CODE_DIGITS;
    }
    if (of_name->count > CLASS_NAMED_MAX) {
        memcpy(out + size, " or more", 8);
        size += 8;
    }
    return bytes_of(out, size);
}

hl_err
instrument_class_explain(const struct instrument_class_comparison *comparison,
                         struct bytes code, struct bytes name,
                         struct hl_detail *detail)
{
    char space[64];
    struct bytes other = of_name_text(&comparison->of_name, space);
    struct bytes given = name_shown(name);
    struct bytes digits = name_shown(code);
    switch (comparison->verdict) {
    case CLASS_CODE_UNKNOWN:
        if (other.size > 0) {
            return hl_fail(detail, HL_ENOTFOUND,
                           "no class has the code %.*s; \"%.*s\" is %.*s",
                           BYTES_ARGS(digits), BYTES_ARGS(given),
                           BYTES_ARGS(other));
        }
        return hl_fail(detail, HL_ENOTFOUND, "no class has the code %.*s",
                       BYTES_ARGS(digits));
    case CLASS_NAME_UNKNOWN:
        return hl_fail(detail, HL_EMALFORMED,
                       "%s is \"%s\"; no class is named \"%.*s\"",
                       comparison->of_code->code, comparison->of_code->name_zh,
                       BYTES_ARGS(given));
    case CLASS_NAME_OF_OTHER:
        return hl_fail(detail, HL_EMALFORMED,
                       "%s is \"%s\", but \"%.*s\" is %.*s: a code of another "
                       "list?",
                       comparison->of_code->code, comparison->of_code->name_zh,
                       BYTES_ARGS(given), BYTES_ARGS(other));
    case CLASS_AGREES:
    case CLASS_NOT_CHECKED:
        break;
    }
    return HL_OK;
}
