package io.sparkpeft.adapter;

import io.sparkpeft.adapter.ScaleDelta.Side;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A module that IA3 adapts.
 *
 * @param isFeedforward whether its inputs are scaled rather than its outputs
 * @param initAsOnes PEFT's init_ia3_weights; otherwise normal values
 */
record Ia3Target(LinearModule module, boolean isFeedforward, boolean initAsOnes)
    implements ModuleTarget {

  private TensorEntry entry() {
    long[] shape = isFeedforward ? new long[] {1, module.in()} : new long[] {module.out(), 1};
    return new TensorEntry(PREFIX + module.name() + ".ia3_l", Dtype.FLOAT32, shape);
  }

  @Override
  public List<TensorEntry> entries() {
    return List.of(entry());
  }

  @Override
  public float[] initial(TensorEntry entry, long seed) {
    int count = Math.toIntExact(entry.elements());
    if (!initAsOnes) {
      return new InitialValues(seed, entry.name()).normal(count, 1);
    }
    float[] ones = new float[count];
    Arrays.fill(ones, 1);
    return ones;
  }

  @Override
  public LinearDelta delta(Map<String, DeltaTensor> tensors) {
    return new ScaleDelta(tensors.get(entry().name()), isFeedforward ? Side.INPUTS : Side.OUTPUTS);
  }

  @Override
  public AdaptedModule adapted() {
    return new AdaptedModule(module, entry().elements(), 0, 0);
  }
}
