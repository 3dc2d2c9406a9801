package io.sparkpeft.convert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.AdapterConfig;
import io.sparkpeft.adapter.LoraConfig;
import io.sparkpeft.base.Json;
import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.TensorEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Lit-GPT's LoRA weights: {@code lit_model.pth.lora}, to PEFT's files. */
final class LitLora {
  private static final String FILE = "lit_model.pth.lora";
  private static final String SETTINGS = "hyperparameters.yaml";

  private final Path folder;
  private final LitConfig lit;
  private final LitFamily family;
  private final LitLoraSettings settings;
  private final LitTensors tensors;
  private final Map<String, LitLoraPair> pairs = new TreeMap<>();

  private LitLora(Path folder) {
    this.folder = folder;
    lit = LitConfig.read(folder, FILE);
    family = LitFamily.of(lit);
    settings = LitLoraSettings.read(folder.resolve(SETTINGS), folder.resolve(FILE));
    tensors = LitTensors.open(folder.resolve(FILE));
    for (String module : LitLoraPair.modules(folder.resolve(FILE), tensors.source())) {
      pairs.put(module, LitLoraPair.of(module, tensors, lit.heads(), settings));
    }
  }

  static Conversion conversion(Path folder) {
    return new LitLora(folder).conversion();
  }

  private Conversion conversion() {
    DecoderConfig base = DecoderConfig.read(LitModelConfig.of(lit, family, false));
    Map<String, PeftPair> adapted = new LinkedHashMap<>();
    base.linearModules()
        .forEach(module -> pair(module.name()).ifPresent(pair -> adapted.put(module.name(), pair)));
    AdapterConfig config = config(adapted).savedFor(baseName());
    List<NamedTensor> planned = new ArrayList<>();
    adapted.forEach((module, pair) -> planned.addAll(pair.tensors(module)));
    requireFit(base, config, planned);
    return new AdapterConversion(base.modelType(), config, planned);
  }

  /** What a module of Hugging Face's gets; empty if nothing. */
  private Optional<PeftPair> pair(String module) {
    List<Rows> rows = family.table().rows(module, outputs()).orElseThrow();
    boolean adapted = rows.stream().anyMatch(piece -> pairs.containsKey(piece.source()));
    return adapted
        ? PeftPair.of(tensors.source(), rows, pairs).filter(pair -> pair.rank() > 0)
        : Optional.empty();
  }

  /** A module that has no LoRA weights has outputs all the same: as many as its place means. */
  private Origin.Outputs outputs() {
    return new Origin.Outputs() {
      @Override
      public Heads heads() {
        return lit.heads();
      }

      @Override
      public QueryKeyValue order() {
        return tensors.order();
      }

      @Override
      public long count(String source) {
        return pairs.containsKey(source) ? pairs.get(source).outputs() : countWithout(source);
      }
    };
  }

  private long countWithout(String source) {
    return source.contains(".mlp.fc") ? lit.intermediateSize() : lit.width();
  }

  /**
   * All modules have one rank and alpha, but those that were several: their ranks and alphas are
   * larger by the same factor, so that their scaling is the same.
   */
  private LoraConfig config(Map<String, PeftPair> adapted) {
    Map<String, Integer> ranks = new TreeMap<>();
    adapted.forEach((module, pair) -> ranks.put(suffix(module), pair.rank()));
    int rank = ranks.values().stream().mapToInt(r -> r).min().orElse(settings.rank());
    ObjectNode keys =
        Json.object()
            .put("r", rank)
            .put("lora_alpha", alpha(rank))
            .put("lora_dropout", settings.dropout())
            .put("task_type", "CAUSAL_LM");
    keys.set("target_modules", Json.tree(new TreeSet<>(ranks.keySet())));
    ObjectNode rankPattern = keys.putObject("rank_pattern");
    ObjectNode alphaPattern = keys.putObject("alpha_pattern");
    ranks.forEach(
        (module, other) -> {
          if (other != rank) {
            rankPattern.put(module, other);
            alphaPattern.put(module, alpha(other));
          }
        });
    return LoraConfig.of(keys);
  }

  private double alpha(int rank) {
    return settings.alpha() / settings.rank() * rank;
  }

  private static String suffix(String module) {
    return module.substring(module.lastIndexOf('.') + 1);
  }

  private String baseName() {
    return lit.hubName().orElse(settings.checkpoint());
  }

  private void requireFit(DecoderConfig base, AdapterConfig config, List<NamedTensor> planned) {
    List<String> wrong = new ArrayList<>();
    Map<String, long[]> expected = new TreeMap<>();
    for (TensorEntry entry : config.shape(base.baseModel()).saved()) {
      expected.put(entry.name(), entry.shape());
    }
    for (NamedTensor tensor : planned) {
      long[] shape = expected.remove(tensor.name());
      if (shape == null || !Arrays.equals(shape, tensor.shape())) {
        wrong.add(
            "%s is %s instead of %s"
                .formatted(tensor.name(), Arrays.toString(tensor.shape()), Arrays.toString(shape)));
      }
    }
    expected.keySet().forEach(name -> wrong.add(name + " is missing"));
    if (!wrong.isEmpty()) {
      throw ConvertErrors.doesNotFit(folder.resolve(FILE).toString(), wrong);
    }
  }
}
