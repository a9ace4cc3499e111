/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/document.h"

#include <string.h>

#include "node/catalogue/demand.h"
#include "node/catalogue/instrument.h"
#include "node/catalogue/rules.h"
#include "node/catalogue/service_item.h"
#include "node/catalogue/unit.h"
#include "node/search/other_names.h"
#include "node/text/fold.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"

enum {
    PARTS_MAX = 8,
    STATUS_OFTEN_DOWN = 3, /* instrument.proto */
};

/* --- Identity. ----------------------------------------------------------- */

void document_id(const struct record_kind *kind, const void *record,
                 struct bytes origin, struct writer *out)
{
    HL_ASSERT(origin.size <= UINT8_MAX);
    writer_u8(out, (uint8_t)kind->number);
    writer_u8(out, kind->homed ? 0 : (uint8_t)origin.size);
    if (!kind->homed) {
        writer_bytes(out, origin);
    }
    record_key(kind->type, record, out);
}

bool document_read_id(struct bytes id, const struct record_kind **kind,
                      struct bytes *key, struct bytes *origin)
{
    struct reader reader;
    reader_init(&reader, id);
    *kind = record_kind_of_number(reader_u8(&reader));
    *origin = reader_bytes(&reader, reader_u8(&reader));
    *key = reader_bytes(&reader, reader_left(&reader));
    return reader_finish(&reader) == HL_OK && *kind != NULL && key->size > 0 &&
           (*kind)->homed == (origin->size == 0);
}

/* --- Texts. -------------------------------------------------------------- */

/* Texts are appended to one writer, which may move: their places are kept as
 * offsets until all are there. */
struct place {
    size_t from, size;
};

struct texts {
    struct document *document;
    struct place name, alias, maker, prose, unit, unit_name;
    struct place titles[DOCUMENT_TITLES_MAX];
};

struct parts {
    struct bytes items[PARTS_MAX];
    size_t count;
};

static struct place folded(struct texts *texts, const struct parts *parts)
{
    struct writer *out = &texts->document->texts;
    struct place place = {.from = out->size};
    for (size_t i = 0; i < parts->count; i++) {
        size_t before = out->size;
        if (before > place.from) {
            writer_u8(out, ' ');
        }
        size_t size = out->size;
        fold_text(parts->items[i], out);
        if (out->size == size) { /* nothing of it is left */
            writer_shrink(out, size - before);
        }
    }
    place.size = out->size - place.from;
    return place;
}

static struct place folded_one(struct texts *texts, struct bytes text)
{
    return folded(texts, &(struct parts){{text}, 1});
}

static void add_title(struct texts *texts, struct bytes shown)
{
    struct document *document = texts->document;
    struct writer *out = &document->texts;
    struct place place = {.from = out->size};
    fold_compact(shown, out);
    place.size = out->size - place.from;
    if (place.size > 0 && document->title_count < DOCUMENT_TITLES_MAX) {
        texts->titles[document->title_count] = place;
        document->shown[document->title_count++] = shown;
    }
}

static void set_unit(struct texts *texts, struct bytes scheme, struct bytes id)
{
    struct writer *out = &texts->document->texts;
    texts->unit.from = out->size;
    writer_bytes(out, scheme);
    writer_u8(out, ' ');
    writer_bytes(out, id);
    texts->unit.size = out->size - texts->unit.from;
}

/* --- Kinds. -------------------------------------------------------------- */

static void take_unit(struct texts *texts, const struct unit *unit)
{
    struct document *document = texts->document;
    set_unit(texts, unit->scheme, unit->id);
    texts->unit_name =
        folded(texts, &(struct parts){{unit->name_zh, unit->name_en}, 2});
    texts->name = folded_one(texts, unit->name_zh);
    texts->alias = folded(texts, &(struct parts){{unit->name_en, unit->id}, 2});
    add_title(texts, unit->name_zh);
    add_title(texts, unit->name_en);
    add_title(texts, unit->id);
    document->division = unit->division;
    document->division_revision = unit->division_revision;
}

static enum standing standing_of(const struct instrument *instrument)
{
    if (!instrument_can_be_used(instrument)) {
        return STANDING_AWAY;
    }
    return instrument->status == STATUS_OFTEN_DOWN ? STANDING_FAULTY
                                                   : STANDING_USABLE;
}

/* Behind a text that was folded last. */
static void append(struct texts *texts, struct place *place,
                   const struct writer *more)
{
    struct bytes text = writer_view(more);
    if (place->size == 0 && text.size > 0) {
        text = bytes_slice(text, 1, text.size - 1); /* no space before it */
    }
    writer_bytes(&texts->document->texts, text);
    place->size += text.size;
}

static struct bytes at(const struct document *document, struct place place)
{
    return bytes_slice(writer_view(&document->texts), place.from, place.size);
}

