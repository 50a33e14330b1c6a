"""Who may do what: on Kafka by ACLs, in PostgreSQL by roles. Both are tables of data, and jobs that make them so."""
