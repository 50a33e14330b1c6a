#!/bin/sh
# Certificates for docker-compose.tls.yml, beside the passwords in secrets/ (or $SECRETS): one authority of your own, and
# by it one certificate for Kafka and one for PostgreSQL. What is there stays; remove tls_kafka or tls_postgres for a new one.
# The authority's key signs and nothing else: move it to where you keep such things.
set -eu
cd "${SECRETS:-secrets}"
days=825

if [ ! -s tls_authority ]; then
    (umask 077 && openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 \
        -subj '/CN=Silkway' -keyout tls_authority_key -out tls_authority)
fi

leaf() { # leaf FILE HOST...: its certificate in FILE, its key in FILE_key
    file=$1
    shift
    [ -s "$file" ] && return
    names=$(printf ',DNS:%s' "$@")
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$1" -keyout "${file}_key" |
        openssl x509 -req -days $days -CA tls_authority -CAkey tls_authority_key -out "$file" -extfile /dev/fd/3 3<<EOF
subjectAltName=${names#,},IP:127.0.0.1
EOF
}

leaf tls_kafka kafka kafka-2 kafka-3 localhost
leaf tls_postgres postgres localhost
# Kafka reads key and certificates from one file.
cat tls_kafka_key tls_kafka tls_authority >tls_kafka_store
chmod 644 tls_authority tls_kafka tls_kafka_store tls_postgres tls_postgres_key
