package io.sparkpeft.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.recipe.MergeSection;
import io.sparkpeft.spark.telemetry.Count.Counter;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.ModelFolder;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Merges of the adapter room's golden bases and adapters, without Spark. */
class MergeTaskTest {
  private static final Path GOLDENS = goldens();

  @TempDir Path folder;

  @Test
  void theCertificateSaysHowLittleIsLost() {
    MergeCertificate certificate = merge("base_bf16", "adapter.path=" + GOLDENS.resolve("few"));
    assertThat(certificate.base()).isEqualTo(MergeSection.Base.ORIGINAL);
    assertThat(certificate.adapters()).isEqualTo(1);
    assertThat(certificate.changedTensors()).isEqualTo(4);
    assertThat(certificate.maxAbsWeightChange()).isGreaterThan(0.1);
    assertThat(certificate.maxAbsLogitChange()).isGreaterThan(1);
    assertThat(certificate.maxAbsLogitDifference())
        .isPositive()
        .isLessThan(0.1 * certificate.maxAbsLogitChange());
    assertThat(certificate.meanAbsLogitDifference())
        .isPositive()
        .isLessThan(0.2 * certificate.maxAbsLogitDifference());
    assertThat(certificate.prompts()).isEqualTo(8);
    assertThat(certificate.greedyTokens()).isPositive();
    assertThat(certificate.equalGreedyShare()).isGreaterThan(0.7);
    assertThat(certificate.text())
        .startsWith("Merged and unmerged, compared in float32:\n  merged into")
        .contains("changed tensors                         4  by up to ")
        .contains("equal greedy tokens");
  }

  @Test
  void inFp32NothingIsLost() {
    MergeCertificate certificate = merge("base_fp32", "adapter.path=" + GOLDENS.resolve("few"));
    assertThat(certificate.maxAbsLogitDifference()).isLessThan(1e-4);
    assertThat(certificate.equalGreedyShare()).isEqualTo(1);
  }

  @Test
  void severalAdaptersAreMergedInOrder() {
    String adapters = "merge.adapters=%s,%s".formatted(adapter("one"), adapter("two"));
    MergeCertificate certificate = merge("base_fp32", adapters);
    assertThat(certificate.adapters()).isEqualTo(2);
    assertThat(certificate.changedTensors()).isEqualTo(6);
    assertThat(certificate.maxAbsLogitDifference()).isLessThan(1e-4);
  }

  @Test
  void aCombinationIsKeptAndMerged() {
    MergeCertificate certificate =
        merge(
            "base_fp32",
            "merge.adapters=%s,%s".formatted(adapter("one"), adapter("two")),
            "merge.combination_type=cat",
            "merge.weights=0.5,-1");
    assertThat(certificate.adapters()).isEqualTo(1);
    assertThat(folder.resolve("combined/adapter_model.safetensors")).exists();
    assertThat(certificate.maxAbsLogitDifference()).isLessThan(1e-4);
    assertThat(certificate.maxAbsLogitChange()).isGreaterThan(0.1);
  }

  @Test
  void fourBitsAreExpandedAndStayExpanded() {
    MergeCertificate certificate =
        merge(
            "base_fp32",
            "adapter.path=" + GOLDENS.resolve("few"),
            "model.quantization=nf4",
            "merge.base=dequantized");
    assertThat(certificate.maxAbsLogitDifference()).isLessThan(1e-4);
    ModelFolder merged = ModelFolder.open(folder.resolve("model"));
    assertThat(merged.config().has("quantization_config")).isFalse();
    assertThat(merged.tensors().entry("model.layers.0.self_attn.q_proj.weight").dtype())
        .isEqualTo(Dtype.FLOAT32);
  }

