package io.sparkpeft.api.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.LinearModule;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.LinearKernels;
import io.sparkpeft.tensor.Product;
import io.sparkpeft.tensor.Tensors;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * How fast this machine multiplies: every product of rows with a weight that the model has, forward
 * and for the input's gradient, by every library at hand, on all workers at once as in training.
 */
final class GemmLimit {
  private static final int ROUNDS = 3;
  private static final long ROUND_NANOSECONDS = 40_000_000;
  private static final int LEAST_CALLS = 2;

  private final NDManager manager;
  private final Arithmetic arithmetic;
  private final int workers;
  private final int rows;

  GemmLimit(NDManager manager, Arithmetic arithmetic, int workers, int rows) {
    this.manager = manager;
    this.arithmetic = arithmetic;
    this.workers = workers;
    this.rows = rows;
  }

  /** Forward y = x w^T, or backward gx = gy w. */
  enum Direction {
    FORWARD,
    BACKWARD
  }

  /** The sides of a weight. */
  record Shape(long out, long in) {
    static Shape of(LinearModule module) {
      return new Shape(module.out(), module.in());
    }
  }

  /**
   * The best round of one product.
   *
   * @param flopsPerSecond of wall time, of all workers together
   * @param flopsPerProcessorSecond of one worker (of wall time on a GPU)
   */
  record Rate(
      Shape shape,
      Direction direction,
      Product product,
      double flopsPerSecond,
      double flopsPerProcessorSecond) {}

  /** Of every different shape among the modules. */
  GemmRates measure(List<LinearModule> modules) {
    List<Rate> rates = new ArrayList<>();
    try (Workers threads = new Workers(workers)) {
      for (Shape shape : modules.stream().map(Shape::of).distinct().toList()) {
        for (Direction direction : Direction.values()) {
          for (Product product : products()) {
            rates.add(rate(threads, shape, direction, product));
          }
        }
      }
    }
    return new GemmRates(rows, rates);
  }

  private List<Product> products() {
    return manager.getDevice().isGpu()
        ? List.of(arithmetic.product())
        : Arrays.asList(Product.values());
  }

  private Rate rate(Workers threads, Shape shape, Direction direction, Product product) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray w = matrix(scope, shape.out(), shape.in());
      List<Callable<Round>> work = new ArrayList<>();
      for (int i = 0; i < workers; i++) {
        NDArray x = matrix(scope, rows, direction == Direction.FORWARD ? shape.in() : shape.out());
        work.add(() -> round(x, w, direction, product));
      }
      List<Rate> rounds = new ArrayList<>();
      for (int i = 0; i < ROUNDS; i++) {
        List<Round> all = threads.together(work);
        rounds.add(
            new Rate(
                shape,
                direction,
                product,
                all.stream().mapToDouble(Round::flopsPerSecond).sum(),
                all.stream().mapToDouble(Round::flopsPerProcessorSecond).average().orElse(0)));
      }
      return new Rate(
          shape,
          direction,
          product,
          rounds.stream().mapToDouble(Rate::flopsPerSecond).max().orElse(0),
          rounds.stream().mapToDouble(Rate::flopsPerProcessorSecond).max().orElse(0));
    }
  }

  private NDArray matrix(NDManager scope, long rows, long columns) {
    float[] values = new float[Math.toIntExact(rows * columns)];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 7 - 3;
    }
    try (NDArray fp32 = Tensors.fromFloats(scope, values, rows, columns)) {
      return Tensors.cast(scope, fp32, arithmetic.compute());
    }
  }

  private record Round(double flops, double seconds, double processorSeconds) {
    double flopsPerSecond() {
      return flops / seconds;
    }

    double flopsPerProcessorSecond() {
      return flops / processorSeconds;
    }
  }

  private static Round round(NDArray x, NDArray w, Direction direction, Product product) {
    Engine.prepareThread();
    boolean isGpu = x.getDevice().isGpu();
    multiply(x, w, direction, product);
    Tensors.await(x);
    long begin = System.nanoTime();
    long processorBegin = processorTime();
    int calls = 0;
    while (calls < LEAST_CALLS || System.nanoTime() - begin < ROUND_NANOSECONDS) {
      multiply(x, w, direction, product);
      calls++;
    }
    Tensors.await(x);
    double seconds = (System.nanoTime() - begin) / 1e9;
    double processorSeconds = isGpu ? seconds : (processorTime() - processorBegin) / 1e9;
    double flops = 2.0 * calls * x.getShape().get(0) * w.getShape().size();
    return new Round(flops, seconds, processorSeconds);
  }

  private static void multiply(NDArray x, NDArray w, Direction direction, Product product) {
    try (NDManager scope = x.getManager().newSubManager()) {
      switch (direction) {
        case FORWARD -> LinearKernels.linear(scope, x, w, product);
        case BACKWARD -> LinearKernels.linearVjp(scope, x, w, product);
      }
    }
  }

  private static long processorTime() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
