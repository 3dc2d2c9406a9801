package io.sparkpeft.api.bench;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.tensor.KernelObserver;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Adds up the time spent in kernels, over all threads. */
final class KernelTimes implements KernelObserver {
  /** Stands after the name of a kernel that worked on something of the vocabulary's size. */
  static final String OF_HEAD = " of lm_head";

  private final long vocabularySize;
  private final Map<String, Time> times = new ConcurrentHashMap<>();

  /**
   * @param seconds summed over threads
   */
  record Total(long calls, double seconds) {}

  private record Time(LongAdder calls, LongAdder nanoseconds) {}

  KernelTimes(long vocabularySize) {
    this.vocabularySize = vocabularySize;
  }

  @Override
  public void called(String kernel, Object[] arguments, long nanoseconds) {
    String name =
        kernel.contains("linear") || kernel.contains("lora") ? of(kernel, arguments) : kernel;
    Time time = times.computeIfAbsent(name, key -> new Time(new LongAdder(), new LongAdder()));
    time.calls().increment();
    time.nanoseconds().add(nanoseconds);
  }

  /** The head's products are those with a side as long as the vocabulary. */
  private String of(String kernel, Object[] arguments) {
    boolean isHead =
        Arrays.stream(arguments)
            .filter(NDArray.class::isInstance)
            .flatMapToLong(tensor -> Arrays.stream(((NDArray) tensor).getShape().getShape()))
            .anyMatch(side -> side == vocabularySize);
    return isHead ? kernel + OF_HEAD : kernel;
  }

  /** By name. */
  Map<String, Total> totals() {
    Map<String, Total> totals = new TreeMap<>();
    times.forEach(
        (name, time) ->
            totals.put(name, new Total(time.calls().sum(), time.nanoseconds().sum() / 1e9)));
    return totals;
  }
}
