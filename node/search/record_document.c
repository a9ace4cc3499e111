/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/record_document.h"

#include <string.h>

#include "node/catalogue/rules.h"
#include "node/catalogue/unit.h"

/* The oneof's members are pointers to messages: all lie in one place. False:
 * there is none, or of a kind that this program does not know. */
static bool read_record(const Heluo__V1__RecordView *view,
                        const struct record_kind **kind,
                        union record_room *record)
{
    *kind = view->record == NULL
                ? NULL
                : record_kind_of_number((uint32_t)view->record->record_case);
    if (*kind == NULL) {
        return false;
    }
    const ProtobufCMessage *member;
    memcpy(&member, &view->record->unit, sizeof(member));
    record_from_message((*kind)->type, member, record);
    return true;
}

bool record_document_is_elsewhere(const Heluo__V1__CatalogueChange *change)
{
    const Heluo__V1__RecordView *view = change->record;
    return view->owner[0] != '\0' && strcmp(view->owner, view->origin) != 0;
}

/* Texts of a message end in NUL, and so do the record's, which are those. */
static char *text_of(struct bytes text)
{
    return (char *)(uintptr_t)text.data;
}

void record_document_key(const Heluo__V1__RecordView *view,
                         Heluo__V1__RecordKey *out)
{
    const struct record_kind *kind;
    union record_room record;
    heluo__v1__record_key__init(out);
    if (!read_record(view, &kind, &record)) {
        return;
    }
    out->kind = (Heluo__V1__RecordKind)kind->number;
    if (kind->homed) {
        const struct homed *homed = (const void *)&record;
        out->home = text_of(homed->home);
        out->unit_scheme = text_of(homed->unit_scheme);
        out->unit_id = text_of(homed->unit_id);
        out->inner_id = text_of(homed->inner_id);
    } else {
        const struct unit *unit = (const void *)&record;
        out->unit_scheme = text_of(unit->scheme);
        out->unit_id = text_of(unit->id);
    }
}

hl_err record_document_put(struct search_index *index,
                           const Heluo__V1__RecordView *view,
                           struct hl_detail *detail)
{
    const struct record_kind *kind;
    union record_room record;
    struct document document;
    if (!read_record(view, &kind, &record)) {
        return HL_OK;
    }
    document_init(&document, kind, &record, bytes_of_text(view->origin));
    document.recorded_at_ms = view->recorded_at_ms;
    hl_err err = search_index_put(index, &document, detail);
    document_fini(&document);
    return err;
}

hl_err record_document_remove(struct search_index *index,
                              const Heluo__V1__RecordView *view,
                              struct hl_detail *detail)
{
    const struct record_kind *kind;
    union record_room record;
    struct writer id = {0};
    if (!read_record(view, &kind, &record)) {
        return HL_OK;
    }
    document_id(kind, &record, bytes_of_text(view->origin), &id);
    hl_err err = search_index_remove(index, writer_view(&id), detail);
    writer_fini(&id);
    return err;
}
