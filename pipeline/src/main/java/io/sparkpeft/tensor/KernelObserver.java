package io.sparkpeft.tensor;

/**
 * Is told of every kernel that any thread of this process calls, from {@link
 * KernelObservation#begin} until that is closed: where time goes, and how much is computed. Called
 * by many threads at once.
 */
@FunctionalInterface
public interface KernelObserver {

  /**
   * @param kernel the function's name in {@code kernels/*.py}
   * @param arguments as it was called: tensors, lists of tensors, numbers, booleans, texts
   * @param nanoseconds of the calling thread: processor time on a CPU, wall time until the device
   *     is done on a GPU
   */
  void called(String kernel, Object[] arguments, long nanoseconds);
}
