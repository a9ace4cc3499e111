/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo instrument contact` and `erase-contact`, and the same of services and
 * demands. */

#include "node/cli/cmd_record.h"
#include "node/cli/connect.h"
#include "node/cli/term.h"

static void print_line(const char *name, const char *value)
{
    if (value[0] != '\0') {
        printf("%-8s ", name);
        term_put(stdout, value);
        putchar('\n');
    }
}

static void tell_contact(const struct cli_call *call,
                         const Heluo__V1__CatalogueContactResponse *answer)
{
    if (!call->json) {
        print_line("contact", answer->contact);
        print_line("phone", answer->phone);
        print_line("email", answer->email);
        return;
    }
    json_t *object = json_object();
    json_object_set_new(object, "contact", cli_json_text(answer->contact));
    json_object_set_new(object, "phone", cli_json_text(answer->phone));
    json_object_set_new(object, "email", cli_json_text(answer->email));
    cli_print_json(object);
}

hl_err cmd_record_contact(struct cli_call *call)
{
    Heluo__V1__CatalogueContactRequest request =
        HELUO__V1__CATALOGUE_CONTACT_REQUEST__INIT;
    Heluo__V1__RecordKey key = HELUO__V1__RECORD_KEY__INIT;
    struct node_link link = {0};
    ProtobufCMessage *answer = NULL;
    request.key = &key;
    record_take_key(call, &key);
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = node_link_ask(
            call, &link, "/heluo.v1.Catalogue/Contact", &request.base,
            &heluo__v1__catalogue_contact_response__descriptor, &answer);
    }
    if (err == HL_OK) {
        tell_contact(call, (Heluo__V1__CatalogueContactResponse *)answer);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    node_link_close(&link);
    return err;
}

hl_err cmd_record_erase_contact(struct cli_call *call)
{
    Heluo__V1__CatalogueEraseContactRequest request =
        HELUO__V1__CATALOGUE_ERASE_CONTACT_REQUEST__INIT;
    Heluo__V1__RecordKey key = HELUO__V1__RECORD_KEY__INIT;
    struct node_link link = {0};
    ProtobufCMessage *answer = NULL;
    request.key = &key;
    record_take_key(call, &key);
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = node_link_ask(
            call, &link, "/heluo.v1.Catalogue/EraseContact", &request.base,
            &heluo__v1__catalogue_erase_contact_response__descriptor, &answer);
    }
    if (err == HL_OK) {
        bool erased =
            ((Heluo__V1__CatalogueEraseContactResponse *)answer)->erased;
        if (call->json) {
            cli_print_json(json_pack("{s:b}", "erased", erased ? 1 : 0));
        } else {
            puts(erased ? "erased at this node; backups made before have it "
                          "still"
                        : "this node had nothing of it");
        }
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    node_link_close(&link);
    return err;
}
