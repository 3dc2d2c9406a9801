package io.sparkpeft.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.tensor.Engine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParameterRatesTest {
  private static final double DECAY = 0.1;
  private static final JsonNode GOLDEN = Golden.file("loraplus.json");

  private NDManager manager;

  @BeforeEach
  void open() {
    Engine.prepareThread();
    manager = Engine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"pairs", "biases", "magnitudes", "modules"})
  void loraPlusHasTheGroupsOfPeft(String adapter) {
    double rate = GOLDEN.get("learning_rate").doubleValue();
    ParameterRates rates =
        new ParameterRates(
            rate,
            OptionalDouble.of(GOLDEN.get("ratio").doubleValue()),
            GOLDEN.get("embedding").doubleValue(),
            1e-3,
            1e-2,
            GOLDEN.get("weight_decay").doubleValue());
    JsonNode expected = GOLDEN.get("adapters").get(adapter);
    Map<String, ParameterGroup> found = byName(rates.groups(parameters(expected)));
    assertThat(found).hasSameSizeAs(expected).hasSizeGreaterThan(5);
    expected
        .properties()
        .forEach(
            entry -> {
              ParameterGroup group = found.get(entry.getKey());
              assertThat(rate * group.learningRateMultiplier())
                  .as(entry.getKey())
                  .isCloseTo(entry.getValue().get("learning_rate").doubleValue(), within(1e-12));
              assertThat(group.weightDecay())
                  .as(entry.getKey())
                  .isEqualTo(entry.getValue().get("weight_decay").doubleValue());
            });
  }

  @Test
  void withoutLoraPlusThereIsOneGroupAndBiasesAndNormsDoNotDecay() {
    List<ParameterGroup> pairs = plain().groups(parameters(GOLDEN.get("adapters").get("pairs")));
    assertThat(pairs).hasSize(1);
    assertThat(pairs.get(0).learningRateMultiplier()).isEqualTo(1);
    assertThat(pairs.get(0).weightDecay()).isEqualTo(DECAY);
    assertThat(withoutDecay("biases")).hasSize(5).allMatch(name -> name.endsWith("bias"));
    assertThat(withoutDecay("modules")).hasSize(3).allMatch(name -> name.endsWith("norm.weight"));
    assertThat(withoutDecay("magnitudes")).isEmpty();
  }

  @Test
  void vbLoraHasRatesOfItsOwn() {
    List<AdapterParameter> parameters =
        List.of(
            parameter("base_model.vblora_vector_bank", 4, 8),
            parameter("base_model.model.layers.0.q_proj.vblora_logits_A", 2, 1, 4),
            parameter("base_model.model.layers.0.q_proj.vblora_logits_B", 1, 2, 4),
            parameter("base_model.model.score.weight", 2, 8));
    Map<String, ParameterGroup> groups = byName(plain().groups(parameters));
    assertThat(groups.values().stream().distinct()).hasSize(3);
    assertThat(2e-4 * groups.get("base_model.vblora_vector_bank").learningRateMultiplier())
        .isCloseTo(1e-3, within(1e-15));
    assertThat(
            2e-4
                * groups
                    .get("base_model.model.layers.0.q_proj.vblora_logits_B")
                    .learningRateMultiplier())
        .isCloseTo(1e-2, within(1e-15));
    assertThat(groups.get("base_model.model.score.weight").learningRateMultiplier()).isEqualTo(1);
  }

  private static ParameterRates plain() {
    return new ParameterRates(2e-4, OptionalDouble.empty(), 1e-6, 1e-3, 1e-2, DECAY);
  }

  private List<String> withoutDecay(String adapter) {
    return plain().groups(parameters(GOLDEN.get("adapters").get(adapter))).stream()
        .filter(group -> group.weightDecay() == 0)
        .flatMap(group -> group.parameters().stream())
        .map(AdapterParameter::name)
        .toList();
  }

  private static Map<String, ParameterGroup> byName(List<ParameterGroup> groups) {
    Map<String, ParameterGroup> byName = new TreeMap<>();
    groups.forEach(group -> group.parameters().forEach(p -> byName.put(p.name(), group)));
    return byName;
  }

  private List<AdapterParameter> parameters(JsonNode adapter) {
    List<AdapterParameter> parameters = new ArrayList<>();
    adapter
        .properties()
        .forEach(
            entry -> {
              JsonNode shape = entry.getValue().get("shape");
              long[] dimensions = new long[shape.size()];
              for (int i = 0; i < dimensions.length; i++) {
                dimensions[i] = shape.get(i).longValue();
              }
              parameters.add(parameter(entry.getKey(), dimensions));
            });
    return parameters;
  }

  private AdapterParameter parameter(String name, long... shape) {
    return new AdapterParameter(name, manager.zeros(new Shape(shape)), 0);
  }
}
