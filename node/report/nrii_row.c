/* SPDX-License-Identifier: Apache-2.0 */
#include "node/report/nrii_row.h"

#include <inttypes.h>
#include <string.h>

#include "node/catalogue/division.h"
#include "node/catalogue/instrument_class.h"
#include "node/catalogue/nation.h"
#include "node/report/nrii_cell.h"
#include "protocol/base/hl_assert.h"

#define NOTHING "无"
#define OTHER_CLASS "990000"

enum {
    CARRIER_CENTER = 1,
    CARRIER_FACILITY = 2,
    CARRIER_NONE = 4,
    CARRIER_LABORATORY = 6,
    STATUS_NORMAL = 1,
    STATUS_STANDBY = 6,
};

static const struct record_kind *kind_of_all(void)
{
    return record_kind_of_word("instrument");
}

/* --- Texts ---------------------------------------------------------------- */

static const void *field_of(const struct nrii_cell *cell)
{
    const struct field *field = attribute_field(kind_of_all(), cell->attribute);
    return (const uint8_t *)(const void *)cell->source->instrument +
           field->offset;
}

static struct bytes text_of(const struct nrii_cell *cell)
{
    return *(const struct bytes *)field_of(cell);
}

static uint64_t number_of(const struct nrii_cell *cell)
{
    return *(const uint64_t *)field_of(cell);
}

/* --- Words ---------------------------------------------------------------- */

/* NULL: of a later program, or none was chosen. */
static const char *word_of(const struct nrii_cell *cell, uint64_t value)
{
    const struct attribute_word *word = cell->attribute->words;
    while (word->word != NULL && word->value != value) {
        word++;
    }
    return word->word == NULL ? NULL : word->word_zh;
}

static void put_choice(struct nrii_cell *cell, uint64_t value)
{
    const char *word = word_of(cell, value);
    nrii_cell_text(cell, bytes_of_text(word == NULL ? "" : word));
}

static void put_status(struct nrii_cell *cell)
{
    uint64_t status = number_of(cell);
    put_choice(cell, status >= STATUS_STANDBY ? STATUS_NORMAL : status);
}

/* The known clients send the list as one text. */
static void put_funds(struct nrii_cell *cell)
{
    struct writer text = {0};
    const struct attribute_word *word = cell->attribute->words;
    for (; word->word != NULL; word++) {
        if ((number_of(cell) & word->value) != 0) {
            writer_format(&text, "%s%s", text.size == 0 ? "" : ",",
                          word->word_zh);
        }
    }
    nrii_cell_text(cell, writer_view(&text));
    writer_fini(&text);
}

/* --- Numbers -------------------------------------------------------------- */

static void put_worth(struct nrii_cell *cell)
{
    uint64_t fen = cell->source->instrument->worth_fen;
    if (fen == 0) {
        nrii_cell_lack(cell);
        writer_text(cell->out, "null");
        return;
    }
    (void)nrii_cell_wan(cell, fen);
}

static void put_hours(struct nrii_cell *cell)
{
    const struct instrument *of = cell->source->instrument;
    uint64_t tenths = number_of(cell);
    if (of->hours_year == 0 && of->run_hours_tenths == 0 &&
        of->service_hours_tenths == 0) {
        nrii_cell_lack(cell);
        writer_text(cell->out, "null");
        return;
    }
    writer_format(cell->out, "%" PRIu64 ".%" PRIu64, tenths / 10, tenths % 10);
}

/* --- What it is part of --------------------------------------------------- */

static void put_carrier_type(struct nrii_cell *cell)
{
    uint64_t type = number_of(cell);
    if (type == 0 || type == CARRIER_NONE) {
        nrii_cell_word(cell, NOTHING);
    } else if (word_of(cell, type) == NULL) {
        nrii_cell_refuse(cell);
    } else {
        writer_format(cell->out, "%" PRIu64, type);
    }
}

/* Needed where `asked`, and else not said. */
static void put_carrier_text(struct nrii_cell *cell, bool asked)
{
    if (!asked) {
        nrii_cell_word(cell, NOTHING);
        return;
    }
    if (text_of(cell).size == 0) {
        nrii_cell_lack(cell);
    }
    nrii_cell_text(cell, text_of(cell));
}

static void put_carrier_id(struct nrii_cell *cell)
{
    uint64_t type = cell->source->instrument->carrier_type;
    put_carrier_text(cell, type == CARRIER_CENTER || type == CARRIER_FACILITY);
}

static void put_carrier_name(struct nrii_cell *cell)
{
    put_carrier_text(cell, cell->source->instrument->carrier_type >=
                               CARRIER_LABORATORY);
}

/* --- Lists ---------------------------------------------------------------- */

static void put_class(struct nrii_cell *cell)
{
    const struct instrument *of = cell->source->instrument;
    struct bytes code = of->class_code;
    if (bytes_equal_text(code, "999999") &&
        instrument_class_scheme_known(of->class_scheme)) {
        code = bytes_of_text(OTHER_CLASS);
    }
    if (code.size > 0 &&
        instrument_class_find(of->class_scheme, code) == NULL) {
        nrii_cell_refuse(cell);
        return;
    }
    nrii_cell_text(cell, code);
}

static void put_nation(struct nrii_cell *cell)
{
    struct bytes name = text_of(cell);
    const struct nation *nation = name.size == 0 ? NULL : nation_find(name);
    if (nation == NULL && name.size > 0) {
        nrii_cell_refuse(cell);
        return;
    }
    nrii_cell_text(cell, bytes_of_text(nation == NULL ? "" : nation->name_zh));
}

