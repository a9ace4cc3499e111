/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/xml.h"

#include <expat.h>
#include <stdio.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_limits.h"

/* Between a namespace and a name; a space is in neither. */
#define SEPARATOR ' '
enum { CHUNK_BYTES = 32768, PART_NAME_BYTES = 64 };

struct xml {
    XML_Parser parser;
    struct part *part;
    const struct xml_handlers *handlers;
    void *context;
    char name[PART_NAME_BYTES];
    unsigned depth;
    uint64_t fed;
    bool paused;
    bool ended;
    hl_err err; /* of a handler */
    struct hl_detail detail;
};

static const char *local_name(const char *name)
{
    const char *space = strrchr(name, SEPARATOR);
    return space == NULL ? name : space + 1;
}

void xml_fail(struct xml *xml, hl_err err, const char *why)
{
    if (xml->err != HL_OK) {
        return;
    }
    xml->err =
        hl_fail(&xml->detail, err, "%s, line %lu: %s", xml->name,
                (unsigned long)XML_GetCurrentLineNumber(xml->parser), why);
    (void)XML_StopParser(xml->parser, XML_FALSE);
}

void xml_pause(struct xml *xml)
{
    if (xml->err == HL_OK && !xml->paused) {
        xml->paused = true;
        (void)XML_StopParser(xml->parser, XML_TRUE);
    }
}

const char *xml_attribute(const char **attributes, const char *name)
{
    for (size_t i = 0; attributes[i] != NULL; i += 2) {
        if (strcmp(local_name(attributes[i]), name) == 0) {
            return attributes[i + 1];
        }
    }
    return NULL;
}

unsigned xml_depth(const struct xml *xml)
{
    return xml->depth;
}

static void XMLCALL on_start(void *context, const char *name,
                             const char **attributes)
{
    struct xml *xml = context;
    xml->depth++;
    if (xml->depth > HL_TABLE_XML_DEPTH_MAX) {
        xml_fail(xml, HL_ELIMIT, "elements lie too deep");
    } else if (xml->err == HL_OK) {
        xml->handlers->start(xml->context, xml, local_name(name), attributes);
    }
}

/* An empty element's end still comes after a pause or failure in its start. */
static void XMLCALL on_end(void *context, const char *name)
{
    struct xml *xml = context;
    if (xml->err == HL_OK) {
        xml->handlers->end(xml->context, xml, local_name(name));
    }
    xml->depth--;
}

static void XMLCALL on_text(void *context, const char *text, int size)
{
    struct xml *xml = context;
    if (xml->err == HL_OK) {
        xml->handlers->text(xml->context, xml, bytes_of(text, (size_t)size));
    }
}

static void XMLCALL on_doctype(void *context, const char *name,
                               const char *system, const char *public,
                               int has_subset)
{
    (void)name;
    (void)system;
    (void)public;
    (void)has_subset;
    xml_fail(context, HL_EMALFORMED, "it declares a document type");
}

hl_err xml_open(struct package *package, const char *name,
                const struct xml_handlers *handlers, void *context,
                struct xml **out, struct hl_detail *detail)
{
    struct part *part = NULL;
    hl_err err = part_open(package, name, &part, detail);
    if (err != HL_OK) {
        return err;
    }
    struct xml *xml = hl_alloc(1, sizeof(*xml));
    *xml = (struct xml){.part = part,
                        .handlers = handlers,
                        .context = context,
                        .parser = XML_ParserCreateNS(NULL, SEPARATOR)};
    HL_ASSERT(xml->parser != NULL);
    snprintf(xml->name, sizeof(xml->name), "%s", name);
    XML_SetUserData(xml->parser, xml);
    XML_SetElementHandler(xml->parser, on_start, on_end);
    XML_SetCharacterDataHandler(xml->parser, on_text);
    XML_SetStartDoctypeDeclHandler(xml->parser, on_doctype);
    *out = xml;
    return HL_OK;
}

void xml_close(struct xml *xml)
{
    if (xml != NULL) {
        XML_ParserFree(xml->parser);
        part_close(xml->part);
    }
    hl_free(xml);
}

static hl_err fail_parse(struct xml *xml, struct hl_detail *detail)
{
    if (xml->err != HL_OK) {
        if (detail != NULL) {
            *detail = xml->detail;
        }
        return xml->err;
    }
    return hl_fail(detail, HL_EMALFORMED, "%s, line %lu: %s", xml->name,
                   (unsigned long)XML_GetCurrentLineNumber(xml->parser),
                   XML_ErrorString(XML_GetErrorCode(xml->parser)));
}

/* One chunk. Expat keeps a tag until it is whole, and reads it again from its
 * front with each chunk: hence the bound. */
static hl_err feed(struct xml *xml, struct hl_detail *detail)
{
    size_t got = 0;
    void *room = XML_GetBuffer(xml->parser, CHUNK_BYTES);
    HL_ASSERT(room != NULL);
    hl_err err = part_read(xml->part, room, CHUNK_BYTES, &got, detail);
    if (err != HL_OK) {
        return err;
    }
    xml->fed += got;
    xml->ended = got == 0;
    if (XML_ParseBuffer(xml->parser, (int)got, xml->ended) ==
        XML_STATUS_ERROR) {
        return fail_parse(xml, detail);
    }
    XML_Index at = XML_GetCurrentByteIndex(xml->parser);
    if (!xml->paused && at >= 0 &&
        xml->fed - (uint64_t)at > HL_TABLE_XML_TOKEN_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "%s: a tag larger than %d bytes",
                       xml->name, HL_TABLE_XML_TOKEN_MAX_BYTES);
    }
    return HL_OK;
}

hl_err xml_run(struct xml *xml, bool *more, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    if (xml->paused) {
        xml->paused = false;
        if (XML_ResumeParser(xml->parser) == XML_STATUS_ERROR) {
            return fail_parse(xml, detail);
        }
    }
    while (err == HL_OK && !xml->paused && !xml->ended) {
        err = feed(xml, detail);
    }
    *more = err == HL_OK && xml->paused;
    return err;
}

hl_err xml_read(struct package *package, const char *name,
                const struct xml_handlers *handlers, void *context,
                struct hl_detail *detail)
{
    struct xml *xml = NULL;
    bool more = false;
    hl_err err = xml_open(package, name, handlers, context, &xml, detail);
    if (err == HL_OK) {
        err = xml_run(xml, &more, detail);
        HL_ASSERT(!more);
    }
    xml_close(xml);
    return err;
}
