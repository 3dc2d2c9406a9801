package io.sparkpeft.quant;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/** Chooses how this machine expands codes. */
final class Expansions {
  /** Compiled apart from the rest; where the module is not there it cannot be loaded. */
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

  /**
   * With wide vectors; nothing without the module jdk.incubator.vector (Spark's launchers add it),
   * with a Java whose version of it differs too much, or on a processor without AVX-512.
   */
  static Optional<Expansion> vectors() {
    try {
      Expansion found =
          Class.forName(VECTORS).asSubclass(Expansion.class).getDeclaredConstructor().newInstance();
      found.bfloat16(oneStep());
      found.float32(oneStep());
      return Optional.of(found);
    } catch (ReflectiveOperationException | LinkageError | UnsupportedOperationException e) {
      return Optional.empty();
    }
  }

  private static Expansion.Stretch oneStep() {
    int bytes = Expansion.STEP * 2 * Float.BYTES;
    ByteBuffer target = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return new Expansion.Stretch(
        target, 0, Expansion.STEP, new float[Codebook.SIZE], new float[1], bytes, target, 0);
  }
}
