package io.sparkpeft.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.TensorSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** A Lit-GPT model: {@code lit_model.pth} beside its configuration. */
final class LitCheckpoint {
  private static final String FILE = "lit_model.pth";
  private static final String HEAD = "lm_head.weight";
  private static final String EMBEDDING = "transformer.wte.weight";
  private static final List<String> IDS = List.of("bos_token_id", "eos_token_id", "pad_token_id");

  private LitCheckpoint() {}

  static Conversion conversion(Path folder) {
    LitConfig lit = LitConfig.read(folder, FILE);
    LitFamily family = LitFamily.of(lit);
    LitTensors tensors = LitTensors.open(folder.resolve(FILE));
    requireMerged(folder, tensors.source());
    boolean tied = ModelPlan.isTied(tensors.source(), HEAD, EMBEDDING);
    ObjectNode config = LitModelConfig.of(lit, family, tied);
    addIds(config, folder);
    ModelPlan plan =
        new ModelPlan(
            folder.resolve(FILE).toString(),
            tensors.source(),
            family.table(),
            lit.heads(),
            tensors.order());
    List<NamedTensor> planned = plan.tensors(config, tied ? Set.of(HEAD) : Set.of());
    return new ModelConversion(Format.LITGPT, folder, config, planned, List.of());
  }

  private static void requireMerged(Path folder, TensorSource tensors) {
    tensors.names().stream()
        .filter(name -> name.contains(".lora_"))
        .findFirst()
        .ifPresent(
            name -> {
              throw ConvertErrors.notMerged(folder.resolve(FILE), name);
            });
  }

  /** Special tokens, which litgpt leaves to the files of the model that it began with. */
  private static void addIds(ObjectNode config, Path folder) {
    for (String name : List.of("generation_config.json", ModelFolder.CONFIG)) {
      Path file = folder.resolve(name);
      if (Files.exists(file)) {
        JsonNode given = Json.read(file);
        IDS.stream().filter(given::has).forEach(id -> config.set(id, given.get(id)));
      }
    }
  }
}
