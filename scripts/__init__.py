"""Scripts: training, benchmarks, reliability runs, generated documentation, and the lab that tests share."""
