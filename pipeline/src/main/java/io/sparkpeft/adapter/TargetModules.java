package io.sparkpeft.adapter;

import io.sparkpeft.adapter.ModuleSelector.AllLinear;
import io.sparkpeft.adapter.ModuleSelector.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** PEFT's rules on which modules an adapter of any method concerns. */
final class TargetModules {
  /** From this many names on PEFT condenses them to suffixes. */
  private static final int MANY_NAMES = 20;

  /** The first number between dots that has a segment, and another before it, ahead of it. */
  private static final Pattern LAYER = Pattern.compile(".*?\\.[^.]*\\.(\\d+)\\.");

  /** What PEFT can adapt in decoders and not every method here can. */
  private static final List<String> EMBEDDINGS =
      List.of(
          "model.embed_tokens",
          "model.decoder.embed_tokens",
          "model.decoder.embed_positions",
          "transformer.wte",
          "transformer.wpe",
          "transformer.word_embeddings",
          "gpt_neox.embed_in");

  private TargetModules() {}

  /**
   * The adapted modules, in the order given.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) if nothing is targeted, or an embedding is
   */
  static List<LinearModule> match(AdapterConfig config, List<LinearModule> modules) {
    return match(config, modules, Optional.empty());
  }

  /**
   * The same for a method that can adapt an embedding.
   *
   * @param adaptable path of that embedding, which is not among those returned
   */
  static List<LinearModule> match(
      AdapterConfig config, List<LinearModule> modules, Optional<String> adaptable) {
    List<LinearModule> matched = matching(config, modules, adaptable);
    if (matched.isEmpty() && adaptable.filter(path -> adapts(config, path)).isEmpty()) {
      throw AdapterErrors.nothingTargeted(config, lastSegments(modules));
    }
    return matched;
  }

  /** The same, which may be none. */
  static List<LinearModule> matching(
      AdapterConfig config, List<LinearModule> modules, Optional<String> adaptable) {
    ModuleSelector targets = config.targetModules().orElseThrow(AdapterErrors::noTargetModules);
    if (!(targets instanceof AllLinear)) {
      refuseEmbeddings(config, modules, adaptable);
    }
    return modules.stream().filter(module -> adapts(config, module.name())).toList();
  }

  private static void refuseEmbeddings(
      AdapterConfig config, List<LinearModule> modules, Optional<String> adaptable) {
    for (String embedding : EMBEDDINGS) {
      if (adaptable.filter(embedding::equals).isPresent()) {
        continue;
      }
      String parent = embedding.substring(0, embedding.lastIndexOf('.') + 1);
      if (modules.stream().anyMatch(module -> module.name().startsWith(parent))
          && adapts(config, embedding)) {
        throw AdapterErrors.embeddingTargeted(embedding);
      }
    }
  }

  static boolean adapts(AdapterConfig config, String path) {
    if (config.excludeModules().filter(excluded -> excluded.matches(path)).isPresent()) {
      return false;
    }
    if (config.modulesToSave().stream()
        .anyMatch(name -> TiedWeights.encloses(name).matcher(path).lookingAt())) {
      return false;
    }
    ModuleSelector targets = config.targetModules().orElseThrow(AdapterErrors::noTargetModules);
    if (!targets.matches(path)) {
      return false;
    }
    // A name that is the whole path counts in any layer.
    boolean namedInFull = targets instanceof Names names && names.names().contains(path);
    return namedInFull || config.layersToTransform().isEmpty() || isInLayer(config, path);
  }

  private static boolean isInLayer(AdapterConfig config, String path) {
    return layerIndex(config.layersPattern(), path)
        .filter(layer -> config.layersToTransform().contains(layer))
        .isPresent();
  }

  private static Optional<Integer> layerIndex(List<String> patterns, String path) {
    if (patterns.isEmpty()) {
      return firstNumber(LAYER, path);
    }
    return patterns.stream()
        .map(name -> PythonPattern.compile("(?:^|.*?\\.)" + name + "\\.(?P<idx>\\d+)\\."))
        .flatMap(pattern -> numberOf(pattern, path).stream())
        .findFirst();
  }

