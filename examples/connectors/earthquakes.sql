-- The table that earthquakes-to-doris.json loads into, one column for each field of examples/data/earthquakes.jsonl.
CREATE DATABASE IF NOT EXISTS demo;
CREATE TABLE IF NOT EXISTS demo.earthquakes (
  `id` VARCHAR(32),
  `time` BIGINT,
  `updated` BIGINT,
  `magnitude` DOUBLE,
  `magnitude_type` VARCHAR(16),
  `place` VARCHAR(256),
  `longitude` DOUBLE,
  `latitude` DOUBLE,
  `depth_km` DOUBLE,
  `status` VARCHAR(16),
  `kind` VARCHAR(32),
  `network` VARCHAR(8),
  `stations` BIGINT,
  `gap_degrees` DOUBLE,
  `rms_seconds` DOUBLE,
  `significance` BIGINT,
  `tsunami` BOOLEAN,
  `felt` BIGINT,
  `alert` VARCHAR(16)
) DUPLICATE KEY(`id`) DISTRIBUTED BY HASH(`id`) BUCKETS 1 PROPERTIES ("replication_num" = "1");
