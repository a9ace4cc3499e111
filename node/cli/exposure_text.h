/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_EXPOSURE_TEXT_H
#define HL_NODE_CLI_EXPOSURE_TEXT_H

/* What a node stands to lose by its partners, in a person's words: money in
 * yuan, Chinese or English. One thread. */

#include "node/cli/status_text.h"
#include "protocol/base/writer.h"

/* Each appends, without a NUL. */

/* "¥5000.00 of ¥10000.00": what may still be spent of allotments. */
void exposure_text_allotted(const Heluo__V1__NodePeer *peer, enum lang lang,
                            struct writer *out);
/* "¥300.00 of ¥1000.00 for 2 orders, ¥100.00 of it accepted", and how many
 * entries were not looked at, if any. */
void exposure_text_unsealed(const Heluo__V1__NodePeer *peer, enum lang lang,
                            struct writer *out);

bool exposure_text_is_any(const Heluo__V1__NodePeer *peer);

/* Of all partners together, with the limits that hold for each of them. */
void exposure_text_all(const Heluo__V1__NodeStatusResponse *status,
                       enum lang lang, struct writer *out);
/* Whether there is anything to tell: one, or a limit. */
bool exposure_text_is_told(const Heluo__V1__NodeStatusResponse *status);

/* The `max` partners by whom most may be lost, or fewer, the most first.
 * Returns how many; *left is of how many others there is any. */
size_t exposure_text_order(const Heluo__V1__NodeStatusResponse *status,
                           size_t max, const Heluo__V1__NodePeer **out,
                           size_t *left);

#endif
