package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.KernelObserver;
import java.util.Arrays;
import java.util.List;

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
      case "adapted_routing" ->
          experts += product(arguments, 0, 1) + product(arguments, 0, 4) + product(arguments, 0, 5);
      case "adapted_routing_vjp_onto_" -> routingVjp(arguments);
      case "adapted_expert_onto_" -> adaptedExpert(arguments);
      case "adapted_expert_vjp_onto_" -> adaptedExpertVjp(arguments);
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
    experts += times * matrixProduct(arguments, tokensOfExpert(arguments, chosen), chosen + 3);
  }

  /** Of the router's pair u = x a^T, gu = g b, ga = gu^T x and gb = g^T u, and gu a if wanted. */
  private void routingVjp(Object[] arguments) {
    boolean carry = (Boolean) arguments[12];
    experts += (carry ? 3 : 2) * product(arguments, 8, 9) + 2 * product(arguments, 8, 10);
    experts += carry ? product(arguments, 8, 6) : 0;
  }

  private void adaptedExpert(Object[] arguments) {
    long tokens = tokensOfExpert(arguments, 2);
    experts += 3 * matrixProduct(arguments, tokens, 6);
    int count = (Integer) arguments[5];
    experts += pair(arguments[11], count, tokens, 1, 1) + pair(arguments[13], count, tokens, 1, 1);
  }

  private void adaptedExpertVjp(Object[] arguments) {
    long tokens = tokensOfExpert(arguments, 4);
    int more = (Boolean) arguments[19] ? 1 : 0;
    experts += (3 + 2 * more) * matrixProduct(arguments, tokens, 8);
    // Of the ways in the path itself, then as of any pair; of those back only the path's first
    // half.
    int count = (Integer) arguments[7];
    experts += pair(arguments[13], count, tokens, 2 + more, 3);
    experts += pair(arguments[15], count, tokens, 3, 2);
  }

  private static long tokensOfExpert(Object[] arguments, int chosen) {
    int number = (Integer) arguments[chosen + 2];
    long[] all = ((NDArray) arguments[chosen]).toLongArray();
    return Arrays.stream(all).filter(expert -> expert == number).count();
  }

  private static long matrixProduct(Object[] arguments, long tokens, int gate) {
    long[] shape = matrix(arguments[gate]);
    return 2 * tokens * shape[0] * shape[1];
  }

  /** Products with one expert's A and with its B, if there is a pair. */
  private static long pair(Object list, int experts, long tokens, int timesA, int timesB) {
    List<?> pair = (List<?>) list;
    if (pair.isEmpty()) {
      return 0;
    }
    long[] a = matrix(pair.get(0));
    long r = a[0] / experts;
    return 2 * tokens * r * (timesA * a[1] + timesB * matrix(pair.get(1))[0]);
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
