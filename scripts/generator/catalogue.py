# SPDX-License-Identifier: Apache-2.0
"""One catalogue: its size, its files, and its figures."""

from . import dirt
from .draws import Draws, shared_out
from .instruments import AT, COLUMNS, QUOTA_TENTHS, Instruments
from .offers import DEMAND_COLUMNS, SERVICE_COLUMNS, demand_row, service_row
from .output import Table
from .tables import Divisions, profiles, subjects
from .units import UNIT_COLUMNS, make_firms, make_units

# Published figures (Zhengzhou: 5,033 instruments of 144 units, of which 2,579 at
# universities and 1,570 at institutes, 4 billion yuan; the Yangtze delta), and
# for others sizes of the same kind. Divisions, units, instruments, mean worth in
# yuan.
YANGTZE = ("310000", "320000", "330000", "340000")
CITIES = {
    "zhengzhou": (("410100",), 144, 5033, 795_000),
    "luoyang": (("410300",), 48, 1180, 720_000),
    "shandong": (("370000",), 90, 2400, 850_000),
    "yangtze": (YANGTZE, 2429, 46000, 1_210_000),
}
SHARES = (2579, 1570, 884)  # universities, institutes, elsewhere
UNIT_SHARES = (42, 46, 56)

NOTICE = """Everything in these files is made up by scripts/generate but the names
of universities, divisions, classes, makers and models. No university has the
instruments or the code that are stated here. Persons, telephone numbers and
mailboxes are nobody's.

Models of mass spectrometers: HUPO-PSI/psi-ms-CV, psi-ms.obo 4.1.257, CC BY 4.0
(https://creativecommons.org/licenses/by/4.0/), changed: model and vendor alone,
sorted by class. Other sources: SOURCES.md of scripts/generator/data and of
node/catalogue/data.
"""


