package io.sparkpeft.spark.table;

import io.delta.tables.DeltaTable;
import io.delta.tables.DeltaTableBuilder;
import java.util.function.Consumer;
import org.apache.spark.sql.SparkSession;

/** Makes a Delta table that another driver may be making at this moment. */
public final class TableCreation {
  private static final int TRIES = 5;

  private TableCreation() {}

  /**
   * Makes the table if it is not there.
   *
   * @param path or URI
   * @param definition gives the builder columns and properties
   * @throws Exception what Delta throws, which Scala does not declare; a folder that another driver
   *     has begun and that is no table yet is waited for first
   */
  public static void ifAbsent(
      SparkSession spark, String path, Consumer<DeltaTableBuilder> definition) throws Exception {
    for (int tries = 1; !DeltaTable.isDeltaTable(spark, path); tries++) {
      try {
        DeltaTableBuilder table = DeltaTable.createIfNotExists(spark).location(path);
        definition.accept(table);
        table.execute();
      } catch (Exception e) {
        if (tries == TRIES) {
          throw e;
        }
        Thread.sleep(100L << tries);
      }
    }
  }
}
