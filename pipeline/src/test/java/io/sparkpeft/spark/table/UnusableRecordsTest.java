package io.sparkpeft.spark.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.text.TestTokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** Records that cannot be used, sources that hold none, tables that cannot be written. */
class UnusableRecordsTest extends TokenTableFixture {
  @Test
  void aBrokenLineSaysFileAndLine() throws IOException {
    Path source = write("data.jsonl", line(1) + "\n\n{\"instruction\": \"x\", \n" + line(2));
    assertFails(
        () -> prepare(settings(source)),
        ExitCode.DATA,
        "data.jsonl, line 3: broken JSON at column",
        "It reads: {\"instruction\": \"x\", .",
        "data.on_bad_record = reject");
    assertThat(table()).doesNotExist();
  }

  @Test
  void aBrokenArraySaysFileAndLineEvenWhenRejecting() throws IOException {
    Path source =
        write("data.json", "[" + line(1) + ",\n" + line(2) + ",\n{\"instruction\" \"x\"}]");
    assertFails(
        () -> prepare(settings(source).rejecting()), ExitCode.DATA, "data.json, line 3: column");
  }

  @Test
  void aRecordWithoutAnswerIsNamed() throws IOException {
    Path source = write("data.json", "[" + line(1) + ",\n{\"instruction\": \"x\"}]");
    assertFails(
        () -> prepare(settings(source)),
        ExitCode.DATA,
        "data.json, line 2: it has no answer field (output, completion, response, answer)");
  }

  @Test
  void badRecordsGoToATableOfTheirOwn() throws IOException {
    Path source = write("data.jsonl", line(1) + "\n{\"instruction\": \"x\"}\nnonsense\n" + line(2));
    PrepareResult result = prepare(settings(source).rejecting());
    assertThat(result.audit().records()).isEqualTo(2);
    assertThat(result.audit().dropped()).isEqualTo(Map.of("bad_record", 2L));
    List<Row> rejects =
        spark
            .read()
            .format("delta")
            .load(settings(source).at(table()).rejectsTable())
            .orderBy("line")
            .collectAsList();
    assertThat(rejects).hasSize(2);
    assertThat(rejects.get(0).<String>getAs("run_id")).isEqualTo("run");
    assertThat(rejects.get(0).<Long>getAs("line")).isEqualTo(2);
    assertThat(rejects.get(0).<String>getAs("reason")).startsWith("it has no answer field");
    assertThat(rejects.get(1).<String>getAs("record")).isEqualTo("nonsense");
  }

  /** Rejects are written, tokens are not: the next try leaves the rejects as they are. */
  @Test
  void aRunThatFailedBetweenItsTablesIsCompletedWithoutDoubles() throws IOException {
    Path source = write("data.jsonl", line(1) + "\nnonsense\n" + line(2));
    write("tokens", "in the way");
    assertFails(
        () -> prepare(settings(source).rejecting()),
        ExitCode.CANNOT_WRITE,
        "Cannot write the table " + table() + ".");
    Files.delete(table());
    PrepareResult result = prepare(settings(source).rejecting());
    assertThat(result.audit().records()).isEqualTo(2);
    String rejects = settings(source).at(table()).rejectsTable();
    assertThat(spark.read().format("delta").load(rejects).count()).isEqualTo(1);
  }

  @Test
  void emptyAnswersAreDroppedAndCounted() throws IOException {
    Path source = write("data.jsonl", line(1) + "\n{\"instruction\": \"x\", \"output\": \" \"}\n");
    PrepareResult result = prepare(settings(source));
    assertThat(result.audit().records()).isEqualTo(1);
    assertThat(result.audit().dropped()).isEqualTo(Map.of("empty_answer", 1L));
  }

  @Test
  void overlongRecordsAreDroppedCutOrRefused() throws IOException {
    String longAnswer = "the city ".repeat(20);
    String longPrompt = "{\"instruction\": \"%s\", \"output\": \"a city\"}".formatted(longAnswer);
    String longOutput = "{\"instruction\": \"a \", \"output\": \"%s\"}".formatted(longAnswer);
    Path source = write("data.jsonl", String.join("\n", line(1), longPrompt, longOutput));
    PrepareResult dropped = prepare(settings(source).longest(24, OverlongPolicy.DROP));
    assertThat(dropped.audit().dropped()).isEqualTo(Map.of("overlong", 1L, "prompt_too_long", 1L));
    PrepareResult cut = prepare(settings(source).longest(24, OverlongPolicy.TRUNCATE).run("cut"));
    assertThat(cut.audit().records()).isEqualTo(2);
    assertThat(cut.audit().truncated()).isEqualTo(1);
    assertThat(cut.audit().endedRecords()).isEqualTo(1);
    assertThat(cut.audit().dropped()).isEqualTo(Map.of("prompt_too_long", 1L));
    assertThat(spool().tokenCount(1)).isEqualTo(24);
    assertFails(
        () -> prepare(settings(source).longest(24, OverlongPolicy.FAIL).run("fail")),
        ExitCode.DATA,
        "data.jsonl, line 2 has ",
        "1 records more are too long as well.",
        "data.max_length is 24 and data.overlong is fail.");
  }

  @Test
  void nothingLeftIsAnError() throws IOException {
    Path source = write("data.jsonl", "{\"instruction\": \"x\", \"output\": \"\"}\n");
    assertFails(
        () -> prepare(settings(source)),
        ExitCode.DATA,
        "No record of ",
        "Dropped: 1 for empty_answer.");
  }

  @Test
  void aMissingSourceIsMissingInput() {
    assertFails(
        () -> prepare(settings(folder.resolve("none.json"))),
        ExitCode.MISSING_INPUT,
        "There is no data at " + folder.resolve("none.json") + ".");
  }

  @Test
  void aTokenizerBeyondTheModelsVocabularyIsRefused() throws IOException {
    Path model = Files.createDirectories(folder.resolve("model"));
    for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
      Files.copy(TestTokenizers.byteFallback().resolve(name), model.resolve(name));
    }
    Files.writeString(model.resolve("config.json"), "{\"vocab_size\": 300}");
    Path source = write("data.jsonl", lines(3));
    assertFails(
        () -> prepare(settings(source).model(model)),
        ExitCode.DATA,
        "The tokenizer in " + model + " gives the id ",
        "(vocab_size in config.json) has 300 ids.");
  }

  @Test
  void aFullDiskLeavesNoTable() throws IOException {
    spark.sparkContext().hadoopConfiguration().set("fs.full.impl", FullFileSystem.class.getName());
    Path table = Path.of("full:" + table());
    Path source = write("data.jsonl", lines(2));
    assertDiskFull(settings(source).at(table), "tokens");
    write("data.jsonl", line(1) + "\nnonsense\n" + line(2));
    assertDiskFull(settings(source).rejecting().at(table), "tokens_rejects");
    assertThat(folder).isDirectoryNotContaining(path -> !path.endsWith("data.jsonl"));
  }

  private void assertDiskFull(PrepareSettings settings, String table) {
    assertFails(
        () -> Prepare.run(spark, settings),
        ExitCode.CANNOT_WRITE,
        "Cannot write the table full:" + folder.resolve(table) + ".",
        "No space left on device");
  }
}
