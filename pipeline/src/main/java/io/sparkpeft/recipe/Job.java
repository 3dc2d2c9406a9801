package io.sparkpeft.recipe;

import java.util.Locale;
import java.util.stream.Stream;

/** The jobs, which keys each of them reads, and which of those determine what comes out of it. */
public enum Job {
  DOWNLOAD("run, download, output"),
  CONVERT("run, model.path, convert, output"),
  PREPARE("run, model, data, tables, output"),
  FINETUNE("run, model, data, tables, adapter, train, output"),
  QUANTIZE(
      "run, model.path, model.quantization, model.double_quant, model.quantization_blocksize,"
          + " output"),
  MERGE("run, model, adapter.path, merge, output"),
  EVALUATE("run, model, adapter.path, data.table, eval, tables, output"),
  GATE("run, gate, promote.name, tables, output"),
  PROMOTE("run, adapter.path, promote, tables, output"),
  GENERATE("run, model, adapter.path, data.template, generate, output"),
  REPORT("run, report, tables, output"),
  CHAT("run.cache, model, adapter.path, data.template, generate"),
  PLAN("run, model, data, tables, adapter, train, output"),
  BENCH("run, model, data.max_length, data.packing, adapter, train, bench, output");

  private final String sectionsAndKeys;

  Job(String sectionsAndKeys) {
    this.sectionsAndKeys = sectionsAndKeys;
  }

  /** The name on the command line and in the name of an output folder. */
  public String commandName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether the job looks at that key at all. */
  public boolean reads(Key<?> key) {
    return Stream.of(sectionsAndKeys.split(", "))
        .anyMatch(name -> key.name().equals(name) || key.name().startsWith(name + "."));
  }

  /** Whether another value of that key makes another result. */
  public boolean isDeterminedBy(Key<?> key) {
    return reads(key) && key.effect() != Key.Effect.PLACE && !isStoodForByOthers(key);
  }

  private static boolean isOfWeights(Key<?> key) {
    return ModelSection.KEYS.contains(key) && !key.equals(ModelSection.PATH);
  }

  /** Prepare writes data.table; to the others the table stands for all that went into it. */
  private boolean isStoodForByOthers(Key<?> key) {
    return switch (this) {
      case PREPARE -> key.equals(DataSection.TABLE) || isOfWeights(key);
      case FINETUNE, PLAN -> DataSection.KEYS.contains(key) && !key.equals(DataSection.TABLE);
      case DOWNLOAD,
          CONVERT,
          QUANTIZE,
          MERGE,
          EVALUATE,
          GATE,
          PROMOTE,
          GENERATE,
          REPORT,
          CHAT,
          BENCH ->
          false;
    };
  }
}
