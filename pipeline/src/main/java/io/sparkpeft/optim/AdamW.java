package io.sparkpeft.optim;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.optim.OptimizerSettings.AdamWSettings;
import io.sparkpeft.optim.StateTensors.Update;
import io.sparkpeft.quant.DynamicMap;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.OptimizerKernels;
import io.sparkpeft.tensor.OptimizerKernels.AdamWConstants;
import io.sparkpeft.tensor.OptimizerKernels.BlockwiseMean;
import java.util.List;

/**
 * torch.optim.AdamW without amsgrad: decoupled weight decay, and eps added to the bias-corrected
 * square root (torch/optim/adam.py, {@code _single_tensor_adam}). The means are kept in fp32 or, of
 * large tensors, in bitsandbytes' blockwise 8-bit codes.
 */
final class AdamW implements Optimizer {
  private static final String MEAN = "exp_avg.";
  private static final String MEAN_OF_SQUARES = "exp_avg_sq.";

  private final AdamWSettings settings;
  private final AdamWConstants constants;
  private final List<ParameterGroup> groups;
  private final StateTensors state;
  private long steps;

  AdamW(AdamWSettings settings, List<ParameterGroup> groups, StateMemory memory) {
    this.settings = settings;
    this.constants = new AdamWConstants(settings.beta1(), settings.beta2(), settings.eps());
    this.groups = List.copyOf(groups);
    this.state = new StateTensors(groups, memory);
    groups.forEach(group -> group.parameters().forEach(this::addMeans));
    if (anyIn8bit()) {
      state.addConstant("qmap1", DynamicMap.signed());
      state.addConstant("qmap2", DynamicMap.unsigned());
    }
  }

  private boolean anyIn8bit() {
    return groups.stream().flatMap(group -> group.parameters().stream()).anyMatch(this::isIn8bit);
  }

  private boolean isIn8bit(AdapterParameter parameter) {
    return settings.means().areIn8bit(parameter.size());
  }

  private void addMeans(AdapterParameter parameter) {
    if (isIn8bit(parameter)) {
      addCodes("1", parameter);
      addCodes("2", parameter);
    } else {
      long[] shape = parameter.value().getShape().getShape();
      state.addZeros(MEAN + parameter.name(), Dtype.FLOAT32, shape);
      state.addZeros(MEAN_OF_SQUARES + parameter.name(), Dtype.FLOAT32, shape);
    }
  }

  /** Code 0 is not the value 0, but in blocks whose greatest magnitude is 0 every value is. */
  private void addCodes(String which, AdapterParameter parameter) {
    long size = parameter.size();
    state.addZeros("state" + which + "." + parameter.name(), Dtype.UINT8, size);
    state.addZeros(
        "absmax" + which + "." + parameter.name(), Dtype.FLOAT32, BlockwiseMean.blocks(size));
  }

  @Override
  public void step(float[] gradient, double learningRate) {
    steps++;
    for (ParameterGroup group : groups) {
      double rate = learningRate * group.learningRateMultiplier();
      for (AdapterParameter parameter : group.parameters()) {
        try (Update update = state.begin()) {
          NDArray own = Gradients.of(update.scope(), gradient, parameter);
          change(update, parameter, own, rate, group.weightDecay());
        }
      }
    }
  }

  private void change(
      Update update, AdapterParameter parameter, NDArray gradient, double rate, double decay) {
    if (isIn8bit(parameter)) {
      OptimizerKernels.adamW8bit(
          update.scope(),
          parameter.value(),
          gradient,
          codes(update, "1", parameter),
          codes(update, "2", parameter),
          rate,
          decay,
          constants,
          steps);
      return;
    }
    OptimizerKernels.adamW(
        update.scope(),
        parameter.value(),
        gradient,
        update.state(MEAN + parameter.name()),
        update.state(MEAN_OF_SQUARES + parameter.name()),
        rate,
        decay,
        constants,
        steps);
  }

  private static BlockwiseMean codes(Update update, String which, AdapterParameter parameter) {
    return new BlockwiseMean(
        update.state("state" + which + "." + parameter.name()),
        update.state("absmax" + which + "." + parameter.name()),
        update.state("qmap" + which));
  }

  @Override
  public OptimizerState state() {
    return new OptimizerState(steps, state.view());
  }

  @Override
  public void restore(OptimizerState saved) {
    state.restore(saved.tensors());
    steps = saved.steps();
  }

  @Override
  public void close() {
    state.close();
  }
}
