package io.sparkpeft.tensor;

import static io.sparkpeft.base.ExitCode.CONFIGURATION;
import static io.sparkpeft.base.ExitCode.DATA;
import static io.sparkpeft.base.ExitCode.INTERNAL;
import static io.sparkpeft.base.ExitCode.MISSING_INPUT;

import io.sparkpeft.base.SparkPeftException;
import java.nio.file.Path;
import java.util.Arrays;

/** The failures of the engine. */
final class TensorErrors {
  private TensorErrors() {}

  static SparkPeftException unknownScalarType(long number) {
    return SparkPeftException.of(
        INTERNAL,
        "A tensor has the element type number " + number + " of libtorch.",
        "No kernel of spark-peft works on it.",
        "Report it with the command that led here.");
  }

  static SparkPeftException bytesDoNotFit(int bytes, Dtype dtype, long[] shape) {
    return SparkPeftException.of(
        DATA,
        "%d bytes do not make a %s tensor of shape %s."
            .formatted(bytes, dtype.torchName(), Arrays.toString(shape)),
        "Its elements take %d bytes each.".formatted(dtype.bytes()),
        "The file is damaged; fetch it again.");
  }

  static SparkPeftException unusableDtype(Dtype dtype) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot compute in " + dtype.torchName() + ".",
        "The kernels compute in float32 or bfloat16.",
        "Set model.dtype to auto, float32 or bfloat16.");
  }

  static SparkPeftException notAnArithmetic(String text) {
    return SparkPeftException.of(
        DATA,
        "'" + text + "' does not name an arithmetic.",
        "It is written as dtype/product/instruction set, as in float32/onednn/avx512.",
        "The checkpoint was written by another version; start a new run.");
  }

  static SparkPeftException noLibTorch(String value) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "There is no libtorch in " + value + ".",
        "PYTORCH_LIBRARY_PATH names a folder without a libtorch.so.",
        "Name the folder torch/lib of an installed torch on every executor, or take the variable"
            + " away for the libtorch in our jar of natives.");
  }

  static SparkPeftException unknownLibTorch(Path folder) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot tell the version of the libtorch in " + folder + ".",
        "Beside the folder lies neither torch's version.py nor a build-version.",
        "Name the folder torch/lib of an installed torch with all that lies around it.");
  }

  static SparkPeftException libTorchDoesNotFit(Path folder, String version) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The libtorch in " + folder + " is of torch " + version + ".",
        "DJL's JNI library is compiled against torch "
            + LibTorchFolder.STOCK_VERSION
            + " and fits 2.7 and 2.8; with another one the process would crash.",
        "Install torch==2.7.1, or make a JNI library for this torch (jobs/bin/build-jni) and put it"
            + " into that folder.");
  }

  static SparkPeftException engineDoesNotStart(RuntimeException cause) {
    return SparkPeftException.of(
        INTERNAL,
        "libtorch cannot be loaded.",
        String.valueOf(cause.getMessage()),
        "Check that the jar of natives is on the class path and that DJL_CACHE_DIR (default"
            + " ~/.djl.ai) can be written and has 450 MB free.",
        cause);
  }
}
