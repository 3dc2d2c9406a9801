package io.sparkpeft.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.SparkPeftException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TokenizerTest {
  @TempDir private Path folder;

  static Stream<Path> tokenizers() {
    return Stream.of(
        TestTokenizers.byteLevel(), TestTokenizers.byteFallback(), TestTokenizers.characters());
  }

  private static JsonNode golden(Path tokenizer) {
    return Json.read(tokenizer.resolveSibling("encodings.json"))
        .get(tokenizer.getFileName().toString());
  }

  private static int[] ints(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void idsOffsetsAndTextsAreThoseOfHuggingFace(Path path) {
    try (Tokenizer tokenizer = Tokenizer.open(path)) {
      for (JsonNode expected : golden(path).get("encodings")) {
        String text = expected.get("text").asText();
        Encoding encoding = tokenizer.encode(text, expected.get("special").asBoolean());
        assertThat(encoding.ids()).as(text).isEqualTo(ints(expected.get("ids")));
        assertThat(spans(encoding)).as(text).isEqualTo(spans(expected.get("spans")));
        assertThat(tokenizer.decode(encoding.ids(), true))
            .isEqualTo(expected.get("decoded").asText());
      }
    }
  }

  private static List<List<Integer>> spans(Encoding encoding) {
    List<List<Integer>> spans = new ArrayList<>();
    for (int i = 0; i < encoding.ids().length; i++) {
      spans.add(List.of(encoding.starts()[i], encoding.ends()[i]));
    }
    return spans;
  }

  private static List<List<Integer>> spans(JsonNode expected) {
    List<List<Integer>> spans = new ArrayList<>();
    for (JsonNode span : expected) {
      spans.add(
          span.isNull()
              ? List.of(Encoding.ADDED, Encoding.ADDED)
              : List.of(span.get(0).asInt(), span.get(1).asInt()));
    }
    return spans;
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void vocabularySizeIsTheHighestIdAndOne(Path path) {
    try (Tokenizer tokenizer = Tokenizer.open(path)) {
      assertThat(tokenizer.vocabularySize()).isEqualTo(golden(path).get("vocabulary_size").asInt());
    }
  }

  @Test
  void specialTokensAreReadAsTextAndAsObject() {
    try (Tokenizer bytes = Tokenizer.open(TestTokenizers.byteLevel());
        Tokenizer fallback = Tokenizer.open(TestTokenizers.byteFallback())) {
      assertThat(bytes.bosId()).isEmpty();
      assertThat(bytes.eosId()).hasValue(0);
      assertThat(bytes.unknownId()).isEmpty();
      assertThat(fallback.bosId()).hasValue(1);
      assertThat(fallback.eosId()).hasValue(2);
      assertThat(fallback.unknownId()).hasValue(0);
    }
  }

  @Test
  void theModelsMaximalLengthIsReadUnlessItMeansNone() {
    assertThat(TokenizerFiles.read(TestTokenizers.byteFallback()).modelMaxLength()).hasValue(64);
    assertThat(TokenizerFiles.read(TestTokenizers.characters()).modelMaxLength()).isEmpty();
  }

  @Test
  void withoutNamedSpecialTokensTheModelsConfigurationCounts() throws IOException {
    Files.copy(
        TestTokenizers.byteFallback().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    Files.writeString(
        folder.resolve("config.json"), "{\"bos_token_id\": 1, \"eos_token_id\": [2, 1]}");
    TokenizerFiles files = TokenizerFiles.read(folder);
    assertThat(files.bosText()).hasValue("<s>");
    assertThat(files.eosText()).hasValue("</s>");
  }

  @Test
  void theHashCoversEveryFile() throws IOException {
    Files.copy(
        TestTokenizers.byteFallback().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    String bare = TokenizerFiles.read(folder).sha256();
    Files.writeString(folder.resolve("chat_template.jinja"), "x");
    assertThat(TokenizerFiles.read(folder).sha256()).isNotEqualTo(bare);
    assertThat(TokenizerFiles.read(folder).chatTemplate()).hasValue("x");
  }

  @Test
  void chatTemplatesMayHaveNames() throws IOException {
    Files.copy(
        TestTokenizers.byteFallback().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"chat_template": [{"name": "tool_use", "template": "a"},
                           {"name": "default", "template": "b"}]}""");
    assertThat(TokenizerFiles.read(folder).chatTemplate()).hasValue("b");
  }

  @Test
  void aMissingTokenizerSaysSo() {
    assertThatThrownBy(() -> Tokenizer.open(folder))
        .isInstanceOf(SparkPeftException.class)
        .hasMessageStartingWith("There is no tokenizer.json in " + folder + ".")
        .extracting(e -> ((SparkPeftException) e).exitCode())
        .isEqualTo(ExitCode.MISSING_INPUT);
  }

  @Test
  void brokenJsonSaysWhere() throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), "{\n\"model\": }");
    assertThatThrownBy(() -> Tokenizer.open(folder))
        .hasMessageContaining("Cannot read " + folder.resolve("tokenizer.json") + " as JSON.")
        .hasMessageContaining("at line 2.")
        .extracting(SparkPeftException::exitCodeOf)
        .isEqualTo(ExitCode.DATA);
  }

  @Test
  void aSpecialTokenThatTheVocabularyLacksIsRefused() throws IOException {
    Files.copy(
        TestTokenizers.byteFallback().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"eos_token\": \"<stop>\"}");
    assertThatThrownBy(() -> Tokenizer.open(folder))
        .hasMessageContaining("names '<stop>' as eos_token");
  }
}
