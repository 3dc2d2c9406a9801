package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.tensor.SamplingKernels.Form;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against the warpers of transformers: see reference/warpers.py. */
class SamplingKernelsTest {
  private static final Form ALL = new Form(1, 0, 1);
  private static final long LARGEST = (1L << SamplingKernels.NUMBER_BITS) - 1;

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

  @Test
  void warpsAsTransformersDoes() throws IOException {
    JsonNode golden = golden();
    NDArray logits = matrix(golden.get("logits"));
    long columns = logits.getShape().get(1);
    for (JsonNode expected : golden.get("cases")) {
      Form form =
          new Form(
              expected.get("temperature").asDouble(),
              expected.get("top_k").asLong(),
              expected.get("top_p").asDouble());
      float[] warped = SamplingKernels.warped(manager, logits, form).toFloatArray();
      for (int i = 0; i < warped.length; i++) {
        JsonNode kept = expected.get("kept").get(i / (int) columns).path("" + i % columns);
        if (kept.isMissingNode()) {
          assertThat(warped[i]).as("%s, element %d", form, i).isEqualTo(Float.NEGATIVE_INFINITY);
        } else {
          assertThat(warped[i])
              .as("%s, element %d", form, i)
              .isCloseTo(kept.floatValue(), within(1e-6f));
        }
      }
    }
  }

  @Test
  void choosesWithTheProbabilitiesOfWhatStays() {
    int count = 40_000;
    float[] row = {0.5f, -1, 2, 1.2f, -3, 1.9f};
    Form form = new Form(0.8, 4, 0.95);
    double[] expected = probabilities(form, row);
    float[] rows = new float[count * row.length];
    long[] numbers = new long[count];
    Random random = new Random(5);
    for (int i = 0; i < count; i++) {
      System.arraycopy(row, 0, rows, i * row.length, row.length);
      numbers[i] = random.nextLong() >>> (Long.SIZE - SamplingKernels.NUMBER_BITS);
    }
    int[] seen = new int[row.length];
    for (long token : sampled(rows, row.length, form, numbers)) {
      seen[(int) token]++;
    }
    for (int token = 0; token < row.length; token++) {
      double deviation = Math.sqrt(count * expected[token] * (1 - expected[token]));
      assertThat((double) seen[token])
          .as("how often token %d", token)
          .isCloseTo(count * expected[token], within(4 * deviation));
    }
    assertThat(expected).contains(0.0);
  }

  /** The ends of the numbers' range find tokens that have a probability. */
  @Test
  void theOutermostNumbersFindLikelyTokens() {
    float[] row = {-1, 3, 3, -1, -1};
    Form two = new Form(1, 2, 1);
    float[] twice = {-1, 3, 3, -1, -1, -1, 3, 3, -1, -1};
    assertThat(sampled(twice, row.length, two, 0, LARGEST)).containsExactly(1, 2);
    assertThat(sampled(twice, row.length, ALL, 0, LARGEST)).containsExactly(0, 4);
    assertThat(sampled(row, row.length, two, 1L << (SamplingKernels.NUMBER_BITS - 1)))
        .containsExactly(2);
  }

  private long[] sampled(float[] rows, int columns, Form form, long... numbers) {
    NDArray logits = Tensors.fromFloats(manager, rows, rows.length / columns, columns);
    NDArray chances = Tensors.fromLongs(manager, numbers, numbers.length);
    return SamplingKernels.sample(manager, logits, chances, form).toLongArray();
  }

  private double[] probabilities(Form form, float[] row) {
    NDArray logits = Tensors.fromFloats(manager, row, 1, row.length);
    float[] scores = SamplingKernels.warped(manager, logits, form).toFloatArray();
    double[] likely = new double[row.length];
    double sum = 0;
    for (int i = 0; i < row.length; i++) {
      likely[i] = Math.exp(scores[i]);
      sum += likely[i];
    }
    for (int i = 0; i < row.length; i++) {
      likely[i] /= sum;
    }
    return likely;
  }

  private NDArray matrix(JsonNode rows) {
    int columns = rows.get(0).size();
    float[] values = new float[rows.size() * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = rows.get(i / columns).get(i % columns).floatValue();
    }
    return Tensors.fromFloats(manager, values, rows.size(), columns);
  }

  private static JsonNode golden() throws IOException {
    try (InputStream in = SamplingKernelsTest.class.getResourceAsStream("warpers.json")) {
      return Json.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }
}
