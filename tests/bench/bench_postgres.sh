# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/bench, to install it, and by bench_sync.sh, after world.sh
# and alliance.sh: two clusters of Debian's PostgreSQL
# 15 with logical replication over TLS between them, in a folder of their own,
# which its user owns. Their settings are the defaults, but for what replication
# and TLS need; so the publisher's commits wait for the disk, and the
# subscriber's apply does not.

PG_BIN=/usr/lib/postgresql/15/bin
PG_FOLDER=
declare -A PG_PORT

# Installs what is missing, without a cluster that starts by itself.
pg_install() {
    local settings=/etc/postgresql-common/createcluster.conf
    [ ! -x $PG_BIN/postgres ] || ! pkg-config --exists libpq || return 0
    if [ "$(id -u)" != 0 ]; then
        echo 'run as root: apt-get install postgresql-15 libpq-dev' >&2
        return 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    echo 'installing postgresql-15 and libpq-dev' >&2
    apt-get update >/dev/null
    if [ ! -e $settings ]; then
        apt-get install -y --no-install-recommends postgresql-common >/dev/null
        sed -i 's/^#\? *create_main_cluster.*/create_main_cluster = false/' \
            $settings
    fi
    apt-get install -y --no-install-recommends postgresql-15 libpq-dev \
        >/dev/null
}

# It does not run as root.
pg_as() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

pg_clean_up() {
    local name
    [ -n "$PG_FOLDER" ] || return 0
    for name in "${!PG_PORT[@]}"; do
        pg_stop "$name" immediate
    done
    rm -rf "$PG_FOLDER"
}

pg_stop() { # name, mode
    [ ! -f "$PG_FOLDER/$1/postmaster.pid" ] ||
        pg_as $PG_BIN/pg_ctl -D "$PG_FOLDER/$1" -m "$2" -w stop \
            >/dev/null 2>&1
}

pg_start() { # name
    pg_as $PG_BIN/pg_ctl -D "$PG_FOLDER/$1" -l "$PG_FOLDER/$1.log" -w start \
        >out 2>err || { cat "$PG_FOLDER/$1.log" >&2; fail "postgres $1"; }
}

# Where its clients come, which is a socket, as a node's do.
pg_target() {
    echo "host=$PG_FOLDER port=${PG_PORT[$1]} user=postgres dbname=postgres"
}

pg_run() { # name, statement
    pg_as $PG_BIN/psql -qXAt -v ON_ERROR_STOP=1 -d "$(pg_target "$1")" \
        -c "$2" 2>err || fail "$2"
}

pg_make() { # name
    quietly pg_as $PG_BIN/initdb -D "$PG_FOLDER/$1" -A trust -U postgres \
        --locale=C.UTF-8
    cat >>"$PG_FOLDER/$1/postgresql.conf" <<END
port = ${PG_PORT[$1]}
listen_addresses = '127.0.0.1'
unix_socket_directories = '$PG_FOLDER'
wal_level = logical
ssl = on
ssl_ca_file = '$PG_FOLDER/root.crt'
ssl_cert_file = '$PG_FOLDER/server.crt'
ssl_key_file = '$PG_FOLDER/server.key'
END
    # Over TCP with TLS and a certificate alone, as nodes talk.
    cat >"$PG_FOLDER/$1/pg_hba.conf" <<END
local all all trust
hostssl all all 127.0.0.1/32 cert
END
    pg_start "$1"
    pg_run "$1" 'CREATE TABLE units (number bigint PRIMARY KEY, command bytea,
        scheme text, id text, name_zh text, name_en text, kind int,
        division text, division_revision int, UNIQUE (scheme, id))'
}

# An authority, and one certificate of it for both ends.
pg_certificates() {
    quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
        -nodes -days 2 -subj /CN=root -keyout "$PG_FOLDER/root.key" \
        -out "$PG_FOLDER/root.crt"
    quietly openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -subj /CN=postgres -keyout "$PG_FOLDER/server.key" \
        -out "$PG_FOLDER/server.csr"
    quietly openssl x509 -req -days 2 -in "$PG_FOLDER/server.csr" \
        -CA "$PG_FOLDER/root.crt" -CAkey "$PG_FOLDER/root.key" \
        -CAcreateserial -out "$PG_FOLDER/server.crt"
    chmod 600 "$PG_FOLDER"/*.key
    [ "$(id -u)" != 0 ] || chown -R postgres "$PG_FOLDER"
}

pg_found() {
    local ports
    read -ra ports <<<"$(free_ports 2)"
    PG_FOLDER=$(mktemp -d)
    PG_PORT=([publisher]=${ports[0]} [subscriber]=${ports[1]})
    pg_certificates
    pg_make publisher
    pg_make subscriber
    pg_run publisher 'CREATE PUBLICATION units FOR TABLE units'
    pg_subscribe units
    eventually 30 pg_is_tls
}

pg_subscribe() { # publication
    pg_run subscriber "CREATE SUBSCRIPTION $1 CONNECTION 'host=127.0.0.1
        port=${PG_PORT[publisher]} user=postgres dbname=postgres
        sslmode=verify-ca sslrootcert=$PG_FOLDER/root.crt
        sslcert=$PG_FOLDER/server.crt sslkey=$PG_FOLDER/server.key'
        PUBLICATION $1"
}

# The subscriber is there, and over TLS.
pg_is_tls() {
    [ "$(pg_run publisher 'SELECT ssl FROM pg_stat_replication
        JOIN pg_stat_ssl USING (pid)')" = t ]
}

# pg_alone SETTING...: one that nobody follows; with room in memory, as its
# defaults are for small machines.
pg_alone() {
    local port
    read -r port <<<"$(free_ports 1)"
    PG_FOLDER=$(mktemp -d)
    PG_PORT=([one]=$port)
    [ "$(id -u)" != 0 ] || chown postgres "$PG_FOLDER"
    quietly pg_as $PG_BIN/initdb -D "$PG_FOLDER/one" -A trust -U postgres \
        --locale=C.UTF-8
    cat >>"$PG_FOLDER/one/postgresql.conf" <<END
port = $port
listen_addresses = ''
unix_socket_directories = '$PG_FOLDER'
shared_buffers = '1GB'
max_wal_size = '8GB'
END
    printf '%s\n' "$@" >>"$PG_FOLDER/one/postgresql.conf"
    pg_start one
}
