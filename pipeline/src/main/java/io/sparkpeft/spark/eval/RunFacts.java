package io.sparkpeft.spark.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.base.Sha256;
import io.sparkpeft.eval.EvalTasks;
import io.sparkpeft.quant.Quantization;
import io.sparkpeft.recipe.Fingerprint;
import io.sparkpeft.spark.storage.Storage;
import io.sparkpeft.weights.ModelFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;

/**
 * What is known of a run before it begins.
 *
 * @param modelId the base model's folder
 * @param modelSha256 its identity
 * @param adapterSha256 of the adapter's weights
 * @param quantization of the base on load, if there is one
 * @param variants the models to score
 */
record RunFacts(
    RunKey key,
    String modelId,
    String modelSha256,
    Optional<String> adapterSha256,
    String dtype,
    Optional<String> quantization,
    EnumSet<Variant> variants) {
  private static final String ADAPTER_WEIGHTS = "adapter_model.safetensors";

  /**
   * @throws io.sparkpeft.base.SparkPeftException (65, 66) if the model or the adapter is missing or
   *     broken
   */
  static RunFacts of(EvaluateSettings settings) {
    String modelSha256 = ModelFolder.open(settings.model()).sha256();
    Optional<String> adapterSha256 = settings.adapter().map(RunFacts::adapterSha256);
    return new RunFacts(
        new RunKey(settings.runId(), settingsSha256(settings, modelSha256, adapterSha256)),
        LocalCopy.name(settings.model()),
        modelSha256,
        adapterSha256,
        settings.dtype(),
        settings.quantization().map(Quantization::text),
        variants(settings));
  }

  private static EnumSet<Variant> variants(EvaluateSettings settings) {
    if (settings.adapter().isEmpty()) {
      return EnumSet.of(Variant.BASE);
    }
    return settings.compareBase() ? EnumSet.allOf(Variant.class) : EnumSet.of(Variant.ADAPTED);
  }

  private static String adapterSha256(Path folder) {
    Path weights = folder.resolve(ADAPTER_WEIGHTS);
    if (!Files.isRegularFile(weights)) {
      throw SparkEvalErrors.noAdapter(folder);
    }
    return Sha256.ofFile(weights);
  }

  /** Inputs count by their content, as far as tasks read them; what decides only the speed, not. */
  private static String settingsSha256(
      EvaluateSettings settings, String modelSha256, Optional<String> adapterSha256) {
    ObjectNode json =
        Json.object()
            .put("model", modelSha256)
            .put("adapter", adapterSha256.orElse(""))
            .put("compare_base", settings.compareBase())
            .put("source", Fingerprint.of(settings.source().toString()))
            .put("limit", settings.limit().orElse(-1))
            .put("num_fewshot", settings.shots())
            .put("token_table", tokenTable(settings).map(RunFacts::content).orElse(""))
            .put("dtype", settings.dtype());
    settings
        .quantization()
        .ifPresent(quantization -> json.put("quantization", quantization.text()));
    json.set("tasks", Json.tree(settings.tasks()));
    return Sha256.of(Json.compact(json));
  }

  private static String content(String table) {
    return LocalCopy.isRemote(table) ? Storage.here().fingerprint(table) : Fingerprint.of(table);
  }

  private static Optional<String> tokenTable(EvaluateSettings settings) {
    return settings.tokenTable().filter(t -> settings.tasks().contains(EvalTasks.PERPLEXITY));
  }

  /** The variant that the run is about; the other one is there to compare. */
  Variant main() {
    return variants.contains(Variant.ADAPTED) ? Variant.ADAPTED : Variant.BASE;
  }

  /** The adapter's hash for rows of that variant, null in the table for the bare base. */
  Optional<String> adapterSha256(Variant variant) {
    return variant == Variant.ADAPTED ? adapterSha256 : Optional.empty();
  }
}