  private static Optional<Integer> firstNumber(Pattern pattern, String path) {
    Matcher matcher = pattern.matcher(path);
    return matcher.lookingAt() ? Optional.of(Integer.parseInt(matcher.group(1))) : Optional.empty();
  }

  private static Optional<Integer> numberOf(Pattern pattern, String path) {
    Matcher matcher = pattern.matcher(path);
    return matcher.lookingAt()
        ? Optional.of(Integer.parseInt(matcher.group("idx")))
        : Optional.empty();
  }

  static Set<String> lastSegments(List<LinearModule> modules) {
    return lastSegmentsOf(modules.stream().map(LinearModule::name).toList());
  }

  static Set<String> lastSegmentsOf(Collection<String> paths) {
    Set<String> names = new TreeSet<>();
    paths.forEach(path -> names.add(lastSegment(path)));
    return names;
  }

  static String lastSegment(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  /**
   * Names in place of "all-linear", few suffixes in place of many names, and fan_in_fan_out as PEFT
   * sets it itself: as the last adapted module has it.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) as {@link MixtureTargets#resolved}
   */
  static AdapterConfig resolved(AdapterConfig config, BaseModel base) {
    List<LinearModule> modules = base.linearModules();
    AdapterConfig linear =
        base.mixture()
            .filter(mixture -> config.targetModules().isPresent())
            .map(mixture -> MixtureTargets.resolved(config, base, mixture))
            .orElse(config);
    AdapterConfig named = named(linear, modules);
    return modules.stream()
        .filter(module -> named.targetModules().isPresent() && adapts(named, module.name()))
        .reduce((first, second) -> second)
        .map(last -> named.with("fan_in_fan_out", last.fanInFanOut()))
        .orElse(named);
  }

  private static AdapterConfig named(AdapterConfig config, List<LinearModule> modules) {
    List<String> all = modules.stream().map(LinearModule::name).toList();
    Optional<ModuleSelector> targets = config.targetModules();
    if (targets.orElse(null) instanceof AllLinear linear) {
      List<String> names = all.stream().filter(linear::matches).toList();
      return named(config.with("target_modules", names), modules);
    }
    if (targets.orElse(null) instanceof Names names
        && names.names().size() >= MANY_NAMES
        && config.peftType() != PeftType.IA3) {
      List<String> others = all.stream().filter(path -> !names.matches(path)).toList();
      List<String> suffixes = distinguishingSuffixes(names.names(), others);
      return suffixes.size() < names.names().size()
          ? config.with("target_modules", suffixes)
          : config;
    }
    return config;
  }

  /** The shortest suffixes that name all targets and no other module. */
  private static List<String> distinguishingSuffixes(List<String> targets, List<String> others) {
    Set<String> taken = new HashSet<>();
    others.forEach(path -> taken.addAll(suffixes(path)));
    Set<String> needed = new TreeSet<>();
    List<List<String>> candidates =
        new ArrayList<>(targets.stream().map(TargetModules::suffixes).toList());
    candidates.sort(TargetModules::compareLists);
    for (List<String> suffixes : candidates) {
      String path = suffixes.get(suffixes.size() - 1);
      suffixes.stream()
          .filter(suffix -> !needed.contains(suffix) && !taken.contains(suffix))
          .filter(suffix -> needed.stream().noneMatch(known -> path.endsWith("." + known)))
          .findFirst()
          .ifPresent(needed::add);
    }
    return List.copyOf(needed);
  }

  /** All suffixes that begin at a segment, shortest first. */
  private static List<String> suffixes(String path) {
    List<String> suffixes = new ArrayList<>();
    for (int dot = path.lastIndexOf('.'); dot >= 0; dot = path.lastIndexOf('.', dot - 1)) {
      suffixes.add(path.substring(dot + 1));
    }
    suffixes.add(path);
    return suffixes;
  }

  private static int compareLists(List<String> a, List<String> b) {
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      int order = a.get(i).compareTo(b.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(a.size(), b.size());
  }
}
