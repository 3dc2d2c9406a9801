package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Published config.json files, see reference/hub_configs.py. */
class HubConfigsTest {

  record Row(String name, JsonNode published, JsonNode saved, long parameters) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Row> rows() throws URISyntaxException {
    Path file = Path.of(HubConfigsTest.class.getResource("hub_configs.json").toURI());
    List<Row> rows = new ArrayList<>();
    for (JsonNode row : Json.read(file)) {
      rows.add(
          new Row(
              row.get("name").asText(),
              row.get("published"),
              row.get("saved"),
              row.get("parameters").asLong()));
    }
    return rows;
  }

  /** Keys of old and new versions of transformers mean the same, left out or not. */
  @ParameterizedTest
  @MethodSource("rows")
  void meansWhatTransformersTakesItFor(Row row) {
    assertThat(architecture(row.published())).isEqualTo(architecture(row.saved()));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void hasAsManyParameters(Row row) {
    assertThat(DecoderConfig.read(row.published()).parameterCount()).isEqualTo(row.parameters());
  }

  /** Without the special tokens, for which transformers has defaults that are no choice of ours. */
  private static DecoderConfig architecture(JsonNode config) {
    JsonNode copy = config.deepCopy();
    ((ObjectNode) copy).remove(List.of("bos_token_id", "eos_token_id", "dtype"));
    return DecoderConfig.read(copy);
  }
}
