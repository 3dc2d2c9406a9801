package io.sparkpeft.optim;

import io.sparkpeft.optim.OptimizerSettings.AdamWSettings;
import io.sparkpeft.optim.OptimizerSettings.SgdSettings;
import java.util.List;

/**
 * Changes an adapter's tensors in place, one gradient at a time. All arithmetic is fp32 and
 * elementwise, so equal tensors, state and gradients give equal bits on every rank. Not
 * thread-safe.
 */
public sealed interface Optimizer extends AutoCloseable permits AdamW, Sgd {

  /**
   * An optimizer over the tensors of all groups, each of which stands in one group only.
   *
   * @param memory where its state lies
   */
  static Optimizer create(
      OptimizerSettings settings, List<ParameterGroup> groups, StateMemory memory) {
    if (settings instanceof AdamWSettings adamW) {
      return new AdamW(adamW, groups, memory);
    }
    return new Sgd((SgdSettings) settings, groups, memory);
  }

  /**
   * Takes one step.
   *
   * @param gradient of the whole adapter, flat: each tensor reads from its own offset
   * @param learningRate of this step, before the groups' multipliers
   */
  void step(float[] gradient, double learningRate);

  /** All that it remembers; the tensors' bytes are those of the moment in which they are read. */
  OptimizerState state();

  /**
   * Puts back what {@link #state} gave.
   *
   * @throws io.sparkpeft.base.SparkPeftException (65) if it belongs to another optimizer or adapter
   */
  void restore(OptimizerState state);

  @Override
  void close();
}
