/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_XML_H
#define HL_NODE_TABLE_XML_H

/* A part of an xlsx as XML, in a stream, by Expat. No DTD and so no entities
 * but XML's own five; depth and the size of a tag are bounded. Names are
 * local: every prefix and namespace is passed over. Expat stays in xml.c.
 * Inside node/table/ only. One thread. */

#include "node/table/package.h"

struct xml;

struct xml_handlers {
    void (*start)(void *context, struct xml *xml, const char *name,
                  const char **attributes);
    void (*end)(void *context, struct xml *xml, const char *name);
    void (*text)(void *context, struct xml *xml, struct bytes text);
};

/* Errors as part_open(). */
HL_MUST_USE hl_err xml_open(struct package *package, const char *name,
                            const struct xml_handlers *handlers, void *context,
                            struct xml **out, struct hl_detail *detail);
void xml_close(struct xml *xml); /* NULL is fine */

/* Calls handlers until one pauses, or the end; *more is false there.
 *
 * HL_EMALFORMED, HL_ELIMIT, HL_EIO, and what a handler failed with. */
HL_MUST_USE hl_err xml_run(struct xml *xml, bool *more,
                           struct hl_detail *detail);

/* All of a part at once. */
HL_MUST_USE hl_err xml_read(struct package *package, const char *name,
                            const struct xml_handlers *handlers, void *context,
                            struct hl_detail *detail);

/* For handlers. No handler is called after xml_fail(). */
void xml_pause(struct xml *xml);
void xml_fail(struct xml *xml, hl_err err, const char *why);
/* NULL: the element has none of that name. */
const char *xml_attribute(const char **attributes, const char *name);
/* Elements that are open around this one, itself counted. */
unsigned xml_depth(const struct xml *xml);

#endif
