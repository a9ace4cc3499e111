/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_IMPORT_MAPPING_H
#define HL_NODE_IMPORT_MAPPING_H

/* Which column of a file is what. A mapping is itself a table, in any format
 * that tables are read in, so that it can be made in a spreadsheet:
 *
 *   column        heading in the file; empty: see attribute
 *   attribute     Latin or Chinese name of an attribute (heluo KIND put
 *                 --help);
 *                 class_name, province, city, county, which become codes;
 *                 "-": the column is not taken
 *                 without a column: an attribute that all rows have, or a
 *                 setting: @record, @format, @encoding, @sheet, @delimiter,
 *                 @heading
 *   value         without a column: that value, also where a column of the same
 *                 attribute is empty; else what an empty cell means
 *   as            of money: 元, 千元 or 万元; else as the heading says, else 元
 *                 of a date: YMD (if not said), DMY or MDY
 *                 of others: "theirs=ours; theirs=ours"
 *
 * A line whose column begins with '#' says nothing; of a heading that begins
 * with '#' it has two. Columns that no line names are taken by their own
 * heading, if that is known; else the file is refused.
 *
 * One thread. */

#include "node/catalogue/attribute.h"
#include "node/table/table_reader.h"

enum target_kind {
    TARGET_NOTHING,
    TARGET_ATTRIBUTE,
    TARGET_CLASS_NAME,
    TARGET_PROVINCE,
    TARGET_CITY,
    TARGET_COUNTY,
};

enum date_order { DATE_YMD, DATE_DMY, DATE_MDY };

/* What becomes of a column, or of a constant. */
struct target {
    enum target_kind kind;
    const struct attribute *attribute; /* TARGET_ATTRIBUTE */
    uint64_t unit_fen;                 /* of money */
    enum date_order dates;
    char *words;     /* "theirs=ours; ..."; NULL: none */
    char *otherwise; /* an empty cell's value; a constant's. NULL: empty */
};

struct mapping;

/* Of a setting's value; a sheet's name has up to 31 characters. */
enum { MAPPING_SETTING_MAX_BYTES = 127 };

/* Reads the file, or takes one that the program has: "uniquip", "nrii". NULL:
 * none, headings say what they are; then `kind` is what the file holds.
 *
 * HL_ENOTFOUND, HL_EIO, HL_EMALFORMED, HL_ELIMIT  detail has the line */
HL_MUST_USE hl_err mapping_open(const char *name,
                                const struct record_kind *kind,
                                struct mapping **out, struct hl_detail *detail);
/* The same of bytes, as a csv. */
HL_MUST_USE hl_err mapping_open_memory(struct bytes text,
                                       const struct record_kind *kind,
                                       struct mapping **out,
                                       struct hl_detail *detail);
/* One more constant, "NAME=VALUE"; over one of the mapping's own.
 *
 * HL_EMALFORMED */
HL_MUST_USE hl_err mapping_set(struct mapping *mapping, struct bytes text,
                               struct hl_detail *detail);
void mapping_close(struct mapping **mapping);

const struct record_kind *mapping_kind(const struct mapping *mapping);
/* What it says of the file, over which the caller may put his own words. */
struct table_options mapping_options(const struct mapping *mapping);

/* The mapping of one file: targets[i] is that of column i; constants behind.
 * Borrows the mapping. */
struct binding {
    const struct record_kind *kind;
    struct target *targets;
    size_t count;
    struct target *constants;
    size_t constant_count;
    bool rejects;  /* rows that were refused before */
    bool exported; /* all attributes, by their own names, and no mapping */
};

/* HL_EMALFORMED  the file lacks a column that the mapping names, has one that
 *                nothing is known of, or two are the same attribute. */
HL_MUST_USE hl_err mapping_bind(const struct mapping *mapping,
                                const struct table_reader *reader,
                                struct binding *out, struct hl_detail *detail);
void binding_fini(struct binding *binding);

/* By a heading alone: its known names, and a unit in brackets behind it, which
 * must be one that the attribute takes. */
struct target heading_target(const struct record_kind *kind,
                             struct bytes heading, bool *known);

/* The fen of a unit of money, 0: it is none. */
uint64_t money_unit(struct bytes name);
/* Of the one in brackets behind a heading, 0: none stands there. *known is
 * false where something else does. */
uint64_t heading_unit(struct bytes heading, bool *known);

/* Whether it is the attribute of that name. */
bool target_named(const struct target *target, const char *name);
bool target_is_date(const struct target *target);

/* Takes the next "theirs=ours" off the front; ours.data is NULL where there is
 * no '='. False: none is left. */
bool word_next(struct bytes *rest, struct bytes *theirs, struct bytes *ours);

#endif
