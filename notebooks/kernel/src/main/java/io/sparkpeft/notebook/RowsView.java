package io.sparkpeft.notebook;

import io.sparkpeft.chart.Numbers;
import io.sparkpeft.notebook.Html.Cell;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.FractionalType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructField;

/**
 * The first rows of a Dataset as a table: its columns with their types, and whether it was cut.
 *
 * @param most rows that are shown; the driver reads one more
 */
public record RowsView(Dataset<Row> rows, int most) {
  static final int DEFAULT_ROWS = 20;
  private static final int MOST_CHARACTERS = 200;

  static Rendered render(Dataset<?> dataset) {
    return new RowsView(dataset.toDF(), DEFAULT_ROWS).render();
  }

  Rendered render() {
    StructField[] fields = rows.schema().fields();
    List<Row> taken = rows.takeAsList(most + 1);
    List<List<Cell>> cells = taken.stream().limit(most).map(row -> cells(row, fields)).toList();
    String caption = caption(taken.size(), fields.length);
    List<String> heads = Arrays.stream(fields).map(RowsView::head).toList();
    List<String> names = Arrays.stream(fields).map(StructField::name).toList();
    return new Rendered(
        Html.table(heads, cells) + Html.caption(caption), TextTable.of(names, cells) + caption);
  }

  private String caption(int taken, int columns) {
    String size = taken > most ? "the first " + most + " rows, there are more" : rows(taken);
    return size + "; " + columns + (columns == 1 ? " column" : " columns");
  }

  private static String rows(int count) {
    return count == 1 ? "1 row" : count + " rows";
  }

  private static String head(StructField field) {
    return "%s<br><span style=\"font-weight:400;font-size:80%%;opacity:.7\">%s</span>"
        .formatted(Html.escape(field.name()), Html.escape(field.dataType().simpleString()));
  }

  private static List<Cell> cells(Row row, StructField[] fields) {
    return IntStream.range(0, fields.length)
        .mapToObj(i -> row.isNullAt(i) ? Cell.pale("null") : cell(row.get(i), fields[i]))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private static Cell cell(Object value, StructField field) {
    if (field.dataType() instanceof FractionalType && value instanceof Number number) {
      return Cell.number(Numbers.text(number.doubleValue()));
    }
    if (field.dataType() instanceof NumericType) {
      return Cell.number(value.toString());
    }
    if (field.dataType().equals(DataTypes.BinaryType)) {
      return Cell.pale(((byte[]) value).length + " bytes");
    }
    return Cell.of(shortened(value.toString()));
  }

  private static String shortened(String text) {
    return text.length() <= MOST_CHARACTERS ? text : text.substring(0, MOST_CHARACTERS) + "…";
  }
}
