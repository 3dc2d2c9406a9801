package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.tensor.KernelObservation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Texts that begin alike are computed as if each were alone. */
class PrefixTreeTest {
  private static final int[] EXAMPLES = tokens(3, 21);
  private static final int[] FIRST = tokens(5, 18);
  private static final int[] SECOND = tokens(7, 2);
  private static final int[] OTHER = tokens(11, 9);

  static Stream<String> models() throws IOException {
    return ReferenceModel.familiesAndMethods();
  }

  /** Two questions behind the same examples, one with several answers, and a text of its own. */
  private static List<Continuation> continuations() {
    List<Continuation> texts = new ArrayList<>();
    int[] first = joined(EXAMPLES, FIRST);
    for (int length : new int[] {1, 1, 4, 6}) {
      texts.add(new Continuation(joined(first, tokens(20 + texts.size(), length)), first.length));
    }
    int[] second = joined(EXAMPLES, SECOND);
    texts.add(new Continuation(joined(second, tokens(31, 3)), second.length));
    texts.add(new Continuation(OTHER, 4));
    texts.add(texts.get(2));
    Collections.rotate(texts, 3);
    return texts;
  }

  @ParameterizedTest
  @MethodSource("models")
  void continuationsScoreAsIfAlone(String name) {
    try (ReferenceModel model = ReferenceModel.familyOrMethod(name)) {
      for (Optional<Adapter> adapter :
          List.of(Optional.<Adapter>empty(), Optional.of(model.adapter))) {
        List<LogLikelihood> together = Likelihoods.score(model.decoder, adapter, continuations());
        for (int i = 0; i < together.size(); i++) {
          LogLikelihood alone =
              Likelihoods.score(model.decoder, adapter, List.of(continuations().get(i))).get(0);
          assertThat(together.get(i).sum()).isCloseTo(alone.sum(), within(1e-4));
          assertThat(together.get(i).greedy()).isEqualTo(alone.greedy());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void promptsAreContinuedAsIfAlone(String name) {
    List<int[]> prompts =
        List.of(joined(EXAMPLES, FIRST), joined(EXAMPLES, SECOND), OTHER, joined(EXAMPLES, SECOND));
    GenerationSettings settings = GenerationSettings.greedy(6, Set.of());
    try (ReferenceModel model = ReferenceModel.familyOrMethod(name)) {
      Optional<Adapter> adapter = Optional.of(model.adapter);
      List<int[]> together = Generator.generate(model.decoder, adapter, prompts, settings);
      for (int i = 0; i < prompts.size(); i++) {
        assertThat(together.get(i))
            .isEqualTo(Generator.generate(model.decoder, adapter, prompts.get(i), settings));
      }
    }
  }

  @Test
  void whatTextsBeginWithAlikeIsReadOnce() {
    try (ReferenceModel model = ReferenceModel.open("untied")) {
      AtomicLong rows = new AtomicLong();
      try (KernelObservation observation =
          KernelObservation.begin(
              (kernel, arguments, nanoseconds) -> {
                if (kernel.equals("attention_heads")) {
                  rows.addAndGet(((NDArray) arguments[0]).getShape().get(0));
                }
              },
              Device.cpu())) {
        Likelihoods.score(model.decoder, Optional.empty(), continuations());
        assertThat(observation).isNotNull();
      }
      int distinct = EXAMPLES.length + FIRST.length + 3 + 3 + 5 + SECOND.length + 2 + 8;
      assertThat(rows.get()).isEqualTo((long) model.decoder.config().layers() * distinct);
    }
  }

  @Test
  void partsGoOnFromTheirStems() {
    try (ReferenceModel model = ReferenceModel.open("untied")) {
      int[] a = joined(EXAMPLES, FIRST, tokens(1, 2));
      int[] b = joined(EXAMPLES, FIRST, tokens(2, 3));
      int[] c = joined(EXAMPLES, SECOND);
      PrefixTree tree =
          PrefixTree.of(
              List.of(c, a, OTHER, b),
              Collections.nCopies(4, Optional.empty()),
              model.decoder.config());
      assertThat(tree.tokens()).hasSize(21 + 18 + 2 + 3 + 2 + 9);
      PrefixTree.Rows rows = tree.rows();
      List<int[]> texts = List.of(c, a, OTHER, b);
      for (int text = 0; text < texts.size(); text++) {
        for (int position = 0; position < texts.get(text).length; position++) {
          int row = Math.toIntExact(rows.of(text, position));
          assertThat(tree.tokens()[row]).isEqualTo(texts.get(text)[position]);
          assertThat(tree.documents().positions()[row]).isEqualTo(position);
        }
      }
    }
  }

  private static int[] tokens(int seed, int count) {
    return IntStream.range(0, count)
        .map(i -> 1 + (i * i * 13 + seed * 29 + i * seed) % 78)
        .toArray();
  }

  private static int[] joined(int[]... parts) {
    return Arrays.stream(parts).flatMapToInt(IntStream::of).toArray();
  }
}
