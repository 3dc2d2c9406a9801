package io.sparkpeft.notebook;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.floor;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;

import io.sparkpeft.chart.Axis;
import io.sparkpeft.chart.BarChart;
import io.sparkpeft.chart.BarChart.Bar;
import io.sparkpeft.chart.BarChart.Group;
import io.sparkpeft.chart.Histogram;
import io.sparkpeft.chart.Histogram.Bin;
import io.sparkpeft.chart.LineChart;
import io.sparkpeft.chart.LineChart.Point;
import io.sparkpeft.chart.LineChart.Series;
import io.sparkpeft.chart.LineChart.Style;
import io.sparkpeft.report.ScoreBars;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.IntegralType;

/**
 * Pictures of a Dataset's columns. What is drawn is read to the driver; a histogram only as bins.
 */
public final class Charts {
  private static final int BINS = 30;

  private Charts() {}

  /**
   * A curve for each value of a column.
   *
   * @param rows in any order
   * @param series the column that says which curve a row belongs to
   */
  public static LineChart curves(
      String title, Dataset<Row> rows, String x, String y, String series) {
    Map<String, List<Point>> curves = new LinkedHashMap<>();
    rows.select(col(series).cast("string"), col(x).cast("double"), col(y).cast("double"))
        .orderBy(col(series), col(x))
        .collectAsList()
        .forEach(
            row ->
                curves
                    .computeIfAbsent(row.getString(0), name -> new ArrayList<>())
                    .add(
                        new Point(
                            row.getDouble(1), row.isNullAt(2) ? Double.NaN : row.getDouble(2))));
    List<Series> drawn = new ArrayList<>();
    curves.forEach(
        (name, points) -> drawn.add(new Series(name, Style.STRONG, drawn.size(), points)));
    return new LineChart(title, Axis.of(x), Axis.of(y), drawn);
  }

  /**
   * Bars with error bars, in the rows' order.
   *
   * @param group the column that says which bars stand together
   * @param label the column of the bars' names
   * @param error the column of standard errors, which may be null
   */
  public static BarChart bars(
      String title, Dataset<Row> rows, String group, String label, String value, String error) {
    Map<String, List<Bar>> groups = new LinkedHashMap<>();
    rows.select(
            col(group).cast("string"),
            col(label).cast("string"),
            col(value).cast("double"),
            col(error).cast("double"))
        .collectAsList()
        .forEach(
            row ->
                groups.computeIfAbsent(row.getString(0), name -> new ArrayList<>()).add(bar(row)));
    return new BarChart(
        title,
        Axis.of(value),
        ScoreBars.ERRORS,
        groups.entrySet().stream().map(e -> new Group(e.getKey(), e.getValue())).toList());
  }

  private static Bar bar(Row row) {
    return new Bar(
        row.getString(1),
        row.getDouble(2),
        row.isNullAt(3) ? OptionalDouble.empty() : OptionalDouble.of(row.getDouble(3)));
  }

  /**
   * How often a column's values fall where, in at most {@value #BINS} bins of one width; a bin of
   * whole numbers is as wide as a whole number.
   */
  public static Histogram histogram(String title, Dataset<Row> rows, String column) {
    boolean whole = rows.select(column).schema().apply(0).dataType() instanceof IntegralType;
    Dataset<Row> values = rows.select(col(column).cast("double").as("value")).na().drop();
    Row range = values.agg(min("value"), max("value")).first();
    return new Histogram(
        title,
        Axis.of(column),
        Axis.of("rows"),
        range.isNullAt(0)
            ? List.of()
            : bins(values, range.getDouble(0), range.getDouble(1), whole ? 1 : 0),
        List.of());
  }

  private static List<Bin> bins(Dataset<Row> values, double low, double high, double leastWidth) {
    double width = Math.max(width(high - low), leastWidth);
    long first = (long) Math.floor(low / width);
    long[] counts = new long[(int) ((long) Math.floor(high / width) - first) + 1];
    values
        .groupBy(floor(col("value").divide(width)).as("bin"))
        .agg(count(lit(1)))
        .collectAsList()
        .forEach(row -> counts[(int) (row.getLong(0) - first)] = row.getLong(1));
    List<Bin> bins = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      bins.add(new Bin((first + i) * width, (first + i + 1) * width, counts[i]));
    }
    return bins;
  }

  /** 1, 2 or 5 times a power of ten. */
  private static double width(double span) {
    double least = Math.max(span, 1e-9) / BINS;
    double power = Math.pow(10, Math.floor(Math.log10(least)));
    for (double digit : new double[] {1, 2, 5}) {
      if (digit * power >= least) {
        return digit * power;
      }
    }
    return 10 * power;
  }
}
