/* SPDX-License-Identifier: Apache-2.0 */

/* The daemon `heluod`: reads its configuration, puts the node together, and
 * looks after it until it is told to stop. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/daemon/node.h"

#define DEFAULT_CONFIG "/etc/heluo/heluod.conf"

struct arguments {
    const char *config;
    bool check;
    bool methods;
};

static void print_help(void)
{
    puts(
        "NAME\n"
        "  heluod - the node of a city\n"
        "\n"
        "SYNOPSIS\n"
        "  heluod [--config FILE] [--check-config]\n"
        "  heluod --methods\n"
        "\n"
        "DESCRIPTION\n"
        "  Keeps the city's journal and its catalogue, and answers over gRPC.\n"
        "  Stays in the foreground; logs to standard error. One process has\n"
        "  one store; a second one on the same store is refused.\n"
        "\n"
        "  --config FILE    default " DEFAULT_CONFIG "\n"
        "  --check-config   read the configuration and every file that it\n"
        "                   names, say what is wrong, and end\n"
        "  --methods        print every method: who may call it, how large a\n"
        "                   request it takes, how many may be open at a time\n"
        "  --version\n"
        "\n"
        "SIGNALS\n"
        "  SIGTERM, SIGINT  no new calls; what has begun is finished "
        "(drain_s)\n"
        "  SIGHUP           take over changed certificates, revocation list,\n"
        "                   charters, and what of the configuration can be\n"
        "\n"
        "EXIT STATUS\n"
        "  0, or the error's (heluo errors). 42, HL_EFLUSH: the disk failed,\n"
        "  and the outcome of a write is unknown; start it again, and it will\n"
        "  find out.\n"
        "\n"
        "SEE ALSO\n"
        "  heluo help config, heluo status");
}

/* False: the program ends with *status. */
static bool parse(int argc, char **argv, struct arguments *out, int *status)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"check-config", no_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},
        {"methods", no_argument, NULL, 'm'},
        {"version", no_argument, NULL, 'v'},
        {0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            out->config = optarg;
            break;
        case 'k':
            out->check = true;
            break;
        case 'm':
            out->methods = true;
            break;
        case 'h':
            print_help();
            *status = 0;
            return false;
        case 'v':
            puts("heluod " HELUO_VERSION);
            *status = 0;
            return false;
        default:
            *status = hl_err_exit(HL_EUSAGE);
            return false;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "heluod: '%s' is not understood; try --help\n",
                argv[optind]);
        *status = hl_err_exit(HL_EUSAGE);
        return false;
    }
    return true;
}

static int complain(const char *about, hl_err err,
                    const struct hl_detail *detail)
{
    fprintf(stderr, "heluod: %s", about);
    if (detail->where == HL_AT_LINE) {
        fprintf(stderr, ":%llu", (unsigned long long)detail->at);
    }
    fprintf(stderr, ": %s: %s\n", hl_err_text(err), detail->text);
    return hl_err_exit(err);
}

static int print_methods(void)
{
    struct hl_detail detail = {0};
    hl_err err = node_print_methods(stdout, &detail);
    return err == HL_OK ? 0 : complain("methods", err, &detail);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.config = DEFAULT_CONFIG};
    int status = 0;
    if (!parse(argc, argv, &arguments, &status)) {
        return status;
    }
    struct config config = {0};
    struct hl_detail detail = {0};
    char about[NODE_ABOUT_BYTES] = "";
    if (arguments.methods) {
        return print_methods();
    }
    hl_err err = config_read(arguments.config, &config, &detail);
    if (err != HL_OK) {
        return complain(arguments.config, err, &detail);
    }
    if (arguments.check) {
        err = node_check(&config, about, &detail);
        if (err == HL_OK) {
            printf("%s: good\n", arguments.config);
        }
    } else {
        struct node_options options = {.config_path = arguments.config,
                                       .config = &config,
                                       .version = HELUO_VERSION};
        err = node_run(&options, about, &detail);
    }
    config_fini(&config);
    return err == HL_OK ? 0 : complain(about, err, &detail);
}
