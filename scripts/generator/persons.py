# SPDX-License-Identifier: Apache-2.0
"""Who answers the phone: nobody. Given names say so, numbers are of ranges that
are not given to anybody, and mailboxes end in .example (RFC 2606)."""

from .units import landline, mobile

SURNAMES = (
    "王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 "
    "于 董 萧 程 曹 袁 邓 许 傅 沈 曾 彭 吕 欧阳 司马"
).split()
GIVEN = ("示例", "样例", "范例", "试样", "虚构", "模拟", "测试")


def person(unit, draws):
    number = draws.below(10**8)
    phone = (
        mobile(number) if draws.chance(600) else landline(unit.city, number)
    )
    return [
        draws.pick(SURNAMES) + draws.pick(GIVEN),
        phone,
        f"lab{number % 10000:04d}@{unit.host}",
    ]
