"""The events of Silkway as data: models, topics, CloudEvents in Kafka binary mode, schemas."""
