/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/hl_time.h"

#include <stdbool.h>
#include <string.h>

static int64_t subtract_saturating(int64_t a, int64_t b)
{
    int64_t difference = 0;
    if (__builtin_sub_overflow(a, b, &difference)) {
        return a < b ? INT64_MIN : INT64_MAX;
    }
    return difference;
}

int64_t mono_since_ns(struct hl_mono later, struct hl_mono earlier)
{
    return subtract_saturating(later.ns, earlier.ns);
}

int64_t wall_since_ms(struct hl_wall later, struct hl_wall earlier)
{
    return subtract_saturating(later.ms, earlier.ms);
}

static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

int64_t wall_seconds(struct hl_wall wall)
{
    return floor_div(wall.ms, 1000);
}

struct hl_wall wall_from_seconds(int64_t seconds)
{
    int64_t ms = 0;
    if (__builtin_mul_overflow(seconds, 1000, &ms)) {
        ms = seconds < 0 ? INT64_MIN : INT64_MAX;
    }
    return (struct hl_wall){.ms = ms};
}

struct date {
    int64_t year, month, day;
};

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const int64_t days[] = {31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 0000-01-01 to the first of January of year, 0 <= year. */
static int64_t days_before_year(int64_t year)
{
    int64_t y = year - 1;
    return year == 0 ? 0 : y * 365 + y / 4 - y / 100 + y / 400 + 366;
}

enum { DAYS_TO_EPOCH = 719528, DAY_SECONDS = 86400 };

static int64_t days_of(struct date date)
{
    int64_t days = days_before_year(date.year) + date.day - 1;
    for (int64_t month = 1; month < date.month; month++) {
        days += days_in_month(date.year, month);
    }
    return days - DAYS_TO_EPOCH;
}

static struct date date_of(int64_t days_since_epoch)
{
    int64_t days = days_since_epoch + DAYS_TO_EPOCH;
    int64_t year = days / 366;
    while (days_before_year(year + 1) <= days) {
        year++;
    }
    days -= days_before_year(year);
    int64_t month = 1;
    while (days >= days_in_month(year, month)) {
        days -= days_in_month(year, month);
        month++;
    }
    return (struct date){.year = year, .month = month, .day = days + 1};
}

/* The last digits of a value that is not negative. */
static void put_digits(char *out, size_t count, int64_t value)
{
    for (size_t i = count; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* Not by printf: days are compared as texts, many times in an entry. */
void wall_format(struct hl_wall wall, char out[WALL_TEXT_BYTES])
{
    const int64_t first = -62167219200, last = 253402300799;
    int64_t seconds = wall_seconds(wall);
    seconds = seconds < first ? first : seconds > last ? last : seconds;
    int64_t days = floor_div(seconds, DAY_SECONDS);
    int64_t rest = seconds - days * DAY_SECONDS;
    struct date date = date_of(days);
    memcpy(out, "0000-00-00T00:00:00Z", WALL_TEXT_BYTES);
    put_digits(out, 4, date.year);
    put_digits(out + 5, 2, date.month);
    put_digits(out + 8, 2, date.day);
    put_digits(out + 11, 2, rest / 3600);
    put_digits(out + 14, 2, rest / 60 % 60);
    put_digits(out + 17, 2, rest % 60);
}

/* The digits of text at [offset, offset + count), or -1. */
static int64_t digits(struct bytes text, size_t offset, size_t count)
{
    int64_t value = 0;
    for (size_t i = offset; i < offset + count; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return -1;
        }
        value = value * 10 + (text.data[i] - '0');
    }
    return value;
}

static bool has_wall_marks(struct bytes text)
{
    return text.size == WALL_TEXT_BYTES - 1 && text.data[4] == '-' &&
           text.data[7] == '-' && text.data[10] == 'T' &&
           text.data[13] == ':' && text.data[16] == ':' && text.data[19] == 'Z';
}

hl_err wall_parse(struct bytes text, struct hl_wall *out)
{
    if (!has_wall_marks(text)) {
        return HL_EMALFORMED;
    }
    struct date date = {digits(text, 0, 4), digits(text, 5, 2),
                        digits(text, 8, 2)};
    int64_t hour = digits(text, 11, 2);
    int64_t minute = digits(text, 14, 2);
    int64_t second = digits(text, 17, 2);
    bool date_ok = date.year >= 0 && date.month >= 1 && date.month <= 12 &&
                   date.day >= 1 &&
                   date.day <= days_in_month(date.year, date.month);
    bool time_ok = hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 &&
                   second >= 0 && second <= 59;
    if (!date_ok || !time_ok) {
        return HL_EMALFORMED;
    }
    *out = wall_from_seconds(days_of(date) * DAY_SECONDS + hour * 3600 +
                             minute * 60 + second);
    return HL_OK;
}
