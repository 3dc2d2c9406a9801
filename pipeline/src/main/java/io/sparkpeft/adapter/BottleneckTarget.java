package io.sparkpeft.adapter;

import io.sparkpeft.adapter.BottleneckDelta.Placement;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.TensorEntry;
import java.util.List;
import java.util.Map;

/** A module that a bottleneck adapter changes. */
record BottleneckTarget(LinearModule module, Placement placement, BottleneckConfig config)
    implements ModuleTarget {
  /** Of BERT's initial weights. */
  private static final double DEVIATION = 0.02;

  private long from() {
    return placement == Placement.BEHIND ? module.out() : module.in();
  }

  private long to() {
    return placement == Placement.BEFORE ? module.in() : module.out();
  }

  private TensorEntry down() {
    return entry("adapter_down", config.bottleneckSize(), from());
  }

  private TensorEntry up() {
    return entry("adapter_up", to(), config.bottleneckSize());
  }

  private TensorEntry entry(String name, long rows, long columns) {
    return new TensorEntry(
        PREFIX + module.name() + "." + name + ".weight", Dtype.FLOAT32, new long[] {rows, columns});
  }

  @Override
  public List<TensorEntry> entries() {
    return List.of(down(), up());
  }

  /** "bert": both N(0, 0.02^2). "mam_adapter": down by Kaiming with a = sqrt(5), up zero. */
  @Override
  public float[] initial(TensorEntry entry, long seed) {
    InitialValues values = new InitialValues(seed, entry.name());
    int count = Math.toIntExact(entry.elements());
    if (config.beginsAsBert()) {
      return values.normal(count, DEVIATION);
    }
    return entry.name().equals(down().name())
        ? values.uniform(count, 1 / Math.sqrt((double) from()))
        : new float[count];
  }

  @Override
  public LinearDelta delta(Map<String, DeltaTensor> tensors) {
    return new BottleneckDelta(
        tensors.get(down().name()),
        tensors.get(up().name()),
        placement,
        config.nonLinearity(),
        config.scaling(),
        config.dropout());
  }

  @Override
  public AdaptedModule adapted() {
    long count = down().elements() + up().elements();
    return new AdaptedModule(module, count, config.bottleneckSize(), config.dropout());
  }
}
