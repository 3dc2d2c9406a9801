package io.sparkpeft.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonTest {
  @TempDir Path folder;

  @Test
  void canonicalFormIsPythonsWithSortedKeysAndTwoBlanks() {
    ObjectNode node = Json.object();
    node.put("r", 8).put("lora_dropout", 0.05).putNull("revision");
    node.set("target_modules", Json.tree(List.of("v_proj", "q_proj")));
    node.set("rank_pattern", Json.tree(Map.of()));
    node.putArray("empty");

    assertThat(Json.canonical(node))
        .isEqualTo(
            """
            {
              "empty": [],
              "lora_dropout": 0.05,
              "r": 8,
              "rank_pattern": {},
              "revision": null,
              "target_modules": [
                "v_proj",
                "q_proj"
              ]
            }""");
  }

  @Test
  void compactFormSortsKeysAtEveryDepth() throws Exception {
    assertThat(Json.compact(Json.parse("{\"b\": {\"d\": 1, \"c\": [2, 3]}, \"a\": null}")))
        .isEqualTo("{\"a\":null,\"b\":{\"c\":[2,3],\"d\":1}}");
  }

  @Test
  void aBrokenFileIsNamedWithItsLineAndColumn() throws Exception {
    Path file = Files.writeString(folder.resolve("config.json"), "{\n  \"r\": 8,\n  oops\n}");

    assertThatThrownBy(() -> Json.read(file))
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.DATA))
        .hasMessageContaining("Cannot read " + file + " as JSON.")
        .hasMessageContaining("line 3, column ");
  }

  @Test
  void aMissingFileIsMissingInput() {
    assertThatThrownBy(() -> Json.read(folder.resolve("none.json")))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.MISSING_INPUT))
        .hasMessageContaining("It does not exist.");
  }
}
