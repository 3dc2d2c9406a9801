package io.sparkpeft.spark.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.delta.tables.DeltaTable;
import io.sparkpeft.base.Json;
import io.sparkpeft.spark.table.RunAppend.Appended;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** A run's rows stand in a table once, and whoever tries again hears of it. */
class RunAppendTest extends TokenTableFixture {

  @Test
  void aSecondAppendAddsNothingAndSaysWhereTheFirstIs() throws Exception {
    Appended first = append().append("it's", rows(0, 3), Json.object().put("why", "test"));
    append().append("other", rows(10, 12), Json.object());
    Appended second = append().append("it's", rows(0, 3), Json.object());

    assertThat(first).isEqualTo(new Appended(0, true));
    assertThat(first.skipped("it's", path())).isEmpty();
    assertThat(second).isEqualTo(new Appended(0, false));
    assertThat(second.skipped("it's", path()))
        .contains(
            "Skipped: the rows of run it's are in " + path() + " already, written at version 0.");
    assertThat(count()).isEqualTo(5);
    assertThat(DeltaTable.forPath(spark, path()).history().count()).isEqualTo(2);
  }

  /** As it is for a table whose log was cleaned: Delta knows the transaction, history does not. */
  @Test
  void whatDeltaDropsInSilenceIsToldAsSkipped() throws Exception {
    append().append("first", rows(0, 3), Json.object());
    rows(3, 5)
        .write()
        .format("delta")
        .mode("append")
        .option("txnAppId", "spark-peft/test/run")
        .option("txnVersion", "1")
        .save(path());
    Appended again = append().append("run", rows(7, 9), Json.object());

    assertThat(again).isEqualTo(new Appended(-1, false));
    assertThat(again.skipped("run", path()))
        .contains(
            "Skipped: the rows of run run are in "
                + path()
                + " already, written before its history begins.");
    assertThat(count()).isEqualTo(5);
  }

  @Test
  void tablesAndApplicationsHaveTransactionsOfTheirOwn() throws Exception {
    append().append("run", rows(0, 3), Json.object());
    Appended other =
        new RunAppend(spark, path(), "spark-peft/other").append("run", rows(3, 4), Json.object());
    assertThat(other).isEqualTo(new Appended(1, true));
    assertThat(count()).isEqualTo(4);
  }

  private RunAppend append() {
    return new RunAppend(spark, path(), "spark-peft/test");
  }

  private Dataset<Row> rows(long from, long to) {
    return spark.range(from, to).toDF("id");
  }

  private long count() {
    return spark.read().format("delta").load(path()).count();
  }

  private String path() {
    return table().toString();
  }
}
