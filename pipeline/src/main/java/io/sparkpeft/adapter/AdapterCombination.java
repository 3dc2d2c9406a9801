package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.CombinationKernels;
import io.sparkpeft.tensor.CombinationKernels.Pair;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.NamedTensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Several LoRA adapters of one base, each with a weight, made into one: PEFT's {@code
 * add_weighted_adapter}. The new adapter's scaling is 1, its other settings are the first one's.
 * PEFT leaves {@code use_rslora} as it finds it, which scales the new adapter by the root of its
 * rank; here it is turned off.
 */
public final class AdapterCombination {
  private final NDManager scope;
  private final List<Part> parts;
  private final CombinationType type;
  private final int rank;
  private final BaseModel base;

  /**
   * One of the adapters.
   *
   * @param weight of what it does; may be negative
   */
  public record Part(Adapter adapter, double weight) {}

  private AdapterCombination(
      NDManager scope, List<Part> parts, CombinationType type, int rank, BaseModel base) {
    this.base = base;
    this.scope = scope;
    this.parts = parts;
    this.type = type;
    this.rank = rank;
  }

  /**
   * Writes the combination as an adapter's folder.
   *
   * @param parts at least one; of one alone the type is linear
   * @param svdRank the new rank with {@link CombinationType#SVD}; the highest of theirs if empty
   * @throws io.sparkpeft.base.SparkPeftException (78) if they cannot be combined so, (73) if the
   *     folder cannot be written
   */
  public static void write(
      NDManager parent,
      List<Part> parts,
      CombinationType type,
      OptionalInt svdRank,
      BaseModel base,
      Path folder) {
    CombinationType effective = parts.size() == 1 ? CombinationType.LINEAR : type;
    parts.forEach(AdapterCombination::requirePairsAlone);
    try (NDManager scope = parent.newSubManager()) {
      int rank = rank(parts, effective, svdRank);
      AdapterCombination combination = new AdapterCombination(scope, parts, effective, rank, base);
      LoraConfig config = combination.config();
      List<NamedTensor> tensors = combination.tensors();
      requireSameTensors(config.shape(base), tensors);
      String name = config.baseModelNameOrPath().orElse("");
      AdapterWriter.write(folder, config.savedFor(name), tensors);
    }
  }

  private static void requirePairsAlone(Part part) {
    if (!(part.adapter().config() instanceof LoraConfig)) {
      throw AdapterErrors.cannotCombine("One is of " + part.adapter().config().peftType() + ".");
    }
    if (!config(part).targetParameters().isEmpty()) {
      throw AdapterErrors.cannotCombine(
          "One has target_parameters, which PEFT does not combine either.");
    }
    for (AdapterParameter parameter : part.adapter().parameters()) {
      switch (parameter.role()) {
        case LORA_A, LORA_B, LORA_EMBEDDING -> {}
        default ->
            throw AdapterErrors.cannotCombine(
                "One trains " + parameter.name() + " beside its low-rank pairs.");
      }
    }
  }

  private static LoraConfig config(Part part) {
    return (LoraConfig) part.adapter().config();
  }

  private static int rank(List<Part> parts, CombinationType type, OptionalInt svdRank) {
    List<Integer> ranks = parts.stream().map(part -> highestRank(config(part))).toList();
    return switch (type) {
      case CAT -> ranks.stream().reduce(0, Math::addExact);
      case SVD -> svdRank.orElse(ranks.stream().reduce(0, Math::max));
      case LINEAR -> {
        if (Set.copyOf(ranks).size() > 1) {
          throw AdapterErrors.cannotCombine(
              "Their ranks are " + ranks + ", and linear sums only what has one rank.");
        }
        yield ranks.get(0);
      }
    };
  }

  private static int highestRank(LoraConfig config) {
    return config.rankPattern().values().stream().reduce(config.r(), Math::max);
  }

  private LoraConfig config() {
    return config(parts.get(0))
        .with("r", rank)
        .with("lora_alpha", rank)
        .with("use_rslora", false)
        .with("rank_pattern", Map.of())
        .with("alpha_pattern", Map.of())
        .with("target_modules", targets());
  }

  /** Of lists the union; of patterns one that matches where any of them does. */
  private Object targets() {
    Set<String> names = new TreeSet<>();
    List<String> expressions = new ArrayList<>();
    for (Part part : parts) {
      ModuleSelector selector = config(part).targetModules().orElseThrow();
      if (selector instanceof ModuleSelector.Names list) {
        names.addAll(list.names());
      } else if (selector instanceof ModuleSelector.Regex regex) {
        expressions.add("(" + regex.expression() + ")");
      }
    }
    if (!names.isEmpty() && !expressions.isEmpty()) {
      throw AdapterErrors.cannotCombine(
          "The target_modules of some are a list, of others a pattern.");
    }
    return names.isEmpty() ? String.join("|", expressions) : names;
  }

