// Tables as Parquet files.
