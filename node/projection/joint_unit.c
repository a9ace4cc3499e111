/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "node/catalogue/unit.h"
#include "node/projection/joint.h"

/* Names of homes that one text lists; it has a bound. */
enum { HOMES_NAMED_MAX = 3 };

static size_t count_active(const struct joint_members *members)
{
    size_t active = 0;
    for (size_t i = 0; i < members->count; i++) {
        active += members->items[i].row.retired ? 0 : 1;
    }
    return active;
}

/* The other active homes, in the order of their names. */
static void write_others(const struct joint_members *members, size_t self,
                         struct writer *out)
{
    size_t named = 0;
    for (size_t i = 0; i < members->count; i++) {
        const struct joint_member *member = &members->items[i];
        if (i == self || member->row.retired) {
            continue;
        }
        if (named == HOMES_NAMED_MAX) {
            writer_text(out, ", ...");
            break;
        }
        writer_format(out, "%s%.*s", named == 0 ? "" : ", ",
                      BYTES_ARGS(member->origin));
        named++;
    }
    writer_u8(out, 0);
}

static void report(const struct joint_members *members, size_t self,
                   struct joint_findings *findings)
{
    const struct joint_member *member = &members->items[self];
    struct unit unit;
    record_decode(&unit_record, member->row.record, &unit);
    char subject[256];
    snprintf(subject, sizeof(subject), "%.*s %.*s", BYTES_ARGS(unit.scheme),
             BYTES_ARGS(unit.id));
    struct writer others = {0};
    struct writer en = {0};
    struct writer zh = {0};
    write_others(members, self, &others);
    writer_format(&en,
                  "unit %s is active here and in %s: all homes but one should "
                  "retire it",
                  subject, (const char *)others.data);
    writer_format(&zh, "管理单位 %s 在本日志和 %s 中同时有效：应只保留一处",
                  subject, (const char *)others.data);
    writer_u8(&en, 0);
    writer_u8(&zh, 0);
    struct finding_text text = {
        .index = member->row.index,
        .subject = subject,
        .en = (const char *)en.data,
        .zh = (const char *)zh.data,
    };
    joint_report(findings, member, FINDING_UNIT_IN_TWO_HOMES, &text);
    writer_fini(&zh);
    writer_fini(&en);
    writer_fini(&others);
}

hl_err joint_judge_unit(const struct joint_case *of, struct hl_detail *detail)
{
    (void)detail;
    const struct joint_members *members = of->members;
    if (count_active(members) < 2) {
        return HL_OK;
    }
    for (size_t i = 0; i < members->count; i++) {
        if (!members->items[i].row.retired) {
            report(members, i, of->findings);
        }
    }
    return HL_OK;
}
