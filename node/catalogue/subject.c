/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/subject.h"

#include "node/catalogue/nrii_table.h"

const struct subject *subject_find(struct bytes code)
{
    for (size_t i = 0; i < nrii_subjects_count; i++) {
        if (bytes_equal_text(code, nrii_subjects[i].code)) {
            return &nrii_subjects[i];
        }
    }
    return NULL;
}

const struct subject *subject_find_name(struct bytes name)
{
    struct name_index found = name_index_find(&nrii_subjects_names, name);
    return found.count == 1 ? &nrii_subjects[found.rows[0].row] : NULL;
}
