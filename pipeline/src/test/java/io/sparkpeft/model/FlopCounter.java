package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.KernelObserver;
import java.util.Arrays;

/** Counts what kernels compute, one call at a time, by the shapes of what they are given. */
final class FlopCounter implements KernelObserver {
  private final DecoderConfig config;
  private long projections;
  private long lora;
  private long attention;
  private long head;
  private long experts;

  /** Of a low-rank path, until the product that it is added to tells whose it is. */
  private long pending;

  FlopCounter(DecoderConfig config) {
    this.config = config;
  }

  TrainingFlops.Parts counted() {
    return new TrainingFlops.Parts(projections, lora, attention, head, experts);
  }

  @Override
  public synchronized void called(String kernel, Object[] arguments, long nanoseconds) {
    switch (kernel) {
      case "linear", "linear_vjp" -> count(matrix(arguments[1]), product(arguments, 0, 1), 0);
      case "lora_linear" ->
          count(
              matrix(arguments[2]),
              product(arguments, 0, 2),
              product(arguments, 1, 3) + product(arguments, 0, 4));
      case "dora_direction" ->
          count(matrix(arguments[3]), 0, product(arguments, 1, 2) + product(arguments, 1, 3));
      case "weight_vjp" -> weightVjp(arguments);
      case "add_product_" -> lora += product(arguments, 1, 2);
      case "lora_inner" -> lora += product(arguments, 0, 1);
      case "lora_parameters_vjp" -> parametersVjp(arguments);
      case "lora_input_vjp" -> pending = product(arguments, 0, 1);
      case "linear_vjp_onto_" -> {
        count(matrix(arguments[2]), product(arguments, 1, 2), pending);
        pending = 0;
      }
      case "expert_routing" -> experts += product(arguments, 0, 1);
      case "expert_routing_vjp_onto_" -> experts += product(arguments, 0, 6);
      case "expert_onto_" -> expert(arguments, 2, 3);
      case "expert_vjp_onto_" -> expert(arguments, 4, 5);
      case "causal_attention" ->
          attention +=
              2 * products((long[]) arguments[3], ((long[]) arguments[4])[0], (Long) arguments[7]);
      case "causal_attention_vjp" ->
          attention +=
              5 * products((long[]) arguments[6], (Long) arguments[7], (Long) arguments[10]);
      default -> {}
    }
  }

  /** So many products with one of its matrices for each token that the expert computes. */
  private void expert(Object[] arguments, int chosen, int times) {
    int number = (Integer) arguments[chosen + 2];
    long[] all = ((NDArray) arguments[chosen]).toLongArray();
    long tokens = Arrays.stream(all).filter(expert -> expert == number).count();
    long[] gate = matrix(arguments[chosen + 3]);
    experts += times * 2L * tokens * gate[0] * gate[1];
  }

  /** gw = gy^T x. */
  private void weightVjp(Object[] arguments) {
    long[] gy = matrix(arguments[0]);
    count(new long[] {gy[1]}, 2 * gy[0] * gy[1] * matrix(arguments[1])[1], 0);
  }

  /** gu = gy b, ga = gu^T x, gb = gy^T u. */
  private void parametersVjp(Object[] arguments) {
    long rows = matrix(arguments[0])[0];
    long out = matrix(arguments[0])[1];
    long in = matrix(arguments[1])[1];
    long r = matrix(arguments[2])[1];
    long flops = 2 * rows * out * r + 2 * r * rows * in + 2 * out * rows * r;
    count(new long[] {out, in}, 0, flops);
  }

  private void count(long[] weight, long frozen, long lowRank) {
    if (weight[0] == config.vocabularySize()) {
      head += frozen + lowRank;
    } else {
      projections += frozen;
      lora += lowRank;
    }
  }

  /** All rows of one with all of a weight, whichever side of it is summed over. */
  private static long product(Object[] arguments, int rows, int weight) {
    long[] w = matrix(arguments[weight]);
    return 2 * matrix(arguments[rows])[0] * w[0] * w[1];
  }

  /** One product of queries with keys (or its like), pair by pair of positions that see another. */
  private long products(long[] lengths, long past, long window) {
    long flops = 0;
    for (long length : lengths) {
      for (long query = past; query < past + length; query++) {
        for (long key = window > 0 ? Math.max(0, query - window + 1) : 0; key <= query; key++) {
          flops += 2L * config.attention().heads() * config.attention().headDim();
        }
      }
    }
    return flops;
  }

  private static long[] matrix(Object tensor) {
    long[] shape = ((NDArray) tensor).getShape().getShape();
    if (shape.length != 2) {
      throw new AssertionError(Arrays.toString(shape));
    }
    return shape;
  }
}
