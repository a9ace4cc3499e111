/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/entry/origin.h"

#include <string.h>

#include "protocol/base/hl_limits.h"
#include "protocol/base/text.h"

static bool has_form(struct bytes origin)
{
    const uint8_t *slash =
        origin.size == 0 ? NULL : memchr(origin.data, '/', origin.size);
    if (slash == NULL) {
        return false;
    }
    size_t alliance = (size_t)(slash - origin.data);
    size_t node = alliance + 1;
    return text_is_domain(bytes_slice(origin, 0, alliance)) &&
           text_is_label(bytes_slice(origin, node, origin.size - node));
}

hl_err origin_validate(struct bytes origin, const char *message,
                       uint64_t offset, struct hl_detail *detail)
{
    if (origin.size > HL_NAME_MAX_BYTES) {
        return hl_fail_at(detail, offset, HL_ELIMIT,
                          "%s.origin of %zu bytes is over %d", message,
                          origin.size, HL_NAME_MAX_BYTES);
    }
    if (!has_form(origin)) {
        return hl_fail_at(detail, offset, HL_EMALFORMED,
                          "%s.origin '%.*s' is not <alliance>/<node>", message,
                          BYTES_ARGS(origin));
    }
    return HL_OK;
}

struct bytes origin_node(struct bytes origin)
{
    const uint8_t *slash =
        origin.size == 0 ? NULL : memchr(origin.data, '/', origin.size);
    size_t from =
        slash == NULL ? origin.size : (size_t)(slash - origin.data) + 1;
    return bytes_slice(origin, from, origin.size - from);
}
