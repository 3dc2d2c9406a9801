package io.sparkpeft.tensor;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Kernels as a person writes them: Python functions over tensors. The compiler inside libtorch
 * takes nearly the same text; what Python's own front end would do first is done here.
 *
 * @param text function definitions, with comments
 */
record KernelSource(String text) {
  private static final Pattern DEFINITION =
      Pattern.compile("^def (\\w+)\\(([^)]*)\\)\\s*->\\s*([^\\n]+):", Pattern.MULTILINE);
  private static final Pattern CALL = Pattern.compile("(?<![\\w.])(?<!def )(\\w+)\\(");
  private static final Pattern PARAMETER = Pattern.compile("(\\w+)\\s*:");

  /** Numbers of c10::ScalarType: the compiler knows no names for them. */
  private static final Map<String, Dtype> ELEMENT_TYPES =
      Map.of(
          "torch.float32", Dtype.FLOAT32,
          "torch.float64", Dtype.FLOAT64,
          "torch.int64", Dtype.INT64,
          "torch.int32", Dtype.INT32,
          "torch.uint8", Dtype.UINT8,
          "torch.bool", Dtype.BOOL);

  /** A function's name, its parameters as written, and its result's type. */
  record Signature(String name, String parameters, String result) {
    List<String> parameterNames() {
      return PARAMETER.matcher(parameters).results().map(match -> match.group(1)).toList();
    }
  }

  List<Signature> signatures() {
    return DEFINITION
        .matcher(text)
        .results()
        .map(m -> new Signature(m.group(1), m.group(2).strip(), m.group(3)))
        .toList();
  }

  /** The functions as libtorch reads them: calls among themselves by their full names. */
  String linked() {
    Map<String, String> known = new LinkedHashMap<>();
    signatures().forEach(function -> known.put(function.name(), "__torch__." + function.name()));
    String linked =
        CALL.matcher(text)
            .replaceAll(
                match -> {
                  String name = match.group(1);
                  return Matcher.quoteReplacement(known.getOrDefault(name, name) + "(");
                });
    for (Map.Entry<String, Dtype> type : ELEMENT_TYPES.entrySet()) {
      linked =
          linked.replaceAll(
              Pattern.quote(type.getKey()) + "\\b", String.valueOf(type.getValue().scalarType()));
    }
    return linked;
  }

  /** Every function as a method of a class, since only methods can be called from outside. */
  String methods(String className) {
    List<String> methods = new ArrayList<>();
    for (Signature function : signatures()) {
      methods.add(
          "  def %s(self: __torch__.%s, %s) -> %s:%n    return __torch__.%s(%s)%n"
              .formatted(
                  function.name(),
                  className,
                  function.parameters(),
                  function.result(),
                  function.name(),
                  String.join(", ", function.parameterNames())));
    }
    return String.join("", methods);
  }
}
