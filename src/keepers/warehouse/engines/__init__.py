"""What runs the steps: DuckDB in the process, or Apache Spark where one machine is too small."""
