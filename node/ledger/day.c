/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/ledger/scheme.h"

enum {
    SECONDS_OF_DAY = 86400,
    UTC8_SECONDS = 8 * 3600,
    LAST_DAY = 2932896, /* 9999-12-31, since 1970-01-01 */
};

static int64_t day_number(struct hl_wall wall)
{
    int64_t seconds = wall_seconds(wall) + UTC8_SECONDS;
    int64_t day = seconds / SECONDS_OF_DAY;
    return seconds % SECONDS_OF_DAY < 0 ? day - 1 : day;
}

/* The text of a day since 1970-01-01. */
static void format(int64_t number, uint64_t after, char out[DAY_TEXT_BYTES])
{
    number = number < 0 ? 0 : number;
    number = number > LAST_DAY || after > (uint64_t)(LAST_DAY - number)
                 ? LAST_DAY
                 : number + (int64_t)after;
    char text[WALL_TEXT_BYTES];
    wall_format(wall_from_seconds(number * SECONDS_OF_DAY), text);
    memcpy(out, text, DAY_TEXT_BYTES - 1);
    out[DAY_TEXT_BYTES - 1] = '\0';
}

void day_of(struct hl_wall wall, uint64_t after, char out[DAY_TEXT_BYTES])
{
    format(day_number(wall), after, out);
}

void day_time(uint64_t ms, char out[DAY_TIME_BYTES])
{
    const int64_t ahead_ms = (int64_t)UTC8_SECONDS * 1000;
    char text[WALL_TEXT_BYTES];
    int64_t known = ms > (uint64_t)(INT64_MAX - ahead_ms) ? INT64_MAX - ahead_ms
                                                          : (int64_t)ms;
    wall_format((struct hl_wall){known + ahead_ms}, text);
    memcpy(out, text, DAY_TIME_BYTES - 1); /* without the Z */
    out[DAY_TEXT_BYTES - 1] = ' ';
    out[DAY_TIME_BYTES - 1] = '\0';
}

void day_after(struct bytes day, uint64_t after, char out[DAY_TEXT_BYTES])
{
    char text[WALL_TEXT_BYTES] = "0000-00-00T00:00:00Z";
    struct hl_wall wall = {0};
    memcpy(text, day.data, DAY_TEXT_BYTES - 1);
    hl_err err = wall_parse(bytes_of_text(text), &wall);
    (void)err; /* accepted before */
    format(wall_seconds(wall) / SECONDS_OF_DAY, after, out);
}
