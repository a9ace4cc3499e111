/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_series.h"

#include <stdio.h>
#include <stdlib.h>

#include "protocol/base/hl_assert.h"

void series_add(struct series *series, double value)
{
    HL_ASSERT(series->count < ROUNDS_MAX);
    series->values[series->count++] = value;
}

double series_last(const struct series *series)
{
    HL_ASSERT(series->count > 0);
    return series->values[series->count - 1];
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

double series_median(const struct series *series)
{
    struct series sorted = *series;
    qsort(sorted.values, sorted.count, sizeof(sorted.values[0]), compare);
    return sorted.values[sorted.count / 2];
}

double series_ratio(const struct series *over, const struct series *under)
{
    struct series ratios = {0};
    HL_ASSERT(over->count == under->count);
    for (size_t i = 0; i < over->count; i++) {
        series_add(&ratios, over->values[i] / under->values[i]);
    }
    return series_median(&ratios);
}

void series_print_rate(const struct series *series)
{
    if (series->count == 0) {
        printf("  %8s", "-");
    } else {
        printf("  %8.0f", series_median(series));
    }
}

void series_print_ratio(const struct series *over, const struct series *under)
{
    if (under->count == 0) {
        printf("  %8s", "-");
    } else {
        printf("  %8.2f", series_ratio(over, under));
    }
}
