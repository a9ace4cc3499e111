/* SPDX-License-Identifier: Apache-2.0 */

/* Blob.PutFingerprintKey: a coordinator's node makes a version of the
 * alliance's key of fingerprints, or seals one that it has to more readers. The
 * key is in this process alone, and in the seal. */

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

#include "node/service/blob_call.h"

struct key_call {
    struct write_call write; /* first */
    struct blob_draft *draft;
    struct blob_put record; /* borrows the call's memory, and: */
    struct blob_seal seal;
    struct hl_hash id, digest;
    bool again;
};

/* --- The entry. ---------------------------------------------------------- */

static hl_err check_version(const struct key_call *key,
                            struct write_context *context,
                            struct hl_detail *detail)
{
    uint32_t newest = 0;
    hl_err err = key_ring_newest(key->write.services->keys, context->txn,
                                 &newest, detail);
    return err != HL_OK || key->again || newest < key->record.key_version
               ? err
               : hl_fail(detail, HL_EEXISTS,
                         "version %u of the key is there already: the next "
                         "one is %u",
                         newest, newest + 1);
}

static hl_err run_key(struct write_command *command,
                      struct write_context *context, struct hl_detail *detail)
{
    struct key_call *key = (struct key_call *)command;
    struct blob_name name =
        blob_name_of(bytes_of_text(key->write.services->origin),
                     bytes_of(key->id.bytes, HL_HASH_BYTES));
    hl_err err = check_version(key, context, detail);
    if (err == HL_OK) {
        err = blob_draft_place(key->draft, &name, detail);
    }
    return err == HL_OK ? write_call_run(command, context, detail) : err;
}

/* Each time another key would be made: what was asked for tells it. */
static const char *key_difference(const struct write_call *write,
                                  const struct entry *former)
{
    const struct key_call *key = (const struct key_call *)write;
    struct blob_put theirs;
    record_decode(&blob_record, former->body, &theirs);
    return key->record.kind != theirs.kind                     ? "kind"
           : key->record.key_version != theirs.key_version     ? "version"
           : !bytes_equal(key->record.readers, theirs.readers) ? "readers"
                                                               : NULL;
}

static void answer_key(struct write_command *command,
                       const struct write_answer *answer)
{
    struct key_call *key = (struct key_call *)command;
    blob_draft_drop(&key->draft);
    write_call_answer(command, answer);
}

static void respond_key(struct write_call *write, Heluo__V1__Written *written)
{
    Heluo__V1__BlobPutFingerprintKeyResponse response =
        HELUO__V1__BLOB_PUT_FINGERPRINT_KEY_RESPONSE__INIT;
    response.written = written;
    rpc_answer(write->call, &response.base);
}

static const struct write_type key_type = {
    .name = "fingerprint key",
    .run = run_key,
    .difference = write_call_difference,
    .answer = answer_key,
};

static void make_entry(struct key_call *key)
{
    struct rpc_call *call = key->write.call;
    struct blob_put *record = &key->record;
    key->write.asked = write_encode(call, &blob_record, record);
    record->id = bytes_of(key->id.bytes, HL_HASH_BYTES);
    record->size = key->seal.size;
    record->root = bytes_of(key->seal.root.bytes, HL_HASH_BYTES);
    record->key_digest = bytes_of(key->digest.bytes, HL_HASH_BYTES);
    key->write.body = write_encode(call, &blob_record, record);
    key->write.type = &blob_record;
    key->write.body_type = entry_body_type(BLOB_BODY_PUT, false);
    key->write.difference = key_difference;
    key->write.respond = respond_key;
    key->write.command.type = &key_type;
}

/* --- The blob. ----------------------------------------------------------- */

static hl_err seal_into(struct key_call *key,
                        const struct blob_readers *readers,
                        const struct fingerprint_key *made,
                        struct writer *sealed, struct hl_detail *detail)
{
    const struct blob_head head = {.size = sizeof(made->secret)};
    uint8_t salt[BLOB_SALT_BYTES];
    struct blob_sealer *sealer = NULL;
    hl_err err =
        RAND_bytes(salt, sizeof(salt)) == 1
            ? HL_OK
            : hl_fail(detail, HL_ECRYPTO, "no random numbers are to be had");
    if (err == HL_OK) {
        err = blob_readers_seal(readers, &head, salt, sealed, &sealer, detail);
    }
    if (err == HL_OK) {
        err = blob_sealer_add(sealer,
                              bytes_of(made->secret, sizeof(made->secret)),
                              sealed, detail);
    }
    if (err == HL_OK) {
        err = blob_sealer_finish(sealer, sealed, &key->id, detail);
    }
    blob_sealer_destroy(&sealer);
    OPENSSL_cleanse(salt, sizeof(salt));
    return err;
}

