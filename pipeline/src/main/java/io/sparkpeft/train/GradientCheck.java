package io.sparkpeft.train;

import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterParameter;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds parts of an adapter that the backward pass does not reach. */
final class GradientCheck {
  /** What PEFT's names of trained tensors put behind their module's; an encoder is one module. */
  private static final Pattern MODULE =
      Pattern.compile("(prompt_encoder(?=\\.)|.*(?=\\.(?:lora|vblora|ia3|adapter)_)).*");

  /**
   * What may have no gradient for good reason: rows of tokens that no example has, and a bias of
   * keys, which shifts all scores of a query alike.
   */
  private static final Pattern EXEMPT = Pattern.compile(".*(?:\\.trainable_tokens_delta|\\.bias)");

  private GradientCheck() {}

  /**
   * The modules all of whose tensors have a gradient of zeros. (While B is zero, A's gradient is;
   * B's is not.)
   */
  static List<String> untouchedModules(Adapter adapter, float[] gradient) {
    Set<String> untouched = new LinkedHashSet<>();
    Set<String> touched = new LinkedHashSet<>();
    for (AdapterParameter parameter : adapter.parameters()) {
      if (EXEMPT.matcher(parameter.name()).matches()) {
        continue;
      }
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
    Matcher matcher = MODULE.matcher(parameter);
    return matcher.matches() ? matcher.group(1) : parameter;
  }
}