class Catalogue:
    def __init__(self, options):
        self.options = options
        self.draws = lambda purpose: Draws(options.seed, purpose)
        self.divisions = Divisions()
        self.profiles = profiles()
        kinds = self._kinds(options.units)
        self.totals = self._totals(kinds, options.instruments)
        self.units, self.sizes = make_units(
            self.divisions,
            options.divisions,
            kinds,
            self.totals,
            self.draws("units"),
        )
        self.instruments = Instruments(
            self.units,
            self.sizes,
            self.profiles,
            subjects(),
            options.mean_worth,
            self.draws,
        )
        self.firms = make_firms(
            self.divisions,
            options.divisions,
            max(1, options.demands // 3) if options.demands else 0,
            self.draws("firms"),
        )
        self.dirt = dirt.Dirt(
            options.dirt,
            options.dirt_share,
            self.instruments,
            self.divisions,
            self.draws("dirt"),
        )
        self.service_draws = self.draws("services")
        self.demand_draws = self.draws("demands")
        self.runs = []  # quota, hours, hours outside, imported, customs

    @staticmethod
    def _kinds(units):
        if units < 3:
            return (units, 0, 0)
        return shared_out(units, UNIT_SHARES, 1)

    @staticmethod
    def _totals(kinds, instruments):
        """Of each kind in proportion, and at least one for each unit."""
        weights = [s if count else 0 for s, count in zip(SHARES, kinds)]
        totals = shared_out(instruments, weights)
        if any(total < count for total, count in zip(totals, kinds)):
            return shared_out(instruments, kinds)
        return totals

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "NOTICE.txt").write_text(NOTICE, encoding="utf-8")
        self._write_plain(folder, "units", UNIT_COLUMNS, self.units)
        if self.firms:
            self._write_plain(folder, "firms", UNIT_COLUMNS, self.firms)
        with (
            self._table(folder, "services", SERVICE_COLUMNS) as services,
            self._table(folder, "demands", DEMAND_COLUMNS) as demands,
        ):
            for number, row in self._instruments(folder):
                self._offer(services, demands, number, row)

    def _table(self, folder, name, columns):
        options = self.options
        return Table(folder, name, columns, options.format, options.encoding)

    def _write_plain(self, folder, name, columns, units):
        with self._table(folder, name, columns) as table:
            for unit in units:
                table.add(unit.row())

    def _instruments(self, folder):
        """Writes the instruments, and yields each as it was before its dirt."""
        log = Table(folder, "dirt", dirt.COLUMNS, "tsv", "utf-8")
        with self._table(folder, "instruments", COLUMNS) as table, log:
            for number in range(len(self.instruments)):
                row = self.instruments.row(number)
                kind = self.dirt.kind_of.get(number)
                if kind is None:
                    table.add(row)
                else:
                    self._add_dirty(table, log, kind, row)
                self._note(row)
                yield number, row
        if not self.options.dirt:
            (folder / "dirt.tsv").unlink()

    def _add_dirty(self, table, log, kind, row):
        change = self.dirt.apply(kind, row)
        identity = [row[AT["统一社会信用代码"]], row[AT["仪器编号"]]]
        if change is None:
            table.add(row)
            table.add(row)
            log.add([str(table.rows), kind, "", *identity, "", ""])
            return
        column, value = change
        dirty = list(row)
        dirty[AT[column]] = value
        table.add(dirty)
        shown = value.replace(dirt.BAD_BYTE, "\\xca")
        was = row[AT[column]]
        log.add([str(table.rows), kind, column, *identity, was, shown])

    def _offer(self, services, demands, number, row):
        """Every n-th instrument has a service item, and is looked for."""
        every = len(self.instruments)
        wanted = self.options.services
        if number * wanted // every != (number + 1) * wanted // every:
            unit = self.units[self.instruments.unit_of[number]]
            services.add(
                service_row(services.rows, unit, row, self.service_draws)
            )
        wanted = self.options.demands
        if number * wanted // every != (number + 1) * wanted // every:
            firm = self.demand_draws.pick(self.firms)
            demands.add(demand_row(demands.rows, firm, row, self.demand_draws))

    def _note(self, row):
        self.runs.append(
            (
                QUOTA_TENTHS[row[AT["仪器类别"]]] / 10,
                float(row[AT["年总运行机时"]]),
                float(row[AT["年对外服务机时"]]),
                row[AT["产地国别"]] != "中国",
                row[AT["是否海关监管"]] == "是",
            )
        )

    def figures(self):
        """Lines for people, of what was written, without its dirt."""
        count = len(self.instruments)
        worths = sorted(self.instruments.hundreds)
        total = sum(worths)
        largest = sorted(self.sizes, reverse=True)
        tenth = max(1, len(largest) // 10)
        run = sum(hours for _, hours, _, _, _ in self.runs)
        outside = sum(hours for _, _, hours, _, _ in self.runs)

        def percent(part, whole=count):
            return f"{100 * part / whole:.1f} %" if whole else "-"

        def using(share):
            return percent(sum(h > share * q for q, h, _, _, _ in self.runs))

        of_kind = "  ".join(
            f"{name} {total} ({percent(total)})"
            for name, total in zip(("高等院校", "科研院所", "其他单位"), self.totals)
        )
        yield f"instruments  {count} of {len(self.units)} units"
        yield f"by unit      {of_kind}"
        yield (
            f"worth        {total / 10**6:.4f} 亿元;"
            f" mean {total / count / 100:.2f},"
            f" median {worths[count // 2] / 100:.2f},"
            f" least {worths[0] / 100:.2f}, most {worths[-1] / 100:.2f} 万元"
        )
        yield (
            f"skew         the largest {tenth} units have"
            f" {percent(sum(largest[:tenth]))}; most {largest[0]},"
            f" median {largest[len(largest) // 2]}, least {largest[-1]}"
        )
        yield (
            f"use          idle {percent(sum(r[1] == 0 for r in self.runs))},"
            f" above half of quota {using(0.5)}, above 80 % {using(0.8)};"
            f" outside {percent(outside, run)} of hours"
        )
        yield (
            f"imported     {percent(sum(r[3] for r in self.runs))}; under"
            f" customs supervision {percent(sum(r[4] for r in self.runs))}"
        )
        kinds = list(self.dirt.kind_of.values())
        if kinds:
            yield "dirt         " + ", ".join(
                f"{kind} {kinds.count(kind)}"
                for kind in dirt.Dirt.KINDS
                if kind in kinds
            )

