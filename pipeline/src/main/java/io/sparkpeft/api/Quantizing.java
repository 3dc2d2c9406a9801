package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.model.QuantizedModel;
import io.sparkpeft.quant.Quantization;
import io.sparkpeft.quant.QuantizationError;
import io.sparkpeft.quant.QuantizationReport;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.storage.Storage;
import io.sparkpeft.spark.telemetry.Count;
import io.sparkpeft.spark.telemetry.Count.Counter;
import io.sparkpeft.weights.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;

/** A base in 16 or 32 bits to one in four. */
record Quantizing(SparkSession session, JobEvents messages) {
  private static final String MODEL = "model";

  Quantized run(Recipe recipe) {
    ResultFolder result = ResultFolder.of(Job.QUANTIZE, recipe);
    Optional<ObjectNode> finished = result.finished();
    if (finished.isPresent()) {
      messages.accept("Run " + result.runId() + " is finished already; its model is reused.");
      return new Quantized(finished.get(), true);
    }
    try (NewFolder folder = result.begin();
        Count count = Count.open(result.runId(), "tensors", messages.watcher())) {
      String base = recipe.model().folder().toString();
      String target = result.place(folder, MODEL).toString();
      Quantization settings = recipe.model().requiredQuantization();
      messages.accept(
          "Quantising " + LocalCopy.name(Path.of(base)) + " to " + settings.text() + ".");
      Counter counter = count.counter();
      QuantizationReport report =
          OnExecutor.run(
              session,
              "spark-peft: quantize",
              () -> quantize(Path.of(base), settings, Path.of(target), counter));
      count.finish();
      ObjectNode keys = json(settings, report);
      keys.put("model_path", result.location(MODEL));
      return new Quantized(result.commit(folder, keys), false);
    }
  }

  private static QuantizationReport quantize(
      Path base, Quantization settings, Path target, Counter counter) {
    try {
      Files.createDirectories(target);
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(target, e);
    }
    Path here = Storage.here().ensure(base);
    QuantizationReport report =
        QuantizedModel.write(
            ModelFolder.open(here), settings, target, (begun, all) -> counter.of(all).add(1));
    Storage.here().publish(target, ModelFolder.CONFIG);
    return report;
  }

  private static ObjectNode json(Quantization settings, QuantizationReport report) {
    ObjectNode json =
        Json.object()
            .put("quantization", settings.text())
            .put("bits_per_weight", settings.bitsPerWeight())
            .put("bytes_before", report.bytesBefore())
            .put("bytes_after", report.bytesAfter())
            .put("quantized_weights", report.error().weights())
            .put("max_abs_error", report.error().largest())
            .put("mean_abs_error", report.error().mean());
    ObjectNode kinds = json.putObject("errors");
    report.errors().forEach((kind, error) -> kinds.set(kind, json(error)));
    return json;
  }

  private static ObjectNode json(QuantizationError error) {
    return Json.object()
        .put("weights", error.weights())
        .put("max_abs_error", error.largest())
        .put("mean_abs_error", error.mean());
  }
}
