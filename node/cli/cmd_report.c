/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo report`: what those above ask of a catalogue. */

#include "node/cli/cmd_report.h"

#include "node/cli/commands.h"

const struct cli_command report_commands[] = {
    {.name = "nrii",
     .summary = "write instruments as the national interface wants them",
     .description =
         "Writes this node's own active instruments as the list (instruList) "
         "of\n"
         "type 4 of the national platform's interface (国家网络管理平台, "
         "单台套\n"
         "科学仪器设备): a JSON array with its keys, byte by byte and in its\n"
         "order, and auditStatus -1 (not submitted) behind them. Texts are cut "
         "to\n"
         "what its form takes, and that is counted; worth is in 万元 with two\n"
         "decimals; subject and funds are one text, with commas. A class that "
         "is\n"
         "none of the others (999999) is sent as 990000, and 待机 and\n"
         "远程服务中, which the form has for facilities alone, as 正常.\n"
         "\n"
         "A row that the form would refuse, because something is missing or "
         "is\n"
         "on none of its lists, is not written; --missing says which and why.\n"
         "Half a telephone number or mailbox is refused, not cut; half a web\n"
         "address is left out. ename, achievement and what an instrument is "
         "part\n"
         "of are 无 where they are empty.\n"
         "\n"
         "insCode is what the platform calls a unit. A unit whose scheme is\n"
         "nrii has it as its id; of others it has to be said.\n"
         "\n"
         "Who answers the phone is known at the home node alone, so this is\n"
         "asked there, by its own people. The file then is PERSONAL DATA: it "
         "is\n"
         "readable by you alone (mode 0600). 'heluo import --mapping nrii' "
         "reads\n"
         "it back.",
     .examples = "heluo report nrii --out nrii.json --missing missing.xlsx\n"
                 "heluo report nrii --out nrii.json --ins-codes codes.csv",
     .options = report_nrii_options,
     .json = true,
     .run = cmd_report_nrii},
    {.name = "quality",
     .summary = "how good and how much used the catalogues of cities are",
     .description =
         "For each city whose journal the node holds, and for all of them:\n"
         "\n"
         "  filled    mandatory keys of the national form that are filled, of\n"
         "            all of them (insCode, the unit's, left out; what the "
         "form\n"
         "            takes as 无 counts as filled); worst: the key that most\n"
         "            lack\n"
         "  codes     classes, divisions, nations and subjects that are on "
         "the\n"
         "            lists this program carries, of those that are stated\n"
         "  unit      instruments whose managing unit has a record\n"
         "  use       hours run in the stated year / the divisor, of the\n"
         "            instruments whose hours are stated\n"
         "  sharing   hours for others / hours run, of the same; 0 where none\n"
         "            ran\n"
         "  > 50 %    instruments with such use, of the same; so > 80 %; "
         "idle:\n"
         "            those that did not run\n"
         "  orders    instruments that a delivered order names, or a service\n"
         "            item that uses them: served within 90 days "
         "(--idle-days);\n"
         "            new: not, but first stated within them; stopped: served\n"
         "            before; never: not served. Idle: the last two, of all. "
         "It\n"
         "            is what vouchers paid for: of other use no journal "
         "tells\n"
         "  changed   instruments whose newest entry is of the last 365 days\n"
         "\n"
         "The divisor is the yearly quota (定额机时) of an instrument's kind,\n"
         "1,400 hours for 通用 (and where no kind is stated) and 800 for "
         "专用.\n"
         "The national survey divides by 1,600 for all: --divisor 1600.\n"
         "\n"
         "Rates are computed in whole numbers and rounded down to a hundredth "
         "of\n"
         "a percent; with --json they are basis points, beside what they were\n"
         "computed of.",
     .examples = "heluo report quality --lang zh\n"
                 "heluo report quality --idle-days 180 --idle idle.xlsx\n"
                 "heluo report quality --divisor 1600 --json",
     .options = report_quality_options,
     .json = true,
     .run = cmd_report_quality},
    {0},
};
