package io.sparkpeft.model;

import static io.sparkpeft.base.ExitCode.CONFIGURATION;
import static io.sparkpeft.base.ExitCode.DATA;

import io.sparkpeft.base.SparkPeftException;
import java.util.Collection;

/** The failures of models. */
final class ModelErrors {
  private ModelErrors() {}

  static SparkPeftException noModelType() {
    return SparkPeftException.of(
        DATA,
        "config.json has no model_type.",
        "It says which family of models this is.",
        "Give the folder of a Hugging Face checkpoint.");
  }

  static SparkPeftException unsupported(String key, String value, String supported) {
    return SparkPeftException.of(
        CONFIGURATION,
        "%s '%s' of config.json is not supported.".formatted(key, value),
        "Supported: " + supported + ".",
        "Choose another base model.");
  }

  static SparkPeftException unsupportedKeys(Collection<String> found) {
    return SparkPeftException.of(
        CONFIGURATION,
        "config.json asks for what is not supported: " + String.join(", ", found) + ".",
        "Left out, the model would compute something else.",
        "Choose another base model.");
  }

  static SparkPeftException missing(String key) {
    return SparkPeftException.of(
        DATA,
        "config.json has no " + key + ".",
        "The model cannot be built without it.",
        "Give the folder of a Hugging Face checkpoint.");
  }

  static SparkPeftException notA(String kind, String key, String value) {
    return SparkPeftException.of(
        DATA,
        "%s of config.json is %s.".formatted(key, value),
        "It must be a " + kind + ".",
        "Mend config.json.");
  }

  static SparkPeftException impossible(String what, String why) {
    return SparkPeftException.of(
        DATA, "In config.json, " + what + ".", why + ".", "Mend config.json.");
  }
}
