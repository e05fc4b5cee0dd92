"""What is kept: tables, migrations, queries, bulk load and store; and the files that rows come from."""
