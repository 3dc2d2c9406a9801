package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterCombination;
import io.sparkpeft.adapter.AdapterCombination.Part;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.adapter.BaseModel;
import io.sparkpeft.adapter.CombinationType;
import io.sparkpeft.adapter.LoraConfig;
import io.sparkpeft.adapter.Merge;
import io.sparkpeft.adapter.MergeMode;
import io.sparkpeft.optim.Optimizer;
import io.sparkpeft.optim.OptimizerSettings.AdamWSettings;
import io.sparkpeft.optim.ParameterGroup;
import io.sparkpeft.optim.StateMemory;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Product;
import io.sparkpeft.weights.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * LoRA of experts and routers as PEFT has it, see reference/lora_variants.py. Logits, gradients,
 * merged weights and files read back are LoraVariantsReferenceTest's.
 */
class ExpertsReferenceTest {
  @TempDir Path folder;

  static List<String> variants() throws IOException {
    return ReferenceModel.names("lora_variants").stream()
        .filter(name -> name.startsWith("experts"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void fiveStepsOfAdamW(String variant) {
    try (ReferenceModel model = open(variant, Dtype.FLOAT32);
        Optimizer optimizer =
            Optimizer.create(
                AdamWSettings.defaults(),
                ParameterGroup.single(model.adapter.parameters(), 0.01),
                new StateMemory.Resident())) {
      AdapterTraining training =
          new AdapterTraining(model.decoder, model.adapter, Checkpointing.KEEP_ALL);
      float[] gradient = new float[model.adapter.parameterCount()];
      double share = 1.0 / model.batch().targetCount();
      JsonNode losses = model.facts.get("step_losses");
      assertThat(losses).hasSize(5);
      for (JsonNode expected : losses) {
        double loss = training.lossAndGradient(model.batch(), share, 0, gradient) * share;
        assertThat(loss).isCloseTo(expected.asDouble(), within(1e-4));
        optimizer.step(gradient, 0.01);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void greedyTextOfRaggedPrompts(String variant) {
    try (ReferenceModel model = open(variant, Dtype.FLOAT32)) {
      model.assertGreedyTexts();
    }
  }

  /** Names, their order and their values as in PEFT's own file. */
  @ParameterizedTest
  @MethodSource("variants")
  void filesArePefts(String variant) throws IOException {
    Path written = ReferenceModel.path("lora_variants/" + variant).resolve("adapter");
    try (ReferenceModel model = open(variant, Dtype.FLOAT32)) {
      model.adapter.save(folder, "base");
      assertThat(folder.resolve("adapter_model.safetensors"))
          .hasSameBinaryContentAs(written.resolve("adapter_model.safetensors"));
      assertThat(model.adapter.config().shape(model.decoder.config().baseModel()).fileBytes())
          .isEqualTo(Files.size(written.resolve("adapter_model.safetensors")));
      assertThat(sorted(folder.resolve("adapter_config.json")))
          .isEqualTo(sorted(written.resolve("adapter_config.json")));
    }
  }

  /** PEFT leaves the order of what it holds as sets to chance. */
  private static List<String> sorted(Path config) throws IOException {
    return Files.readAllLines(config).stream().map(line -> line.replace(",", "")).sorted().toList();
  }

  /** In fp32 and bf16; what is trained changes nothing before its first step. */
  @ParameterizedTest
  @MethodSource("variants")
  void aNewOneBeginsAsNothing(String variant) {
    for (Dtype dtype : List.of(Dtype.FLOAT32, Dtype.BFLOAT16)) {
      try (ReferenceModel model = open(variant, dtype)) {
        BaseModel base = model.decoder.config().baseModel();
        int[] tokens = model.tokens("long");
        float[] without = model.decoder.logits(Optional.empty(), tokens);
        try (Adapter begun = Adapters.create(model.manager, model.adapter.config(), base, 3)) {
          assertThat(model.decoder.logits(Optional.of(begun), tokens)).isEqualTo(without);
        }
        float[] adapted = model.decoder.logits(Optional.of(model.adapter), tokens);
        assertThat(adapted).isNotEqualTo(without);
      }
    }
  }

  /** All matrices are one linear layer for torch, whose width is all of their ranks. */
  @Test
  void beginsWithWhatPeftDrawsFrom() {
    try (ReferenceModel model = open("experts_alone", Dtype.FLOAT32)) {
      LoraConfig config =
          LoraConfig.defaults()
              .with("target_parameters", List.of("down_proj"))
              .with("init_lora_weights", false);
      BaseModel base = model.decoder.config().baseModel();
      String module = "base_model.model.model.layers.0.mlp.experts.";
      try (Adapter random = Adapters.create(model.manager, config, base, 3);
          Adapter gaussian =
              Adapters.create(
                  model.manager, config.with("init_lora_weights", "gaussian"), base, 3)) {
        assertThat(largest(values(random, module + "lora_A.weight")) * Math.sqrt(20))
            .isBetween(0.95, 1.0);
        assertThat(largest(values(random, module + "lora_B.weight")) * Math.sqrt(8 * 5))
            .isBetween(0.95, 1.0);
        assertThat(deviation(values(gaussian, module + "lora_A.weight")) * 8).isBetween(0.9, 1.1);
        assertThat(largest(values(gaussian, module + "lora_B.weight"))).isZero();
      }
    }
  }

  private static float[] values(Adapter adapter, String name) {
    return adapter.parameters().stream()
        .filter(parameter -> parameter.name().equals(name))
        .findFirst()
        .orElseThrow()
        .value()
        .toFloatArray();
  }

  private static double largest(float[] values) {
    double largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  private static double deviation(float[] values) {
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares / values.length);
  }

  /** bf16 chooses other experts for some tokens; most of a gradient's direction is the same. */
  @Test
  void trainsInBfloat16() {
    try (ReferenceModel model = open("experts_alone", Dtype.BFLOAT16)) {
      float[] gradient = new float[model.adapter.parameterCount()];
      double loss =
          new AdapterTraining(model.decoder, model.adapter, Checkpointing.RECOMPUTE)
              .lossAndGradient(model.batch(), 1, 0, gradient);
      double expected = model.facts.get("loss").asDouble();
      assertThat(loss).isCloseTo(expected, within(0.02 * expected));
      assertThat(ReferenceModel.cosine(gradient, model.expectedGradient("gradient.")))
          .isGreaterThan(0.9);
    }
  }

  /** Neighbours with another adapter or none compute what they compute alone. */
  @Test
  void rowsOfSeveralAdapters() {
    try (ReferenceModel model = open("experts", Dtype.FLOAT32)) {
      List<int[]> texts = model.lists("prompts");
      List<Prompt> prompts = new ArrayList<>();
      List<int[]> expected = new ArrayList<>();
      for (int i = 0; i < texts.size(); i++) {
        prompts.add(new Prompt(texts.get(i), i, Optional.of(model.adapter)));
        prompts.add(new Prompt(texts.get(i), i, Optional.empty()));
        expected.add(model.lists("greedy").get(i));
        expected.addAll(
            Generator.generate(
                model.decoder,
                Optional.empty(),
                List.of(texts.get(i)),
                GenerationSettings.greedy(32, Set.of())));
      }
      assertThat(
              Generator.generate(model.decoder, prompts, GenerationSettings.greedy(32, Set.of())))
          .containsExactlyElementsOf(expected);
    }
  }

  /** As in PEFT. */
  @Test
  void cannotBeCombinedIntoOne() {
    try (ReferenceModel model = open("experts_alone", Dtype.FLOAT32)) {
      List<Part> parts = List.of(new Part(model.adapter, 1), new Part(model.adapter, 2));
      BaseModel base = model.decoder.config().baseModel();
      assertThatThrownBy(
              () ->
                  AdapterCombination.write(
                      model.manager, parts, CombinationType.CAT, OptionalInt.empty(), base, folder))
          .hasMessageContaining("One has target_parameters, which PEFT does not combine either.");
    }
  }

  /** Rounded twice or once, taken out again or not. */
  @Test
  void isTakenOutAgain() {
    try (ReferenceModel model = open("experts", Dtype.FLOAT32)) {
      ModelFolder stored = ModelFolder.open(ReferenceModel.path("families/mixtral"));
      Path adapter = ReferenceModel.path("lora_variants/experts").resolve("adapter");
      DecoderConfig config = model.decoder.config();
      try (Merge merge =
          new Merge(
              model.manager,
              stored.tensors(),
              config.baseModel(),
              config.weights(stored.tensors().names()))) {
        merge.with(adapter, MergeMode.SAFE_MERGE).with(adapter, MergeMode.UNMERGE);
        Decoder again =
            Decoder.load(model.manager, config, merge.tensors(), model.decoder.arithmetic());
        int[] tokens = model.tokens("long");
        float[] before = model.decoder.logits(Optional.empty(), tokens);
        assertThat(again.logits(Optional.empty(), tokens)).containsExactly(before, within(1e-4f));
        assertThat(merge.largestChanges())
            .containsKeys(
                "model.layers.0.block_sparse_moe.gate.weight",
                "model.layers.1.block_sparse_moe.experts.3.w3.weight");
      }
    }
  }

  private static ReferenceModel open(String variant, Dtype dtype) {
    Arithmetic arithmetic =
        dtype == Dtype.FLOAT32
            ? Arithmetic.choose(Optional.of(dtype), dtype, Device.cpu())
            : new Arithmetic(dtype, Product.PLAIN, "");
    return ReferenceModel.variantOfLora(variant, "adapter", arithmetic);
  }
}
