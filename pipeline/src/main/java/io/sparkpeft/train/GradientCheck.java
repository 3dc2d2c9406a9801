package io.sparkpeft.train;

import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterParameter;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Finds parts of an adapter that the backward pass does not reach. */
final class GradientCheck {
  private static final String MODULE_END = ".lora_";

  private GradientCheck() {}

  /**
   * The modules all of whose tensors have a gradient of zeros. (While B is zero, A's gradient is;
   * B's is not.)
   */
  static List<String> untouchedModules(Adapter adapter, float[] gradient) {
    Set<String> untouched = new LinkedHashSet<>();
    Set<String> touched = new LinkedHashSet<>();
    for (AdapterParameter parameter : adapter.parameters()) {
      Set<String> found = isZero(gradient, parameter) ? untouched : touched;
      found.add(module(parameter.name()));
    }
    untouched.removeAll(touched);
    return List.copyOf(untouched);
  }

  private static boolean isZero(float[] gradient, AdapterParameter parameter) {
    for (int i = parameter.offset(); i < parameter.offset() + parameter.size(); i++) {
      if (gradient[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static String module(String parameter) {
    int end = parameter.lastIndexOf(MODULE_END);
    return end < 0 ? parameter : parameter.substring(0, end);
  }
}
