/* SPDX-License-Identifier: Apache-2.0 */

/* Class and division, of which files have codes, names or both. */

#include <string.h>

#include "node/catalogue/characters.h"
#include "node/catalogue/division.h"
#include "node/catalogue/instrument_class.h"
#include "node/catalogue/name_key.h"
#include "node/import/convert_internal.h"

enum { USUAL_REVISION = 2023 };

/* --- Classes -------------------------------------------------------------- */

static void class_by_name(struct place *place, struct bytes scheme,
                          struct bytes *code, struct bytes name)
{
    struct instrument_class_named found =
        instrument_class_find_name(scheme, name);
    if (found.count == 1) {
        *code = bytes_of_text(found.items[0]->code);
        tell(place, DEFECT_HEALED, DIRT_CLASS, "its code is %s",
             found.items[0]->code);
        return;
    }
    tell(place, DEFECT_DOUBTED, DIRT_CLASS,
         found.count == 0
             ? "no class has the name '%.*s': the code stays empty"
             : "several classes have the name '%.*s': the code stays empty",
         BYTES_ARGS(name_shown(name)));
}

static void heal_code(struct place *place, struct bytes *code)
{
    struct writer *texts = converter_texts(place->converter);
    char text[CLASS_CODE_DIGITS + 1];
    bool healed = false;
    struct hl_detail why = {0};
    if (instrument_class_heal(*code, text, &healed, &why) != HL_OK) {
        tell(place, DEFECT_REFUSED, DIRT_CLASS, "%s", why.text);
        *code = (struct bytes){0};
        return;
    }
    size_t from = texts->size;
    writer_text(texts, text);
    *code = bytes_slice(writer_view(texts), from, CLASS_CODE_DIGITS);
    if (healed) {
        tell(place, DEFECT_HEALED, DIRT_ZERO, "a leading zero was lost: %s",
             text);
    }
}

void convert_class(struct place *place, struct bytes *scheme,
                   struct bytes *code, const struct found_names *names)
{
    if (scheme->size == 0 && (code->size > 0 || names->class_name.size > 0)) {
        *scheme = bytes_of_text("nrii");
    }
    place->value = code->size > 0 ? *code : names->class_name;
    if (code->size == 0 && names->class_name.size > 0) {
        class_by_name(place, *scheme, code, names->class_name);
    } else if (code->size > 0 && instrument_class_scheme_known(*scheme)) {
        heal_code(place, code);
        struct hl_detail why = {0};
        struct instrument_class_comparison compared =
            instrument_class_compare(*scheme, *code, names->class_name);
        if (code->size > 0 &&
            instrument_class_explain(&compared, *code, names->class_name,
                                     &why) != HL_OK) {
            tell(place, DEFECT_REFUSED, DIRT_CLASS, "%s", why.text);
        }
    }
    if (code->size == 0) {
        *scheme = (struct bytes){0};
    }
}

/* --- Divisions ------------------------------------------------------------ */

/* A code in full-width digits is still that code. */
static void narrow(struct place *place, struct bytes *code)
{
    uint8_t room[64];
    if (code->size <= sizeof(room)) {
        struct writer *texts = converter_texts(place->converter);
        size_t from = texts->size;
        writer_bytes(texts, character_normalise_code(*code, room));
        *code = bytes_slice(writer_view(texts), from, texts->size - from);
    }
}

static bool has_names(const struct found_names *names)
{
    return names->province.size > 0 || names->city.size > 0 ||
           names->county.size > 0;
}

static void division_by_names(struct place *place, struct bytes *code,
                              uint64_t revision,
                              const struct found_names *names)
{
    const struct division_names asked = {names->province, names->city,
                                         names->county};
    const struct division *found = NULL;
    struct hl_detail why = {0};
    place->value = names->county.size > 0 ? names->county
                   : names->city.size > 0 ? names->city
                                          : names->province;
    if (division_find_names(revision, &asked, &found, &why) == HL_OK) {
        *code = bytes_of_text(found->code);
        return;
    }
    tell(place, DEFECT_REFUSED, DIRT_DIVISION, "%s", why.text);
}

static bool lies_in(const struct division *inner, const struct division *outer)
{
    return strcmp(inner->code, outer->code) == 0 ||
           strcmp(inner->city, outer->code) == 0 ||
           strcmp(inner->province, outer->code) == 0;
}

/* The names are of the code's place, of one in it, or of one that it lies in.
 * A county alone is looked for around the code; one that is on no list, as
 * 高新区, says nothing, and its city is compared. */
static void compare_names(struct place *place, const struct division *at,
                          uint64_t revision, const struct found_names *names)
{
    struct division_names asked = {names->province, names->city, names->county};
    const struct division *named = NULL;
    struct hl_detail why = {0};
    if (names->province.size == 0 && names->city.size == 0) {
        bool in_city = at->city[0] != '\0';
        struct bytes around = bytes_of_text(in_city ? at->city : at->province);
        *(in_city ? &asked.city : &asked.province) =
            bytes_of_text(division_find(revision, around)->name_zh);
    }
    hl_err err = division_find_names(revision, &asked, &named, &why);
    if (err != HL_OK) {
        tell(place, DEFECT_DOUBTED, DIRT_DIVISION,
             "%s: the code is taken, %s %s", why.text, at->code, at->name_zh);
        asked.county = (struct bytes){0};
        err = division_find_names(revision, &asked, &named, NULL);
    }
    if (err == HL_OK && !lies_in(at, named) && !lies_in(named, at)) {
        tell(place, DEFECT_REFUSED, DIRT_DIVISION,
             "%s is %s, and the names beside it are of %s %s", at->code,
             at->name_zh, named->code, named->name_zh);
    }
}

void convert_division(struct place *place, struct bytes *code,
                      uint64_t *revision, const struct found_names *names)
{
    const struct division *found = NULL;
    struct hl_detail why = {0};
    if (*revision == 0) {
        *revision = USUAL_REVISION;
    }
    if (code->size > 0 && division_list_known(*revision)) {
        place->value = *code;
        narrow(place, code);
        if (division_lookup(*revision, *code, &found, &why) != HL_OK) {
            tell(place, DEFECT_REFUSED, DIRT_DIVISION, "%s", why.text);
            *code = (struct bytes){0}; /* its rule need not say it again */
        } else if (has_names(names)) {
            compare_names(place, found, *revision, names);
        }
    } else if (code->size == 0 && has_names(names)) {
        division_by_names(place, code, *revision, names);
    }
    if (code->size == 0) {
        *revision = 0;
    }
}