/* Of what is of that class, or is named in the text: where an instrument has
 * its maker's. */
static void add_other_names(struct texts *texts, struct bytes scheme,
                            struct bytes code, struct place text)
{
    struct writer others = {0};
    texts->maker.from = texts->document->texts.size;
    other_names_of_instrument(scheme, code, at(texts->document, text), &others);
    append(texts, &texts->maker, &others);
    writer_fini(&others);
}

static void take_instrument(struct texts *texts,
                            const struct instrument *instrument)
{
    struct document *document = texts->document;
    struct writer others = {0};
    texts->name = folded_one(texts, instrument->name_zh);
    texts->alias = folded(
        texts, &(struct parts){{instrument->name_en, instrument->model,
                                instrument->of.inner_id, instrument->cstr},
                               4});
    texts->maker = folded_one(texts, instrument->manufacturer);
    other_names_of_maker(at(document, texts->maker), &others);
    other_names_of_instrument(instrument->class_scheme, instrument->class_code,
                              at(document, texts->name), &others);
    append(texts, &texts->maker, &others);
    writer_fini(&others);
    texts->prose = folded(
        texts,
        &(struct parts){{instrument->function, instrument->technical,
                         instrument->service_content, instrument->subjects,
                         instrument->department, instrument->carrier_name,
                         instrument->achievement},
                        7});
    add_title(texts, instrument->name_zh);
    add_title(texts, instrument->model);
    add_title(texts, instrument->name_en);
    add_title(texts, instrument->of.inner_id);
    add_title(texts, instrument->cstr);
    document->class_scheme = instrument->class_scheme;
    document->class_code = instrument->class_code;
    document->division = instrument->division;
    document->division_revision = instrument->division_revision;
    document->standing = standing_of(instrument);
    document->status = instrument->status;
    document->share_mode = instrument->share_mode;
    document->worth_fen = instrument->worth_fen;
}

static void take_service_item(struct texts *texts,
                              const struct service_item *item)
{
    struct document *document = texts->document;
    texts->name = folded_one(texts, item->name_zh);
    texts->alias =
        folded(texts, &(struct parts){{item->name_en, item->of.inner_id}, 2});
    add_other_names(texts, item->class_scheme, item->class_code, texts->name);
    texts->prose =
        folded(texts, &(struct parts){{item->content, item->standards}, 2});
    add_title(texts, item->name_zh);
    add_title(texts, item->name_en);
    add_title(texts, item->of.inner_id);
    document->class_scheme = item->class_scheme;
    document->class_code = item->class_code;
    document->division = item->division;
    document->division_revision = item->division_revision;
    document->worth_fen = item->price_fen;
}

static void take_demand(struct texts *texts, const struct demand *demand)
{
    struct document *document = texts->document;
    texts->name = folded_one(texts, demand->title);
    texts->alias = folded_one(texts, demand->of.inner_id);
    texts->prose = folded_one(texts, demand->text);
    struct place said =
        folded(texts, &(struct parts){{demand->title, demand->text}, 2});
    add_other_names(texts, demand->class_scheme, demand->class_code, said);
    /* No titles: by those other texts are searched for names. */
    document->class_scheme = demand->class_scheme;
    document->class_code = demand->class_code;
    document->division = demand->division;
    document->division_revision = demand->division_revision;
    document->worth_fen = demand->budget_fen;
}

/* --- Together. ----------------------------------------------------------- */

static void settle(const struct texts *texts)
{
    struct document *document = texts->document;
    document->name = at(document, texts->name);
    document->alias = at(document, texts->alias);
    document->maker = at(document, texts->maker);
    document->prose = at(document, texts->prose);
    document->unit = at(document, texts->unit);
    document->unit_name = at(document, texts->unit_name);
    for (size_t i = 0; i < document->title_count; i++) {
        document->titles[i] = at(document, texts->titles[i]);
    }
}

void document_init(struct document *document, const struct record_kind *kind,
                   const void *record, struct bytes origin)
{
    *document = (struct document){.kind = kind, .origin = origin};
    struct texts texts = {.document = document};
    document_id(kind, record, origin, &document->texts);
    size_t id = document->texts.size;
    if (kind->homed) {
        const struct homed *homed = record;
        set_unit(&texts, homed->unit_scheme, homed->unit_id);
    }
    if (kind->type == &unit_record) {
        take_unit(&texts, record);
    } else if (kind->type == &instrument_record) {
        take_instrument(&texts, record);
    } else if (kind->type == &service_item_record) {
        take_service_item(&texts, record);
    } else {
        HL_ASSERT(kind->type == &demand_record);
        take_demand(&texts, record);
    }
    settle(&texts);
    document->id = bytes_slice(writer_view(&document->texts), 0, id);
}

void document_fini(struct document *document)
{
    writer_fini(&document->texts);
}
