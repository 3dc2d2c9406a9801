package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.tensor.KernelObservation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Conversations answered with what was read before are answered as without. */
class PromptCacheTest {
  private static final int[] QUESTION = {1, 17, 5, 70, 9, 31};
  private static final int[] NEXT = {44, 7, 62, 20, 3};
  private static final GenerationSettings SETTINGS = GenerationSettings.greedy(12, Set.of());

  static Stream<String> models() throws IOException {
    return ReferenceModel.familiesAndMethods();
  }

  @ParameterizedTest
  @MethodSource("models")
  void theNextTurnReadsWhatIsNew(String name) {
    try (ReferenceModel model = ReferenceModel.familyOrMethod(name);
        PromptCache cache = new PromptCache()) {
      Optional<Adapter> adapter = Optional.of(model.adapter);
      int[] text = QUESTION;
      for (int turn = 0; turn < 3; turn++) {
        Prompt prompt = new Prompt(text, turn, adapter);
        int shared = cache.shared(model.decoder, prompt);
        boolean outgrown =
            text.length >= model.decoder.config().outgrownLength().orElse(Integer.MAX_VALUE);
        assertThat(shared).isEqualTo(turn == 0 || outgrown ? 0 : text.length - NEXT.length - 1);
        int[] answer = Generator.generate(model.decoder, prompt, SETTINGS, cache);
        assertThat(answer)
            .isEqualTo(Generator.generate(model.decoder, adapter, text, SETTINGS))
            .hasSize(12);
        text = joined(text, answer, NEXT);
      }
    }
  }

  @Test
  void onlyTheRestGoesThroughTheLayers() {
    try (ReferenceModel model = ReferenceModel.open("untied");
        PromptCache cache = new PromptCache()) {
      Optional<Adapter> adapter = Optional.of(model.adapter);
      int[] answer =
          Generator.generate(model.decoder, new Prompt(QUESTION, 0, adapter), SETTINGS, cache);
      int[] text = joined(QUESTION, answer, NEXT);
      List<Long> rows = new ArrayList<>();
      try (KernelObservation observation =
          KernelObservation.begin(
              (kernel, arguments, nanoseconds) -> {
                if (kernel.equals("attention_heads")) {
                  rows.add(((NDArray) arguments[0]).getShape().get(0));
                }
              },
              Device.cpu())) {
        Generator.generate(model.decoder, new Prompt(text, 1, adapter), SETTINGS, cache);
        assertThat(observation).isNotNull();
      }
      assertThat(rows)
          .hasSize(model.decoder.config().layers())
          .containsOnly((long) NEXT.length + 1);
    }
  }

  @Test
  void anotherBeginningIsReadFromWhereItDiffers() {
    try (ReferenceModel model = ReferenceModel.open("untied");
        PromptCache cache = new PromptCache()) {
      Optional<Adapter> adapter = Optional.of(model.adapter);
      Generator.generate(model.decoder, new Prompt(QUESTION, 0, adapter), SETTINGS, cache);
      int[] other = {1, 17, 5, 71, 9, 31, 2};
      assertThat(cache.shared(model.decoder, new Prompt(other, 0, adapter))).isEqualTo(3);
      assertThat(cache.shared(model.decoder, new Prompt(QUESTION, 0, adapter)))
          .isEqualTo(QUESTION.length - 1);
      assertThat(cache.shared(model.decoder, new Prompt(other, 0, Optional.empty()))).isZero();
      assertThat(Generator.generate(model.decoder, new Prompt(other, 1, adapter), SETTINGS, cache))
          .isEqualTo(Generator.generate(model.decoder, adapter, other, SETTINGS));
      cache.clear();
      assertThat(cache.shared(model.decoder, new Prompt(other, 0, adapter))).isZero();
    }
  }

  private static int[] joined(int[]... parts) {
    return Arrays.stream(parts).flatMapToInt(IntStream::of).toArray();
  }
}
