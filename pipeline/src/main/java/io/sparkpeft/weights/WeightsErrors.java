package io.sparkpeft.weights;

import static io.sparkpeft.base.ExitCode.DATA;
import static io.sparkpeft.base.ExitCode.MISSING_INPUT;

import io.sparkpeft.base.Nearest;
import io.sparkpeft.base.SparkPeftException;
import java.nio.file.Path;
import java.util.Collection;

/** The failures of weight files and model folders. */
final class WeightsErrors {
  private WeightsErrors() {}

  static SparkPeftException brokenFile(Path file, String why) {
    return SparkPeftException.of(
        DATA,
        "Cannot read " + file + " as a safetensors file.",
        why,
        "Fetch or write the file anew.");
  }

  static SparkPeftException truncated(Path file, long expected, long found) {
    return SparkPeftException.of(
        DATA,
        "The file " + file + " is truncated.",
        "Its header promises " + expected + " bytes of tensors, but " + found + " follow.",
        "Fetch it again: a download or a copy broke off.");
  }

  static SparkPeftException changedWhileOpen(Path file, TensorEntry entry, long end, long size) {
    return SparkPeftException.of(
        DATA,
        "The file " + file + " changed while it was in use.",
        "Tensor " + entry.name() + " ends at byte " + end + ", the file now at " + size + ".",
        "Leave model files alone while a job runs, and start again.");
  }

  static SparkPeftException tensorTooLarge(Path file, TensorEntry entry) {
    return SparkPeftException.of(
        DATA,
        "Cannot map tensor " + entry + " of " + file + ".",
        "It has "
            + entry.bytes()
            + " bytes; one tensor may have at most "
            + Integer.MAX_VALUE
            + ".",
        "Use a checkpoint with a smaller dtype.");
  }

  static SparkPeftException missingTensor(Path where, String name, Collection<String> names) {
    String hint = Nearest.to(name, names).map(near -> " The nearest is " + near + ".").orElse("");
    return SparkPeftException.of(
        MISSING_INPUT,
        "Tensor " + name + " is missing from " + where + ".",
        "It has " + names.size() + " tensors, but not this one." + hint,
        "Check that the weights belong to this config.json.");
  }

  static SparkPeftException noConfig(Path folder) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "There is no config.json in " + folder + ".",
        "A model folder has Hugging Face's layout: config.json, safetensors files, tokenizer files.",
        "Set model.path to such a folder.");
  }

  static SparkPeftException configNotObject(Path file) {
    return SparkPeftException.of(
        DATA,
        "The file " + file + " is no model configuration.",
        "It holds JSON, but not an object.",
        "Mend the file.");
  }

  static SparkPeftException noWeights(Path folder) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "There are no weights in " + folder + ".",
        "It has neither model.safetensors nor model.safetensors.index.json.",
        "Set model.path to a folder with weights.");
  }

  static SparkPeftException onlyPickledWeights(Path folder, String found) {
    return SparkPeftException.of(
        DATA,
        "The weights in " + folder + " are a pickle, " + found + ".",
        "Reading one would run code that it holds, so only safetensors are read.",
        "Convert it once with transformers: from_pretrained, then save_pretrained.");
  }

  static SparkPeftException brokenIndex(Path index, String why) {
    return SparkPeftException.of(
        DATA, "The index " + index + " is not sound.", why, "Fetch the file anew.");
  }

  static SparkPeftException missingShards(Path folder, Collection<String> shards) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "Shards are missing from " + folder + ": " + String.join(", ", shards) + ".",
        "model.safetensors.index.json names them.",
        "Fetch them into the folder.");
  }

  static SparkPeftException missingFromShards(Path folder, Collection<String> tensors) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "Tensors are missing from the shards in "
            + folder
            + ": "
            + String.join(", ", tensors)
            + ".",
        "model.safetensors.index.json says where they should be.",
        "Fetch index and shards anew, from one version of the model.");
  }
}
