#!/usr/bin/env bash
# Partitions that are not on all their brokers; nothing where all are. `docker compose exec -T kafka bash -s < THIS`
password="$(sed -n 's/.*username="admin" password="\([^"]*\)".*/\1/p' /run/secrets/kafka_jaas | head -n 1)"
/opt/kafka/bin/kafka-topics.sh --bootstrap-server "$HOSTNAME:9094" --describe --under-replicated-partitions \
  --command-config <(
    echo security.protocol=SASL_PLAINTEXT
    echo sasl.mechanism=PLAIN
    echo "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
username=\"admin\" password=\"$password\";"
  )
