package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.base.Json;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Product;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Adapters of all kinds, mixed within a batch, each compute what they compute alone. */
class MixedAdaptersTest {
  private static final Arithmetic FP32 = new Arithmetic(Dtype.FLOAT32, Product.PLAIN, "");

  /** What PEFT answers with each of them alone, see reference/methods.py. */
  @Test
  void everyRowIsAnsweredByItsOwnAdapter() throws IOException {
    try (ReferenceModel model = ReferenceModel.open("untied")) {
      List<Prompt> prompts = new ArrayList<>();
      List<int[]> expected = new ArrayList<>();
      add(prompts, expected, model.facts, model.adapter);
      for (String method : ReferenceModel.names("methods")) {
        JsonNode facts =
            Json.read(ReferenceModel.path("methods/" + method).resolve("expected.json"));
        add(prompts, expected, facts, load(model, "methods/" + method));
      }
      interleave(prompts);
      interleave(expected);
      List<int[]> answers =
          Generator.generate(model.decoder, prompts, GenerationSettings.greedy(32, Set.of()));
      assertThat(answers).containsExactlyElementsOf(expected);
    }
  }

  private static void add(
      List<Prompt> prompts, List<int[]> expected, JsonNode facts, Adapter adapter) {
    for (int i = 0; i < facts.get("prompts").size(); i++) {
      int[] tokens = ReferenceModel.tokens(facts.get("prompts").get(i));
      prompts.add(new Prompt(tokens, i, Optional.of(adapter)));
      expected.add(ReferenceModel.tokens(facts.get("greedy").get(i)));
    }
  }

  /** So that neighbours have different adapters. */
  private static <T> void interleave(List<T> list) {
    List<T> others = new ArrayList<>();
    for (int start = 0; start < 3; start++) {
      for (int i = start; i < list.size(); i += 3) {
        others.add(list.get(i));
      }
    }
    Collections.copy(list, others);
  }

  static Set<String> basesOfVariants() throws IOException {
    Set<String> bases = new TreeSet<>();
    for (String variant : ReferenceModel.names("lora_variants")) {
      bases.add(baseOf(variant));
    }
    return bases;
  }

  private static String baseOf(String variant) {
    return Json.read(ReferenceModel.path("lora_variants/" + variant).resolve("expected.json"))
        .get("base")
        .asText();
  }

  /** Deltas of linear layers, biases, norms, embeddings, heads and single tokens. */
  @ParameterizedTest
  @MethodSource("basesOfVariants")
  void everyTextIsScoredByItsOwnAdapter(String base) throws IOException {
    String first =
        ReferenceModel.names("lora_variants").stream()
            .filter(variant -> baseOf(variant).equals(base))
            .findFirst()
            .orElseThrow();
    try (ReferenceModel model = ReferenceModel.variantOfLora(first, "adapter", FP32)) {
      List<Optional<Adapter>> adapters = new ArrayList<>();
      for (String variant : ReferenceModel.names("lora_variants")) {
        if (baseOf(variant).equals(base)) {
          adapters.add(Optional.of(load(model, "lora_variants/" + variant)));
          adapters.add(Optional.empty());
        }
      }
      List<Continuation> texts =
          IntStream.range(0, adapters.size())
              .mapToObj(i -> new Continuation(model.tokens("long"), 1 + i % 3))
              .toList();
      List<LogLikelihood> mixed = Likelihoods.score(model.decoder, adapters, texts);
      for (int i = 0; i < texts.size(); i++) {
        LogLikelihood alone =
            Likelihoods.score(model.decoder, adapters.get(i), List.of(texts.get(i))).get(0);
        assertThat(mixed.get(i).sum()).isCloseTo(alone.sum(), within(1e-3));
        assertThat(mixed.get(i).greedy()).isEqualTo(alone.greedy());
        LogLikelihood without =
            Likelihoods.score(model.decoder, Optional.empty(), List.of(texts.get(i))).get(0);
        if (adapters.get(i).isPresent()) {
          assertThat(mixed.get(i).sum()).isNotCloseTo(without.sum(), within(1e-2));
        }
      }
    }
  }

  private static Adapter load(ReferenceModel model, String name) {
    return Adapters.load(
        model.manager,
        ReferenceModel.path(name + "/adapter"),
        model.decoder.config().baseModel(),
        model.decoder.frozenTensors());
  }
}
