package io.sparkpeft.quant;

import java.util.Optional;

/** Chooses how this machine expands codes. */
public final class Expansions {
  /** Compiled apart from the rest; where the module is not there it cannot be loaded. */
  private static final String VECTORS = "io.sparkpeft.quant.VectorExpansion";

  private static final Expansion BEST = vectors().orElseGet(PlainExpansion::new);

  private Expansions() {}

  /** The fastest; safe for many threads. */
  public static Expansion best() {
    return BEST;
  }

  /** In plain Java, the same bits everywhere. */
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
      int[] words = new int[Expansion.STEP_WEIGHTS];
      float[] values = new float[Codebook.SIZE];
      byte[] packed = new byte[Expansion.STEP];
      found.bfloat16(packed, packed.length, values, new float[1], Expansion.STEP_WEIGHTS, words);
      found.float32(packed, packed.length, values, new float[1], Expansion.STEP_WEIGHTS, words);
      return Optional.of(found);
    } catch (ReflectiveOperationException | LinkageError | UnsupportedOperationException e) {
      return Optional.empty();
    }
  }
}
