/* SPDX-License-Identifier: Apache-2.0 */

/* In a process that serves, a client is the first to use the core: the core
 * is configured once, whoever comes first, and what configures it is not
 * changed any more. */

#include <stdlib.h>

#include "node/client/client.h"
#include "node/rpc/rpc.h"
#include "tests/support/support.h"

static void a_client_may_be_first_after_the_start(void **state)
{
    (void)state;
    struct client *client = NULL;
    struct client_options options = {.target = "unix:nobody.sock",
                                     .timeout_ms = 100};
    unsetenv("GRPC_DNS_RESOLVER");
    rpc_global_init(NULL);
    assert_int_equal(HL_OK, client_create(&options, &client, NULL));
    client_destroy(&client);
    rpc_global_fini();
}

static void a_client_changes_no_environment(void **state)
{
    (void)state;
    struct client *client = NULL;
    struct client_options options = {.target = "unix:nobody.sock",
                                     .timeout_ms = 100};
    rpc_global_init(NULL);
    const char *dns = getenv("GRPC_DNS_RESOLVER");
    const char *suites = getenv("GRPC_SSL_CIPHER_SUITES");
    assert_int_equal(HL_OK, client_create(&options, &client, NULL));
    assert_ptr_equal(dns, getenv("GRPC_DNS_RESOLVER"));
    assert_ptr_equal(suites, getenv("GRPC_SSL_CIPHER_SUITES"));
    client_destroy(&client);
    rpc_global_fini();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_may_be_first_after_the_start),
        cmocka_unit_test(a_client_changes_no_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
