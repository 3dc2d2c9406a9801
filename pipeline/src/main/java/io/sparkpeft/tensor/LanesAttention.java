package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.sun.management.HotSpotDiagnosticMXBean;
import io.sparkpeft.tensor.AttentionKernels.Heads;
import io.sparkpeft.tensor.AttentionKernels.Mixed;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/**
 * Causal attention on a CPU, a block of {@value Lanes#COUNT} query positions of a head at a time
 * against all keys that they see. Scores and probabilities stay in the processor's cache; the
 * backward pass makes them again. (Dao et al. 2022, arXiv:2205.14135.) Shapes are those of {@link
 * AttentionKernels}; it computes in fp32, whatever the tensors' type is.
 */
final class LanesAttention {
  /** Compiled apart from the rest; where the module is not there it cannot be loaded. */
  private static final String VECTORS = "io.sparkpeft.tensor.VectorLanes";

  private static final String LAST_COMPILER = "4";

  /** How observers know it. */
  private static final String NAME = "lanes_attention";

  private static final Optional<Lanes> HERE = vectors();

  private final Lanes lanes;

  LanesAttention(Lanes lanes) {
    this.lanes = lanes;
  }

  /**
   * Whether this machine has vectors for it: not without the module jdk.incubator.vector (Spark's
   * launchers add it), with a Java whose version of it differs too much, where Java does not
   * compile as well as it can, or without AVX-512.
   */
  static boolean isAvailable() {
    return HERE.isPresent();
  }

  /** With this machine's vectors, which must be there. */
  static LanesAttention here() {
    return new LanesAttention(HERE.orElseThrow());
  }

  static Optional<Lanes> lanes() {
    return HERE;
  }

  /** Whether heads of so many features can be computed. */
  static boolean takes(long features) {
    return features % Lanes.GROUPS == 0;
  }

  private static Optional<Lanes> vectors() {
    try {
      if (!compilesVectors()) {
        return Optional.empty();
      }
      Lanes found =
          Class.forName(VECTORS).asSubclass(Lanes.class).getDeclaredConstructor().newInstance();
      found.add(new float[Lanes.COUNT], 0, new float[Lanes.COUNT], 1);
      return Optional.of(found);
    } catch (ReflectiveOperationException
        | LinkageError
        | UnsupportedOperationException
        | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * Only the last of HotSpot's compilers knows vectors; without it they are objects.
   *
   * @throws IllegalArgumentException if the JVM is another, which does not know the option
   */
  private static boolean compilesVectors() {
    HotSpotDiagnosticMXBean machine =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    return machine == null
        || machine.getVMOption("TieredStopAtLevel").getValue().equals(LAST_COMPILER);
  }

  /** As {@link AttentionKernels#attention}. The statistics are tops and inverses [K, G, 2, N]. */
  Mixed forward(NDManager scope, Heads heads, long[] lengths, long[] pasts, double scale) {
    long[] q = heads.q().getShape().getShape();
    Dtype dtype = Tensors.dtype(heads.q());
    NDArray y = Tensors.empty(scope, dtype, q[1], q[0] * q[2] * q[3]);
    NDArray statistics = Tensors.empty(scope, Dtype.FLOAT32, q[0], q[2], 2, q[1]);
    Mixed mixed = new Mixed(y, Optional.of(statistics));
    KernelObservation.observe(
        NAME, () -> new AttentionPass(lanes, heads, mixed, lengths, pasts, scale).forward());
    return mixed;
  }

  /** As {@link AttentionKernels#attentionVjp}. */
  Heads vjp(
      NDManager scope,
      NDArray gy,
      Mixed mixed,
      Heads heads,
      long[] lengths,
      long[] pasts,
      double scale) {
    Dtype dtype = Tensors.dtype(heads.q());
    Heads gradients =
        new Heads(
            Tensors.empty(scope, dtype, heads.q().getShape().getShape()),
            Tensors.empty(scope, dtype, heads.k().getShape().getShape()),
            Tensors.empty(scope, dtype, heads.v().getShape().getShape()));
    KernelObservation.observe(
        NAME + "_vjp",
        () ->
            new AttentionPass(lanes, heads, mixed, lengths, pasts, scale).backward(gy, gradients));
    return gradients;
  }
}
