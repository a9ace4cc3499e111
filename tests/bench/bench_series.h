/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_SERIES_H
#define HL_TESTS_BENCH_SERIES_H

/* What is measured in turns, several times: medians, and of ratios the median
 * of those of each turn. */

#include <stddef.h>

enum { ROUNDS_MAX = 99 };

struct series {
    double values[ROUNDS_MAX];
    size_t count;
};

void series_add(struct series *series, double value);
double series_last(const struct series *series);
double series_median(const struct series *series);
/* Both have as many values. */
double series_ratio(const struct series *over, const struct series *under);

/* Behind two spaces, in eight columns; "-" where there are none. */
void series_print_rate(const struct series *series);
void series_print_ratio(const struct series *over, const struct series *under);

#endif
