/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger/netting.h"

#include <stdlib.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* What one side has left, the largest on top: a heap, so that hundreds of nodes
 * cost nothing. */
struct side {
    struct left {
        uint64_t fen, place;
    } * items;
    size_t count;
};

static bool before(const struct left *a, const struct left *b)
{
    return a->fen != b->fen ? a->fen > b->fen : a->place < b->place;
}

static void swap(struct left *a, struct left *b)
{
    struct left was = *a;
    *a = *b;
    *b = was;
}

static void push(struct side *side, struct left left)
{
    size_t i = side->count++;
    side->items[i] = left;
    while (i > 0 && before(&side->items[i], &side->items[(i - 1) / 2])) {
        swap(&side->items[i], &side->items[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

static struct left pop(struct side *side)
{
    struct left top = side->items[0];
    side->items[0] = side->items[--side->count];
    for (size_t i = 0;;) {
        size_t first = i;
        for (size_t child = 2 * i + 1;
             child <= 2 * i + 2 && child < side->count; child++) {
            if (before(&side->items[child], &side->items[first])) {
                first = child;
            }
        }
        if (first == i) {
            return top;
        }
        swap(&side->items[i], &side->items[first]);
        i = first;
    }
}

size_t netting_transfers(const struct cycle_net *nets, size_t count,
                         struct cycle_transfer *out)
{
    struct side pay = {.items = hl_alloc(count + 1, sizeof(struct left))};
    struct side get = {.items = hl_alloc(count + 1, sizeof(struct left))};
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        if (nets[i].pays_fen > 0) {
            push(&pay, (struct left){nets[i].pays_fen, nets[i].place});
        } else if (nets[i].gets_fen > 0) {
            push(&get, (struct left){nets[i].gets_fen, nets[i].place});
        }
    }
    while (pay.count > 0 && get.count > 0) {
        struct left from = pop(&pay), to = pop(&get);
        uint64_t fen = from.fen < to.fen ? from.fen : to.fen;
        HL_ASSERT(made < count);
        out[made++] = (struct cycle_transfer){from.place, to.place, fen};
        from.fen -= fen;
        to.fen -= fen;
        if (from.fen > 0) {
            push(&pay, from);
        }
        if (to.fen > 0) {
            push(&get, to);
        }
    }
    hl_free(get.items);
    hl_free(pay.items);
    return made;
}
