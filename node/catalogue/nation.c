/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/nation.h"

#include "node/catalogue/nrii_table.h"

const struct nation *nation_find(struct bytes name)
{
    struct name_index found = name_index_find(&nrii_nations_names, name);
    return found.count == 1 ? &nrii_nations[found.rows[0].row] : NULL;
}