  /** Pairs of all adapters, by the name of A; the first gives its B's name. */
  private List<NamedTensor> tensors() {
    Map<String, List<Weighted>> byName = new LinkedHashMap<>();
    for (Part part : parts) {
      pairs(part).forEach(p -> byName.computeIfAbsent(p.nameOfA(), n -> new ArrayList<>()).add(p));
    }
    return byName.values().stream().flatMap(this::combined).toList();
  }

  /**
   * A pair of one adapter.
   *
   * @param factor its weight times its scaling
   */
  private record Weighted(String nameOfA, String nameOfB, Pair pair, double factor) {}

  private List<Weighted> pairs(Part part) {
    List<Weighted> pairs = new ArrayList<>();
    for (LinearModule module : base.linearModules()) {
      if (part.adapter().linear(module.name()).orElse(null) instanceof LowRankDelta delta) {
        Pair pair = new Pair(delta.a().value(), delta.b().value());
        double factor = part.weight() * delta.scaling();
        pairs.add(new Weighted(delta.a().name(), delta.b().name(), pair, factor));
      }
    }
    return pairs;
  }

  private Stream<NamedTensor> combined(List<Weighted> pairs) {
    Pair pair =
        switch (type) {
          case LINEAR -> linear(pairs);
          case CAT -> padded(sum(pairs));
          case SVD -> CombinationKernels.truncated(scope, sum(pairs), rank);
        };
    Weighted first = pairs.get(0);
    return Stream.of(named(first.nameOfA(), pair.a()), named(first.nameOfB(), pair.b()));
  }

  private Pair linear(List<Weighted> pairs) {
    Pair sum = zeros(pairs.get(0).pair());
    for (Weighted part : pairs) {
      double root = Math.sqrt(Math.abs(part.factor()));
      double signed = Math.copySign(root, part.factor());
      NDArray a = Tensors.addScaled(scope, sum.a(), part.pair().a(), signed);
      sum = new Pair(a, Tensors.addScaled(scope, sum.b(), part.pair().b(), root));
    }
    return sum;
  }

  private Pair sum(List<Weighted> pairs) {
    return CombinationKernels.stacked(
        scope,
        pairs.stream()
            .map(
                part -> {
                  Pair zeros = zeros(part.pair());
                  NDArray a = Tensors.addScaled(scope, zeros.a(), part.pair().a(), part.factor());
                  return new Pair(a, part.pair().b());
                })
            .toList());
  }

  /** To the new rank, where not every adapter has the module. */
  private Pair padded(Pair pair) {
    long missing = rank - pair.a().getShape().get(0);
    if (missing == 0) {
      return pair;
    }
    long in = pair.a().getShape().get(1);
    long out = pair.b().getShape().get(0);
    Pair zeros =
        new Pair(
            Tensors.zeros(scope, Dtype.FLOAT32, missing, in),
            Tensors.zeros(scope, Dtype.FLOAT32, out, missing));
    return CombinationKernels.stacked(scope, List.of(pair, zeros));
  }

  private Pair zeros(Pair like) {
    return new Pair(
        Tensors.zeros(scope, Dtype.FLOAT32, like.a().getShape().getShape()),
        Tensors.zeros(scope, Dtype.FLOAT32, like.b().getShape().getShape()));
  }

  private static NamedTensor named(String name, NDArray value) {
    long[] shape = value.getShape().getShape();
    return new NamedTensor(name, Dtype.FLOAT32, shape, () -> Tensors.toBytes(value));
  }

  /** The new configuration must mean the modules that some of the adapters have, and no others. */
  private static void requireSameTensors(AdapterShape shape, List<NamedTensor> tensors) {
    Map<String, String> expected = new TreeMap<>();
    shape.entries().forEach(entry -> expected.put(entry.name(), entry.toString()));
    Map<String, String> found = new TreeMap<>();
    tensors.forEach(tensor -> found.put(tensor.name(), tensor.entry().toString()));
    if (!expected.equals(found)) {
      Set<String> others = new TreeSet<>(expected.values());
      others.addAll(found.values());
      others.removeIf(text -> expected.containsValue(text) && found.containsValue(text));
      throw AdapterErrors.cannotCombine(
          "No configuration of one adapter means just their modules; it would differ in "
              + others.iterator().next()
              + ".");
    }
  }
}
