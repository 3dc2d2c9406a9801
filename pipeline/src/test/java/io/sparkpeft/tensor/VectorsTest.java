package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Optional;
import java.util.Random;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.BeforeEach;

/** Holds this machine's vectors to the bits of their twin, on random values. */
abstract class VectorsTest<L> {
  private final Random random;
  private final L plain;
  private final Optional<L> vectors;

  VectorsTest(long seed, L plain, Optional<L> vectors) {
    this.random = new Random(seed);
    this.plain = plain;
    this.vectors = vectors;
  }

  @BeforeEach
  final void needsVectors() {
    assumeTrue(vectors.isPresent(), "no module jdk.incubator.vector, or no AVX-512");
  }

  final L vectors() {
    return vectors.orElseThrow();
  }

  final float[] random(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** What both make of the same array, which the work may write into. */
  final void same(float[] begin, BiConsumer<L, float[]> work) {
    float[] expected = begin.clone();
    float[] actual = begin.clone();
    work.accept(plain, expected);
    work.accept(vectors(), actual);
    assertThat(actual).isEqualTo(expected).isNotEqualTo(begin);
  }
}
