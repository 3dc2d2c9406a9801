package io.sparkpeft.adapter;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * PEFT's ensure_weight_tying: what is done to a head that is tied to its embedding is done to the
 * embedding, and the head follows.
 */
final class TiedWeights {
  /** The last parts of names by which PEFT knows embeddings and heads. */
  private static final List<String> KNOWN = List.of("embed_tokens", "lm_head");

  private TiedWeights() {}

  /** The configuration with the embedding named in place of the head. */
  static LoraConfig followed(LoraConfig config, BaseModel base) {
    if (!config.ensureWeightTying() || !base.tiedHead()) {
      return config;
    }
    String embedding = base.embedding().name();
    if (config.modulesToSave().stream().anyMatch(TiedWeights::isKnown)) {
      return config.with("modules_to_save", moved(config.modulesToSave(), embedding));
    }
    Optional<ModuleSelector> targets = config.targetModules();
    if (targets.orElse(null) instanceof ModuleSelector.Names names) {
      return names.names().stream().anyMatch(TiedWeights::isKnown)
          ? config.with("target_modules", moved(names.names(), embedding))
          : config;
    }
    if (targets.orElse(null) instanceof ModuleSelector.Regex regex
        && KNOWN.stream().anyMatch(regex::matches)) {
      String escaped = embedding.replace(".", "\\.");
      return config.with("target_modules", "(?:%s|^%s$)".formatted(regex.expression(), escaped));
    }
    return config;
  }

  private static boolean isKnown(String name) {
    return KNOWN.contains(TargetModules.lastSegment(name));
  }

  private static List<String> moved(List<String> names, String embedding) {
    List<String> moved = new ArrayList<>(names);
    if (!moved.contains(embedding)) {
      moved.add(embedding);
    }
    moved.stream()
        .filter(name -> encloses(name).matcher(BaseWeights.HEAD).lookingAt())
        .findFirst()
        .ifPresent(moved::remove);
    return moved;
  }

  /** PEFT's pattern of a module that a name means, and of all within it. */
  static Pattern encloses(String name) {
    return PythonPattern.compile("(^|.*\\.)" + name + "($|\\..*)");
  }
}
