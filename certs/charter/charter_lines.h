/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_CHARTER_CHARTER_LINES_H
#define HL_CERTS_CHARTER_CHARTER_LINES_H

/* Each kind of line of a charter, by its first word. Between charter_parse.c,
 * which walks the lines, and charter_lines.c, which reads them; nobody else's
 * business. */

#include "certs/charter/charter.h"

enum { CHARTER_FIELDS_MAX = 3 + HL_KEEPERS_MAX };

struct charter_parser {
    struct charter *charter;
    struct bytes
        fields[CHARTER_FIELDS_MAX]; /* of the line; the verb is the first */
    size_t field_count;
    uint64_t line;
    bool unknown;         /* the line turned out to say a thing not known */
    size_t unknown_count; /* so far */
    struct hl_detail *detail;
};

/* HL_EMALFORMED with the line's number and a reason. */
hl_err charter_bad_line(struct charter_parser *p, const char *what);

/* Reads one line into the charter: sets p->unknown, and changes nothing, where
 * its kind, or what it names, is not known.
 *
 * HL_EMALFORMED, HL_ELIMIT, HL_EDUPNODE  with the line. */
HL_MUST_USE hl_err charter_read_line(struct charter_parser *p,
                                     struct bytes line);

#endif
