package io.sparkpeft.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
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

  /** The adapters that PEFT's benchmark published for Llama-3.2-3B. */
  @ParameterizedTest
  @CsvSource({"32, 9175040, 36715216", "64, 18350080, 73415408"})
  void predictsPublishedFileSizes(int r, long parameters, long fileBytes) {
    JsonNode config =
        counts().stream()
            .filter(golden -> golden.get("model").asText().equals("llama-3.2-3b"))
            .findFirst()
            .orElseThrow()
            .get("config");
    LoraConfig lora =
        LoraConfig.defaults().with("r", r).with("target_modules", List.of("q_proj", "v_proj"));

    AdapterShape shape = lora.shape(Goldens.base(Goldens.llama(config)));

    assertThat(shape.trainableParameters()).isEqualTo(parameters);
    assertThat(shape.fileBytes()).isEqualTo(fileBytes);
  }
}
