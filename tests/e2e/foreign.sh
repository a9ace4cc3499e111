#!/usr/bin/env bash
# A client in another language, which shares nothing with the node but the
# .proto files: over mTLS, with a platform's certificate.
CLIENT=$(realpath "$(dirname "$0")/foreign_client.py")
. "$(dirname "$0")/world.sh"

# Below other names than in the sources: the package grpc is the library's.
mkdir messages
quietly protoc -I "$PROTO" --python_out=messages "$PROTO"/heluo/v1/*.proto
quietly protoc -I "$PROTO/grpc" --python_out=messages \
    "$PROTO"/grpc/health/v1/*.proto "$PROTO"/grpc/reflection/*/*.proto

found_alliance
write_config
start_node
PYTHONPATH=messages check 'a foreign client' /usr/bin/python3 -B "$CLIENT" \
    "127.0.0.1:$PORT" $NODE.$ALLIANCE ca/root.crt web.crt web.key
cat out
expect HL_OK 'verified' verify --charter v1.charter foreign.tlog-proof
expect HL_OK 'verified' journal verify --charter v1.charter
stop_node
done_testing
