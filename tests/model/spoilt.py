# SPDX-License-Identifier: Apache-2.0
"""Models of which one rule is wrong. What happened to nodes must differ from
each of them: else the comparison would not see that rule broken by a node."""

import datetime

import model
from model import Model, Order, Scheme, Voucher, at_most
