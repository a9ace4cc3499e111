/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_OTHER_NAMES_H
#define HL_NODE_SEARCH_OTHER_NAMES_H

/* What people also call an instrument or its maker: who types SEM, 扫描电镜 or
 * 扫描电子显微镜 wants the same. Added to the document, so that it costs
 * nothing when somebody asks. Inside this folder; pure. */

#include "protocol/base/bytes.h"
#include "protocol/base/writer.h"

/* Appends, each behind a space, the other names of what is of that class (of
 * scheme nrii; else none) or is called `name` (folded; of several kinds of
 * things, those of all). */
void other_names_of_instrument(struct bytes scheme, struct bytes class_code,
                               struct bytes name, struct writer *out);
/* Of a maker, folded. */
void other_names_of_maker(struct bytes maker, struct writer *out);

/* Bytes of the longest name of an instrument that the text begins with, which
 * is folded and has no spaces; 0: it begins with none. */
size_t other_names_begin(struct bytes text);

/* All that are known, for tests: NULL past the last. */
const char *other_names_nth(size_t index);

#endif
