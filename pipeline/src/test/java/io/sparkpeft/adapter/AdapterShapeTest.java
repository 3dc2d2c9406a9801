package io.sparkpeft.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class AdapterShapeTest {
  static List<JsonNode> counts() {
    return Goldens.cases("counts.json");
  }

  /** Six models of Meta's and TinyLlama: what PEFT counts on a model without weights. */
  @ParameterizedTest
  @MethodSource("counts")
  void countsWhatPeftCounts(JsonNode golden) {
    BaseModel base = Goldens.base(Goldens.llama(golden.get("config")));
    LoraConfig config = LoraConfig.of(golden.get("settings")).resolvedFor(base);

    AdapterShape shape = config.shape(base);

    assertThat(shape.trainableParameters())
        .isEqualTo(golden.get("trainable_parameters").longValue());
    if (golden.has("file_bytes")) {
      assertThat(shape.fileBytes()).isEqualTo(golden.get("file_bytes").longValue());
    }
  }

  /** The adapters that PEFT's benchmark published for Llama-3.2-3B, to the byte. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "{'r': 32} | 9175040 | 36715216",
        "{'r': 64} | 18350080 | 73415408",
        "{'r': 32, 'use_dora': true} | 9289728 | 37181760",
        "{'peft_type': 'VBLORA', 'r': 4} | 1212416 | 4864912"
      })
  void predictsPublishedFileSizes(String settings, long parameters, long fileBytes)
      throws JsonProcessingException {
    ObjectNode keys = (ObjectNode) Json.parse(settings.replace('\'', '"'));
    keys.set("target_modules", Json.tree(List.of("q_proj", "v_proj")));

    AdapterShape shape = AdapterConfig.of(keys).shape(llama3B());

    assertThat(shape.trainableParameters()).isEqualTo(parameters);
    assertThat(shape.fileBytes()).isEqualTo(fileBytes);
  }

  private static BaseModel llama3B() {
    return Goldens.base(
        Goldens.llama(
            counts().stream()
                .filter(golden -> golden.get("model").asText().equals("llama-3.2-3b"))
                .findFirst()
                .orElseThrow()
                .get("config")));
  }
}
