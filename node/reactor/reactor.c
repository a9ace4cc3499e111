/* SPDX-License-Identifier: Apache-2.0 */
#include "node/reactor/reactor.h"

#include "node/reactor/home_reactor.h"

/* One for each kind of item. */
static const struct {
    bool (*concerns)(struct bytes name);
    hl_err (*answer)(const struct reactor_view *view, struct bytes name,
                     struct proposal *out, struct hl_detail *detail);
    hl_err (*next)(const struct reactor_view *view, struct writer *position,
                   struct writer *name, bool *found, struct hl_detail *detail);
} reactors[] = {
    {home_reactor_concerns, home_reactor_answer, home_reactor_next},
};

enum { REACTORS = sizeof(reactors) / sizeof(reactors[0]) };

void proposal_clear(struct proposal *proposal)
{
    writer_clear(&proposal->body);
    writer_clear(&proposal->cause_origin);
    proposal->made = false;
    proposal->has_cause = false;
}

void proposal_fini(struct proposal *proposal)
{
    writer_fini(&proposal->body);
    writer_fini(&proposal->cause_origin);
}

bool reactor_concerns(struct bytes name)
{
    bool concerns = false;
    for (size_t i = 0; i < REACTORS; i++) {
        concerns = concerns || reactors[i].concerns(name);
    }
    return concerns;
}

hl_err reactor_answer(const struct reactor_view *view, struct bytes name,
                      struct proposal *out, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    proposal_clear(out);
    for (size_t i = 0; i < REACTORS && err == HL_OK && !out->made; i++) {
        if (reactors[i].concerns(name)) {
            err = reactors[i].answer(view, name, out, detail);
        }
    }
    return err;
}

/* A position is the reactor's number and then its own. */
hl_err reactor_next(const struct reactor_view *view, struct writer *position,
                    struct writer *name, bool *found, struct hl_detail *detail)
{
    struct writer at = {0};
    size_t i = 0;
    if (position->size > 0) {
        i = position->data[0];
        writer_bytes(&at,
                     bytes_slice(writer_view(position), 1, position->size - 1));
    }
    hl_err err = HL_OK;
    *found = false;
    for (; i < REACTORS && err == HL_OK && !*found; i++) {
        err = reactors[i].next(view, &at, name, found, detail);
        if (err == HL_OK && *found) {
            writer_clear(position);
            writer_u8(position, (uint8_t)i);
            writer_bytes(position, writer_view(&at));
        }
        writer_clear(&at);
    }
    writer_fini(&at);
    return err;
}
