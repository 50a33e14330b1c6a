"""Apache Kafka and PostgreSQL as plain processes of this machine, without Docker."""
