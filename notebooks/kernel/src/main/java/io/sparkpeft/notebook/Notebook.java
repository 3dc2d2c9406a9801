package io.sparkpeft.notebook;

import io.sparkpeft.api.RunResult;
import io.sparkpeft.api.SparkPeft;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * What a notebook's first cell asks for:
 *
 * <pre>{@code
 * SparkSession spark = SparkSession.builder().getOrCreate();
 * SparkPeft peft = Notebook.peft(spark);
 * }</pre>
 */
public final class Notebook {
  private Notebook() {}

  /**
   * The library, telling what goes on in the cell, and drawing training while it goes on. Of a
   * message of several lines only the first is told: the rest is on the result's card.
   */
  public static SparkPeft peft(SparkSession session) {
    return SparkPeft.on(session)
        .telling(message -> System.out.println(message.lines().findFirst().orElse("")))
        .watching(new LiveTraining(CellOutput.OF_KERNEL));
  }

  /**
   * The ids of runs with names of your own, to join tables of runs with.
   *
   * @param column what the names are, such as "method"
   * @return columns {@code run_id} and that one
   */
  public static Dataset<Row> names(
      SparkSession session, String column, Map<String, ? extends RunResult> runs) {
    List<Row> rows =
        runs.entrySet().stream()
            .map(run -> RowFactory.create(run.getValue().runId(), run.getKey()))
            .toList();
    StructType schema =
        new StructType()
            .add("run_id", DataTypes.StringType, false)
            .add(column, DataTypes.StringType, false);
    return session.createDataFrame(rows, schema);
  }

  /** The first rows of a Dataset; without this a cell shows {@value RowsView#DEFAULT_ROWS}. */
  public static RowsView show(Dataset<Row> rows, int most) {
    return new RowsView(rows, most);
  }
}
