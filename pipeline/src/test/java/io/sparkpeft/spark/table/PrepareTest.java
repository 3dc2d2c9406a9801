package io.sparkpeft.spark.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.data.TargetBits;
import io.sparkpeft.data.TokenFile;
import io.sparkpeft.data.TokenizedExample;
import io.sparkpeft.spark.LocalCluster;
import io.sparkpeft.text.Example;
import io.sparkpeft.text.Labels;
import io.sparkpeft.text.PromptTemplate;
import io.sparkpeft.text.TestTokenizers;
import io.sparkpeft.text.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrepareTest {
  @TempDir private Path folder;
  private SparkSession spark;

  @BeforeEach
  void startSpark() {
    spark = LocalCluster.local(2);
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private Settings settings(Path source) {
    return new Settings(
        "run",
        source.toString(),
        SourceFormat.AUTO,
        64,
        OverlongPolicy.DROP,
        BadRecordPolicy.FAIL,
        0,
        TestTokenizers.byteFallback());
  }

  /** What the tests vary. */
  private record Settings(
      String runId,
      String source,
      SourceFormat format,
      int maxLength,
      OverlongPolicy overlong,
      BadRecordPolicy onBadRecord,
      double validationFraction,
      Path model) {
    Settings run(String id) {
      return new Settings(
          id, source, format, maxLength, overlong, onBadRecord, validationFraction, model);
    }

    Settings longest(int tokens, OverlongPolicy policy) {
      return new Settings(
          runId, source, format, tokens, policy, onBadRecord, validationFraction, model);
    }

    Settings rejecting() {
      return new Settings(
          runId,
          source,
          format,
          maxLength,
          overlong,
          BadRecordPolicy.REJECT,
          validationFraction,
          model);
    }

    Settings validating(double fraction) {
      return new Settings(runId, source, format, maxLength, overlong, onBadRecord, fraction, model);
    }

    Settings model(Path newModel) {
      return new Settings(
          runId, source, format, maxLength, overlong, onBadRecord, validationFraction, newModel);
    }

    PrepareSettings at(Path table) {
      return new PrepareSettings(
          runId,
          source,
          format,
          "none",
          model,
          maxLength,
          overlong,
          onBadRecord,
          false,
          validationFraction,
          table.toString());
    }
  }

  private PrepareResult prepare(Settings settings) {
    return Prepare.run(spark, settings.at(table()));
  }

  private Path table() {
    return folder.resolve("tokens");
  }

  private PinnedTable pin() {
    return TokenTable.pin(spark, table().toString(), OptionalLong.empty(), Optional.empty());
  }

  private TokenFile spool() {
    return Spool.write(
        pin(), spark.sparkContext().hadoopConfiguration(), folder.resolve("spool.tokens"));
  }

  private static String line(int number) {
    return "{\"instruction\": \"the number \", \"output\": \"%d is a city\"}".formatted(number);
  }

  private static String lines(int count) {
    return String.join("\n", IntStream.range(0, count).mapToObj(PrepareTest::line).toList());
  }

  private static void assertFails(ThrowingCallable call, ExitCode code, String... parts) {
    assertThatThrownBy(call)
        .isInstanceOf(SparkPeftException.class)
        .hasMessageContainingAll(parts)
        .extracting(e -> ((SparkPeftException) e).exitCode())
        .isEqualTo(code);
  }

  @Test
  void aRanksSpoolIsTheTableIsWhatTheTokenizerSays() throws IOException {
    PrepareResult result = prepare(settings(write("data.jsonl", lines(50))));
    assertThat(result.audit().records()).isEqualTo(50);
    assertThat(result.audit().endedRecords()).isEqualTo(50);
    assertThat(result.reused()).isFalse();
    TokenFile file = spool();
    assertThat(file.size()).isEqualTo(50);
    long tokens = 0;
    try (Tokenizer tokenizer = Tokenizer.open(TestTokenizers.byteFallback())) {
      PromptTemplate template = PromptTemplate.of("none", tokenizer.files());
      for (int i = 0; i < 50; i++) {
        Example example = new Example.Instruction("the number ", "", i + " is a city");
        Labels expected = Labels.of(tokenizer, template, example, false);
        assertThat(file.example(i).tokens()).isEqualTo(expected.tokens());
        assertThat(file.example(i).targets()).isEqualTo(expected.targets());
        tokens += expected.tokens().length;
      }
    }
    assertThat(result.audit().tokens()).isEqualTo(tokens);
    assertThat(pin().tokens()).isEqualTo(tokens);
    assertThat(pin().targetTokens()).isEqualTo(result.audit().targetTokens());
    assertSpoolIsTable(file);
  }

  private void assertSpoolIsTable(TokenFile file) {
    List<Row> rows =
        spark
            .read()
            .format("delta")
            .load(table().toString())
            .orderBy("sample_index")
            .collectAsList();
    for (int i = 0; i < rows.size(); i++) {
      TokenizedExample example = file.example(i);
      byte[] bytes = rows.get(i).getAs("tokens");
      int[] tokens = new int[bytes.length / Integer.BYTES];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(tokens);
      assertThat(rows.get(i).<Long>getAs("sample_index")).isEqualTo(i);
      assertThat(example.tokens()).isEqualTo(tokens).hasSize(rows.get(i).getAs("token_count"));
      assertThat(example.targets())
          .isEqualTo(TargetBits.unpack(rows.get(i).getAs("targets"), tokens.length));
      assertThat(example.targetCount()).isEqualTo(rows.get(i).<Integer>getAs("target_count"));
    }
  }

  @Test
  void allFormatsGiveTheSameTable() throws IOException {
    String csv =
        "instruction,output\n"
            + String.join(
                "\n",
                IntStream.range(0, 20)
                    .mapToObj("\"the number \",%d is a city"::formatted)
                    .toList());
    String array =
        "[" + String.join(",\n", IntStream.range(0, 20).mapToObj(PrepareTest::line).toList()) + "]";
    Path jsonl = write("a.jsonl", lines(20));
    Path parquet = folder.resolve("b.parquet");
    Path delta = folder.resolve("c");
    Dataset<Row> rows = spark.read().json(jsonl.toString()).coalesce(1);
    rows.write().parquet(parquet.toString());
    rows.write().format("delta").save(delta.toString());
    prepare(settings(jsonl));
    TokenFile expected = spool();
    List<Path> others =
        List.of(
            write("d.csv", csv),
            write("e.json", array),
            write("f.json", lines(20)),
            parquet,
            delta);
    for (Path source : others) {
      prepare(settings(source).run(source.getFileName().toString()));
      TokenFile actual = spool();
      assertThat(actual.size()).as(source.toString()).isEqualTo(20);
      for (int i = 0; i < 20; i++) {
        assertThat(actual.example(i).tokens())
            .as(source.toString())
            .isEqualTo(expected.example(i).tokens());
      }
    }
  }

  @Test
  void theOrderIsTheSourcesWhateverThePartitions() throws IOException {
    Path files = Files.createDirectories(folder.resolve("parts"));
    for (int i = 0; i < 3; i++) {
      StringBuilder part = new StringBuilder();
      for (int j = 0; j < 11; j++) {
        part.append(line(100 * i + j)).append('\n');
      }
      Files.writeString(files.resolve("part-" + i + ".jsonl"), part.toString());
    }
    prepare(settings(files));
    TokenFile file = spool();
    long[] indexes = LongStream.range(0, 33).toArray();
    assertThat(IntStream.range(0, 33).mapToLong(file::sampleIndex)).containsExactly(box(indexes));
    try (Tokenizer tokenizer = Tokenizer.open(TestTokenizers.byteFallback())) {
      assertThat(tokenizer.decode(file.example(11).tokens(), true))
          .isEqualTo("the number 100 is a city");
      assertThat(tokenizer.decode(file.example(32).tokens(), true))
          .isEqualTo("the number 210 is a city");
    }
  }

  private static Long[] box(long[] values) {
    return LongStream.of(values).boxed().toArray(Long[]::new);
  }

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
  void theSameRunIsReusedAndAnotherUnderItsNameRefused() throws IOException {
    Settings settings = settings(write("data.jsonl", lines(5)));
    PrepareResult first = prepare(settings);
    PrepareResult again = prepare(settings);
    assertThat(again.reused()).isTrue();
    assertThat(again.version()).isEqualTo(first.version());
    assertThat(again.audit()).isEqualTo(first.audit());
    assertFails(
        () -> prepare(settings.longest(63, OverlongPolicy.DROP)),
        ExitCode.CONFIGURATION,
        "The run 'run' has written " + table() + " already, from something else.",
        "max_length: 64 against 63");
    PrepareResult other = prepare(settings.longest(63, OverlongPolicy.DROP).run("other"));
    assertThat(other.version()).isGreaterThan(first.version());
    assertThat(prepare(settings).version()).isEqualTo(first.version());
  }

  @Test
  void olderVersionsStayPinned() throws IOException {
    PrepareResult first = prepare(settings(write("data.jsonl", lines(5))));
    prepare(settings(write("more.jsonl", lines(9))).run("more"));
    PinnedTable old =
        TokenTable.pin(
            spark, table().toString(), OptionalLong.of(first.version()), Optional.empty());
    assertThat(old.examples()).isEqualTo(5);
    assertThat(
            Spool.write(
                    old, spark.sparkContext().hadoopConfiguration(), folder.resolve("old.tokens"))
                .size())
        .isEqualTo(5);
    assertThat(pin().examples()).isEqualTo(9);
    assertFails(
        () -> TokenTable.pin(spark, table().toString(), OptionalLong.of(77), Optional.empty()),
        ExitCode.MISSING_INPUT,
        "has no version 77");
  }

  @Test
  void aTableOfAnotherRecipeIsRefusedWithBothValues() throws IOException {
    Settings settings = settings(write("data.jsonl", lines(5)));
    prepare(settings);
    TableIdentity same = Prepare.identity(spark, settings.at(table()));
    assertThat(
            TokenTable.pin(spark, table().toString(), OptionalLong.empty(), Optional.of(same))
                .examples())
        .isEqualTo(5);
    Settings otherData = settings(write("other.jsonl", lines(6)));
    TableIdentity other = Prepare.identity(spark, otherData.at(table()));
    assertFails(
        () -> TokenTable.pin(spark, table().toString(), OptionalLong.empty(), Optional.of(other)),
        ExitCode.DATA,
        "was not made by this recipe.",
        "data_sha256: " + same.values().get("data_sha256"),
        " against " + other.values().get("data_sha256"));
  }

  @Test
  void thereMustBeATable() {
    assertFails(this::pin, ExitCode.MISSING_INPUT, "There is no token table at " + table() + ".");
  }

  @Test
  void validationRecordsAreChosenByContentAndKeptFromTraining() throws IOException {
    Path source = write("data.jsonl", lines(200) + "\n" + lines(200));
    PrepareResult result = prepare(settings(source).validating(0.2));
    assertThat(result.trainRecords() + result.validationRecords()).isEqualTo(400);
    assertThat(result.validationRecords()).isBetween(40L, 120L).isEven();
    assertThat(spool().size()).isEqualTo((int) result.trainRecords());
    Dataset<Row> table = spark.read().format("delta").load(table().toString());
    assertThat(table.select("tokens", "split").distinct().count()).isEqualTo(200);
  }

  @Test
  void conversationsAndOtherNamesAreUnderstood() throws IOException {
    Path source =
        write(
            "data.jsonl",
            """
            {"prompt": "the city ", "completion": "is a city"}
            {"question": "the city ", "answer": "is a city"}
            {"context": "the city ", "completion": "is a city"}
            {"messages": [{"role": "user", "content": "the city "}, {"role": "assistant", "content": "is a city"}]}
            {"conversations": [{"from": "human", "value": "the city "}, {"from": "gpt", "value": "is a city"}]}
            """);
    prepare(settings(source));
    TokenFile file = spool();
    assertThat(file.size()).isEqualTo(5);
    for (int i = 1; i < 5; i++) {
      assertThat(file.example(i).tokens()).isEqualTo(file.example(0).tokens());
      assertThat(file.example(i).targets()).isEqualTo(file.example(0).targets());
    }
  }

  @Test
  void settingsOutOfRangeAreRefused() throws IOException {
    Path source = write("data.jsonl", lines(2));
    assertFails(
        () -> prepare(settings(source).validating(1)),
        ExitCode.CONFIGURATION,
        "data.validation_fraction is 1.0.");
    assertFails(
        () -> prepare(settings(source).longest(1, OverlongPolicy.DROP)),
        ExitCode.CONFIGURATION,
        "data.max_length is 1.");
  }
}
