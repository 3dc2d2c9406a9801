package io.sparkpeft.optim;

import java.nio.file.Path;

/**
 * Where an optimizer keeps its state. The choice changes no bit of any result: the same kernels
 * compute on the same values, wherever they lie in between.
 */
public sealed interface StateMemory {

  /** All of it beside the adapter, on its device. */
  record Resident() implements StateMemory {}

  /**
   * The first tensors beside the adapter, as far as the budget reaches; the others in memory-mapped
   * files, brought in when their update comes. On a CPU that is bitsandbytes' paged optimizer,
   * whose unified memory the operating system's page cache stands in for.
   *
   * @param folder for the files; whoever made it deletes it
   * @param budget bytes that stay beside the adapter
   */
  record Paged(Path folder, long budget) implements StateMemory {
    public Paged {
      if (budget < 0) {
        throw OptimErrors.notInRange("train.optimizer_memory", budget, "0 or more");
      }
    }
  }
}
