package io.sparkpeft.tensor;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * Measures which library multiplies fp32 matrices faster on this processor: MKL takes a slow path
 * on the processors of other makers, and which ones it knows changes with its version.
 */
final class ProductTrial {
  /** Near a tie the plain product is taken, so that the choice is the same at every run. */
  private static final double CLEAR_ADVANTAGE = 1.05;

  private static final int ROWS = 480;
  private static final int IN = 768;
  private static final int OUT = 2048;
  private static final int ROUNDS = 15;

  private ProductTrial() {}

  /** The faster on this machine's CPU with one thread, measured once in the life of a process. */
  static Product fastest() {
    return Here.FASTEST;
  }

  private static final class Here {
    private static final Product FASTEST = measured();
  }

  private static Product measured() {
    Engine.prepareThread();
    try (NDManager manager = Engine.newManager(Device.cpu())) {
      NDArray w = values(manager, OUT, IN);
      NDArray x = values(manager, ROWS, IN);
      NDArray gy = values(manager, ROWS, OUT);
      double plain = Double.POSITIVE_INFINITY;
      double oneDnn = Double.POSITIVE_INFINITY;
      for (int round = 0; round < ROUNDS; round++) {
        plain = Math.min(plain, nanos(x, w, gy, Product.PLAIN));
        oneDnn = Math.min(oneDnn, nanos(x, w, gy, Product.ONEDNN));
      }
      return chosen(plain, oneDnn);
    }
  }

  private static NDArray values(NDManager manager, int rows, int columns) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 7 - 3;
    }
    return Tensors.fromFloats(manager, values, rows, columns);
  }

  static Product chosen(double plainNanos, double oneDnnNanos) {
    return plainNanos > CLEAR_ADVANTAGE * oneDnnNanos ? Product.ONEDNN : Product.PLAIN;
  }

  /** Of both passes; processor time: it is blind to what other processes take. */
  private static double nanos(NDArray x, NDArray w, NDArray gy, Product product) {
    ThreadMXBean clock = ManagementFactory.getThreadMXBean();
    long start = clock.getCurrentThreadCpuTime();
    LinearKernels.linear(x.getManager(), x, w, product).close();
    LinearKernels.linearVjp(x.getManager(), gy, w, product).close();
    return clock.getCurrentThreadCpuTime() - start;
  }
}
