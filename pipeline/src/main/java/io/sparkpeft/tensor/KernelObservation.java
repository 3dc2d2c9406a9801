package io.sparkpeft.tensor;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * A time during which an observer is told of all kernel calls. Kernels are functions of the whole
 * process, hence so is their observation: there is one at a time. While there is none, a call pays
 * for reading one field.
 */
public final class KernelObservation implements AutoCloseable {
  private static final KernelObservation NONE =
      new KernelObservation((kernel, arguments, nanoseconds) -> {}, Device.cpu());

  private static volatile KernelObservation current = NONE;

  private final KernelObserver observer;
  private final Device device;
  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

  private KernelObservation(KernelObserver observer, Device device) {
    this.observer = observer;
    this.device = device;
  }

  /**
   * @param device that the kernels run on; every call waits for a GPU to be done, which costs speed
   * @throws IllegalStateException if another observation has not ended yet
   */
  public static synchronized KernelObservation begin(KernelObserver observer, Device device) {
    if (current != NONE) {
      throw new IllegalStateException("kernels are being observed already");
    }
    current = new KernelObservation(observer, device);
    return current;
  }

  /** Does work beside kernels, on the CPU, that an observer is to be told of as of one. */
  public static void observe(String name, Runnable work) {
    KernelObservation observation = current;
    if (observation.isNone()) {
      work.run();
    } else {
      observation.observed(
          name,
          new Object[0],
          () -> {
            work.run();
            return name;
          });
    }
  }

  static KernelObservation current() {
    return current;
  }

  boolean isNone() {
    return this == NONE;
  }

  <T> T observed(String kernel, Object[] arguments, Supplier<T> call) {
    long begin = nanoTime();
    T result = call.get();
    if (device.isGpu()) {
      Arrays.stream(arguments)
          .filter(NDArray.class::isInstance)
          .findFirst()
          .ifPresent(tensor -> Tensors.await((NDArray) tensor));
    }
    observer.called(kernel, arguments, nanoTime() - begin);
    return result;
  }

  private long nanoTime() {
    return device.isGpu() ? System.nanoTime() : threads.getCurrentThreadCpuTime();
  }

  @Override
  public void close() {
    end(this);
  }

  private static synchronized void end(KernelObservation ended) {
    if (current == ended) {
      current = NONE;
    }
  }
}
