package io.sparkpeft.model;

import io.sparkpeft.adapter.BaseWeights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Under which names a checkpoint holds a decoder's weights: those of the bare model lack the first
 * part of transformers' names, and some heads have had another name before.
 *
 * @param stored all names in the checkpoint
 */
record StoredNames(DecoderConfig config, Set<String> stored) {
  private static final Map<String, String> FORMER = Map.of("lm_head.weight", "embed_out.weight");

  /** What follows from the config, yet stands in some checkpoints. */
  private static final List<String> BUFFERS =
      List.of(
          ".rotary_emb.inv_freq",
          ".attn.bias",
          ".attn.masked_bias",
          ".attention.bias",
          ".attention.masked_bias");

  /** The stored name of a weight that is named as in transformers. */
  Optional<String> of(String weight) {
    return names(weight).stream().filter(stored::contains).findFirst();
  }

  /** All names that a weight may be stored under. */
  private List<String> names(String weight) {
    List<String> names = new ArrayList<>(List.of(weight));
    String base = config.names().base() + ".";
    if (weight.startsWith(base)) {
      names.add(weight.substring(base.length()));
    }
    Optional.ofNullable(FORMER.get(weight)).ifPresent(names::add);
    String embedding = ModuleNames.weight(config.names().embeddingModule());
    if (config.head().tied() && weight.equals(embedding)) {
      names.addAll(names(ModuleNames.weight(ModuleNames.HEAD)));
    }
    return names;
  }

  /** Whether a stored weight that is none of the model's may be passed over. */
  boolean isHarmless(String name) {
    boolean head = names(ModuleNames.weight(ModuleNames.HEAD)).contains(name);
    return (head && config.head().tied()) || BUFFERS.stream().anyMatch(name::endsWith);
  }

  /** Where each tensor is; one that is missing has transformers' name. */
  BaseWeights weights() {
    Map<String, String> byName = new LinkedHashMap<>();
    for (String tensor : WeightShapes.of(config).byName().keySet()) {
      of(tensor).ifPresent(found -> byName.put(tensor, found));
    }
    String head = ModuleNames.weight(ModuleNames.HEAD);
    of(head).ifPresent(found -> byName.put(head, found));
    String embedding = ModuleNames.weight(config.names().embeddingModule());
    return new BaseWeights(
        config.linearModules(), byName, of(embedding).orElse(embedding), config.head().tied());
  }
}
