package io.sparkpeft.notebook;

import io.sparkpeft.api.SparkPeft;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

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

  /** The library, telling what goes on in the cell, and drawing training while it goes on. */
  public static SparkPeft peft(SparkSession session) {
    return SparkPeft.on(session)
        .telling(message -> System.out.println(message))
        .watching(new LiveTraining(CellOutput.OF_KERNEL));
  }

  /** The first rows of a Dataset; without this a cell shows {@value RowsView#DEFAULT_ROWS}. */
  public static RowsView show(Dataset<Row> rows, int most) {
    return new RowsView(rows, most);
  }
}
