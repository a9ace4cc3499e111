/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/report/nrii_sample.h"

#include <string.h>

#include "protocol/base/hl_assert.h"

struct instrument sample_instrument(void)
{
    return (struct instrument){
        .of = {.home = TEXT("zhengzhou"),
               .unit_scheme = TEXT("nrii"),
               .unit_id = TEXT("7025826f8aef4c88a27e21d9103c5dc2"),
               .inner_id = TEXT("20190017")},
        .name_zh = TEXT("场发射扫描电镜"),
        .name_en = TEXT("FE-SEM"),
        .class_scheme = TEXT("nrii"),
        .class_code = TEXT("010102"),
        .kind = 1,
        .source = 1,
        .customs_supervised = 1,
        .worth_fen = 285000000,
        .nation = TEXT("日本"),
        .manufacturer = TEXT("日立"),
        .model = TEXT("SU8010"),
        .begin_date = TEXT("2019-03-01"),
        .technical = TEXT("分辨率 1.0 nm\n加速电压 \"30 kV\"\\"),
        .function = TEXT("形貌观察"),
        .subjects = TEXT("430,150"),
        .service_content = TEXT("测试"),
        .achievement = TEXT("论文 12 篇"),
        .requirement = TEXT("网上预约"),
        .fee = TEXT("300 元/样"),
        .service_url = TEXT("https://yq.example.cn/20190017"),
        .funds = 5,
        .hours_year = 2025,
        .run_hours_tenths = 12005,
        .service_hours_tenths = 4000,
        .status = 2,
        .share_mode = 2,
        .division = TEXT("410102"),
        .division_revision = 2023,
        .street = TEXT("示例路 1 号"),
        .department = TEXT("分析测试中心"),
        .carrier_type = 1,
        .carrier_id = TEXT("Z001"),
        .address = TEXT("河南省郑州市示例路 1 号"),
        .postcode = TEXT("450001"),
        .contact = TEXT("张*"),
        .phone = TEXT("139****5678"),
        .email = TEXT("z***@example.cn"),
        .image_url = TEXT("https://yq.example.cn/20190017.jpg"),
    };
}

struct nrii_source sample_source(const struct instrument *instrument)
{
    return (struct nrii_source){
        .instrument = instrument,
        .ins_code = TEXT("7025826f8aef4c88a27e21d9103c5dc2"),
        .contact = {TEXT("张三丰"), TEXT("13912345678"),
                    TEXT("zhangsf@example.cn")},
    };
}

size_t sample_key(const char *key)
{
    size_t i = 0;
    while (i < nrii_equipment_count &&
           strcmp(nrii_equipment[i].key, key) != 0) {
        i++;
    }
    HL_ASSERT(i < nrii_equipment_count);
    return i;
}