static hl_err seal(struct key_call *key, const struct blob_readers *readers,
                   const struct fingerprint_key *made, struct hl_detail *detail)
{
    struct writer sealed = {0};
    hl_err err = seal_into(key, readers, made, &sealed, detail);
    if (err == HL_OK) {
        err = blob_draft_begin(key->write.services->blobs.files, sealed.size,
                               &key->draft, detail);
    }
    if (err == HL_OK) {
        err = blob_draft_add(key->draft, writer_view(&sealed), detail);
    }
    if (err == HL_OK) {
        err = blob_draft_finish(key->draft, &key->seal, detail);
    }
    key->digest = fingerprint_digest(made);
    writer_fini(&sealed);
    return err;
}

static hl_err make_key(const struct key_call *key, struct fingerprint_key *out,
                       struct hl_detail *detail)
{
    uint32_t version = (uint32_t)key->record.key_version;
    out->version = version;
    if (key->again) {
        key_ring_look(key->write.services->keys); /* it may just have come */
        return key_ring_find(key->write.services->keys, version, out)
                   ? HL_OK
                   : hl_fail(detail, HL_ENOTFOUND,
                             "version %u of the key is not at this node",
                             version);
    }
    return RAND_bytes(out->secret, sizeof(out->secret)) == 1
               ? HL_OK
               : hl_fail(detail, HL_ECRYPTO, "no random numbers are to be had");
}

/* --- The method. --------------------------------------------------------- */

static hl_err check(const struct services *services,
                    const Heluo__V1__BlobPutFingerprintKeyRequest *request,
                    struct hl_detail *detail)
{
    if (request->version < 1 || request->version > FINGERPRINT_VERSION_MAX) {
        return hl_fail(detail, HL_EMALFORMED, "field version: 1 to %d",
                       FINGERPRINT_VERSION_MAX);
    }
    if (!atomic_load(&services->coordinator)) {
        return hl_fail(detail, HL_EDENIED,
                       "by the charter this is no coordinator's node: a key "
                       "from here would be used by nobody");
    }
    return blob_check_kept(services, detail);
}

static hl_err make(struct key_call *key,
                   const Heluo__V1__BlobPutFingerprintKeyRequest *request,
                   struct hl_detail *detail)
{
    struct blob_readers readers = {0};
    struct fingerprint_key made = {0};
    struct writer names = {0};
    hl_err err = blob_readers_find(key->write.services, request->readers,
                                   request->n_readers, &readers, detail);
    if (err != HL_OK) {
        return err;
    }
    blob_readers_write(&readers, &names);
    key->again = request->again;
    key->record = (struct blob_put){
        .kind = HELUO__V1__BLOB_KIND__BLOB_KIND_FINGERPRINT_KEY,
        .readers =
            bytes_of_text(call_text(key->write.call, writer_view(&names))),
        .key_version = request->version,
    };
    writer_fini(&names);
    err = make_key(key, &made, detail);
    if (err == HL_OK) {
        err = seal(key, &readers, &made, detail);
    }
    OPENSSL_cleanse(&made, sizeof(made));
    return err;
}

void blob_service_key(struct rpc_call *call, const ProtobufCMessage *message,
                      void *context)
{
    const Heluo__V1__BlobPutFingerprintKeyRequest *request =
        (const void *)message;
    struct services *services = context;
    struct hl_detail detail = {0};
    struct key_call *key =
        (struct key_call *)write_call_new(call, context, sizeof(*key));
    hl_err err = check(services, request, &detail);
    if (err == HL_OK) {
        err = make(key, request, &detail);
    }
    if (err == HL_OK) {
        make_entry(key);
        err = write_call_try(&key->write, request->write, &detail);
    }
    if (err != HL_OK) {
        blob_draft_drop(&key->draft);
        rpc_fail(call, err, &detail);
    }
}
