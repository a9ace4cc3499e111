/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo clock`: this node's clock, and an operator's word that it is right. */

#include <stdio.h>
#include <string.h>

#include "heluo/v1/node.pb-c.h"
#include "node/cli/commands.h"
#include "node/cli/connect.h"
#include "protocol/base/hl_time.h"
#include "protocol/base/writer.h"

/* --- show. --------------------------------------------------------------- */

static void print_clock(const struct cli_call *call,
                        const Heluo__V1__NodeStatusResponse *status)
{
    char now[WALL_TEXT_BYTES];
    wall_format((struct hl_wall){.ms = (int64_t)status->now_ms}, now);
    if (call->json) {
        cli_print_json(
            json_pack("{s:s, s:b}", "now", now, "sure", !status->time_unsure));
        return;
    }
    printf("%s  %s\n", now,
           status->time_unsure
               ? "not confirmed 未确认: nothing expires or times out; if it is "
                 "right, heluo clock confirm TIME"
               : "agreed 已确认");
}

static hl_err clock_show(struct cli_call *call)
{
    ProtobufCMessage *answer = NULL;
    Heluo__V1__NodeStatusRequest request = HELUO__V1__NODE_STATUS_REQUEST__INIT;
    hl_err err = node_link_ask_once(
        call, "/heluo.v1.Node/Status", &request.base,
        &heluo__v1__node_status_response__descriptor, &answer);
    if (err == HL_OK) {
        print_clock(call, (const Heluo__V1__NodeStatusResponse *)answer);
    }
    if (answer != NULL) {
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    return err;
}

/* --- confirm. ------------------------------------------------------------ */

/* YYYY-MM-DDTHH:MM in UTC+8, or with seconds and a Z. */
static hl_err read_time(const char *text, struct hl_wall *out,
                        struct hl_detail *detail)
{
    enum { MINUTE_BYTES = 16, UTC8_MS = 8 * 3600 * 1000 };
    struct writer whole = {0};
    bool local = strlen(text) == MINUTE_BYTES;
    writer_text(&whole, text);
    writer_text(&whole, local ? ":00Z" : "");
    hl_err err = wall_parse(writer_view(&whole), out);
    out->ms -= local ? UTC8_MS : 0;
    writer_fini(&whole);
    return err == HL_OK
               ? HL_OK
               : hl_fail(detail, HL_EUSAGE,
                         "TIME: '%s' is none. Write it as a watch in China "
                         "shows it, 2026-09-01T08:30, or in UTC, "
                         "2026-09-01T00:30:00Z",
                         text);
}

static hl_err clock_confirm(struct cli_call *call)
{
    ProtobufCMessage *answer = NULL;
    Heluo__V1__NodeConfirmClockRequest request =
        HELUO__V1__NODE_CONFIRM_CLOCK_REQUEST__INIT;
    struct hl_wall said = {0};
    hl_err err = read_time(call->operands[0], &said, &call->detail);
    request.now_ms = (uint64_t)said.ms;
    if (err == HL_OK) {
        err = node_link_ask_once(
            call, "/heluo.v1.Node/ConfirmClock", &request.base,
            &heluo__v1__node_confirm_clock_response__descriptor, &answer);
    }
    if (err == HL_OK) {
        const Heluo__V1__NodeConfirmClockResponse *confirmed =
            (const Heluo__V1__NodeConfirmClockResponse *)answer;
        char now[WALL_TEXT_BYTES];
        wall_format((struct hl_wall){.ms = (int64_t)confirmed->now_ms}, now);
        if (call->json) {
            cli_print_json(json_pack("{s:s}", "now", now));
        } else {
            printf("%s is taken as right 已确认\n", now);
        }
    }
    if (answer != NULL) {
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    return err;
}

static const struct cli_option clock_options[] = {
    CONNECT_OPTIONS,
    {0},
};

const struct cli_command clock_commands[] = {
    {.name = "show",
     .summary = "the time by this node, and whether it is confirmed",
     .description =
         "Prints the time by the node's machine, and whether the node's last\n"
         "own time, two partners, or an operator agree with it within a day.",
     .options = clock_options,
     .json = true,
     .run = clock_show},
    {.name = "confirm",
     .operands = "TIME",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "say that the clock is right",
     .description =
         "TIME is what another clock shows, a watch's: 2026-09-01T08:30 in\n"
         "UTC+8, or 2026-09-01T00:30:00Z. Where the machine's is within five\n"
         "minutes of it, the node takes its clock as right: what is over by "
         "it\n"
         "ends, and writes that were refused because it jumped go on. Where "
         "it\n"
         "is not: HL_ESTATE, and nothing happens.",
     .examples = "heluo clock confirm 2026-09-01T08:30",
     .options = clock_options,
     .json = true,
     .run = clock_confirm},
    {0},
};
