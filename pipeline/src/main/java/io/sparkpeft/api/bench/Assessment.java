package io.sparkpeft.api.bench;

import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.LinearModule;
import io.sparkpeft.api.bench.Benchmark.KernelTime;
import io.sparkpeft.api.bench.Benchmark.Limit;
import io.sparkpeft.api.bench.Benchmark.Part;
import io.sparkpeft.api.bench.Benchmark.Speed;
import io.sparkpeft.api.bench.GemmLimit.Rate;
import io.sparkpeft.model.TrainingFlops;
import io.sparkpeft.recipe.BenchSection;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.train.TrainResult;
import io.sparkpeft.train.TrainSettings;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Sets what a run measured beside what it computed and what the machine could do. */
final class Assessment {
  private final BenchSection bench;
  private final TrainingFlops.Parts measuredFlops;
  private final TrainingFlops.Parts profiledFlops;
  private final StepTimes times;
  private final Arithmetic arithmetic;
  private final boolean isGpu;
  private final List<LinearModule> modules;
  private final GemmRates rates;

  Assessment(
      Recipe recipe,
      Documents documents,
      TrainingFlops flops,
      StepTimes times,
      Arithmetic arithmetic,
      NDManager manager) {
    this.bench = recipe.bench();
    TrainSettings settings = recipe.trainSettings(flops.config().maxPositionEmbeddings());
    int profiledFrom = bench.warmupSteps() + bench.steps();
    this.measuredFlops = flops(recipe, documents, flops, bench.warmupSteps(), profiledFrom);
    this.profiledFlops = flops(recipe, documents, flops, profiledFrom, bench.allSteps());
    this.times = times;
    this.arithmetic = arithmetic;
    this.isGpu = manager.getDevice().isGpu();
    List<LinearModule> all = flops.config().linearModules();
    this.modules = all.subList(0, all.size() - 1); // the head stands last
    this.rates =
        new GemmLimit(
                manager,
                arithmetic,
                bench.workerCount(),
                documents.rows(recipe, settings.batching(), bench.warmupSteps(), profiledFrom))
            .measure(modules);
  }

  private static TrainingFlops.Parts flops(
      Recipe recipe, Documents documents, TrainingFlops flops, int from, int to) {
    return flops
        .of(documents.lengths(recipe, from, to), documents.targetTokens(recipe, from, to))
        .over(to - from);
  }

  Speed speed(TrainResult result) {
    StepTimes.Span span = times.measured();
    double flops = (double) measuredFlops.total() * span.steps();
    return new Speed(
        span.steps(),
        span.seconds() / span.steps(),
        span.processorTime() / span.steps(),
        span.tokens() / span.seconds(),
        span.targetTokens() / span.seconds(),
        measuredFlops,
        flops / span.seconds(),
        flops / (isGpu ? span.seconds() : span.processorTime()),
        result.lossFirst(),
        result.lossLast());
  }

  Limit limit() {
    Rate fastest = rates.fastest();
    return new Limit(
        rates.rows(),
        "%s [%d, %d] %s, %d rows"
            .formatted(
                fastest.product().name().toLowerCase(Locale.ROOT),
                fastest.shape().out(),
                fastest.shape().in(),
                fastest.direction().name().toLowerCase(Locale.ROOT),
                rates.rows()),
        fastest.flopsPerSecond(),
        rates.mixed(modules),
        rates.perProcessorSecond());
  }

  List<Part> parts() {
    StepTimes.Span span = times.profiled();
    double productSeconds =
        profiledFlops.projections() / rates.mixedPerProcessorSecond(modules, arithmetic.product());
    double threads = isGpu ? span.seconds() * bench.workerCount() : span.processorTime();
    return Parts.of(times.kernels(), span, profiledFlops, productSeconds, threads / span.steps());
  }

  Map<String, KernelTime> kernels() {
    Map<String, KernelTime> result = new TreeMap<>();
    times
        .kernels()
        .forEach((name, total) -> result.put(name, new KernelTime(total.calls(), total.seconds())));
    return result;
  }
}
