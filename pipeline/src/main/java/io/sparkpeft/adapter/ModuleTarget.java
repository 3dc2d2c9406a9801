package io.sparkpeft.adapter;

import io.sparkpeft.weights.TensorEntry;
import java.util.List;
import java.util.Map;

/** A module that an adapter changes, and the tensors that are trained for it alone. */
interface ModuleTarget {
  String PREFIX = "base_model.model.";

  LinearModule module();

  /** The trained tensors. */
  List<TensorEntry> entries();

  /** What one of them begins with, row-major. */
  float[] initial(TensorEntry entry, long seed);

  /** What the module computes with them. */
  LinearDelta delta(Map<String, DeltaTensor> tensors);

  /** What it costs. */
  AdaptedModule adapted();
}
