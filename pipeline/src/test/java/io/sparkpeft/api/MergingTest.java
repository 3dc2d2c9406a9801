package io.sparkpeft.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.LocalCluster;
import io.sparkpeft.spark.telemetry.RunEvent;
import io.sparkpeft.spark.telemetry.RunEvent.Progressed;
import io.sparkpeft.weights.ModelFolder;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A merge as a job, on an executor. */
class MergingTest {
  @TempDir Path folder;

  @Test
  void theResultHoldsModelAndCertificateAndIsReused() throws URISyntaxException {
    Path goldens = Path.of(getClass().getResource("/io/sparkpeft/adapter").toURI());
    Recipe recipe =
        Recipe.defaults()
            .with("model.path", goldens.resolve("base_bf16"))
            .with("model.quantization", "nf4")
            .with("merge.base", "requantized")
            .with("adapter.path", goldens.resolve("few"))
            .with("output.path", folder.resolve("merged"));
    List<String> messages = new ArrayList<>();
    List<RunEvent> events = new CopyOnWriteArrayList<>();
    SparkPeft peft =
        SparkPeft.on(LocalCluster.session()).telling(messages::add).watching(events::add);

    Merged merged = peft.merge(recipe);

    assertThat(ModelFolder.open(merged.modelPath()).config().has("quantization_config")).isTrue();
    JsonNode result = Json.read(folder.resolve("merged/_RESULT.json"));
    assertThat(result.at("/certificate/base").asText()).isEqualTo("requantized");
    assertThat(result.at("/certificate/changed_tensors").asInt()).isEqualTo(4);
    assertThat(result.at("/certificate/max_abs_logit_difference").asDouble())
        .isEqualTo(merged.maxAbsLogitDifference())
        .isPositive();
    assertThat(merged.equalGreedyShare()).isLessThan(1);
    assertThat(messages.get(0)).startsWith("Merging " + goldens.resolve("few") + " into ");
    assertThat(messages.get(1))
        .startsWith("Comparing takes about ")
        .contains(" MiB, one model at a time: ");
    assertThat(messages.get(2)).startsWith("Merged and unmerged, compared in float32:");
    assertThat(messages.get(3)).matches("Peak memory: [0-9,]+ MiB, with the process's own\\.");
    assertThat(result.at("/peak_memory_bytes").asLong())
        .isGreaterThan(result.at("/predicted_memory_bytes").asLong())
        .isPositive();
    assertThat(messages.get(4))
        .startsWith("Warning: the merged model continues the probe prompts otherwise in ")
        .contains("Four bits cannot hold all that the adapter adds:");
    assertThat(events)
        .filteredOn(Progressed.class::isInstance)
        .last()
        .isInstanceOfSatisfying(
            Progressed.class,
            last -> {
              assertThat(last.what()).isEqualTo("tensors");
              assertThat(last.done()).isEqualTo(last.total()).isGreaterThan(4);
            });
    assertThat(peft.merge(recipe).reused()).isTrue();
  }
}
