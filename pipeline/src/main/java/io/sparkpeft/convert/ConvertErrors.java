package io.sparkpeft.convert;

import static io.sparkpeft.base.ExitCode.CONFIGURATION;
import static io.sparkpeft.base.ExitCode.DATA;
import static io.sparkpeft.base.ExitCode.MISSING_INPUT;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.SparkPeftException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The failures of conversions. */
final class ConvertErrors {
  private static final String LAYOUTS =
      "Converted are Meta's consolidated.NN.pth, Mistral's consolidated.safetensors, LitGPT's"
          + " lit_model.pth and lit_model.pth.lora.";

  private ConvertErrors() {}

  static SparkPeftException noFolder(Path folder, IOException cause) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "Cannot read the folder " + folder + ".",
        cause.toString() + ".",
        "Set model.path to the folder of the checkpoint to convert.",
        cause);
  }

  static SparkPeftException nothingToConvert(
      Path folder, Optional<Format> wanted, Collection<String> files) {
    String what = wanted.map(format -> " as " + format.key()).orElse("");
    String found = files.isEmpty() ? "The folder is empty." : "It has " + shown(files) + ".";
    return SparkPeftException.of(
        MISSING_INPUT,
        "There is nothing to convert" + what + " in " + folder + ".",
        found + " " + LAYOUTS,
        files.contains("config.json") && files.stream().anyMatch(f -> f.endsWith(".safetensors"))
            ? "Use it as it is: it is in Hugging Face's layout already."
            : "Set model.path to the folder that the weights themselves are in.");
  }

  static SparkPeftException severalFormats(
      Path folder, Collection<String> weights, List<Format> formats) {
    String keys = formats.stream().map(Format::key).collect(Collectors.joining(" or "));
    return SparkPeftException.of(
        CONFIGURATION,
        "There is more than one checkpoint in " + folder + ": " + shown(weights) + ".",
        "Which one is meant cannot be told from the folder.",
        "Set convert.format to " + keys + ".");
  }

  static SparkPeftException notTheShards(Path folder, Collection<String> files) {
    return SparkPeftException.of(
        DATA,
        "The parts of the checkpoint in " + folder + " are not complete: " + shown(files) + ".",
        "They must be numbered from consolidated.00.pth without a gap, or be one"
            + " consolidated.safetensors alone.",
        "Fetch the missing parts, or leave one of two checkpoints in the folder.");
  }

  static SparkPeftException noConfiguration(Path folder, String names, String weights) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "There is no " + names + " in " + folder + ".",
        "It says what model the weights of " + weights + " are of, and comes with them.",
        "Lay it beside the weights.");
  }

  static SparkPeftException notSet(Path file, String key) {
    return SparkPeftException.of(
        DATA,
        "The file " + file + " has no " + key + ".",
        "Without it the model, or what was trained of it, is not known.",
        "Write the value that the model was trained with into the file.");
  }

  static SparkPeftException brokenYaml(Path file, String why) {
    return SparkPeftException.of(
        DATA, "Cannot read " + file + " as YAML.", why, "Mend the file, or fetch it anew.");
  }

  static SparkPeftException unsupported(Path file, List<String> settings) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The model of " + file + " cannot be converted: " + String.join(", ", settings) + ".",
        "These settings make another model than any that is known here.",
        "Convert it with the tools of its makers, or remove a setting that has no bearing on what"
            + " the model computes.");
  }

  static SparkPeftException noFamily(Path file, String name, String key, JsonNode value) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The model of "
            + file
            + (name.isEmpty() ? "" : ", " + name + ",")
            + " cannot be converted.",
        key
            + " is "
            + (value.isMissingNode() ? "left out" : value.toString())
            + ", and no model with its other settings is so in Hugging Face's layout (llama,"
            + " mistral, qwen2, qwen3, phi, phi3, gemma, gemma2, gemma3_text, gpt_neox, falcon).",
        "Mend the setting if the model was trained otherwise; else there is no layout to convert"
            + " it to.");
  }

  static SparkPeftException doesNotFit(String where, List<String> wrong) {
    return SparkPeftException.of(
        DATA,
        "The weights of " + where + " do not fit the configuration beside them.",
        shown(wrong) + ".",
        "Take both from one model, with all its parts.");
  }

  static SparkPeftException notMerged(Path file, String name) {
    return SparkPeftException.of(
        DATA,
        "The model " + file + " holds LoRA weights, such as " + name + ".",
        "A model in Hugging Face's layout has none beside its own.",
        "Convert lit_model.pth.lora to an adapter, or merge them with litgpt merge_lora.");
  }

  static SparkPeftException noLoraSettings(Path file, Path weights) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "There is no " + file + ".",
        "It says with which rank, alpha and parts " + weights.getFileName() + " was trained.",
        "Lay it beside the weights, or write one with lora_r, lora_alpha, lora_dropout,"
            + " lora_query, lora_key and lora_value as the training script had them.");
  }

  static SparkPeftException otherRank(String module, String a, String b, int rank) {
    return SparkPeftException.of(
        DATA,
        "The LoRA weights of " + module + " are not those that hyperparameters.yaml means.",
        "lora_A is " + a + " and lora_B " + b + ", but lora_r is " + rank + ".",
        "Mend lora_r, lora_query, lora_key and lora_value in hyperparameters.yaml.");
  }

  /** The first few of many. */
  private static String shown(Collection<String> names) {
    int most = 12;
    String first = names.stream().limit(most).collect(Collectors.joining(", "));
    return names.size() > most ? first + " and " + (names.size() - most) + " more" : first;
  }
}
