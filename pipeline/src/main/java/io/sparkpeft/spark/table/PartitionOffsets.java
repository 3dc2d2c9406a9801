package io.sparkpeft.spark.table;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.spark_partition_id;

import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** How many rows stand before each partition of a persisted data set. */
record PartitionOffsets(long[] offsets) {
  /** Below these bits of Spark's row id stands the row's place in its partition. */
  private static final int ROW_BITS = 33;

  static PartitionOffsets of(Dataset<Row> rows) {
    SortedMap<Integer, Long> counts = new TreeMap<>();
    for (Row row :
        rows.select(spark_partition_id().as("partition"))
            .groupBy(col("partition"))
            .count()
            .collectAsList()) {
      counts.put(row.getInt(0), row.getLong(1));
    }
    long[] offsets = new long[counts.isEmpty() ? 1 : counts.lastKey() + 1];
    long before = 0;
    for (int partition = 0; partition < offsets.length; partition++) {
      offsets[partition] = before;
      before += counts.getOrDefault(partition, 0L);
    }
    return new PartitionOffsets(offsets);
  }

  /** The row's index over all partitions, from Spark's monotonically increasing id. */
  Column index(Column rowId) {
    Column[] values = new Column[offsets.length];
    for (int i = 0; i < offsets.length; i++) {
      values[i] = lit(offsets[i]);
    }
    Column before = element_at(array(values), spark_partition_id().plus(1));
    return before.plus(rowId.bitwiseAND(lit((1L << ROW_BITS) - 1)));
  }
}