static void put_subjects(struct nrii_cell *cell)
{
    nrii_cell_subjects(cell, text_of(cell));
}

/* --- Places --------------------------------------------------------------- */

static const struct division *place_called(const struct nrii_cell *cell,
                                           const char *code)
{
    return division_find(cell->source->instrument->division_revision,
                         bytes_of_text(code));
}

/* NULL where the list does not have the code, which is wrong. */
static void put_place(struct nrii_cell *cell, const struct division *place)
{
    if (cell->place == NULL && cell->source->instrument->division.size > 0) {
        nrii_cell_refuse(cell);
        return;
    }
    nrii_cell_text(cell, bytes_of_text(place == NULL ? "" : place->name_zh));
}

static void put_province(struct nrii_cell *cell)
{
    put_place(cell, cell->place == NULL
                        ? NULL
                        : place_called(cell, cell->place->province));
}

static void put_city(struct nrii_cell *cell)
{
    put_place(cell, cell->place == NULL
                        ? NULL
                        : place_called(cell, cell->place->city));
}

static void put_county(struct nrii_cell *cell)
{
    const struct division *at = cell->place;
    bool is_county = at != NULL && at->city[0] != '\0' &&
                     (strcmp(at->code, at->city) != 0 ||
                      !division_has_counties(
                          cell->source->instrument->division_revision, at));
    put_place(cell, is_county ? at : NULL);
}

/* --- The rest ------------------------------------------------------------- */

static void put_ins_code(struct nrii_cell *cell)
{
    nrii_cell_ins_code(cell, cell->source->ins_code);
}

static void put_or_nothing(struct nrii_cell *cell)
{
    struct bytes text = text_of(cell);
    nrii_cell_text(cell, text.size == 0 ? bytes_of_text(NOTHING) : text);
}

static void put_url(struct nrii_cell *cell)
{
    nrii_cell_whole(cell, text_of(cell));
}

static void put_contact(struct nrii_cell *cell)
{
    nrii_cell_text(cell, cell->source->contact.name);
}

static void put_phone(struct nrii_cell *cell)
{
    nrii_cell_whole(cell, cell->source->contact.phone);
}

static void put_email(struct nrii_cell *cell)
{
    nrii_cell_whole(cell, cell->source->contact.email);
}

/* Keys whose value is not the attribute's text or word as it is. */
static const struct {
    const char *key;
    void (*put)(struct nrii_cell *cell);
    const char *name_zh; /* where no attribute has one */
} special[] = {
    {"insCode", put_ins_code, "所属单位标识"},
    {"ename", put_or_nothing, NULL},
    {"instrBelongsType", put_carrier_type, NULL},
    {"instrBelongsName", put_carrier_id, NULL},
    {"resourceName", put_carrier_name, NULL},
    {"instrCategory", put_class, NULL},
    {"worth", put_worth, NULL},
    {"nation", put_nation, NULL},
    {"subject", put_subjects, NULL},
    {"achievement", put_or_nothing, NULL},
    {"serviceUrl", put_url, NULL},
    {"funds", put_funds, NULL},
    {"runMachine", put_hours, NULL},
    {"serviceMachine", put_hours, NULL},
    {"status", put_status, NULL},
    {"province", put_province, "安放省"},
    {"city", put_city, "安放市"},
    {"county", put_county, "安放区县"},
    {"contact", put_contact, NULL},
    {"phone", put_phone, NULL},
    {"email", put_email, NULL},
};
enum { SPECIALS = sizeof(special) / sizeof(special[0]) };

static size_t special_of(const char *key)
{
    size_t i = 0;
    while (i < SPECIALS && strcmp(special[i].key, key) != 0) {
        i++;
    }
    return i;
}

static const struct attribute *attribute_of(const struct nrii_key *key)
{
    return key->attribute == NULL
               ? NULL
               : attribute_find(kind_of_all(), bytes_of_text(key->attribute));
}

static void put_cell(struct nrii_cell *cell)
{
    size_t at = special_of(cell->key->key);
    if (at < SPECIALS) {
        special[at].put(cell);
    } else if (cell->attribute->form == ATTRIBUTE_WORD) {
        put_choice(cell, number_of(cell));
    } else {
        HL_ASSERT(cell->attribute->form == ATTRIBUTE_TEXT);
        nrii_cell_text(cell, text_of(cell));
    }
}

void nrii_row_put(const struct nrii_source *source, struct writer *out,
                  struct nrii_row *row)
{
    const struct instrument *of = source->instrument;
    struct nrii_cell cell = {
        .source = source,
        .place = division_find(of->division_revision, of->division),
        .out = out,
        .row = row,
    };
    *row = (struct nrii_row){0};
    HL_ASSERT(nrii_equipment_count <= 64);
    writer_u8(out, '{');
    for (size_t i = 0; i < nrii_equipment_count; i++) {
        cell.key = &nrii_equipment[i];
        cell.attribute = attribute_of(cell.key);
        cell.bit = UINT64_C(1) << i;
        writer_format(out, "\"%s\": ", cell.key->key);
        put_cell(&cell);
        writer_text(out, ", ");
    }
    writer_text(out, "\"auditStatus\": -1}");
}

const char *nrii_key_zh(size_t at)
{
    const struct nrii_key *key = &nrii_equipment[at];
    const struct attribute *attribute = attribute_of(key);
    size_t place = special_of(key->key);
    if (attribute != NULL) {
        return attribute->name_zh;
    }
    HL_ASSERT(place < SPECIALS);
    return special[place].name_zh;
}

const struct nrii_form nrii_form_equipment = {"4", nrii_equipment,
                                              NRII_EQUIPMENT_KEYS, nrii_key_zh};
