package io.sparkpeft.api.bench;

import ai.djl.Device;
import io.sparkpeft.recipe.BenchSection;
import io.sparkpeft.tensor.KernelObservation;
import io.sparkpeft.train.TrainEvents;
import io.sparkpeft.train.TrainResult;
import java.util.Map;
import java.util.Optional;

/** Watches a run: the speed of its measured steps, then the kernels of the last ones. */
final class StepTimes implements TrainEvents, AutoCloseable {
  private final BenchSection bench;
  private final Device device;
  private final KernelTimes kernels;
  private final Span measured = new Span();
  private final Span profiled = new Span();
  private Optional<KernelObservation> observation = Optional.empty();

  StepTimes(BenchSection bench, long vocabularySize, Device device) {
    this.bench = bench;
    this.device = device;
    this.kernels = new KernelTimes(vocabularySize);
  }

  /** Several steps one after another. */
  static final class Span {
    private int steps;
    private double seconds;
    private double allReduceSeconds;
    private long tokens;
    private long targetTokens;
    private double processorBegin;
    private double processorEnd;

    private void begin() {
      processorBegin = processorSeconds();
    }

    private void add(StepEvent event) {
      steps++;
      seconds += event.seconds();
      allReduceSeconds += event.allReduceSeconds();
      tokens += event.tokens();
      targetTokens += event.targetTokens();
      processorEnd = processorSeconds();
    }

    int steps() {
      return steps;
    }

    /** Wall time of the steps. */
    double seconds() {
      return seconds;
    }

    double allReduceSeconds() {
      return allReduceSeconds;
    }

    long tokens() {
      return tokens;
    }

    long targetTokens() {
      return targetTokens;
    }

    /** Of all threads of this process, the JVM's own included. */
    double processorTime() {
      return processorEnd - processorBegin;
    }

    private static double processorSeconds() {
      return ProcessHandle.current()
          .info()
          .totalCpuDuration()
          .map(duration -> duration.toNanos() / 1e9)
          .orElse(0.0);
    }
  }

  @Override
  public void step(StepEvent event) {
    int profiledFrom = bench.warmupSteps() + bench.steps();
    if (event.step() > profiledFrom) {
      profiled.add(event);
    } else if (event.step() > bench.warmupSteps()) {
      measured.add(event);
    }
    if (event.step() == bench.warmupSteps()) {
      measured.begin();
    }
    if (event.step() == profiledFrom) {
      profiled.begin();
      observation = Optional.of(KernelObservation.begin(kernels, device));
    }
  }

  @Override
  public void finished(TrainResult result) {
    close();
  }

  Span measured() {
    return measured;
  }

  Span profiled() {
    return profiled;
  }

  /** Of the profiled steps. */
  Map<String, KernelTimes.Total> kernels() {
    return kernels.totals();
  }

  @Override
  public void close() {
    observation.ifPresent(KernelObservation::close);
    observation = Optional.empty();
  }
}
