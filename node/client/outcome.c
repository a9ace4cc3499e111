/* SPDX-License-Identifier: Apache-2.0 */
#include "node/client/outcome.h"

#include <stdbool.h>
#include <string.h>

/* For statuses that no error of ours was named with: from the core itself, or
 * from something between us and the node. By the code. */
static const hl_err nearest[] = {
    /* Not by us, who would not be here: a server of the core cancels the calls
     * that reach it in the moment in which it shuts down. */
    [GRPC_STATUS_CANCELLED] = HL_ECONNECT,
    [GRPC_STATUS_UNKNOWN] = HL_EMALFORMED,
    [GRPC_STATUS_INVALID_ARGUMENT] = HL_EMALFORMED,
    [GRPC_STATUS_DEADLINE_EXCEEDED] = HL_EDEADLINE,
    [GRPC_STATUS_NOT_FOUND] = HL_ENOTFOUND,
    [GRPC_STATUS_ALREADY_EXISTS] = HL_EEXISTS,
    [GRPC_STATUS_PERMISSION_DENIED] = HL_EDENIED,
    [GRPC_STATUS_RESOURCE_EXHAUSTED] = HL_ELIMIT,
    [GRPC_STATUS_FAILED_PRECONDITION] = HL_EUNSUPPORTED,
    [GRPC_STATUS_ABORTED] = HL_EBUSY,
    [GRPC_STATUS_OUT_OF_RANGE] = HL_EMALFORMED,
    [GRPC_STATUS_UNIMPLEMENTED] = HL_EUNSUPPORTED,
    [GRPC_STATUS_INTERNAL] = HL_EMALFORMED,
    [GRPC_STATUS_UNAVAILABLE] = HL_ECONNECT,
    [GRPC_STATUS_DATA_LOSS] = HL_EDAMAGED,
    [GRPC_STATUS_UNAUTHENTICATED] = HL_ENOCERT,
};

void outcome_init(struct outcome *outcome)
{
    grpc_metadata_array_init(&outcome->trailing);
    outcome->code = GRPC_STATUS_UNKNOWN;
    outcome->details = grpc_empty_slice();
}

void outcome_fini(struct outcome *outcome)
{
    grpc_metadata_array_destroy(&outcome->trailing);
    grpc_slice_unref(outcome->details);
}

grpc_op outcome_receive(struct outcome *outcome)
{
    grpc_op op = {.op = GRPC_OP_RECV_STATUS_ON_CLIENT};
    op.data.recv_status_on_client.trailing_metadata = &outcome->trailing;
    op.data.recv_status_on_client.status = &outcome->code;
    op.data.recv_status_on_client.status_details = &outcome->details;
    return op;
}

/* HL_OK where the node named none, or one that we do not know. */
static hl_err named_error(const struct outcome *outcome)
{
    for (size_t i = 0; i < outcome->trailing.count; i++) {
        const grpc_metadata *item = &outcome->trailing.metadata[i];
        if (grpc_slice_str_cmp(item->key, "heluo-error") != 0) {
            continue;
        }
        for (int err = HL_OK + 1; err < HL_ERR_COUNT; err++) {
            if (grpc_slice_str_cmp(item->value, hl_err_name((hl_err)err)) ==
                0) {
                return (hl_err)err;
            }
        }
    }
    return HL_OK;
}

bool outcome_is_named(const struct outcome *outcome)
{
    return named_error(outcome) != HL_OK;
}

static struct bytes without(struct bytes text, const char *start)
{
    size_t size = strlen(start);
    bool begins = text.size > size && memcmp(text.data, start, size) == 0;
    return begins ? bytes_slice(text, size, text.size - size) : text;
}

/* Texts of the core are long and repeat themselves; what it was in the end
 * stands behind the last "last error: ", after the target once more. */
static struct bytes core_reason(struct bytes text, const char *target)
{
    static const char mark[] = "last error: ";
    size_t size = sizeof(mark) - 1;
    for (size_t at = text.size; at-- > 0;) {
        if (text.size - at > size && memcmp(text.data + at, mark, size) == 0) {
            text = bytes_slice(text, at + size, text.size - at - size);
            break;
        }
    }
    text = without(without(text, "UNKNOWN: "), target);
    return without(text, ": ");
}

static hl_err not_reached(struct bytes text, const struct channel *channel,
                          struct hl_detail *detail)
{
    struct bytes reason = core_reason(text, channel->target);
    if (channel->spiffe == NULL) {
        return hl_fail(detail, HL_ECONNECT,
                       "%s: %.*s. Is heluod running ('systemctl status "
                       "heluod')? May you use the socket (its group)?",
                       channel->target, BYTES_ARGS(reason));
    }
    return hl_fail(detail, HL_ECONNECT,
                   "%s: %.*s. Is it %s that listens there? Are both "
                   "certificates of the alliance and in date ('heluo ca "
                   "check')?",
                   channel->target, BYTES_ARGS(reason), channel->spiffe);
}

hl_err outcome_error(const struct outcome *outcome,
                     const struct channel *channel, struct hl_detail *detail)
{
    if (outcome->code == GRPC_STATUS_OK) {
        return HL_OK;
    }
    struct bytes text = bytes_of(GRPC_SLICE_START_PTR(outcome->details),
                                 GRPC_SLICE_LENGTH(outcome->details));
    hl_err named = named_error(outcome);
    if (named != HL_OK) {
        return hl_fail(detail, named, "%.*s", BYTES_ARGS(text));
    }
    size_t code = (size_t)outcome->code;
    hl_err err = code < sizeof(nearest) / sizeof(nearest[0]) ? nearest[code]
                                                             : HL_EMALFORMED;
    if (err == HL_ECONNECT) {
        return not_reached(text, channel, detail);
    }
    if (err == HL_EDEADLINE) {
        return hl_fail(detail, err, "%s gave no answer in time",
                       channel->target);
    }
    return hl_fail(detail, err, "%s answered with gRPC status %zu: %.*s",
                   channel->target, code, BYTES_ARGS(text));
}
