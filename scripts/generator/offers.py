# SPDX-License-Identifier: Apache-2.0
"""Service items of some instruments, and demands of firms."""

import datetime

from .instruments import AT
from .persons import person

SERVICE_COLUMNS = [
    "管理单位",
    "统一社会信用代码",
    "服务编号",
    "服务名称",
    "英文名称",
    "服务类别",
    "所用仪器编号",
    "分类编码",
    "价格(元)",
    "计价单位",
    "价格说明",
    "服务内容",
    "检测依据",
    "报告周期(天)",
    "行政区划代码",
    "服务网址",
    "联系人",
    "电话",
    "邮箱",
]
DEMAND_COLUMNS = [
    "需求单位",
    "统一社会信用代码",
    "需求编号",
    "需求标题",
    "需求描述",
    "分类编码",
    "预算(元)",
    "期望完成日期",
    "行政区划代码",
    "联系人",
    "电话",
    "邮箱",
]
KINDS = ("检测检验",) * 17 + ("技术交易", "科技咨询", "其他")
SAMPLES = (
    "合金 陶瓷粉体 高分子薄膜 锂电池电极 中药提取物 面粉 饮用水 土壤 血清 催化剂 "
    "芯片封装 轴承钢 混凝土 饲料 农产品"
).split()


def service_row(number, unit, instrument, draws):
    name = instrument[AT["仪器名称"]]
    return [
        unit.name,
        unit.uscc,
        f"FW-{number + 1:06d}",
        f"{draws.pick(SAMPLES)}{instrument[AT['服务内容']].split('、')[0]}",
        "",
        draws.pick(KINDS),
        instrument[AT["仪器编号"]],
        instrument[AT["分类编码"]],
        f"{draws.between(5, 400) * 10}.00",
        draws.pick(("样", "次", "小时")),
        "批量样品可协商" if draws.chance(400) else "",
        f"使用{name}，{instrument[AT['服务内容']]}",
        "按委托方指定的现行国家标准或行业标准" if draws.chance(600) else "",
        str(draws.between(1, 30)),
        unit.county,
        f"https://{unit.host}/fw/{number + 1}" if draws.chance(600) else "",
        *person(unit, draws),
    ]


def demand_row(number, firm, instrument, draws):
    sample = draws.pick(SAMPLES)
    service = instrument[AT["服务内容"]]
    days = draws.between(1, 300)
    due = datetime.date(2025, 1, 1) + datetime.timedelta(days)
    budget = draws.between(1, 300) * 500 if draws.chance(700) else 0
    return [
        firm.name,
        firm.uscc,
        f"XQ-{number + 1:06d}",
        f"{sample}的{service.split('、')[0]}",
        f"我单位有{draws.between(1, 200)}个{sample}样品，需要{service}，"
        f"要求{due.month}月底前出具报告，{'须加急' if draws.chance(200) else '可送样'}。",
        instrument[AT["分类编码"]] if draws.chance(600) else "",
        f"{budget}.00" if budget else "",
        due.isoformat() if draws.chance(800) else "",
        firm.county,
        *person(firm, draws),
    ]
