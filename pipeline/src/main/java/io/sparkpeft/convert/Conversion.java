package io.sparkpeft.convert;

import io.sparkpeft.weights.NamedTensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * A checkpoint in a layout of its maker's and what it becomes. Configurations, names and shapes
 * have been read and agree; values are read when it is written, one tensor at a time.
 */
public sealed interface Conversion permits ModelConversion, AdapterConversion {

  /**
   * What a person knows and a folder may not tell.
   *
   * @param format the folder's layout, needed if it is in several
   * @param maxPositionEmbeddings the context in tokens, where the checkpoint does not say
   */
  record Wanted(Optional<Format> format, OptionalInt maxPositionEmbeddings) {
    public static final Wanted NOTHING = new Wanted(Optional.empty(), OptionalInt.empty());
  }

  /**
   * Reads all but the values.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) if the folder has nothing to convert or a
   *     file is missing; (65) if a file is broken, asks for anything but tensors, or does not fit
   *     its configuration; (78) if the folder has several layouts, or a model that is not known
   *     here
   */
  static Conversion of(Path folder, Wanted wanted) {
    return switch (Format.of(folder, wanted.format())) {
      case META -> MetaCheckpoint.conversion(folder, wanted);
      case LITGPT -> LitCheckpoint.conversion(folder);
      case LITGPT_LORA -> LitLora.conversion(folder);
    };
  }

  Format format();

  /** The family that config.json names: {@code llama}, {@code gpt_neox}. */
  String modelType();

  /** The tensors that it becomes. */
  List<NamedTensor> planned();

  /** How many those are. */
  default int tensors() {
    return planned().size();
  }

  /** How many bytes they have. */
  default long bytes() {
    return planned().stream().mapToLong(tensor -> tensor.entry().bytes()).sum();
  }

  /** What a person should know of it, line by line: what was concluded, and what is missing. */
  List<String> remarks();

  /** What it becomes: {@code model} or {@code adapter}. */
  String part();

  /**
   * @param folder an existing folder to write into; the caller makes it appear whole
   * @param messages takes, line by line, how it gets on
   * @throws io.sparkpeft.base.SparkPeftException (73) if a file cannot be written
   */
  void write(Path folder, Consumer<String> messages);
}
