package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import io.sparkpeft.model.GenerationSettings.Stop;
import io.sparkpeft.tensor.KernelObservation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GeneratorTest {
  private static final List<int[]> PROMPTS =
      List.of(new int[] {1, 17, 5, 80}, new int[] {1, 44}, new int[] {1, 9, 9, 31, 62, 7, 20});

  private ReferenceModel model;

  @BeforeEach
  void open() {
    model = ReferenceModel.open("untied");
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void chanceDependsOnSeedAndNumberAlone() {
    List<int[]> together = sampled(new Sampling(1.3, 0, 1, 7), PROMPTS, 0, 1, 2);
    assertThat(sampled(new Sampling(1.3, 0, 1, 7), PROMPTS, 0, 1, 2))
        .containsExactlyElementsOf(together);
    for (int i = 0; i < PROMPTS.size(); i++) {
      assertThat(sampled(new Sampling(1.3, 0, 1, 7), List.of(PROMPTS.get(i)), i).get(0))
          .isEqualTo(together.get(i));
    }
    List<int[]> reversed = List.of(PROMPTS.get(2), PROMPTS.get(1), PROMPTS.get(0));
    assertThat(sampled(new Sampling(1.3, 0, 1, 7), reversed, 2, 1, 0))
        .containsExactly(together.get(2), together.get(1), together.get(0));
    assertThat(sampled(new Sampling(1.3, 0, 1, 8), PROMPTS, 0, 1, 2).get(0))
        .isNotEqualTo(together.get(0));
    assertThat(sampled(new Sampling(1.3, 0, 1, 7), List.of(PROMPTS.get(0)), 5).get(0))
        .isNotEqualTo(together.get(0));
  }

  @Test
  void theLikeliestOfOneIsGreedy() {
    List<int[]> greedy = generated(GenerationSettings.greedy(20, Set.of()));
    assertThat(sampled(new Sampling(1, 1, 1, 3), PROMPTS, 0, 1, 2))
        .containsExactlyElementsOf(greedy);
    assertThat(sampled(new Sampling(1e-4, 0, 1, 3), PROMPTS, 0, 1, 2))
        .containsExactlyElementsOf(greedy);
  }

  @Test
  void impossibleSettingsAreRefused() {
    for (double temperature : new double[] {0, -1, Double.NaN}) {
      assertThatThrownBy(() -> new Sampling(temperature, 0, 1, 0))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> new Sampling(1, -1, 1, 0))
        .isInstanceOf(IllegalArgumentException.class);
    for (double topP : new double[] {0, 1.1}) {
      assertThatThrownBy(() -> new Sampling(1, 0, topP, 0))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  /** Answers that end at different times, and go on as if the others were not there. */
  @Test
  void anAnswerThatEndsLeavesTheOthersAsTheyWere() {
    List<int[]> whole = generated(GenerationSettings.greedy(20, Set.of()));
    int[] ends = {3, 20, 9};
    Stop stop = (prompt, answer) -> answer.length == ends[place(prompt)];
    List<int[]> answers = generated(new GenerationSettings(20, Set.of(), Optional.empty(), stop));
    for (int i = 0; i < ends.length; i++) {
      assertThat(answers.get(i)).isEqualTo(Arrays.copyOf(whole.get(i), ends[i]));
    }
  }

  @Test
  void anAnswerThatHasEndedCostsNothing() {
    int[] ends = {2, 6, 4};
    Stop stop = (prompt, answer) -> answer.length == ends[place(prompt)];
    List<Long> rows = new ArrayList<>();
    try (KernelObservation observation =
        KernelObservation.begin(
            (kernel, arguments, nanoseconds) -> {
              if (kernel.equals("greedy")) {
                rows.add(((NDArray) arguments[0]).getShape().get(0));
              }
            },
            Device.cpu())) {
      generated(new GenerationSettings(20, Set.of(), Optional.empty(), stop));
      assertThat(observation).isNotNull();
    }
    assertThat(rows).containsExactly(3L, 3L, 2L, 2L, 1L, 1L);
  }

  @Test
  void aStopTokenIsNoPartOfTheAnswer() {
    int[] whole = generated(GenerationSettings.greedy(20, Set.of())).get(1);
    int stop = whole[4];
    int first = IntStream.range(0, 20).filter(i -> whole[i] == stop).findFirst().orElseThrow();
    assertThat(generated(GenerationSettings.greedy(20, Set.of(stop))).get(1))
        .isEqualTo(Arrays.copyOf(whole, first));
  }

  @Test
  void noTokensAreNoAnswers() {
    assertThat(generated(GenerationSettings.greedy(0, Set.of())))
        .allMatch(answer -> answer.length == 0);
  }

  private List<int[]> sampled(Sampling sampling, List<int[]> prompts, long... numbers) {
    return Generator.generate(
        model.decoder,
        IntStream.range(0, prompts.size())
            .mapToObj(i -> new Prompt(prompts.get(i), numbers[i], Optional.of(model.adapter)))
            .toList(),
        new GenerationSettings(20, Set.of(), Optional.of(sampling), Stop.NEVER));
  }

  private List<int[]> generated(GenerationSettings settings) {
    return Generator.generate(model.decoder, Optional.of(model.adapter), PROMPTS, settings);
  }

  private static int place(int[] prompt) {
    return IntStream.range(0, PROMPTS.size())
        .filter(i -> Arrays.equals(PROMPTS.get(i), prompt))
        .findFirst()
        .orElseThrow();
  }
}
