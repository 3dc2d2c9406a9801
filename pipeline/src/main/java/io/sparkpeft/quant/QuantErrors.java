package io.sparkpeft.quant;

import static io.sparkpeft.base.ExitCode.CONFIGURATION;
import static io.sparkpeft.base.ExitCode.DATA;

import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.weights.TensorEntry;
import java.util.Collection;

/** The failures of quantised weights. */
final class QuantErrors {
  private QuantErrors() {}

  static SparkPeftException blockSize(int size) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Blocks of " + size + " weights cannot be quantised.",
        "A block has 32, 64, 128, 256, 512, 1024, 2048 or 4096 of them, as in bitsandbytes.",
        "Set model.quantization_blocksize to one of these.");
  }

  static SparkPeftException notFinite(String weight) {
    return SparkPeftException.of(
        DATA,
        "The weight " + weight + " cannot be quantised.",
        "It has values that are infinite or no numbers, and would lose all others of their blocks.",
        "Use a sound checkpoint.");
  }

  static SparkPeftException notFloat(TensorEntry entry) {
    return SparkPeftException.of(
        DATA,
        "The weight " + entry + " cannot be quantised.",
        "Only weights in float32, float16 or bfloat16 are.",
        "Start from a checkpoint that is not quantised yet.");
  }

  static SparkPeftException brokenState(String weight, String why) {
    return SparkPeftException.of(
        DATA,
        "The quantised weight " + weight + " cannot be read.",
        why,
        "Quantise the model again, or fetch its files anew.");
  }

  static SparkPeftException eightBit() {
    return SparkPeftException.of(
        CONFIGURATION,
        "The model is quantised to eight bits (LLM.int8).",
        "Of bitsandbytes' checkpoints those in four bits are read: nf4 and fp4.",
        "Start from the checkpoint in 16 bits, with model.quantization = nf4.");
  }

  static SparkPeftException unknownMethod(String method) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The model is quantised by " + method + ".",
        "bitsandbytes' four bits (nf4, fp4) and the int4 of spark-peft are read.",
        "Start from the checkpoint in 16 bits, with model.quantization = nf4.");
  }

  static SparkPeftException quantizedAlready(String there) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The model is quantised already: " + there + ".",
        "Quantising it again would lose more and save nothing.",
        "Leave model.quantization out, or start from the checkpoint in 16 bits.");
  }

  static SparkPeftException missingWeights(Collection<String> names) {
    return SparkPeftException.of(
        DATA,
        "Weights that should be quantised are missing: " + String.join(", ", names) + ".",
        "config.json promises them.",
        "Check that the weights belong to this config.json.");
  }
}
