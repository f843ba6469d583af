"""PostgreSQL itself: connections, named queries, migrations, partitions, schema drift."""
