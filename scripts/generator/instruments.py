# SPDX-License-Identifier: Apache-2.0
"""Instruments: what each is and costs is drawn first, because the sum is to be
met; their rows are then made one at a time."""

import datetime

from .draws import Weighted, quantile
from .persons import person

COLUMNS = [
    "管理单位",
    "统一社会信用代码",
    "仪器编号",
    "仪器名称",
    "英文名称",
    "分类方案",
    "分类编码",
    "分类名称",
    "仪器类别",
    "仪器来源",
    "是否海关监管",
    "原值(万元)",
    "产地国别",
    "生产制造商",
    "规格型号",
    "启用日期",
    "主要技术指标",
    "主要功能",
    "主要学科领域",
    "服务内容",
    "典型成果",
    "对外开放共享规定",
    "参考收费标准",
    "预约服务网址",
    "主要购置经费来源",
    "机时年度",
    "年总运行机时",
    "年对外服务机时",
    "运行状态",
    "共享模式",
    "行政区划代码",
    "安放省",
    "安放市",
    "安放区县",
    "安放街道",
    "所属单位内部门",
    "隶属资源载体类型",
    "隶属资源载体编号",
    "隶属资源载体名称",
    "通讯地址",
    "邮政编码",
    "联系人",
    "电话",
    "邮箱",
    "图片",
    "科技资源标识",
]
AT = {name: at for at, name in enumerate(COLUMNS)}

LEAST = 3000  # 300,000 yuan, in hundreds: the threshold of "large"
YEAR = 2024  # of the hours; the newest instruments are of its summer
QUOTA_TENTHS = {"通用": 14000, "专用": 8000}

# What an instrument costs beside its class's price.
WORTH = (
    (0.0, 0.02),
    (0.30, 0.20),
    (0.60, 0.50),
    (0.85, 1.20),
    (0.95, 2.20),
    (0.99, 4.00),
    (1.0, 9.00),
)
# Hours by quota. Shanghai's bases: 85.4 % above 0.5, 61.6 % above 0.8;
# Zhejiang: 1,200 of 16,000 idle.
IDLE = 0.075
USE = ((0.0, 0.02), (0.146, 0.50), (0.384, 0.80), (1.0, 1.45))
OUTSIDE = ((0.0, 0.02), (0.50, 0.25), (0.90, 0.60), (1.0, 0.95))

STATUS = Weighted(
    ("正常", "偶有故障", "故障频繁", "待修", "待报废", "待机", "远程服务中"),
    (880, 55, 10, 20, 10, 20, 5),
)
SOURCE = Weighted(("购置", "研制", "赠送", "其他"), (940, 35, 15, 10))
FUNDS = Weighted(
    (
        "中央财政资金",
        "地方财政资金",
        "单位自有资金",
        "其他资金",
        "中央财政资金,地方财政资金",
        "地方财政资金,单位自有资金",
    ),
    (300, 330, 200, 40, 80, 50),
)
FUNDS_ENTERPRISE = Weighted(
    ("单位自有资金", "地方财政资金,单位自有资金", "其他资金"), (800, 150, 50)
)
CARRIERS = Weighted(
    ("无", "科学仪器中心", "重大科研基础设施", "国家重点实验室", "国家工程技术研究中心", "生物种质资源库馆"),
    (860, 50, 10, 50, 25, 5),
)
DEPARTMENTS = {
    "高等院校": "分析测试中心 材料科学与工程学院 化学学院 物理学院 生命科学学院 机械工程学院 "
    "电子信息学院 药学院 农学院 地球科学学院 环境学院".split(),
    "医疗机构": "检验科 影像科 转化医学中心 病理科".split(),
    "企业": "技术中心 检测中心 研发部 质量部".split(),
}
DEPARTMENTS_ELSEWHERE = "公共实验平台 检测中心 第一研究室 第二研究室 中试基地".split()
RULES = (
    "面向社会开放，预约后使用，使用前须接受培训",
    "校内外用户网上预约，送样测试；危险样品须提前说明",
    "由专职实验人员操作，用户不得自行上机",
    "按单位大型仪器开放共享管理办法执行",
)
PER = ("样", "小时", "次", "机时")
# Shares of a year's purchases since 2003, rising.
BOUGHT = Weighted(range(2003, YEAR + 1), range(3, YEAR - 2003 + 4))


