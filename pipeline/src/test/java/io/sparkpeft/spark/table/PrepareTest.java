package io.sparkpeft.spark.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.data.TargetBits;
import io.sparkpeft.data.TokenFile;
import io.sparkpeft.data.TokenizedExample;
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
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** From sources to tokens. */
class PrepareTest extends TokenTableFixture {
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
        "["
            + String.join(",\n", IntStream.range(0, 20).mapToObj(TokenTableFixture::line).toList())
            + "]";
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
