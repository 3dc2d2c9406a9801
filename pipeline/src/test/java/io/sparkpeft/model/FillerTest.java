package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.data.TokenBatch;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Product;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FillerTest {
  private static final double TOLERANCE = 1e-4;
  private static final TokenBatch BATCH =
      new TokenBatch(
          new int[] {2, 3},
          new int[] {10, 11, 12, 13, 14},
          new boolean[] {false, true, false, true, true},
          new long[] {7, 8});

  @Test
  void repeatsTheBeginningOfTheLongestDocumentBehindTheBatchsOwn() {
    TokenBatch filled = new Filler(4).fill(BATCH);
    assertThat(filled.lengths()).containsExactly(2, 3, 3);
    assertThat(filled.tokens()).containsExactly(10, 11, 12, 13, 14, 12, 13, 14);
    assertThat(filled.samples()).containsExactly(7, 8, 8);
    assertThat(new Filler(6).fill(BATCH).tokens()).containsExactly(10, 11, 12, 13, 14, 12);
  }

  @Test
  void noDocumentIsLongerThanTheBatchsOwn() {
    TokenBatch filled = new Filler(16).fill(BATCH);
    assertThat(filled.lengths()).containsExactly(2, 3, 3, 3, 3, 2);
    assertThat(filled.tokens()).hasSize(16).endsWith(12, 13, 14, 12, 13);
    assertThat(filled.samples()).containsExactly(7, 8, 8, 8, 8, 8);
  }

  @Test
  void predictsNothingMore() {
    Targets targets = Targets.of(BATCH);
    Targets filled = Targets.of(new Filler(16).fill(BATCH));
    assertThat(filled.rows()).isEqualTo(targets.rows());
    assertThat(filled.ids()).isEqualTo(targets.ids());
  }

  @Test
  void othersOfAllRowsComeBetweenThoseThatAreWanted() {
    assertThat(new Filler(4).fill(new long[] {1, 2, 5}, 8)).containsExactly(0, 1, 2, 5);
    assertThat(new Filler(4).fill(new long[] {0, 2, 4, 5, 6}, 8))
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(new Filler(4).fill(new long[] {0, 3}, 3 + 1)).containsExactly(0, 1, 2, 3);
    assertThat(new Filler(1).fill(new long[] {2, 7}, 8)).containsExactly(2, 7);
    assertThat(new Filler(4).fill(new long[0], 8)).containsExactly(0, 1, 2, 3);
    assertThat(new Filler(1).fill(new long[0], 8)).containsExactly(0);
  }

  @Test
  void targetsAreFoundAmongWantedRows() {
    Targets targets = new Targets(new long[] {7, 2, 7}, new long[] {30, 31, 32});
    WantedRows wanted = WantedRows.of(targets.rows(), 8, new Filler(3));
    assertThat(wanted.rows()).containsExactly(0, 2, 7);
    assertThat(targets.among(wanted).rows()).containsExactly(2, 1, 2);
    assertThat(targets.among(wanted).ids()).containsExactly(30, 31, 32);
  }

  @Test
  void leavesAloneWhatIsWhole() {
    assertThat(new Filler(5).fill(BATCH)).isSameAs(BATCH);
    assertThat(new Filler(1).fill(BATCH)).isSameAs(BATCH);
    TokenBatch none = new TokenBatch(new int[0], new int[0], new boolean[0], new long[0]);
    assertThat(new Filler(32).fill(none)).isSameAs(none);
  }

  @Test
  void placesWithoutATargetRepeatTheLast() {
    Targets targets = new Targets(new long[] {3, 5, 9}, new long[] {1, 2, 0});
    Targets filled = new Filler(8).fill(targets, 100);
    assertThat(filled.rows()).containsExactly(3, 5, 9, 9, 9, 9, 9, 9);
    assertThat(filled.ids()).containsExactly(1, 2, 0);
    assertThat(new Filler(8).fill(targets, 4).rows()).containsExactly(3, 5, 9, 9);
    assertThat(new Filler(8).fill(targets, 3).rows()).containsExactly(3, 5, 9);
    assertThat(new Filler(1).fill(targets, 100).rows()).containsExactly(3, 5, 9);
  }

  static Stream<String> models() throws Exception {
    return Stream.of(
            named("families/", ReferenceModel.names("families")),
            named("lora_variants/", ReferenceModel.names("lora_variants")),
            named("methods/", MethodsReferenceTest.trainable()))
        .flatMap(names -> names);
  }

  private static Stream<String> named(String folder, List<String> models) {
    return models.stream().map(folder::concat);
  }

  /** The plain product is not filled up, oneDNN's is. */
  @ParameterizedTest
  @MethodSource("models")
  void lossAndGradientAreThoseOfTheBatchAlone(String name) {
    try (ReferenceModel plain = ReferenceModel.open(name, arithmetic(Product.PLAIN));
        ReferenceModel filled = ReferenceModel.open(name, arithmetic(Product.ONEDNN))) {
      for (long dropoutSeed : new long[] {0, 99}) {
        float[] expected = new float[plain.adapter.parameterCount()];
        float[] gradient = new float[plain.adapter.parameterCount()];
        AdapterTraining training = training(filled);
        double loss = training(plain).lossAndGradient(plain.batch(), 1, dropoutSeed, expected);
        assertThat(training.lossAndGradient(filled.batch(), 1, dropoutSeed, gradient))
            .isCloseTo(loss, within(TOLERANCE * loss));
        assertGradients(filled, gradient, expected);
      }
      double validated = training(plain).loss(plain.batch());
      assertThat(training(filled).loss(filled.batch()))
          .isCloseTo(validated, within(TOLERANCE * validated));
    }
  }

  /** Rows do not see each other, so their own results are the same bits. */
  @ParameterizedTest
  @ValueSource(ints = {8, 16, 32, 64})
  void theLossIsThatOfTheBatchAloneToTheBit(int multiple) {
    try (ReferenceModel model = ReferenceModel.open("untied")) {
      float[] gradient = new float[model.adapter.parameterCount()];
      double alone = training(model).lossAndGradient(model.batch(), 1, DropoutMasks.NONE, gradient);
      TokenBatch filled = new Filler(multiple).fill(model.batch());
      assertThat(training(model).lossAndGradient(filled, 1, DropoutMasks.NONE, gradient))
          .isEqualTo(alone);
    }
  }

  private static void assertGradients(ReferenceModel model, float[] gradient, float[] expected) {
    for (AdapterParameter p : model.adapter.parameters()) {
      double difference = 0;
      double norm = 0;
      for (int i = p.offset(); i < p.offset() + p.size(); i++) {
        difference += Math.pow(gradient[i] - expected[i], 2);
        norm += Math.pow(expected[i], 2);
      }
      assertThat(Math.sqrt(difference))
          .as("error of the gradient of " + p.name())
          .isLessThanOrEqualTo(TOLERANCE * Math.sqrt(norm));
    }
  }

  private static AdapterTraining training(ReferenceModel model) {
    return new AdapterTraining(model.decoder, model.adapter, Checkpointing.RECOMPUTE);
  }

  private static Arithmetic arithmetic(Product product) {
    return new Arithmetic(Dtype.FLOAT32, product, "");
  }
}
