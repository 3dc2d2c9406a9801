package io.sparkpeft.quant;

import io.sparkpeft.tensor.JavaVectors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/** Chooses how this machine expands codes. */
final class Expansions {
  private static final String VECTORS = "io.sparkpeft.quant.VectorExpansion";

  private static final Expansion BEST = vectors().orElseGet(PlainExpansion::new);

  private Expansions() {}

  /** The fastest; safe for many threads. */
  static Expansion best() {
    return BEST;
  }

  /** In plain Java, everywhere. */
  static Expansion plain() {
    return new PlainExpansion();
  }

  /** With wide vectors; nothing where {@link JavaVectors} finds none, nor without AVX-512. */
  static Optional<Expansion> vectors() {
    return JavaVectors.load(
        Expansion.class,
        VECTORS,
        found -> {
          found.bfloat16(oneStep());
          found.float32(oneStep());
        });
  }

  private static Expansion.Stretch oneStep() {
    int bytes = Expansion.STEP * 2 * Float.BYTES;
    ByteBuffer target = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return new Expansion.Stretch(
        target, 0, Expansion.STEP, new float[Codebook.SIZE], new float[1], bytes, target, 0);
  }
}