  @Test
  void quantisedAgainItLosesPartOfTheAdapter() {
    MergeCertificate certificate =
        merge(
            "base_fp32",
            "adapter.path=" + GOLDENS.resolve("few"),
            "model.quantization=nf4",
            "merge.base=requantized");
    assertThat(certificate.maxAbsLogitDifference()).isGreaterThan(1e-2);
    ModelFolder merged = ModelFolder.open(folder.resolve("model"));
    JsonNode quantization = merged.config().get("quantization_config");
    assertThat(quantization.get("bnb_4bit_quant_type").asText()).isEqualTo("nf4");
    assertThat(merged.tensors().entry("model.layers.0.self_attn.q_proj.weight").dtype())
        .isEqualTo(Dtype.UINT8);

    Path quantized = folder.resolve("model");
    assertThatThrownBy(
            () -> task(quantized, "second", "adapter.path=" + GOLDENS.resolve("few")).call())
        .hasMessageStartingWith("The base " + quantized + " is quantised, so it is no original")
        .satisfies(
            e -> assertThat(SparkPeftException.exitCodeOf(e)).isEqualTo(ExitCode.CONFIGURATION));
    MergeCertificate again =
        task(quantized, "third", "adapter.path=" + GOLDENS.resolve("few"), "merge.base=dequantized")
            .call();
    assertThat(again.maxAbsLogitDifference()).isLessThan(1e-4);
  }

  @Test
  void ontoTheOriginalTheFourBitsAreMissed() {
    MergeCertificate certificate =
        merge("base_fp32", "adapter.path=" + GOLDENS.resolve("few"), "model.quantization=nf4");
    assertThat(certificate.maxAbsLogitDifference()).isGreaterThan(1e-2);
  }

  @Test
  void whatIsMergedCanBeTakenOutAgain() {
    merge("base_bf16", "adapter.path=" + GOLDENS.resolve("few"));
    MergeCertificate back =
        task(
                folder.resolve("model"),
                "back",
                "adapter.path=" + GOLDENS.resolve("few"),
                "merge.mode=unmerge")
            .call();
    assertThat(back.changedTensors()).isEqualTo(4);
    assertThat(back.maxAbsLogitDifference()).isLessThan(0.1 * back.maxAbsLogitChange());
  }

  @Test
  void aBaseThatWasNeverQuantisedHasNoFourBits() {
    assertThatThrownBy(
            () ->
                merge(
                    "base_fp32",
                    "adapter.path=" + GOLDENS.resolve("few"),
                    "merge.base=requantized"))
        .hasMessageStartingWith("The base " + GOLDENS.resolve("base_fp32") + " is not quantised.");
  }

  @Test
  void weightsWithoutACombinationAreRefused() {
    assertThatThrownBy(
            () -> merge("base_fp32", "adapter.path=" + GOLDENS.resolve("few"), "merge.weights=0.5"))
        .hasMessageStartingWith("The key merge.weights (--set) has no effect.");
    assertThatThrownBy(
            () ->
                merge(
                    "base_fp32",
                    "merge.adapters=" + adapter("one"),
                    "merge.combination_type=cat",
                    "merge.weights=0.5,1"))
        .hasMessageStartingWith(
            "The key merge.weights has 2 values. There are 1 adapters, and each needs one.");
  }

  private MergeCertificate merge(String base, String... settings) {
    return task(GOLDENS.resolve(base), "model", settings).call();
  }

  private MergeTask task(Path base, String target, String... settings) {
    List<String> assignments = new ArrayList<>(List.of(settings));
    assignments.add("model.path=" + base);
    return new MergeTask(
        assignments,
        folder.resolve(target).toString(),
        folder.resolve("combined").toString(),
        new Counter("nobody", "tensors", 0));
  }

  private static Path adapter(String name) {
    return GOLDENS.resolve("combinations").resolve(name);
  }

  private static Path goldens() {
    try {
      Path config =
          Path.of(
              MergeTaskTest.class
                  .getResource("/io/sparkpeft/adapter/base_fp32/config.json")
                  .toURI());
      assertThat(Files.exists(config)).isTrue();
      return config.getParent().getParent();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
