/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_INSTRUMENT_CLASS_H
#define HL_NODE_CATALOGUE_INSTRUMENT_CLASS_H

/* Classes of instruments (大型科学仪器设备分类与代码). A code is always said
 * with the scheme it is from: a second list is in use that gives other meanings
 * to the same digits (there 04 is 天文仪器, here 电子测量仪器; 08 the other way
 * round). This program has the list of scheme "nrii", the national platform's.
 * Codes of other schemes are not looked at, and never taken for nrii's. Pure,
 * any thread. */

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

enum instrument_class_level {
    CLASS_MAJOR = 1,  /* 大类 */
    CLASS_MIDDLE = 2, /* 中类 */
    CLASS_MINOR = 3,  /* 小类 */
};

enum { CLASS_CODE_DIGITS = 6 };

struct instrument_class {
    const char *code; /* six digits */
    const char *name_zh;
    const char *parent; /* its code; "" for a major class */
    enum instrument_class_level level;
};

/* Whether the program has that scheme's list. */
bool instrument_class_scheme_known(struct bytes scheme);

/* NULL: no such code in the list, or no list of that scheme. */
const struct instrument_class *instrument_class_find(struct bytes scheme,
                                                     struct bytes code);

/* The class it lies in; NULL for a major one. */
const struct instrument_class *
instrument_class_parent(const struct instrument_class *of);

/* Classes of one name. The first CLASS_NAMED_MAX of them, ascending by code;
 * count may be more (其他 is the name of 88). */
enum { CLASS_NAMED_MAX = 4 };
struct instrument_class_named {
    const struct instrument_class *items[CLASS_NAMED_MAX];
    size_t count;
};

/* By name, whatever its width, blanks and case (name_key). Count 0: no such
 * name in the list, or no list of that scheme. */
struct instrument_class_named instrument_class_find_name(struct bytes scheme,
                                                         struct bytes name);

/* A class code as people's files have it, in its six digits: narrowed, without
 * blanks, and with the leading zero that spreadsheets drop. Writes
 * CLASS_CODE_DIGITS and a NUL, and whether the zero was missing, which the
 * caller is to report. Only one zero can be missing: no major class begins
 * with two. A healed code is still to be found.
 *
 * HL_EMALFORMED  not five or six digits. */
HL_MUST_USE hl_err instrument_class_heal(struct bytes text,
                                         char code[CLASS_CODE_DIGITS + 1],
                                         bool *healed,
                                         struct hl_detail *detail);

enum instrument_class_verdict {
    CLASS_AGREES,        /* the name is the code's, or of a class it lies in */
    CLASS_NOT_CHECKED,   /* no list of that scheme, or no name was given */
    CLASS_CODE_UNKNOWN,  /* the list does not have the code */
    CLASS_NAME_UNKNOWN,  /* the list has the code, and nowhere the name */
    CLASS_NAME_OF_OTHER, /* both are in the list and do not belong together */
};

struct instrument_class_comparison {
    enum instrument_class_verdict verdict;
    const struct instrument_class *of_code; /* NULL: not in the list */
    /* Of the name. Where it has several, those in the code's middle class, else
     * in its major class, if there are any. */
    struct instrument_class_named of_name;
};

/* Compares a code and a class name that a file states together: one that has
 * taken its codes from another list is found out by its names. */
struct instrument_class_comparison instrument_class_compare(struct bytes scheme,
                                                            struct bytes code,
                                                            struct bytes name);

/* What is wrong, and what the name's code would be, for people: HL_OK for
 * CLASS_AGREES and CLASS_NOT_CHECKED, else
 *
 * HL_ENOTFOUND   the code is not in the list
 * HL_EMALFORMED  the name is nobody's, or another's. */
HL_MUST_USE hl_err instrument_class_explain(
    const struct instrument_class_comparison *comparison, struct bytes code,
    struct bytes name, struct hl_detail *detail);

#endif
