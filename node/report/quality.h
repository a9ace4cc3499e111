/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_REPORT_QUALITY_H
#define HL_NODE_REPORT_QUALITY_H

/* How good a city's catalogue is, and how much its instruments are used, by the
 * hours that it states and by the orders that were delivered. Only
 * counts and sums are kept, so that cities add up; rates are computed of them
 * when they are shown, in whole basis points, rounded down. Pure, any thread.
 *
 * Definitions are those of the national survey: use = hours run in the year /
 * a quota of hours, sharing = hours for others / hours run. */

#include "node/report/nrii_row.h"

enum {
    QUALITY_KEYS_MAX = 64,
    QUALITY_HOURS_GENERAL = 1400, /* 定额机时: 7 h, 5 days, 40 weeks */
    QUALITY_HOURS_SPECIAL = 800,  /* 4 h, 5 days, 40 weeks */
};

/* Of an instrument, by the orders that are known: served lately; not, but
 * stated lately; served before; never served. The last two are idle. */
enum quality_service {
    QUALITY_SERVED,
    QUALITY_NEW,
    QUALITY_STOPPED,
    QUALITY_NEVER,
    QUALITY_SERVICES
};

enum quality_code {
    QUALITY_CLASS,
    QUALITY_DIVISION,
    QUALITY_NATION,
    QUALITY_SUBJECTS,
    QUALITY_CODES
};

struct quality {
    uint64_t units;     /* for the caller, as are the next two */
    uint64_t as_of_ms;  /* up to when its author vouched for it; 0: never */
    uint64_t newest_ms; /* of all its records */
    uint64_t instruments;
    uint64_t unit_known; /* the unit that it names has a record */
    uint64_t missing[QUALITY_KEYS_MAX]; /* by place in nrii_equipment */
    uint64_t stated[QUALITY_CODES], valid[QUALITY_CODES];
    uint64_t worth_fen; /* stays at its end, where the sum is above it */
    uint64_t changed;   /* within a year */

    /* Of those whose hours are stated. */
    uint64_t hours_stated, idle, above_half, above_four_fifths;
    uint64_t quota_tenths, run_tenths, service_tenths;

    uint64_t services[QUALITY_SERVICES];
};

struct quality_options {
    uint64_t divisor_hours; /* of all; 0: the quota of their kind */
    uint64_t now_ms;
    uint64_t idle_ms; /* so far back is lately */
};

struct quality_item {
    const struct instrument *instrument;
    uint64_t changed_at_ms;
    bool unit_known;
    bool stated_lately;       /* for the first time */
    uint64_t served_until_ms; /* the end of the last service; 0: none */
};

enum quality_service quality_service_of(const struct quality_options *options,
                                        const struct quality_item *item);

/* `scratch` is for the caller to keep between calls. */
void quality_add(struct quality *quality, const struct quality_options *options,
                 const struct quality_item *item, struct writer *scratch);

/* Adds a city's figures to those of all; the oldest as_of_ms stays. */
void quality_merge(struct quality *all, const struct quality *city);

/* Mandatory keys of the national form, of all instruments: those filled, of
 * `*of`. insCode is not among them: it is the unit's. */
uint64_t quality_filled(const struct quality *quality, uint64_t *of);
/* The mandatory key that is missing most often. False: none is missing. */
bool quality_worst(const struct quality *quality, size_t *key);
uint64_t quality_idle(const struct quality *quality);
uint64_t quality_valid_codes(const struct quality *quality, uint64_t *of);

/* 10,000 x part / whole; 0 where that is 0. */
uint64_t quality_basis_points(uint64_t part, uint64_t whole);

#endif
