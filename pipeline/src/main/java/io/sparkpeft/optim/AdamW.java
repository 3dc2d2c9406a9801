package io.sparkpeft.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.optim.OptimizerSettings.AdamWSettings;
import java.util.List;

/**
 * torch.optim.AdamW without amsgrad: decoupled weight decay, and eps added to the bias-corrected
 * square root (torch/optim/adam.py, {@code _single_tensor_adam}).
 */
final class AdamW implements Optimizer {
  private static final String MEAN = "exp_avg";
  private static final String MEAN_OF_SQUARES = "exp_avg_sq";

  private final AdamWSettings settings;
  private final List<ParameterGroup> groups;
  private final Moments moments;
  private long steps;

  AdamW(AdamWSettings settings, List<ParameterGroup> groups) {
    this.settings = settings;
    this.groups = List.copyOf(groups);
    this.moments = new Moments(groups, MEAN, MEAN_OF_SQUARES);
  }

  @Override
  public void step(float[] gradient, double learningRate) {
    steps++;
    try (NDManager scope = moments.newScope()) {
      for (ParameterGroup group : groups) {
        double rate = learningRate * group.learningRateMultiplier();
        for (AdapterParameter parameter : group.parameters()) {
          update(parameter, Gradients.of(scope, gradient, parameter), rate, group.weightDecay());
        }
      }
    }
  }

  private void update(
      AdapterParameter parameter, NDArray gradient, double rate, double weightDecay) {
    NDArray value = parameter.value();
    NDArray mean = moments.of(MEAN, parameter);
    NDArray meanOfSquares = moments.of(MEAN_OF_SQUARES, parameter);
    double correction1 = 1 - Math.pow(settings.beta1(), (double) steps);
    double correction2 = 1 - Math.pow(settings.beta2(), (double) steps);

    value.muli(1 - rate * weightDecay);
    mean.addi(gradient.sub(mean).muli(1 - settings.beta1()));
    meanOfSquares.muli(settings.beta2()).addi(gradient.square().muli(1 - settings.beta2()));
    NDArray root = meanOfSquares.sqrt().divi(Math.sqrt(correction2)).addi(settings.eps());
    value.subi(mean.div(root).muli(rate / correction1));
  }

  @Override
  public OptimizerState state() {
    return new OptimizerState(steps, moments.copy());
  }

  @Override
  public void restore(OptimizerState state) {
    moments.restore(state.moments());
    steps = state.steps();
  }

  @Override
  public void close() {
    moments.close();
  }
}
