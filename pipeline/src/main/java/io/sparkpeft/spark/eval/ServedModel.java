package io.sparkpeft.spark.eval;

import java.io.Serializable;

/**
 * A base model with the adapters that may be named, as Spark tasks are told of it.
 *
 * @param names what an adapter may be called
 */
public record ServedModel(PromptAnswerer answerer, AdapterNames names) implements Serializable {

  /** Neither its adapter nor its column of adapters is of use here: every call names its own. */
  public static ServedModel of(GenerateSettings settings) {
    return new ServedModel(PromptAnswerer.of(settings), AdapterNames.in(settings.adapter()));
  }

  /** Loads it where the calling task runs, unless another task has done so; close to leave. */
  public TaskModel enter() {
    return new TaskModel(this);
  }
}