class Instruments:
    """All instruments of some units, as far as they depend on each other."""

    def __init__(
        self, units, sizes, profiles, subjects, mean_worth, seed_draws
    ):
        self.units = units
        self.subjects = subjects
        self.unit_of = [
            at for at, size in enumerate(sizes) for _ in range(size)
        ]
        draws = seed_draws("classes")
        pool = Weighted(profiles, [profile.weight for profile in profiles])
        self.profile_of = [pool.pick(draws) for _ in self.unit_of]
        self.hundreds = self._worths(mean_worth, seed_draws("worths"))
        self.draws = seed_draws("instruments")

    def _worths(self, mean, draws):
        """In hundreds of yuan: two decimals of 万元. Their sum is the mean's."""
        raw = [
            1 + int(1000 * profile.price * quantile(WORTH, draws.unit()))
            for profile in self.profile_of
        ]
        total = len(raw) * mean // 100
        above = total - LEAST * len(raw)
        whole = sum(raw)
        out = [LEAST + above * one // whole for one in raw]
        out[raw.index(max(raw))] += total - sum(out)
        return out

    def __len__(self):
        return len(self.unit_of)

    def row(self, number):
        """The columns of instrument `number`; to be called once for each,
        ascending."""
        unit = self.units[self.unit_of[number]]
        profile = self.profile_of[number]
        draws = self.draws
        models = profile.domestic if draws.chance(180) else profile.models
        vendor, nation, model, name = draws.pick(models)
        kind = "通用" if draws.chance(760) else "专用"
        begin = self._begin(draws)
        status = STATUS.pick(draws)
        run, service = self._hours(draws, kind, status)
        hundreds = self.hundreds[number]
        inner_id = self._inner_id(number, begin, draws)
        carrier = CARRIERS.pick(draws)
        has_carrier = carrier != "无"
        road = draws.between(1, 120)
        street = f"示例路{road}号"
        province, city, county = unit.places
        funds = FUNDS_ENTERPRISE if unit.kind == "企业" else FUNDS
        customs = (
            nation != "中国"
            and unit.kind in ("高等院校", "科研院所")
            and begin.year > YEAR - 5
            and draws.chance(450)
        )
        return [
            unit.name,
            unit.uscc,
            inner_id,
            name or draws.pick(profile.names),
            profile.name_en,
            "nrii",
            profile.code,
            profile.class_name,
            kind,
            SOURCE.pick(draws),
            "是" if customs else "否",
            f"{hundreds // 100}.{hundreds % 100:02d}",
            nation,
            vendor,
            model,
            begin.isoformat(),
            profile.technical.fill(draws),
            profile.function,
            self._subjects(profile, draws),
            profile.service,
            self._achievement(draws),
            draws.pick(RULES),
            self._fee(hundreds, draws),
            f"https://{unit.host}/yq/{inner_id}" if draws.chance(700) else "",
            funds.pick(draws),
            str(YEAR),
            f"{run // 10}.{run % 10}",
            f"{service // 10}.{service % 10}",
            status,
            self._share_mode(service, draws),
            unit.county,
            province,
            city,
            county,
            street,
            draws.pick(DEPARTMENTS.get(unit.kind, DEPARTMENTS_ELSEWHERE)),
            carrier,
            f"Z{road:03d}" if carrier in ("科学仪器中心", "重大科研基础设施") else "",
            f"示例{profile.class_name}{carrier}" if has_carrier else "",
            f"{province}{'' if city == province else city}{county}{street}",
            f"{unit.county[:2]}0{int(unit.county[2:4]) % 100:02d}0",
            *person(unit, draws),
            "",
            f"CSTR:00000.02.{unit.host[:-8]}.{inner_id}"
            if draws.chance(30)
            else "",
        ]

    @staticmethod
    def _begin(draws):
        year = BOUGHT.pick(draws)
        days = 180 if year == YEAR else 365
        return datetime.date(year, 1, 1) + datetime.timedelta(draws.below(days))

    @staticmethod
    def _hours(draws, kind, status):
        share = draws.unit()
        if share < IDLE or status == "待报废":
            return 0, 0
        run = int(QUOTA_TENTHS[kind] * quantile(USE, share))
        if draws.chance(250):
            return run, 0
        return run, int(run * quantile(OUTSIDE, draws.unit()))

    def _inner_id(self, number, begin, draws):
        """As the unit numbers its own; `number` makes it unique."""
        form = self.unit_of[number] % 3
        if form == 0:
            return f"{begin.year}{number + 1:06d}"
        if form == 1:
            return f"YQ-{number + 1:06d}"
        return f"{draws.between(10, 29)}{begin.year}{number + 1:06d}S"

    def _subjects(self, profile, draws):
        count = draws.between(1, min(3, len(profile.subjects)))
        chosen = draws.some(profile.subjects, count)
        return ",".join(self.subjects[code] for code in chosen)

    @staticmethod
    def _achievement(draws):
        if draws.chance(550):
            return ""
        papers, patents = draws.between(1, 60), draws.between(0, 12)
        return f"支撑发表论文{papers}篇，授权发明专利{patents}件"

    @staticmethod
    def _fee(hundreds, draws):
        inside = max(10, hundreds // 400 // 10 * 10) + 10 * draws.below(20)
        per = draws.pick(PER)
        between = "\n" if draws.chance(50) else "；"
        return f"校内：{inside}元/{per}{between}校外：{2 * inside}元/{per}"

    @staticmethod
    def _share_mode(service, draws):
        if service > 0:
            return "外部共享"
        return "内部共享" if draws.chance(800) else "不共享"
