/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "node/rpc/health.h"
#include "node/rpc/methods.h"
#include "node/rpc/reflection.h"

static const char *kind_word(enum rpc_kind kind)
{
    switch (kind) {
    case RPC_UNARY:
        return "unary";
    case RPC_SERVER_STREAM:
        return "server stream";
    case RPC_CLIENT_STREAM:
        return "client stream";
    case RPC_EXCHANGE:
        return "exchange";
    case RPC_BIDI:
        break;
    }
    return "stream";
}

static void print_roles(unsigned roles, FILE *out)
{
    const char *before = "";
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        if ((roles & ROLE_BIT(role)) != 0) {
            fprintf(out, "%s%s", before, role_word((enum role)role));
            before = ", ";
        }
    }
}

static void print_method(const struct rpc_method *row, FILE *out)
{
    fprintf(out, "| `%s` | %s | ", row->path + 1, kind_word(row->kind));
    print_roles(row->roles, out);
    fprintf(out, " | %" PRIu32 " | ", row->request_max_bytes);
    if (row->open_max > 0) {
        fprintf(out, "%" PRIu32 " |\n", row->open_max);
    } else {
        fprintf(out, "|\n");
    }
}

hl_err rpc_print_methods(const struct rpc_service *services, FILE *out,
                         struct hl_detail *detail)
{
    struct rpc_service reflection[REFLECTION_SERVICES];
    struct health *health = health_create(services);
    const struct rpc_service *lists[] = {services, health_services(health),
                                         reflection, NULL};
    struct methods methods;
    reflection_init(reflection, lists);
    hl_err err = methods_init(&methods, lists, UINT32_MAX, detail);
    if (err == HL_OK) {
        fprintf(out, "| method | kind | roles | request, bytes | open |\n"
                     "|---|---|---|---|---|\n");
    }
    for (size_t i = 0; i < methods.count && err == HL_OK; i++) {
        print_method(methods.items[i].row, out);
    }
    methods_fini(&methods);
    health_destroy(&health);
    return err;
}
