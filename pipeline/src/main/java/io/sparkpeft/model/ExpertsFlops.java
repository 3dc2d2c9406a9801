package io.sparkpeft.model;

import io.sparkpeft.adapter.AdaptedStack;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * The floating point operations of one layer's experts and their router, as {@link TrainingFlops}
 * counts them. The backward pass computes them again but for the experts' results, and then the
 * other way.
 *
 * @param stacks those of the layer that are adapted
 * @param tokens of which each is computed by some of the experts
 * @param carry whether the gradient of the layer's input is wanted
 */
record ExpertsFlops(DecoderConfig config, List<AdaptedStack> stacks, long tokens, boolean carry) {

  long total() {
    return frozen() + lora();
  }

  /** Products of the frozen weights. */
  private long frozen() {
    boolean isBackward = carry || !stacks.isEmpty();
    long matrix = (long) config.hiddenSize() * config.mlp().intermediateSize();
    long products = 3L + (isBackward ? 3 : 0) + (carry ? 2 : 0);
    long router = (long) experts().count() * config.hiddenSize();
    long choices = 1L + (isBackward ? 1 : 0) + (carry ? 1 : 0);
    return 2 * tokens * (experts().perToken() * matrix * products + router * choices);
  }

  /** Products with A and B, and their gradients. */
  private long lora() {
    return sum(
        adapted -> {
          if (isRouter(adapted)) {
            // x A^T is made a third time for B's gradient.
            return flops(adapted, 4 + more(), 4);
          }
          // The results of ways back are not made again, but what they read has a gradient always.
          return isWayIn(adapted) ? flops(adapted, 3 + more(), 4) : flops(adapted, 4, 3);
        });
  }

  private int more() {
    return carry ? 1 : 0;
  }

  private long sum(ToLongFunction<AdaptedStack> each) {
    return stacks.stream().mapToLong(each).sum();
  }

  private static boolean isRouter(AdaptedStack adapted) {
    return adapted.stack().name().equals("weight");
  }

  /** Gates and what they let through. */
  private static boolean isWayIn(AdaptedStack adapted) {
    return adapted.stack().pieces().size() > adapted.stack().matrices();
  }

  /** So many products with A and with B for every row. */
  private long flops(AdaptedStack adapted, int timesA, int timesB) {
    long rows = isRouter(adapted) ? tokens : tokens * experts().perToken();
    long features = timesA * adapted.stack().in() + timesB * adapted.stack().out();
    return 2 * rows * adapted.r() * features;
  }

  private Experts experts() {
    return config.mlp().experts().orElseThrow();
  }
}
