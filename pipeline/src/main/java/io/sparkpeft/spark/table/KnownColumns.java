package io.sparkpeft.spark.table;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** A stored table with the columns that this version of the code knows. */
public final class KnownColumns {
  private KnownColumns() {}

  /**
   * Those of the schema, in its order; columns that a table of an earlier version lacks are null.
   */
  public static Dataset<Row> of(Dataset<Row> stored, StructType schema) {
    List<String> there = List.of(stored.columns());
    Column[] columns =
        Stream.of(schema.fields())
            .map(field -> there.contains(field.name()) ? col(field.name()) : missing(field))
            .toArray(Column[]::new);
    return stored.select(columns);
  }

  private static Column missing(StructField field) {
    return lit(null).cast(field.dataType()).as(field.name());
  }
}
