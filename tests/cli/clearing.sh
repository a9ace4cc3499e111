#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `heluo clearing`: what is no name of a transfer is nobody's payment.

. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/fake.sh"

node 6 good
for name in zhengzhou zhengzhou/12 zhengzhou/12/ zhengzhou//0 /12/0 \
    zhengzhou/12/x zhengzhou/12/0x zhengzhou/12/-1 zhengzhou/12/4294967296 \
    zhengzhou/x12/0 zhengzhou/12x/0 zhengzhou/-12/0 zhengzhou/012/0 \
    zhengzhou/12/13/0 zhengzhou/9223372036854775808/0 'zheng zhou/12/0'; do
    expect HL_EUSAGE 'as zhengzhou/12/0' clearing sent "$name" --reference 1
    expect HL_EUSAGE 'as zhengzhou/12/0' clearing received "$name"
    expect HL_EUSAGE 'as zhengzhou/12/0' clearing explain "$name"
done

done_testing
