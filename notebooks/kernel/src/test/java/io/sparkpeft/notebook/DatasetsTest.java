package io.sparkpeft.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.api.Results;
import io.sparkpeft.chart.Histogram;
import io.sparkpeft.chart.Histogram.Bin;
import io.sparkpeft.chart.LineChart.Series;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Datasets as tables and pictures. */
class DatasetsTest {
  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", false)
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", 1)
            .getOrCreate();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void aTableHasTypesNullsAndShortenedTexts() {
    Rendered table =
        RowsView.render(
            spark.sql(
                """
                SELECT 1234567 AS n, 0.123456D AS x, NULL AS nothing, X'0102' AS bytes,
                       '<b>' AS name, repeat('y', 300) AS long"""));
    assertThat(table.html())
        .contains("name<br>", ">double</span>", "1234567", "0.1235", "2 bytes", "&lt;b&gt;")
        .contains(">" + "y".repeat(200) + "…<", "1 row; 6 columns");
    assertThat(table.text()).startsWith("n        x       nothing  bytes    name  long");
  }

  @Test
  void aTableSaysWhetherItWasCut() {
    assertThat(RowsView.render(spark.range(21)).text())
        .endsWith("\n19\nthe first 20 rows, there are more; 1 column");
    assertThat(RowsView.render(spark.range(20)).text()).endsWith("\n19\n20 rows; 1 column");
    assertThat(new RowsView(spark.range(9).toDF(), 2).render().text())
        .isEqualTo("id\n 0\n 1\nthe first 2 rows, there are more; 1 column");
    assertThat(RowsView.render(spark.range(0)).text()).isEqualTo("id\n0 rows; 1 column");
  }

  @Test
  void aHistogramCountsEveryValueOnce() {
    Dataset<Row> values = spark.sql("SELECT id % 50 AS v FROM range(1000) UNION ALL SELECT NULL");
    Histogram histogram = Charts.histogram("v", values, "v");
    assertThat(histogram.bins()).hasSize(25).allMatch(bin -> bin.count() == 40);
    assertThat(histogram.bins().get(0)).isEqualTo(new Bin(0, 2, 40));
    assertThat(Charts.histogram("v", spark.sql("SELECT 7 AS v"), "v").bins())
        .containsExactly(new Bin(7, 8, 1));
    assertThat(Charts.histogram("v", spark.sql("SELECT 0.5D AS v"), "v").bins())
        .singleElement()
        .matches(bin -> bin.count() == 1 && bin.from() <= 0.5 && 0.5 < bin.to());
    assertThat(Charts.histogram("v", values.where("false"), "v").bins()).isEmpty();
  }

  @Test
  void curvesAreSortedAndHaveTheirNames() {
    Dataset<Row> rows =
        spark.sql("SELECT * FROM VALUES ('b', 2, 1.5), ('b', 1, 2.5), ('a', 1, NULL) AS (m, s, l)");
    assertThat(Charts.curves("t", rows, "s", "l", "m").series())
        .extracting(Series::name)
        .containsExactly("a", "b");
    assertThat(Charts.curves("t", rows, "s", "l", "m").text())
        .isEqualTo("a: no values yet\nb: l 2.5 at s 1, 1.5 at 2");
  }

  @Test
  void barsKeepTheRowsOrder() {
    Dataset<Row> rows =
        spark.sql(
            "SELECT * FROM VALUES ('t', 'z', 0.5, 0.1), ('t', 'a', 0.25, NULL) AS (g, l, v, e)");
    assertThat(Charts.bars("t", rows, "g", "l", "v", "e").text())
        .isEqualTo("t\n  z: 0.50 ± 0.10\n  a: 0.25");
  }

  @Test
  void runsGetNames() {
    Map<String, String> names =
        Notebook.names(spark, "method", Map.of("LoRA", Results.finetuned()))
            .collectAsList()
            .stream()
            .collect(Collectors.toMap(row -> row.getString(0), row -> row.getString(1)));
    assertThat(names).containsExactly(Map.entry("4bf1", "LoRA"));
  }
}
